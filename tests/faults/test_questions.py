"""Questions of pages, carried out by real workers: answered, kept, looked up, cancelled, killed."""

import os
import signal
import time

import numpy as np
import psutil
import pytest
from statsmodels.tsa.stattools import acf, pacf

from core.errors import LimitError, NotFoundError
from core.jobs.kinds.autocorrelation import Autocorrelation
from core.jobs.kinds.base import Kind
from core.jobs.kinds.registry import KINDS
from core.jobs.kinds.states import States
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import Host
from core.series.timeseries import Panel
from core.workbench import Workbench
from tests.faults.home import LONG, OWNER, check, computing, ended, hours, launched, months, network, plain, until

SERIES = months(96)


@pytest.fixture
def key(bench):
    return bench.add_series(OWNER, Panel((SERIES,)), "sales.csv")[0]


def started(bench):
    """How many attempts at questions this workbench has begun."""
    return next(bench.supervisor.asks.numbers)


def test_autocorrelations_are_computed_by_a_worker_and_then_looked_up(bench, key):
    question = Autocorrelation(lags=15)
    answer = bench.questions.of_series(OWNER, question, key, wait=30)
    assert (answer.state, answer.fraction, answer.error) == ("done", 1.0, None)
    found = question.read(answer.content)
    assert found.acf == pytest.approx(acf(SERIES.values, nlags=15), abs=1e-12)
    assert found.pacf == pytest.approx(pacf(SERIES.values, nlags=15, method="ywm"), abs=1e-12)
    before = started(bench)
    assert bench.questions.of_series(OWNER, question, key) == answer
    assert started(bench) == before + 1  # `started` itself counts
    with pytest.raises(NotFoundError):
        bench.questions.of_series("stranger", question, key)


def test_the_states_of_a_stored_lstm_are_those_of_the_network_that_was_trained(bench):
    run_id = launched(bench, network("lstm", epochs=3, lookback=9), *plain("naive"))
    ended(bench, run_id)
    answer = bench.questions.of_model(OWNER, States(series="sales", origin=90), run_id, "LSTM", wait=30)
    assert answer.error is None
    first, inputs, parts = States.read(answer.content)
    assert (first, inputs.shape[0]) == (81, 9)
    assert parts["state"].shape == (1, 9, 4)
    memory = parts["cell"][0].astype(float)
    before = np.vstack([np.zeros(4), memory[:-1]])
    assert memory == pytest.approx(parts["forget"][0] * before + parts["input"][0] * parts["candidate"][0], abs=1e-6)
    failed = bench.questions.of_model(OWNER, States(series="sales", origin=97), run_id, "LSTM", wait=30)
    assert failed.error == "origin is 97; choose a position from 1 to 96, the length of 'sales'"
    plainly = bench.questions.of_model(OWNER, States(series="sales", origin=90), run_id, "Naive", wait=30)
    assert plainly.error == "the run has no fit of 'Naive' with seed 0 for series 'sales'"
    for workspace, label in (("stranger", "LSTM"), (OWNER, "GRU")):
        with pytest.raises(NotFoundError):
            bench.questions.of_model(workspace, States(series="sales", origin=90), run_id, label)


def test_a_question_that_failed_is_not_computed_again_until_it_is_dismissed(bench, key):
    question = Autocorrelation(lags=500)
    answer = bench.questions.of_series(OWNER, question, key, wait=30)
    assert (answer.state, answer.error) == ("failed", "500 lags are too many for 96 values; choose at most 47")
    before = started(bench)
    assert bench.questions.of_series(OWNER, question, key, wait=5) == answer
    assert started(bench) == before + 1
    bench.questions.dismiss(OWNER, answer.digest)
    assert bench.questions.of_series(OWNER, question, key).state == "waiting"
    until(lambda: bench.questions.of_series(OWNER, question, key).state == "failed")


