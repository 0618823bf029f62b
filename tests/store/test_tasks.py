"""A task's way through its states; what an old attempt says changes nothing."""

import pytest

from core.errors import NotFoundError
from tests.store.building import (
    OWNER,
    RESULT,
    STRANGER,
    done,
    epoch,
    failed,
    finished_run,
    new_run,
    task_ids,
    update,
)


def states(store, run_id):
    run = store.run(OWNER, run_id)
    return run.state, [task.state for task in run.tasks]


def test_tasks_wait_in_the_order_of_launch_and_the_comparison_for_all_models(store):
    first, second = new_run(store, "A", "B"), new_run(store, "C", workspace=STRANGER)
    a, b, finish = task_ids(store, first)
    assert [(task.run_id, task.position, task.workspace) for task in store.queued()] == [
        (first, 0, OWNER), (first, 1, OWNER), (second, 0, STRANGER),
    ]  # fmt: skip
    assert [task.sequence for task in store.queued()] == [1, 1, 2]
    done(store, a)
    assert store.claim(finish, "w") is None  # not even when asked for
    assert store.claim(b, "w") == 1
    assert [task.run_id for task in store.queued()] == [second]
    store.end_task(b, 1, "failed", error="no")
    assert [(task.kind, task.run_id) for task in store.queued()] == [("finish", first), ("model", second)]
    assert store.queued()[1].predicted_memory == 1 << 20


def test_a_task_is_claimed_once(store):
    run_id = new_run(store)
    task_id = task_ids(store, run_id)[0]
    assert [store.claim(task_id, "w"), store.claim(task_id, "w")] == [1, None]
    task = store.run(OWNER, run_id).tasks[0]
    assert (task.state, task.attempt) == ("running", 1)
    assert task.started > task.queued
    assert states(store, run_id) == ("running", ["running", "queued"])


def test_a_worker_gets_specification_model_and_series(store):
    run_id = new_run(store, "A")
    model_task, finish = task_ids(store, run_id)
    run = store.run(OWNER, run_id)
    spec, model, panel = store.payload(model_task)
    assert (spec, model, panel.series[0].key) == (run.spec, run.spec.models[0], run.spec.series[0])
    assert store.payload(finish)[1] is None
    with pytest.raises(NotFoundError, match="there is no task 'gone' any more; its run was deleted"):
        store.payload("gone")


def test_progress_is_written_and_an_epoch_only_once(store):
    run_id = new_run(store, "A", "B")
    a, b, _ = task_ids(store, run_id)
    store.claim(a, "w"), store.claim(b, "w")
    said = [update(a, 1, 0.25, epoch(1), epoch(2)), update(b, 1, 0.5, message="origin 7")]
    store.write(said)
    store.write(said)  # the answer to the first was lost
    tasks = store.run(OWNER, run_id).tasks
    assert [(task.fraction, task.message) for task in tasks[:2]] == [(0.25, "epoch"), (0.5, "origin 7")]
    assert [one.sequence for one in store.epochs(OWNER, run_id)[a]] == [1, 2]


def test_a_task_ends_with_its_result_and_its_run_follows(store):
    run_id = new_run(store, "A", "B")
    a, b, finish = task_ids(store, run_id)
    done(store, a)
    failed(store, b)
    assert states(store, run_id) == ("running", ["done", "failed", "queued"])
    done(store, finish)
    store.set_best(run_id, "A")
    run = store.run(OWNER, run_id)
    assert (run.state, run.best) == ("done", "A")
    assert [(task.error, task.seconds, task.fraction) for task in run.tasks[:2]] == [
        (None, 2.5, 1.0),
        ("for a reason", None, 0.0),
    ]
    assert run.tasks[0].ended > run.tasks[0].started


