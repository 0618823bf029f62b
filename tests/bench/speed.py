"""How fast networks train beside a plain torch loop, neuralforecast and darts: one layer, 64 units, 48 steps, batches of 32.

    python -m tests.bench.speed [fit] [reach] [share]       all three without a word

fit    300 updates without stopping early: seconds, and labels learned a second. A label is one target in one update; Unroll
       learns 12 at every step of a window, the others 12 a window.
reach  seconds of the shortest fit whose forecasts, 12 steps ahead from every fourth origin of the last fifth, have a given mean
       absolute error. Each budget of updates, half as many again each time, is trained from scratch; median of three seeds.
       Unroll begins at a linear path in closed form; "no linear path" is the same without it.
share  `tests.bench.share`.

Each library has a process and one thread; imports and a first fit are not counted, and rounds go A B A B. Seconds are those of
the processor, which are the clock's on an idle machine; others may use the cores meanwhile, and the clock is shown beside them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import numpy as np

from core.data.choices import Choices
from core.data.examples import load_example
from tests.bench import share
from tests.bench.known import ar1
from tests.bench.peers.process import FOREIGN, PLAIN, UNROLL, Library, Peer
from tests.bench.peers.request import HORIZON, Answer, Request

CELLS = ("lstm", "gru", "rnn")
# of the others; on Mackey-Glass the best of 0.001 to 0.02 for the plain loop and neuralforecast, darts was not tried at each;
# Unroll has its default
RATES = {"lstm": 0.01, "gru": 0.01, "rnn": 0.003}
FEW = 8  # windows of a smaller batch, which still teaches twelve times the labels that others learn from 32
UPDATES, ROUNDS = 300, 5
BUDGETS = tuple(round(25 * 1.5**power) for power in range(18))
SEEDS, EVERY, PATIENCE, LONGEST = 3, 4, 12.0, 10.0  # a fit may last PATIENCE times Unroll's, 2 to LONGEST seconds
MARGIN, PLAIN_UPDATES = 1.15, 1000  # the linear path alone comes within 1.10 of the best possible
COEFFICIENT, WAVE = 0.8, 3 * np.sin(2 * np.pi * np.arange(2000) / 24)


@dataclass(frozen=True, eq=False)
class Task:
    """A series, and what error is to be reached on its last fifth: `goal` gives it for a cell."""

    title: str
    values: np.ndarray
    goal: Callable[[Task, str, Peer], float]

    @property
    def trained(self) -> int:
        return int(0.8 * len(self.values))

    @property
    def origins(self) -> range:
        return range(self.trained, len(self.values) - HORIZON + 1, EVERY)

    def request(self, cell: str, updates: int, seed: int = 0) -> Request:
        return Request(cell, updates, RATES[cell], seed, tuple(self.values), self.trained, tuple(self.origins))

    def error(self, points: object) -> float:
        """Mean absolute error of points (O, H)."""
        actual = self.values[np.array(self.origins)[:, None] + np.arange(HORIZON)]
        return float(np.abs(np.asarray(points) - actual).mean())


@dataclass(frozen=True)
class Way:
    """A library as it is asked: without its linear path, or as it comes."""

    library: Library
    linear: bool = True

    @property
    def label(self) -> str:
        return self.library.label if self.linear else f"{self.library.label}, no linear path"


WAYS = (Way(UNROLL), Way(UNROLL, linear=False), Way(PLAIN), *map(Way, FOREIGN))


def main(parts: list[str]) -> None:
    if not parts or {"fit", "reach"} & set(parts):
        with ExitStack() as stack:
            peers = {library: stack.enter_context(Peer(library)) for library in (UNROLL, PLAIN, *FOREIGN)}
            for peer in peers.values():
                for cell in CELLS:
                    peer.ask(replace(seasonal().request(cell, 16), origins=(seasonal().trained,)))
            if not parts or "fit" in parts:
                fits(peers)
            if not parts or "reach" in parts:
                for task in (seasonal(), chaotic()):
                    reached(task, peers)
    if not parts or "share" in parts:
        print()
        share.main()


def seasonal() -> Task:
    """2,000 steps: a wave of 24 steps and an AR(1), of which a linear model can know all there is."""
    title = f"seasonal AR(1), 2,000 points; error to reach: {MARGIN} times the best possible"
    return Task(title, ar1(len(WAVE), COEFFICIENT) + WAVE, near_best)


def chaotic() -> Task:
    """1,500 steps of the Mackey-Glass equation, on which linear models are poor."""
    (series,) = load_example("mackey_glass", Choices()).panel
    title = (
        f"Mackey-Glass, 1,500 points; error to reach: that of the plain loop after {PLAIN_UPDATES:,} updates, median of seeds"
    )
    return Task(title, series.values, as_plain)


def near_best(task: Task, cell: str, peer: Peer) -> float:
    """From the error of the wave as it is, and φ^h times what was left at the origin: nothing that knows the past is better."""
    steps = np.arange(HORIZON)
    left = np.array([task.values[origin - 1] - WAVE[origin - 1] for origin in task.origins])
    points = WAVE[np.array(task.origins)[:, None] + steps] + left[:, None] * COEFFICIENT ** (steps + 1)
    return MARGIN * task.error(points)


def as_plain(task: Task, cell: str, peer: Peer) -> float:
    return median(task.error(peer.ask(task.request(cell, PLAIN_UPDATES, seed)).points) for seed in range(SEEDS))


def fits(peers: Mapping[Library, Peer]) -> None:
    """Print the best of some rounds for each cell and library."""
    print(f"{UPDATES} updates on 1,600 points, best of {ROUNDS} rounds")
    print(f"{'':30} {'seconds':>8} {'by clock':>10} {'to Unroll':>10} {'labels / s':>12} {'Unroll to it':>13}")
    for cell in CELLS:
        request = replace(seasonal().request(cell, UPDATES), origins=())
        asked = [(library.label, peer, request) for library, peer in peers.items()]
        asked.insert(1, (f"{UNROLL.label}, batches of {FEW}", peers[UNROLL], replace(request, batch=FEW)))
        rounds = [[peer.ask(one) for _, peer, one in asked] for _ in range(ROUNDS)]
        best = [min(answers, key=lambda answer: answer.processor) for answers in zip(*rounds, strict=True)]
        for (label, *_), answer in zip(asked, best, strict=True):
            print(f"{cell:5}{label:25} {answer.processor:8.2f} {answer.seconds:10.2f}", end="")
            print(
                f" {answer.processor / best[0].processor:10.2f} {speed(answer):12,.0f} {speed(best[0]) / speed(answer):13.1f}"
            )
        sys.stdout.flush()


def speed(answer: Answer) -> float:
    return answer.labels / answer.processor


def reached(task: Task, peers: Mapping[Library, Peer]) -> None:
    """Print for each cell and library how long it takes to reach the error."""
    print(f"\n{task.title}")
    print(f"{'':30} {'error to reach':>14} {'updates':>8} {'seconds':>9} {'to Unroll':>10}")
    for cell in CELLS:
        goal, longest, ours = task.goal(task, cell, peers[PLAIN]), LONGEST, None
        for way in WAYS:
            updates, seconds = middle(task, goal, partial(asked, peers[way.library], task, way, cell), longest)
            if ours is None:
                ours, longest = seconds, min(LONGEST, max(2.0, PATIENCE * seconds))
            ratio = f"{seconds / ours:10.1f}" if ours < np.inf else ""
            told = f"{updates:8} {seconds:9.2f} {ratio}" if updates else f"{'not within':>18} {longest:.0f} s"
            print(f"{cell:5}{way.label:25} {goal:14.4g} {told}", flush=True)


def middle(task: Task, goal: float, fit: Callable[[int, int], Answer], longest: float) -> tuple[int, float]:
    """The median over the seeds; no more of them are tried once it is known to be infinite."""
    found: list[tuple[int, float]] = []
    for seed in range(SEEDS):
        found.append(first(task, goal, partial(fit, seed), longest))
        if sum(updates == 0 for updates, _ in found) > SEEDS // 2:
            return 0, np.inf
    return sorted(found, key=lambda one: one[1])[SEEDS // 2]


def asked(peer: Peer, task: Task, way: Way, cell: str, seed: int, updates: int) -> Answer:
    return peer.ask(replace(task.request(cell, updates, seed), linear=way.linear))


def first(task: Task, goal: float, fit: Callable[[int], Answer], longest: float) -> tuple[int, float]:
    """Updates and seconds of the shortest fit that reaches the goal; (0, infinite) when none does within `longest` seconds."""
    for updates in BUDGETS:
        answer = fit(updates)
        if answer.processor > longest:
            break
        if task.error(answer.points) <= goal:
            return updates, answer.processor
    return 0, np.inf


if __name__ == "__main__":
    main(sys.argv[1:])
