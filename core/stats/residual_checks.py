"""What one-step errors of a model leave unexplained: their mean, their correlation in time, the largest of them.

It judges no forecast: errors can be small and correlated, or large and pure noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import DataError, TooShortError
from core.stats.correlation import Correlogram, correlogram

FEWEST = 12  # residuals; with fewer neither lags nor a mean can be judged
LARGEST = 5
YEARLESS_LAGS = 10  # where there is no season


@dataclass(frozen=True)
class Miss:
    """place: index into the residuals.  residual: in units of the series.  deviations: (residual − mean) / spread."""

    place: int
    residual: float
    deviations: float


@dataclass(frozen=True, eq=False)
class ResidualChecks:
    """mean, and mean_low to mean_high, its 95 % interval if the residuals are uncorrelated; spread: their standard deviation.

    lags, statistic, p   Ljung and Box's test: p under 0.05 says that the residuals up to that lag are not white noise
    correlogram          autocorrelations with their bands
    largest              the largest misses by size, at most 5, the largest first
    """

    mean: float
    mean_low: float
    mean_high: float
    spread: float
    lags: int
    statistic: float
    p: float
    correlogram: Correlogram
    largest: tuple[Miss, ...]


def residual_checks(residuals: np.ndarray, season: int = 1) -> ResidualChecks:
    """Checks residuals (n,) finite, actual − forecast one step ahead, in the order of time and without gaps.

    Ljung and Box's test uses min(10, n / 5) lags, min(2 · season, n / 5) with a season. It takes off no degrees for fitted
    parameters, because the residuals are those of forecasts at origins that the fit has not seen.
    Raises TooShortError under 12 residuals, DataError where they are constant.
    Source: Ljung & Box 1978, Biometrika 65(2); the lags: Hyndman & Athanasopoulos 2021, Forecasting, 5.4.
    """
    assert residuals.ndim == 1 and np.isfinite(residuals).all()
    n = len(residuals)
    if n < FEWEST:
        raise TooShortError(f"checks of residuals need at least {FEWEST} of them and there are {n}; ask for more origins")
    if np.ptp(residuals) <= 1e-12 * np.abs(residuals).max():
        raise DataError(f"the residuals are constant: all {n} are {residuals[0]:.3g}, so there is nothing to check")
    from scipy.special import stdtrit
    from statsmodels.stats.diagnostic import acorr_ljungbox

    lags = max(1, min(2 * season if season > 1 else YEARLESS_LAGS, n // 5))
    mean, spread = float(residuals.mean()), float(residuals.std(ddof=1))
    reach = float(stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    box = acorr_ljungbox(residuals, lags=[lags])
    return ResidualChecks(
        mean=mean,
        mean_low=mean - reach,
        mean_high=mean + reach,
        spread=spread,
        lags=lags,
        statistic=float(box["lb_stat"].iloc[0]),
        p=float(box["lb_pvalue"].iloc[0]),
        correlogram=correlogram(residuals, np.ones(n, bool), season=season),
        largest=tuple(
            Miss(int(place), float(residuals[place]), float((residuals[place] - mean) / spread))
            for place in np.argsort(-np.abs(residuals), kind="stable")[:LARGEST]
        ),
    )
