"""The plain cell and the GRU for a CPU: the same numbers as torch's, in half the time and less.

torch's LSTM has a fused kernel on a CPU; its RNN and GRU record a dozen small operations for every step, and most of their time
is that bookkeeping. Here one node holds the whole window: forward keeps the gates, and backward walks the window once, with one
product a step; all that does not depend on the step after it is computed for all steps together. Arrays are (step, feature, row
of the batch), so that a gate is one piece of memory. Where the products themselves take the time, torch's own are as fast.

Back-propagation through time, source: Werbos 1990, Proc. IEEE 78(10); the equations of the cells stand in `core.nets.cells`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

LARGEST = 4096  # rows x units from which on torch's own cells are as fast


class PlainSteps(Function):
    """entering (L, D, B) = W x + b, first (D, B), recurrent (D, D), bias (D,) -> states (L, D, B)."""

    @staticmethod
    def forward(ctx: FunctionCtx, entering: Tensor, first: Tensor, recurrent: Tensor, bias: Tensor, is_relu: bool) -> Tensor:
        states = entering.new_empty(len(entering) + 1, *entering.shape[1:])
        states[0] = first
        each = states.unbind(0)
        for one, before, after in zip((entering + bias[:, None]).unbind(0), each, each[1:], strict=False):
            torch.addmm(one, recurrent, before, out=after)
            after.relu_() if is_relu else after.tanh_()
        ctx.save_for_backward(states, recurrent)
        ctx.is_relu = is_relu
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        states, recurrent = ctx.saved_tensors
        after = states[1:]
        slope = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
        inner, across = torch.empty_like(slope), recurrent.t()  # inner: of what the activation is applied to
        each, slopes, new = inner.unbind(0), slope.unbind(0), grown.unbind(0)
        state = new[-1]
        for step in range(len(slope) - 1, -1, -1):
            torch.mul(state, slopes[step], out=each[step])
            if step:
                state = torch.addmm(new[step - 1], across, each[step])
        rows = _rows(inner)
        first = across @ each[0] if ctx.needs_input_grad[1] else None
        return inner, first, rows @ _rows(states[:-1]).t(), rows.sum(1), None


class GatedSteps(Function):
    """entering (L, 3 D, B) = W x + b for r, z, n, first (D, B), recurrent (3 D, D), bias (3 D,) -> states (L, D, B)."""

    @staticmethod
    def forward(ctx: FunctionCtx, entering: Tensor, first: Tensor, recurrent: Tensor, bias: Tensor) -> Tensor:
        length, rows, batch = entering.shape
        hidden = rows // 3
        states = entering.new_empty(length + 1, hidden, batch)
        states[0] = first
        gates, carried, wide = entering.clone(), torch.empty_like(entering), bias[:, None].expand(rows, batch)
        both, new = gates[:, : 2 * hidden].unbind(0), gates[:, 2 * hidden :].unbind(0)
        held, held_new = carried[:, : 2 * hidden].unbind(0), carried[:, 2 * hidden :].unbind(0)
        reset, update = gates[:, :hidden].unbind(0), gates[:, hidden : 2 * hidden].unbind(0)
        whole, each = carried.unbind(0), states.unbind(0)
        for step in range(length):
            torch.addmm(wide, recurrent, each[step], out=whole[step])
            both[step].add_(held[step]).sigmoid_()
            new[step].addcmul_(reset[step], held_new[step]).tanh_()
            torch.lerp(new[step], each[step], update[step], out=each[step + 1])
        ctx.save_for_backward(states, gates, carried, recurrent)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grown: Tensor) -> tuple[Tensor | None, ...]:
        states, gates, carried, recurrent = ctx.saved_tensors
        (length, rows, batch), hidden = gates.shape, gates.shape[1] // 3
        reset, update, new = gates.chunk(3, 1)
        into_new = (1 - new * new).mul_(1 - update)  # of the state with respect to what stands inside the activation
        factors = torch.empty_like(gates).view(length, 3, hidden, batch)  # the same for R h + b of each gate
        torch.mul(into_new, reset, out=factors[:, 2])
        torch.sub(states[:-1], new, out=factors[:, 1]).mul_(update).mul_(1 - update)
        torch.mul(factors[:, 2], carried[:, 2 * hidden :], out=factors[:, 0]).mul_(1 - reset)
        through, reached, across = torch.empty_like(factors), torch.empty_like(new), recurrent.t()
        flat = through.view(length, rows, batch)
        reached[-1] = grown[-1]
        each, factor, out, whole = reached.unbind(0), factors.unbind(0), through.unbind(0), flat.unbind(0)
        kept, given = update.unbind(0), grown.unbind(0)
        for step in range(length - 1, -1, -1):
            torch.mul(each[step], factor[step], out=out[step])
            if step:
                torch.addmm(given[step - 1], across, whole[step], out=each[step - 1]).addcmul_(each[step], kept[step])
        first = torch.addmm(each[0] * kept[0], across, whole[0]) if ctx.needs_input_grad[1] else None
        entering = torch.cat([flat[:, : 2 * hidden], reached.mul_(into_new)], 1)
        together = _rows(flat)
        return entering, first, together @ _rows(states[:-1]).t(), together.sum(1)


def _rows(tensor: Tensor) -> Tensor:
    """(L, R, B) -> (R, L B)."""
    return tensor.transpose(0, 1).flatten(1)


def _run(cell: nn.RNNBase, inputs: Tensor, first: Tensor | None, steps: type[Function], *more: object) -> tuple[Tensor, Tensor]:
    """All layers of a cell over inputs (B, L, C) from states (N, B, D): what `nn.RNNBase` gives with `batch_first`."""
    last, states = [], inputs.permute(1, 2, 0)  # (L, C, B)
    for layer in range(cell.num_layers):
        weights, recurrent, bias, recurrent_bias = cell.all_weights[layer]
        entering = torch.matmul(weights, states) + bias[:, None]
        start = entering.new_zeros(cell.hidden_size, len(inputs)) if first is None else first[layer].t()
        states = steps.apply(entering, start, recurrent, recurrent_bias, *more)
        last.append(states[-1].t())
        if layer + 1 < cell.num_layers:
            states = nn.functional.dropout(states, cell.dropout, cell.training)
    return states.permute(2, 0, 1), torch.stack(last)


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
