"""Is one forecast really better than another, or were a few origins kind to it? Diebold and Mariano's test, Holm's adjustment.

It looks at the differences of two losses, d_1 … d_n, one an origin, and at nothing else of the models. Origins nearer than a
horizon share outcomes, so their d are correlated: `overlap` = ⌈horizon / stride⌉ origins share some, and d is taken to be
uncorrelated from there on. It is no test of models, only of the forecasts they made in this stretch of time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import DataError, TooShortError

FEWEST = 8  # origins; with fewer, normality of the mean is mere hope
ENOUGH = 10  # origins for each one of overlap, from which on the rectangular kernel rejects a true null hardly too often
NOTHING = 1e-12  # of the largest difference: a smaller standard error is rounding


@dataclass(frozen=True)
class DieboldMariano:
    """The mean difference, its standard error, their ratio; two-sided p; the 95 % interval (low, high) of the mean.

    0 lies outside the interval exactly where p < 0.05.
    """

    mean: float
    error: float
    degrees: int
    statistic: float
    p: float
    low: float
    high: float


def diebold_mariano(differential: np.ndarray, horizon: int, stride: int = 1) -> DieboldMariano:
    """Tests whether the mean of the loss differential (n,) is 0.  horizon, and stride between origins: in steps.

    With n ≥ 10 · overlap: the long-run variance by autocovariances up to lag overlap − 1, equally weighted, corrected for
    small samples; Student t with n − 1 degrees of freedom. With overlap 1 that is the t-test of the mean.
    With fewer origins, or where that variance is not positive: the variance by the first ν = ⌊n / overlap⌋ cosines, Student t
    with ν degrees of freedom. For there equal weights reject a true null in 12 % (n 20, overlap 4) to 25 % (20, 12) of cases at
    a nominal 5 %, and where they fail and Bartlett's weights take over, in 30 to 50 %; the cosines in 6 to 9 % throughout.
    (Simulated on sums of `overlap` normal shocks, n from 8 to 80.)

    Raises TooShortError under 8 or under `overlap` origins, DataError where the differences are all 0 or do not vary.
    Source: Diebold & Mariano 1995, J. Business & Economic Statistics 13(3); Harvey, Leybourne & Newbold 1997, Int. J.
    Forecasting 13(2), the correction; Harvey, Leybourne & Whitehouse 2017, Int. J. Forecasting 33(4), its failure at long
    horizons; Lazarus, Lewis, Stock & Watson 2018, J. Business & Economic Statistics 36(4), the cosines.
    """
    assert differential.ndim == 1 and np.isfinite(differential).all()
    overlap = math.ceil(horizon / stride)
    _refuse(differential, horizon, stride)
    scale = float(np.abs(differential).max())  # squares of tiny or huge differences would be 0 or no number
    mean, error, degrees = _mean_and_error(differential / scale, overlap)
    if error <= NOTHING:
        raise DataError(
            f"the losses differ by {abs(scale * mean):.3g}, much the same at every origin, so there is nothing to test"
        )
    from scipy.special import stdtr, stdtrit

    reach = float(stdtrit(degrees, 0.975)) * error
    return DieboldMariano(
        mean=scale * mean,
        error=scale * error,
        degrees=degrees,
        statistic=mean / error,
        p=float(2 * stdtr(degrees, -abs(mean) / error)),
        low=scale * (mean - reach),
        high=scale * (mean + reach),
    )


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given: the k-th smallest of m times m − k + 1, at most 1, never falling.

    Reject where they are under 0.05, and the chance of any false rejection is at most 5 %, however the tests hang together.
    Source: Holm 1979, Scandinavian J. Statistics 6(2).
    """
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * np.asarray(p, dtype=float)[order]), 1.0)
    return adjusted.tolist()


def _refuse(differential: np.ndarray, horizon: int, stride: int) -> None:
    n, overlap = len(differential), math.ceil(horizon / stride)
    if n and not differential.any():
        raise DataError(f"the losses are equal at all {n} origins, so there is no difference to test")
    if n < FEWEST:
        raise TooShortError(f"the test needs at least {FEWEST} scored origins and there are {n}; ask for more origins")
    if n < overlap:
        raise TooShortError(
            f"all {n} scored origins share outcomes, for they lie {stride} apart and the horizon is {horizon}; "
            f"the test needs {overlap} origins, or a longer stride"
        )


def _mean_and_error(differential: np.ndarray, overlap: int) -> tuple[float, float, int]:
    """The mean, its standard error, the degrees of freedom."""
    n, mean = len(differential), float(differential.mean())
    rest = differential - mean
    variance = _by_equal_weights(rest, overlap)
    if n < ENOUGH * overlap or variance <= 0:
        cosines = min(n // overlap, n - 1)
        return mean, math.sqrt(_by_cosines(rest, cosines) / n), cosines
    correction = (n - overlap) * (n + 1 - overlap) / n**2  # (n + 1 − 2h + h(h − 1)/n) / n, factored; h is overlap
    return mean, math.sqrt(variance / n / correction), n - 1


def _by_equal_weights(rest: np.ndarray, overlap: int) -> float:
    """γ_0 + 2 · Σ γ_k over k < overlap, with γ_k = 1/n · Σ rest_t · rest_{t−k}: the long-run variance, perhaps negative."""
    n = len(rest)
    covariances = [float(rest[lag:] @ rest[: n - lag]) / n for lag in range(overlap)]
    return covariances[0] + 2 * sum(covariances[1:])


def _by_cosines(rest: np.ndarray, count: int) -> float:
    """1/ν · Σ Λ_j² over j = 1 … ν, with Λ_j = √(2/n) · Σ rest_t · cos(π·j·(t − ½)/n): the long-run variance, never negative."""
    n = len(rest)
    waves = np.cos(np.pi * np.outer(np.arange(1, count + 1), np.arange(n) + 0.5) / n)  # (ν, n)
    return float(np.mean((math.sqrt(2 / n) * (waves @ rest)) ** 2))
