"""The training loop: plain, seeded and watched. Networks of several seeds are trained as one program.

What forecasts are the weights averaged over the updates so far, the later ones more: an average is about as good at a constant
rate as the last weights are after the rate has fallen, and is one at any number of epochs.
Source: Polyak & Juditsky 1992, SIAM J. Control and Optimization 30(4); Morales-Brotons and others 2024, arXiv:2411.18704.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor

from core.errors import FitError
from core.nets.cells import Carried
from core.nets.examples import Examples
from core.nets.losses import LOSSES
from core.nets.network import FORKS, Network
from core.nets.optimizer import clip, make_optimizer, one_cycle
from core.progress import Context, EpochLog
from core.windows.settings import Settings
from core.windows.truncation import Piece, pieces

FEWEST_UPDATES, MOST_UPDATES = 8, 50  # in an epoch: a short series is seen several times, and much data in parts
SMALLEST_BATCH = 4
USUAL_RATE = 0.003
MOST_FAILURES = 3  # divergences before training gives up
DIVERGED = 1e6  # a loss from which on training has diverged, finite or not: it starts at about 1
AVERAGED = 0.99  # what an average keeps of itself in one update
RAMP = 10  # updates over which it begins to keep so much
WARM_UP = 50  # updates over which the rate rises


class Trainer:
    """The training of one network for each seed on the same examples; call `epoch` as often as wanted, then `networks`."""

    def __init__(
        self, settings: Settings, networks: Sequence[Network], examples: Examples, seeds: Sequence[int], context: Context,
        epochs: int,
    ) -> None:  # fmt: skip
        """epochs: how many there will be, for a schedule that ends with them."""
        self.settings, self.networks, self.examples, self.context = settings, list(networks), examples, context
        self.loss, self.pieces, self.epochs, self.done = LOSSES[settings.loss], pieces(settings), epochs, 0
        self.random = [np.random.default_rng(seed) for seed in seeds]
        self.own = [list(network.parameters()) for network in self.networks]
        self.parameters = [one for some in self.own for one in some]
        skips = {id(one) for network in self.networks if network.skip is not None for one in network.skip.parameters()}
        self.is_skip = [id(one) in skips for one in self.parameters]
        self.average = [one.detach().clone() for one in self.parameters]
        self.optimizer = self._optimizer()
        self.top_rate, self.updates, self.failures, self.notes = settings.learning_rate, 0, 0, []
        each = settings.reads if settings.answers_at_every_step else 1  # labels that a window teaches
        windows = max(1, examples.count // (each * settings.segment))
        self.batch = min(settings.batch, max(SMALLEST_BATCH, windows))
        self.in_epoch = min(MOST_UPDATES, max(FEWEST_UPDATES, math.ceil(windows / self.batch)))
        self.sound = self._state()

    def epoch(self) -> list[EpochLog]:
        """One pass, or a part of it, and what it did with each seed, without its loss on held-out windows.

        A pass that diverges is taken back and tried again at half the rate.  Raises FitError where that does not help.
        """
        while True:
            start, found = time.perf_counter(), []
            for _ in range(self.in_epoch):
                found.append(self._update_all(self._rate()))
                self.updates += 1
                if not found[-1]:
                    break
            if found[-1]:
                break
            self._go_back()
        self.done += 1
        self.sound = self._state()
        table = np.array([row for rows in found for row in rows])  # (updates · pieces, S, 3): loss, norm, clipped
        seconds, rate = (time.perf_counter() - start) / len(self.networks), self._rate()
        return [
            EpochLog(self.done, float(loss), math.nan, float(norm), float(share), rate, seconds)
            for loss, norm, share in table.mean(axis=0)
        ]

    def averaged(self) -> AbstractContextManager:
        """With the averaged weights in the networks, for as long as it is entered."""
        return _Swapped(self.parameters, self.average, self.networks)

    def finish(self) -> list[Network]:
        """The networks with their averaged weights, ready to forecast."""
        _set(self.parameters, self.average)
        return [network.eval() for network in self.networks]

    def _rate(self) -> float:
        share = self.updates / (self.epochs * self.in_epoch)
        if self.settings.schedule == "one_cycle":
            return one_cycle(min(1.0, share), self.top_rate)
        return self.top_rate * min(1.0, (self.updates + 1) / WARM_UP)

    def _optimizer(self) -> object:
        return make_optimizer(self.settings.optimizer, self.parameters, self.is_skip)

    def _state(self) -> list[Tensor]:
        return [one.detach().clone() for one in (*self.parameters, *self.average)]

    def _go_back(self) -> None:
        """Back to the weights before this epoch, at half the rate.  Raises FitError when that has not helped often enough."""
        self.failures += 1
        epoch = self.done + 1
        if self.failures == MOST_FAILURES:
            calmer = min(self.settings.learning_rate / 10, USUAL_RATE)
            raise FitError(
                f"{self.settings.label} diverged {self.failures} times, though the learning rate was halved each time, last at "
                f"epoch {epoch}; the learning rate {self.settings.learning_rate:g} is too high, try {calmer:g}"
            )
        _set([*self.parameters, *self.average], self.sound)
        self.optimizer, self.top_rate = self._optimizer(), self.top_rate / 2
        self.updates = self.done * self.in_epoch
        self.notes.append(f"training diverged at epoch {epoch}: back to the weights before, learning rate {self.top_rate:g}")

    def _update_all(self, rate: float) -> list[list[tuple[float, float, float]]]:
        """The updates on one batch of windows for each seed, piece by piece; nothing where they diverge."""
        drawn = [self.examples.drawn(random, self.batch) for random in self.random]
        last, first = (torch.from_numpy(np.stack(part)).to(self.context.device) for part in zip(*drawn, strict=True))  # (S, B)
        windows = self.examples.strip.windows(last, self.settings.lookback)  # (S, B, K, C)
        held: dict[int, list[Carried | None]] = {0: [None] * len(self.networks)}
        found = []
        for piece in self.pieces:
            carried = held.get(piece.start, held[0]) if self.settings.bptt == "detached" else held[0]
            if piece.first == piece.end:
                with torch.no_grad():
                    read = windows[:, :, piece.start : piece.end]
                    held[piece.end] = [
                        network.reader(some, state)[1]
                        for network, some, state in zip(self.networks, read, carried, strict=True)
                    ]
                continue
            rows, after = self._update(windows, last, first, piece, carried, rate)
            if any(not (loss < DIVERGED and math.isfinite(norm)) for loss, norm, _ in rows):
                return []
            held[piece.end] = [detached(state) for state in after]
            found.append(rows)
        return found

    def _update(
        self, windows: Tensor, last: Tensor, first: Tensor, piece: Piece, carried: Sequence[Carried | None], rate: float
    ) -> tuple[list[tuple[float, float, float]], list[Carried | None]]:
        """One step of the optimiser on the answers of a piece: loss, norm and clipped of each seed, and the states after it."""
        strip, segment = self.examples.strip, self.settings.segment
        losses, after = [], []
        asked = torch.from_numpy(np.stack([self._asked(piece, random) for random in self.random])).to(last.device)  # (S, P)
        rows = last[..., None] - (self.settings.reads - 1 - asked[:, None]) * segment  # (S, B, P)
        targets, seen = strip.goal(rows, self.examples.ahead)
        seen = seen * (rows >= first[..., None])[..., None]
        linear = strip.linear(rows) if self.networks[0].skip is not None else [None] * len(self.networks)
        is_all = not self.settings.answers_at_every_step or asked.shape[1] == piece.end - piece.start
        for number, network in enumerate(self.networks):
            goal = targets[number] / network.unit
            is_told = network.decoder is not None and self.random[number].random() < self.settings.teacher_forcing
            with self._precision(number):
                answers, state = network(
                    windows[number, :, piece.start : piece.end], linear[number], carried[number],
                    at=None if is_all else asked[number] - piece.start, truth=goal if is_told else None,
                )  # fmt: skip
            cost = self.loss(answers.to(goal.dtype), goal) * seen[number]
            losses.append(cost.sum() / seen[number].sum().clamp(min=1.0))
            after.append(state)
        gradients = torch.autograd.grad(torch.stack(losses).sum(), self.parameters)
        rows_, place = [], 0
        for loss, own in zip(losses, self.own, strict=True):
            norm, is_clipped = clip(gradients[place : place + len(own)], self.settings.clip, self.settings.clip_by)
            rows_.append((loss.item(), norm, float(is_clipped)))
            place += len(own)
        self.optimizer.update(gradients, rate)
        keep = min(AVERAGED, (1 + self.updates) / (RAMP + self.updates))
        torch._foreach_lerp_(self.average, [one.detach() for one in self.parameters], 1 - keep)
        return rows_, after

    def _asked(self, piece: Piece, random: np.random.Generator) -> np.ndarray:
        """(P,) the steps of the cell, counted from the window's start, that are answered at."""
        if not self.settings.answers_at_every_step:
            return np.array([piece.end - 1])
        at = np.arange(piece.first, piece.end)
        if self.networks[0].decoder is not None:
            at = np.sort(random.choice(at, min(FORKS, len(at)), replace=False))
        return at

    def _precision(self, number: int) -> AbstractContextManager:
        """Products in bfloat16 on a GPU, if the settings say so; weights, sums and the loss stay in single precision.

        What is silenced in the network of one seed does not depend on the others.
        """
        if self.settings.dropout:
            torch.manual_seed(int(self.random[number].integers(2**31)))
        is_mixed = self.settings.precision == "mixed" and self.context.device == "cuda"
        return torch.autocast("cuda", torch.bfloat16) if is_mixed else nullcontext()


class _Swapped(AbstractContextManager):
    """Other weights in networks for a while, which forecast meanwhile."""

    def __init__(self, parameters: Sequence[Tensor], others: Sequence[Tensor], networks: Sequence[Network]) -> None:
        self.parameters, self.others, self.networks = parameters, others, networks

    def __enter__(self) -> None:
        self.kept = [one.detach().clone() for one in self.parameters]
        _set(self.parameters, self.others)
        for network in self.networks:
            network.eval()

    def __exit__(self, *_: object) -> None:
        _set(self.parameters, self.kept)
        for network in self.networks:
            network.train()


@torch.no_grad()
def _set(parameters: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.copy_(value)


def detached(carried: Carried | None) -> Carried | None:
    """The same state, with no gradient back into what made it."""
    if carried is None or isinstance(carried, torch.Tensor):
        return carried if carried is None else carried.detach()
    return tuple(part.detach() for part in carried)
