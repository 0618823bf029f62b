"""The adding problem at T = 100: LSTM and GRU carry two numbers over a hundred steps, the plain RNN does not.

    python -m tests.bench.adding

A sequence has T to 1.1 T steps, each a pair: a value from [−1, 1] and a marker, 1 at one of the first ten steps and at one
of the first half, −1 at both ends, else 0. What is asked for at the end, and only there, is 0.5 + (X₁ + X₂) / 4, with the two
marked values; a marked first step counts as 0. An answer is right within 0.04; a cell has solved it when 99 % of 2,560 test
sequences are right. Every training sequence is new. Always answering 0.5 is right for about one in seven.

Gates begin with memories of all lengths up to T, the bias of the gate that keeps drawn as log U(1, T − 1): with a forget bias
of 1, or the GRU's usual biases, neither cell learned anything in 4,000 updates. The plain RNN, which has no gate, gets as many
updates as they do, at two learning rates.

Source: Hochreiter & Schmidhuber 1997, Neural Computation 9(8), task 4; first biases: Tallec & Ollivier 2018, arXiv:1804.11188.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import starmap
from multiprocessing import get_context

import numpy as np
import torch
from torch import Tensor, nn

from core.nets.cells import make_cell
from core.nets.device import reproducible
from core.nets.optimizer import Adam, clip, one_cycle

STEPS, HIDDEN, BATCH, CLIP = 100, 64, 64, 1.0
TESTED, TEST_BATCHES, NEAR, ENOUGH = 2560, 10, 0.04, 0.99
LOOK_EVERY, WORKERS, SEEDS = 250, 2, 3


@dataclass(frozen=True)
class Trial:
    """One training of so many updates; the learning rate rises to `rate`, then falls along a cosine."""

    cell: str
    seed: int
    updates: int = 3000
    rate: float = 0.005


@dataclass(frozen=True)
class Outcome:
    """right: share of the test sequences in the end; solved: updates after which it was first enough, None for never.

    seconds are those of the processor.
    """

    right: float
    error: float
    solved: int | None
    seconds: float


TRIALS = [
    *(Trial(cell, seed) for cell in ("lstm", "gru") for seed in range(SEEDS)),
    *(Trial("rnn", seed, rate=rate) for rate in (0.005, 0.001) for seed in range(SEEDS)),
]


def main() -> None:
    """Print a line for each trial, two trials at a time, each on one thread."""
    print(
        f"{'cell':6} {'seed':>4} {'rate':>6} {'updates':>8} {'right':>8} {'mean error':>11} {'solved after':>13} {'seconds':>8}"
    )
    start = time.perf_counter()
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        for trial, outcome in zip(TRIALS, pool.map(run, TRIALS), strict=True):
            solved = "never" if outcome.solved is None else f"{outcome.solved}"
            print(f"{trial.cell:6} {trial.seed:4} {trial.rate:6} {trial.updates:8} {outcome.right:8.2%}", end="")
            print(f" {outcome.error:11.4f} {solved:>13} {outcome.seconds:8.0f}", flush=True)
    print(f"{time.perf_counter() - start:.0f} s in all, {WORKERS} at a time")


def run(trial: Trial) -> Outcome:
    """Train, look at the test sequences now and then."""
    start, solved = time.process_time(), None
    with reproducible(trial.seed, "cpu"):
        network, random, tests = Adder(trial.cell), np.random.default_rng(trial.seed), list(held_out())
        optimizer, parameters = Adam(list(network.parameters())), list(network.parameters())
        for update in range(1, trial.updates + 1):
            inputs, targets = sequences(random, BATCH)
            gradients = torch.autograd.grad((network(inputs) - targets).square().mean(), parameters)
            clip(gradients, CLIP)
            optimizer.update(gradients, one_cycle(update / trial.updates, trial.rate))
            if update % LOOK_EVERY == 0:
                errors = network.errors(tests)
                right = float((errors < NEAR).float().mean())
                solved = update if solved is None and right >= ENOUGH else solved
    return Outcome(right, float(errors.mean()), solved, time.process_time() - start)


class Adder(nn.Module):
    """inputs (B, L, 2) -> (B,), read from the last state of one of our cells."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.cell = make_cell(cell, "tanh", 2, HIDDEN, 1, 0.0)
        self.head = nn.Linear(HIDDEN, 1)
        if cell != "rnn":
            remember(self.cell, cell)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.cell(inputs)[0][:, -1])[:, 0]

    @torch.no_grad()
    def errors(self, tests: list[tuple[Tensor, Tensor]]) -> Tensor:
        """(N,) absolute errors."""
        return torch.cat(list(starmap(lambda inputs, targets: (self(inputs) - targets).abs(), tests)))


@torch.no_grad()
def remember(cell: nn.Module, name: str) -> None:
    """Biases for memories of 1 to T steps: of the LSTM's forget gate, its input gate opposite; of the GRU's update gate.

    In torch's order of gates (i f g o; r z n) the one that keeps is the second of both.
    """
    keeps = torch.log(torch.empty(HIDDEN).uniform_(1, STEPS - 1))
    cell.bias_ih_l0[HIDDEN : 2 * HIDDEN], cell.bias_hh_l0[HIDDEN : 2 * HIDDEN] = keeps, 0.0
    if name == "lstm":
        cell.bias_ih_l0[:HIDDEN], cell.bias_hh_l0[:HIDDEN] = -keeps, 0.0


def sequences(random: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    """inputs (N, L, 2), targets (N,), all of one length L from T to 1.1 T."""
    length, rows = int(random.integers(STEPS, STEPS + STEPS // 10 + 1)), np.arange(count)
    values, markers = random.uniform(-1, 1, (count, length)), np.zeros((count, length))
    first = random.integers(0, 10, count)
    second = random.integers(0, STEPS // 2 - 2, count)
    second += second >= first  # any of the first half but the first marked one
    markers[:, [0, -1]] = -1
    markers[rows, first], markers[rows, second] = 1, 1
    counted = [np.where(place > 0, values[rows, place], 0.0) for place in (first, second)]
    inputs, targets = np.stack([values, markers], axis=2), 0.5 + sum(counted) / 4
    return torch.from_numpy(inputs.astype(np.float32)), torch.from_numpy(targets.astype(np.float32))


def held_out() -> Iterator[tuple[Tensor, Tensor]]:
    """The same for every trial, and none of them ever trained on."""
    random = np.random.default_rng(1997)
    for _ in range(TEST_BATCHES):
        yield sequences(random, TESTED // TEST_BATCHES)


if __name__ == "__main__":
    main()
