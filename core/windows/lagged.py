"""Windows of lagged values as the rows of a regression, with what came after them as its targets. Plain numpy, float64.

At step t of a series, with z, level and size of `core.windows.scale`:

    shared    (z(t−j) − level(t)) / size,  j = 0 … W−1
              (level(t) − mean(t)) / size  how far the level is from the mean, of all values so far in a panel
              1
    ahead     (h, C) what is known of the step that is forecast (`core.windows.ahead`)
    targets   (z(t+h) − level(t)) / size,  h = 1 … H

Before its first value a series is taken to have gone on as its first season did. The first row is the step at which a season
has been seen. Rows close to the end, whose later targets lie beyond it, teach their earlier steps ahead: they are kept where
rows are few.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.series.timeseries import TimeSeries
from core.windows.ahead import Ahead
from core.windows.scale import Scale, began

FEW = 5_000  # rows with all targets, below which those with some of them are used too
NARROW = 100  # lags, up to which it costs nothing that rows with some targets need equations of their own for each step
POWER = 0.75  # a series weighs as its rows to this power: long ones are more of the same


@dataclass(frozen=True, eq=False)
class Rows:
    """shared (N, W + 2), ahead (N, H, C), targets (N, H), seen (N, H) whether a target was observed, weights (N,) of mean 1."""

    shared: np.ndarray
    ahead: np.ndarray
    targets: np.ndarray
    seen: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.shared)

    def every(self, stride: int) -> Rows:
        """Every `stride`-th of them."""
        parts = (self.shared, self.ahead, self.targets, self.seen, self.weights)
        return Rows(*(part[::stride] for part in parts)) if stride > 1 else self


@dataclass(frozen=True)
class Lens:
    """How one series is read: W lags, its scale, and what is known ahead."""

    lags: int
    scale: Scale
    ahead: Ahead

    def shared(self, z: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, W + 2) at N steps of z (T,), and their levels (N,)."""
        padded, level = began(z, self.lags - 1, self.scale.season), self.scale.levels(z)[steps]
        distance = (level - self.scale.means(z)[steps]) / self.scale.size
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.lags)[steps, ::-1]
        lagged = (windows - level[:, None]) / self.scale.size
        return np.column_stack([lagged, distance, np.ones(len(steps))]), level

    def rows(self, series: TimeSeries, steps: np.ndarray, horizon: int) -> Rows:
        """The rows at N steps of a series; targets that were not observed, or lie beyond its end, are 0."""
        shared, level = self.shared(self.scale.to(series.values), steps)
        values, seen = after(series, steps, horizon)
        targets = np.where(seen, (self.scale.to(values) - level[:, None]) / self.scale.size, 0.0)
        weights = np.full(len(steps), float(len(steps)) ** (POWER - 1))
        return Rows(shared, self.ahead.of(series, steps, horizon), targets, seen, weights)


def after(series: TimeSeries, steps: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, H) the values after each of N steps, and whether each was observed; beyond the end the last one, and False."""
    at = steps[:, None] + np.arange(1, horizon + 1)
    last = np.minimum(at, len(series) - 1)
    return series.values[last], (at < len(series)) & series.observed[last]


def panel_rows(
    panel: Sequence[TimeSeries], scales: Mapping[str, Scale], ahead: Ahead, lags: int, horizon: int, *, most: int
) -> Rows:
    """About `most` rows at the most, evenly from all series, for all H steps ahead."""
    whole = sum(max(0, len(one) - one.season + 1 - horizon) for one in panel)
    beyond = horizon - 1 if whole < FEW and lags <= NARROW else 0
    stride = _stride(whole / most, panel[0].season)
    parts = []
    for number, series in enumerate(panel):
        last = len(series) - 1 - horizon + beyond  # the last step with a target of its own
        steps = np.arange(last - number % stride, series.season - 2, -stride)[::-1]
        if len(steps):
            parts.append(Lens(lags, scales[series.id], ahead).rows(series, steps, horizon))
    parts = parts or [Lens(lags, Scale(1.0, 0.0, 0.0, 1), ahead).rows(panel[0], np.arange(0), horizon)]
    names = ("shared", "ahead", "targets", "seen", "weights")
    *stacked, weights = (np.concatenate([getattr(one, part) for one in parts]) for part in names)
    return Rows(*stacked, weights / weights.mean() if weights.size else weights)


def _stride(wanted: float, season: int) -> int:
    """At least `wanted` steps from row to row, and no divisor in common with the season, of which all phases are to be seen."""
    stride = max(1, math.ceil(wanted))
    while stride > 1 and math.gcd(stride, season) > 1:
        stride += 1
    return stride