def test_where_one_worker_is_all_there_is_a_training_stands_still_for_a_question_and_goes_on(tmp_path):
    home = tmp_path / "home"
    with Workbench(home, {}, host=Host(1, "forkserver")) as bench:
        run_id = launched(bench, network("lstm", **LONG))
        worker = computing(bench, run_id)
        (key,) = bench.add_series(OWNER, Panel((hours(),)), "load.csv")
        statuses = set()
        for lags in range(1, 9):
            answer = bench.questions.of_series(OWNER, Autocorrelation(lags=lags), key)
            while answer.state in ("waiting", "running"):
                statuses.add(worker.status())
                answer = bench.questions.of_series(OWNER, Autocorrelation(lags=lags), key)
            assert answer.error is None
        assert psutil.STATUS_STOPPED in statuses
        slot = next(iter(bench.supervisor.slots.values()))
        until(lambda: not slot.is_paused)
        assert slot.paused() > 0
        before = len(bench.store.epochs(OWNER, run_id, points=100_000)[slot.id])
        until(lambda: len(bench.store.epochs(OWNER, run_id, points=100_000)[slot.id]) > before)
        began = time.monotonic()
        bench.cancel(OWNER, run_id)
        seconds = ended(bench, run_id).tasks[0].seconds
        assert seconds <= time.monotonic() - slot.started - slot.paused() + 0.1
        assert time.monotonic() - began < 5
    check(home)


def test_a_question_whose_worker_is_killed_says_so_and_one_that_is_cancelled_ends(bench, key, monkeypatch):
    """Their workers stand still before they can answer."""
    start = bench.supervisor.executor.start
    stopped = []

    def standing(name, order):
        attempt = start(name, order)
        os.kill(attempt.pid, signal.SIGSTOP)
        stopped.append(attempt)
        return attempt

    monkeypatch.setattr(bench.supervisor.executor, "start", standing)
    question = Autocorrelation(lags=21)
    bench.questions.of_series(OWNER, question, key)
    until(lambda: stopped)
    os.kill(stopped[0].pid, signal.SIGKILL)
    answer = bench.questions.of_series(OWNER, question, key, wait=20)
    assert (answer.state, answer.error) == ("failed", "its process was killed; ask again")
    bench.questions.dismiss(OWNER, answer.digest)
    again = bench.questions.of_series(OWNER, question, key)
    until(lambda: len(stopped) == 2)
    bench.questions.dismiss(OWNER, again.digest)
    until(lambda: bench.questions.of_series(OWNER, question, key).state == "cancelled")
    until(lambda: not bench.supervisor.slots)


def test_too_many_open_questions_and_too_large_ones_are_refused(bench, key, monkeypatch):
    monkeypatch.setattr(bench.supervisor.executor, "start", lambda *_: (_ for _ in ()).throw(OSError("no process")))
    answer = bench.questions.of_series(OWNER, Autocorrelation(lags=30), key, wait=20)
    assert answer.error == "no worker could be started (no process); retry it"
    monkeypatch.setattr("core.jobs.running.supervisor.Supervisor._fill_with_asks", lambda _: None)
    for lags in range(31, 39):
        bench.questions.of_series(OWNER, Autocorrelation(lags=lags), key)
    with pytest.raises(LimitError, match="8 of your questions are still open; wait for one to be answered, or cancel it"):
        bench.questions.of_series(OWNER, Autocorrelation(lags=40), key)
    for ask in bench.supervisor.asks.waiting():
        ask.tell(state="cancelled")
    monkeypatch.setattr(Autocorrelation, "price", lambda *_: Prediction(1e5, 1))
    with pytest.raises(
        LimitError, match=r"this would take about [\d,]+ seconds, and 30 are allowed; ask about a shorter series"
    ):
        bench.questions.of_series(OWNER, Autocorrelation(lags=41), key)


def test_kinds_that_pages_ask_for_are_interactive():
    assert {name for name, kind in KINDS.items() if not kind.is_interactive} == {"model", "finish"}
    assert all(issubclass(kind, Kind) for kind in KINDS.values())
