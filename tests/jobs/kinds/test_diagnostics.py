"""The diagnostics of a model: asked of a finished run, answered by a worker, read as the values that were computed."""

import numpy as np
import pytest

from core.errors import ConfigError
from core.evaluation.diagnosis import diagnose
from core.evaluation.spec import RunSpec
from core.jobs.kinds.base import Request
from core.jobs.kinds.diagnostics import Diagnostics
from core.jobs.running.inprocess import InProcessExecutor
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.workbench import Workbench
from tests.faults.home import OWNER, ended, launched, months, plain


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with Workbench(tmp_path_factory.mktemp("diagnostics") / "home", {}, executor=InProcessExecutor()) as opened:
        yield opened


@pytest.fixture(scope="module")
def run_id(bench):
    found = launched(bench, *plain("naive", "ar"), origins=30, coverages=(0.8,))
    assert ended(bench, found).state == "done"
    return found


def same(a, b):
    """Whether two values hold the same numbers, arrays and tuples included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return all(same(one, vars(b)[name]) for name, one in vars(a).items()) if hasattr(a, "__dict__") else a == b


def test_the_answer_holds_what_was_computed(bench, run_id):
    answer = bench.questions.of_model(OWNER, Diagnostics(series="sales"), run_id, "AR", wait=30)
    assert (answer.state, answer.error) == ("done", None)
    ar = next(one for one in bench.results(OWNER, run_id) if one.model.label == "AR")
    expected = diagnose(ar.series[0].backtest, 1, 12)
    assert expected.checks is not None
    assert same(Diagnostics.read(answer.content), expected)
    assert bench.questions.of_model(OWNER, Diagnostics(series="sales"), run_id, "AR").content == answer.content


def test_few_origins_are_answered_with_reasons(bench):
    found = launched(bench, *plain("drift"), origins=3)
    ended(bench, found)
    read = Diagnostics.read(bench.questions.of_model(OWNER, Diagnostics(series="sales"), found, "Drift", wait=30).content)
    assert read.checks is None
    assert "there are 3" in read.reason
    assert all(one.found is None and one.reason for one in read.calibrations)


def test_what_is_not_there_is_refused_in_words(bench, run_id):
    answer = bench.questions.of_model(OWNER, Diagnostics(series="costs"), run_id, "AR", wait=30)
    assert answer.state == "failed"
    assert "AR has no past forecasts of 'costs'; ask for some to be scored" in answer.error
    request = Request(Panel((months(),)), RunSpec(("key",), (ModelSpec("ar", "AR"),), 6), "AR", {"AR": "it failed"})
    with pytest.raises(ConfigError, match="the run has no result of 'AR'; train it first"):
        Diagnostics(series="sales").compute(request, lambda _: None)
    assert Diagnostics().price(request).seconds < 1
