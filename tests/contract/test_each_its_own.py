"""No code path puts one model's forecast in another's place: on every built-in example models differ by more than rounding."""

from itertools import combinations

import numpy as np
import pytest

from core.data.choices import Choices
from core.data.examples import EXAMPLES, load_example
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run_task
from core.models.spec import ModelSpec
from core.series.timeseries import Panel

LONGEST, HORIZON = 240, 4  # values of each series at most
SHAPE = {"log": "no", "mean": "no", "penalty": 1.0}  # nothing is left to choose, and every network starts from this Linear
NETWORK = SHAPE | {"lags": 5, "skip": "on", "hidden": 4, "epochs": 8, "patience": 0, "lookback": 12}
LINEAR = SHAPE | {"window": 5, "ahead": "direct", "objective": "squared"}
MODELS = {"rnn": NETWORK, "lstm": NETWORK, "gru": NETWORK, "linear": LINEAR, "ar": {"order": 5}}
FAR = 1e-3  # of the mean change from step to step: a thousand times what is lost by single precision


@pytest.fixture(scope="module", params=EXAMPLES)
def tasks(request):
    """The result of each model, and the panel."""
    panel = load_example(request.param, Choices()).panel
    panel = Panel(tuple(series[:LONGEST] for series in list(panel)[:2]))
    models = tuple(ModelSpec(name, name, config) for name, config in MODELS.items())
    experiment = design(RunSpec((), models, HORIZON, origins=2, seeds=2, coverages=(), device="cpu"), panel)
    return {one.label: run_task(experiment, one) for one in experiment.spec.models}, panel


def test_no_two_models_forecast_the_same(tasks):
    results, panel = tasks
    assert {name: one.error for name, one in results.items()} == dict.fromkeys(MODELS)
    for one, other in combinations(MODELS, 2):
        for first, second, series in zip(results[one].series, results[other].series, panel, strict=True):
            far = FAR * np.abs(np.diff(series.values)).mean()
            assert np.abs(first.forecast.point - second.forecast.point).max() > far, (one, other)
            assert (np.abs(first.backtest.point - second.backtest.point).max(axis=1) > far).all(), (one, other)


def test_no_two_seeds_of_a_network_do(tasks):
    for name in ("rnn", "lstm", "gru"):
        first, second = (one.values["mae"] for one in tasks[0][name].seed_scores)
        assert abs(first - second) > 1e-6 * abs(first), name
