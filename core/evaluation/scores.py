"""The scores of a backtest: overall, by step ahead, and averaged over series. A score is a number, or absent with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.metrics import point, quantile
from core.metrics.registry import score_key
from core.series.timeseries import TimeSeries


@dataclass(frozen=True)
class Scores:
    """values by metric; by_step: H values by metric, None where not defined; absent: why a metric has no value."""

    values: dict[str, float]
    by_step: dict[str, list[float | None]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


Score = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # actual (O, h), point (O, h), quantiles (O, Q, h)


def score(backtest: Backtest, series: TimeSeries, coverages: Sequence[float]) -> Scores:
    """All scores of one backtest, over all origins and steps at once, and at each step ahead over all origins.

    Scale-free scores take their scale from what was known at the first scored origin.
    """
    history = series[: int(backtest.origins[0])]
    values, by_step, absent = {}, {}, {}
    for name, measure in _measures(history, backtest.levels, coverages).items():
        try:
            values[name] = measure(backtest.scorable, backtest.point, backtest.quantiles)
        except DataError as error:
            absent[name] = str(error)
        by_step[name] = [_at_step(measure, backtest, step) for step in range(backtest.point.shape[1])]
    return Scores(values, by_step, absent)


def _at_step(measure: Score, backtest: Backtest, step: int) -> float | None:
    at = slice(step, step + 1)
    try:
        return measure(backtest.scorable[:, at], backtest.point[:, at], backtest.quantiles[:, :, at])
    except DataError:
        return None


def _measures(history: TimeSeries, levels: tuple[float, ...], coverages: Sequence[float]) -> dict[str, Score]:
    """Every score by name, as a function of actual, point and quantiles."""
    plain = {"mae": point.mae, "rmse": point.rmse}
    percent = {"smape": point.smape, "wape": point.wape, "mape": point.mape, "bias": point.bias}
    scaled = {"mase": (point.mase, point.mase_scale), "rmsse": (point.rmsse, point.rmsse_scale)}
    measures: dict[str, Score] = {name: _of_point(metric) for name, metric in plain.items()}
    measures |= {name: _scaled(metric, scale, history) for name, (metric, scale) in scaled.items()}
    measures |= {name: _of_point(metric) for name, metric in percent.items()}
    if len(levels) > 1:
        measures["crps"] = lambda actual, _, quantiles: quantile.crps(actual, np.moveaxis(quantiles, 1, 0), levels)
    for coverage in coverages:
        measures |= _of_interval(coverage, levels)
    return measures


def _of_point(metric: Callable[[np.ndarray, np.ndarray], float]) -> Score:
    return lambda actual, forecast, _: metric(actual, forecast)


def _scaled(metric: Callable, scale: Callable, history: TimeSeries) -> Score:
    def measure(actual: np.ndarray, forecast: np.ndarray, _: np.ndarray) -> float:
        return metric(actual, forecast, scale(history.values, history.observed, history.season))

    return measure


def _of_interval(coverage: float, levels: tuple[float, ...]) -> dict[str, Score]:
    """Coverage, width and Winkler score of the interval that claims `coverage`."""
    low, high = (int(np.argmin(np.abs(np.array(levels) - end))) for end in ((1 - coverage) / 2, (1 + coverage) / 2))
    return {
        score_key("coverage", coverage): lambda y, _, q: quantile.coverage(y, q[:, low], q[:, high]),
        score_key("width", coverage): lambda y, _, q: quantile.width(_seen(y, q[:, low]), _seen(y, q[:, high])),
        score_key("winkler", coverage): lambda y, _, q: quantile.winkler(y, q[:, low], q[:, high], coverage),
    }


def _seen(actual: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) the values at observed steps, so that every score is over the same ones."""
    return values[~np.isnan(actual)]


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
        by_step[name] = _averaged_steps([one.by_step[name] for one in scores if name in one.by_step])
    return Scores(values, by_step, absent)


def _averaged_steps(rows: Sequence[Sequence[float | None]]) -> list[float | None]:
    columns = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    return [float(np.mean(column)) if column else None for column in columns]
