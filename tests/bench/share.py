"""The share of the machine's matrix-multiply rate that each cell reaches, forward and backward, on one thread.

    python -m tests.bench.share

Operations are those of the matrix products alone; what the gates cost besides lowers the share. The machine's rate is that of
one large product in float32, measured between the cells. Best of some repeats, all kinds in turn, for others may use the cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from core.nets.cells import make_cell
from core.nets.device import one_thread

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
TORCH = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
SHAPES = ((64, 48), (32, 48), (32, 24), (16, 24))  # units, steps; the last ones are the defaults
BATCHES = (8, 32, 256)
CHANNELS, SIDE = 2, 1024
ROUNDS, AT_LEAST = 15, 0.02  # a measurement lasts so many seconds at least


def main() -> None:
    """Print a row for each size: shares of Unroll's cells, of torch's, and how far GRU and RNN are from the LSTM."""
    with one_thread():
        print(f"matrix product of {SIDE} x {SIDE}: {machine_rate() / 1e9:.0f} GFLOP/s on one thread")
        print(f"{'':24}{'Unroll':^21}{'torch':^21}  LSTM's share over that of")
        print(f"{'units  steps  batch':24}" + "".join(f"{name:>7}" for name in (*GATES, *GATES)) + f"{'GRU':>9} {'RNN':>6}")
        for hidden, steps in SHAPES:
            for batch in BATCHES:
                row(hidden, steps, batch)


def row(hidden: int, steps: int, batch: int) -> None:
    ours = {name: make_cell(name, "tanh", CHANNELS, hidden, 1, 0.0) for name in GATES}
    cells = [*ours.values(), *(TORCH[name](CHANNELS, hidden, batch_first=True) for name in GATES)]
    inputs = torch.randn(batch, steps, CHANNELS)
    passes = [lambda cell=cell: forward_and_backward(cell, inputs) for cell in cells]
    *seconds, product = fastest([*passes, one_product()])
    work = [operations(name, hidden, steps, batch) for name in (*GATES, *GATES)]
    machine = 2 * SIDE**3 / product
    shares = [flops / taken / machine for flops, taken in zip(work, seconds, strict=True)]
    print(f"{hidden:5} {steps:6} {batch:6}      " + "".join(f"{share:7.2f}" for share in shares), end="")
    print(f"{shares[0] / shares[1]:9.1f} {shares[0] / shares[2]:6.1f}", flush=True)


def operations(cell: str, hidden: int, steps: int, batch: int) -> int:
    """Of forward and backward: W x and R h, the gradients of W, R and h; inputs need none."""
    return 2 * GATES[cell] * hidden * (2 * CHANNELS + 3 * hidden) * steps * batch


def forward_and_backward(cell: nn.Module, inputs: torch.Tensor) -> None:
    states, _ = cell(inputs)
    torch.autograd.grad(states.sum(), list(cell.parameters()))


def one_product() -> Callable[[], None]:
    left, right, out = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE), torch.empty(SIDE, SIDE)
    return lambda: torch.mm(left, right, out=out)


def machine_rate() -> float:
    """Operations a second of one large product."""
    return 2 * SIDE**3 / fastest([one_product()])[0]


def fastest(calls: list[Callable[[], None]]) -> list[float]:
    """Seconds of each call: the least over rounds in which every one has its turn."""
    counts = [max(1, round(AT_LEAST / max(once(call, 2), 1e-9))) for call in calls]
    rounds = [[once(call, count) for call, count in zip(calls, counts, strict=True)] for _ in range(ROUNDS)]
    return [min(taken) for taken in zip(*rounds, strict=True)]


def once(call: Callable[[], None], count: int) -> float:
    """Mean seconds of `count` calls."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


if __name__ == "__main__":
    main()
