"""The decoder: step by step on torch's own cells, teacher forcing that tells the past alone, and what is known ahead."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from core.nets.decoder import Decoder
from core.nets.fitted import FittedNetwork
from core.nets.losses import LOSSES
from core.nets.network import FORKS
from core.series.timeseries import Inputs
from core.windows.extras import Extras
from core.windows.scale import Scale
from tests.nets.small import CHEAP, HORIZON, batch, network_of, series_of, sight_of, trainer_of, walk

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CODED = replace(CHEAP, topology="encoder_decoder")
every_cell = pytest.mark.parametrize("cell", TORCH)
WIDTH, KNOWN, ROWS = 5, 2, 4


def coded(cell: str, loss: str = "gaussian") -> tuple[Decoder, nn.Linear, list[torch.Tensor]]:
    """A decoder, its head, and states (N, D), base (N, H), known (N, H, E) to call it with, in float64."""
    torch.manual_seed(5)
    settings = replace(CODED, cell=cell, loss=loss)
    decoder, head = Decoder(settings, WIDTH, KNOWN).double(), nn.Linear(4, LOSSES[loss].outputs).double()
    sizes = ((ROWS, WIDTH), (ROWS, HORIZON), (ROWS, HORIZON, KNOWN))
    return decoder, head, [torch.randn(size, dtype=torch.float64) for size in sizes]


@every_cell
@torch.no_grad()
def test_each_step_hears_its_own_answer_the_skip_connection_and_what_is_known_of_it(cell):
    decoder, head, (states, base, known) = coded(cell)
    oracle = TORCH[cell](2 + KNOWN, 4, batch_first=True).double()
    oracle.load_state_dict(decoder.cell.state_dict())
    found = decoder(states, base, known, None, head).numpy()
    start = torch.tanh(states @ decoder.first.weight.T + decoder.first.bias)
    for row in range(ROWS):
        carried = start[row][None, None]
        carried = (carried[..., :4].contiguous(), carried[..., 4:].contiguous()) if cell == "lstm" else carried
        before = 0.0
        for step in range(HORIZON):
            entering = torch.tensor([before, base[row, step], *known[row, step]], dtype=torch.float64)
            seen, carried = oracle(entering[None, None], carried)
            place, scale = (head.weight @ seen[0, 0] + head.bias).tolist()
            before = place + float(base[row, step])
            np.testing.assert_allclose(found[row, step], [before, scale], rtol=1e-9)


@every_cell
@pytest.mark.parametrize("loss", LOSSES)
@torch.no_grad()
def test_a_decoder_told_its_own_answers_says_them_again(cell, loss):
    decoder, head, (states, base, known) = coded(cell, loss)
    alone = decoder(states, base, known, None, head)
    told = decoder(states, base, known, alone[..., 0], head)
    torch.testing.assert_close(told, alone, rtol=1e-12, atol=1e-12)


@every_cell
@torch.no_grad()
def test_the_truth_of_a_step_is_told_to_the_steps_after_it_alone(cell):
    decoder, head, (states, base, known) = coded(cell)
    truth = torch.randn(ROWS, HORIZON, dtype=torch.float64)
    before = decoder(states, base, known, truth, head)
    for step in range(HORIZON):
        other = truth.clone()
        other[:, step] += 5.0
        after = decoder(states, base, known, other, head)
        assert torch.equal(after[:, : step + 1], before[:, : step + 1])
        assert (after[:, step + 1 :] != before[:, step + 1 :]).all()


@every_cell
@pytest.mark.parametrize("is_told", [True, False])
@torch.no_grad()
def test_what_is_known_of_a_step_reaches_that_step_and_those_after_it(cell, is_told):
    decoder, head, (states, base, known) = coded(cell)
    truth = torch.ones(ROWS, HORIZON, dtype=torch.float64) if is_told else None
    before = decoder(states, base, known, truth, head)
    for step in range(HORIZON):
        other = known.clone()
        other[:, step, 1] += 3.0
        after = decoder(states, base, other, truth, head)
        assert torch.equal(after[:, :step], before[:, :step])
        assert (after[:, step:] != before[:, step:]).all()


@torch.no_grad()
def test_a_horizon_of_one_has_nothing_to_be_told():
    network, (inputs, linear) = network_of(CODED, horizon=1), batch(CODED)
    alone, _ = network(inputs, linear)
    assert alone.shape == (3, CODED.lookback, 1, 1)
    told, _ = network(inputs, linear, truth=torch.full((3, CODED.lookback, 1), 9.0))
    torch.testing.assert_close(told, alone, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("both", [False, True], ids=["onward", "both ways"])
@torch.no_grad()
def test_a_network_told_its_own_answers_says_them_again_at_any_steps(both):
    settings = replace(CODED, bidirectional=both)
    network, (inputs, linear) = network_of(settings, 2 + 2 * HORIZON, known=2), batch(settings, 2 + 2 * HORIZON)
    at = None if both else torch.tensor([1, 2, 6])
    asked = linear[:, -1:] if both else linear[:, at]
    alone, _ = network(inputs, asked, at=at)
    last, _ = network(inputs, linear[:, -1:], at=None if both else torch.tensor([-1]))
    torch.testing.assert_close(alone[:, -1:], last, rtol=1e-6, atol=1e-6)
    told, _ = network(inputs, asked, at=at, truth=alone[..., 0])
    torch.testing.assert_close(told, alone, rtol=1e-5, atol=1e-6)


class Listening(nn.Module):
    """Stands in for a decoder and keeps what it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = []

    def forward(self, states, base, known, truth, head):
        self.heard.append((states, base, known, truth))
        return head(states[:, : head.in_features])[:, None] + base[..., None]


