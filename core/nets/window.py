"""The last window of a history, as a trained network reads it; the values may be many paths that set out from one history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.windows.extras import Extras
from core.windows.features import features, sizes
from core.windows.settings import Settings


@dataclass(frozen=True, eq=False)
class Window:
    """inputs (P, L, C), linear (P, F) of the last step, size (P,) of changes there: what an answer is multiplied by."""

    inputs: torch.Tensor
    linear: torch.Tensor
    size: np.ndarray


@dataclass(frozen=True, eq=False)
class Lens:
    """All that is needed to make windows from the values of one series."""

    settings: Settings
    scaling: Scaling
    extras: Extras
    keeps_level: bool

    def window(self, series: TimeSeries, values: np.ndarray, length: int) -> Window:
        """The last `length` steps of `values` (P, T), with empty ones before them where the history is shorter.

        `series` has the index, gaps and covariates of these steps and may go on after them.
        """
        settings = self.settings
        whole = values.shape[-1]
        first = max(0, whole - length - max(settings.skip, settings.window or 0, self.extras.season, 1) - 1)
        tail = values[:, first:]
        size = sizes(tail, self.scaling, settings.window)
        seen = features(tail, self.scaling, size, settings.skip, keeps_level=self.keeps_level)
        read = min(length, whole)
        steps = np.arange(whole - read, whole)
        wide = np.concatenate([np.ones((len(values), first)), size], axis=1)  # sizes by step of the whole history
        more = self.extras.of(series, values, wide, steps)
        channels = np.concatenate([seen.inputs[:, -read:], more], axis=-1)
        inputs = np.zeros((len(values), length, channels.shape[-1]), np.float32)
        inputs[:, length - read :] = channels
        beside = np.repeat(self.extras.aligned(series, steps[-1:]), len(values), axis=0)
        linear = np.concatenate([seen.linear[:, -1], beside], axis=1).astype(np.float32)
        return Window(torch.from_numpy(inputs), torch.from_numpy(linear), size[:, -1])


def extended(series: TimeSeries, horizon: int) -> TimeSeries:
    """The series with so many steps more, as a frame for paths that go on there: the values are the last one, repeated."""
    if isinstance(series.index, pd.RangeIndex):
        index = pd.RangeIndex(series.index.start, series.future(horizon).stop, series.index.step)
    else:
        index = pd.date_range(series.index[0], periods=len(series) + horizon, freq=series.index.freq)
    values = np.concatenate([series.values, np.full(horizon, series.values[-1])])
    observed = np.concatenate([series.observed, np.ones(horizon, bool)])
    inputs = series.inputs if series.inputs is None or len(series.inputs.values) >= len(index) else None
    return TimeSeries(series.id, index, values, observed, series.season, series.unit, series.zone, inputs)
