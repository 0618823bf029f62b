"""What a network is trained and validated on, as a few flat tensors: segments are gathered from them, never copied beforehand.

The series of the panel lie one after the other, each with L − 1 empty steps before it, so that every step of every series
is the end of some segment of L steps. The last 15 % of each series (at least one horizon) validate: no training target lies
in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries
from core.windows.extras import Extras
from core.windows.features import Features, features, sizes, targets
from core.windows.linear import LinearPath, Rows, fit_linear, keeps_level, stack
from core.windows.settings import Settings

VALIDATION_SHARE = 0.15  # of a series, for the end of training
CHOICE_SHARE = 0.25  # for whether a series keeps its level, which shows over a longer stretch
VALIDATED = 1024  # targets that validation looks at, about: windows are evenly spread, and neighbours share their targets
FEWEST_VALIDATED, MOST_VALIDATED = 64, 256  # windows of them, where there are so many
MOST_LINEAR_VALIDATED = 2000


@dataclass(frozen=True)
class Parts:
    """Steps of one series: training steps are [0, train), validation steps [validation, steps)."""

    train: int
    validation: int
    steps: int

    @classmethod
    def of(cls, length: int, horizon: int, share: float = VALIDATION_SHARE) -> Parts:
        """Targets of training steps end before the first validation target."""
        held_out = max(horizon, int(np.ceil(share * length)))
        first = length - held_out  # the first value that validates
        return cls(max(0, first - horizon), max(0, first - 1), max(0, length - horizon))


@dataclass(frozen=True, eq=False)
class Examples:
    """inputs (M, C), linear (M, F), targets (M, H), seen (M, H); M steps of all series with their empty lead-ins.

    starts      (N,) first steps of the segments that may be trained on
    validation  (V,) last steps of the windows that validate
    independent about how many of them share no target with another
    """

    inputs: torch.Tensor
    linear: torch.Tensor
    targets: torch.Tensor
    seen: torch.Tensor
    starts: np.ndarray
    validation: np.ndarray
    train_steps: int
    independent: float


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything that is learned from the training slice before the first update.

    path is fitted to the training steps; whole, the same fitted to the validation part too, None where the path was given
    """

    scalings: tuple[Scaling, ...]
    path: LinearPath
    whole: LinearPath | None
    size: np.ndarray
    extras: Extras
    examples: Examples


@dataclass(frozen=True, eq=False)
class Slice:
    """One series of the training panel: its scaling, s(t) (T,), targets (N, H) and which of them were observed."""

    series: TimeSeries
    scaling: Scaling
    pace: np.ndarray
    goal: np.ndarray
    seen: np.ndarray

    @classmethod
    def of(cls, series: TimeSeries, ahead: int, window: int | None) -> Slice:
        scaling = Scaling.learn(series)
        pace = sizes(series.values, scaling, window)
        return cls(series, scaling, pace, *targets(series, pace, ahead))

    def features(self, lags: int, extras: Extras, *, keeps_level: bool) -> Features:
        """At the N steps that have targets."""
        steps = len(self.goal)
        found = features(self.series.values, self.scaling, self.pace, lags, keeps_level=keeps_level)
        beside = extras.aligned(self.series, np.arange(steps))
        return Features(found.inputs[:steps], np.concatenate([found.linear[:steps], beside], axis=1))


def prepare(panel: Panel, ahead: int, settings: Settings, device: str, path: LinearPath | None = None) -> Prepared:
    """Scalings, linear path and tensors for a training panel; `path` where that is fitted already."""
    slices = [Slice.of(series, ahead, settings.window) for series in panel]
    extras = Extras.learn(panel, settings, ahead, is_beside=path.covariates > 0 if path else settings.skip > 0)
    path, whole = (path, None) if path else _linear_paths(slices, ahead, settings, extras)
    seen_by_network = [one.features(settings.skip, extras, keeps_level=path.keeps_level) for one in slices]
    size = _unexplained(slices, path, seen_by_network, ahead)
    examples = _examples(slices, seen_by_network, extras, size, settings.lookback, device)
    return Prepared(tuple(one.scaling for one in slices), path, whole, size, extras, examples)


