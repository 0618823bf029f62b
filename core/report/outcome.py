"""A run as its readers see it, from the store or from behind a link; and its forecasts as a chart draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from core.charts.fan import FanLine
from core.evaluation.comparison import Comparison
from core.evaluation.design import Experiment, design
from core.evaluation.planning import seasonal
from core.evaluation.results import SeriesResult, TaskResult
from core.evaluation.spec import RunSpec
from core.experiment import RunResult
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.report.settings import settled
from core.series.timeseries import Index, Panel
from core.store.codecs.snapshots import Snapshot
from core.store.records import RunRecord


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run gave, as far as it has come.

    key      stands for all that a chart of it shows
    panel    the series, None where a link does not share them
    missing  why a model has no result, by label: "cancelled", "still running", …
    """

    key: str
    title: str
    created: datetime
    spec: RunSpec
    versions: Mapping[str, str]
    results: tuple[TaskResult, ...]
    comparison: Comparison | None
    panel: Panel | None
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def done(self) -> tuple[TaskResult, ...]:
        """The models that forecast."""
        return tuple(one for one in self.results if one.state == "done")

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models of the run, in its order."""
        return self.spec.models

    @property
    def combinations(self) -> tuple[TaskResult, ...]:
        """The combinations of its models, as if they were models."""
        return tuple(one.result for one in self.comparison.combinations) if self.comparison else ()

    @property
    def drawn(self) -> tuple[ModelSpec, ...]:
        """Whatever may be a line: colours follow from it."""
        return (*self.models, *(one.model for one in self.combinations))

    @property
    def series_ids(self) -> tuple[str, ...]:
        """The ids of the series that some model forecasts, in their order in the run; none before a model has ended."""
        most = sorted(self.done, key=lambda task: len(task.absent))
        return tuple(dict.fromkeys(one.series_id for task in most for one in task.series))

    def of_series(self, series_id: str) -> dict[str, SeriesResult]:
        """What each model that is done gave for one series, by label."""
        return {task.model.label: one for task in self.done for one in task.series if one.series_id == series_id}

    def combined(self, series_id: str) -> dict[str, SeriesResult]:
        """What each combination gives for one series, by label."""
        return {task.model.label: one for task in self.combinations for one in task.series if one.series_id == series_id}

    def claiming(self, series_id: str) -> tuple[str, ...]:
        """The labels of the models that have intervals of their own for one series."""
        return tuple(label for label, one in self.of_series(series_id).items() if one.own is not None)

    def origins(self, series_id: str) -> tuple[int, ...]:
        """The scored origins of one series, ascending."""
        tested = [one.backtest for one in self.of_series(series_id).values() if one.backtest is not None]
        return tuple(int(origin) for origin in tested[0].origins) if tested else ()

    def settled(self, label: str, *, is_whole: bool = False) -> tuple[str, ...]:
        """What a model chose of the settings that were left to it, in words; the advanced ones too if `is_whole`."""
        asked = {one.label: one for one in self.models}
        found = (one.model for one in self.done if one.model.label == label)
        return next((settled(asked[label], one, is_whole=is_whole) for one in found), ())

    def unit(self, series_id: str) -> str:
        """What the values count, "" where nothing says so."""
        return self.panel[series_id].unit if self.panel else ""


def last_fit(epochs: Sequence[EpochLog]) -> list[EpochLog]:
    """Of the epochs of several fits in a row those of the last one: each fit counts from its first epoch on."""
    starts = [at for at in range(1, len(epochs)) if epochs[at].epoch <= epochs[at - 1].epoch]
    return list(epochs[starts[-1] if starts else 0 :])


def of_run(record: RunRecord, results: Sequence[TaskResult], comparison: Comparison | None, panel: Panel) -> Outcome:
    """A run of the store."""
    words = {"queued": "waiting", "running": "still running"}
    missing = {task.label: words.get(task.state, task.state) for task in record.tasks if task.kind == "model"}
    known = {one.model.label for one in results}
    missing = {label: state for label, state in missing.items() if label not in known}
    states = " ".join(f"{task.id} {task.state} {task.attempt}" for task in record.tasks)
    key = f"{record.id} {states}"
    return Outcome(
        key, record.title, record.created, record.spec, record.versions, tuple(results), comparison, panel, missing
    )  # fmt: skip


def of_snapshot(snapshot: Snapshot, digest: str) -> Outcome:
    """The frozen copy behind a link. digest: SHA-256 of its bytes."""
    known = {one.model.label for one in snapshot.results}
    missing = {one.label: "not finished" for one in snapshot.spec.models if one.label not in known}
    return Outcome(
        digest, snapshot.title, snapshot.created, snapshot.spec, snapshot.versions,
        snapshot.results, snapshot.comparison, snapshot.panel, missing,
    )  # fmt: skip


def experiment_of(outcome: Outcome) -> Experiment:
    """What the run was asked to compute, planned again from its closed specification."""
    assert outcome.panel is not None, "a plan needs the series"
    if outcome.spec.timetable is None:  # of an earlier version, which planned in another way
        return Experiment(outcome.spec, seasonal(outcome.panel, outcome.spec.season), {}, {})
    return design(outcome.spec, outcome.panel, is_accepted=True)


def as_result(outcome: Outcome) -> RunResult:
    """The outcome of a finished run as the computation gave it."""
    assert outcome.comparison is not None, "a run that is not finished has no result"
    seconds = sum(one.seconds for one in outcome.results)
    return RunResult(experiment_of(outcome), outcome.results, outcome.comparison, seconds)


def fan_lines(
    outcome: Outcome, series_id: str, origin: int | None, *, is_own: bool = False, is_combined: bool = False
) -> list[FanLine]:
    """One line a model from a scored origin, or the final forecast where `origin` is None; best first.

    is_own: with the intervals that the models themselves claim, and no bands for those that claim none.
    is_combined: with the combinations after the models.
    """
    found = outcome.of_series(series_id)
    ranking = outcome.comparison.ranking if outcome.comparison else ()
    ordered = [*(label for label in ranking if label in found), *(label for label in found if label not in ranking)]
    whole = {label: found[label] for label in ordered} | (outcome.combined(series_id) if is_combined else {})
    return [_line(label, one, origin, is_own) for label, one in whole.items()]


def _line(label: str, result: SeriesResult, origin: int | None, is_own: bool) -> FanLine:
    if origin is None:
        final = result.forecast
        return FanLine(label, final.index, final.point, _bands(final.levels, final.quantiles, result.own, is_own))
    past = result.backtest
    at = past.origins.tolist().index(origin)
    own = None if past.own is None else past.own[at]
    return FanLine(label, result.index_at(origin), past.point[at], _bands(past.levels, past.quantiles[at], own, is_own))


def _bands(
    levels: Sequence[float], quantiles: np.ndarray, own: np.ndarray | None, is_own: bool
) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    if not is_own:
        return bands(levels, quantiles)
    return {} if own is None else bands([level for level in levels if level != 0.5], own)


def bands(levels: Sequence[float], quantiles: np.ndarray) -> dict[float, tuple[np.ndarray, np.ndarray]]:
    """The central intervals among quantiles (Q, H): coverage -> (low, high), each (H,); without those that lack."""
    count = len(levels) // 2
    return {
        round(levels[-1 - low] - levels[low], 6): (quantiles[low], quantiles[len(levels) - 1 - low])
        for low in range(count)
        if not np.isnan(quantiles[low]).any()
    }  # fmt: skip


def actual_at(outcome: Outcome, series_id: str, origin: int) -> tuple[Index, np.ndarray] | None:
    """What happened after a scored origin: dates or steps, and values (H,), NaN where none was observed."""
    for result in outcome.of_series(series_id).values():
        if result.backtest is not None:
            at = result.backtest.origins.tolist().index(origin)
            return result.index_at(origin), result.backtest.scorable[at]
    return None
