"""A server that is killed again and again: `python -m tests.faults.servers HOME COUNT SEED`, which answers in JSON.

It loads the libraries of a server once and then forks, for to load them takes longer than what is tried; the parent of the
workers is the real one, and each server starts its own. Two of three servers are killed in their first second, while they open
the store, resume, launch and claim; the others once a worker of theirs has told an epoch, which is seconds later. The moments
are spread evenly from a random start, so that few lives leave no long gap in the first second.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from core.jobs.planning.limits import Host
from core.store.records import LIVE
from core.workbench import Workbench
from tests.faults.home import KEPT, OWNER, adopt_orphans, launched, members, network, numbers, plain
from tests.faults.pace import Pace, until
from tests.store.sqlite.children import _quick_check as quick_check
from tests.store.sqlite.children import forked, heard

QUICK = (network("rnn", epochs=30, patience=30), *plain("naive"))
LASTING = (network("lstm", epochs=200, patience=200), *plain("ar"))  # takes longer than any server lives
MOST_UNFINISHED = 3
GOLDEN = 0.618  # steps of so much of a circle spread any number of moments evenly over it


def serve(home: Path, mouth: int) -> None:
    """Resume what was interrupted, launch more, and tell what the store has acknowledged, until killed."""
    os.setsid()
    with Workbench(home, {}, host=Host(2, "forkserver")) as bench:
        say(mouth, "opened", sorted({task.state for run in bench.runs(OWNER) for task in run.tasks}), left_over(home))
        for run in bench.runs(OWNER):
            bench.resume(OWNER, run.id)
        if not bench.runs(OWNER):
            say(mouth, "run", launched(bench, *LASTING))
        told: set[tuple] = set()
        while True:
            runs = bench.runs(OWNER)
            if sum(run.state in LIVE for run in runs) < MOST_UNFINISHED:
                say(mouth, "run", launched(bench, *QUICK))
            for run in runs:
                tell(bench, mouth, run, told)
            time.sleep(0.02)  # workers are politer than we are, and have what we leave


def tell(bench: Workbench, mouth: int, run, told: set[tuple]) -> None:
    """What is new of a run: its epochs, and the tasks that are done."""
    epochs = bench.run(OWNER, run.id).epochs if run.state in LIVE else {}
    ended = {("done", task.id, task.attempt) for task in run.tasks if task.state == "done"}
    attempts = {task.id: task.attempt for task in run.tasks if task.state == "running"}
    seen = {("epoch", name, attempts[name], rows[-1].sequence) for name, rows in epochs.items() if name in attempts}
    for one in (ended | seen) - told:
        say(mouth, *one)
        told.add(one)


def say(mouth: int, *words: object) -> None:
    os.write(mouth, (json.dumps(words) + "\n").encode())


def left_over(home: Path) -> list[str]:
    """What lies in a home that has just been opened, and should not."""
    return sorted({path.name for path in home.iterdir()} - KEPT) + sorted(path.name for path in (home / "work").iterdir())


def killed(home: Path, number: int, first: float) -> tuple[float, list[list]]:
    """Start a server and kill it; seconds of a Pace until its workers were gone, and what it had told.  first: from 0 to 1"""
    process, ear = forked(lambda mouth: serve(home, mouth))
    lines = more = b" "
    is_early, moment = number % 3 < 2, (first + GOLDEN * number) % 1
    while more and not is_early and b'"epoch"' not in lines:
        until(lambda: select.select([ear], [], [], 0)[0], 30)
        more = os.read(ear, 1 << 16)
        lines += more
    time.sleep(0.05 + 0.75 * moment if is_early else 0.4 * moment)
    os.kill(process, signal.SIGKILL)
    pace = Pace()
    until(lambda: not members(process), 10)
    taken = pace.seconds()
    said = (lines.decode() + "\n".join([*heard(process, ear), ""])).splitlines()
    return taken, [json.loads(line) for line in said if line.strip()]


def lost(home: Path, said: list[list]) -> list[list]:
    """What was told and is not kept."""
    with closing(sqlite3.connect(home / "unroll.db")) as connection:
        runs = {name for (name,) in connection.execute("SELECT id FROM runs")}
        done = set(connection.execute("SELECT id, attempt FROM tasks WHERE state = 'done'"))  # and not computed again
        last = {row[:2]: row[2] for row in connection.execute("SELECT task_id, attempt, count(*) FROM epochs GROUP BY 1, 2")}
    kept = {
        "opened": lambda *_: True,
        "run": lambda run: run in runs,
        "done": lambda *task: task in done or task[0] not in {name for name, _ in done},
        "epoch": lambda name, attempt, count: last.get((name, attempt), 0) >= count,
    }
    return [one for one in said if not kept[one[0]](*one[1:])]


def finished(home: Path, mouth: int) -> None:
    """Resume everything to its end, compute it once more undisturbed, and compare."""
    with Workbench(home, {}, host=Host(2, "forkserver")) as bench:
        runs = bench.runs(OWNER)
        for run in runs:
            bench.resume(OWNER, run.id)
        undisturbed = {launched(bench, *models) for models in (QUICK, LASTING)}
        while any(run.state in LIVE for run in bench.runs(OWNER)):
            time.sleep(0.1)
        expected = [numbers(bench.results(OWNER, run_id)) for run_id in undisturbed]
        same = [numbers(bench.results(OWNER, run.id)) in expected for run in runs]
        say(mouth, {"runs": len(runs), "states": sorted({run.state for run in bench.runs(OWNER)}), "same": sum(same)})


def main(home: Path, count: int, seed: str) -> dict[str, object]:
    adopt_orphans(True)  # workers of a killed server, so that a Pace counts what they are given
    first, said, seconds, checks = random.Random(seed).random(), [], [], set()
    for number in range(count):
        taken, told = killed(home, number, first)
        said += told
        seconds.append(taken)
        checks.add(quick_check(str(home)))
    missing = lost(home, said)
    end = json.loads(heard(*forked(lambda mouth: finished(home, mouth)))[-1])[0]
    opened = [one[1:] for one in said if one[0] == "opened"]
    return end | {
        "slowest": max(seconds), "lost": missing, "checks": sorted(checks), "left": [left for _, left in opened if left],
        "found": sorted({state for states, _ in opened for state in states}), "epochs": sum(one[0] == "epoch" for one in said),
        "attempts": len({tuple(one[:3]) for one in said if one[0] == "epoch"}),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])), flush=True)
