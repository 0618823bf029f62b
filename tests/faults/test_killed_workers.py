"""Workers that are killed, stopped and deaf: the others go on, and what is computed is what would have been."""

import os
import signal
import threading
import time
from random import Random

import pytest

from tests.faults.home import LONG, OWNER, computing, ended, is_alive, launched, network, numbers, plain, task
from tests.faults.pace import Pace, until
from tests.faults.test_store_in_trouble import let_go, locked_elsewhere

FOUR = (
    network("rnn", epochs=80, patience=80),
    network("lstm", epochs=80, patience=80),
    network("gru", epochs=30, patience=30),
    network("lstm", "LSTM of 6", epochs=80, patience=80, hidden=6),
)


@pytest.fixture(scope="module")
def undisturbed(shared_bench):
    run_id = launched(shared_bench, *FOUR)
    record = ended(shared_bench, run_id)
    assert [(one.state, one.attempt) for one in record.tasks] == [("done", 1)] * 5
    return shared_bench, run_id


def kill(bench, run_id, at, attempt):
    """Kill the worker of this attempt; the seconds of a Pace until the store knew."""
    found = until(lambda: task(bench, run_id, at).attempt == attempt and bench.supervisor.slots.get(task(bench, run_id, at).id))
    os.kill(found.attempt.pid, signal.SIGKILL)
    killed = Pace()
    until(lambda: task(bench, run_id, at).attempt > attempt or task(bench, run_id, at).state != "running", 5)
    return killed.seconds()


def test_four_models_each_killed_once_at_a_random_time_give_what_they_would_have_given(bench, undisturbed):
    random, run_id, noticed = Random(7), launched(bench, *FOUR), []
    for at in (2, 0, 3, 1):
        until(lambda at=at: task(bench, run_id, at).state == "running")
        time.sleep(random.uniform(0, 0.3))
        noticed.append(kill(bench, run_id, at, 1))
    record = ended(bench, run_id)
    assert max(noticed) <= 2
    assert [(one.state, one.attempt) for one in record.tasks] == [("done", 2)] * 4 + [("done", 1)]
    first, again = (numbers(bench.results(OWNER, one)) for one in (undisturbed[1], run_id))
    assert first == again
    assert bench.run(OWNER, undisturbed[1]).record.best == record.best


def test_one_killed_twice_is_interrupted_and_can_be_retried_while_its_sibling_is_done(bench):
    run_id = launched(bench, network("rnn", epochs=150, patience=150), *plain("naive"))
    assert kill(bench, run_id, 0, 1) <= 2
    assert kill(bench, run_id, 0, 2) <= 2
    record = ended(bench, run_id)
    assert [one.state for one in record.tasks] == ["interrupted", "done", "done"]
    assert (record.state, record.tasks[0].error) == ("interrupted", "its process was killed twice; retry it")
    assert bench.retry(OWNER, run_id, record.tasks[0].id)
    again = ended(bench, run_id)
    assert [(one.state, one.attempt) for one in again.tasks] == [("done", 3), ("done", 1), ("done", 2)]


def test_the_preloaded_parent_killed_takes_its_workers_along_and_all_are_tried_again(bench):
    run_id = launched(bench, network("lstm", epochs=60), network("rnn", epochs=60))
    worker = computing(bench, run_id)
    worker.parent().kill()
    record = ended(bench, run_id)
    assert [(one.state, one.attempt, one.error) for one in record.tasks] == [
        ("done", 2, None),
        ("done", 2, None),
        ("done", 1, None),
    ]


def test_a_worker_that_stands_still_is_cancelled_though_it_hears_nothing(bench):
    run_id = launched(bench, network("lstm", **LONG))
    worker = computing(bench, run_id)
    worker.suspend()
    bench.cancel(OWNER, run_id)
    record = ended(bench, run_id, 2.5)
    assert [one.state for one in record.tasks] == ["cancelled", "cancelled"]
    assert not is_alive(worker.pid)


def test_cancelled_between_two_attempts_it_is_not_tried_again(bench):
    """The cancelling call is ahead of the supervisor at a locked store: it sees a task that runs, and then that is queued."""
    run_id = launched(bench, network("lstm", **LONG))
    worker = computing(bench, run_id)
    holder = locked_elsewhere(bench.store.database.home, 1.0)
    cancelling = threading.Thread(target=bench.cancel, args=(OWNER, run_id))
    cancelling.start()
    until(bench.store.database.lock.threads.locked)
    time.sleep(0.1)
    worker.kill()
    cancelling.join()
    let_go(holder)
    record = ended(bench, run_id, 10)
    assert (record.state, [one.state for one in record.tasks]) == ("cancelled", ["cancelled", "cancelled"])
    assert record.tasks[0].error == "cancelled"
