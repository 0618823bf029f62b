"""The scores of a backtest: overall, by step ahead, and averaged over series. A score is a number, or absent with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.evaluation.conformal import interval_ends
from core.metrics import point, quantile
from core.metrics.registry import score_key
from core.series.timeseries import TimeSeries


@dataclass(frozen=True)
class Scores:
    """values by metric; by_step: H values by metric, None where not defined; absent: why a metric has no value."""

    values: dict[str, float]
    by_step: dict[str, list[float | None]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


ROUNDING = 1e-9  # of MASE's scale, or of the largest actual: a smaller loss is rounding, and the forecasts are exact
SAME = 1e-5  # relative: what agrees to five digits is equal, because networks compute in single precision
OWN = "own_"  # begins the names of scores of the intervals that a model itself claims: "own_coverage_80"
Score = Callable[[Backtest], float]


def score(backtest: Backtest, series: TimeSeries, coverages: Sequence[float], *, is_stepwise: bool = True) -> Scores:
    """All scores of one backtest, over all origins and steps at once, and if `is_stepwise` at each step ahead.

    Scale-free scores take their scale from what was known at the first scored origin.
    """
    steps = [_at_step(backtest, step) for step in range(backtest.point.shape[1])] if is_stepwise else []
    values, by_step, absent = {}, {}, {}
    for name, measure in _measures(series[: int(backtest.origins[0])], backtest, coverages).items():
        try:
            values[name] = measure(backtest)
        except DataError as error:
            absent[name] = str(error)
        if is_stepwise:
            by_step[name] = [_or_none(measure, one) for one in steps]
    return Scores(values, by_step, absent)


def _at_step(backtest: Backtest, step: int) -> Backtest:
    """The backtest of one step ahead alone."""
    at = slice(step, step + 1)
    names = ("actual", "point", "quantiles", "observed") + (() if backtest.own is None else ("own",))
    return replace(backtest, **{name: getattr(backtest, name)[..., at] for name in names})


def _or_none(measure: Score, backtest: Backtest) -> float | None:
    try:
        return measure(backtest)
    except DataError:
        return None


def _measures(history: TimeSeries, backtest: Backtest, coverages: Sequence[float]) -> dict[str, Score]:
    """Every score by name, as a function of a backtest with the levels of this one."""
    plain = {"mae": point.mae, "rmse": point.rmse}
    percent = {"smape": point.smape, "wape": point.wape, "mape": point.mape, "bias": point.bias}
    scaled = {"mase": (point.mase, point.mase_scale), "rmsse": (point.rmsse, point.rmsse_scale)}
    measures: dict[str, Score] = {name: _of_point(metric) for name, metric in plain.items()}
    measures |= {name: _scaled(metric, scale, history) for name, (metric, scale) in scaled.items()}
    measures |= {name: _of_point(metric) for name, metric in percent.items()}
    measures |= _of_quantiles(lambda one: one.quantiles, backtest.levels, coverages)
    if backtest.own is not None:
        own = _of_quantiles(_own_around_point, backtest.levels, coverages)
        measures |= {f"{OWN}{name}": measure for name, measure in own.items()}
    return measures


def _of_point(metric: Callable[[np.ndarray, np.ndarray], float]) -> Score:
    return lambda one: metric(one.scorable, one.point)


def _scaled(metric: Callable, scale: Callable, history: TimeSeries) -> Score:
    return lambda one: metric(one.scorable, one.point, scale(history.values, history.observed, history.season))


def _own_around_point(backtest: Backtest) -> np.ndarray:
    """(O, Q, H): the model's own quantiles, with the point for the level 0.5, as conformal quantiles have it, so that the
    CRPS of both is over the same levels."""
    middle = backtest.levels.index(0.5)
    return np.insert(backtest.own, middle, backtest.point, axis=1)


def _of_quantiles(
    quantiles: Callable[[Backtest], np.ndarray], levels: tuple[float, ...], coverages: Sequence[float]
) -> dict[str, Score]:
    """CRPS, and coverage, width and Winkler score of every interval."""
    if len(levels) < 2:
        return {}
    found: dict[str, Score] = {"crps": lambda one: quantile.crps(one.scorable, np.moveaxis(quantiles(one), 1, 0), levels)}
    for coverage in coverages:
        found |= _of_interval(quantiles, coverage, levels)
    return found


def _of_interval(quantiles: Callable[[Backtest], np.ndarray], coverage: float, levels: tuple[float, ...]) -> dict[str, Score]:
    """Coverage, width and Winkler score of the interval that claims `coverage`."""
    low, high = (levels.index(end) for end in interval_ends((coverage,)))

    def ends(one: Backtest) -> tuple[np.ndarray, np.ndarray]:
        found = quantiles(one)
        return found[:, low], found[:, high]

    return {
        score_key("coverage", coverage): lambda one: quantile.coverage(one.scorable, *ends(one)),
        score_key("width", coverage): lambda one: quantile.width(*(end[one.observed] for end in ends(one))),
        score_key("winkler", coverage): lambda one: quantile.winkler(one.scorable, *ends(one), coverage),
    }


def saved(best: Scores, other: Scores, name: str) -> float | None:
    """Skill: the share of the other's error that the best saves, 1 − a / b, negative where the other is better.

    None where the score called `name` is not defined for both, or the other makes no error but rounding.
    """
    a, b = best.values.get(name), other.values.get(name)
    return None if a is None or b is None or b <= (ROUNDING if name == "mase" else 0) else 1 - a / b


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean over series, each metric over the series where it is defined; a metric that is nowhere defined is absent."""
    if len(scores) == 1:
        return scores[0]
    names = list(dict.fromkeys(name for one in scores for name in (*one.values, *one.absent)))
    values, by_step, absent = {}, {}, {}
    for name in names:
        defined = [one.values[name] for one in scores if name in one.values]
        if defined:
            values[name] = float(np.mean(defined))
        if len(defined) < len(scores):
            reason = next((one.absent[name] for one in scores if name in one.absent), "not supported there")
            absent[name] = f"not defined for {len(scores) - len(defined)} of {len(scores)} series: {reason}"
        if rows := [one.by_step[name] for one in scores if name in one.by_step]:
            by_step[name] = _averaged_steps(rows)
    return Scores(values, by_step, absent)


def _averaged_steps(rows: Sequence[Sequence[float | None]]) -> list[float | None]:
    columns = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    return [float(np.mean(column)) if column else None for column in columns]
