"""The plain cell and the GRU for a CPU: the same numbers as torch's, in half the time and less.

torch's LSTM has a fused kernel on a CPU; its RNN and GRU record a dozen small operations for every step, and most of their time
is that bookkeeping. Here one node holds the whole window: forward keeps the gates, and backward walks the window once, with one
product a step; all that does not depend on the step after it is computed for all steps together.

Each array is made for all steps and first filled with what does not depend on the state, such as W x + b; the loop then adds
R h in place, so that a step is two operations in the plain cell and five in the GRU. The loops run in inference mode, in which
torch does not look after gradients. Arrays are (step, row of the batch, feature).

Back-propagation through time, source: Werbos 1990, Proc. IEEE 78(10); the equations of the cells stand in `core.nets.cells`.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

LARGEST = 16384  # rows x units from which on torch's own cells are as fast


class PlainSteps(Function):
    """inputs (L, B, C), first (B, D), weights (D, C), recurrent (D, D), their biases (D,) -> states (L, B, D)."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, inputs: Tensor, first: Tensor, weights: Tensor, recurrent: Tensor, bias: Tensor, held: Tensor,
        is_relu: bool,
    ) -> Tensor:  # fmt: skip
        states = _states(inputs, first)
        _fill(states[1:], inputs, weights, bias + held)
        with torch.inference_mode():
            onward = recurrent.t()
            for before, after in pairwise(states.unbind(0)):
                after.addmm_(before, onward)
                after.relu_() if is_relu else after.tanh_()
        ctx.save_for_backward(inputs, states, weights, recurrent)
        ctx.is_relu = is_relu
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        inputs, states, weights, recurrent = ctx.saved_tensors
        after, inner = states[1:], grown.clone(memory_format=torch.contiguous_format)
        slope = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
        with torch.inference_mode():
            each, slopes = inner.unbind(0), slope.unbind(0)
            each[-1].mul_(slopes[-1])  # from here on it is of what the activation is applied to
            for step in range(len(each) - 1, 0, -1):
                each[step - 1].addmm_(each[step], recurrent).mul_(slopes[step - 1])
        of_bias = inner.sum((0, 1))
        return (
            inner @ weights if ctx.needs_input_grad[0] else None,
            inner[0] @ recurrent if ctx.needs_input_grad[1] else None,
            _flat(inner).t() @ _flat(inputs), _flat(inner).t() @ _flat(states[:-1]), of_bias, of_bias.clone(), None,
        )  # fmt: skip


