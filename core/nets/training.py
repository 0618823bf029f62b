"""The training loop: plain, seeded, watched, and ending with the best weights that the validation part has seen."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from core.errors import FitError
from core.nets.cells import Carried
from core.nets.device import reproducible
from core.nets.examples import Examples, is_trainable, most_validated, prepare, thinned
from core.nets.fitted import FittedNetwork
from core.nets.losses import LOSSES
from core.nets.network import FORKS, Network
from core.nets.optimizer import clip, make_optimizer, one_cycle
from core.progress import Context, EpochLog
from core.series.timeseries import Panel
from core.windows.linear import LinearPath
from core.windows.settings import STEPWISE, Settings
from core.windows.truncation import Piece, pieces

FEWEST_UPDATES = 8  # in an epoch: a short series is seen several times
SMALLEST_BATCH = 4
USUAL_RATE = 0.003
MOST_FAILURES = 3  # divergences before training gives up
DIVERGED = (
    1e6  # a loss from which on training has diverged, finite or not: the linear path that it starts from has one of about 1
)
LEAST_GAIN = 0.05  # of the validation loss that training starts from
LUCK = 0.5  # the gain that luck may make on one validation window
PLATEAU = 3  # a plateau lasts so much less than the patience


def fit(settings: Settings, train: Panel, horizon: int, context: Context, *, path: LinearPath | None = None) -> FittedNetwork:
    """Train one network on all series of the panel that are long enough, from a linear path of its own or the given one.

    Where training gains nothing, its own path alone forecasts, fitted anew to the whole panel: nothing is left to validate.

    Raises FitError when it diverges time and again, Cancelled when the context says so.
    """
    ahead = settings.ahead(horizon)
    panel = Panel(tuple(series for series in train if is_trainable(series, ahead)))
    prepared = prepare(panel, ahead, settings, context.device, path)
    with reproducible(context.seed, context.device):
        channels, extras = prepared.examples.inputs.shape[1], prepared.extras
        network = Network(settings, channels, settings.skip, ahead, extras.told, extras.beside)
        network.start_from(prepared.path.weights, prepared.path.bias, prepared.size)
        network.to(context.device)
        trainer = Trainer(settings, network, prepared.examples, context)
        trainer.run()
        if prepared.whole is not None and not trainer.is_learned:
            network.start_from(prepared.whole.weights, prepared.whole.bias, prepared.size)
    scaled = dict(zip((series.id for series in panel), prepared.scalings, strict=True))
    notes = (*_left_out(settings, panel), *trainer.notes)
    return FittedNetwork(settings, network.cpu().eval(), horizon, scaled, prepared.path.keeps_level, prepared.extras, notes)


def _left_out(settings: Settings, panel: Panel) -> tuple[str, ...]:
    """Words for covariates that the topology cannot use."""
    past = {
        name
        for one in panel
        if one.inputs
        for name, role in zip(one.inputs.names, one.inputs.roles, strict=True)
        if role == "past"
    }
    if not (past and settings.covariates and settings.topology in STEPWISE):
        return ()
    why = "a forecast that is fed back needs covariates of steps that nobody knows yet"
    return (f"{', '.join(sorted(past))} left out: {why}; one_to_many and encoder_decoder can use them",)


class Trainer:
    """One training: the network, its optimiser and what has been best so far."""

    def __init__(self, settings: Settings, network: Network, examples: Examples, context: Context) -> None:
        self.settings, self.network, self.examples, self.context = settings, network, examples, context
        self.loss = LOSSES[settings.loss]
        self.pieces = pieces(settings)
        self.random = np.random.default_rng(context.seed)
        self.parameters = list(network.parameters())
        self.optimizer = make_optimizer(settings.optimizer, self.parameters)
        self.top_rate, self.failures, self.notes, self.is_learned = settings.learning_rate, 0, [], False
        each = settings.lookback if settings.answers_at_every_step else 1  # labels that a window teaches
        windows = max(1, examples.train_steps // each)
        self.batch = min(settings.batch, max(SMALLEST_BATCH, windows))
        self.updates = max(FEWEST_UPDATES, math.ceil(windows / self.batch))  # in an epoch
        self.steps = torch.arange(settings.lookback, device=context.device)

    def run(self) -> None:
        """Train until the epochs or the patience are used up, then put the best weights back: the first, if hardly worse."""
        start, first = self._start(), self._weights()
        self.context.report(0.0, epoch=start)
        best_loss, best_epoch, calm_since, best = start.validation_loss, 0, 0, first
        for epoch in range(1, self.settings.epochs + 1):
            log = self._epoch(epoch)
            if log is None:
                self._go_back(best, epoch)
                continue
            self.context.report(epoch / self.settings.epochs, f"epoch {epoch} of {self.settings.epochs}", epoch=log)
            if log.validation_loss < best_loss:
                best_loss, best_epoch, calm_since, best = log.validation_loss, epoch, epoch, self._weights()
            elif epoch - best_epoch >= self.settings.patience:
                break
            elif self.settings.schedule == "plateau" and epoch - calm_since >= math.ceil(self.settings.patience / PLATEAU):
                self.top_rate, calm_since = self.top_rate / 2, epoch
        gain = is_gain_of_likelihood if self.loss.is_likelihood else is_gain
        self.is_learned = gain(start.validation_loss, best_loss, self.examples.independent)
        self._restore(best if self.is_learned else first)
        self.context.report(1.0)

    def _start(self) -> EpochLog:
        """What the linear path alone gives, as epoch 0: if no epoch is better, it is what forecasts."""
        begin = time.perf_counter()
        starts = thinned(self.examples.starts, most_validated(self.examples.targets.shape[1]))
        seen = starts + self.settings.lookback - 1
        train, validation = self._loss_at(seen), self._loss_at(self.examples.validation)
        return EpochLog(0, train, validation, 0.0, 0.0, 0.0, time.perf_counter() - begin)

    def _epoch(self, epoch: int) -> EpochLog | None:
        """One pass, and what it did; None as soon as it diverges."""
        start, losses, norms, clipped = time.perf_counter(), [], [], []
        for update in range(self.updates):
            rate = self._rate(((epoch - 1) * self.updates + update) / (self.settings.epochs * self.updates))
            for loss, norm, is_clipped in self._window(rate):
                if not (loss < DIVERGED and math.isfinite(norm)):
                    return None
                losses.append(loss)
                norms.append(norm)
                clipped.append(is_clipped)
        validation, seconds = self._loss_at(self.examples.validation), time.perf_counter() - start
        train, norm, share = (float(np.mean(one)) for one in (losses, norms, clipped))
        return EpochLog(epoch, train, validation, norm, share, rate, seconds)

    def _rate(self, share: float) -> float:
        return one_cycle(share, self.top_rate) if self.settings.schedule == "one_cycle" else self.top_rate

    def _go_back(self, best: list[torch.Tensor], epoch: int) -> None:
        """Back to the best weights, at half the rate.  Raises FitError when that has not helped often enough."""
        self.failures += 1
        if self.failures in (MOST_FAILURES, self.settings.epochs):  # or no epoch was ever sound
            calmer = min(self.settings.learning_rate / 10, USUAL_RATE)
            again = f"{self.failures} times, though the learning rate was halved each time, last "
            raise FitError(
                f"{self.settings.label} diverged {again if self.failures > 1 else ''}at epoch {epoch}; the learning rate "
                f"{self.settings.learning_rate:g} is too high, try {calmer:g}"
            )
        self._restore(best)
        self.optimizer = make_optimizer(self.settings.optimizer, self.parameters)
        self.top_rate /= 2
        said = f"training diverged at epoch {epoch}: back to the best weights, learning rate halved to {self.top_rate:g}"
        self.notes.append(said)
        self.context.report(epoch / self.settings.epochs, said)

    def _window(self, rate: float) -> Iterator[tuple[float, float, bool]]:
        """The updates on a batch of windows, piece by piece: loss, norm of the gradient as it was, whether it was clipped."""
        first = torch.from_numpy(self.random.choice(self.examples.starts, self.batch)).to(self.steps.device)
        rows = first[:, None] + self.steps  # (B, L)
        held: dict[int, Carried | None] = {0: None}
        for piece in self.pieces:
            carried = held.get(piece.start) if self.settings.bptt == "detached" else None
            if piece.first == piece.end:
                with torch.no_grad():
                    held[piece.end] = self.network.reader(self.examples.inputs[rows[:, piece.start : piece.end]], carried)[1]
                continue
            *found, after = self._update(rows, piece, carried, rate)
            held[piece.end] = detached(after)
            yield tuple(found)

    def _update(
        self, rows: torch.Tensor, piece: Piece, carried: Carried | None, rate: float
    ) -> tuple[float, float, bool, Carried | None]:
        """One step of the optimiser on the answers of a piece."""
        read, at = rows[:, piece.start : piece.end], self._asked(piece)
        asked = read if at is None else read[:, at]  # (B, P)
        targets, seen = self.examples.targets[asked], self.examples.seen[asked]
        is_told = self.network.decoder is not None and self.random.random() < self.settings.teacher_forcing
        with self._precision():
            answers, carried = self.network(
                self.examples.inputs[read], self.examples.linear[asked], carried, at=at, truth=targets if is_told else None
            )
        loss = (self.loss(answers.to(targets.dtype), targets) * seen).sum() / seen.sum().clamp(min=1.0)
        gradients = torch.autograd.grad(loss, self.parameters)
        norm, is_clipped = clip(gradients, self.settings.clip, self.settings.clip_by)
        self.optimizer.update(gradients, rate)
        return loss.item(), norm, is_clipped, carried

    def _asked(self, piece: Piece) -> torch.Tensor | None:
        """(P,) the steps of a piece that are answered at; None for all of them."""
        length = piece.end - piece.start
        if not self.settings.answers_at_every_step:
            return self.steps.new_tensor([-1])
        at = np.arange(piece.first - piece.start, length)
        if self.network.decoder is not None:
            at = np.sort(self.random.choice(at, min(FORKS, len(at)), replace=False))
        return None if len(at) == length else torch.from_numpy(at).to(self.steps.device)

    def _precision(self) -> AbstractContextManager:
        """Products in bfloat16 on a GPU, if the settings say so; weights, sums and the loss stay in single precision."""
        is_mixed = self.settings.precision == "mixed" and self.context.device == "cuda"
        return torch.autocast("cuda", torch.bfloat16) if is_mixed else nullcontext()

    @torch.no_grad()
    def _loss_at(self, last: np.ndarray) -> float:
        """Mean loss at the ends of the windows with these last steps: what forecasts from there are like."""
        self.network.eval()
        ends = torch.from_numpy(last).to(self.steps.device)
        rows = ends[:, None] + self.steps[-self.settings.reach :] - (self.settings.lookback - 1)
        answers = self.network.last(self.examples.inputs[rows], self.examples.linear[ends])
        seen = self.examples.seen[ends]
        loss = (self.loss(answers, self.examples.targets[ends]) * seen).sum() / seen.sum().clamp(min=1.0)
        self.network.train()
        return float(loss) if torch.isfinite(loss) else math.inf

    def _weights(self) -> list[torch.Tensor]:
        return [parameter.detach().clone() for parameter in self.parameters]

    def _restore(self, weights: list[torch.Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.parameters, weights, strict=True):
                parameter.copy_(value)


def is_gain(start: float, best: float, windows: float) -> bool:
    """Whether training that lowered the validation loss of epoch 0 from `start` to `best`, none below 0, gained more than luck.

    The least of many noisy losses lies below the first even where nothing is learned, and the further, the fewer independent
    `windows` they were taken from. On sunspots, 12 steps ahead, there are two of them, and gains of up to a third went
    with forecasts that were worse by a third; on simulated series of 200 to 2,000 steps two of three gains below LEAST_GAIN
    were lost on the steps after.
    """
    if math.isinf(start):
        return best < start
    return start - best > _luck(windows) * start


def is_gain_of_likelihood(start: float, best: float, windows: float) -> bool:
    """The same where the losses are − log densities, in nats a value, which may be of either sign: by their difference.

    It must exceed − ½ log(1 − s) nats, which a normal likelihood gains where its variance falls by the share s that luck makes:
    0.026 of many windows, 0.35 of one.
    """
    if math.isinf(start):
        return best < start
    return start - best > -0.5 * math.log1p(-_luck(windows))


def _luck(windows: float) -> float:
    """The share of a loss that luck may save on so many independent validation windows."""
    return max(LEAST_GAIN, LUCK / math.sqrt(max(windows, 1.0)))


def detached(carried: Carried | None) -> Carried | None:
    """The same state, with no gradient back into what made it."""
    if carried is None or isinstance(carried, torch.Tensor):
        return carried if carried is None else carried.detach()
    return tuple(part.detach() for part in carried)
