"""How a series depends on its own past: autocorrelation and partial autocorrelation, with their bands. It needs statsmodels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import DataError, TooShortError

SHORTEST = 8  # values below which a band says nothing


@dataclass(frozen=True, eq=False)
class Correlogram:
    """Correlations at lags 0 … K, each array (K + 1,), and the bands that white noise would stay within.

    acf_band   half the width at each lag, growing with the correlations before it (Bartlett); 0 at lag 0
    pacf_band  half the width at every lag above 0: 1.96 / √n
    n          values that were used, the filled ones among them;  filled  how many those are
    """

    acf: np.ndarray
    acf_band: np.ndarray
    pacf: np.ndarray
    pacf_band: float
    n: int
    filled: int


def most_lags(n: int) -> int:
    """The largest lag that n values allow: below half of them, as the partial autocorrelation needs."""
    return (n - 1) // 2


def usual_lags(n: int, season: int) -> int:
    """Two seasons and a bit, at least 10 log10 n, and no more than the values allow."""
    return max(1, min(max(2 * season + 2, math.ceil(10 * math.log10(n))), most_lags(n)))


def correlogram(values: np.ndarray, observed: np.ndarray, lags: int | None = None, season: int = 1) -> Correlogram:
    """values (T,) finite, observed (T,) bool: gaps count with what they were filled with.  lags None: `usual_lags`.

    Partial autocorrelations solve the Yule-Walker equations of each order.  95 % bands.
    Raises TooShortError below 8 values, DataError for a constant series or more lags than the values allow.
    Source: Box & Jenkins 1970; Bartlett 1946, J. Royal Statistical Society B 8(1); Quenouille 1949, ibid. 11(1).
    """
    n = len(values)
    if n < SHORTEST:
        raise TooShortError(f"autocorrelations need at least {SHORTEST} values; this series has {n}: bring a longer one")
    if np.ptp(values) == 0:
        raise DataError(f"the series is constant: all {n} values are {values[0]:g}, so it has no autocorrelation")
    lags = usual_lags(n, season) if lags is None else lags
    if lags > most_lags(n):
        raise DataError(f"{lags} lags are too many for {n} values; choose at most {most_lags(n)}")
    from scipy.stats import norm
    from statsmodels.tsa.stattools import acf, pacf

    found = acf(values, nlags=lags, alpha=0.05, fft=True, result_object=True)
    partial = pacf(values, nlags=lags, method="ywm")
    return Correlogram(
        acf=found.acf,
        acf_band=found.confint[:, 1] - found.acf,
        pacf=partial,
        pacf_band=float(norm.ppf(0.975) / math.sqrt(n)),
        n=n,
        filled=int((~observed).sum()),
    )
