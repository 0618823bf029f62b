"""Progress flows outward through one call, and cancelling comes back through the same call.

A computation calls `context.report(fraction, ...)`; who watches shows it, or raises `Cancelled` to stop the computation there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

Device = Literal["auto", "cpu", "cuda"]  # where a person wants networks to compute
DEVICES: tuple[str, ...] = get_args(Device)


@dataclass(frozen=True)
class EpochLog:
    """What one epoch of training did.

    Losses are in the units of the training loss (scaled, so comparable within a fit only). `gradient_norm` is the mean norm
    before clipping, `clipped` the share of updates that were clipped.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    gradient_norm: float
    clipped: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """One event of a computation: the fraction done in [0, 1], and what there is to say.

    With an epoch come the seed and the fit ("selection", "backtest" or "final") that it belongs to, where a run computes it."""

    fraction: float
    message: str = ""
    epoch: EpochLog | None = None
    seed: int = 0
    fit: str = ""


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The report for work that nobody watches."""


@dataclass(frozen=True)
class Context:
    """What a fit may know of the world besides its data: seed, device and where to report.

    `device` is resolved ("cpu" or "cuda"), never "auto".
    """

    seed: int = 0
    device: str = "cpu"
    watch: Report = silent

    def report(self, fraction: float, message: str = "", *, epoch: EpochLog | None = None, seed: int | None = None) -> None:
        """Tell how far the work is, and what an epoch did with a seed.  Raises Cancelled when it shall stop."""
        self.watch(Progress(min(1.0, max(0.0, fraction)), message, epoch, self.seed if seed is None else seed))

    def part(self, low: float, high: float) -> Context:
        """The same context for a piece of the work that runs from fraction `low` to `high` of the whole."""

        def scaled(progress: Progress) -> None:
            self.watch(replace(progress, fraction=low + (high - low) * progress.fraction))

        return replace(self, watch=scaled)
