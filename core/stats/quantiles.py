"""Quantiles of distributions that numpy and torch do not have."""

from __future__ import annotations

import numpy as np


def student_quantile(freedom: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The quantile of Student's t at `levels` in (0, 1), by degrees of freedom > 0; the two are broadcast."""
    from scipy.special import stdtrit

    return stdtrit(freedom, levels)
