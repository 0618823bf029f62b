"""The module: no output sees what comes after its step, and training starts at the linear path."""

import numpy as np
import pytest
import torch

from core.nets.cells import FUSED
from core.nets.network import Network
from tests.nets.small import Closed

every_cell = pytest.mark.parametrize("cell", FUSED)
CHANNELS, LAGS, HORIZON, LENGTH = 2, 3, 4, 11


def network_of(cell: str, **settings) -> Network:
    torch.manual_seed(1)
    network = Network(Closed(cell=cell, hidden=6, lookback=LENGTH, skip=LAGS, **settings), CHANNELS, LAGS, HORIZON)
    torch.nn.init.normal_(network.head.weight)
    return network.eval()


def batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(3, LENGTH, CHANNELS, generator=generator),
        torch.randn(3, LENGTH, LAGS + 1, generator=generator),
    )


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@torch.no_grad()
def test_an_output_sees_nothing_after_its_step(cell, layers):
    network = network_of(cell, layers=layers)
    inputs, linear = batch(1)
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
    network = network_of(cell)
    inputs, linear = batch(2)
    before, _ = network(inputs, linear)
    for step in range(LENGTH):
        changed = inputs.clone()
        changed[:, step] += 2.0
        differs = (network(changed, linear)[0] != before).flatten(2).any(2)  # (B, L)
        assert differs[:, step].all(), "the newest value was not seen"


@every_cell
@torch.no_grad()
def test_the_last_step_alone_is_the_last_of_all_steps(cell):
    network = network_of(cell, layers=2)
    inputs, linear = batch(3)
    torch.testing.assert_close(network.last(inputs, linear[:, -1]), network(inputs, linear)[0][:, -1], rtol=1e-6, atol=1e-6)


@every_cell
@torch.no_grad()
def test_training_starts_at_the_linear_path(cell):
    network = Network(Closed(cell=cell, hidden=6, lookback=LENGTH, skip=LAGS), CHANNELS, LAGS, HORIZON).eval()
    random = np.random.default_rng(5)
    weights, bias = random.standard_normal((LAGS + 1, HORIZON)), random.standard_normal(HORIZON)
    size = np.array([0.5, 1.0, 3.0, 4.0])
    network.start_from(weights, bias, size)
    inputs, linear = batch(4)
    expected = linear.numpy() @ weights + bias
    np.testing.assert_allclose((network(inputs, linear)[0][..., 0] * network.size).numpy(), expected, rtol=1e-4, atol=1e-5)
