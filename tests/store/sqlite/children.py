"""Processes that tests start: `python -m tests.store.sqlite.children NAME HOME ...`. They answer in JSON on standard output.

Each loads the libraries once and then forks, for to load them takes longer than what is tried.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from core.codec import Encoded
from core.errors import StoreError
from core.store.sqlite.database import FILE
from core.store.store import Store
from tests.store.building import OWNER, done, epoch, new_run, task_ids, update

FOREVER = 10_000


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Run `work` in a process of its own; its id, and the pipe on which it answers."""
    ear, mouth = os.pipe()
    process = os.fork()
    if process:
        os.close(mouth)
        return process, ear
    try:
        work(mouth)
    finally:
        os._exit(0)


def heard(process: int, ear: int) -> list[str]:
    """The lines of a process that has ended or is about to."""
    with os.fdopen(ear) as lines:
        said = lines.read().split("\n")[:-1]  # a line that was cut off was never said
    os.waitpid(process, 0)
    return said


def claims(home: str, count: str) -> object:
    """So many processes claim all that waits; what each of them got."""

    def claim(mouth: int) -> None:
        store, got = Store.open(Path(home)), []
        for task in store.queued():
            attempt = store.claim(task.id, str(os.getpid()))
            if attempt is not None:
                got.append(f"{task.id} {attempt}")
        os.write(mouth, ("\n".join(got) + "\n").encode())
        store.close()

    return [heard(*child) for child in [forked(claim) for _ in range(int(count))]]


def opens(home: str, count: str) -> object:
    """So many processes open the same new home; what each of them saw."""

    def open_it(mouth: int) -> None:
        store = Store.open(Path(home))
        run_id = new_run(store, request=str(os.getpid()))
        os.write(mouth, f"{(Path(home) / 'store.id').read_text()} {run_id} {store.notice}\n".encode())
        store.close()

    return [heard(*child) for child in [forked(open_it) for _ in range(int(count))]]


def kills(home: str, count: str, seed: str) -> object:
    """A process that writes is killed so many times; what it had said was done, and what is found."""
    chance, said, checks = random.Random(int(seed)), [], set()
    for number in range(int(count)):
        process, ear = forked(lambda mouth, number=number: _write_for_ever(home, number, mouth))
        if number % 5:  # the others are killed while they make the store, or open it after a kill
            select.select([ear], [], [], 20)  # until it has said that something is done
        time.sleep(chance.uniform(0.0, 0.2 if number < 5 else 0.03))
        os.kill(process, signal.SIGKILL)
        said += heard(process, ear)
        checks.add(_quick_check(home))
    with closing(Store.open(Path(home))) as store:
        runs = {run.id for run in store.runs(OWNER)}
        ended = {task.id for run in store.runs(OWNER) for task in run.tasks if task.state == "done"}
        results = [store.result(OWNER, run.id, task.id) for run in store.runs(OWNER) for task in run.tasks]
        lost = [line for line in said if line.split()[1] not in (runs if line[0] == "r" else ended)]
        whole = sum(result is not None for result in results) == len(ended)
        return {"said": len(said), "lost": lost, "checks": sorted(checks), "whole": whole, "notice": store.notice}


def _write_for_ever(home: str, number: int, mouth: int) -> None:
    store = Store.open(Path(home))
    for turn in range(FOREVER):
        run_id = new_run(store, "A", "B", request=f"{number} {turn}")
        os.write(mouth, f"r {run_id}\n".encode())
        for task_id in task_ids(store, run_id):
            attempt = store.claim(task_id, "w")
            store.write([update(task_id, attempt, 0.5, *(epoch(at) for at in range(20)))])
            store.end_task(task_id, attempt, "done", result=Encoded(b"s" * 100, os.urandom(20_000)))
            os.write(mouth, f"t {task_id}\n".encode())


def _quick_check(home: str) -> str:
    if not (Path(home) / FILE).exists():
        return "ok"  # killed before it made the file
    with closing(sqlite3.connect(f"file:{home}/{FILE}?mode=ro", uri=True)) as connection:
        return connection.execute("PRAGMA quick_check").fetchone()[0]


def limited(home: str) -> object:
    """No file may grow beyond 700 KB; then it may again."""
    store = Store.open(Path(home), busy_seconds=1.0)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
    kept, error = _fill(store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    return _after(store, home, kept, error)


def full(home: str) -> object:
    """The disk is full; then there is room again. `home` is on a small disk of its own."""
    ballast = Path(home).parent / "ballast"
    store = Store.open(Path(home), busy_seconds=1.0)
    ballast.write_bytes(b"x" * 500_000)
    kept, error = _fill(store)
    ballast.unlink()
    return _after(store, home, kept, error)


def _fill(store: Store) -> tuple[list[str], str]:
    """Write until it is refused: the runs that were acknowledged, and the words of the refusal."""
    kept: list[str] = []
    try:
        for turn in range(FOREVER):
            run_id = new_run(store, request=f"{turn}")
            kept.append(run_id)
            done(store, task_ids(store, run_id)[0], Encoded(b"s", os.urandom(30_000)))
    except StoreError as error:
        return kept, str(error)
    return kept, "it was never refused"


def _after(store: Store, home: str, kept: list[str], error: str) -> object:
    """What is there once there is room: in the same store, and when it is opened again."""
    missing = set(kept) - {run.id for run in store.runs(OWNER)}
    kept.append(new_run(store, request="room again"))
    done(store, task_ids(store, kept[-1])[0], Encoded(b"s", os.urandom(30_000)))
    store.close()
    with closing(Store.open(Path(home))) as again:
        missing |= set(kept) ^ {run.id for run in again.runs(OWNER)}
        damaged = [run.id for run in again.runs(OWNER) if run.tasks[0].state == "done" and not again.outcomes(run.id)[0][1]]
        return {"kept": len(kept), "missing": sorted(missing), "damaged": damaged, "error": error, "check": _quick_check(home),
                "notice": again.notice}  # fmt: skip


def holds(home: str, seconds: str) -> object:
    """Another program holds the database for so long; it says when it does."""
    with closing(sqlite3.connect(Path(home) / FILE, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        print(json.dumps("held"), flush=True)
        time.sleep(float(seconds))
        connection.execute("ROLLBACK")
    return "let go"


CALLS = {call.__name__: call for call in (claims, opens, kills, limited, full, holds)}

if __name__ == "__main__":
    print(json.dumps(CALLS[sys.argv[1]](*sys.argv[2:])), flush=True)
