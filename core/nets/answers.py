"""What a network answers at the ends of many windows at once: all steps ahead from one answer, or step by step, fed back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from core.nets.network import Network
from core.nets.strip import Strip
from core.windows.features import Eye
from core.windows.settings import STEPWISE

AT_ONCE = 512  # windows in one pass
Said = Callable[[Tensor, int], Tensor]  # (N, 1, K) answers at a step of a path -> (N,) what they say, in units of the network


@torch.no_grad()
def direct(network: Network, strip: Strip, ends: Tensor) -> Tensor:
    """(N, H, K) answers at the ends of windows, rows (N,) of the strip."""
    found, last = [], torch.tensor([-1], device=ends.device)
    for some in ends.split(AT_ONCE):
        linear = None if network.skip is None else strip.linear(some)[:, None]
        found.append(network(strip.windows(some, strip.sight.settings.reach), linear, at=last)[0][:, 0])
    return torch.cat(found)


@torch.no_grad()
def fed_back(network: Network, strip: Strip, ends: Tensor, horizon: int, said: Said, paths: int = 1) -> np.ndarray:
    """(N, P, H) z after the ends of windows, rows (N,), each of P paths going on from what was said of it before."""
    rows = ends.repeat_interleave(paths)
    path = _Path.start(strip, rows)
    settings = strip.sight.settings
    rereads = settings.topology == "many_to_one" or settings.bptt == "reset"
    inputs, carried, last = strip.windows(rows, settings.reach), None, torch.tensor([-1], device=rows.device)
    found = []
    for step in range(horizon):
        linear = None if network.skip is None else path.linear()[:, None]
        answers, carried = network(inputs, linear, None if rereads else carried, at=last)
        path = path.after((said(answers[:, 0], step) * network.unit[0]).double().cpu().numpy())
        found.append(path.z[:, -1])
        if step + 1 < horizon:
            newest = path.inputs()[:, None]
            inputs = torch.cat([inputs[:, 1:], newest], 1) if rereads else newest
    return np.stack(found, axis=1).reshape(len(ends), paths, horizon)


@dataclass(frozen=True, eq=False)
class _Path:
    """N paths at one step: the last z (N, q), newest last; size and mean (N,), which is that of the values before the forecast,
    as the model Linear has it; their rows, and how far they have come.

    bounds (N, 2)  no value is outside
    """

    strip: Strip
    eye: Eye
    rows: Tensor
    steps: int
    z: np.ndarray
    mean: np.ndarray
    size: np.ndarray
    bounds: np.ndarray

    @classmethod
    def start(cls, strip: Strip, rows: Tensor) -> _Path:
        season = int(strip.season)
        reach = max(strip.sight.lags, season + 1)
        z = strip.z.unfold(0, reach, 1)[rows - (reach - 1)].cpu().numpy()
        mean, size, bounds = (part[rows].cpu().numpy() for part in (strip.mean, strip.size, strip.bounds))
        return cls(strip, strip.eye, rows, 0, z, mean, size, bounds)

    def after(self, change: np.ndarray) -> _Path:
        """One step on, at z + size · change (N,)."""
        new = np.clip(self.z[:, -1] + self.size * change, self.bounds[:, 0], self.bounds[:, 1])
        return replace(self, steps=self.steps + 1, z=np.concatenate([self.z[:, 1:], new[:, None]], axis=1))

    def inputs(self) -> Tensor:
        """(N, C) what the cell reads at this step."""
        season = self.strip.season
        around = np.stack([self.z[:, -1], self.z[:, -2], self.z[:, -season]])
        found = self.eye.at(around, self.mean, self.size).inputs
        own = torch.from_numpy(found).float().to(self.rows.device)
        rest = self.strip.inputs[self.rows + self.steps, own.shape[1] :].clone()
        if self.strip.sight.extras.has_mask:
            rest[:, 0] = 0.0  # what is fed back was not filled in
        return torch.cat([own, rest], 1)

    def linear(self) -> Tensor:
        """(N, F) what the skip connection reads at this step."""
        lags, newest = self.strip.sight.lags, self.z[:, -1]
        lagged = (self.z[:, ::-1][:, 1:lags] - newest[:, None]) / self.size[:, None]
        distance = (newest - self.mean) / self.size if self.eye.keeps_mean else np.zeros(len(newest))
        own = torch.from_numpy(np.column_stack([lagged, distance])).float().to(self.rows.device)
        return torch.cat([own, self.strip.beside[self.rows + self.steps]], 1)


def is_fed_back(strip: Strip) -> bool:
    """Whether one answer says the next value alone."""
    return strip.sight.settings.topology in STEPWISE
