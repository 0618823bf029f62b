"""A loss that is not finite, or beyond all measure: back to the best weights at half the rate, said so; three times end it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import FitError
from core.nets.examples import prepare
from core.nets.losses import LOSSES, Loss
from core.nets.network import Network
from core.nets.training import Trainer
from core.progress import Context
from core.series.timeseries import Panel
from tests.nets.small import CHEAP, HORIZON, MODELS, fit, series_of, walk

CONSTANT = replace(CHEAP, epochs=7, patience=99, batch=8, learning_rate=0.02, schedule="constant")
UPDATES = 8  # in an epoch of 60 points
HUBER = LOSSES["huber"]


class Spoilt(Loss):
    """Huber's loss, but `value` at the updates with these numbers, from 0."""

    outputs, has_intervals = 1, False

    def __init__(self, updates, value: float = np.nan) -> None:
        self.updates, self.value, self.count = set(updates), value, 0

    def start(self) -> torch.Tensor:
        return HUBER.start()

    def __call__(self, answers: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = HUBER(answers, targets)
        if not answers.requires_grad:  # a validation
            return loss
        self.count += 1
        return loss * self.value if self.count - 1 in self.updates else loss


class Watched:
    """A training with everything that it reports, and the weights and the optimiser's state at each report."""

    def __init__(self, settings, loss: Loss) -> None:
        self.said, self.logs, self.weights, self.optimizers = [], [], [], []
        examples = prepare(Panel((series_of(walk(60)),)), HORIZON, settings, "cpu").examples
        torch.manual_seed(0)
        self.network = Network(settings, 2, settings.skip, HORIZON)
        self.trainer = Trainer(settings, self.network, examples, Context(seed=2, watch=self.watch))
        self.trainer.loss = loss

    def watch(self, progress) -> None:
        self.said.append(progress.message)
        self.logs.append(progress.epoch)
        self.weights.append([one.detach().clone() for one in self.network.parameters()])
        self.optimizers.append(self.trainer.optimizer)

    @property
    def best(self) -> list[torch.Tensor]:
        """The weights of the epoch with the least validation loss."""
        losses = [np.inf if log is None else log.validation_loss for log in self.logs]
        return self.weights[int(np.argmin(losses))]


def equal(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_one_odd_loss_takes_the_best_weights_back_and_halves_the_rate(value, optimizer):
    odd = 2 * UPDATES + 3  # in the third epoch
    watched = Watched(replace(CONSTANT, optimizer=optimizer), Spoilt([odd], value))
    watched.trainer.run()
    said = "training diverged at epoch 3: back to the best weights, learning rate halved to 0.01"
    assert watched.trainer.notes == [said]
    assert [log.epoch for log in watched.logs if log] == [0, 1, 2, 4, 5, 6, 7]  # and training goes on
    assert [log.learning_rate for log in watched.logs if log] == [0, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01]
    place = watched.said.index(said)
    before = [log.validation_loss for log in watched.logs[:place]]
    assert equal(watched.weights[place], watched.weights[int(np.argmin(before))])
    assert watched.optimizers[place] is not watched.optimizers[place - 1], "nothing is remembered of the odd gradient"
    assert not equal(watched.weights[place + 1], watched.weights[place])
    assert all(torch.isfinite(one).all() for one in watched.network.parameters())
    assert equal(list(watched.network.parameters()), watched.best)


def test_under_one_cycle_the_rest_of_the_cycle_is_half_as_high():
    plain, halved = (Watched(replace(CONSTANT, schedule="one_cycle"), Spoilt(odd)) for odd in ([], [UPDATES + 2]))
    plain.trainer.run()
    halved.trainer.run()
    whole = {log.epoch: log.learning_rate for log in plain.logs if log}
    found = {log.epoch: log.learning_rate for log in halved.logs if log}
    assert found == {epoch: rate / 2 if epoch > 2 else rate for epoch, rate in whole.items() if epoch != 2}


def test_two_odd_losses_are_survived_and_a_third_ends_the_training():
    twice = Watched(CONSTANT, Spoilt([3, UPDATES]))  # the first of the second epoch: the epoch before broke off after four
    twice.trainer.run()
    assert [note.split(":")[0] for note in twice.trainer.notes] == [f"training diverged at epoch {n}" for n in (1, 2)]
    assert twice.trainer.notes[1].endswith("halved to 0.005")
    with pytest.raises(FitError) as caught:
        Watched(CONSTANT, Spoilt(range(1000))).trainer.run()
    assert str(caught.value) == (
        "GRU diverged 3 times, though the learning rate was halved each time, last at epoch 3; the learning rate "
        "0.02 is too high, try 0.002"
    )


def test_a_gradient_that_is_not_finite_is_an_odd_loss_too():
    class Steep(Spoilt):
        """Finite itself, with an infinite slope where the answer is."""

        def __call__(self, answers, targets):
            loss = HUBER(answers, targets)
            if not answers.requires_grad:
                return loss
            self.count += 1
            kink = torch.sqrt(torch.zeros_like(answers[..., 0]) * answers[..., 0])
            return loss + kink if self.count - 1 in self.updates else loss

    watched = Watched(CONSTANT, Steep([UPDATES + 1]))
    watched.trainer.run()
    assert len(watched.trainer.notes) == 1
    assert all(torch.isfinite(one).all() for one in watched.network.parameters())


def test_a_window_with_an_infinity_never_gets_into_the_weights():
    watched = Watched(replace(CONSTANT, epochs=1), HUBER)
    examples = watched.trainer.examples
    examples.inputs[examples.starts[5] + CHEAP.lookback - 1, 0] = torch.inf
    with pytest.raises(
        FitError, match="GRU diverged at epoch 1; the learning rate"
    ):  # no epoch was sound: it is not a forecaster
        watched.trainer.run()


def test_the_notes_of_a_training_come_with_what_was_fitted(monkeypatch):
    monkeypatch.setitem(LOSSES, "huber", Spoilt([UPDATES + 2]))
    fitted = fit(replace(MODELS["gru one_to_many"], epochs=3), series_of(walk(60)))
    assert len(fitted.notes) == 1
    assert "training diverged at epoch 2: back to the best weights" in fitted.notes[0]
    assert np.isfinite(fitted.forecast(series_of(walk(60)), HORIZON).point).all()


def test_a_training_that_rolled_back_is_the_same_every_time():
    found = []
    for _ in range(2):
        watched = Watched(replace(CONSTANT, dropout=0.3), Spoilt([4, 21]))
        watched.trainer.run()
        found.append(list(watched.network.parameters()))
    assert equal(*found)
