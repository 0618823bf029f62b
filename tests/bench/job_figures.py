"""The measurements of `tests.bench.jobs`. PSS shares a page among the processes that have it: a sum is what they take."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from core.evaluation.spec import RunSpec
from core.jobs.planning.limits import Host
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.workbench import Workbench

OWNER = "bench"
SIX = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
LASTING = {"epochs": 5000, "patience": 5000, "skip": "on"}


def usual_host() -> dict[str, object]:
    """With a preloaded parent and two workers."""
    found: dict[str, object] = {"load of the machine before": round(psutil.getloadavg()[0], 1)}
    with workbench(Host(2, "forkserver")) as bench:
        found["submit to first event and epoch, cold, s"] = first_event(bench)
        found["submit to first event and epoch, warm, s"] = [first_event(bench) for _ in range(5)]
        found["six models on the sunspots, warm, s and processor s"] = whole_run(bench, SIX)
        found["progress write with 5 pollers, ms"] = writes(bench)
        found["server and parent when idle, % of a core"] = round(idle(), 2)
        found["memory, MB of PSS"] = memory(bench)
    return found


@contextmanager
def workbench(host: Host) -> Iterator[Workbench]:
    with tempfile.TemporaryDirectory() as folder, Workbench(Path(folder) / "home", {}, host=host) as bench:
        yield bench


def launched(bench: Workbench, names: tuple[str, ...], settings: dict[str, int] | None = None) -> str:
    """A new run on the sunspots."""
    keys = bench.add_series(OWNER, bench.example("sunspots").panel, "sunspots")
    models = tuple(ModelSpec(name, MODELS[name].label, (settings or {}) if MODELS[name].is_random else {}) for name in names)
    return bench.launch(OWNER, RunSpec(keys, models, 6, device="cpu")).run_id


def until(condition: Callable[[], object], every: float = 0.002) -> None:
    """Whoever looks so often takes most of a core from the workers: a whole run is looked at every tenth of a second."""
    while not condition():
        time.sleep(every)


def first_event(bench: Workbench) -> tuple[float, float]:
    """Seconds from a launch until the store knows that a worker computes, and until it knows its first epoch."""
    start = time.perf_counter()
    run_id = launched(bench, ("lstm",), LASTING)
    until(lambda: bench.run(OWNER, run_id).record.tasks[0].message != "" or bench.run(OWNER, run_id).epochs)
    spoken = time.perf_counter() - start
    until(lambda: bench.run(OWNER, run_id).epochs)
    told = time.perf_counter() - start
    stopped(bench, run_id)
    return round(spoken, 2), round(told, 2)


def stopped(bench: Workbench, run_id: str) -> None:
    bench.cancel(OWNER, run_id)
    until(lambda: not bench.run(OWNER, run_id).is_live and not bench.supervisor.slots, 0.1)


def whole_run(bench: Workbench, names: tuple[str, ...]) -> tuple[float, float]:
    """Seconds of a whole run, and seconds of processor time that its workers took: the machine may have had more to do."""
    parent = next(one for one in psutil.Process().children() if "core.jobs.running.preload" in " ".join(one.cmdline()))
    before, start = parent.cpu_times(), time.perf_counter()
    run_id = launched(bench, names)
    until(lambda: not bench.run(OWNER, run_id).is_live and not bench.supervisor.slots, 0.1)
    after = parent.cpu_times()
    taken = after.children_user + after.children_system - before.children_user - before.children_system
    return round(time.perf_counter() - start, 1), round(taken, 1)


def writes(bench: Workbench, seconds: float = 8.0) -> dict[str, float]:
    """How long the supervisor's writes take while two networks train and five pages look twice a second."""
    taken, write, over = [], bench.store.write, threading.Event()

    def timed(updates: object) -> None:
        start = time.perf_counter()
        write(updates)
        taken.append(1000 * (time.perf_counter() - start))

    bench.store.write = timed
    run_id = launched(bench, ("lstm", "rnn"), LASTING)

    def poll() -> None:
        while not over.wait(0.5):
            bench.run(OWNER, run_id)

    pollers = [threading.Thread(target=poll) for _ in range(5)]
    for one in pollers:
        one.start()
    time.sleep(seconds)
    over.set()
    for one in pollers:
        one.join()
    stopped(bench, run_id)
    bench.store.write = write
    return {"n": len(taken), "p50": round(float(np.median(taken)), 2), "p99": round(float(np.quantile(taken, 0.99)), 2)}


def idle(seconds: float = 5.0) -> float:
    """Percent of a core that this process and all its children take while nothing is to be done."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    before = sum(sum(one.cpu_times()[:2]) for one in processes)
    time.sleep(seconds)
    return 100 * (sum(sum(one.cpu_times()[:2]) for one in processes) - before) / seconds


def pss(process: psutil.Process) -> float:
    return round(process.memory_full_info().pss / 2**20, 1)


def memory(bench: Workbench) -> dict[str, object]:
    """Of the server, of the preloaded parent and of each worker while two networks train, in MB."""
    run_id = launched(bench, ("lstm", "gru"), LASTING)
    until(lambda: len(bench.run(OWNER, run_id).epochs) == 2)
    workers = [psutil.Process(slot.attempt.pid) for slot in bench.supervisor.slots.values()]
    parent, server = workers[0].parent(), psutil.Process()
    others = [one for one in server.children() if one.pid != parent.pid and one not in workers]
    table = {"server": pss(server), "preloaded parent": pss(parent), "workers": [pss(one) for one in workers]}
    table["other"] = round(sum(pss(one) for one in others), 1)
    table["total"] = round(table["server"] + table["preloaded parent"] + sum(table["workers"]) + table["other"], 1)
    stopped(bench, run_id)
    return table


def small_host() -> dict[str, object]:
    """Without a preloaded parent and with one worker: the sum while an LSTM trains, and the first event."""
    with workbench(Host(1, "spawn")) as bench:
        seconds = first_event(bench)
        run_id = launched(bench, ("lstm",), LASTING)
        until(lambda: bench.run(OWNER, run_id).epochs)
        time.sleep(2)
        every = [psutil.Process(), *psutil.Process().children(recursive=True)]
        found = {"server": pss(every[0]), "all": [pss(one) for one in every], "total": round(sum(map(pss, every)), 1)}
        stopped(bench, run_id)
    return {"first event and epoch, s": seconds, "memory of a small host, MB of PSS": found}
