"""What every library is asked for in the same words, and the loop that answers: one JSON line in, one JSON line out.

Not about any library: the adapters beside this file are, each in a process of its own. Only the standard library, numpy and
torch are imported here, for adapters run in environments that have nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

HIDDEN, LOOKBACK, HORIZON, BATCH = 64, 48, 12, 32  # one layer
Forecast = Callable[[Sequence[np.ndarray]], np.ndarray]  # histories -> (O, H)


@dataclass(frozen=True)
class Request:
    """Train on values[:trained], by `updates` updates, without stopping early; then forecast from each origin.

    cell     rnn, lstm or gru
    origins  a forecast from origin o reads values[:o]; none for the time alone
    linear   False: without a linear path from the past to the forecast, where a library has one
    rate     of those who have no better one of their own
    batch    windows in an update
    """

    cell: str
    updates: int
    rate: float
    seed: int
    values: tuple[float, ...]
    trained: int
    origins: tuple[int, ...] = ()
    linear: bool = True
    batch: int = BATCH


@dataclass(frozen=True)
class Answer:
    """seconds of the fit by the clock, and of the processor, labels that it learned from, points (O, H)."""

    seconds: float
    processor: float
    labels: int
    points: list[list[float]]


class Trained(NamedTuple):
    """labels: targets in all updates together, each counted as often as it was learned from."""

    labels: int
    forecast: Forecast


def serve(train: Callable[[Request], Trained]) -> None:
    """Answer the requests on standard input until it ends. What a library prints goes to standard error."""
    torch.set_num_threads(1)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        answer = _answer(train, Request(**json.loads(line)))
        print(json.dumps(answer.__dict__), file=answers, flush=True)


def _answer(train: Callable[[Request], Trained], request: Request) -> Answer:
    began, used = time.perf_counter(), time.process_time()
    trained = train(request)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    values = np.array(request.values)
    histories = [values[:origin] for origin in request.origins]
    points = np.asarray(trained.forecast(histories), float).tolist() if histories else []
    return Answer(seconds, processor, trained.labels, points)
