"""What a network sees of the values at each step, and what it shall say there. Plain numpy, in float64 until the end.

Every feature is a difference from the step's own value or from the level of the training slice, so that shifting a series
shifts its forecast. At step t, with s(t) the size of one-step changes there:

    inputs   (y(t) − y(t−1)) / s(t)                   the last change
             level(t) = (y(t) − mean) / spread        only if the series keeps returning to its level (see `linear`)
    lags     (y(t−j) − y(t)) / s(t),  j = 1 … J       for the linear path, with level(t) after them, and the covariates
    targets  (y(t+h) − y(t)) / s(t),  h = 1 … H

s is the standard deviation of the changes in the training slice, or with normalisation by window that of the last L changes,
which keeps pace where the size of the changes itself changes. Dividing by it is undone in the forecast. Before its first value
a series is taken to have stood still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries

LEVEL_BOUND = 3.0  # a network extrapolates a level badly: outside ±3 spreads it is told no more than "far out"
PRIOR = 4.0  # how many changes of the training slice's size are added to a window's: it may hold few, or none at all


@dataclass(frozen=True, eq=False)
class Features:
    """inputs (..., T, 2), linear (..., T, J + 1): see the module's text."""

    inputs: np.ndarray
    linear: np.ndarray


def sizes(values: np.ndarray, scaling: Scaling, window: int | None) -> np.ndarray:
    """(..., T) s(t), known at t: of the training slice, or of the last `window` changes."""
    if window is None:
        return np.full(values.shape, scaling.step)
    squares = np.diff(_stood_still(values, window + 1)) ** 2
    last = np.lib.stride_tricks.sliding_window_view(squares, window, axis=-1)[..., 1:, :].sum(-1)
    count = np.minimum(np.arange(values.shape[-1]), window)
    return np.sqrt((last + PRIOR * scaling.step**2) / (count + PRIOR))


def features(values: np.ndarray, scaling: Scaling, size: np.ndarray, lags: int, *, keeps_level: bool) -> Features:
    """The features at each of the T steps of `values`; values and size (..., T)."""
    length = values.shape[-1]
    padded = _stood_still(values, max(lags, 1))
    start = padded.shape[-1] - length
    change = (values - padded[..., start - 1 : -1]) / size
    level = (values - scaling.level) / scaling.spread if keeps_level else np.zeros(values.shape)
    past = [(padded[..., start - j : start - j + length] - values) / size for j in range(1, lags + 1)]
    inputs = np.stack([change, np.clip(level, -LEVEL_BOUND, LEVEL_BOUND)], axis=-1)
    return Features(inputs, np.stack([*past, level], axis=-1))


def _stood_still(values: np.ndarray, steps: int) -> np.ndarray:
    """(..., steps + T): the first value for so many steps, then the values."""
    return np.concatenate([np.repeat(values[..., :1], steps, axis=-1), values], axis=-1)


def targets(series: TimeSeries, size: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, H) scaled changes from each of the first N = T − H steps, and (N, H) whether the value there was observed."""
    steps = len(series) - horizon
    ahead = np.lib.stride_tricks.sliding_window_view(series.values[1:], horizon)
    seen = np.lib.stride_tricks.sliding_window_view(series.observed[1:], horizon)
    return (ahead[:steps] - series.values[:steps, None]) / size[:steps, None], seen[:steps].copy()
