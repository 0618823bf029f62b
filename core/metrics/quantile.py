"""Scores of quantiles and of intervals, each one number.

actual (...,) of any shape, NaN where not observed and then not scored; quantiles (Q, ...), one such array for each of
the levels (Q,) in (0, 1); lower and upper (...,) with lower ≤ upper. What is not defined raises DataError. Nothing here
makes intervals: see `core.evaluation.conformal`. As in `core.metrics.point`, a score has a form for many rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import DataError
from core.metrics.observed import Measured, Rows, as_row, rows_of


def pinball(actual: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> float:
    """Mean pinball loss over all levels τ and observed steps, in the series' unit: max(τ·(y − q), (τ − 1)·(y − q)).

    Its expectation is smallest where q is the τ-quantile; at the level 0.5 it is half the absolute error.
    Raises DataError where there are no levels.
    Source: Koenker & Bassett 1978, Econometrica 46(1).
    """
    return _mean_pinball("pinball loss", as_row(actual, actual), as_row(quantiles, actual), levels).single()


def crps(actual: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> float:
    """Continuous ranked probability score from quantiles, in the series' unit: 2 · mean pinball loss over the levels.

    It approximates CRPS = ∫₀¹ 2·pinball_τ dτ and tends to it as the evenly spaced levels (i − ½)/Q grow dense. Few or
    uneven levels all weigh alike, and nothing is known of the tails beyond them: compare it only between forecasts with
    the same levels, never with a CRPS computed from a density. With the level 0.5 alone it is the MAE.
    Raises DataError where there are no levels.
    Source: Gneiting & Ranjan 2011, J. Business & Economic Statistics 29(3), with equal weights of the quantiles.
    """
    return each_crps(as_row(actual, actual), as_row(quantiles, actual), levels).single()


def each_crps(actual: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> Measured:
    """`crps` of each row: actual (B, n), quantiles (B, Q, n)."""
    found = _mean_pinball("CRPS", actual, quantiles, levels)
    return Measured(2 * found.values, found.faults)


def coverage(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> float:
    """The fraction of actuals inside the closed interval [lower, upper], from 0 to 1."""
    return coverages(*(as_row(one, actual) for one in (actual, lower, upper))).single()


def coverages(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Measured:
    """`coverage` of each row: all (B, n)."""
    rows = _interval_rows("coverage", actual, lower, upper)
    lower, upper = rows.forecasts
    return rows.mean((lower <= rows.actual) & (rows.actual <= upper))


def width(lower: np.ndarray, upper: np.ndarray) -> float:
    """Mean width of the intervals, in the series' unit: 1/n · Σ (u − l), over all steps, because it needs no actual.

    Raises DataError where there are no steps.
    """
    return widths(*(as_row(one, lower) for one in (np.zeros(lower.shape), lower, upper))).single()


def widths(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Measured:
    """`width` of each row, over the steps that have an actual: all (B, n)."""
    rows = _interval_rows("width", actual, lower, upper)
    lower, upper = rows.forecasts
    return rows.mean(upper - lower)


def winkler(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float) -> float:
    """Interval score, in the series' unit: 1/n · Σ (u − l) + 2/α·max(0, l − y) + 2/α·max(0, y − u), α = 1 − coverage.

    Wide intervals and missed actuals both cost. coverage: what the intervals claim, in (0, 1).
    Source: Gneiting & Raftery 2007, J. American Statistical Association 102(477), eq. 43; Winkler 1972.
    """
    return winklers(*(as_row(one, actual) for one in (actual, lower, upper)), coverage).single()


def winklers(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float) -> Measured:
    """`winkler` of each row: all (B, n)."""
    assert 0 < coverage < 1
    rows = _interval_rows("Winkler score", actual, lower, upper)
    lower, upper = rows.forecasts
    missed = np.maximum(0, lower - rows.actual) + np.maximum(0, rows.actual - upper)
    return rows.mean(upper - lower + 2 / (1 - coverage) * missed)


def _interval_rows(metric: str, actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Rows:
    assert (lower <= upper).all(), "an interval's lower end lies above its upper"
    return rows_of(metric, actual, lower, upper)


def _mean_pinball(metric: str, actual: np.ndarray, quantiles: np.ndarray, levels: Sequence[float]) -> Measured:
    """actual (B, n), quantiles (B, Q, n)."""
    if len(levels) == 0:
        raise DataError(f"{metric} is undefined: the forecast has 0 quantiles; ask for at least one interval")
    taus = np.asarray(levels, dtype=np.float64)[:, None]  # (Q, 1)
    assert quantiles.shape == (len(actual), len(taus), actual.shape[1]), (quantiles.shape, actual.shape)
    assert ((taus > 0) & (taus < 1)).all(), "levels lie between 0 and 1"
    rows = rows_of(metric, actual, quantiles)
    excess = rows.actual[:, None] - rows.forecasts[0]  # (B, Q, n)
    return rows.mean(np.maximum(taus * excess, (taus - 1) * excess))
