"""A loss that is not finite or beyond measure: back to the weights before at half the rate, said so; three times end it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import FitError
from core.nets.losses import LOSSES, Loss
from core.nets.optimizer import one_cycle
from tests.nets.small import CHEAP, HORIZON, MODELS, fit, series_of, trainer_of, walk

CONSTANT = replace(CHEAP, epochs=7, batch=8, learning_rate=0.02)
UPDATES = 8  # in an epoch of 60 points
HUBER = LOSSES["huber"]


class Spoilt(Loss):
    """Huber's loss, but `value` times it at the updates with these numbers, from 0."""

    outputs, has_intervals = 1, False

    def __init__(self, updates, value: float = np.nan) -> None:
        self.updates, self.value, self.count = set(updates), value, 0

    def start(self) -> torch.Tensor:
        return HUBER.start()

    def __call__(self, answers: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = HUBER(answers, targets)
        self.count += 1
        return loss * self.value if self.count - 1 in self.updates else loss


class Watched:
    """A training epoch by epoch, with the weights, their averages and the optimiser after each."""

    def __init__(self, settings, loss: Loss) -> None:
        self.trainer = trainer_of(settings, series_of(walk(60)), seeds=(2,))
        self.trainer.loss = loss
        self.logs, self.states, self.optimizers = [], [self.state], [self.trainer.optimizer]

    @property
    def state(self) -> list[torch.Tensor]:
        return [one.detach().clone() for one in (*self.trainer.parameters, *self.trainer.average)]

    def run(self) -> "Watched":
        for _ in range(self.trainer.epochs):
            self.logs += self.trainer.epoch()
            self.states.append(self.state)
            self.optimizers.append(self.trainer.optimizer)
        return self


def equal(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e8])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_an_odd_loss_takes_the_weights_before_back_and_halves_the_rate(value, optimizer, monkeypatch):
    watched = Watched(replace(CONSTANT, optimizer=optimizer), Spoilt([2 * UPDATES + 3], value))  # in the third epoch
    before = []
    go_back = watched.trainer._go_back
    monkeypatch.setattr(watched.trainer, "_go_back", lambda: (go_back(), before.append(watched.state)))
    watched.run()
    assert watched.trainer.notes == ["training diverged at epoch 3: back to the weights before, learning rate 0.01"]
    assert equal(before[0], watched.states[2]), "weights and averages are those after the second epoch"
    assert watched.optimizers[3] is not watched.optimizers[2], "nothing is remembered of the odd gradient"
    assert watched.optimizers[2] is watched.optimizers[1]
    assert [log.epoch for log in watched.logs] == list(range(1, 8)), "all epochs are trained"
    rates = [top * min(1, (8 * epoch + 1) / 50) for epoch, top in zip(range(1, 8), [0.02] * 2 + [0.01] * 5, strict=True)]
    np.testing.assert_allclose([log.learning_rate for log in watched.logs], rates)
    assert all(torch.isfinite(one).all() for one in watched.state)


def test_under_one_cycle_the_rest_of_the_cycle_is_half_as_high():
    halved = Watched(replace(CONSTANT, schedule="one_cycle"), Spoilt([UPDATES + 2])).run()
    rates = [one_cycle(epoch / 7, 0.02) / (2 if epoch > 1 else 1) for epoch in range(1, 8)]
    np.testing.assert_allclose([log.learning_rate for log in halved.logs], rates)


def test_two_odd_losses_are_survived_and_a_third_ends_the_training():
    twice = Watched(CONSTANT, Spoilt([3, UPDATES])).run()  # the first try of the first epoch broke off after four updates
    assert [note.split(":")[0] for note in twice.trainer.notes] == ["training diverged at epoch 1"] * 2
    assert twice.trainer.notes[1].endswith("learning rate 0.005")
    with pytest.raises(FitError) as caught:
        Watched(CONSTANT, Spoilt(range(1000))).run()
    assert str(caught.value) == (
        "GRU diverged 3 times, though the learning rate was halved each time, last at epoch 1; the learning rate "
        "0.02 is too high, try 0.002"
    )


def test_a_gradient_that_is_not_finite_is_an_odd_loss_too():
    class Steep(Spoilt):
        """Finite itself, with an infinite slope where the answer is."""

        def __call__(self, answers, targets):
            self.count += 1
            kink = torch.sqrt(torch.zeros_like(answers[..., 0]) * answers[..., 0])
            return HUBER(answers, targets) + (kink if self.count - 1 in self.updates else 0)

    watched = Watched(CONSTANT, Steep([UPDATES + 1])).run()
    assert len(watched.trainer.notes) == 1
    assert all(torch.isfinite(one).all() for one in watched.state)


def test_a_window_with_an_infinity_never_gets_into_the_weights():
    watched = Watched(CONSTANT, HUBER)
    strip = watched.trainer.examples.strip
    strip.inputs[strip.first[0] + 20] = torch.inf
    with pytest.raises(FitError, match="GRU diverged 3 times"):
        watched.run()
    assert all(torch.isfinite(one).all() for one in watched.trainer.sound)


def test_one_seed_that_diverges_takes_all_of_its_training_back():
    """Seeds that are trained as one program share their rate, and so does what is said of it."""
    trainer = trainer_of(CONSTANT, series_of(walk(60)), seeds=(2, 3))
    trainer.loss = Spoilt([3])  # the second update of the second seed
    trainer.epoch()
    assert trainer.notes == ["training diverged at epoch 1: back to the weights before, learning rate 0.01"]


def test_the_notes_of_a_training_come_with_what_was_fitted(monkeypatch):
    monkeypatch.setitem(LOSSES, "mae", Spoilt([UPDATES + 2]))
    fitted = fit(replace(MODELS["gru many_to_many_direct"], epochs=3), series_of(walk(60)))
    assert "training diverged at epoch 2: back to the weights before, learning rate 0.002" in fitted.notes
    assert np.isfinite(fitted.forecast(series_of(walk(60)), HORIZON).point).all()


def test_a_training_that_rolled_back_is_the_same_every_time():
    found = [Watched(replace(CONSTANT, dropout=0.3), Spoilt([4, 21])).run().state for _ in range(2)]
    assert equal(*found)
