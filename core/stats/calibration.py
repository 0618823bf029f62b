"""Whether forecast quantiles hold what they claim: how often the truth falls at or below each one, and between neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import TooShortError

FEWEST = 8  # blocks; from fewer no fraction says anything


@dataclass(frozen=True, eq=False)
class Reliability:
    """levels (Q,) in ascending order.  observed (Q,): the fraction of actuals at or below each quantile.

    low, high  (Q,) within these, each level on its own, the fraction stays in 95 % of cases if the forecast is true
    counts     (Q + 1,) actuals below the first quantile, between neighbours, above the last; they add up to n
    expected   (Q + 1,) what the counts would be, on average, if the forecast were true
    blocks     how many independent actuals the n are taken for
    """

    levels: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray
    expected: np.ndarray
    blocks: int


def reliability(actual: np.ndarray, quantiles: np.ndarray, levels: np.ndarray, block: int = 1) -> Reliability:
    """How often actual (n,) fell at or below quantiles (Q, n) of levels (Q,) in (0, 1), the levels and quantiles ascending.

    block: neighbours in a row that may share outcomes, ⌈horizon / stride⌉ for one step ahead at successive origins. In the band
    each block counts as one actual, m = ⌊n / block⌋, the worst there is: all alike in a block. Its bounds are the 2.5 % and
    97.5 % quantiles of Binomial(m, level) / m, so it holds at least 95 %.

    An actual that equals a quantile counts below it; one that equals several, below the first of them.
    Raises TooShortError under 8 blocks.
    Source: Gneiting, Balabdaoui & Raftery 2007, J. Royal Statistical Society B 69(2), calibration; Bröcker & Smith 2007,
    Weather and Forecasting 22(3), bands of consistency.
    """
    assert actual.ndim == 1 and quantiles.shape == (len(levels), len(actual)) and np.isfinite(quantiles).all()
    assert (np.diff(levels) > 0).all() and (np.diff(quantiles, axis=0) >= 0).all() and np.isfinite(actual).all()
    n = len(actual)
    blocks = n // block
    if blocks < FEWEST:
        raise TooShortError(
            f"how reliable quantiles are needs at least {FEWEST * block} forecasts, {FEWEST} times the {block} that share "
            f"outcomes, and there are {n}; ask for more origins"
        )
    from scipy.stats import binom

    at_or_below = actual <= quantiles  # (Q, n)
    places = len(levels) - at_or_below.sum(axis=0)  # (n,): quantiles that lie below the actual
    return Reliability(
        levels=levels,
        observed=at_or_below.mean(axis=1),
        low=binom.ppf(0.025, blocks, levels) / blocks,
        high=binom.ppf(0.975, blocks, levels) / blocks,
        counts=np.bincount(places, minlength=len(levels) + 1),
        expected=n * np.diff(levels, prepend=0.0, append=1.0),
        blocks=blocks,
    )
