"""What a network is trained and validated on, as a few flat tensors: segments are gathered from them, never copied beforehand.

The series of the panel lie one after the other, each with L − 1 empty steps before it, so that every step of every series
is the end of some segment of L steps. The last fifth of each series (at least one horizon) validates: no training target lies
in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.nets.features import Features, features, targets
from core.nets.linear import LinearPath, Rows, fit_linear, stack
from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries

VALIDATION_SHARE = 0.2
MOST_VALIDATED = 512  # validation windows; more of them cost time and tell no more
MOST_LINEAR_VALIDATED = 2000


@dataclass(frozen=True)
class Parts:
    """Steps of one series: training steps are [0, train), validation steps [validation, steps)."""

    train: int
    validation: int
    steps: int

    @classmethod
    def of(cls, length: int, horizon: int) -> Parts:
        """Targets of training steps end before the first validation target."""
        held_out = max(horizon, int(np.ceil(VALIDATION_SHARE * length)))
        first = length - held_out  # the first value that validates
        return cls(max(0, first - horizon), max(0, first - 1), max(0, length - horizon))


@dataclass(frozen=True, eq=False)
class Examples:
    """inputs (M, C), linear (M, J + 1), targets (M, H), seen (M, H); M steps of all series with their empty lead-ins.

    starts      (N,) first steps of the segments that may be trained on
    validation  (V,) last steps of the windows that validate
    """

    inputs: torch.Tensor
    linear: torch.Tensor
    targets: torch.Tensor
    seen: torch.Tensor
    starts: np.ndarray
    validation: np.ndarray
    train_steps: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that is learned from the training slice before the first update."""

    scalings: tuple[Scaling, ...]
    path: LinearPath
    size: np.ndarray
    examples: Examples


def prepare(panel: Panel, horizon: int, lookback: int, lags: int, device: str) -> Prepared:
    """Scalings, linear path and tensors for a training panel."""
    scalings = tuple(Scaling.learn(series) for series in panel)
    path = _linear_path(panel, scalings, horizon, lags)
    seen_by_network = [
        features(series.values, scaling, lags, keeps_level=path.keeps_level)
        for series, scaling in zip(panel, scalings, strict=True)
    ]
    goals = [targets(series, scaling, horizon) for series, scaling in zip(panel, scalings, strict=True)]
    size = _unexplained(panel, path, seen_by_network, goals, horizon)
    return Prepared(scalings, path, size, _examples(panel, seen_by_network, goals, size, lookback, device))


def _linear_path(panel: Panel, scalings: tuple[Scaling, ...], horizon: int, lags: int) -> LinearPath:
    """Fitted to the training steps of all series, chosen on their validation steps."""
    train, validation = [], []
    for series, scaling in zip(panel, scalings, strict=True):
        parts = Parts.of(len(series), horizon)
        linear = features(series.values, scaling, lags, keeps_level=True).linear
        goal, seen = targets(series, scaling, horizon)
        lead = min(lags, parts.train // 2)  # steps whose lags are made up
        train.append(Rows(linear[lead : parts.train], goal[lead : parts.train], seen[lead : parts.train]))
        held = thinned(np.arange(parts.validation, parts.steps), max(1, MOST_LINEAR_VALIDATED // len(panel)))
        validation.append(Rows(linear[held], goal[held], seen[held]))
    level_per_step = float(np.mean([scaling.step / scaling.spread for scaling in scalings]))
    return fit_linear(stack(train), stack(validation), level_per_step)


def _unexplained(panel: Panel, path: LinearPath, seen_by_network: list[Features], goals: list, horizon: int) -> np.ndarray:
    """(H,) root mean square of what the linear path leaves over the training steps: the unit of the loss at each step ahead."""
    total, count = np.zeros(horizon), np.zeros(horizon)
    for series, one, (goal, seen) in zip(panel, seen_by_network, goals, strict=True):
        train = Parts.of(len(series), horizon).train
        rest = np.where(seen[:train], path(one.linear[:train]) - goal[:train], 0.0)
        total += (rest**2).sum(axis=0)
        count += seen[:train].sum(axis=0)
    size = np.sqrt(total / np.maximum(count, 1))
    return np.where(np.isfinite(size), np.maximum(size, 1e-6), 1.0)


def _examples(
    panel: Panel, seen_by_network: list[Features], goals: list, size: np.ndarray, lookback: int, device: str
) -> Examples:
    blocks, starts, validation, offset, train_steps = [], [], [], 0, 0
    for series, one, (goal, seen) in zip(panel, seen_by_network, goals, strict=True):
        parts = Parts.of(len(series), len(size))
        blocks.append(_block(one, goal / size, seen, lookback, parts.steps))
        starts.append(offset + np.arange(parts.train))  # a segment from the k-th row of the block ends at step k
        validation.append(offset + lookback - 1 + np.arange(parts.validation, parts.steps))
        offset += len(blocks[-1][0])
        train_steps += parts.train
    tensors = [
        torch.from_numpy(np.concatenate(part)).to(device) for part in zip(*blocks, strict=True)
    ]  # inputs, linear, targets, seen
    return Examples(*tensors, np.concatenate(starts), thinned(np.concatenate(validation), MOST_VALIDATED), train_steps)


def _block(one: Features, goal: np.ndarray, seen: np.ndarray, lookback: int, steps: int) -> tuple[np.ndarray, ...]:
    """The tensors of one series, its steps up to the last that has a target, behind L − 1 empty ones that teach nothing."""

    def led_in(array: np.ndarray) -> np.ndarray:
        lead = np.zeros((lookback - 1, array.shape[1]), np.float32)
        return np.concatenate([lead, array[:steps].astype(np.float32)])

    return led_in(one.inputs), led_in(one.linear), led_in(goal), led_in(seen)


def thinned(array: np.ndarray, most: int) -> np.ndarray:
    """At most `most` entries, evenly spread, the first and the last among them."""
    if len(array) <= most:
        return array
    return array[np.linspace(0, len(array) - 1, most).round().astype(int)]


def is_trainable(series: TimeSeries, horizon: int) -> bool:
    """Whether a series has at least one step to learn from."""
    return Parts.of(len(series), horizon).train > 0
