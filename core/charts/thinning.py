"""Fewer points for the same picture: the lowest and the highest of each stretch, so that no peak is lost."""

from __future__ import annotations

import numpy as np

MOST = 4_000


def thin(values: np.ndarray, most: int = MOST) -> np.ndarray:
    """Ascending positions of at most `most` of the (n,) values: all if they are few, else the two ends and the lowest and
    highest value of each stretch of equal length. A stretch that is all NaN keeps its first, so that the hole stays seen.
    """
    assert most >= 4
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if n <= most:
        return np.arange(n)
    width = -(-n // ((most - 2) // 2))
    stretches = -(-n // width)
    rows = np.pad(values, (0, stretches * width - n), constant_values=np.nan).reshape(stretches, width)
    missing = np.isnan(rows)
    starts = np.arange(stretches) * width
    lowest = starts + np.where(missing, np.inf, rows).argmin(axis=1)
    highest = starts + np.where(missing, -np.inf, rows).argmax(axis=1)
    return np.unique(np.r_[0, lowest, highest, n - 1])
