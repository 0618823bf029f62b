"""How long the store takes to keep what six trainings say, while five pages read it.

    python -m tests.bench.store [SECONDS]

Eight transactions a second, each with six updates and an epoch for each; five pages that read the run and its epochs each
second. Prints milliseconds: median, 99th percentile, longest.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from core.codec import Encoded
from core.series.timeseries import Panel
from core.store.store import Store
from tests.store.building import OWNER, VERSIONS, epoch, months, spec_of, task_ids, tasks_of, update

MODELS = 6
WRITES = 8  # a second
PAGES = 5


def main(seconds: float) -> None:
    """Measure, and print a line for each kind of call."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        Store.open(Path(folder) / "home").close()
        created = time.perf_counter()
        with closing(Store.open(Path(folder) / "home")) as store:
            print(f"create {1000 * (created - start):.0f} ms, open {1000 * (time.perf_counter() - created):.0f} ms")
            for name, taken in measured(store, seconds).items():
                low, high = np.percentile(taken, (50, 99))
                print(f"{name:8} {len(taken):6} calls   p50 {low:6.2f}   p99 {high:6.2f}   longest {max(taken):6.2f} ms")


def measured(store: Store, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each call, by its kind."""
    spec = spec_of(store.add_series(OWNER, Panel((months(length=500),)), "x"), *(f"model {n}" for n in range(MODELS)))
    run_id, _ = store.create_run(OWNER, "t", spec, tasks_of(spec), "r", VERSIONS, "hash")
    ids = task_ids(store, run_id)[:MODELS]
    for task_id in ids:
        store.claim(task_id, "w")
    taken: dict[str, list[float]] = {"write": [], "run": [], "epochs": [], "end": []}
    until = time.monotonic() + seconds
    pages = [threading.Thread(target=_page, args=(store, run_id, taken, until)) for _ in range(PAGES)]
    for page in pages:
        page.start()
    sequence = 0
    while time.monotonic() < until:
        sequence += 1
        said = [update(task_id, 1, 0.5, epoch(sequence)) for task_id in ids]
        _timed(taken["write"], lambda said=said: store.write(said))
        time.sleep(1 / WRITES)
    for page in pages:
        page.join()
    result = Encoded(b"s" * 5_000, np.random.default_rng(0).bytes(200_000))
    for task_id in ids:
        _timed(taken["end"], lambda task_id=task_id: store.end_task(task_id, 1, "done", result=result))
    return taken


def _page(store: Store, run_id: str, taken: dict[str, list[float]], until: float) -> None:
    while time.monotonic() < until:
        _timed(taken["run"], lambda: store.run(OWNER, run_id))
        _timed(taken["epochs"], lambda: store.epochs(OWNER, run_id))
        time.sleep(1.0)


def _timed(taken: list[float], call: Callable[[], object]) -> None:
    start = time.perf_counter()
    call()
    taken.append(1000 * (time.perf_counter() - start))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
