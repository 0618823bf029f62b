"""The module: a recurrent cell that reads steps, a head that says the next H changes, a linear path beside them."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from core.nets.cells import make_cell


class Network(nn.Module):
    """inputs (B, L, C) and linear (B, L, J + 1) -> (B, L, H): the next H scaled changes as seen at each step.

    Every output is read from the state at its own step, so it has seen everything up to that step and nothing after it.
    """

    def __init__(
        self, cell: str, activation: str, channels: int, hidden: int, layers: int, dropout: float, lags: int, horizon: int
    ) -> None:
        super().__init__()
        self.cell = make_cell(cell, activation, channels, hidden, layers, dropout)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, horizon)
        self.linear = nn.Linear(lags + 1, horizon)
        self.register_buffer("size", torch.ones(horizon))
        nn.init.zeros_(self.head.weight)  # training starts at the linear path
        nn.init.zeros_(self.head.bias)

    def start_from(self, weights: np.ndarray, bias: np.ndarray, size: np.ndarray) -> None:
        """Set the linear path, and the size (H,) of what it leaves unexplained, in whose units the loss is taken."""
        with torch.no_grad():
            self.size.copy_(torch.from_numpy(size))
            self.linear.weight.copy_(torch.from_numpy((weights / size).T))
            self.linear.bias.copy_(torch.from_numpy(bias / size))

    def forward(self, inputs: torch.Tensor, linear: torch.Tensor) -> torch.Tensor:
        """In units of `size`, at every step."""
        states, _ = self.cell(inputs)  # (B, L, D)
        return self.head(self.dropout(states)) + self.linear(linear)  # (B, L, H)

    def last(self, inputs: torch.Tensor, linear: torch.Tensor) -> torch.Tensor:
        """(B, H) in units of `size`, at the last step; linear (B, J + 1) is that step's."""
        states, _ = self.cell(inputs)
        return self.head(self.dropout(states[:, -1])) + self.linear(linear)
