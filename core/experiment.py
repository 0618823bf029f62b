"""One run, from its specification to its result: the whole computation, pure. Page, command line and worker all call this.

A run is one task for each model; a task is that model with all its seeds, series and origins. The same specification and
series give the same numbers. Nothing here reads files, keeps results or knows of processes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from core.errors import AppError
from core.evaluation.backtest import Rolled, Rolling, own_quantiles, roll
from core.evaluation.combination import combine
from core.evaluation.comparison import Comparison, compare, completed
from core.evaluation.conformal import interval_ends
from core.evaluation.design import Experiment
from core.evaluation.judging import Judge, Points
from core.evaluation.references import references
from core.evaluation.results import LogEntry, SeriesResult, TaskResult
from core.evaluation.scores import Scores, averaged
from core.models.base import Fitted, Model
from core.models.spec import ModelSpec
from core.progress import Context, Progress, Report, silent
from core.series.forecast import Forecast
from core.threads import one_thread

__all__ = ["LogEntry", "RunResult", "SeriesResult", "TaskResult", "finish", "run", "run_task"]


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run gave, one entry a model in the order of the specification."""

    experiment: Experiment
    tasks: tuple[TaskResult, ...]
    comparison: Comparison
    seconds: float


@dataclass(frozen=True, eq=False)
class Seeded:
    """What one seed gave, by series id: the roll of the backtest, and the final forecast with the model's own quantiles."""

    seed: int
    rolled: Mapping[str, Rolled]
    forecasts: Mapping[str, Forecast]
    fitted: Fitted


@dataclass(frozen=True, eq=False)
class Log:
    """What the fits of a task said: their epochs, and whether each kept what it learned, with the fit that it was."""

    entries: list[LogEntry] = field(default_factory=list)
    learned: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def is_learned(self) -> bool | None:
        """Whether any fit of the backtest kept what it learned; None where there is nothing of the kind to say."""
        tested = [one for fit, one in self.learned if fit == "backtest"]
        return any(tested) if tested else None


def run(experiment: Experiment, watch: Report = silent) -> RunResult:
    """Every task in turn. `watch` sees the fraction of the whole run.  Raises Cancelled."""
    start, count = time.perf_counter(), len(experiment.spec.models)
    whole = Context(watch=watch)
    tasks = []
    for number, spec in enumerate(experiment.spec.models):
        part = whole.part(number / count, (number + 1) / count)
        part.report(0.0, spec.label)
        tasks.append(run_task(experiment, spec, part.watch))
    return RunResult(experiment, tuple(tasks), finish(experiment, tasks), time.perf_counter() - start)


def finish(experiment: Experiment, tasks: Sequence[TaskResult]) -> Comparison:
    """What compares the models, once every task has ended: the last task of a run. It loads scipy.

    Combinations are of the models that rank; benchmarks that nobody chose are computed here, for reference.
    """
    found = compare(experiment, tasks)
    return completed(experiment, tasks, found, combine(experiment, tasks, found.ranking), references(experiment))


def run_task(experiment: Experiment, spec: ModelSpec, watch: Report = silent) -> TaskResult:
    """One model of the run. What a person may see as an error becomes a failed task; a defect is raised.

    Raises Cancelled when `watch` does.
    """
    start = time.perf_counter()
    try:
        with one_thread():
            model = spec.build()
            seeded, log = _all_seeds(experiment, model, watch)
            series = _series_results(experiment, seeded)
    except AppError as error:
        return TaskResult(spec, "failed", time.perf_counter() - start, error=str(error))
    return TaskResult(
        model=spec,
        state="done",
        seconds=time.perf_counter() - start,
        parameters=seeded[0].fitted.parameter_count,
        series=series,
        scores=_over_series([one.scores for one in series]),
        seed_scores=tuple(_over_series([one.seed_scores[n] for one in series]) for n in range(len(series[0].seed_scores))),
        notes=(*_notes(log.learned), *dict.fromkeys(note for one in seeded for note in getattr(one.fitted, "notes", ()))),
        log=tuple(log.entries),
        arrays={f"{one.seed}/{name}": array for one in seeded for name, array in one.fitted.arrays().items()},
        is_learned=log.is_learned,
    )


