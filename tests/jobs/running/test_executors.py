"""What every executor promises, tried on each of them with real orders."""

import itertools

import pytest

from core.codec import unpack
from core.errors import FitError
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.jobs.kinds.base import Request
from core.jobs.kinds.registry import carry_out
from core.jobs.planning.limits import MIB, Host
from core.jobs.running.inprocess import InProcessExecutor
from core.jobs.running.local import LocalExecutor
from core.jobs.running.messages import Order
from core.series.timeseries import Panel
from core.store.codecs.results import decode_result
from tests.faults.home import LONG, months, network, plain

NAMES = (f"attempt-{number}" for number in itertools.count())


@pytest.fixture(scope="module", params=["in process", "local"])
def executor(request, tmp_path_factory):
    opened = InProcessExecutor()
    if request.param == "local":
        opened = LocalExecutor(Host(2, "forkserver"), tmp_path_factory.mktemp("local") / "work")
    opened.open()
    yield opened
    opened.kill_all()
    opened.close()


def told(executor, attempt, until=lambda message: False):
    """Everything that an attempt says until it is over, or until it says such a thing."""
    said = []
    while True:
        over = attempt.is_over
        for message in attempt.events():
            said.append(message)
            if until(message):
                return said
        if over:
            return said
        executor.wait([attempt], 30)


def order_of(*models, label, kind="model", horizon=6):
    panel = Panel((months(),))
    experiment = design(RunSpec((), models, horizon, origins=2, seeds=1, device="cpu"), panel)
    return Order(kind, {}, Request(panel, experiment.spec, label).encode(), 1024 * MIB, 64 * MIB)


def test_a_result_is_what_the_function_of_the_kind_gives(executor):
    order = order_of(network("lstm", epochs=3), label="LSTM")
    attempt = executor.start(next(NAMES), order)
    said = told(executor, attempt)
    assert said[-1].kind == "done"
    assert [one.epoch.epoch for message in said for one in message.epochs] == [1, 2, 3]  # of the selection fit
    first, again = (decode_result(unpack(content)) for content in (attempt.result(), carried_out(order)))
    assert first.scores.values == again.scores.values
    assert first.series[0].forecast.point.tobytes() == again.series[0].forecast.point.tobytes()
    attempt.clear()


def carried_out(order):
    return carry_out(order.kind, order.config, order.request, lambda _: None)


def test_a_model_that_cannot_be_fitted_says_why(executor):
    order = order_of(network("lstm", epochs=20, learning_rate=1e6), label="LSTM")
    attempt = executor.start(next(NAMES), order)
    last = told(executor, attempt)[-1]
    assert last.kind == "failed"
    assert "LSTM diverged" in last.text
    attempt.clear()
    with pytest.raises(FitError, match="LSTM diverged"):
        carried_out(order)


def test_what_is_stopped_ends_without_a_last_word_also_while_it_stands_still(executor):
    for stands_still in (False, True):
        attempt = executor.start(next(NAMES), order_of(network("lstm", **LONG), label="LSTM"))
        told(executor, attempt, until=lambda message: message.epochs)
        if stands_still:
            attempt.pause()
        attempt.stop()
        assert [message.kind for message in told(executor, attempt) if message.kind in ("done", "failed")] == []
        assert attempt.is_over
        attempt.clear()


def test_what_stands_still_says_nothing_until_it_goes_on(executor):
    attempt = executor.start(next(NAMES), order_of(network("lstm", **LONG), label="LSTM"))
    told(executor, attempt, until=lambda message: message.epochs)
    attempt.pause()
    executor.wait([attempt], 0.1)
    attempt.events()  # what it had said before it heard
    executor.wait([attempt], 0.5)
    assert attempt.events() == []
    assert not attempt.is_over
    attempt.resume()
    told(executor, attempt, until=lambda message: message.epochs)
    attempt.kill()
    told(executor, attempt)
    attempt.clear()


def test_a_wait_ends_when_it_is_woken(executor):
    executor.wake()
    executor.wait([], None)  # would sleep without a bound
    attempt = executor.start(next(NAMES), order_of(*plain("naive"), label="Naive"))
    assert told(executor, attempt)[-1].kind == "done"
    attempt.clear()
