"""Truncated back-propagation: its pieces, its gradients, and that what it can and cannot learn really differs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.nets.examples import Examples
from core.nets.network import Network
from core.nets.training import Trainer, detached
from core.progress import Context
from core.windows.settings import Settings
from core.windows.truncation import Piece, pieces
from tests.nets.small import Closed, slopes

LENGTH = 12
SYNCED = Closed(
    cell="rnn", label="RNN", hidden=8, lookback=LENGTH, topology="synced", loss="mse", learning_rate=0.03, epochs=8,
    patience=99, batch=16,
)  # fmt: skip


def delayed(delay: int, *, steps: int = 700) -> Examples:
    """Coins, +1 or −1, and to be said at each step the coin `delay` steps before: who cannot see it errs by 1 on average."""
    coins = np.random.default_rng(delay).choice([-1.0, 1.0], steps)
    inputs, targets = torch.from_numpy(coins).float()[:, None], torch.zeros(steps, 1)
    targets[delay:] = inputs[: steps - delay]
    seen = torch.ones(steps, 1)
    starts, validation = np.arange(delay, 400), np.arange(400 + LENGTH, steps)
    return Examples(inputs, torch.zeros(steps, 1), targets, seen, starts, validation, 400, 300.0)


def truncated(bptt: str, k1: int | None = None, k2: int | None = None, **more) -> Settings:
    return replace(SYNCED, bptt=bptt, k1=k1, k2=k2, **more)


def trainer_of(settings: Settings, examples: Examples, watch=None) -> Trainer:
    torch.manual_seed(4)
    network = Network(settings, 1, 0, 1)
    network.start_from(np.zeros((1, 1)), np.zeros(1), np.ones(1))
    return Trainer(settings, network, examples, Context(seed=1, watch=watch) if watch else Context(seed=1))


def gradients_of(settings: Settings) -> tuple[Trainer, list[list[torch.Tensor]], list[float]]:
    """The gradient and the loss of each piece of one batch, no step taken; in float64, from a random head."""
    examples = delayed(2, steps=80)
    tensors = (getattr(examples, name).double() for name in ("inputs", "linear", "targets", "seen"))
    double = Examples(*tensors, np.arange(2, 40), np.arange(60, 80), 40, 20.0)
    trainer = trainer_of(replace(settings, hidden=3, batch=4, clip=1e3), double)
    torch.nn.init.normal_(trainer.network.double().head.weight)
    found = []
    trainer.optimizer.update = lambda gradients, rate: found.append([one.clone() for one in gradients])
    losses = [loss for loss, _, _ in trainer._window(0.1)]
    return trainer, found, losses


def best_of(settings: Settings, delay: int) -> float:
    """The least validation loss of a training."""
    losses = []
    trainer_of(
        settings, delayed(delay), lambda progress: progress.epoch and losses.append(progress.epoch.validation_loss)
    ).run()
    assert losses[0] == pytest.approx(1.0), "epoch 0 says nothing, and errs by a whole coin squared"
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
    assert pieces(replace(SYNCED, **end_only)) == (Piece(0, 11, 12),)
    assert pieces(truncated("detached", 2, 4, **end_only)) == (Piece(0, 8, 8), Piece(8, 11, 12))
    assert pieces(truncated("detached", 4, 12, **end_only)) == (Piece(0, 11, 12),)
    assert pieces(truncated("reset", 2, 4, **end_only)) == (Piece(8, 11, 12),)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bptt", ["detached", "reset"])
def test_one_piece_as_long_as_the_window_is_full_back_propagation(cell, bptt):
    _, (expected,), (loss,) = gradients_of(replace(SYNCED, cell=cell))
    _, (found,), (again,) = gradients_of(truncated(bptt, LENGTH, LENGTH, cell=cell))
    assert again == loss
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(("bptt", "topology", "k1"), [
    ("detached", "synced", 4), ("detached", "synced", 8), ("detached", "many_to_one", 4), ("reset", "synced", 4),
    ("reset", "many_to_one", 4),
])  # fmt: skip
def test_the_gradient_of_a_piece_holds_the_state_carried_into_it_fixed(cell, bptt, topology, k1):
    trainer, gradients, losses = gradients_of(truncated(bptt, k1, 8, cell=cell, topology=topology))
    start, first = 4, 11 if topology == "many_to_one" else LENGTH - k1
    network, examples = trainer.network, trainer.examples
    rows = np.random.default_rng(1).choice(examples.starts, 4)[:, None] + np.arange(LENGTH)
    with torch.no_grad():
        carried = detached(network.reader(examples.inputs[rows[:, :start]])[1]) if bptt == "detached" else None

    @torch.no_grad()
    def loss_now() -> float:
        states, _ = network.reader(examples.inputs[rows[:, start:]], carried)
        said = network.head(states[:, first - LENGTH :])[..., 0] + network.linear(examples.linear[rows[:, first:]])[..., 0]
        return float(((said - examples.targets[rows[:, first:]][..., 0]) ** 2).mean())

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
    assert best_of(truncated("detached", 3, 3), delay=3) < 0.3


def test_no_gradient_teaches_a_detached_network_to_hold_what_its_state_loses():
    """What full back-propagation teaches a GRU to keep, gradients through one of the three steps do not reach."""
    cell = {"cell": "gru", "learning_rate": 0.05}
    assert best_of(truncated("full", **cell), delay=2) < 0.1
    assert best_of(truncated("detached", 1, 1, **cell), delay=2) > 0.6