def _all_seeds(experiment: Experiment, model: Model, watch: Report) -> tuple[list[Seeded], Log]:
    """Backtest and final fit with every seed; one seed is enough for a model without randomness."""
    spec = experiment.spec
    seeds = range(spec.seed, spec.seed + (spec.seeds if model.is_random else 1))
    device = _device(model, spec.device)
    levels = {name: interval_ends(some) if model.has_intervals else () for name, some in experiment.coverages.items()}
    rolling = Rolling(experiment.plans, spec.horizon, spec.refit, levels)
    found, log = [], Log()
    for number, seed in enumerate(seeds):
        context = Context(seed, device, watch).part(number / len(seeds), (number + 1) / len(seeds))
        whose = f"seed {number + 1} of {len(seeds)}, " if len(seeds) > 1 else ""
        border = rolling.fits / (rolling.fits + 1)
        rolled = roll(model, experiment.panel, rolling, _logged(context.part(0, border), "backtest", log, whose))
        fitted = model.fit(experiment.panel, spec.horizon, _logged(context.part(border, 1), "final", log, whose))
        forecasts = {one.id: fitted.forecast(one, spec.horizon, levels[one.id]) for one in experiment.panel}
        found.append(Seeded(seed, rolled, forecasts, fitted))
    return found, log


def _notes(learned: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    """Words for fits in which no epoch was clearly better than epoch 0, which is the linear path."""
    said = []
    for fit, what in (("backtest", "the backtest"), ("final", "the forecast")):
        fits = [one for whose, one in learned if whose == fit]
        if not all(fits):
            alone = f"{len(fits) - sum(fits)} of {len(fits)} fits forecast by the linear path alone"
            said.append(f"for {what}, {alone}: no epoch was clearly better than it on the validation part")
    return tuple(said)


def _device(model: Model, device: str) -> str:
    if not model.is_random:
        return "cpu"
    from core.nets.device import resolve

    return resolve(device)


def _logged(context: Context, fit: Literal["backtest", "final"], log: Log, whose: str) -> Context:
    """The same context, writing down every epoch that passes through it, and saying which fit of `whose` it is."""
    what = whose + {"backtest": "backtest", "final": "final fit"}[fit]

    def watch(progress: Progress) -> None:
        if progress.epoch is not None:
            log.entries.append(LogEntry(context.seed, fit, progress.epoch))
        if progress.is_learned is not None:
            log.learned.append((fit, progress.is_learned))
        message = f"{what}, {progress.message}" if progress.message else what
        context.watch(replace(progress, message=message, seed=context.seed, fit=fit))

    return replace(context, watch=watch)


def _series_results(experiment: Experiment, seeded: list[Seeded]) -> tuple[SeriesResult, ...]:
    """Each series: the median over the seeds, with intervals and scores; and the scores of each seed by itself."""
    judge = Judge(experiment.panel, experiment.plans, experiment.coverages)
    found = judge.results({name: _over_seeds(seeded, name, experiment.coverages[name]) for name in seeded[0].forecasts})
    if len(seeded) == 1:
        return tuple(found)
    each = [
        judge.scores(
            {name: rolled.point for name, rolled in one.rolled.items()},
            {name: rolled.own for name, rolled in one.rolled.items()},
        )
        for one in seeded
    ]
    return tuple(
        replace(one, seed_scores=tuple(some[one.series_id] for some in each if one.series_id in some)) for one in found
    )


def _over_seeds(seeded: list[Seeded], name: str, coverages: Sequence[float]) -> Points:
    """What was forecast of one series: the median over the seeds, and the mean of their own quantiles."""
    final, rolled = [one.forecasts[name] for one in seeded], [one.rolled[name] for one in seeded]
    return Points(
        np.median([one.point for one in rolled], axis=0),
        replace(final[0], point=np.median([one.point for one in final], axis=0), levels=(), quantiles=None),
        _averaged_own([one.own for one in rolled]),
        _averaged_own([own_quantiles(one, interval_ends(coverages)) for one in final]),
    )


def _averaged_own(quantiles: list[np.ndarray | None]) -> np.ndarray | None:
    """The mean over the seeds of quantiles (..., Q', H) at each level: they stay in order, and the shape of the seeds' own
    distributions, where pooling these would widen it by the spread of the seeds.

    Source: Vincent 1912; Lichtendahl, Grushka-Cockayne & Winkler 2013, Management Science 59(7).
    """
    return None if any(one is None for one in quantiles) else np.mean(quantiles, axis=0)


def _over_series(scores: list[Scores | None]) -> Scores | None:
    return averaged(scores) if scores[0] is not None else None
