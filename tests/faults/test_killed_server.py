"""The server is killed or told to go: its workers go with it, and every run can be resumed to the same result."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.faults.home import check, until
from tests.faults.served import Served, kept, networks, states

ARGUMENTS = networks("lstm", "rnn", more=("naive",))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    with Served(home, *ARGUMENTS) as served:
        run_id = served.run_id
        assert served.wait() == 0
    check(home)
    record, found = kept(home, run_id)
    assert record.state == "done"
    return record.best, found


def resumed(home, run_id, undisturbed):
    """Resume it, and check that it ends as if nothing had happened; the attempts of its tasks."""
    with Served(home, "--resume", run_id) as served:
        assert served.wait() == 0
        until(served.is_gone, 3)
    check(home)
    record, found = kept(home, run_id)
    assert record.state == "done"
    assert (record.best, found) == undisturbed
    return [task.attempt for task in record.tasks]


def test_killed_in_training_the_workers_go_at_once_and_finished_tasks_are_not_repeated(tmp_path, undisturbed):
    home = tmp_path / "home"
    with Served(home, *networks("lstm", "rnn", more=("naive",))) as served:
        run_id = served.run_id
        until(lambda: served.told(event="epoch"))
        until(lambda: served.told(event="task", label="Naive", state="done"))
        served.kill()
        until(served.is_gone, 3)
        served.wait()
    with closing(sqlite3.connect(home / "unroll.db")) as connection:
        epochs = connection.execute("SELECT count(*) FROM epochs").fetchone()[0]
    assert epochs >= len(served.told(event="epoch"))  # what was told is kept
    assert resumed(home, run_id, undisturbed)[2] == 1


def test_killed_between_the_claim_and_the_first_word(tmp_path, undisturbed):
    home = tmp_path / "home"
    with Served(home, *ARGUMENTS) as served:
        run_id = served.run_id  # the parent of workers still loads its libraries
        with closing(sqlite3.connect(f"{(home / 'unroll.db').as_uri()}?mode=ro", uri=True)) as connection:
            claimed = "SELECT count(*) FROM tasks WHERE state = 'running'"
            until(lambda: connection.execute(claimed).fetchone()[0])
        served.kill()
        until(served.is_gone, 3)
        served.wait()
    assert not served.told(event="epoch")
    assert {state for state, _ in states(home, run_id)} <= {"running", "queued"}
    assert max(resumed(home, run_id, undisturbed)) <= 2


def test_told_to_end_it_ends_within_ten_seconds_though_a_worker_stands_still_and_nothing_is_lost(tmp_path, undisturbed):
    home = tmp_path / "home"
    with Served(home, *ARGUMENTS, BANK_PASSWORD="canary") as served:
        run_id = served.run_id
        until(lambda: served.told(event="epoch"))
        os.kill(served.workers()[0], signal.SIGSTOP)
        look_around(served)
        asked = time.monotonic()
        served.kill(signal.SIGTERM)
        assert served.wait() == 143
        assert time.monotonic() - asked < 10
        until(served.is_gone, 3)
    check(home)
    assert "interrupted" in {state for state, _ in states(home, run_id)}
    resumed(home, run_id, undisturbed)


def look_around(served):
    """A worker is polite, has one thread that computes, shares the libraries of its parent, and knows no secret."""
    worker = psutil.Process(served.workers()[0])
    assert worker.nice() == 19
    assert worker.num_threads() <= 3  # one computes, one waits for the server's end, one is the allocator's of a library
    assert "libtorch" in Path(f"/proc/{worker.ppid()}/maps").read_text()
    assert b"canary" in Path(f"/proc/{served.process.pid}/environ").read_bytes()
    for process in (worker, worker.parent()):
        assert b"canary" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    soft, _ = worker.rlimit(psutil.RLIMIT_FSIZE)
    assert soft == 512 << 20
