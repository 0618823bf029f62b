"""What a network is shown of the values at each step of a series. Plain numpy, in float64.

With z and size of `core.windows.scale`, m steps in a season, at step t:

    inputs    (z(t) − z(t−1)) / size           the last change
              (z(t+1−m) − z(t)) / size         where there is a season and it is asked for: how the last one went on from here
              (z(t) − mean(t)) / size          only where the series returns to its mean
    linear    (z(t−j) − z(t)) / size, j = 1 … J−1, and the last of these: for the skip connection
    targets   (z(t+h) − z(t)) / size, h = 1 … H

The mean is that of all values up to t, or of the training slice of a series alone. Nothing at t depends on what comes after
it, so that one pass over a series serves every origin. Before its first value a series is taken to have gone on as its first
season did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.windows.scale import Scale, began

FARTHEST = 10.0  # sizes: a cell extrapolates badly, and is told no more than "far out"


@dataclass(frozen=True, eq=False)
class Features:
    """inputs (..., C), and what the linear part is made of: z, the mean, and the distance from it, each (...)."""

    inputs: np.ndarray
    z: np.ndarray
    mean: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Eye:
    """How the values of one series are seen: its scale, and whether a season and the distance from a mean are shown."""

    scale: Scale
    has_season: bool
    keeps_mean: bool

    @property
    def width(self) -> int:
        """C"""
        return 1 + (self.has_season and self.scale.season > 1) + self.keeps_mean

    def features(self, values: np.ndarray, period: int | None = None) -> Features:
        """At each step of `values` (T,).  period: how many of the first are repeated before them, a season unless said."""
        season, z = self.scale.season, self.scale.to(values)
        before = began(z, season, period or season)
        around = np.stack([z, before[season - 1 : -1], before[1 : 1 + len(z)]])
        return self.at(around, self.scale.means(z), self.scale.size)

    def at(self, around: np.ndarray, mean: np.ndarray, size: float | np.ndarray) -> Features:
        """The features of steps (...) from z(t), z(t−1) and z(t+1−m), stacked (3, ...), with these means and sizes."""
        z, last, ago = around
        distance = (z - mean) / size if self.keeps_mean else np.zeros(z.shape)
        inputs = [(z - last) / size]
        inputs += [(ago - z) / size] if self.has_season and self.scale.season > 1 else []
        inputs += [distance] if self.keeps_mean else []
        return Features(np.clip(np.stack(inputs, axis=-1), -FARTHEST, FARTHEST), z, mean, distance)
