"""How one series is brought to the size that a network works in. Learned from a training slice, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from core.series.timeseries import TimeSeries


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of the values, and the standard deviation of their one-step differences.

    A deviation of 0 (a constant series) is replaced by 1, so that scaling can always be undone.
    """

    level: float
    spread: float
    step: float

    @classmethod
    def learn(cls, train: TimeSeries) -> Self:
        """From the observed values of the training slice and the differences between neighbours that were both observed."""
        values, observed = train.values, train.observed
        known = values[observed] if observed.any() else values
        differences = np.diff(values)[observed[1:] & observed[:-1]]
        return cls(float(known.mean()), deviation(known), deviation(differences))


def deviation(values: np.ndarray) -> float:
    """The root mean square around the mean; 1 where it is 0 to within rounding, or where there is no value."""
    if values.size == 0:
        return 1.0
    size = float(np.abs(values).max())
    found = float(values.std())
    return found if found > 1e-12 * size else 1.0
