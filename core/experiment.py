"""One run, from its specification to its result: the whole computation, pure. Page, command line and worker all call this.

A run is one task for each model; a task is that model with all its seeds, series and origins. The same specification and
series give the same numbers. Nothing here reads files, keeps results or knows of processes.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from core.errors import AppError, DataError, FitError
from core.evaluation.backtest import Rolled, Rolling, final_forecasts, learned_from, own_quantiles, roll
from core.evaluation.certificate import Certificate, Computation, certify
from core.evaluation.combination import combine
from core.evaluation.comparison import Comparison, compare, completed
from core.evaluation.conformal import interval_ends
from core.evaluation.design import Experiment
from core.evaluation.judging import Judge, Points
from core.evaluation.references import references
from core.evaluation.results import Combination, LogEntry, SeriesResult, TaskResult
from core.evaluation.scores import Scores, averaged
from core.models.base import Fitted, Model
from core.models.spec import ModelSpec
from core.models.transform import Transformed, transformed
from core.progress import Context, Progress, Report, silent
from core.series.forecast import Forecast
from core.series.timeseries import Panel
from core.threads import one_thread

__all__ = ["LogEntry", "RunResult", "SeriesResult", "TaskResult", "finish", "run", "run_task"]

SETTLING = 0.6  # of a network's work, about, that settles its epochs
COMPUTING = 0.5  # of the work of a task that is certified: what comes before the certificate
CHECKING = "check for look-ahead"


@dataclass(frozen=True, eq=False)
class RunResult:
    """What a run gave, one entry a model in the order of the specification."""

    experiment: Experiment
    tasks: tuple[TaskResult, ...]
    comparison: Comparison
    seconds: float


@dataclass(frozen=True, eq=False)
class Seeded:
    """What one seed gave, by series id: the roll of the backtest, and the final forecast with the model's own quantiles.

    absent: why a series lacks one of the two, by id; the model then has neither.
    """

    seed: int
    rolled: Mapping[str, Rolled]
    forecasts: Mapping[str, Forecast]
    fitted: Fitted
    absent: Mapping[str, str]

    def without(self, names: Collection[str]) -> Seeded:
        """The same without these series."""
        rolled, forecasts = (
            {name: one for name, one in some.items() if name not in names} for some in (self.rolled, self.forecasts)
        )
        return replace(self, rolled=rolled, forecasts=forecasts)


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
    found = compare(experiment, tasks, references(experiment))
    return completed(experiment, tasks, found, _combined(experiment, tasks, found.ranking))


def _combined(experiment: Experiment, tasks: Sequence[TaskResult], ranking: Sequence[str]) -> tuple[Combination, ...]:
    """The combinations, on the series that all members have. A model that does not rank for lack of series is no member."""
    whole = [task for task in tasks if not task.absent or task.model.label in ranking]
    absent = {name: why for task in whole for name, why in task.absent.items()}
    shared = Panel(tuple(one for one in experiment.panel if one.id not in absent)) if absent else experiment.panel
    found = combine(replace(experiment, panel=shared), whole, ranking)
    return tuple(replace(one, result=replace(one.result, absent=_lacking(experiment, one.result))) for one in found)


def _lacking(experiment: Experiment, combination: TaskResult) -> dict[str, str]:
    """Why a combination has no forecast of a series, by id."""
    known = {one.series_id for one in combination.series}
    return {one.id: "too few models forecast it" for one in experiment.panel if one.id not in known}


def run_task(experiment: Experiment, spec: ModelSpec, watch: Report = silent) -> TaskResult:
    """One model of the run. What a person may see as an error becomes a failed task; a defect is raised.

    Raises Cancelled when `watch` does.
    """
    start = time.perf_counter()
    share = COMPUTING if experiment.spec.certify else 1.0
    try:
        with one_thread():
            asked = transformed(spec.build(), experiment.spec.transform)
            whole = Context(experiment.spec.seed, _device(asked, experiment.spec.device), watch)
            model, seeded, log = _all_seeds(experiment, asked, whole.part(0.0, share))
            absent = {name: why for one in seeded for name, why in one.absent.items()}
            if len(absent) == len(experiment.panel):
                raise FitError(next(iter(absent.values())))
            seeded = [one.without(absent) for one in seeded]
            series = _series_results(experiment, seeded)
            certificate, unchecked = _certified(experiment, asked, model, seeded, whole.part(share, 1.0))
    except AppError as error:
        return TaskResult(spec, "failed", time.perf_counter() - start, error=str(error))
    return TaskResult(
        model=spec.closed(model.model if isinstance(model, Transformed) else model),
        state="done",
        seconds=time.perf_counter() - start,
        parameters=seeded[0].fitted.parameter_count,
        series=series,
        scores=_over_series([one.scores for one in series]),
        seed_scores=tuple(_over_series(some) for some in zip(*(one.seed_scores for one in series if one.scores), strict=True)),
        notes=(*_without(absent, experiment), *_notes(seeded), *unchecked),
        log=tuple(log),
        arrays={f"{one.seed}/{name}": array for one in seeded for name, array in one.fitted.arrays().items()},
        absent=absent,
        certificate=certificate,
    )


def _rolling(experiment: Experiment, model: Model) -> Rolling:
    """How the model is rolled: with the levels of all intervals where it has some of its own."""
    levels = {name: interval_ends(some) if model.has_intervals else () for name, some in experiment.coverages.items()}
    return Rolling(experiment.plans, experiment.spec.horizon, levels, experiment.lowest)


def _all_seeds(experiment: Experiment, model: Model, context: Context) -> tuple[Model, list[Seeded], list[LogEntry]]:
    """The model as it was settled before the first origin, its backtest and its final fit with every seed, and its epochs.

    One seed is enough for a model without randomness.
    """
    spec, rolling, log = experiment.spec, _rolling(experiment, model), []
    seeds = spec.seeds if model.is_random else 1
    settled = SETTLING if model.is_random else 0.0
    border = settled + (1 - settled) * rolling.fits / (rolling.fits + 1)
    choosing, testing, ending = (
        _logged(context.part(*ends), fit, log)
        for ends, fit in (((0.0, settled), "selection"), ((settled, border), "backtest"), ((border, 1.0), "final"))
    )
    model = model.settled(learned_from(experiment.panel, rolling, 0), spec.horizon, choosing, seeds)
    rolled, untested = roll(model, experiment.panel, rolling, testing, seeds)
    found = []
    for number, fitted in enumerate(model.fit_all(experiment.panel, spec.horizon, ending, seeds)):
        forecasts, unknown = final_forecasts(fitted, experiment.panel, rolling)
        found.append(Seeded(spec.seed + number, rolled[number], forecasts, fitted, unknown | untested))
    return model, found, log


def _certified(
    experiment: Experiment, asked: Model, settled: Model, seeded: Sequence[Seeded], context: Context
) -> tuple[Certificate | None, tuple[str, ...]]:
    """The certificate of the model, where the run asks for one; and a note where none can be made.

    Its date is read here, where the seconds are, and is no part of what makes two certificates equal: they stay a function of
    the specification and the series.
    """
    if not experiment.spec.certify:
        return None, ()

    def watch(progress: Progress) -> None:  # its epochs are those of the backtest once more, and no curve of their own
        context.watch(Progress(progress.fraction, CHECKING))

    first = Computation(asked, settled, _rolling(experiment, asked), [one.rolled for one in seeded])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return certify(experiment, first, replace(context, watch=watch), date=now), ()
    except DataError as error:
        return None, (str(error),)


def _notes(seeded: Sequence[Seeded]) -> list[str]:
    """What the fits said, each of it once."""
    return list(dict.fromkeys(note for one in seeded for note in getattr(one.fitted, "notes", ())))


def _without(absent: Mapping[str, str], experiment: Experiment) -> list[str]:
    """Words for the series that the model lacks: the first by name, and why, without the remedy."""
    if not absent:
        return []
    name, why = next(iter(absent.items()))
    others = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
    return [f"without {len(absent)} of {len(experiment.panel)} series: {name!r} ({why.partition('; ')[0]}){others}"]


def _device(model: Model, device: str) -> str:
    if not model.is_random:
        return "cpu"
    from core.nets.device import resolve

    return resolve(device)


def _logged(context: Context, fit: Literal["selection", "backtest", "final"], log: list[LogEntry]) -> Context:
    """The same context, writing down every epoch that passes through it, and saying which fit it is."""
    what = {"selection": "selection fit", "backtest": "backtest", "final": "final fit"}[fit]

    def watch(progress: Progress) -> None:
        if progress.epoch is not None:
            log.append(LogEntry(progress.seed, fit, progress.epoch))
        message = f"{what}, {progress.message}" if progress.message else what
        context.watch(replace(progress, message=message, fit=fit))

    return replace(context, watch=watch)


def _series_results(experiment: Experiment, seeded: list[Seeded]) -> tuple[SeriesResult, ...]:
    """Each series: the median over the seeds, with intervals and scores; and the scores of each seed by itself."""
    judge = Judge(experiment.panel, experiment.plans, experiment.coverages, experiment.lowest)
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
    final = [one.forecasts[name] for one in seeded]
    rolled = [one.rolled[name] for one in seeded if name in one.rolled]
    return Points(
        np.median([one.point for one in rolled], axis=0) if rolled else np.empty((0, len(final[0].point))),
        replace(final[0], point=np.median([one.point for one in final], axis=0), levels=(), quantiles=None),
        _averaged_own([one.own for one in rolled] or [None]),
        _averaged_own([own_quantiles(one, interval_ends(coverages)) for one in final]),
    )


def _averaged_own(quantiles: list[np.ndarray | None]) -> np.ndarray | None:
    """The mean over the seeds of quantiles (..., Q', H) at each level: they stay in order, and the shape of the seeds' own
    distributions, where pooling these would widen it by the spread of the seeds.

    Source: Vincent 1912; Lichtendahl, Grushka-Cockayne & Winkler 2013, Management Science 59(7).
    """
    return None if any(one is None for one in quantiles) else np.mean(quantiles, axis=0)


def _over_series(scores: Iterable[Scores | None]) -> Scores | None:
    """Over the series that are scored; None where none is."""
    scored = [one for one in scores if one is not None]
    return averaged(scored) if scored else None
