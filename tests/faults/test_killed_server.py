"""The server is killed or told to go: its workers go with it, and every run can be resumed to the same result."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from core.process import ROOT
from tests.faults.home import check, members
from tests.faults.pace import until
from tests.faults.served import Served, kept, networks, states

MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
LIVES = 12  # of a server in each of two homes
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
        served.kill(signal.SIGTERM)
        assert served.wait(10) == 143
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


def test_killed_at_random_moments_nothing_that_was_acknowledged_is_lost(tmp_path):
    """Two homes at once, each of them LIVES times: `tests.faults.servers` tells how."""
    call = [sys.executable, "-m", "tests.faults.servers"]
    children = [
        subprocess.Popen([*call, str(tmp_path / name), str(LIVES), name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("one", "other")
    ]
    try:
        until(lambda: all(child.poll() is not None for child in children), 40 * LIVES)
    finally:
        for child in children:
            child.kill()
    for child in children:
        found = json.loads(child.communicate()[0])
        assert found["lost"] == found["left"] == []
        assert found["checks"] == ["ok"]
        assert "interrupted" in found["found"]
        assert set(found["found"]) <= {"done", "interrupted"}
        assert found["slowest"] <= 3
        assert found["states"] == ["done"]
        assert found["same"] == found["runs"] >= 3
        assert found["attempts"] >= LIVES // 3  # those that live until they have told an epoch


def test_a_host_of_one_gigabyte_has_no_preloaded_parent_and_gives_the_same_numbers(tmp_path, undisturbed):
    limit = tmp_path / "limit"
    limit.write_text(str(1 << 30))
    place = next((one for one in MEMORY_LIMITS if Path(one).exists()), None)
    before = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', str(limit), str(place))
    if not place or not shutil.which("unshare") or subprocess.run([*before, "true"], capture_output=True).returncode:
        pytest.skip("this user may not put a file in the place of the system's")
    home, seen = tmp_path / "home", set()
    with Served(home, *ARGUMENTS, before=before) as served:
        run_id = served.run_id
        while served.process.poll() is None:
            seen |= {
                kind for pid in members(served.process.pid) for kind in ("spawn_main", "forkserver") if kind in called(pid)
            }
            time.sleep(0.1)
        assert served.wait() == 0
    record, found = kept(home, run_id)
    assert (record.best, found) == undisturbed
    assert seen == {"spawn_main"}


def called(pid):
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_whose_reader_leaves_ends_without_a_word_and_the_run_can_be_resumed(tmp_path):
    home = tmp_path / "home"
    line = 'set -o pipefail; "$0" -m core work "$@" | head -1'
    environ = {**os.environ, "UNROLL_HOME": str(home), "UNROLL_WORKERS": "2"}
    done = subprocess.run(["bash", "-c", line, sys.executable, *networks("rnn", epochs=5000, patience=5000)],
                          cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 141
    (warning,) = done.stderr.splitlines()  # of the run, before it began; nothing of the reader that left
    assert warning.startswith("coverage 95 % needs 19 past errors; ")
    (told,) = done.stdout.splitlines()
    assert states(home, json.loads(told)["run"])[0][0] == "interrupted"
