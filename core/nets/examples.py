"""Which steps of a strip are learned from, and which windows are held out while the number of epochs is chosen.

Held out is the end of every series that is long enough, at least a horizon: the windows whose targets all lie in it. No target
that is learned from lies in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.nets.strip import Strip
from core.windows.settings import HELD_OUT

HELD_HORIZONS = 60  # that are held out over all series, about
VALIDATED = 256  # windows that are held out over all series, about; at least one of each
WARM = 8  # first steps of a series, and of a window, that nothing is learned at: nothing is remembered there yet
LEAST = 2  # steps to learn at, without which a series teaches nothing
POWER = 0.75  # a series is drawn as often as its number of steps to this power: long ones are more of the same


@dataclass(frozen=True, eq=False)
class Examples:
    """steps (S,) of each series that have targets to learn from; chance (S,) of being drawn."""

    strip: Strip
    ahead: int
    steps: np.ndarray
    chance: np.ndarray

    @classmethod
    def of(cls, strip: Strip, ahead: int, ends: np.ndarray) -> Examples:
        """From the first `ends` (S,) values of each series."""
        steps = np.maximum(0, ends - ahead)
        weights = np.where(steps >= LEAST, steps, 0).astype(float) ** POWER
        return cls(strip, ahead, steps, weights / weights.sum() if weights.any() else weights)

    @property
    def count(self) -> int:
        """Steps that can be learned at."""
        return int(self.steps[self.steps >= LEAST].sum())

    def drawn(self, random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows (count,) of the last steps of random windows, and of the first steps that they may be learned at."""
        which = random.choice(len(self.steps), count, p=self.chance)
        steps, first = self.steps[which], self.strip.first[which]
        warm = np.minimum(WARM, steps // 3)
        lookback = self.strip.sight.settings.lookback
        whole = self.strip.sight.settings.answers_at_every_step  # then windows lie inside the series where they can
        shortest = np.minimum(np.maximum(lookback - 1 if whole else WARM, warm), steps - 1)
        last = first + random.integers(shortest, steps)
        return last, np.maximum(first + warm, last - (lookback - 1) + min(WARM, lookback // 3) if whole else last)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Windows that are held out: rows (V,) of their last steps, and the weight of each, so that series count alike.

    targets, seen (V, H);  horizons: how many horizons are held out, over all series
    """

    rows: Tensor
    weights: Tensor
    targets: Tensor
    seen: Tensor
    horizons: float

    @classmethod
    def of(cls, strip: Strip, horizon: int, borders: np.ndarray) -> HeldOut:
        """Those after the first `borders` (S,) values of each series; some series has more values than that."""
        held = np.flatnonzero(borders < strip.length)
        most = max(1, VALIDATED // len(held))
        rows, weights = [], []
        for which in held:
            ends = np.arange(borders[which] - 1, strip.length[which] - horizon)
            some = ends[np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).round().astype(int))]
            rows.append(strip.first[which] + some)
            weights.append(np.full(len(some), 1 / (len(some) * len(held))))
        at = torch.from_numpy(np.concatenate(rows)).to(strip.z.device)
        scale = torch.from_numpy(np.concatenate(weights)).float().to(at.device)
        horizons = float((strip.length - borders).sum()) / horizon
        return cls(at, scale, *strip.goal(at, horizon), horizons)

    def mean(self, losses: Tensor) -> float:
        """Of losses (V, H): over the steps that were observed, then over windows by their weights."""
        each = (losses * self.seen).sum(-1) / self.seen.sum(-1).clamp(min=1.0)
        weights = self.weights * (self.seen.sum(-1) > 0)
        found = (each * weights).sum() / weights.sum().clamp(min=1e-12)
        return float(found) if torch.isfinite(found) else float("inf")


def held_out_from(lengths: np.ndarray, horizon: int, ahead: int) -> np.ndarray:
    """(S,) how many values of each series are learned from; all of one that is too short to hold out a horizon.

    A series that holds out a horizon and has nothing left to learn from still says how well others were learned.
    """
    able = lengths >= horizon + max(WARM, ahead) + LEAST
    if not able.any() or (lengths[able] - horizon - ahead < LEAST).all():
        return lengths.copy()
    each = max(1.0, HELD_HORIZONS / able.sum())
    wanted = np.maximum(horizon, np.minimum(HELD_OUT * lengths, each * horizon)).round().astype(int)
    wanted = np.minimum(wanted, lengths - WARM - LEAST)  # something is left to forecast from
    return np.where(able, lengths - wanted, lengths)
