"""Recurrent cells written out from their equations, with torch's names for the weights and every gate in sight.

The fused cells compute the same in fewer passes, and train; these serve where a gate is to be seen, and where the activation
is one that the fused ones do not have. x(t) is the input, h(t) the state, W weighs inputs, R weighs the state; σ is the
logistic function, ⊙ the product by element, and φ the activation, tanh unless chosen otherwise.

    RNN    h(t) = φ(W x(t) + R h(t−1) + b)
    LSTM   i, f, o = σ(W x(t) + R h(t−1) + b), each with weights of its own;  g = φ(W x(t) + R h(t−1) + b)
           c(t) = f ⊙ c(t−1) + i ⊙ g;  h(t) = o ⊙ φ(c(t))
    GRU    r, z = σ(W x(t) + R h(t−1) + b);  n = φ(W x(t) + b + r ⊙ (R h(t−1) + b'))
           h(t) = (1 − z) ⊙ n + z ⊙ h(t−1)

Source: Elman 1990; Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; Cho et al. 2014, the reset gate
after the product with R, as torch and cuDNN have it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.nets.kernels import GatedCell, PlainCell

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}
FUSED = {"rnn": PlainCell, "lstm": nn.LSTM, "gru": GatedCell}
GATES = {"rnn": ("state",), "lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "candidate")}
State = tuple[Tensor, ...]  # h, and for the LSTM c, each (B, D)
Carried = Tensor | State  # the same of every layer, (N, B, D); a tuple for the LSTM alone


def make_cell(cell: str, activation: str, channels: int, hidden: int, layers: int, dropout: float) -> nn.Module:
    """The fastest module that computes this cell: inputs (B, L, C), Carried | None -> (states (B, L, D), Carried)."""
    dropout = dropout if layers > 1 else 0.0
    if activation == "tanh" or (cell == "rnn" and activation == "relu"):
        more = {"nonlinearity": activation} if cell == "rnn" else {}
        return drawn(FUSED[cell](channels, hidden, layers, batch_first=True, dropout=dropout, **more), hidden)
    return drawn(ReferenceCell(cell, channels, hidden, layers, dropout, activation), hidden)


@torch.no_grad()
def drawn(cell: nn.Module, hidden: int) -> nn.Module:
    """The cell with the weights that training starts from: of each gate R orthogonal, and W by the number of its own inputs.

    torch draws W by the number of units, so that one input of size one hardly reaches 64 of them, and training begins with
    some hundred updates that only make W larger; with twice this bound an LSTM was slower to learn to add numbers that are 100
    steps apart. Source: LeCun et al. 1998, Efficient BackProp, section 4.6; Saxe et al. 2014, arXiv:1312.6120.
    """
    for name, weights in cell.named_parameters():
        if "weight_hh" in name:
            for gate in weights.split(hidden):
                nn.init.orthogonal_(gate)
        elif "weight_ih" in name:
            weights.uniform_(-0.5, 0.5).div_(math.sqrt(weights.shape[1]))
    return cell


class ReferenceCell(nn.Module):
    """Takes and gives what torch's cells do with `batch_first`, and can load their weights."""

    def __init__(
        self, cell: str, channels: int, hidden: int, layers: int = 1, dropout: float = 0.0, activation: str = "tanh"
    ) -> None:
        super().__init__()
        self.cell, self.hidden, self.layers, self.dropout = cell, hidden, layers, dropout
        self.activation = ACTIVATIONS[activation]
        rows, bound = len(GATES[cell]) * hidden, 1 / math.sqrt(hidden)
        for layer in range(layers):
            shapes = {"weight_ih": (rows, channels if layer == 0 else hidden), "weight_hh": (rows, hidden)}
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            for name, shape in shapes.items():
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(torch.empty(shape).uniform_(-bound, bound)))

    def forward(self, inputs: Tensor, first: Carried | None = None) -> tuple[Tensor, Carried]:
        """inputs (B, L, C) -> states of the last layer (B, L, D), and the last state of every layer (N, B, D)."""
        last = []
        for layer in range(self.layers):
            inputs, state, _ = self._layer(inputs, layer, first)
            last.append(state)
            if layer + 1 < self.layers:
                inputs = nn.functional.dropout(inputs, self.dropout, self.training)
        carried = tuple(torch.stack(part) for part in zip(*last, strict=True))
        return inputs, carried if self.cell == "lstm" else carried[0]

    def gates(self, inputs: Tensor) -> list[dict[str, Tensor]]:
        """For each layer every gate by name, and "state" and "cell" where there is one, each (B, L, D)."""
        found = []
        for layer in range(self.layers):
            inputs, _, seen = self._layer(inputs, layer)
            found.append(seen)
        return found

    def _layer(self, inputs: Tensor, layer: int, first: Carried | None = None) -> tuple[Tensor, State, dict[str, Tensor]]:
        weights, recurrent, bias, recurrent_bias = (
            getattr(self, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        step = {"rnn": self._rnn, "lstm": self._lstm, "gru": self._gru}[self.cell]
        entering = nn.functional.linear(inputs, weights, bias)  # (B, L, rows): W x(t) + b for all steps at once
        state: State = (inputs.new_zeros(len(inputs), self.hidden),) * (2 if self.cell == "lstm" else 1)
        if first is not None:
            state = tuple(part[layer] for part in (first if self.cell == "lstm" else (first,)))
        seen: list[dict[str, Tensor]] = []
        for one in entering.unbind(1):
            state, gates = step(one, nn.functional.linear(state[0], recurrent, recurrent_bias), state)
            seen.append(gates | {"state": state[0]})
        stacked = {name: torch.stack([gates[name] for gates in seen], 1) for name in seen[0]}
        return stacked["state"], state, stacked

    def _rnn(self, entering: Tensor, carried: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:  # noqa: ARG002
        return (self.activation(entering + carried),), {}

    def _lstm(self, entering: Tensor, carried: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        i, f, g, o = (entering + carried).chunk(4, -1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), self.activation(g), torch.sigmoid(o)
        memory = f * state[1] + i * g
        gates = {"input": i, "forget": f, "candidate": g, "output": o, "cell": memory}
        return (o * self.activation(memory), memory), gates

    def _gru(self, entering: Tensor, carried: Tensor, state: State) -> tuple[State, dict[str, Tensor]]:
        r, z, n = entering.chunk(3, -1)
        held_r, held_z, held_n = carried.chunk(3, -1)
        r, z = torch.sigmoid(r + held_r), torch.sigmoid(z + held_z)
        n = self.activation(n + r * held_n)
        return ((1 - z) * n + z * state[0],), {"reset": r, "update": z, "candidate": n}


class TwoWay(nn.Module):
    """Cells that read the window from both ends, layer by layer, each layer seeing both readings of the one below.

    Every state has seen the whole window, so it may be asked only at the window's end. Source: Schuster & Paliwal 1997, IEEE
    Trans. Signal Processing 45(11).
    """

    def __init__(self, cell: str, activation: str, channels: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        widths = [channels, *[2 * hidden] * (layers - 1)]
        self.onward = nn.ModuleList(make_cell(cell, activation, width, hidden, 1, 0.0) for width in widths)
        self.back = nn.ModuleList(make_cell(cell, activation, width, hidden, 1, 0.0) for width in widths)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs (B, L, C) -> (B, 2 D): the state after the last step, and that of the other reading after the first."""
        for number, (onward, back) in enumerate(zip(self.onward, self.back, strict=True)):
            if number:
                inputs = self.dropout(inputs)
            ahead, behind = onward(inputs)[0], back(inputs.flip(1))[0]
            last = torch.cat([ahead[:, -1], behind[:, -1]], 1)
            inputs = torch.cat([ahead, behind.flip(1)], 2)
        return last
