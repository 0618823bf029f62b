"""The plain cell and the GRU for a CPU: the same numbers as torch's, in half the time and less.

torch's LSTM has a fused kernel on a CPU; its RNN and GRU record a dozen small operations for every step, and most of their time
is that bookkeeping. Here one node holds the whole window: forward keeps the gates, and backward walks the window once, with one
product a step; all that does not depend on the step after it is computed for all steps together.

What a step reads lies in one row, [h(t−1) | x(t) | 1], and so do the weights, [R | W | b]: one product gives R h + W x + b, and
at the end one product gives all their gradients. Arrays are (step, row of the batch, feature).

Back-propagation through time, source: Werbos 1990, Proc. IEEE 78(10); the equations of the cells stand in `core.nets.cells`.
"""

from __future__ import annotations

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
        read = _read(inputs, first)
        states = read[:, :, : len(recurrent)]
        both = torch.cat([recurrent, weights, (bias + held)[:, None]], 1).t().contiguous()
        for row, after in zip(read.unbind(0), states.unbind(0)[1:], strict=False):
            torch.mm(row, both, out=after)
            after.relu_() if is_relu else after.tanh_()
        ctx.save_for_backward(read, weights, recurrent)
        ctx.is_relu = is_relu
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        read, weights, recurrent = ctx.saved_tensors
        hidden = len(recurrent)
        after = read[1:, :, :hidden]
        slope = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
        inner = torch.empty_like(slope)  # of what the activation is applied to
        each, slopes, new = inner.unbind(0), slope.unbind(0), grown.unbind(0)
        state = new[-1]
        for step in range(len(slope) - 1, -1, -1):
            torch.mul(state, slopes[step], out=each[step])
            if step:
                state = torch.addmm(new[step - 1], each[step], recurrent)
        together = _flat(inner).t() @ _flat(read[:-1])  # (D, D + C + 1)
        return (
            inner @ weights if ctx.needs_input_grad[0] else None,
            each[0] @ recurrent if ctx.needs_input_grad[1] else None,
            *_apart(together[:, hidden:-1], together[:, :hidden], together[:, -1], together[:, -1]), None,
        )  # fmt: skip


class GatedSteps(Function):
    """The same of r, z and n: weights (3 D, C), recurrent (3 D, D), their biases (3 D,)."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, inputs: Tensor, first: Tensor, weights: Tensor, recurrent: Tensor, bias: Tensor, held: Tensor
    ) -> Tensor:
        length, batch, _ = inputs.shape
        hidden = len(recurrent) // 3
        new = slice(2 * hidden, None)
        read = _read(inputs, first)
        both = torch.cat([recurrent, weights, (bias + held)[:, None]], 1)
        both[new, hidden:-1], both[new, -1] = 0, held[new]  # the reset gate stands between R h and W x
        both = both.t().contiguous()
        gates, bent = read.new_empty(length, batch, 3 * hidden), read.new_empty(length, batch, hidden)
        entering = torch.addmm(bias[new], _flat(inputs), weights[new].t()).view(length, batch, hidden)
        states = read[:, :, :hidden].unbind(0)
        opened, reset = gates[:, :, : 2 * hidden].unbind(0), gates[:, :, :hidden].unbind(0)
        update, carried = gates[:, :, hidden : 2 * hidden].unbind(0), gates[:, :, new].unbind(0)
        rows, whole, into, told = read.unbind(0), gates.unbind(0), bent.unbind(0), entering.unbind(0)
        for step in range(length):
            torch.mm(rows[step], both, out=whole[step])
            opened[step].sigmoid_()
            torch.addcmul(told[step], reset[step], carried[step], out=into[step]).tanh_()
            torch.lerp(into[step], states[step], update[step], out=states[step + 1])
        ctx.save_for_backward(read, gates, bent, weights, recurrent)
        return read[1:, :, :hidden]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        read, gates, bent, weights, recurrent = ctx.saved_tensors
        length, batch, hidden = bent.shape
        reset, update, carried = gates.chunk(3, 2)
        into_new = (1 - bent * bent).mul_(1 - update)  # of the state with respect to what stands inside the activation
        factors = bent.new_empty(length, batch, 3, hidden)  # the same for R h + b of each gate
        torch.mul(into_new, reset, out=factors[:, :, 2])
        torch.sub(read[:-1, :, :hidden], bent, out=factors[:, :, 1]).mul_(update).mul_(1 - update)
        torch.mul(factors[:, :, 2], carried, out=factors[:, :, 0]).mul_(1 - reset)
        through, reached = torch.empty_like(factors), bent.new_empty(length, batch, 1, hidden)
        flat = through.view(length, batch, 3 * hidden)
        reached[-1, :, 0] = grown[-1]
        each, state, factor = reached.unbind(0), reached[:, :, 0].unbind(0), factors.unbind(0)
        out, whole, kept, given = through.unbind(0), flat.unbind(0), update.unbind(0), grown.unbind(0)
        for step in range(length - 1, -1, -1):
            torch.mul(each[step], factor[step], out=out[step])
            if step:
                torch.addmm(given[step - 1], whole[step], recurrent, out=state[step - 1]).addcmul_(state[step], kept[step])
        first = torch.addmm(state[0] * kept[0], whole[0], recurrent) if ctx.needs_input_grad[1] else None
        inside = reached[:, :, 0].mul_(into_new)  # what reaches W x + b of the candidate, past the reset gate
        entering = torch.cat([flat[:, :, : 2 * hidden], inside], 2) if ctx.needs_input_grad[0] else None
        together = _flat(flat).t() @ _flat(read[:-1])  # (3 D, D + C + 1)
        candidate = _flat(inside).t() @ _flat(read[:-1])[:, hidden:]  # (D, C + 1)
        outer = torch.cat([together[: 2 * hidden, hidden:], candidate])
        return (
            None if entering is None else entering @ weights, first,
            *_apart(outer[:, :-1], together[:, :hidden], outer[:, -1], together[:, -1]),
        )  # fmt: skip


def _read(inputs: Tensor, first: Tensor) -> Tensor:
    """(L + 1, B, D + C + 1): what each step reads, [h | x | 1], the states after the first still to be written."""
    length, batch, channels = inputs.shape
    hidden = first.shape[1]
    read = inputs.new_empty(length + 1, batch, hidden + channels + 1)
    read[0, :, :hidden] = first
    read[:-1, :, hidden:-1] = inputs
    read[:, :, -1] = 1
    return read


def _flat(tensor: Tensor) -> Tensor:
    """(L, B, F) -> (L B, F)."""
    return tensor.flatten(0, 1)


def _apart(*gradients: Tensor) -> tuple[Tensor, ...]:
    """Each in memory of its own: they are clipped in place, and the fused optimiser reads them as if they had no gaps."""
    return tuple(one.clone(memory_format=torch.contiguous_format) for one in gradients)


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
