"""Truncated back-propagation: its pieces, its gradients, and that what it can and cannot learn really differs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.nets.answers import direct
from core.nets.examples import Examples
from core.nets.network import Network
from core.nets.training import Trainer, detached
from core.progress import Context
from core.windows.settings import SYNCED, Settings
from core.windows.truncation import Piece, pieces
from tests.nets.small import Closed, slopes

LENGTH, HELD = 12, 400
CLOSED = Closed(
    cell="rnn", label="RNN", hidden=8, lookback=LENGTH, topology=SYNCED, loss="mse", learning_rate=0.03, epochs=8, batch=16,
    skip="off",
)  # fmt: skip


class Coins:
    """Stands in for a strip: +1 or −1; to be said is the coin `delay` steps before, and who cannot see it errs by 1."""

    def __init__(self, settings: Settings, delay: int, steps: int, dtype: torch.dtype) -> None:
        coins = np.random.default_rng(delay).choice([-1.0, 1.0], steps)
        self.inputs = torch.from_numpy(coins).to(dtype)[:, None]
        self.sight = SimpleNamespace(settings=settings)
        self.first, self.delay = np.array([LENGTH]), delay

    def windows(self, ends: torch.Tensor, length: int) -> torch.Tensor:
        return self.inputs[ends[..., None] + torch.arange(1 - length, 1)]

    def goal(self, rows: torch.Tensor, ahead: int) -> tuple[torch.Tensor, torch.Tensor]:
        assert ahead == 1
        coins = self.inputs[rows - self.delay]
        return coins, torch.ones_like(coins)


def truncated(bptt: str, k1: int | None = None, k2: int | None = None, **more) -> Settings:
    return replace(CLOSED, bptt=bptt, k1=k1, k2=k2, **more)


def trainer_of(settings: Settings, delay: int, *, steps: int = 700, dtype: torch.dtype = torch.float32) -> Trainer:
    examples = Examples.of(Coins(settings, delay, steps, dtype), 1, np.array([min(steps - LENGTH, HELD)]))
    torch.manual_seed(4)
    network = Network(settings, 1, 0, 1).to(dtype)
    return Trainer(settings, [network], examples, (1,), Context(), settings.epochs)


def gradients_of(settings: Settings) -> tuple[Trainer, list[list[torch.Tensor]], list[float]]:
    """The gradient and the loss of each piece of one batch, no step taken; in float64, from a random head."""
    trainer = trainer_of(replace(settings, hidden=3, batch=4, clip=1e3), 2, steps=80, dtype=torch.float64)
    torch.nn.init.normal_(trainer.networks[0].head.weight)
    found = []
    trainer.optimizer.update = lambda gradients, rate: found.append([one.clone() for one in gradients])
    losses = [loss for ((loss, _, _),) in trainer._update_all(0.1)]
    return trainer, found, losses


def best_of(settings: Settings, delay: int) -> float:
    """The least mean square error on 288 coins that were not learned from."""
    trainer, losses = trainer_of(settings, delay), []
    rows = torch.arange(HELD + 2 * LENGTH, 700)
    goal, _ = trainer.examples.strip.goal(rows, 1)
    for _ in range(settings.epochs):
        trainer.epoch()
        with trainer.averaged():
            losses.append(float(((direct(trainer.networks[0], trainer.examples.strip, rows)[:, 0] - goal) ** 2).mean()))
    return min(losses)


@pytest.mark.parametrize(
    ("lookback", "k1", "k2", "expected"),
    [
        (12, 4, 4, [(0, 0, 4), (4, 4, 8), (8, 8, 12)]),
        (12, 4, 8, [(0, 0, 4), (0, 4, 8), (4, 8, 12)]),
        (12, 3, 12, [(0, 0, 3), (0, 3, 6), (0, 6, 9), (0, 9, 12)]),
        (11, 4, 8, [(0, 0, 3), (0, 3, 7), (3, 7, 11)]),  # 4 does not divide 11: the first piece is short
        (10, 4, 4, [(0, 0, 2), (2, 2, 6), (6, 6, 10)]),
        (5, 5, 5, [(0, 0, 5)]),
        (3, 1, 2, [(0, 0, 1), (0, 1, 2), (1, 2, 3)]),
    ],
)
@pytest.mark.parametrize("bptt", ["detached", "reset"])
def test_a_window_is_cut_into_these_pieces(bptt, lookback, k1, k2, expected):
    found = pieces(truncated(bptt, k1, k2, lookback=lookback))
    assert found == tuple(Piece(*one) for one in expected)
    assert [step for piece in found for step in range(piece.first, piece.end)] == list(range(lookback))  # each once
    ends = {0, *(piece.end for piece in found)}
    assert all(piece.start in ends and piece.end - piece.start <= k2 for piece in found)


def test_a_window_that_teaches_at_its_end_alone_is_cut_once():
    end_only = {"topology": "many_to_one", "lookback": 12}
    assert pieces(replace(CLOSED, **end_only)) == (Piece(0, 11, 12),)
    assert pieces(truncated("detached", 2, 4, **end_only)) == (Piece(0, 8, 8), Piece(8, 11, 12))
    assert pieces(truncated("detached", 4, 12, **end_only)) == (Piece(0, 11, 12),)
    assert pieces(truncated("reset", 2, 4, **end_only)) == (Piece(8, 11, 12),)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bptt", ["detached", "reset"])
def test_one_piece_as_long_as_the_window_is_full_back_propagation(cell, bptt):
    _, (expected,), (loss,) = gradients_of(replace(CLOSED, cell=cell))
    _, (found,), (again,) = gradients_of(truncated(bptt, LENGTH, LENGTH, cell=cell))
    assert again == loss
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(("bptt", "topology", "k1"), [
    ("detached", SYNCED, 4), ("detached", SYNCED, 8), ("detached", "many_to_one", 4), ("reset", SYNCED, 4),
    ("reset", "many_to_one", 4),
])  # fmt: skip
def test_the_gradient_of_a_piece_holds_the_state_carried_into_it_fixed(cell, bptt, topology, k1):
    trainer, gradients, losses = gradients_of(truncated(bptt, k1, 8, cell=cell, topology=topology))
    start, first = 4, 11 if topology == "many_to_one" else LENGTH - k1
    (network,), strip = trainer.networks, trainer.examples.strip
    last, learned = trainer.examples.drawn(np.random.default_rng(1), 4)
    rows = last[:, None] + np.arange(1 - LENGTH, 1)
    counts = torch.from_numpy(rows[:, first:] >= learned[:, None])
    with torch.no_grad():
        carried = detached(network.reader(strip.inputs[rows[:, :start]])[1]) if bptt == "detached" else None

    @torch.no_grad()
    def loss_now() -> float:
        states, _ = network.reader(strip.inputs[rows[:, start:]], carried)
        said = network.head(states[:, first - LENGTH :])[..., 0]
        return float(((said - strip.inputs[rows[:, first:] - 2][..., 0]) ** 2)[counts].mean())

    assert losses[-1] == pytest.approx(loss_now(), rel=1e-12)
    for parameter, gradient in zip(trainer.parameters, gradients[-1], strict=True):
        np.testing.assert_allclose(gradient.numpy().ravel(), slopes(parameter, loss_now), atol=1e-7)


def test_detached_and_reset_pieces_teach_differently():
    _, detached_, _ = gradients_of(truncated("detached", 4, 4))
    _, reset, _ = gradients_of(truncated("reset", 4, 4))
    for one, other in zip(detached_[0], reset[0], strict=True):
        assert torch.equal(one, other)  # the first piece begins with the window in both
    assert not torch.allclose(detached_[1][0], reset[1][0], rtol=0.01)


@pytest.mark.parametrize(("bptt", "k1", "k2"), [("full", None, None), ("detached", 2, 4), ("reset", 2, 4)])
def test_a_delay_within_the_reach_of_the_gradient_is_learned(bptt, k1, k2):
    assert best_of(truncated(bptt, k1, k2), delay=3) < 0.1  # three steps back and the step itself: four


def test_a_delay_beyond_the_reach_is_out_of_sight_with_reset_and_only_carried_with_detached():
    """Three steps are read, and what is wanted came three before: no reset network can know; a carried state may hold it."""
    assert best_of(truncated("reset", 3, 3), delay=3) > 0.97  # 288 coins and an answer that fits them by chance
    assert best_of(truncated("detached", 3, 3), delay=3) < 0.6


def test_no_gradient_teaches_a_detached_network_to_hold_what_its_state_loses():
    """What full back-propagation teaches a GRU to keep, gradients through one of the three steps do not reach."""
    cell = {"cell": "gru", "learning_rate": 0.05}
    assert best_of(truncated("full", **cell), delay=2) < 0.1
    assert best_of(truncated("detached", 1, 1, **cell), delay=2) > 0.35
