"""What a network is shown of the values at each step of a series. Plain numpy, in float64.

With z, level and size of `core.windows.scale`, m steps in a season, at step t:

    inputs    (z(t) − z(t−1)) / size           the last change
              (z(t) − level(t)) / size         where there is a season, for else the level is the last value
              (z(t+1−m) − level(t)) / size     the value a season before the next one
              (level(t) − anchor(t)) / size    only where the series returns to its mean
    linear    (z(t−j) − level(t)) / size, j = 0 … J−1, and the last of these: for the skip connection
    targets   (z(t+h) − level(t)) / size, h = 1 … H

The anchor is the mean of all values up to t, or a number that was settled beforehand. Nothing at t depends on what comes after
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
    """inputs (..., C), and what the linear part is made of: z, level, the mean or anchor, and the distance from it, each (...)."""

    inputs: np.ndarray
    z: np.ndarray
    level: np.ndarray
    mean: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Eye:
    """How the values of one series are seen: its scale, and whether a season and the distance from a mean are shown.

    anchor: the mean, where it was settled beforehand; None for that of all values so far
    """

    scale: Scale
    has_season: bool
    keeps_mean: bool
    anchor: float | None = None

    @property
    def width(self) -> int:
        """C"""
        return 1 + (self.scale.season > 1) + (self.has_season and self.scale.season > 1) + self.keeps_mean

    def features(self, values: np.ndarray) -> Features:
        """At each step of `values` (T,)."""
        season, z = self.scale.season, self.scale.to(values)
        mean = self.scale.means(z) if self.anchor is None else np.full(z.shape, self.anchor)
        before = began(z, season, season)
        around = np.stack([z, before[season - 1 : -1], before[1 : 1 + len(z)]])
        return self.at(around, self.scale.levels(z), mean, self.scale.size)

    def at(self, around: np.ndarray, level: np.ndarray, mean: np.ndarray, size: float | np.ndarray) -> Features:
        """The features of steps (...) from z(t), z(t−1) and z(t+1−m), stacked (3, ...), with these levels, means and sizes."""
        z, last, ago = around
        distance = (level - mean) / size if self.keeps_mean else np.zeros(z.shape)
        inputs = [(z - last) / size]
        if self.scale.season > 1:
            inputs += [(z - level) / size, *([(ago - level) / size] if self.has_season else [])]
        if self.keeps_mean:
            inputs.append(distance)
        return Features(np.clip(np.stack(inputs, axis=-1), -FARTHEST, FARTHEST), z, level, mean, distance)
