"""Errors of point forecasts, each one number, in the unit its docstring names.

Throughout, actual and point have one shape, whatever it is; a NaN in actual is a step that was not observed, and it is
not scored. y is actual, f is point, n counts the observed steps. A metric that is not defined raises DataError; it is
never NaN, and never 0 for want of an answer. Averaging over series is not done here.
Source, where none is named: Hyndman & Koehler 2006, Int. J. Forecasting 22(4).
"""

from __future__ import annotations

import numpy as np

from core.errors import DataError, TooShortError
from core.metrics.observed import LARGEST, at_observed, require_computable

ROUNDING = 10 * np.finfo(np.float64).eps  # relative: a smaller difference of two values is rounding, not movement


def mae(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean absolute error, in the series' unit: 1/n · Σ |y − f|."""
    actual, point = at_observed("MAE", actual, point)
    return float(np.mean(np.abs(actual - point)))


def rmse(actual: np.ndarray, point: np.ndarray) -> float:
    """Root mean squared error, in the series' unit: √(1/n · Σ (y − f)²)."""
    actual, point = at_observed("RMSE", actual, point)
    return float(np.sqrt(np.mean((actual - point) ** 2)))


def bias(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean error, in the series' unit: 1/n · Σ (f − y).  Positive: the forecasts are too high; negative: too low."""
    actual, point = at_observed("bias", actual, point)
    return float(np.mean(point - actual))


def mape(actual: np.ndarray, point: np.ndarray) -> float:
    """Mean absolute percentage error, in percent: 100/n · Σ |y − f| / |y|.

    Raises DataError where an actual is 0, for there it is undefined.
    """
    actual, point = at_observed("MAPE", actual, point)
    zeros = np.flatnonzero(actual == 0)
    if zeros.size:
        raise DataError(f"MAPE is undefined: actual is 0 at {zeros.size} of {actual.size} steps; use MASE")
    return float(100 * np.mean(_ratio("MAPE", np.abs(actual - point), np.abs(actual))))


def smape(actual: np.ndarray, point: np.ndarray) -> float:
    """Symmetric mean absolute percentage error, in percent from 0 to 200: 200/n · Σ |y − f| / (|y| + |f|).

    A step where both are 0 counts 0, for the forecast is exact there.
    Source: Makridakis & Hibon 2000, Int. J. Forecasting 16(4), with |·| around each summand of the denominator.
    """
    actual, point = at_observed("sMAPE", actual, point)
    sizes = np.abs(actual) + np.abs(point)
    terms = np.divide(np.abs(actual - point), sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return float(200 * np.mean(terms))


def wape(actual: np.ndarray, point: np.ndarray) -> float:
    """Weighted absolute percentage error, in percent: 100 · Σ |y − f| / Σ |y|.

    Raises DataError where all actuals are 0.
    Source: Kolassa & Schütz 2007, Foresight 6 (there the MAD/mean ratio).
    """
    actual, point = at_observed("WAPE", actual, point)
    if not actual.any():
        raise DataError(f"WAPE is undefined: all {actual.size} actuals are 0; use MAE")
    return float(100 * _ratio("WAPE", np.abs(actual - point).mean(), np.abs(actual).mean()))


def mase(actual: np.ndarray, point: np.ndarray, scale: float) -> float:
    """Mean absolute scaled error: MAE / scale.  1 is the error of the seasonal naive forecast within the history.

    scale: from `mase_scale`, in the series' unit.  Raises DataError where it is 0.
    """
    return float(_ratio("MASE", mae(actual, point), scale))


def rmsse(actual: np.ndarray, point: np.ndarray, scale: float) -> float:
    """Root mean squared scaled error: RMSE / scale.

    scale: from `rmsse_scale`, in the series' unit.  Raises DataError where it is 0.
    Source: Makridakis, Spiliotis & Assimakopoulos 2022, Int. J. Forecasting 38(4), with a season.
    """
    return float(_ratio("RMSSE", rmse(actual, point), scale))


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


def _ratio(metric: str, error: np.ndarray | float, size: np.ndarray | float) -> np.ndarray:
    """error / size.  Raises DataError where size is 0, or so near it that the ratio would be no number."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = np.divide(error, size)
    if not np.max(ratio) <= LARGEST:  # a NaN is not ≤ either
        raise DataError(f"{metric} is undefined: it divides by {np.min(size):g}; use MAE, which divides by nothing")
    return ratio
