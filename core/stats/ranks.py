"""Which models rank apart over many series: multiple comparisons with the best, as in the M competitions.

It looks at the order of the models on each series, not at how far apart their losses are, so no series counts more than
another. Series are taken to be independent of one another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import DataError, TooShortError

FEWEST = 5  # series; Nemenyi's distance rests on ranks averaged over many


@dataclass(frozen=True, eq=False)
class AverageRanks:
    """ranks: (M,) mean rank of each model over the series, 1 the best, in the order of the columns; ties share theirs.

    distance    the critical distance: two models whose mean ranks are farther apart differ
    half_width  distance / 2; intervals of mean rank ± half_width do not overlap exactly where two models differ
    worse       (M,) bool: farther from the lowest mean rank than distance
    """

    ranks: np.ndarray
    distance: float
    half_width: float
    worse: np.ndarray


def average_ranks(losses: np.ndarray, size: float = 0.05) -> AverageRanks:
    """Mean ranks of M models over S series and Nemenyi's critical distance.  losses (S, M): one loss a series and model.

    distance = q / √2 · √(M·(M + 1) / (6·S)), q the 1 − size quantile of the studentised range of M with infinite degrees: that
    of Demšar 2006, and r · √(M·(M + 1) / (12·S)) of Koning & others 2005, which is the same. The chance that any two of M equal
    models are called different is about `size`.

    Raises DataError under 2 models, TooShortError under 5 series.
    Source: Nemenyi 1963; Koning, Franses, Hibon & Stekler 2005, Int. J. Forecasting 21(3), the M3 competition; Demšar 2006, J.
    Machine Learning Research 7.
    """
    assert losses.ndim == 2 and np.isfinite(losses).all()
    series, models = losses.shape
    if models < 2:
        raise DataError(f"ranks compare at least 2 models and there is {models}; choose another one beside it")
    if series < FEWEST:
        raise TooShortError(f"mean ranks need at least {FEWEST} series and there are {series}; bring a panel of more")
    from scipy.stats import rankdata, studentized_range

    ranks = rankdata(losses, axis=1).mean(axis=0)
    quantile = float(studentized_range.ppf(1 - size, models, np.inf))
    distance = quantile / math.sqrt(2) * math.sqrt(models * (models + 1) / (6 * series))
    return AverageRanks(ranks, distance, distance / 2, ranks - ranks.min() > distance)
