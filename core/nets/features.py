"""What a network sees at each step of a series, and what it shall say there. Plain numpy, in float64 until the end.

Every feature is a difference from the step's own value or from the level of the training slice, so that shifting a series
shifts its forecast. At step t, with s the standard deviation of one-step differences:

    inputs   (y(t) − y(t−1)) / s                      the last change
             level(t) = (y(t) − mean) / spread        only if the series keeps returning to its level (see `linear`)
    lags     (y(t−j) − y(t)) / s,  j = 1 … J          for the linear path, with level(t) after them
    targets  (y(t+h) − y(t)) / s,  h = 1 … H

Before its first value a series is taken to have stood still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries

LEVEL_BOUND = 3.0  # a network extrapolates a level badly: outside ±3 spreads it is told no more than "far out"


@dataclass(frozen=True, eq=False)
class Features:
    """inputs (T, 2), linear (T, J + 1): see the module's text."""

    inputs: np.ndarray
    linear: np.ndarray


def features(values: np.ndarray, scaling: Scaling, lags: int, *, keeps_level: bool) -> Features:
    """The features at each of the T steps of `values`."""
    length = len(values)
    padded = np.concatenate([np.full(max(lags, 1), values[0]), values])
    start = len(padded) - length
    change = (values - padded[start - 1 : -1]) / scaling.step
    level = (values - scaling.level) / scaling.spread if keeps_level else np.zeros(length)
    past = [(padded[start - j : len(padded) - j] - values) / scaling.step for j in range(1, lags + 1)]
    inputs = np.stack([change, np.clip(level, -LEVEL_BOUND, LEVEL_BOUND)], axis=1)
    return Features(inputs, np.stack([*past, level], axis=1))


def targets(series: TimeSeries, scaling: Scaling, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, H) scaled changes from each of the first N = T − H steps, and (N, H) whether the value there was observed."""
    steps = len(series) - horizon
    ahead = np.lib.stride_tricks.sliding_window_view(series.values[1:], horizon)
    seen = np.lib.stride_tricks.sliding_window_view(series.observed[1:], horizon)
    return (ahead[:steps] - series.values[:steps, None]) / scaling.step, seen[:steps].copy()
