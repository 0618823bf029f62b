"""The steps of some series, one series after the other, as flat tensors: windows and targets are gathered, never copied before.

Before the first step of each series lie as many empty ones as a window or the skip connection may reach back beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.series.timeseries import TimeSeries
from core.windows.features import Eye
from core.windows.scale import began
from core.windows.sight import Sight

FARTHEST = 10.0  # ranges of the values so far beyond their extremes: no forecast lies further out


@dataclass(frozen=True, eq=False)
class Strip:
    """M steps.  inputs (M, C) and beside (M, B) in single precision; z, mean and size (M,); observed (M,)

    distance (M,) of z from the mean;  bounds (M, 2) no forecast after a step is outside;  first, length  of each series, where
    its first step lies and how many it has;  eye  of the first one, of which all others differ in scale alone
    """

    sight: Sight
    inputs: Tensor
    beside: Tensor
    z: Tensor
    mean: Tensor
    size: Tensor
    distance: Tensor
    bounds: Tensor
    observed: Tensor
    first: np.ndarray
    length: np.ndarray
    eye: Eye

    @property
    def season(self) -> int:
        """m, of all series."""
        return self.eye.scale.season

    @classmethod
    def of(
        cls, sight: Sight, panel: Sequence[TimeSeries], known: Sequence[int], device: str = "cpu", period: int | None = None
    ) -> Strip:
        """Of all series of a panel. Features are made of the first `known` steps of each: for those after them covariates may
        be wanted that nobody has.

        period: how many of its first values a series is taken to have repeated before them; a season unless said
        """
        blocks = [_block(sight, series, count, period) for series, count in zip(panel, known, strict=True)]
        length = np.array([len(series) for series in panel])
        first = np.cumsum([sight.lead, *(length[:-1] + sight.lead)])
        names = ("inputs", "beside", "z", "mean", "size", "distance", "bounds", "observed")
        tensors = {name: torch.from_numpy(np.concatenate([one[name] for one in blocks])).to(device) for name in names}
        return cls(sight, **tensors, first=first, length=length, eye=sight.eye(panel[0]))

    def windows(self, ends: Tensor, length: int) -> Tensor:
        """inputs (..., K, C · p) of the `length` steps that end at these rows (...), p of the series in one of the cell."""
        rows = ends[..., None] + torch.arange(1 - length, 1, device=ends.device)
        return self.inputs[rows].view(*ends.shape, length // self.sight.settings.segment, -1)

    def linear(self, rows: Tensor) -> Tensor:
        """(..., F) what the skip connection reads at these rows."""
        lags = self.sight.lags
        lagged = self.z.unfold(0, lags, 1)[rows - (lags - 1)].flip(-1)[..., 1:] - self.z[rows][..., None]
        distance = self.distance[rows][..., None].float()
        return torch.cat([(lagged / self.size[rows][..., None]).float(), distance, self.beside[rows]], -1)

    def goal(self, rows: Tensor, ahead: int) -> tuple[Tensor, Tensor]:
        """(..., A) targets after these rows, and whether each was observed, 1 or 0."""
        after = self.z.unfold(0, ahead, 1)[rows + 1]
        seen = self.observed.unfold(0, ahead, 1)[rows + 1]
        return ((after - self.z[rows][..., None]) / self.size[rows][..., None]).float(), seen.float()

    def back(self, rows: Tensor, answers: np.ndarray) -> np.ndarray:
        """(N, ..., H) z of what was answered at rows (N,), held back within the bounds."""
        shape = (-1, *[1] * (answers.ndim - 1))
        z, size = (part[rows].numpy().reshape(shape) for part in (self.z, self.size))
        low, high = self.bounds[rows].numpy().T.reshape(2, *shape)
        return np.clip(z + size * answers, low, high)


def _block(sight: Sight, series: TimeSeries, known: int, period: int | None) -> dict[str, np.ndarray]:
    """The arrays of one series, with its empty lead-in; of the steps after the `known` ones only its values."""
    eye, lead, whole = sight.eye(series), sight.lead, len(series)
    found, steps = eye.features(series.values, period), np.arange(known)
    inputs = np.zeros((lead + whole, eye.width + sight.extras.width), np.float32)
    inputs[lead : lead + known] = np.concatenate([found.inputs[:known], sight.extras.of(series, steps)], axis=1)
    told = sight.told(series, steps)
    beside = np.zeros((lead + whole, told.shape[1]), np.float32)
    beside[lead : lead + known] = told
    high, low = np.maximum.accumulate(found.z), np.minimum.accumulate(found.z)
    room = FARTHEST * np.maximum(high - low, eye.scale.size)
    return {
        "inputs": inputs,
        "beside": beside,
        "z": began(found.z, lead, period or eye.scale.season),
        **{name: np.concatenate([np.zeros(lead), getattr(found, name)]) for name in ("mean", "distance")},
        "size": np.full(lead + whole, eye.scale.size),
        "bounds": np.concatenate([np.zeros((lead, 2)), np.stack([low - room, high + room], axis=1)]),
        "observed": np.concatenate([np.zeros(lead, bool), series.observed]),
    }