class GatedSteps(Function):
    """The same of r, z and n: weights (3 D, C), recurrent (3 D, D), their biases (3 D,)."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, inputs: Tensor, first: Tensor, weights: Tensor, recurrent: Tensor, bias: Tensor, held: Tensor
    ) -> Tensor:
        length, batch, _ = inputs.shape
        hidden = len(recurrent) // 3
        open_, new = slice(2 * hidden), slice(2 * hidden, None)
        states = _states(inputs, first)
        gates, bent = inputs.new_empty(length, batch, 3 * hidden), inputs.new_empty(length, batch, hidden)
        _fill(gates[:, :, open_], inputs, weights[open_], (bias + held)[open_])
        gates[:, :, new] = held[new]  # the reset gate stands between R h + b' and W x + b
        _fill(bent, inputs, weights[new], bias[new])
        with torch.inference_mode():
            each, whole, into = states.unbind(0), gates.unbind(0), bent.unbind(0)
            opened, reset = gates[:, :, open_].unbind(0), gates[:, :, :hidden].unbind(0)
            update, carried = gates[:, :, hidden : 2 * hidden].unbind(0), gates[:, :, new].unbind(0)
            onward = recurrent.t()
            for step in range(length):
                whole[step].addmm_(each[step], onward)
                opened[step].sigmoid_()
                into[step].addcmul_(reset[step], carried[step]).tanh_()
                torch.lerp(into[step], each[step], update[step], out=each[step + 1])
        ctx.save_for_backward(inputs, states, gates, bent, weights, recurrent)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        inputs, states, gates, bent, weights, recurrent = ctx.saved_tensors
        length, batch, hidden = bent.shape
        reset, update, carried = gates.chunk(3, 2)
        into_new = (1 - bent * bent).mul_(1 - update)  # of the state with respect to what stands inside the activation
        through = bent.new_empty(length, batch, 3, hidden)  # first the same for R h + b of each gate, then what reaches it
        torch.mul(into_new, reset, out=through[:, :, 2])
        torch.sub(states[:-1], bent, out=through[:, :, 1]).mul_(update).mul_(1 - update)
        torch.mul(through[:, :, 2], carried, out=through[:, :, 0]).mul_(1 - reset)
        reached, flat = grown.clone(memory_format=torch.contiguous_format)[:, :, None], through.view(length, batch, 3 * hidden)
        with torch.inference_mode():
            each, state = reached.unbind(0), reached[:, :, 0].unbind(0)
            factor, whole, kept = through.unbind(0), flat.unbind(0), update.unbind(0)
            for step in range(length - 1, 0, -1):
                factor[step].mul_(each[step])
                state[step - 1].addmm_(whole[step], recurrent).addcmul_(state[step], kept[step])
            factor[0].mul_(each[0])
        first = torch.addmm(reached[0, :, 0] * update[0], flat[0], recurrent) if ctx.needs_input_grad[1] else None
        inside = reached[:, :, 0].mul_(into_new)  # what reaches W x + b of the candidate, past the reset gate
        entering = torch.cat([flat[:, :, : 2 * hidden], inside], 2)
        return (
            entering @ weights if ctx.needs_input_grad[0] else None, first,
            _flat(entering).t() @ _flat(inputs), _flat(flat).t() @ _flat(states[:-1]),
            entering.sum((0, 1)), flat.sum((0, 1)),
        )  # fmt: skip


def _states(inputs: Tensor, first: Tensor) -> Tensor:
    """(L + 1, B, D), the states after the first still to be written."""
    states = inputs.new_empty(len(inputs) + 1, *first.shape)
    states[0] = first
    return states


def _fill(into: Tensor, inputs: Tensor, weights: Tensor, bias: Tensor) -> None:
    """Write W x + b for all steps."""
    torch.addmm(bias, _flat(inputs), weights.t(), out=_flat(into))


def _flat(tensor: Tensor) -> Tensor:
    """(L, B, F) -> (L B, F)."""
    return tensor.flatten(0, 1)


def _run(cell: nn.RNNBase, inputs: Tensor, first: Tensor | None, steps: type[Function], *more: object) -> tuple[Tensor, Tensor]:
    """All layers of a cell over inputs (B, L, C) from states (N, B, D): what `nn.RNNBase` gives with `batch_first`."""
    last, states = [], inputs.transpose(0, 1)
    for layer in range(cell.num_layers):
        start = inputs.new_zeros(len(inputs), cell.hidden_size) if first is None else first[layer]
        states = steps.apply(states, start, *cell.all_weights[layer], *more)
        last.append(states[-1])
        if layer + 1 < cell.num_layers:
            states = nn.functional.dropout(states, cell.dropout, cell.training)
    return states.transpose(0, 1), torch.stack(last)


def _is_small(cell: nn.RNNBase, inputs: Tensor) -> bool:
    return inputs.device.type == "cpu" and len(inputs) * cell.hidden_size <= LARGEST


class PlainCell(nn.RNN):
    """`nn.RNN` with `batch_first` and one direction."""

    def forward(self, inputs: Tensor, first: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if _is_small(self, inputs):
            return _run(self, inputs, first, PlainSteps, self.nonlinearity == "relu")
        return super().forward(inputs, first)


class GatedCell(nn.GRU):
    """`nn.GRU` with `batch_first` and one direction."""

    def forward(self, inputs: Tensor, first: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if _is_small(self, inputs):
            return _run(self, inputs, first, GatedSteps)
        return super().forward(inputs, first)
