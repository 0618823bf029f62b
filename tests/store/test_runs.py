"""Runs in the store: made once for a request, listed, renamed; their epochs and results."""

import math
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.codec import encode
from core.errors import ConfigError, DamagedError, NotFoundError
from core.series.timeseries import Panel
from core.store.sqlite.database import FILE
from core.store.store import Store
from tests.store.building import (
    OWNER,
    RESULT,
    STRANGER,
    VERSIONS,
    done,
    epoch,
    failed,
    finished_run,
    flip,
    months,
    new_run,
    spec_of,
    task_ids,
    tasks_of,
    update,
)


def test_a_new_run_is_what_was_launched(store):
    run_id = new_run(store, "Naive", "Other", title="Sales, next 3")
    run = store.run(OWNER, run_id)
    assert (run.title, run.state, run.best, run.data_hash) == ("Sales, next 3", "queued", None, "hash")
    assert dict(run.versions) == VERSIONS
    assert run.spec == spec_of([run.series[0].key], "Naive", "Other")
    assert [(task.label, task.kind, task.position) for task in run.tasks] == [
        ("Naive", "model", 0), ("Other", "model", 1), ("Comparison", "finish", 2),
    ]  # fmt: skip
    first = run.tasks[0]
    assert (first.model, first.attempt, first.fraction, first.message) == (run.spec.models[0], 0, 0.0, "")
    assert (first.predicted_seconds, first.predicted_memory, first.started, first.place) == (1.5, 1 << 20, None, None)
    assert run.tasks[2].model is None
    assert store.runs(OWNER) == (run,)


def test_runs_are_listed_newest_first_with_their_own_tasks_and_series(store):
    old = new_run(store, "A")
    keys = store.add_series(OWNER, Panel((months("returns"), months("sales"))), "b.csv")
    spec = spec_of(keys, "B", "C")
    new = store.create_run(OWNER, "newer", spec, tasks_of(spec), "second", VERSIONS, "hash")[0]
    new_run(store, "D", workspace=STRANGER)
    assert [run.id for run in store.runs(OWNER)] == [new, old]
    assert [[task.label for task in run.tasks] for run in store.runs(OWNER)] == [["B", "C", "Comparison"], ["A", "Comparison"]]
    assert [[one.id for one in run.series] for run in store.runs(OWNER)] == [["returns", "sales"], ["sales"]]
    assert store.runs(OWNER) == (store.run(OWNER, new), store.run(OWNER, old))
    assert store.runs("nobody") == ()


def test_eight_threads_with_one_request_make_one_run(store):
    keys = store.add_series(OWNER, Panel((months(),)), "sales.csv")
    spec, answers, gate = spec_of(keys), [], threading.Barrier(8)

    def launch():
        gate.wait()
        answers.append(store.create_run(OWNER, "t", spec, tasks_of(spec), "a click", VERSIONS, "hash"))

    threads = [threading.Thread(target=launch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run_id for run_id, _ in answers}) == 1
    assert sorted(is_new for _, is_new in answers) == [False] * 7 + [True]
    assert [run.id for run in store.runs(OWNER)] == [answers[0][0]]
    assert store.run_of_request(OWNER, "a click") == answers[0][0]
    assert store.run_of_request(STRANGER, "a click") is None
    assert [row.action for row in store.audit(OWNER)] == ["series added", "created"]


def test_the_same_request_of_another_workspace_is_another_run(store):
    assert new_run(store) != new_run(store, workspace=STRANGER)


def test_a_run_on_a_strangers_series_is_refused(store):
    keys = store.add_series(STRANGER, Panel((months(),)), "sales.csv")
    spec = spec_of(keys)
    with pytest.raises(NotFoundError, match="there is no series"):
        store.create_run(OWNER, "t", spec, tasks_of(spec), "r", VERSIONS, "hash")
    assert store.runs(OWNER) == ()
    assert store.live_count(None) == (0, 0)


def test_a_run_is_renamed(store):
    run_id = new_run(store)
    store.rename_run(OWNER, run_id, "Ångström'); DROP TABLE runs; --")
    assert store.run(OWNER, run_id).title == "Ångström'); DROP TABLE runs; --"


def test_a_live_run_is_not_deleted(store):
    run_id = new_run(store)
    with pytest.raises(ConfigError, match="the run is queued; cancel it before it is deleted"):
        store.delete_run(OWNER, run_id)
    store.claim(task_ids(store, run_id)[0], "w")
    with pytest.raises(ConfigError, match="the run is running; cancel it"):
        store.delete_run(OWNER, run_id)


def test_live_runs_and_tasks_are_counted_for_one_and_for_all(store):
    first = new_run(store, "A", "B")
    new_run(store, "A", workspace=STRANGER)
    finished_run(store, request="done already")
    done(store, task_ids(store, first)[0])
    assert store.live_count(OWNER) == (1, 2)
    assert store.live_count(STRANGER) == (1, 2)
    assert store.live_count(None) == (2, 4)
    assert store.live_count("nobody") == (0, 0)


def test_long_logs_are_thinned_back_from_the_last_epoch(store):
    run_id = new_run(store, "A", "B")
    long, short, _ = task_ids(store, run_id)
    for task_id, count in ((long, 1003), (short, 7)):
        store.write([update(task_id, store.claim(task_id, "w"), 0.5, *(epoch(at) for at in range(1, count + 1)))])
    found = store.epochs(OWNER, run_id, points=10)
    assert [one.sequence for one in found[long]] == [94, 195, 296, 397, 498, 599, 700, 801, 902, 1003]  # every 101st
    assert [one.sequence for one in found[short]] == [1, 2, 3, 4, 5, 6, 7]
    assert len(store.epochs(OWNER, run_id)[long]) == 168  # every 6th


