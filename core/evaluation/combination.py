"""Combinations of a run's models: their mean, their median, and their mean weighted by inverse errors. None looks ahead.

They are rules, decided before the run: no combination is chosen, and no weight is fitted, by what comes after an origin. What
one forecasts from an origin is made of what the models forecast from there, and of errors that were known there. It is no
model: it ranks among none, and its intervals are conformal like theirs, from its own past errors.

In a panel the weights of a series are a mean of its own, with the weight n, and of the panel's, with the weight `PRIOR`:
n counts its known errors as if they were independent, and the panel's are made of errors in units of each series' scale, so
that series count alike. A series that some models could not forecast is combined of the others, where two are left.
Source: Bates & Granger 1969, Operational Research Quarterly 20(4), who weigh by inverse squared errors; absolute ones let a
single bad forecast decide less. Clemen 1989, Int. J. Forecasting 5(4), on how hard the plain mean is to beat; Stock & Watson
2004, J. Forecasting 23(6), on shrinking weights.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.backtest import residuals
from core.evaluation.clock import Clock, clock_of, stacked
from core.evaluation.design import Experiment
from core.evaluation.judging import Judge, Points
from core.evaluation.pooling import PRIOR
from core.evaluation.results import Combination, SeriesResult, TaskResult
from core.evaluation.scores import Scores, averaged
from core.models.spec import ModelSpec
from core.series.forecast import Forecast
from core.series.timeseries import Panel

MEAN, MEDIAN, INVERSE = "combination_mean", "combination_median", "combination_inverse"
RULES = {MEAN: "Mean of all", MEDIAN: "Median of all", INVERSE: "Inverse-error weighted"}
FLOOR = 1e-6  # of the largest mean error: a model without any error gets nearly all the weight, and no weight is infinite


@dataclass(frozen=True, eq=False)
class Stack:
    """What M models said of the S series that two of them have, each with R origins at the most, as in `clock`.

    has     (M, S) bool: which model has which series
    points  (M, S, R, H) from the origins, 0 where there is none
    final   (M, S, H) the next forecasts
    errors  (M, S, R, H) absolute; 0 where none is known ever, as `seen` says
    seen    (M, S, R, H) bool
    """

    panel: Panel
    clock: Clock
    has: np.ndarray
    points: np.ndarray
    final: np.ndarray
    errors: np.ndarray
    seen: np.ndarray


def combine(experiment: Experiment, tasks: Sequence[TaskResult], ranking: Collection[str]) -> tuple[Combination, ...]:
    """The combinations of the models in `ranking`; without a backtest, of all that forecast.

    There are none of fewer than two models. Of two the median is the mean, and is left out.
    """
    is_tested = any(plan.scored for plan in experiment.plans.values())
    able = [task for task in tasks if task.state == "done" and (task.model.label in ranking or not is_tested)]
    members = [task for task in able if task.series]
    stack = _stack(experiment, members) if len(members) > 1 else None
    if stack is None:
        return ()
    taken = {model.label for model in experiment.spec.models}
    rules = [rule for rule in RULES if rule != MEDIAN or len(members) > 2]
    notes = (_made_of(members), *_left_out(tasks, members))
    return tuple(_combination(experiment, members, stack, ModelSpec(rule, _free(RULES[rule], taken)), notes) for rule in rules)


def inverse_error_weights(sizes: np.ndarray, has: np.ndarray) -> np.ndarray:
    """(M, ...) weights that sum to 1 over the M models: in proportion to 1 / mean absolute error.

    sizes: (M, ...) mean absolute errors, has: (M, ...) which models count. Where no model that counts has erred, or none has
    any error that is known (NaN), the weights are equal.
    """
    sizes = np.where(has & ~np.isnan(sizes), sizes, np.inf)
    largest = np.where(np.isfinite(sizes), sizes, 0).max(axis=0)
    floored = np.maximum(sizes, FLOOR * largest)
    least = floored.min(axis=0)
    is_told = (largest > 0) & np.isfinite(least)
    shares = np.divide(least, floored, out=np.zeros_like(floored), where=np.isfinite(floored) & is_told)
    return np.where(is_told, shares / np.where(is_told, shares.sum(axis=0), 1), has / np.maximum(has.sum(axis=0), 1))


def _made_of(members: Sequence[TaskResult]) -> str:
    *first, last = (task.model.label for task in members)
    return f"made of {', '.join(first)} and {last}"


def _left_out(tasks: Sequence[TaskResult], members: Sequence[TaskResult]) -> list[str]:
    """Why models of the run are in no combination."""
    whys = {"failed": "which has no forecasts", "done": "which could not be scored on every series"}
    return [f"without {task.model.label}, {whys[task.state]}" for task in tasks if task not in members]


def _free(label: str, taken: Collection[str]) -> str:
    """The label, marked where a person gave it to a model."""
    while label in taken:
        label = f"{label} (combination)"
    return label


def _combination(
    experiment: Experiment, members: Sequence[TaskResult], stack: Stack, spec: ModelSpec, notes: tuple[str, ...]
) -> Combination:
    """One rule on every series. It costs what its members cost."""
    horizon = experiment.spec.horizon
    if spec.name == MEDIAN:
        has, weights = stack.has[:, :, None, None], None
        past = np.nanmedian(np.where(has, stack.points, np.nan), axis=0)
        final = np.nanmedian(np.where(has[:, :, 0], stack.final, np.nan), axis=0)
    else:
        weights = _weights(spec.name, stack)  # (M, S, R + 1)
        past = np.einsum("msr,msrh->srh", weights[:, :, :-1], stack.points)
        final = np.einsum("ms,msh->sh", weights[:, :, -1], stack.final)
    points = {}
    for number, series in enumerate(stack.panel):
        forecast = Forecast(series.id, spec.label, series.future(horizon), final[number])
        points[series.id] = Points(past[number][stack.clock.rows[number]], forecast)
    found = tuple(Judge(experiment.panel, experiment.plans, experiment.coverages, experiment.lowest).results(points))
    scores = _over_series(found)
    result = TaskResult(
        model=spec,
        state="done",
        seconds=sum(one.seconds for one in members),
        parameters=sum(one.parameters or 0 for one in members),
        series=found,
        scores=scores,
        seed_scores=(scores,) if scores else (),
        notes=notes,
    )
    names = [series.id for series in stack.panel]
    last = {} if weights is None else {name: tuple(row) for name, row in zip(names, weights[:, :, -1].T.tolist(), strict=True)}
    return Combination(result, tuple(one.model.label for one in members), last)


def _over_series(found: Sequence[SeriesResult]) -> Scores | None:
    scores = [one.scores for one in found if one.scores is not None]
    return averaged(scores) if scores else None


def _stack(experiment: Experiment, members: Sequence[TaskResult]) -> Stack | None:
    """What the members said of the series that two of them have; None where there is no such series."""
    each = [{one.series_id: one for one in member.series} for member in members]
    shared = [series for series in experiment.panel if sum(series.id in some for some in each) > 1]
    if not shared:
        return None
    panel = Panel(tuple(shared))
    plans = {series.id: experiment.plans[series.id] for series in panel}
    clock = clock_of(panel, plans)
    empty = {name: np.full((len(plan.origins), plan.horizon), np.nan) for name, plan in plans.items()}
    past = [empty | {name: one.past for name, one in some.items() if name in plans and one.past is not None} for some in each]
    off = [{series.id: residuals(series, plans[series.id], some[series.id]) for series in panel} for some in past]
    errors = np.array([stacked(clock, panel, plans, some) for some in off])
    return Stack(
        panel=panel,
        clock=clock,
        has=np.array([[series.id in some for series in panel] for some in each]),
        points=np.nan_to_num(np.array([stacked(clock, panel, plans, some) for some in past])),
        final=np.array([[_final(some.get(series.id), clock.horizon) for series in panel] for some in each]),
        errors=np.nan_to_num(np.abs(errors)),
        seen=~np.isnan(errors),
    )


def _final(one: SeriesResult | None, horizon: int) -> np.ndarray:
    return np.zeros(horizon) if one is None else one.forecast.point


def _weights(rule: str, stack: Stack) -> np.ndarray:
    """(M, S, R + 1) the weights of a mean at each origin, and last, at the end."""
    clock, has = stack.clock, stack.has[:, :, None]
    equal = np.broadcast_to(has / has.sum(axis=0), (*has.shape[:2], clock.now.shape[1]))
    if rule == MEAN:
        return equal
    known = clock.known[:, None] <= clock.now[:, :, None]  # (S, R + 1, R)
    own = np.array([_overall(known, *one) for one in zip(stack.errors, stack.seen, strict=True)])  # (M, S, R + 1)
    weights = inverse_error_weights(own, np.broadcast_to(has, own.shape))
    if len(stack.panel) == 1:
        return weights
    windows = known & stack.seen.any(axis=(0, 3))[:, None]
    count = clock.worth(windows[..., None])[..., -1]  # (S, R + 1) windows that do not overlap
    theirs = inverse_error_weights(_common(stack)[:, clock.latest(clock.cutoffs())], np.broadcast_to(has, own.shape))
    return (count * weights + PRIOR * theirs) / (count + PRIOR)


def _common(stack: Stack) -> np.ndarray:
    """(M, cutoffs) the mean over series of the mean absolute error in units of the scale, of what is known at each cutoff.

    The series are those that every model has: a mean over others would compare nothing.
    """
    clock, whole = stack.clock, stack.has.all(axis=0)
    found = np.full((len(stack.has), len(clock.cutoffs())), np.nan)
    for place, cutoff in enumerate(clock.cutoffs()):
        known = (clock.known <= cutoff)[:, None]
        sizes = np.array([_overall(known, *one)[:, 0] for one in zip(stack.errors, stack.seen, strict=True)])  # (M, S)
        usable = whole & ~np.isnan(sizes).any(axis=0)
        if usable.any():
            found[:, place] = (sizes[:, usable] / clock.scales[usable]).mean(axis=1)
    return found


def _overall(known: np.ndarray, errors: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(S, P) the mean of what is known (S, P, R) of errors (S, R, H), over all steps ahead; NaN of nothing."""
    known, number = known.astype(np.float64), seen.sum(axis=2)[..., None]
    count = (known @ number)[..., 0]
    total = (known @ errors.sum(axis=2)[..., None])[..., 0]
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
