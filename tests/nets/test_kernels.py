"""The kernels for a CPU against torch's own cells: values, states and every gradient."""

import pytest
import torch

from core.nets.kernels import GatedCell, PlainCell

CHANNELS, HIDDEN = 3, 6
CELLS = {
    "rnn": (torch.nn.RNN, PlainCell, {}),
    "rnn with relu": (torch.nn.RNN, PlainCell, {"nonlinearity": "relu"}),
    "gru": (torch.nn.GRU, GatedCell, {}),
}
every_cell = pytest.mark.parametrize("name", CELLS)


def pair(name, layers=1, dropout=0.0, dtype=torch.float64):
    theirs, ours, more = CELLS[name]
    torch.manual_seed(0)
    one = theirs(CHANNELS, HIDDEN, layers, batch_first=True, dropout=dropout, **more).to(dtype)
    other = ours(CHANNELS, HIDDEN, layers, batch_first=True, dropout=dropout, **more).to(dtype)
    other.load_state_dict(one.state_dict())
    return one, other


def inputs(batch=4, length=9, dtype=torch.float64):
    return torch.randn(batch, length, CHANNELS, generator=torch.Generator().manual_seed(1)).to(dtype)


def everything(module, x, first=None):
    """States, last states and the gradients of a weighted sum of both."""
    wanted = [one.clone().requires_grad_() for one in (x, first) if one is not None]
    states, last = module(*wanted)
    weigh = torch.linspace(-1, 2, states.numel(), dtype=x.dtype).view_as(states)
    total = (weigh * states).sum() + (last * last).sum()
    return [states, last, *torch.autograd.grad(total, [*wanted, *module.parameters()])]


@every_cell
@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize(("batch", "length"), [(4, 9), (1, 1), (1, 5), (7, 1)])
def test_everything_is_what_torch_gives(name, layers, batch, length):
    theirs, ours = (everything(module, inputs(batch, length)) for module in pair(name, layers))
    for one, other in zip(theirs, ours, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-10, atol=1e-12)


@every_cell
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("length", [9, 1])
def test_a_first_state_is_read_and_has_its_gradient(name, layers, length):
    first = torch.randn(layers, 4, HIDDEN, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    theirs, ours = (everything(module, inputs(4, length), first) for module in pair(name, layers))
    for one, other in zip(theirs, ours, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-10, atol=1e-12)


@every_cell
def test_no_gradient_shares_memory_or_has_gaps(name):
    """The optimiser's kernel reads them as if they had none, and clipping writes into them."""
    module = pair(name, 2)[1]
    gradients = torch.autograd.grad(module(inputs())[0].sum(), list(module.parameters()))
    assert all(one.is_contiguous() for one in gradients)
    assert len({one.untyped_storage().data_ptr() for one in gradients}) == len(gradients)


@every_cell
def test_single_precision_is_as_near_to_the_truth_as_torch_is(name):
    truth = everything(pair(name)[0], inputs())
    theirs, ours = (everything(module, inputs(dtype=torch.float32)) for module in pair(name, dtype=torch.float32))
    for parts in zip(truth, theirs, ours, strict=True):
        right, one, other = (part.detach() for part in parts)
        size = float(right.abs().max())
        assert float((other - right).abs().max()) <= 3 * float((one - right).abs().max()) + 1e-6 * size


@every_cell
def test_gradients_are_finite_differences(name):
    module = pair(name, 2)[1]
    assert torch.autograd.gradcheck(lambda x: module(x)[0], [inputs(2, 4).requires_grad_()], eps=1e-6, atol=1e-6)


@every_cell
def test_the_same_without_gradients_and_after_training_mode(name):
    theirs, ours = pair(name, 2, dropout=0.5)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(inputs())[0], theirs.eval()(inputs())[0], rtol=1e-10, atol=1e-12)
    assert not torch.equal(ours.train()(inputs())[0], ours(inputs())[0])


@every_cell
def test_inputs_that_are_cut_out_of_others_are_left_as_they_are(name):
    module, whole = pair(name)[1], inputs(6, 12)
    before = whole.clone()
    everything(module, whole[1:5, 2:9])
    torch.testing.assert_close(whole, before)
    torch.testing.assert_close(module(whole[1:5, 2:9])[0], module(whole[1:5, 2:9].contiguous())[0])


@every_cell
def test_a_batch_beyond_the_bound_is_torchs_own(name, monkeypatch):
    module, x = pair(name)[1], inputs()
    small = everything(module, x)
    monkeypatch.setattr("core.nets.kernels.LARGEST", 0)
    for one, other in zip(everything(module, x), small, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-10, atol=1e-12)
