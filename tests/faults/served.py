"""`python -m core work` as a process that can be killed, with a home, a session and a table of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from core.process import ROOT
from core.store.codecs.results import decode_result
from core.store.store import Store
from tests.faults.home import members, numbers
from tests.faults.pace import until

SETTINGS = {"epochs": 60, "patience": 60, "hidden": 4}


class Served:
    """The process, and what it has told so far."""

    def __init__(self, home: Path, *arguments: str, before: tuple[str, ...] = (), **environ: str) -> None:
        self.home, self.events, self.stderr = home, [], ""
        names = {"UNROLL_HOME": str(home), "UNROLL_WORKERS": "2", **environ}
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "core", "work", *arguments], cwd=ROOT, env={**os.environ, **names},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.readers = [threading.Thread(target=self._read), threading.Thread(target=self._complaints)]
        for reader in self.readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in members(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.wait()

    @property
    def run_id(self) -> str:
        return until(lambda: self.events)[0]["run"]

    def wait(self, seconds: float = 60.0) -> int:
        """Its exit code, once it has ended and everything it said is read."""
        until(lambda: self.process.poll() is not None, seconds)
        code = self.process.returncode
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def told(self, **wanted) -> list[dict]:
        """The events that have these values."""
        return [one for one in list(self.events) if wanted.items() <= one.items()]

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)

    def is_gone(self) -> bool:
        """Whether nothing of it is left: no worker, no parent of workers."""
        return not members(self.process.pid)

    def workers(self) -> list[int]:
        """Those who compute: each has a group of its own."""
        return [pid for pid in members(self.process.pid) if os.getpgid(pid) == pid != self.process.pid]

    def limit_files(self, size: int) -> None:
        """The largest file that it may write from now on: as if the disk were full, or had room again."""
        psutil.Process(self.process.pid).rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))

    def _read(self) -> None:
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def _complaints(self) -> None:
        for line in self.process.stderr:
            self.stderr += line


def networks(*names: str, more: tuple[str, ...] = (), **settings) -> tuple[str, ...]:
    """The arguments for small networks on the sunspots."""
    changed = [f"{name}.{field}={value}" for name in names for field, value in (SETTINGS | settings).items()]
    sets = [part for text in changed for part in ("--set", text)]
    models = ",".join((*names, *more))
    return (
        "example:sunspots",
        "--horizon",
        "6",
        "--origins",
        "2",
        "--seeds",
        "1",
        "--device",
        "cpu",
        "--models",
        models,
        *sets,
    )


def kept(home: Path, run_id: str):
    """The record of a run and all numbers of it, from the store of a home that nobody serves."""
    store = Store.open(home)
    try:
        record = store.run("local", run_id)
        results = [decode_result(store.result("local", run_id, one.id)) for one in record.tasks if one.kind == "model"]
        return record, numbers(tuple(results))
    finally:
        store.close()


def states(home: Path, run_id: str) -> list[tuple[str, int]]:
    """State and attempt of each task, from the store of a home that nobody serves."""
    store = Store.open(home)
    try:
        return [(one.state, one.attempt) for one in store.run("local", run_id).tasks]
    finally:
        store.close()
