"""The selection fit: how many epochs to train, and whether with a skip connection, by what forecasts best on held-out windows.

It learns from all but the end of the series, and what it has chosen is then trained on everything, that many epochs. Where the
skip connection is to be chosen, networks with and without it are trained side by side, until after a third of the epochs the
ones that are behind stop; those without must be clearly better. What is judged is what will forecast: the averaged weights, and
the median over the seeds. Of a large panel one seed says as much as all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from core.nets.answers import direct, fed_back
from core.nets.device import reproducible
from core.nets.examples import Examples, HeldOut, held_out_from
from core.nets.losses import LOSSES
from core.nets.network import Network
from core.nets.start import built
from core.nets.strip import Strip
from core.nets.training import Trainer
from core.progress import Context, EpochLog
from core.series.timeseries import Panel
from core.windows.settings import AUTOMATIC, STEPWISE, Settings
from core.windows.sight import Source

UNTESTED = 10  # epochs where nothing can be held out
CLEARLY = 0.05  # by which a network without skip connection must be better: of two equals the one with it is safer
LUCK = 0.5  # the same on one held-out horizon: luck makes less of a difference the more of them there are
PLENTY = 100  # series that are held out, from which on one seed says what all of them would
SHARE = 3  # of the epochs, after which the networks that are behind stop: one in so many


@dataclass(frozen=True)
class Choice:
    """skip "on" or "off", and the number of epochs, at least one; losses on held-out windows before training and at best."""

    skip: str
    epochs: int
    before: float = np.nan
    best: float = np.nan


@dataclass(eq=False)
class Candidate:
    """One way to train, and what it came to: the loss on held-out windows before it and at best, in which epoch that was, and
    each epoch of each seed."""

    settings: Settings
    trainer: Trainer
    before: float
    best: float = np.inf
    epoch: int = 1
    log: list[list[EpochLog]] = field(default_factory=list)

    def go_on(self, held: HeldOut, horizon: int) -> None:
        """One epoch more, and its loss on the held-out windows."""
        logs = self.trainer.epoch()
        with self.trainer.averaged():
            joint, each = losses_of(self.trainer.networks, self.trainer.examples.strip, held, horizon)
        self.log.append([replace(one, validation_loss=loss) for one, loss in zip(logs, each, strict=True)])
        if joint < self.best:
            self.best, self.epoch = joint, len(self.log)

    @property
    def is_patient(self) -> bool:
        return len(self.log) - self.epoch < self.settings.patience


def select(settings: Settings, source: Source, train: Panel, horizon: int, context: Context, seeds: Sequence[int]) -> Choice:
    """Of the networks of all seeds together.  Raises FitError, Cancelled."""
    ways = ("on", "off") if settings.skip == AUTOMATIC else (settings.skip,)
    ahead = settings.ahead(horizon)
    borders = held_out_from(np.array([len(series) for series in train]), horizon, ahead)
    early = Panel(tuple(series[:border] for series, border in zip(train, borders.tolist(), strict=True)))
    if all(len(one) == len(series) for one, series in zip(early, train, strict=True)):
        return Choice(ways[0], min(UNTESTED, settings.epochs))
    sight = source.sight(settings, early, horizon)
    strip = Strip.of(sight, train.series, [max(0, len(one) - ahead) for one in train], context.device)
    held, examples = HeldOut.of(strip, horizon, borders), Examples.of(strip, ahead, borders)
    start, candidates = source.start(sight, early, horizon), []
    seeds = seeds[:1] if int((borders < strip.length).sum()) >= PLENTY else seeds
    with reproducible(context.seed, context.device):
        for way in ways:
            own = replace(settings, skip=way) if settings.skip == AUTOMATIC else settings
            networks = built(own, examples, start, seeds, context.device)
            before, _ = losses_of(networks, strip, held, horizon)
            candidates.append(Candidate(own, Trainer(own, networks, examples, seeds, context, settings.epochs), before))
        return _trained(candidates, held, horizon, context, seeds)


def _trained(candidates: list[Candidate], held: HeldOut, horizon: int, context: Context, seeds: Sequence[int]) -> Choice:
    """What the best of the candidates came to. Its epochs are reported as soon as it is the only one left."""
    margin = max(CLEARLY, LUCK / math.sqrt(max(1.0, held.horizons)))
    told, epochs = 0, candidates[0].settings.epochs
    for epoch in range(1, epochs + 1):
        for one in candidates:
            if one.is_patient:
                one.go_on(held, horizon)
        if len(candidates) > 1 and (epoch >= epochs / SHARE or not any(one.is_patient for one in candidates)):
            candidates = [_better(candidates, margin)]
        share, said = epoch / epochs, f"epoch {epoch} of at most {epochs}"
        if len(candidates) > 1:
            context.report(share, said)
            continue
        (last,) = candidates
        for logs in last.log[told:]:
            for seed, log in zip(seeds, logs, strict=True):
                context.report(share, said, epoch=log, seed=seed)
        told = len(last.log)
        if not last.is_patient:
            break
    winner = _better(candidates, margin)
    return Choice(winner.settings.skip, winner.epoch, winner.before, winner.best)


def _better(candidates: Sequence[Candidate], margin: float) -> Candidate:
    """The best; one without skip connection only where it is better by a margin."""
    return min(candidates, key=lambda one: one.best * (1.0 if one.settings.skip == "on" else 1 + margin))


def losses_of(networks: Sequence[Network], strip: Strip, held: HeldOut, horizon: int) -> tuple[float, list[float]]:
    """The loss on held-out windows of the median of the networks, and that of each: what forecasts from there are like.

    Where an answer is a distribution the mean of the losses stands for that of the median, and where it is fed back besides,
    the next value alone is judged.
    """
    settings = strip.sight.settings
    loss = LOSSES[settings.loss]
    if settings.topology in STEPWISE and not loss.has_intervals:
        answers = [_path(network, strip, held.rows, horizon) for network in networks]
    else:
        answers = [direct(network, strip, held.rows) for network in networks]
    goals = [held.targets[:, : one.shape[1]] / network.unit for one, network in zip(answers, networks, strict=True)]
    seen = replace(held, seen=held.seen[:, : answers[0].shape[1]])
    each = [seen.mean(loss(one, goal)) for one, goal in zip(answers, goals, strict=True)]
    if len(networks) == 1 or loss.has_intervals:
        return float(np.mean(each)), each
    return seen.mean(loss(torch.stack(answers).quantile(0.5, dim=0), goals[0])), each


def _path(network: Network, strip: Strip, ends: Tensor, horizon: int) -> Tensor:
    """(N, H, 1) what was fed back, in units of the network."""
    z = torch.from_numpy(fed_back(network, strip, ends, horizon, lambda answers, _: answers[:, 0, 0])[:, 0]).to(ends.device)
    return (((z - strip.z[ends, None]) / strip.size[ends, None]).float() / network.unit)[..., None]
