"""How one series is brought to a size that all series of a panel share. Learned from its training slice alone.

z is the series, or its logarithm where every training value is positive and logarithms are asked for. Its size is the mean of
|z(t) − z(t−m)|, m steps in a season: what a forecast by the last season misses. Its level at a step is the mean of the last
season that ends there. A window is read as (z(t−j) − level(t)) / size, so that shifting a series shifts its forecast, and a
season, whatever it is, does not move the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from core.series.scaling import deviation
from core.series.timeseries import TimeSeries

LEAST = 0.05  # of the deviation: a series that repeats itself to the last digit would have no size
FLOOR = 0.5  # of the least training value: what a later value that has no logarithm is taken for


@dataclass(frozen=True)
class Scale:
    """size and mean are those of z over the training slice, in its units; floor > 0 where z is a logarithm, else 0.

    mean   NaN where that of the values so far is to be taken: with one constant for many series, the mean of a whole training
           slice would tell a row of its own target. A series alone has a constant of its own, and any number would do.
    """

    size: float
    mean: float
    floor: float
    season: int

    @classmethod
    def learn(cls, train: TimeSeries, *, is_log: bool, is_alone: bool = False) -> Self:
        """From the values that were observed; logarithms only where all of them are positive."""
        known = train.values[train.observed] if train.observed.any() else train.values
        floor = FLOOR * float(known.min()) if is_log and known.min() > 0 else 0.0
        plain = cls(1.0, 0.0, floor, train.season)
        z, seen = plain.to(train.values), train.observed
        lag = train.season if len(z) > train.season else 1
        changes = np.abs(z[lag:] - z[:-lag])[seen[lag:] & seen[:-lag]]
        size = max(float(changes.mean()) if changes.size else 0.0, LEAST * deviation(plain.to(known)))
        return cls(size, float(plain.to(known).mean()) if is_alone else np.nan, floor, train.season)

    @property
    def is_log(self) -> bool:
        """Whether z is a logarithm."""
        return self.floor > 0

    def to(self, values: np.ndarray) -> np.ndarray:
        """z of values of any shape."""
        return np.log(np.maximum(values, self.floor)) if self.is_log else np.asarray(values, float)

    def back(self, z: np.ndarray) -> np.ndarray:
        """The values of z; infinite where they are too large for a number."""
        with np.errstate(over="ignore"):
            return np.exp(z) if self.is_log else z

    def levels(self, z: np.ndarray) -> np.ndarray:
        """(..., T) the level at each step of z (..., T), which went on before its start as its first season did."""
        padded = began(z, self.season - 1, self.season)
        return np.lib.stride_tricks.sliding_window_view(padded, self.season, axis=-1).mean(-1)

    def means(self, z: np.ndarray) -> np.ndarray:
        """(..., T) the mean at each step of z (..., T)."""
        if not np.isnan(self.mean):
            return np.full(z.shape, self.mean)
        return np.cumsum(z, axis=-1) / np.arange(1, z.shape[-1] + 1)


def began(z: np.ndarray, steps: int, season: int) -> np.ndarray:
    """(..., steps + T): z (..., T), and before it, for so many steps, its first season again and again.

    A series shorter than a window is read as if it had always been what it was at first: nothing later is looked at than the
    first season, or the first value where there is none.
    """
    period = min(season, z.shape[-1])
    return np.concatenate([z[..., np.arange(-steps, 0) % period], z], axis=-1)


def error_size(train: TimeSeries) -> float:
    """What errors of a series are divided by before they are averaged over series: its size in its own units."""
    return Scale.learn(train, is_log=False).size
