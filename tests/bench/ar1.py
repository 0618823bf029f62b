"""AR(1) with coefficient 0.9, 5,000 training points, horizon 12: how near networks come to the best possible forecast.

    python -m tests.bench.ar1            AR and the networks as they come, three seeds
    python -m tests.bench.ar1 matrix     every cell in every topology, both directions where there are two, one seed

The best possible mean squared error is that of φ^h y(t) on the same 2,000 origins; a ratio of 1.000 cannot be beaten but by
luck. Beside it what two libraries' direct networks reached on this task, as ratios to the best there.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator

import numpy as np

from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.settings import SYNCED, TOPOLOGIES
from tests.bench.known import ar1, plain

COEFFICIENT, TRAINED, HORIZON, ORIGINS, SEEDS = 0.9, 5000, 12, 2000, 3
PEERS = {  # mean squared error at step 1 and on average; the best possible there was 1.17 and 3.48
    "neuralforecast 3.3.0 LSTM": (3.73, 5.69),
    "neuralforecast 3.3.0 GRU": (3.73, 5.80),
    "darts 0.48.1 BlockRNN LSTM": (4.94, 4.90),
    "darts 0.48.1 BlockRNN GRU": (5.07, 5.10),
}


def main() -> None:
    print(f"{'':36} {'step 1':>8} {'mean':>8} {'seconds':>8}   MSE as a ratio to the best possible")
    if "matrix" in sys.argv[1:]:
        for title, name, settings in matrix():
            report(title, name, 0, settings)
        return
    for name in ("ar", "rnn", "lstm", "gru"):
        for seed in range(SEEDS):
            report(f"{name}, seed {seed}", name, seed, {})
    for name, (first, mean) in PEERS.items():
        print(f"{name:36} {first / 1.17:8.3f} {mean / 3.48:8.3f} {'':>8}")


def matrix() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Title, model and settings."""
    for name, topology, is_bidirectional in itertools.product(("rnn", "lstm", "gru"), TOPOLOGIES, (False, True)):
        if not (is_bidirectional and topology == SYNCED):
            title = f"{name} {topology}{' both ways' if is_bidirectional else ''}"
            yield title, name, {"topology": topology, "bidirectional": is_bidirectional}
    yield "feedforward", "feedforward", {}
    yield "bridge", "bridge", {}


def report(title: str, name: str, seed: int, settings: dict[str, object]) -> None:
    first, mean, seconds = ratios(name, seed, settings)
    print(f"{title:36} {first:8.3f} {mean:8.3f} {seconds:8.1f}", flush=True)


def ratios(name: str, seed: int, settings: dict[str, object]) -> tuple[float, float, float]:
    """Ratios of MSE at step 1 and on average to the best possible, and seconds of the fit. Each seed has its own series."""
    series = plain(ar1(TRAINED + ORIGINS + HORIZON, COEFFICIENT, seed=seed))
    start = time.perf_counter()
    fitted = MODELS[name](**settings).fit(Panel((series[:TRAINED],)), HORIZON, Context(seed=seed))
    seconds = time.perf_counter() - start
    found, best = np.empty((ORIGINS, HORIZON)), np.empty((ORIGINS, HORIZON))
    for row in range(ORIGINS):
        origin = TRAINED + row
        actual = series.values[origin : origin + HORIZON]
        found[row] = fitted.forecast(series[:origin], HORIZON).point - actual
        best[row] = COEFFICIENT ** np.arange(1, HORIZON + 1) * series.values[origin - 1] - actual
    step, least = np.square(found).mean(0), np.square(best).mean(0)
    return step[0] / least[0], step.mean() / least.mean(), seconds


if __name__ == "__main__":
    main()
