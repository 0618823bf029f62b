"""The disk is full, the database locked or damaged, the home taken: it is said, and nothing that was told is lost."""

import itertools
import os
import subprocess
import sys

import psutil
import pytest

from core.errors import StoreError
from core.jobs.planning.cost import CostModel
from core.jobs.planning.limits import Host, JobLimits
from core.jobs.running.local import LocalExecutor
from core.jobs.running.supervisor import Supervisor
from core.series.timeseries import Panel
from core.store.records import LIVE
from core.store.store import Store
from core.workbench import Workbench
from tests.faults.home import OWNER, check, check_homes, ended, launched, months, network, plain, until
from tests.faults.served import Served, kept, networks

EPOCHS = list(range(1, 61))  # of the selection fit
HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


def locked_elsewhere(home, seconds):
    """Another process that holds the database for so long; it has begun to."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home / "unroll.db"), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    return holder


def let_go(holder):
    holder.wait()
    holder.stdout.close()


def all_epochs(store, run_id, at=0):
    """The numbers of all stored epochs of a task."""
    task_id = store.run(OWNER, run_id).tasks[at].id
    return [one.sequence for one in store.epochs(OWNER, run_id, points=10_000)[task_id]]


def test_a_database_that_is_locked_for_a_while_loses_no_epoch(bench):
    run_id = launched(bench, network("rnn", epochs=60, patience=60))
    until(lambda: bench.run(OWNER, run_id).epochs)
    let_go(locked_elsewhere(bench.store.database.home, 1.5))
    assert ended(bench, run_id).state == "done"
    assert all_epochs(bench.store, run_id) == EPOCHS


def test_a_database_that_is_locked_for_longer_than_anybody_waits_loses_no_epoch(bench, tmp_path):
    """With a patience of its own, and beside the workbench whose preloaded parent it uses."""
    home, patience = tmp_path / "home", 0.2
    store = Store.open(home, busy_seconds=patience)
    host, cost = Host(1, "forkserver"), CostModel(home / "machine.json")
    other = Supervisor(store, LocalExecutor(host, home / "work"), host=host, limits=JobLimits(), cost=cost)
    other.start()
    mine, bench.store, bench.supervisor = (bench.store, bench.supervisor), store, other
    try:
        run_id = launched(bench, network("rnn", epochs=60, patience=60))
        until(lambda: bench.run(OWNER, run_id).epochs)
        holder = locked_elsewhere(home, 1.5)
        with pytest.raises(StoreError, match=r"the store is busy: another process has held it for 0\.2 s"):
            bench.rename(OWNER, run_id, "meanwhile")
        let_go(holder)
        assert ended(bench, run_id).state == "done"
        assert all_epochs(store, run_id) == EPOCHS
        assert bench.run(OWNER, run_id).record.best == "RNN"
    finally:
        other.close()
        store.close()
        bench.store, bench.supervisor = mine
    check(home)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("this user may not mount a disk")
    yield place
    check_homes(place)
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_stops_nobody_for_good(small_disk):
    home, ballast = small_disk / "home", small_disk / "ballast"

    def fill(_):
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            file.writelines(itertools.repeat(bytes(512)))

    ends_well_when_there_is_room_again(home, fill, lambda _: ballast.unlink())


def large(bench, number):
    """Launch a run that takes 70 KB of the disk."""
    return launched(bench, *plain("naive"), panel=Panel((months(9000, f"s{number}", number),)), request=f"{number}")


def filled(bench):
    """Launch runs, for which the log has some room of its own, until one is refused: its number, and why."""
    for number in range(1000):
        try:
            large(bench, number)
        except StoreError as error:
            return number, str(error)
    raise AssertionError("there was always room")


def test_a_launch_on_a_full_disk_is_refused_whole_and_works_when_there_is_room_again(bench, small_disk):
    home, ballast = small_disk / "home", small_disk / "ballast"
    with Workbench(home, {}, host=Host(1, "forkserver")) as small:
        launched(small, *plain("naive"), request="before")
        until(lambda: not any(run.state in LIVE for run in small.runs(OWNER)))
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            file.writelines(itertools.repeat(bytes(512)))
        refused, words = filled(small)
        before = [run.id for run in small.runs(OWNER)]
        assert words.startswith("nothing could be saved")
        assert "free some space" in words
        ballast.unlink()
        assert small.store.run_of_request(OWNER, f"{refused}") is None
        run_id = large(small, refused)
        assert {run.id for run in small.runs(OWNER)} == {*before, run_id}
        until(lambda: not any(run.state in LIVE for run in small.runs(OWNER)))
        assert small.run(OWNER, run_id).record.state == "done"


def test_a_limit_of_file_size_stops_nobody_for_good(tmp_path):
    ends_well_when_there_is_room_again(
        tmp_path / "home", lambda served: served.limit_files(4096), lambda served: served.limit_files(psutil.RLIM_INFINITY)
    )


def ends_well_when_there_is_room_again(home, fill, free):
    with Served(home, *networks("rnn", epochs=100, patience=100)) as served:
        run_id = served.run_id
        until(lambda: served.told(event="epoch"))
        fill(served)
        until(lambda: "nothing could be saved" in served.stderr)
        free(served)
        assert served.wait() == 0
    check(home)
    record, _ = kept(home, run_id)
    assert record.state == "done"
    numbers = [one["epoch"] for one in served.told(event="epoch")]
    assert "free some space" in served.stderr
    assert numbers[-1] == 100


def damage(path, how):
    content = path.read_bytes()
    path.write_bytes({"garbage": os.urandom(len(content)), "cut off": content[: len(content) // 3], "empty": b""}[how])


@pytest.mark.parametrize("how", ["garbage", "cut off", "empty"])
def test_a_damaged_database_is_set_aside_and_said(tmp_path, how):
    home = tmp_path / "home"
    Store.open(home).close()
    damage(home / "unroll.db", how)
    with Workbench(home, {}, host=Host(1, "forkserver")) as opened:
        assert opened.notice.startswith(f"The store in {home} was damaged")
        assert "is kept as unroll.db.corrupt-" in opened.notice
        assert opened.runs(OWNER) == ()
    assert len([path for path in home.glob("unroll.db.corrupt-*") if path.name[-4:] not in ("-wal", "-shm")]) == 1


def test_a_home_has_one_supervisor(bench):
    home = bench.store.database.home
    with pytest.raises(StoreError, match=f"another Unroll works on .* already \\(process {os.getpid()}\\)"):
        Workbench(home, {}, host=Host(1, "forkserver"))
    with Served(home, *networks("rnn")) as served:
        assert served.wait() == 2
    assert f"(process {os.getpid()}); stop it or choose another UNROLL_HOME" in served.stderr
    assert months().key not in served.stderr
    ended(bench, launched(bench, network("rnn", epochs=2)))  # the first one has noticed nothing


def test_a_second_start_beside_a_live_server_judges_and_moves_nothing_though_a_page_is_damaged(bench):
    """Damage that the live server has not met yet is not found by somebody who has no right to the home."""
    home = bench.store.database.home
    run_id = launched(bench, *plain("naive"))
    ended(bench, run_id)
    with bench.store.database.writing():  # the log is emptied into the file, and nothing writes
        pass
    bench.store.database.sweep()
    path = home / "unroll.db"
    before, file_id = path.read_bytes(), path.stat().st_ino
    try:
        with path.open("r+b") as file:
            file.seek(len(before) - 4096)
            file.write(b"\xff" * 4096)
        with pytest.raises(StoreError, match="another Unroll works on"):
            Workbench(home, {}, host=Host(1, "forkserver"))
        with Served(home, *networks("rnn")) as served:
            assert served.wait() == 2
        assert list(home.glob("*.corrupt-*")) == []
        assert path.stat().st_ino == file_id
    finally:
        with path.open("r+b") as file:
            file.write(before)
    assert bench.run(OWNER, run_id).record.state == "done"
    ended(bench, launched(bench, *plain("mean")))
