"""The module: no output sees what comes after its step, and training starts at the skip connection."""

import numpy as np
import pytest
import torch

from core.nets.cells import FUSED
from core.nets.losses import LOSSES
from core.nets.network import Network
from tests.nets.small import BY_TOPOLOGY, HORIZON, WIDTH, Closed, batch, network_of

every_cell = pytest.mark.parametrize("cell", FUSED)
LENGTH = 11


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@torch.no_grad()
def test_an_output_sees_nothing_after_its_step(cell, layers):
    settings = Closed(cell=cell, hidden=6, lookback=LENGTH, layers=layers)
    network, (inputs, linear) = network_of(settings), batch(settings)
    before, _ = network(inputs, linear)
    for step in range(LENGTH - 1):
        changed, moved = inputs.clone(), linear.clone()
        changed[:, step + 1 :] = 50.0
        moved[:, step + 1 :] = -50.0
        after, _ = network(changed, moved)
        assert torch.equal(after[:, : step + 1], before[:, : step + 1])
        assert not torch.allclose(after[:, step + 1 :], before[:, step + 1 :], atol=1.0)


@every_cell
@torch.no_grad()
def test_every_output_sees_all_steps_up_to_its_own(cell):
    settings = Closed(cell=cell, hidden=6, lookback=LENGTH)
    network, (inputs, linear) = network_of(settings), batch(settings)
    before, _ = network(inputs, linear)
    for step in range(LENGTH):
        changed = inputs.clone()
        changed[:, step] += 2.0
        differs = (network(changed, linear)[0] != before).flatten(2).any(2)  # (B, L)
        assert differs[:, step].all(), "the newest value was not seen"


@pytest.mark.parametrize("name", BY_TOPOLOGY)
@pytest.mark.parametrize("loss", LOSSES)
@torch.no_grad()
def test_training_starts_at_the_skip_connection(name, loss):
    settings = BY_TOPOLOGY[name].resolved(60, HORIZON, 1)
    ahead, random = settings.ahead(HORIZON), np.random.default_rng(5)
    torch.manual_seed(1)
    network = Network(Closed(**settings.config() | {"cell": settings.cell, "loss": loss}), 2, WIDTH, ahead).eval()
    weights, bias = random.standard_normal((ahead, WIDTH)), random.standard_normal(ahead)
    network.start_from(weights, bias, np.array([0.5, 1.0, 3.0])[:ahead])
    inputs, linear = batch(settings)
    answers, _ = network(inputs, linear[:, -1:], at=torch.tensor([-1]))
    found = LOSSES[loss].point(answers[:, 0]) * network.unit
    np.testing.assert_allclose(found, linear[:, -1].numpy() @ weights.T + bias, rtol=1e-4, atol=1e-5)
    if LOSSES[loss].has_intervals:  # errors of size one: what lies one unit away is as far out for every step
        upper = LOSSES[loss].quantiles(answers[:, 0], torch.tensor(0.9, dtype=torch.float64).expand(answers.shape[0], ahead))
        assert (upper - LOSSES[loss].point(answers[:, 0])).numpy() == pytest.approx(1.25, abs=0.1)


@torch.no_grad()
def test_without_a_skip_connection_training_starts_at_no_change():
    settings = Closed(skip="off")
    network, (inputs, _) = Network(settings, 2, 0, HORIZON).eval(), batch(settings)
    network.start_from(np.ones((HORIZON, WIDTH)), np.ones(HORIZON), np.ones(HORIZON))
    assert network.skip is None
    assert not network(inputs, None)[0].any()
