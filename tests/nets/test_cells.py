"""The cells written from their equations: equal to torch's fused ones, and to finite differences; what a gate does by hand."""

import math

import pytest
import torch

from core.nets.cells import FUSED, GATES, ReferenceCell, make_cell

TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
every_cell = pytest.mark.parametrize("cell", FUSED)
BATCH, STEPS, CHANNELS, HIDDEN = 3, 7, 2, 5


def pair(cell, layers=1, **more):
    """A fused cell and one from the equations with the same weights, in float64."""
    torch.manual_seed(0)
    fused = TORCH[cell](CHANNELS, HIDDEN, layers, batch_first=True, **more).double()
    written = ReferenceCell(cell, CHANNELS, HIDDEN, layers, activation=more.get("nonlinearity", "tanh")).double()
    written.load_state_dict(fused.state_dict())
    return fused, written


def inputs():
    return torch.randn(BATCH, STEPS, CHANNELS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@every_cell
@pytest.mark.parametrize("layers", [1, 3])
def test_values_and_gradients_are_those_of_the_fused_cell(cell, layers):
    results = []
    for module in pair(cell, layers):
        x = inputs().requires_grad_()
        states, carried = module(x)
        weigh = torch.linspace(-1, 2, states.numel(), dtype=torch.float64).view_as(states)
        gradients = torch.autograd.grad((weigh * states).sum(), [x, *module.parameters()])
        results.append([states, *(carried if isinstance(carried, tuple) else [carried]), *gradients])
    for fused, written in zip(*results, strict=True):
        torch.testing.assert_close(written, fused, rtol=1e-10, atol=1e-12)


def test_a_plain_cell_with_relu_is_the_fused_one_too():
    fused, written = pair("rnn", nonlinearity="relu")
    torch.testing.assert_close(written(inputs())[0], fused(inputs())[0], rtol=1e-10, atol=1e-12)


@every_cell
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_gradients_are_finite_differences(cell, activation):
    torch.manual_seed(2)
    module = ReferenceCell(cell, CHANNELS, 3, activation=activation).double()
    x = inputs()[:, :4].requires_grad_()
    assert torch.autograd.gradcheck(lambda one: module(one)[0], [x], eps=1e-6, atol=1e-6)


def still(cell, **biases):
    """A cell of one unit whose weights are 0, and whose gates therefore are their biases."""
    module = ReferenceCell(cell, 1, 1).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.bias_ih_l0.copy_(torch.tensor([biases[name] for name in GATES[cell]], dtype=torch.float64))
    return module


def test_an_lstm_adds_what_its_input_gate_lets_in_to_what_its_forget_gate_keeps():
    # i = σ(ln 3) = 3/4, f = 1/2, g = tanh(∞) = 1, o = 1: c = 3/4, 3/8 + 3/4, 9/16 + 3/4
    module = still("lstm", input=math.log(3), forget=0.0, candidate=50.0, output=50.0)
    (seen,) = module.gates(torch.zeros(1, 3, 1, dtype=torch.float64))
    torch.testing.assert_close(seen["cell"].flatten(), torch.tensor([0.75, 1.125, 1.3125], dtype=torch.float64))
    torch.testing.assert_close(seen["state"].flatten(), torch.tanh(seen["cell"].flatten()))
    torch.testing.assert_close(seen["input"].flatten(), torch.full((3,), 0.75, dtype=torch.float64))


def test_a_gru_moves_its_state_towards_the_candidate_by_what_its_update_gate_leaves():
    # z = 1/4, n = 1: h = 3/4, 3/4 + 1/4 · 3/4, …
    module = still("gru", reset=0.0, update=-math.log(3), candidate=50.0)
    (seen,) = module.gates(torch.zeros(1, 3, 1, dtype=torch.float64))
    torch.testing.assert_close(seen["state"].flatten(), torch.tensor([0.75, 0.9375, 0.984375], dtype=torch.float64))


@every_cell
def test_gates_are_shown_for_every_layer_and_are_shares(cell):
    _, module = pair(cell, 2)
    layers = module.gates(inputs())
    assert len(layers) == 2
    torch.testing.assert_close(layers[-1]["state"], module(inputs())[0])
    for seen in layers:
        assert all(one.shape == (BATCH, STEPS, HIDDEN) for one in seen.values())
        for name in ("input", "forget", "output", "reset", "update"):
            assert name not in seen or (seen[name].min() > 0 and seen[name].max() < 1)


@every_cell
def test_the_fused_cell_is_taken_where_there_is_one(cell):
    assert type(make_cell(cell, "tanh", 2, 4, 1, 0.0)) is FUSED[cell]
    assert type(make_cell(cell, "sigmoid", 2, 4, 1, 0.0)) is ReferenceCell
    assert type(make_cell(cell, "relu", 2, 4, 1, 0.0)) is (FUSED["rnn"] if cell == "rnn" else ReferenceCell)


def test_dropout_lies_between_layers_while_training_only():
    torch.manual_seed(0)
    module = ReferenceCell("gru", CHANNELS, HIDDEN, 2, dropout=0.5, activation="relu").double()
    assert not torch.equal(module(inputs())[0], module(inputs())[0])
    module.eval()
    assert torch.equal(module(inputs())[0], module(inputs())[0])


@every_cell
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])  # a fused cell, and one written out
def test_a_cell_starts_with_orthogonal_recurrence_and_inputs_of_one_size(cell, activation):
    torch.manual_seed(1)
    weights = dict(make_cell(cell, activation, 4, 16, 2, 0.0).named_parameters())
    for layer, inputs in ((0, 4), (1, 16)):
        for gate in weights[f"weight_hh_l{layer}"].detach().split(16):
            torch.testing.assert_close(gate @ gate.T, torch.eye(16), atol=1e-5, rtol=0)
        largest = float(weights[f"weight_ih_l{layer}"].detach().abs().max())
        assert 0.9 * 0.5 / inputs**0.5 < largest <= 0.5 / inputs**0.5
