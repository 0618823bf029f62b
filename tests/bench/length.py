"""One LSTM fit on 1,000, 10,000 and 100,000 points: seconds and peak memory, each in a process of its own.

    python -m tests.bench.length [POINTS ...]

Memory is the process's peak, torch and all: the row of 0 points only imports what a fit imports.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import ar1, plain

HORIZON = 12
LENGTHS = (0, 1_000, 10_000, 100_000)


def main(lengths: list[int]) -> None:
    print(f"{'points':>8} {'epochs':>7} {'seconds':>8} {'s / 1,000':>10} {'peak MB':>8}")
    for length in lengths:
        command = [sys.executable, "-m", "tests.bench.length", "--one", str(length)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        epochs, seconds, peak = done.stdout.split()
        rate = f"{1000 * float(seconds) / length:10.3f}" if length else " " * 10
        print(f"{length:8} {epochs:>7} {float(seconds):8.1f} {rate} {float(peak):8.0f}", flush=True)


def one(length: int) -> None:
    """Print epochs, seconds of the fit and peak resident megabytes of this process."""
    from core.nets import training  # noqa: F401  the import is not counted

    epochs, start = 0, time.perf_counter()

    def count(progress) -> None:
        nonlocal epochs
        epochs += progress.epoch is not None

    if length:
        series = plain(ar1(length, 0.9))
        start = time.perf_counter()
        MODELS["lstm"]().fit(Panel((series,)), HORIZON, Context(watch=count))
    seconds = time.perf_counter() - start
    scale = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
    print(epochs, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
    else:
        main([int(text) for text in sys.argv[1:]] or list(LENGTHS))
