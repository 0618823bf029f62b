"""Combinations of a run's models: their mean, their median, and their mean weighted by inverse errors. None looks ahead.

They are rules, decided before the run: no combination is chosen, and no weight is fitted, by what comes after an origin. What
one forecasts from an origin is made of what the models forecast from there, and of errors that were known there. It is no
model: it ranks among none, and its intervals are conformal like theirs, from its own past errors.
Source: Bates & Granger 1969, Operational Research Quarterly 20(4), who weigh by inverse squared errors; absolute ones let a
single bad forecast decide less. Clemen 1989, Int. J. Forecasting 5(4), on how hard the plain mean is to beat.

What two models say alike from an origin counts once there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.backtest import backtest, residuals, with_intervals
from core.evaluation.conformal import pool
from core.evaluation.design import Experiment
from core.evaluation.results import Combination, SeriesResult, TaskResult
from core.evaluation.scores import SAME, averaged, score
from core.models.spec import ModelSpec
from core.series.forecast import Forecast
from core.series.timeseries import TimeSeries

MEAN, MEDIAN, INVERSE = "combination_mean", "combination_median", "combination_inverse"
RULES = {MEAN: "Mean of all", MEDIAN: "Median of all", INVERSE: "Inverse-error weighted"}
FLOOR = 1e-6  # of the largest mean error: a model without any error gets nearly all the weight, and no weight is infinite


@dataclass(frozen=True, eq=False)
class Stack:
    """What M models said of one series.

    origins  (R,) R = C + O, calibration first
    points   (M, R, H) from the origins;  errors (M, R, H) actual − point, NaN where the actual was not observed
    final    (M, H) the next forecast
    """

    origins: np.ndarray
    points: np.ndarray
    errors: np.ndarray
    final: np.ndarray


def combine(experiment: Experiment, tasks: Sequence[TaskResult], ranking: Collection[str]) -> tuple[Combination, ...]:
    """The combinations of the models in `ranking`; none of fewer than two. Of two the median is the mean, and is left out."""
    members = [task for task in tasks if task.model.label in ranking and _has_earlier(task)]
    if len(members) < 2:
        return ()
    taken = {model.label for model in experiment.spec.models}
    rules = [rule for rule in RULES if rule != MEDIAN or len(members) > 2]
    notes = (_made_of(members), *_left_out(tasks, members), *_repeating(experiment, members))
    return tuple(_combination(experiment, members, ModelSpec(rule, _free(RULES[rule], taken)), notes) for rule in rules)


def inverse_error_weights(errors: np.ndarray, origins: np.ndarray, horizon: int, origin: int) -> np.ndarray:
    """(M,) weights at `origin`, which sum to 1: in proportion to 1 / mean absolute error over what was known there.

    errors: (M, R, H) from `origins` (R,), NaN where no actual was observed. Those of origins c with c + horizon ≤ origin are
    known; where none is, the weights are equal.
    """
    known = np.abs(errors[:, pool(origins, horizon, origin)])  # (M, K, H)
    if not np.isfinite(known).any():
        return np.full(len(errors), 1 / len(errors))
    sizes = np.nanmean(known, axis=(1, 2))
    if not sizes.any():
        return np.full(len(errors), 1 / len(errors))
    floored = np.maximum(sizes, FLOOR * sizes.max())
    shares = floored.min() / floored
    return shares / shares.sum()


def _has_earlier(task: TaskResult) -> bool:
    return all(one.backtest is not None and one.backtest.earlier is not None for one in task.series)


def _distinct(points: np.ndarray) -> list[int]:
    """Which of the forecasts (M, H) from one origin count: those that no earlier one says already, as networks do that learn
    nothing and share a linear path. What comes from later origins has no say in it."""
    kept: list[int] = []
    span = np.ptp(points)
    for number, one in enumerate(points):
        if not any(np.allclose(points[other], one, rtol=SAME, atol=SAME * span) for other in kept):
            kept.append(number)
    return kept


def _repeating(experiment: Experiment, members: Sequence[TaskResult]) -> list[str]:
    """Whose next forecasts count with those of another, on every series."""
    counting = {place for one in experiment.panel for place in _distinct(_stack(experiment, one, members).final)}
    labels = [member.model.label for place, member in enumerate(members) if place not in counting]
    return [f"the next forecast of {label} repeats another's, and counts once with it" for label in labels]


def _made_of(members: Sequence[TaskResult]) -> str:
    *first, last = (task.model.label for task in members)
    return f"made of {', '.join(first)} and {last}"


def _left_out(tasks: Sequence[TaskResult], members: Sequence[TaskResult]) -> list[str]:
    """Why models of the run are in no combination."""
    said = []
    for task in tasks:
        if task in members:
            continue
        why = "which has no forecasts" if task.state == "failed" else "which could not be scored on every series"
        if task.state == "done" and task.scores and not _has_earlier(task):
            why = "whose result was stored before there were combinations"
        said.append(f"without {task.model.label}, {why}")
    return said


def _free(label: str, taken: Collection[str]) -> str:
    """The label, marked where a person gave it to a model."""
    while label in taken:
        label = f"{label} (combination)"
    return label


def _combination(experiment: Experiment, members: Sequence[TaskResult], spec: ModelSpec, notes: tuple[str, ...]) -> Combination:
    """One rule on every series. It costs what its members cost."""
    found, weights = [], {}
    for series in experiment.panel:
        stack = _stack(experiment, series, members)
        found.append(_on_series(experiment, series, stack, spec))
        if spec.name != MEDIAN:
            weights[series.id] = tuple(_weights(spec.name, stack, stack.final, len(series)).tolist())
    scores = averaged([one.scores for one in found])
    result = TaskResult(
        model=spec,
        state="done",
        seconds=sum(one.seconds for one in members),
        parameters=sum(one.parameters or 0 for one in members),
        series=tuple(found),
        scores=scores,
        seed_scores=(scores,),
        notes=notes,
    )
    return Combination(result, tuple(one.model.label for one in members), weights)


def _stack(experiment: Experiment, series: TimeSeries, members: Sequence[TaskResult]) -> Stack:
    """What the members said of one series; a done model has forecast every series of its run."""
    plan = experiment.plans[series.id]
    each = [next(one for one in member.series if one.series_id == series.id) for member in members]
    points = np.stack([np.concatenate([one.backtest.earlier, one.backtest.point]) for one in each])
    errors = np.stack([residuals(series, plan, one) for one in points])
    return Stack(np.array(plan.origins), points, errors, np.stack([one.forecast.point for one in each]))


def _weights(rule: str, stack: Stack, points: np.ndarray, origin: int) -> np.ndarray:
    """(M,) the weights of a mean of points (M, H) at an origin."""
    kept, weights, horizon = _distinct(points), np.zeros(len(points)), points.shape[1]
    weights[kept] = 1 / len(kept)
    if rule == INVERSE:
        weights[kept] = inverse_error_weights(stack.errors[kept], stack.origins, horizon, origin)
    return weights


def _made_one(rule: str, stack: Stack, points: np.ndarray, origin: int) -> np.ndarray:
    """points (M, H) from one origin -> (H,)."""
    if rule == MEDIAN:
        return np.median(points[_distinct(points)], axis=0)
    return _weights(rule, stack, points, origin) @ points


def _on_series(experiment: Experiment, series: TimeSeries, stack: Stack, spec: ModelSpec) -> SeriesResult:
    plan, coverages = experiment.plans[series.id], experiment.coverages[series.id]
    rows = [_made_one(spec.name, stack, stack.points[:, row], int(origin)) for row, origin in enumerate(stack.origins)]
    points = np.stack(rows)  # (R, H)
    tested = backtest(series, plan, points, coverages)
    scores = score(tested, series, coverages)
    final = _made_one(spec.name, stack, stack.final, len(series))
    forecast = Forecast(series.id, spec.label, series.future(plan.horizon), final)
    whole = with_intervals(forecast, residuals(series, plan, points), coverages)
    return SeriesResult(series.id, whole, tested, scores, (scores,))