def test_epochs_of_the_newest_attempt_only_and_nan_stays_nan(store):
    run_id = new_run(store)
    task_id = task_ids(store, run_id)[0]
    store.write([update(task_id, store.claim(task_id, "w"), 0.5, epoch(1), epoch(2))])
    store.requeue(task_id, 1, "once more")
    assert len(store.epochs(OWNER, run_id)[task_id]) == 2  # until the next attempt begins
    store.write([update(task_id, store.claim(task_id, "w"), 0.1, epoch(1, math.nan, seed=3, fit="backtest"))])
    (found,) = store.epochs(OWNER, run_id)[task_id]
    assert (found.seed, found.fit, found.epoch.gradient_norm) == (3, "backtest", 1.25)
    assert math.isnan(found.epoch.train_loss)
    assert store.epochs(OWNER, new_run(store, request="silent")) == {}


def test_a_result_is_there_once_the_task_is_done(store):
    run_id = new_run(store, "A", "B")
    first, second, finish = task_ids(store, run_id)
    assert store.result(OWNER, run_id, first) is None
    done(store, first)
    failed(store, second)
    assert store.result(OWNER, run_id, first) == RESULT
    assert store.result(OWNER, run_id, second) is None
    assert store.outcomes(run_id) == (("A", RESULT, None), ("B", None, "for a reason"))
    done(store, finish)
    assert [label for label, _, _ in store.outcomes(run_id)] == ["A", "B"]  # the comparison is no model


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
@example("'); DROP TABLE runs; --")
@example("\x00 </script> ${jndi:ldap} %s :title ? \U0001f9e8")
@example("half of a pair \ud83d")
def test_any_text_is_only_text(store, title):
    run_id = new_run(store)
    task_id = task_ids(store, run_id)[0]
    store.rename_run(OWNER, run_id, title)
    attempt = store.claim(task_id, title)
    store.write([update(task_id, attempt, 0.5, message=title)])
    store.end_task(task_id, attempt, "failed", error=title)
    run, expected = store.run(OWNER, run_id), title.encode("utf-8", "replace").decode()
    assert (run.title, run.tasks[0].message, run.tasks[0].error) == (expected,) * 3
    with pytest.raises(NotFoundError):
        store.run(OWNER, title)
    assert store.retry(OWNER, run_id, task_id)


@pytest.mark.parametrize(("part", "size"), [(RESULT.summary, 12), (RESULT.arrays, 11)])
def test_a_flipped_byte_of_a_result_is_noticed(store, home, part, size):
    run_id = new_run(store, "LSTM")
    done(store, task_ids(store, run_id)[0])
    store.close()
    flip(home / FILE, part)
    again = Store.open(home)
    for call in (lambda: again.result(OWNER, run_id, task_ids(again, run_id)[0]), lambda: again.outcomes(run_id)):
        with pytest.raises(DamagedError, match=f"the result of 'LSTM' is damaged: its {size} bytes have not the SHA-256"):
            call()
    again.close()


def learned(store, task_id, *values):
    """Claim a task and end it with weights of these values."""
    done(store, task_id, encode({}, {}, {"7/w": np.array(values)}))


def test_weights_are_kept_apart_from_their_result(store):
    run_id = new_run(store, "LSTM", "Naive")
    lstm, naive, _ = task_ids(store, run_id)
    assert store.weights(OWNER, run_id, lstm) == {}
    learned(store, lstm, 1.5, -2.5)
    done(store, naive)
    assert {name: array.tolist() for name, array in store.weights(OWNER, run_id, lstm).items()} == {"7/w": [1.5, -2.5]}
    assert store.weights(OWNER, run_id, naive) == {}
    assert store.result(OWNER, run_id, lstm).aside == b""
    assert [result.aside for _, result, _ in store.outcomes(run_id)] == [b"", b""]


def test_a_later_attempt_replaces_the_weights(store):
    run_id = new_run(store, "LSTM", finish=False)
    (task_id,) = task_ids(store, run_id)
    for values in ((1.5,), (2.5,)):
        learned(store, task_id, *values)
        with store.database.writing() as connection:  # as a program that computes a finished task again would
            connection.exec_driver_sql("UPDATE tasks SET state = 'queued'")
    assert store.weights(OWNER, run_id, task_id)["7/w"].tolist() == [2.5]
    done(store, task_id)
    assert store.weights(OWNER, run_id, task_id) == {}


def test_weights_of_a_late_attempt_are_not_kept(store):
    run_id = new_run(store, "LSTM")
    task_id = task_ids(store, run_id)[0]
    attempt = store.claim(task_id, "w")
    store.requeue(task_id, attempt, "again")
    assert not store.end_task(task_id, attempt, "done", result=encode({}, {}, {"7/w": np.array([1.5])}))
    assert store.weights(OWNER, run_id, task_id) == {}


def test_a_flipped_byte_of_weights_is_noticed(store, home):
    run_id = new_run(store, "LSTM")
    task_id = task_ids(store, run_id)[0]
    result = encode({}, {}, {"7/w": np.arange(9.0)})
    done(store, task_id, result)
    store.close()
    flip(home / FILE, result.aside)
    again = Store.open(home)
    with pytest.raises(DamagedError, match=r"what 'LSTM' learned is damaged: its \d+ bytes have not the SHA-256"):
        again.weights(OWNER, run_id, task_id)
    assert again.result(OWNER, run_id, task_id).summary == result.summary  # the rest is still there
    again.close()