def test_an_old_attempt_changes_nothing(store):
    run_id = new_run(store)
    task_id = task_ids(store, run_id)[0]
    store.claim(task_id, "first")
    assert store.requeue(task_id, 1, "its process was killed")
    waiting = store.run(OWNER, run_id)
    assert (waiting.state, waiting.tasks[0].message) == ("queued", "its process was killed")
    assert not store.end_task(task_id, 1, "done", result=RESULT)  # it waits: nobody may end it
    assert store.claim(task_id, "second") == 2
    before = store.run(OWNER, run_id)
    store.write([update(task_id, 1, 0.9, epoch(5), message="late")])
    assert not store.end_task(task_id, 1, "done", result=RESULT)
    assert not store.end_task(task_id, 3, "done", result=RESULT)
    assert not store.requeue(task_id, 1, "late")
    assert store.run(OWNER, run_id) == before
    assert store.epochs(OWNER, run_id) == {}
    assert store.result(OWNER, run_id, task_id) is None
    assert store.end_task(task_id, 2, "done", result=RESULT)
    ended = store.run(OWNER, run_id)
    store.write([update(task_id, 2, 0.1, message="late")])
    assert not store.end_task(task_id, 2, "failed", error="late")
    assert store.run(OWNER, run_id) == ended


def test_cancelling_ends_what_waits_and_names_what_runs(store):
    run_id = new_run(store, "A", "B", "C")
    a, b, _, _ = task_ids(store, run_id)
    done(store, a)
    store.claim(b, "w")
    assert store.cancel(OWNER, run_id, None) == (b,)
    assert states(store, run_id) == ("running", ["done", "running", "cancelled", "cancelled"])
    store.end_task(b, 1, "cancelled", error="cancelled")
    assert states(store, run_id) == ("cancelled", ["done", "cancelled", "cancelled", "cancelled"])
    assert store.result(OWNER, run_id, a) == RESULT
    assert store.cancel(OWNER, run_id, None) == ()


def test_one_cancelled_model_leaves_the_others_and_their_comparison(store):
    run_id = new_run(store, "A", "B")
    a, b, finish = task_ids(store, run_id)
    assert store.cancel(OWNER, run_id, a) == ()
    done(store, b)
    done(store, finish)
    assert states(store, run_id) == ("done", ["cancelled", "done", "done"])


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_a_task_without_result_is_queued_anew_with_the_comparison(store, state):
    run_id = new_run(store, "A", "B")
    a, b, finish = task_ids(store, run_id)
    done(store, a)
    failed(store, b, state)
    done(store, finish)
    store.set_best(run_id, "A")
    assert store.retry(OWNER, run_id, b)
    run = store.run(OWNER, run_id)
    assert states(store, run_id) == ("running", ["done", "queued", "queued"])
    assert (run.best, run.tasks[1].error, run.tasks[1].ended) == (None, None, None)
    assert store.result(OWNER, run_id, a) == RESULT
    assert store.result(OWNER, run_id, finish) is None
    assert not store.retry(OWNER, run_id, b)
    assert not store.retry(OWNER, run_id, a)
    assert store.claim(b, "w") == 2


def test_a_comparison_that_runs_while_a_model_is_retried_is_void(store):
    run_id = new_run(store, "A", "B")
    a, b, finish = task_ids(store, run_id)
    done(store, a)
    failed(store, b)
    assert store.claim(finish, "w") == 1
    store.retry(OWNER, run_id, b)
    assert not store.end_task(finish, 1, "done", result=RESULT)
    store.set_best(run_id, "A")
    assert store.run(OWNER, run_id).best is None
    done(store, b)
    assert store.claim(finish, "w") == 2


def test_an_interrupted_run_resumes_without_repeating_what_is_done(store):
    run_id, other = new_run(store, "A", "B", "C"), finished_run(store, request="second")
    a, b, _, _ = task_ids(store, run_id)
    done(store, a)
    store.claim(b, "w")
    assert store.interrupt_all("the server was stopped") == 3
    run = store.run(OWNER, run_id)
    assert states(store, run_id) == ("interrupted", ["done", "interrupted", "interrupted", "interrupted"])
    assert [task.error for task in run.tasks] == [None] + ["the server was stopped"] * 3
    assert store.run(OWNER, other).state == "done"
    assert store.resume(OWNER, run_id) == 3
    assert states(store, run_id) == ("running", ["done", "queued", "queued", "queued"])
    assert store.resume(OWNER, run_id) == 0
    assert store.claim(b, "w") == 2
