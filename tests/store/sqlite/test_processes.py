"""Several processes, killed processes, full disks: one writer at a time, and nothing that was acknowledged is lost."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.errors import StoreError
from core.series.timeseries import Panel
from core.store.records import NewTask
from core.store.store import Store
from tests.faults.pace import until
from tests.store.building import OWNER, VERSIONS, months, new_run, spec_of, task_ids, update

ROOT = Path(__file__).parents[3]
CHILD = [sys.executable, "-W", "error", "-m", "tests.store.sqlite.children"]


def child(*arguments, before=()):
    """What a call of `children` answers."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*before, *CHILD, *map(str, arguments)], cwd=ROOT, **pipes) as process:
        try:
            until(lambda: process.poll() is not None, 60)
        finally:
            process.kill()
        stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    return json.loads(stdout.splitlines()[-1])


def test_four_processes_claim_four_hundred_tasks_each_once(store, home):
    keys = store.add_series(OWNER, Panel((months(),)), "sales.csv")
    spec = spec_of(keys)
    wanted = set()
    for number in range(20):
        tasks = tuple(NewTask("model", f"{at}", spec.models[0], 1.0, 1) for at in range(20))
        run_id, _ = store.create_run(OWNER, "t", spec, tasks, f"{number}", VERSIONS, "hash")
        wanted |= set(task_ids(store, run_id))
    claimed = [line.split() for lines in child("claims", home, 4) for line in lines if line]
    assert len(claimed) == 400
    assert {task_id for task_id, _ in claimed} == wanted
    assert {attempt for _, attempt in claimed} == {"1"}
    assert store.queued() == ()
    assert store.live_count(OWNER) == (20, 400)


def test_four_processes_that_open_a_new_home_make_one_store(tmp_path):
    said = [line.split() for lines in child("opens", tmp_path / "home", 4) for line in lines]
    assert len(said) == 4
    assert {notice for _, _, notice in said} == {"None"}
    store = Store.open(tmp_path / "home")
    assert {run.id for run in store.runs(OWNER)} == {run_id for _, run_id, _ in said}
    assert {name for name, _, _ in said} == {(tmp_path / "home" / "store.id").read_text()}
    store.close()


def test_a_writer_that_is_killed_fifty_times_loses_nothing_it_acknowledged(tmp_path):
    found = child("kills", tmp_path / "home", 50, 11)
    assert (found["lost"], found["checks"], found["whole"], found["notice"]) == ([], ["ok"], True, None)
    assert found["said"] >= 40


def test_files_that_may_not_grow_are_said_and_growth_again_is_enough(home):
    found = child("limited", home)
    assert found["error"].startswith("nothing could be saved (disk I/O error): ")
    assert "MB are free on the disk of" in found["error"]
    assert found["error"].endswith("free some space, or allow larger files, and try again; what was saved before is safe")
    assert (found["missing"], found["damaged"], found["check"], found["notice"]) == ([], [], "ok", None)
    assert found["kept"] > 5


def test_a_full_disk_is_said_and_room_again_is_enough(home, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs -o size=2m none "$0" && cp -r "$1" "$0/home" && shift && exec "$@"',
    ]
    if not shutil.which("unshare") or subprocess.run([*mount, disk, home, "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount a disk")
    found = child("full", disk / "home", before=[*mount, disk, home])
    assert found["error"].startswith("nothing could be saved (database or disk is full): 0 MB are free on the disk of")
    assert (found["missing"], found["damaged"], found["check"], found["notice"]) == ([], [], "ok", None)
    assert found["kept"] > 5


def test_a_lock_that_another_program_holds_is_waited_for_and_then_said(home):
    with Store.open(home, busy_seconds=0.3) as store, _holder(home, 60) as holder:
        start = time.monotonic()
        with pytest.raises(StoreError) as caught:
            new_run(store)
        assert time.monotonic() - start > 0.25  # and the other goes on holding it
        assert str(caught.value) == (
            "the store is busy: another process has held it for 0.3 s; nothing was changed, try again in a moment, "
            "or end the other process"
        )
        assert store.runs(OWNER) == ()  # who reads does not wait
        holder.kill()
        holder.wait()
        assert store.runs(OWNER) == ()
        new_run(store)


def test_a_lock_that_is_let_go_in_time_is_only_waited_for(home):
    with Store.open(home, busy_seconds=10) as store, _holder(home, 0.3):
        new_run(store)
        assert len(store.runs(OWNER)) == 1


def test_two_stores_of_one_home_take_turns_and_a_third_says_so(home):
    first, second = Store.open(home), Store.open(home, busy_seconds=0.2)
    with first.database.writing(), pytest.raises(StoreError, match=r"another process has held it for 0\.2 s"):
        new_run(second)
    run_id = new_run(second)
    assert first.run(OWNER, run_id) == second.run(OWNER, run_id)
    first.close()
    new_run(second, request="the other one is closed")
    second.close()


def test_many_threads_read_and_write_at_once(store):
    run_ids = [new_run(store, "A", request=f"{number}") for number in range(4)]
    ids = [task_ids(store, run_id)[0] for run_id in run_ids]
    attempts = [store.claim(task_id, "w") for task_id in ids]
    failures, seen = [], []

    def write(number):
        for step in range(40):
            store.write([update(ids[number], attempts[number], step / 40)])

    def read(number):
        for _ in range(40):
            seen.append(store.run(OWNER, run_ids[number]).tasks[0].fraction)

    def guarded(work, number):
        try:
            work(number)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work, number)) for work in (write, read) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(seen) == 160
    assert [store.run(OWNER, run_id).tasks[0].fraction for run_id in run_ids] == [39 / 40] * 4


def _holder(home, seconds):
    """A process that holds the database when this returns."""
    process = subprocess.Popen([*CHILD, "holds", str(home), str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline()) == "held"
    return process
