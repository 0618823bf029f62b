"""The benchmarks beside every comparison: what nobody chose, scored like what somebody did."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries

SEASONAL = 20 + 6 * np.sin(2 * np.pi * np.arange(96) / 12) + np.random.default_rng(1).normal(0, 1, 96)
WALK = np.cumsum(np.random.default_rng(4).normal(0, 1, 96)) + 50


def compared(values, *names, season=12, **more):
    models = tuple(ModelSpec(name, MODELS[name].label) for name in names)
    series = TimeSeries("a", pd.RangeIndex(len(values)), values, np.ones(len(values), bool))
    spec = RunSpec((), models, **{"horizon": 6, "season": season, "origins": 8} | more)
    return run(design(spec, Panel((series,))))


def test_every_benchmark_that_nobody_chose_is_there_with_the_scores_it_has_as_a_model():
    beside = compared(SEASONAL, "theta", "mean").comparison.references
    assert [one.model.name for one in beside] == ["naive", "seasonal_naive", "drift"]
    chosen = {task.model.name: task.scores.values for task in compared(SEASONAL, "naive", "seasonal_naive", "drift").tasks}
    for one in beside:
        for name in ("mase", "rmse", "mae"):
            assert one.scores.values[name] == one.series["a"].values[name] == chosen[one.model.name][name]
    assert compared(SEASONAL, "naive", "seasonal_naive", "drift", "mean").comparison.references == ()


def test_without_a_season_seasonal_naive_is_naive_and_is_left_out():
    assert [one.model.name for one in compared(WALK, "drift", season=1).comparison.references] == ["naive", "mean"]


def test_without_networks_a_benchmark_that_nobody_chose_is_the_rival():
    result = compared(SEASONAL, "naive", "mean")
    mase = next(one.scores.values["mase"] for one in result.comparison.references if one.model.name == "seasonal_naive")
    mean = next(task.scores.values["mase"] for task in result.tasks if task.model.name == "mean")
    (pair, _) = result.comparison.pairs
    assert (pair.a, pair.b, result.comparison.rival) == ("Mean", "Seasonal naive", "Seasonal naive")
    assert pair.skill == pytest.approx(1 - mean / mase)
    assert result.comparison.ranking == ("Mean", "Naive")


def test_those_that_were_chosen_are_not_computed_again():
    found = compared(SEASONAL, "seasonal_naive", "naive").comparison
    assert {one.model.name for one in found.references} == {"mean", "drift"}
    assert found.rival == "Seasonal naive"


def test_a_benchmark_for_which_the_training_part_is_too_short_says_so():
    short = compared(np.array([3.0, 5, 4, 8, 6, 9]), "mean", horizon=1, origins=5, season=1, coverages=())
    assert short.experiment.plans["a"].train_end == 1
    drift = next(one for one in short.comparison.references if one.model.name == "drift")
    assert drift.scores is None
    assert "Drift needs at least 2 training points" in drift.error
    assert short.comparison.verdict.startswith("Mean is off by 10 % less than Naive here, and nothing says whether ")


def test_without_a_backtest_there_are_none():
    assert compared(WALK, "drift", origins=0).comparison.references == ()


@pytest.mark.parametrize("name", ["naive", "mean", "drift"])
def test_a_benchmark_is_the_rule_of_its_model_from_each_origin(name):
    first = compared(WALK[:60], *({"naive", "mean", "drift"} - {name}), season=1, coverages=())
    found = next(one for one in first.comparison.references if one.model.name == name)
    origins = first.experiment.plans["a"].scored
    model = MODELS[name]()
    series = first.experiment.panel.series[0]
    errors = [WALK[origin : origin + 6] - model.point(series[:origin], 6) for origin in origins]
    assert found.scores.values["mae"] == pytest.approx(np.abs(errors).mean())
