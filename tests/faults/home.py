"""What must be true of a home whatever happened to it, and the small runs that faults are tried on."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from core.evaluation.spec import RunSpec
from core.experiment import TaskResult
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from core.store.records import ENDED, TaskRecord
from core.workbench import Workbench
from tests.faults.pace import until

OWNER = "owner"
KEPT = {"unroll.db", "unroll.db-wal", "unroll.db-shm", "store.id", "opening.lock", "write.lock", "machine.json", "work"}
KEPT |= {"supervisor.lock", "supervisor.pid"}
LONG = {"epochs": 5000, "patience": 5000, "hidden": 4, "skip": "on"}  # longer than any test waits, epochs told at once


def months(length=96, name="sales", seed=1) -> TimeSeries:
    noise, steps = np.random.default_rng(seed).normal(0, 2, length), np.arange(length)
    values = 50 + 0.3 * steps + 8 * np.sin(2 * np.pi * steps / 12) + noise
    return TimeSeries(name, pd.date_range("2010-01-01", periods=length, freq="MS"), values, np.ones(length, bool), season=12)


def hours(length=9000) -> TimeSeries:
    values = np.random.default_rng(3).normal(0, 1, length).cumsum() + 500
    return TimeSeries("load", pd.date_range("2019-01-01", periods=length, freq="h"), values, np.ones(length, bool), season=24)


def network(name="lstm", label=None, **settings) -> ModelSpec:
    """A small network, which leaves nothing to choose but the number of epochs, and tells of them at once."""
    closed = {"skip": "on", "lags": 12, "start": "direct", "log": "no", "mean": "no", "penalty": 1.0}
    return ModelSpec(name, label or MODELS[name].label, {"epochs": 40, "patience": 40, "hidden": 4} | closed | settings)


def plain(*names) -> tuple[ModelSpec, ...]:
    return tuple(ModelSpec(name, MODELS[name].label, {}) for name in names)


def launched(bench: Workbench, *models, workspace=OWNER, panel=None, request=None, **more) -> str:
    """The id of a new run of these models."""
    keys = bench.add_series(workspace, panel or Panel((months(),)), "sales.csv")
    spec = RunSpec(keys, models, **{"horizon": 6, "origins": 2, "blocks": 1, "seeds": 1, "device": "cpu"} | more)
    return bench.launch(workspace, spec, request=request).run_id


def task(bench: Workbench, run_id: str, at: int = 0, workspace=OWNER) -> TaskRecord:
    return bench.run(workspace, run_id).record.tasks[at]


def computing(bench: Workbench, run_id: str, at: int = 0, attempt: int = 1) -> psutil.Process:
    """The process of a task, as soon as it has told an epoch."""

    def pid() -> int | None:
        view = bench.run(OWNER, run_id)
        found = view.record.tasks[at]
        slot = bench.supervisor.slots.get(found.id)
        is_there = found.attempt == attempt and slot is not None and slot.number == attempt and view.epochs.get(found.id)
        return slot.attempt.pid if is_there else None

    return psutil.Process(until(pid))


def ended(bench: Workbench, run_id: str, seconds: float = 30.0, workspace=OWNER):
    """The run once it has ended.  seconds: of a Pace."""
    until(lambda: not bench.run(workspace, run_id).is_live and not bench.supervisor.slots, seconds)
    return bench.run(workspace, run_id).record


def numbers(results: tuple[TaskResult, ...]) -> dict[str, tuple]:
    """All that was computed, to the last bit: scores and points by label."""
    return {
        one.model.label: (
            one.scores.values,
            [series.backtest.point.tobytes() for series in one.series],
            [series.forecast.quantiles.tobytes() for series in one.series],
        )
        for one in results
    }


def is_alive(pid: int) -> bool:
    """A zombie that nobody has collected yet does no harm."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def members(session: int) -> set[int]:
    """The live processes of a session."""
    found = set()
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session and is_alive(pid):
                found.add(pid)
        except ProcessLookupError:
            continue
    return found


def check(home: Path) -> None:
    """Every accepted run has a visible end, nothing temporary is left, and the database is sound."""
    assert {path.name for path in home.iterdir() if ".corrupt-" not in path.name} <= KEPT
    assert list((home / "work").iterdir()) == []
    with closing(sqlite3.connect(f"{(home / 'unroll.db').as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        states = connection.execute("SELECT state FROM runs UNION SELECT state FROM tasks").fetchall()
    assert {state for (state,) in states} <= set(ENDED)


def check_homes(folder: Path) -> None:
    """The same of every home in a folder."""
    for place in folder.rglob("unroll.db"):
        check(place.parent)


def check_bench(bench: Workbench) -> None:
    """The same of a workbench that lives, and that no worker does."""
    until(lambda: not bench.supervisor.slots and not list((bench.store.database.home / "work").iterdir()))
    check(bench.store.database.home)
    until(lambda: not workers(), 2)


def workers() -> set[int]:
    """The live processes that this one's preloaded parent has made."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        try:
            if child.ppid() != os.getpid() and child.status() != psutil.STATUS_ZOMBIE:
                found.add(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def adopt_orphans(is_adopting: bool) -> None:
    """Have processes whose parent dies become children of this one, so that none can hide."""
    set_child_subreaper = 36
    assert ctypes.CDLL(None).prctl(set_child_subreaper, int(is_adopting), 0, 0, 0) == 0


def strays() -> dict[int, list[str]]:
    """The live processes below this one, adopted ones too, without those that serve a workbench of this process."""
    found = {}
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            is_ours = os.getsid(child.pid) == os.getsid(0) and "from multiprocessing." in " ".join(child.cmdline())
            if not is_ours and child.status() != psutil.STATUS_ZOMBIE:
                found[child.pid] = child.cmdline()
    return found