@pytest.mark.parametrize("both", [False, True], ids=["onward", "both ways"])
def test_a_forecast_tells_the_decoder_the_covariates_of_its_own_steps(both):
    settings, covariates = replace(CODED, bidirectional=both), np.random.default_rng(2).standard_normal((20 + HORIZON, 2))
    scale = np.array([[0.5, 2.0], [-1.0, 0.25]])
    extras = Extras(False, (), (), np.empty((0, 2)), ("price", "holiday"), scale, HORIZON)
    sight = sight_of(settings, Scale(2.0, np.nan, 0.0, 4), extras=extras)
    network = network_of(settings, sight.channels, width=sight.width, known=2)
    network.decoder = Listening()
    fitted = FittedNetwork(sight, network, HORIZON)
    series = replace(series_of(walk(20)), inputs=Inputs(("holiday", "price"), ("known", "known"), covariates))
    fitted.forecast(series, HORIZON)
    ((_, _, known, truth),) = network.decoder.heard
    assert truth is None
    by_hand = np.stack([(covariates[20:, 1] - 0.5) / 2.0, (covariates[20:, 0] + 1.0) / 0.25], 1)
    np.testing.assert_allclose(known[0], by_hand, rtol=1e-6)


class Overheard(Listening):
    """Keeps what a real decoder is called with, and gives its answers."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, states, base, known, truth, head):
        super().forward(states, base, known, truth, head)
        return self.decoder(states, base, known, truth, head)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.3, 12, 36), (1.0, 80, 80)])
def test_the_truth_is_told_in_so_many_updates_and_at_few_steps(share, low, high):
    settings = replace(CODED, lookback=12, epochs=10, batch=4, teacher_forcing=share)
    trainer = trainer_of(settings, series_of(walk(60)))
    (network,) = trainer.networks
    network.decoder = Overheard(network.decoder)
    for _ in range(settings.epochs):
        trainer.epoch()
    updates = network.decoder.heard
    assert len(updates) == 80  # 10 epochs of 8
    assert low <= sum(truth is not None for *_, truth in updates) <= high
    assert {len(states) for states, *_ in updates} == {4 * FORKS}  # of the 12 steps of 4 windows
