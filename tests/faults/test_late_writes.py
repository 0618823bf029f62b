"""What an attempt says after it was given up, by real workers over real pipes: it changes nothing."""

import os
import signal
import sqlite3
import time
from contextlib import closing

from core.errors import StoreError
from core.store.store import Store
from tests.faults.home import LONG, OWNER, computing, ended, is_alive, launched, network, task, until
from tests.faults.served import Served, networks, states

WORKSPACE = "local"
ALL = 300  # epochs of the selection fit
ARGUMENTS = networks("rnn", more=("naive",), epochs=300, patience=300)


def stopped_beside(served):
    """Stop the server at a moment when it holds no lock; the store of its home, opened beside it."""
    while True:
        served.kill(signal.SIGSTOP)
        try:
            return Store.open(served.home, busy_seconds=0.2)
        except StoreError:
            served.kill(signal.SIGCONT)
            time.sleep(0.01)


def sequences(home, attempt):
    """The numbers of the epochs that are kept of an attempt of the network's task."""
    with closing(sqlite3.connect(home / "unroll.db")) as connection:
        chosen = "SELECT sequence FROM epochs WHERE attempt = ? ORDER BY sequence"
        return [number for (number,) in connection.execute(chosen, (attempt,))]


def test_a_server_that_stood_still_cannot_write_for_an_attempt_that_is_not_its_own_any_more(tmp_path):
    """Meanwhile its run is interrupted, resumed and claimed, as by another server; then it and its worker go on."""
    home = tmp_path / "home"
    with Served(home, *ARGUMENTS) as served:
        run_id = served.run_id
        until(lambda: served.told(event="task", label="Naive", state="done") and served.told(event="epoch"))
        with closing(stopped_beside(served)) as store:
            store.interrupt_all("another server takes over")
            store.resume(WORKSPACE, run_id)
            task_id = store.run(WORKSPACE, run_id).tasks[0].id
            assert store.claim(task_id, "another server") == 2
            before, kept = store.run(WORKSPACE, run_id).tasks[0], sequences(home, 1)
            assert served.workers()
            served.kill(signal.SIGCONT)
            until(lambda: not served.workers(), 30)  # the old attempt has told all its epochs, its result and its end
            served.kill(signal.SIGTERM)  # a server that sleeps is not woken by what others do with its store
            assert served.wait() == 143  # and has settled everything that it heard
            assert sequences(home, 1) == kept
            assert 0 < len(kept) < ALL
            assert sequences(home, 2) == []
            after = store.run(WORKSPACE, run_id).tasks[0]
            assert (after.fraction, after.message) == (before.fraction, before.message) == (0.0, "")
            assert store.result(WORKSPACE, run_id, task_id) is None
    assert states(home, run_id) == [("interrupted", 2), ("done", 1), ("interrupted", 0)]


def test_what_a_killed_worker_had_said_is_kept_as_its_own_attempts_and_the_next_begins_anew(tmp_path):
    home = tmp_path / "home"
    with Served(home, *ARGUMENTS) as served:
        run_id = served.run_id
        until(lambda: served.told(event="task", label="Naive", state="done") and served.told(event="epoch"))
        stopped_beside(served).close()
        before, (worker,) = sequences(home, 1), served.workers()
        time.sleep(0.6)  # for three of its messages, which nobody hears now
        os.kill(worker, signal.SIGKILL)
        served.kill(signal.SIGCONT)
        assert served.wait() == 0
    first = sequences(home, 1)
    assert len(before) < len(first) < ALL
    assert first == list(range(1, len(first) + 1))
    assert sequences(home, 2) == list(range(1, ALL + 1))
    assert states(home, run_id) == [("done", 2), ("done", 1), ("done", 1)]


def test_a_worker_that_stood_still_is_dead_before_its_task_is_tried_anew(bench):
    run_id = launched(bench, network("lstm", **LONG))
    old = computing(bench, run_id)
    old.suspend()
    bench.cancel(OWNER, run_id)
    record = ended(bench, run_id)
    assert not is_alive(old.pid)  # so nothing can wake it
    assert bench.retry(OWNER, run_id, record.tasks[0].id)
    new = computing(bench, run_id, attempt=2)
    assert task(bench, run_id).error is None
    new.kill()
    until(lambda: task(bench, run_id).attempt == 3)  # the first kill of this try, though the second attempt
    bench.cancel(OWNER, run_id)
    assert [one.state for one in ended(bench, run_id).tasks] == ["cancelled", "cancelled"]
