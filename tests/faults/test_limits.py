"""Tasks that are told to stop, and tasks that take too much: the reason is plain, and none is tried again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.bounds import MIB
from core.models.seriesfit import FAR
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from tests.faults.home import LONG, OWNER, computing, ended, hours, is_alive, launched, network, plain, task, until

SLOW = ModelSpec("ar", "AR", {})


def test_cancelled_in_an_epoch_it_is_over_within_two_seconds_and_its_sibling_goes_on(bench):
    run_id = launched(bench, network("lstm", **LONG), network("rnn"))
    worker = computing(bench, run_id)
    bench.cancel(OWNER, run_id, task(bench, run_id).id)
    until(lambda: task(bench, run_id).state == "cancelled", 2)
    assert not is_alive(worker.pid)
    record = ended(bench, run_id)
    assert [(one.state, one.error) for one in record.tasks] == [("cancelled", "cancelled"), ("done", None), ("done", None)]
    assert record.state == "done"


def test_cancelled_in_a_fit_of_statsmodels_it_is_over_within_two_seconds(bench):
    run_id = launched(bench, SLOW, panel=Panel((hours(),)), origins=400, refit=True)
    until(lambda: task(bench, run_id).fraction > 0)
    bench.cancel(OWNER, run_id)
    record = ended(bench, run_id, 2)
    assert [one.state for one in record.tasks] == ["cancelled", "cancelled"]


def test_too_much_memory_fails_with_a_remedy_and_is_not_tried_again(bench):
    bench.supervisor.limits = replace(bench.limits.jobs, task_memory=100 * MIB)
    greedy = network("lstm", hidden=200, batch=128, lookback=100)
    run_id = launched(bench, greedy, *plain("naive"), panel=Panel((hours(),)))
    record = ended(bench, run_id)
    assert [(one.state, one.attempt) for one in record.tasks] == [("failed", 1), ("done", 1), ("done", 1)]
    assert record.tasks[0].error == (
        "this needs more than 100 MB of memory: choose a shorter lookback, fewer hidden units, a smaller batch or "
        "a shorter season"
    )


@pytest.mark.parametrize("hears", [True, False])
def test_too_much_time_fails_with_a_remedy_whether_or_not_the_worker_hears(bench, hears):
    bench.supervisor.limits = replace(bench.limits.jobs, task_seconds=1)
    run_id = launched(bench, network("lstm", **LONG))
    worker = computing(bench, run_id)
    if not hears:
        worker.suspend()
    record = ended(bench, run_id, 3.5)
    assert record.state == "failed"
    assert record.tasks[0].attempt == 1
    assert record.tasks[0].error == ("this took longer than 1 seconds and was stopped; choose fewer epochs, seeds or origins")
    assert not is_alive(worker.pid)


def test_a_result_larger_than_the_limit_fails_with_a_remedy(bench):
    bench.supervisor.limits = replace(bench.limits.jobs, task_file=100)
    record = ended(bench, launched(bench, *plain("naive")))
    assert "its result is larger than 100 bytes (UNROLL_LIMITS_TASK_FILE)" in record.tasks[0].error


def test_a_network_that_diverges_says_so_and_never_ranks(bench):
    run_id = launched(bench, network("lstm", learning_rate=1e6), network("rnn"), *plain("naive"))
    record = ended(bench, run_id)
    assert [one.state for one in record.tasks] == ["failed", "done", "done", "done"]
    assert "LSTM diverged" in record.tasks[0].error
    assert "learning rate" in record.tasks[0].error
    assert "LSTM" not in bench.comparison(OWNER, run_id).ranking
    assert record.best in ("RNN", "Naive")


@pytest.mark.parametrize(("horizon", "why"), [(160, FAR), (330, "explodes")])
def test_a_forecast_without_bounds_is_a_failure_and_so_is_one_that_is_no_number(bench, horizon, why):
    """The training slice grows tenfold at each step, and then the series does not: the AR goes on growing."""
    values = np.concatenate([10.0 ** np.arange(-20, 10), np.full(horizon, 1e9) + np.arange(horizon) % 7])
    index = pd.RangeIndex(len(values))
    panel = Panel((TimeSeries("bubble", index, values, np.ones(len(values), bool)),))
    model = ModelSpec("ar", "AR", {"order": 1, "trend": "none"})
    run_id = launched(bench, model, *plain("naive"), panel=panel, horizon=horizon, origins=1)
    record = ended(bench, run_id)
    assert [one.state for one in record.tasks] == ["failed", "done", "done"]
    assert record.best == "Naive"
    assert record.tasks[0].error == f"AR(1) {why} within {horizon} steps; choose a shorter order or horizon"
    assert bench.results(OWNER, run_id)[0].scores is None
