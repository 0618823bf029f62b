"""Errors of point forecasts, each one number, in the unit its docstring names.

Throughout, actual and point have one shape, whatever it is; a NaN in actual is a step that was not observed, and it is
not scored. y is actual, f is point, n counts the observed steps. A metric that is not defined raises DataError; it is
never NaN, and never 0 for want of an answer. Averaging over series is not done here.

Each metric has a plural, which is its definition on many rows at once: actual and point (B, n) -> B values, NaN with a
reason where one is not defined.
Source, where none is named: Hyndman & Koehler 2006, Int. J. Forecasting 22(4).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.errors import DataError, TooShortError
from core.metrics.observed import LARGEST, Measured, Rows, as_row, require_computable, rows_of

ROUNDING = 10 * np.finfo(np.float64).eps  # relative: a smaller difference of two values is rounding, not movement


def mae(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean absolute error, in the series' unit: 1/n · Σ |y − f|."""
    return _single(maes, actual, point)


def maes(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`mae` of each row."""
    rows, (point,) = _rows("MAE", actual, point)
    return rows.mean(np.abs(rows.actual - point))


def rmse(actual: np.ndarray, point: np.ndarray) -> float:
    """Root mean squared error, in the series' unit: √(1/n · Σ (y − f)²)."""
    return _single(rmses, actual, point)


def rmses(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`rmse` of each row."""
    rows, (point,) = _rows("RMSE", actual, point)
    squared = rows.mean((rows.actual - point) ** 2)
    return Measured(np.sqrt(squared.values), squared.faults)


def bias(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean error, in the series' unit: 1/n · Σ (f − y).  Positive: the forecasts are too high; negative: too low."""
    return _single(biases, actual, point)


def biases(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`bias` of each row."""
    rows, (point,) = _rows("bias", actual, point)
    return rows.mean(point - rows.actual)


def mape(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean absolute percentage error, in percent: 100/n · Σ |y − f| / |y|.

    Raises DataError where an actual is 0, because it is undefined there.
    """
    return _single(mapes, actual, point)


def mapes(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`mape` of each row."""
    rows, (point,) = _rows("MAPE", actual, point)
    zeros = np.count_nonzero(rows.seen & (rows.actual == 0), axis=1)
    sizes = np.where(rows.seen, np.abs(rows.actual), np.inf)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        terms = np.abs(rows.actual - point) / sizes
    tiny = (terms > LARGEST).any(axis=1)
    terms[tiny | (zeros > 0)] = 0
    mean = rows.mean(terms)

    def of_zeros(row: int) -> str:
        return f"MAPE is undefined: actual is 0 at {zeros[row]} of {rows.seen[row].sum()} steps; use MASE"

    return rows.measured(100 * mean.values, (zeros > 0, of_zeros), (tiny, lambda row: _divides("MAPE", sizes[row].min())))


def smape(actual: np.ndarray, point: np.ndarray) -> float:
    """Symmetric mean absolute percentage error, in percent from 0 to 200: 200/n · Σ |y − f| / (|y| + |f|).

    A step where both are 0 counts 0, because the forecast is exact there.
    Source: Makridakis & Hibon 2000, Int. J. Forecasting 16(4), with |·| around each summand of the denominator.
    """
    return _single(smapes, actual, point)


def smapes(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`smape` of each row."""
    rows, (point,) = _rows("sMAPE", actual, point)
    sizes = np.abs(rows.actual) + np.abs(point)
    mean = rows.mean(np.divide(np.abs(rows.actual - point), sizes, out=np.zeros_like(sizes), where=sizes > 0))
    return Measured(200 * mean.values, mean.faults)


def wape(actual: np.ndarray, point: np.ndarray) -> float:
    """Weighted absolute percentage error, in percent: 100 · Σ |y − f| / Σ |y|.

    Raises DataError where all actuals are 0.
    Source: Kolassa & Schütz 2007, Foresight 6 (there the MAD/mean ratio).
    """
    return _single(wapes, actual, point)


def wapes(actual: np.ndarray, point: np.ndarray) -> Measured:
    """`wape` of each row."""
    rows, (point,) = _rows("WAPE", actual, point)
    zeros = ~rows.actual.any(axis=1)
    fault = (zeros, lambda row: f"WAPE is undefined: all {rows.seen[row].sum()} actuals are 0; use MAE")
    size = rows.measured(rows.mean(np.abs(rows.actual)).values, fault)
    ratio = _ratio("WAPE", rows.mean(np.abs(rows.actual - point)), size)
    return Measured(100 * ratio.values, ratio.faults)


def mase(actual: np.ndarray, point: np.ndarray, scale: float) -> float:
    """Mean absolute scaled error: MAE / scale.  1 is the error of the seasonal naive forecast within the history.

    scale: from `mase_scale`, in the series' unit.  Raises DataError where it is 0.
    """
    return _single(mases, actual, point, Measured(np.array([scale])))


def mases(actual: np.ndarray, point: np.ndarray, scale: Measured) -> Measured:
    """`mase` of each row, with a scale of its own."""
    return _ratio("MASE", maes(actual, point), scale)


def rmsse(actual: np.ndarray, point: np.ndarray, scale: float) -> float:
    """Root mean squared scaled error: RMSE / scale.

    scale: from `rmsse_scale`, in the series' unit.  Raises DataError where it is 0.
    Source: Makridakis, Spiliotis & Assimakopoulos 2022, Int. J. Forecasting 38(4), with a season.
    """
    return _single(rmsses, actual, point, Measured(np.array([scale])))


def rmsses(actual: np.ndarray, point: np.ndarray, scale: Measured) -> Measured:
    """`rmsse` of each row, with a scale of its own."""
    return _ratio("RMSSE", rmses(actual, point), scale)


def mase_scale(history: np.ndarray, observed: np.ndarray, season: int) -> float:
    """What MASE divides by, in the series' unit: mean |y_t − y_{t−season}|, over pairs observed at both ends.

    history, observed: (T,), what lies before the first origin; season: 1 if the series has none.
    Raises TooShortError where T ≤ season, DataError where no pair is observed or the history repeats itself exactly.
    """
    return float(np.mean(_seasonal_changes("MASE", history, observed, season)))


def rmsse_scale(history: np.ndarray, observed: np.ndarray, season: int) -> float:
    """What RMSSE divides by, in the series' unit: √ mean (y_t − y_{t−season})², over pairs observed at both ends.

    The root is taken here, so that it divides an RMSE as `mase_scale` divides an MAE.
    Arguments and errors are those of `mase_scale`.
    """
    return float(np.sqrt(np.mean(_seasonal_changes("RMSSE", history, observed, season) ** 2)))


def _seasonal_changes(metric: str, history: np.ndarray, observed: np.ndarray, season: int) -> np.ndarray:
    """(pairs,) |y_t − y_{t−season}| where both are observed; not all 0."""
    assert history.shape == observed.shape == (len(history),)
    assert season >= 1
    if len(history) <= season:
        raise TooShortError(
            f"{metric} needs {season + 1} steps of history for a season of {season} and there are {len(history)}; "
            "choose a shorter season or fewer origins"
        )
    pairs = observed[season:] & observed[:-season]
    if not pairs.any():
        raise DataError(
            f"{metric} is undefined: of {len(pairs)} pairs of steps {season} apart in the history "
            "none is observed at both ends; choose another season or fewer origins"
        )
    require_computable(metric, history)
    changes = np.abs(history[season:] - history[:-season])[pairs]
    if changes.max() <= ROUNDING * np.abs(history).max():
        raise DataError(
            f"{metric} is undefined: the history of {len(history)} steps repeats itself exactly after {season}, "
            "so its scale is 0; use MAE"
        )
    return changes


def _single(metric: Callable[..., Measured], actual: np.ndarray, point: np.ndarray, *more: Measured) -> float:
    """A metric of rows, of arrays that are one row.  Raises DataError where it is not defined."""
    return metric(as_row(actual, actual), as_row(point, actual), *more).single()


def _rows(metric: str, actual: np.ndarray, point: np.ndarray) -> tuple[Rows, tuple[np.ndarray, ...]]:
    assert actual.shape == point.shape, (actual.shape, point.shape)
    rows = rows_of(metric, actual, point)
    return rows, rows.forecasts


def _ratio(metric: str, error: Measured, size: Measured) -> Measured:
    """error / size, not defined where size is 0, or so near it that the ratio would be no number."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = error.values / size.values
    bad = ~(ratio <= LARGEST)  # a NaN is not ≤ either
    faults = (*size.faults, *error.faults, (bad, lambda row: _divides(metric, size.values[row])))
    return Measured(np.where(bad, np.nan, ratio), faults)


def _divides(metric: str, size: float) -> str:
    return f"{metric} is undefined: it divides by {size:g}; use MAE, which divides by nothing"
