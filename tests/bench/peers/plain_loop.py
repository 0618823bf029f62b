"""The loop that tutorials show: windows in a DataLoader, torch's cell, a linear head on its last state, Adam.

python -m tests.bench.peers.plain_loop
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from tests.bench.peers.request import HIDDEN, HORIZON, LOOKBACK, Request, Trained, serve

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """inputs (B, L, 1) -> (B, H)."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.cell = CELLS[cell](1, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, HORIZON)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.cell(inputs)[0][:, -1])


def train(request: Request) -> Trained:
    torch.manual_seed(request.seed)
    values = torch.tensor(request.values[: request.trained])
    mean, spread = values.mean(), values.std()
    windows = ((values - mean) / spread).unfold(0, LOOKBACK + HORIZON, 1)  # (N, L + H)
    loader = DataLoader(
        TensorDataset(windows[:, :LOOKBACK, None], windows[:, LOOKBACK:]), request.batch, shuffle=True, drop_last=True
    )
    network, loss = Recurrent(request.cell), nn.MSELoss()
    optimizer = torch.optim.Adam(network.parameters(), request.rate)
    for (inputs, targets), _ in zip(_endless(loader), range(request.updates), strict=False):
        optimizer.zero_grad()
        loss(network(inputs), targets).backward()
        optimizer.step()

    @torch.no_grad()
    def forecast(histories: Sequence[np.ndarray]) -> np.ndarray:
        inputs = torch.tensor(np.stack([history[-LOOKBACK:] for history in histories]), dtype=torch.float32)
        return (network((inputs[:, :, None] - mean) / spread) * spread + mean).numpy()

    return Trained(request.updates * request.batch * HORIZON, forecast)


def _endless(loader: DataLoader) -> Iterator[list[Tensor]]:
    while True:
        yield from loader


if __name__ == "__main__":
    serve(train)
