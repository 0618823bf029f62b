"""The supervisor's rules, with an executor that computes nothing."""

import time

import pytest

from core.codec import bundle, pack
from core.evaluation.comparison import Comparison
from core.jobs.kinds.autocorrelation import Autocorrelation
from core.jobs.kinds.finishing import Finishing
from core.jobs.kinds.training import Training
from core.jobs.planning.limits import Host
from core.series.timeseries import Panel
from core.store.codecs.snapshots import encode_comparison
from core.workbench import Workbench
from tests.faults.home import OWNER, launched, months, network, plain, task, until
from tests.jobs.running.fake import FakeExecutor

COMPARISON = pack(encode_comparison(Comparison(("Naive",), "mase", (), "words")))


@pytest.fixture
def executor():
    return FakeExecutor()


@pytest.fixture
def bench(tmp_path, executor):
    with Workbench(tmp_path / "home", {}, host=Host(2, "forkserver"), executor=executor) as opened:
        yield opened
        for one in executor.attempts:
            one.is_over = True


def begun(executor, count):
    """The newest of so many attempts, once it has begun."""
    return until(lambda: len(executor.attempts) >= count and executor.attempts[count - 1])


def test_a_comparison_that_is_started_again_while_it_runs_is_stopped_first_and_never_runs_twice(bench, executor):
    run_id = launched(bench, *plain("naive", "mean"))
    first, second = begun(executor, 1), begun(executor, 2)
    executor.end(first, error="it failed")
    executor.end(second, error="it failed too")
    comparing = begun(executor, 3)
    assert comparing.order.kind == "finish"
    assert bench.retry(OWNER, run_id, task(bench, run_id, 0).id)
    again = begun(executor, 4)
    assert again.order.kind == "model"
    assert "stop" not in comparing.calls  # its task waits for the model, and is not due yet
    executor.end(again, error="it failed again")
    until(lambda: "stop" in comparing.calls)
    assert len(executor.attempts) == 4  # not beside it
    comparing.is_over = True
    executor.wake()
    last = begun(executor, 5)
    assert last.order.kind == "finish"
    executor.end(last, COMPARISON)
    until(lambda: task(bench, run_id, 2).state == "done")
    assert task(bench, run_id, 2).attempt == 2
    until(lambda: "clear" in comparing.calls and not bench.supervisor.slots)


def test_a_worker_that_hangs_though_it_was_killed_is_pressed_once_a_second_and_not_in_a_spin(bench, executor):
    run_id = launched(bench, network("lstm"))
    hanging = begun(executor, 1)
    hanging.is_deaf = True
    bench.cancel(OWNER, run_id)
    until(lambda: hanging.calls.count("kill") == 1)
    before, began = executor.waits, time.monotonic()
    until(lambda: hanging.calls.count("kill") == 3)
    assert time.monotonic() - began > 1.5
    assert executor.waits - before <= 10
    hanging.is_over = True
    executor.wake()
    until(lambda: not bench.supervisor.slots)


def test_what_is_known_of_killed_tasks_is_forgotten_with_their_end(bench, executor):
    run_id = launched(bench, network("lstm"))
    begun(executor, 1).is_over = True  # killed from outside
    executor.wake()
    second = begun(executor, 2)
    assert bench.supervisor.recorder.killed == {task(bench, run_id).id: 1}
    executor.end(second, error="it failed")
    until(lambda: task(bench, run_id).state == "failed")
    assert bench.supervisor.recorder.killed == {}


def test_a_question_goes_ahead_of_waiting_tasks_and_a_training_stands_still_for_it(bench, executor):
    launched(bench, network("lstm"), network("rnn"), network("gru"))
    trainings = [begun(executor, 1), begun(executor, 2)]
    (key,) = bench.add_series(OWNER, Panel((months(),)), "sales.csv")
    bench.questions.of_series(OWNER, Autocorrelation(lags=3), key)
    question = begun(executor, 3)
    assert question.order.kind == "autocorrelation"
    until(lambda: sum("pause" in one.calls for one in trainings) == 1)
    still = next(one for one in trainings if "pause" in one.calls)
    bench.questions.of_series(OWNER, Autocorrelation(lags=4), key)  # of two places, questions take one
    time.sleep(0.2)
    assert len(executor.attempts) == 3
    executor.end(question, b"answer")
    second = begun(executor, 4)
    assert second.order.config == {"lags": 4}
    executor.end(second, b"another")
    until(lambda: "resume" in still.calls)
    assert len(executor.attempts) == 4  # the third training waits on


def test_a_task_of_a_run_is_no_question_and_cannot_jump_the_queue(bench, executor):
    (key,) = bench.add_series(OWNER, Panel((months(),)), "sales.csv")
    for kind in (Training(), Finishing()):
        with pytest.raises(AssertionError, match="is a task of a run"):
            bench.questions.of_series(OWNER, kind, key)
    assert executor.attempts == []


def test_time_that_a_training_stands_still_is_no_time_that_it_took(bench, executor):
    run_id = launched(bench, network("lstm"), network("rnn"))
    trainings = [begun(executor, 1), begun(executor, 2)]
    (key,) = bench.add_series(OWNER, Panel((months(),)), "sales.csv")
    bench.questions.of_series(OWNER, Autocorrelation(), key)
    question = begun(executor, 3)
    still = next(one for one in trainings if "pause" in one.calls)
    slot = next(slot for slot in bench.supervisor.slots.values() if slot.attempt is still)
    deadline = slot.deadline
    time.sleep(0.5)
    executor.end(question, b"answer")
    until(lambda: "resume" in still.calls)
    assert 0.5 <= slot.paused() < 5
    assert slot.deadline - deadline >= 0.5 - 0.05
    executor.end(still, error="it failed")  # by its own clock it took no time at all
    until(lambda: "clear" in still.calls)
    at = [one.id for one in bench.run(OWNER, run_id).record.tasks].index(slot.id)
    assert task(bench, run_id, at).seconds == 0.0


def test_questions_that_have_had_their_share_wait_for_a_place(bench, executor):
    launched(bench, network("lstm"), network("rnn"))
    trainings = [begun(executor, 1), begun(executor, 2)]
    (key,) = bench.add_series(OWNER, Panel((months(),)), "sales.csv")
    bench.supervisor.borrowed.note(time.monotonic(), 0)
    bench.supervisor.borrowed.credit = -60.0  # a minute is owed
    bench.questions.of_series(OWNER, Autocorrelation(), key)
    time.sleep(0.4)
    assert len(executor.attempts) == 2
    assert not any("pause" in one.calls for one in trainings)
    executor.end(trainings[0], error="it failed")
    assert begun(executor, 3).order.kind == "autocorrelation"  # ahead of the comparison, in a free place


def test_a_bundle_of_nothing_is_no_result(bench, executor):
    run_id = launched(bench, network("lstm"))
    executor.end(begun(executor, 1), bundle({}, {})[:5])
    until(lambda: task(bench, run_id).state == "failed")
    assert "its result cannot be read (stored data is cut off" in task(bench, run_id).error
