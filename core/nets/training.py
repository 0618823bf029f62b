"""The training loop: plain, seeded, watched, and ending with the best weights that the validation part has seen."""

from __future__ import annotations

import math
import time

import numpy as np
import torch

from core.errors import FitError
from core.nets.device import reproducible
from core.nets.examples import MOST_VALIDATED, Examples, is_trainable, prepare, thinned
from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.nets.optimizer import Adam, clip, one_cycle
from core.nets.settings import Settings
from core.progress import Context, EpochLog
from core.series.timeseries import Panel

FEWEST_UPDATES = 8  # in an epoch: a short series is seen several times
SMALLEST_BATCH = 4
DECAY = 0.01
USUAL_RATE = 0.003


def fit(settings: Settings, train: Panel, horizon: int, context: Context) -> FittedNetwork:
    """Train one network on all series of the panel that are long enough.

    Raises FitError when the loss is not finite, Cancelled when the context says so.
    """
    panel = Panel(tuple(series for series in train if is_trainable(series, horizon)))
    prepared = prepare(panel, horizon, settings.lookback, settings.skip, context.device)
    with reproducible(context.seed, context.device):
        network = settings.network(horizon)
        network.start_from(prepared.path.weights, prepared.path.bias, prepared.size)
        network.to(context.device)
        Trainer(settings, network, prepared.examples, context).run()
    scaled = dict(zip((series.id for series in panel), prepared.scalings, strict=True))
    return FittedNetwork(settings, network.cpu().eval(), horizon, scaled, prepared.path.keeps_level)


class Trainer:
    """One training: the network, its optimiser and what has been best so far."""

    def __init__(self, settings: Settings, network: Network, examples: Examples, context: Context) -> None:
        self.settings, self.network, self.examples, self.context = settings, network, examples, context
        self.random = np.random.default_rng(context.seed)
        self.parameters = list(network.parameters())
        self.optimizer = Adam(self.parameters)
        windows = max(1, examples.train_steps // settings.lookback)
        self.batch = min(settings.batch, max(SMALLEST_BATCH, windows))
        self.updates = max(FEWEST_UPDATES, math.ceil(windows / self.batch))  # in an epoch
        self.steps = torch.arange(settings.lookback, device=context.device)

    def run(self) -> None:
        """Train until the epochs or the patience are used up, then put the best weights back."""
        start = self._start()
        self.context.report(0.0, epoch=start)
        best_loss, best_epoch, best = start.validation_loss, 0, self._weights()
        for epoch in range(1, self.settings.epochs + 1):
            log = self._epoch(epoch)
            self.context.report(epoch / self.settings.epochs, f"epoch {epoch} of {self.settings.epochs}", epoch=log)
            if log.validation_loss < best_loss:
                best_loss, best_epoch, best = log.validation_loss, epoch, self._weights()
            elif epoch - best_epoch >= self.settings.patience:
                break
        with torch.no_grad():
            for parameter, value in zip(self.parameters, best, strict=True):
                parameter.copy_(value)
        self.context.report(1.0)

    def _start(self) -> EpochLog:
        """What the linear path alone gives, as epoch 0: if no epoch is better, it is what forecasts."""
        begin = time.perf_counter()
        seen = thinned(self.examples.starts, MOST_VALIDATED) + self.settings.lookback - 1
        train, validation = self._loss_at(seen), self._loss_at(self.examples.validation)
        return EpochLog(0, train, validation, 0.0, 0.0, 0.0, time.perf_counter() - begin)

    def _epoch(self, epoch: int) -> EpochLog:
        """One pass, and what it did.  Raises FitError when the loss is not finite."""
        start, losses, norms = time.perf_counter(), [], []
        for update in range(self.updates):
            share = ((epoch - 1) * self.updates + update) / (self.settings.epochs * self.updates)
            rate = one_cycle(share, self.settings.learning_rate)
            loss, norm = self._update(rate)
            losses.append(loss)
            norms.append(norm)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise FitError(
                    f"{self.settings.label} diverged: the loss is not finite at epoch {epoch}; "
                    f"the learning rate {self.settings.learning_rate:g} is too high, try {self._calmer():g}"
                )
        clipped = float(np.mean(np.array(norms) > self.settings.clip))
        validation, seconds = self._loss_at(self.examples.validation), time.perf_counter() - start
        return EpochLog(epoch, float(np.mean(losses)), validation, float(np.mean(norms)), clipped, rate, seconds)

    def _calmer(self) -> float:
        """A learning rate to try after a divergence: a tenth, and no more than what is usual."""
        return min(self.settings.learning_rate / 10, USUAL_RATE)

    def _update(self, rate: float) -> tuple[float, float]:
        """One step of the optimiser; the loss and the gradient's norm before clipping."""
        first = torch.from_numpy(self.random.choice(self.examples.starts, self.batch)).to(self.steps.device)
        rows = first[:, None] + self.steps  # (B, L)
        answers = self.network(self.examples.inputs[rows], self.examples.linear[rows])  # (B, L, H)
        seen = self.examples.seen[rows]
        loss = (huber(answers - self.examples.targets[rows]) * seen).sum() / seen.sum().clamp(min=1.0)
        gradients = torch.autograd.grad(loss, self.parameters)
        norm = clip(gradients, self.settings.clip)
        self.optimizer.update(gradients, rate, DECAY)
        return loss.item(), norm

    @torch.no_grad()
    def _loss_at(self, last: np.ndarray) -> float:
        """Mean loss at the ends of the windows with these last steps: what forecasts from there are like."""
        self.network.eval()
        ends = torch.from_numpy(last).to(self.steps.device)
        rows = ends[:, None] + self.steps - (self.settings.lookback - 1)
        answers = self.network.last(self.examples.inputs[rows], self.examples.linear[ends])
        seen = self.examples.seen[ends]
        loss = (huber(answers - self.examples.targets[ends]) * seen).sum() / seen.sum().clamp(min=1.0)
        self.network.train()
        return float(loss) if torch.isfinite(loss) else math.inf

    def _weights(self) -> list[torch.Tensor]:
        return [parameter.detach().clone() for parameter in self.parameters]


def huber(error: torch.Tensor) -> torch.Tensor:
    """e²/2 up to 1, |e| − ½ beyond: squared error that does not run after outliers.  Source: Huber 1964."""
    return torch.nn.functional.huber_loss(error, torch.zeros_like(error), reduction="none")