def _linear_paths(slices: list[Slice], ahead: int, settings: Settings, extras: Extras) -> tuple[LinearPath, LinearPath]:
    """Fitted to the training steps of all series, and to all steps; whether they keep their level is settled on a part left out
    for that."""
    level_per_step = float(np.mean([one.scaling.step / one.scaling.spread for one in slices]))
    chosen = False
    if settings.window is None:  # where s(t) moves, the level is not one number of steps away
        early, late = _rows(slices, ahead, settings.skip, extras, CHOICE_SHARE)
        chosen = keeps_level(early, late, level_per_step)
    train, _ = _rows(slices, ahead, settings.skip, extras, VALIDATION_SHARE)
    path = fit_linear(train, level_per_step, keeps_level=chosen)
    return path, fit_linear(_all_rows(slices, settings.skip, extras), level_per_step, keeps_level=chosen)


def _rows(slices: list[Slice], ahead: int, lags: int, extras: Extras, share: float) -> tuple[Rows, Rows]:
    """The steps before the last `share` of each series, and those of that share, thinned."""
    train, held_out = [], []
    for one in slices:
        parts = Parts.of(len(one.series), ahead, share)
        linear = one.features(lags, extras, keeps_level=True).linear
        lead = min(lags, parts.train // 2)  # steps whose lags are made up
        train.append(
            Rows(linear[lead : parts.train], one.goal[lead : parts.train], one.seen[lead : parts.train], len(extras.names))
        )
        held = thinned(np.arange(parts.validation, parts.steps), max(1, MOST_LINEAR_VALIDATED // len(slices)))
        held_out.append(Rows(linear[held], one.goal[held], one.seen[held], len(extras.names)))
    return stack(train), stack(held_out)


def _all_rows(slices: list[Slice], lags: int, extras: Extras) -> Rows:
    """The steps of each series that have a target."""
    found = []
    for one in slices:
        lead = min(lags, len(one.goal) // 2)
        linear = one.features(lags, extras, keeps_level=True).linear
        found.append(Rows(linear[lead:], one.goal[lead:], one.seen[lead:], len(extras.names)))
    return stack(found)


def _unexplained(slices: list[Slice], path: LinearPath, seen_by_network: list[Features], ahead: int) -> np.ndarray:
    """(H,) root mean square of what the linear path leaves over the training steps: the unit of the loss at each step ahead."""
    total, count = np.zeros(ahead), np.zeros(ahead)
    for one, features_ in zip(slices, seen_by_network, strict=True):
        train = Parts.of(len(one.series), ahead).train
        rest = np.where(one.seen[:train], path(features_.linear[:train]) - one.goal[:train], 0.0)
        total += (rest**2).sum(axis=0)
        count += one.seen[:train].sum(axis=0)
    size = np.sqrt(total / np.maximum(count, 1))
    return np.where(np.isfinite(size), np.maximum(size, 1e-6), 1.0)


def _examples(
    slices: list[Slice], seen_by_network: list[Features], extras: Extras, size: np.ndarray, lookback: int, device: str
) -> Examples:
    blocks, starts, validation, offset, train_steps = [], [], [], 0, 0
    for one, found in zip(slices, seen_by_network, strict=True):
        parts = Parts.of(len(one.series), len(size))
        steps = np.arange(parts.steps)
        more = extras.of(one.series, one.series.values, one.pace, steps)
        whole = np.concatenate([found.inputs[steps], more], axis=1)
        blocks.append(_block(Features(whole, found.linear), one.goal / size, one.seen, lookback, parts.steps))
        starts.append(offset + np.arange(parts.train))  # a segment from the k-th row of the block ends at step k
        validation.append(offset + lookback - 1 + np.arange(parts.validation, parts.steps))
        offset += len(blocks[-1][0])
        train_steps += parts.train
    tensors = [
        torch.from_numpy(np.concatenate(part)).to(device) for part in zip(*blocks, strict=True)
    ]  # inputs, linear, targets, seen
    ends = np.concatenate(validation)
    chosen = thinned(ends, most_validated(len(size)))
    return Examples(*tensors, np.concatenate(starts), chosen, train_steps, min(len(chosen), len(ends) / len(size)))


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


def most_validated(horizon: int) -> int:
    """Windows that validation looks at."""
    return min(max(VALIDATED // horizon, FEWEST_VALIDATED), MOST_VALIDATED)


def is_trainable(series: TimeSeries, horizon: int) -> bool:
    """Whether a series has at least one step to learn from."""
    return Parts.of(len(series), horizon).train > 0
