"""A run as its readers see it: lines of a fan, bands, what happened, and the dates of any origin."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.report.outcome import actual_at, as_result, bands, fan_lines
from core.series.timeseries import Panel, TimeSeries
from tests.report.made import claiming, outcome_of

KINDS = {
    "yearly": pd.date_range("1990-01-01", periods=30, freq="YS"),
    "year ends": pd.date_range("1990-12-31", periods=30, freq="YE"),
    "monthly": pd.date_range("2011-01-01", periods=60, freq="MS"),
    "month ends": pd.date_range("2011-01-31", periods=60, freq="ME"),
    "quarterly": pd.date_range("2000-10-01", periods=40, freq="QS-OCT"),
    "weekly": pd.date_range("2023-01-04", periods=60, freq="W-WED"),
    "business days": pd.date_range("2024-01-01", periods=60, freq="B"),
    "hourly": pd.date_range("2024-03-30", periods=60, freq="h", tz="UTC"),
    "quarters of an hour": pd.date_range("2024-03-30", periods=60, freq="15min"),
    "steps": pd.RangeIndex(7, 67),
    "wide steps": pd.RangeIndex(0, 300, 5),
}


def series_of(index, name="s"):
    values = 50 + np.arange(len(index)) % 5 + np.random.default_rng(4).normal(0, 1, len(index))
    return TimeSeries(name, index, values, np.arange(len(index)) != len(index) - 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stride", [1, 2])
def test_the_dates_of_an_origin_are_those_of_the_series_itself(kind, stride):
    series = series_of(KINDS[kind])
    spec = RunSpec((), (ModelSpec("naive", "Naive"),), 4, origins=3, stride=stride, season=1)
    (task,) = run(design(spec, Panel((series,)))).tasks
    (result,) = task.series
    assert len(result.backtest.origins) == 3
    for origin in result.backtest.origins.tolist():
        found = result.index_at(origin)
        assert type(found) is type(series.index)
        assert found.tolist() == series.index[origin : origin + 4].tolist()


def test_bands_are_pairs_of_quantiles_from_outside_in():
    quantiles = np.array([[1.0, 10], [2, 20], [3, 30], [4, 40], [5, 50]])
    found = bands((0.025, 0.1, 0.5, 0.9, 0.975), quantiles)
    assert list(found) == [0.95, 0.8]
    assert [side.tolist() for side in found[0.95]] == [[1, 10], [5, 50]]
    assert [side.tolist() for side in found[0.8]] == [[2, 20], [4, 40]]
    assert bands((0.5,), np.array([[3.0, 30]])) == {}


def test_bands_are_named_as_they_were_asked_for_whatever_the_rounding():
    for coverage in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.123):
        levels = ((1 - coverage) / 2, 0.5, (1 + coverage) / 2)
        assert list(bands(levels, np.zeros((3, 2)))) == [coverage]


@pytest.fixture(scope="module")
def made():
    return outcome_of("drift", "naive", "mean")


def test_lines_are_best_first_and_those_of_the_results(made):
    lines = fan_lines(made, "sales", None)
    assert [one.label for one in lines] == list(made.comparison.ranking)
    by_label = made.of_series("sales")
    for line in lines:
        assert line.point.tolist() == by_label[line.label].forecast.point.tolist()
        assert line.index.equals(by_label[line.label].forecast.index)
        assert list(line.bands) == [0.95, 0.8]
        for low, high in line.bands.values():
            assert (low <= line.point).all()
            assert (line.point <= high).all()
    origin = made.origins("sales")[-2]
    for line in fan_lines(made, "sales", origin):
        past = by_label[line.label].backtest
        assert line.point.tolist() == past.point[-2].tolist()
        assert line.index.tolist() == made.panel["sales"].index[origin : origin + 6].tolist()
        assert line.bands[0.8][0].tolist() == past.quantiles[-2][past.levels.index(0.1)].tolist()
    assert all(line.bands == {} for line in fan_lines(made, "sales", made.origins("sales")[0]))  # no past errors are known yet


def test_what_happened_is_the_series_and_nothing_where_nothing_was_seen():
    hidden = outcome_of("naive", hidden=(90, 93))
    origin = hidden.origins("sales")[-1]
    index, values = actual_at(hidden, "sales", origin)
    series = hidden.panel["sales"]
    assert index.tolist() == series.index[origin : origin + 6].tolist()
    assert np.isnan(values).tolist() == [True, False, False, True, False, False]
    assert values[1] == series.values[91]


def test_without_origins_there_is_a_forecast_and_nothing_that_happened():
    found = outcome_of("naive", origins=0)
    assert found.origins("sales") == ()
    assert actual_at(found, "sales", 90) is None
    assert fan_lines(found, "sales", None)[0].bands.keys() == {0.8, 0.95}


def test_an_outcome_becomes_the_result_that_it_was_made_of(made):
    result = as_result(made)
    assert result.experiment.spec == made.spec
    assert result.tasks == made.results
    assert [one.label for one in made.models] == [MODELS[name].label for name in ("drift", "naive", "mean")]
    assert (made.series_ids, made.unit("sales")) == (("sales",), "")


def test_combinations_are_lines_after_the_models_and_only_when_asked_for(made):
    asked = fan_lines(made, "sales", None, is_combined=True)
    combined = made.combined("sales")
    assert [one.label for one in asked] == [*made.comparison.ranking, *combined]
    assert list(combined) == ["Mean of all", "Median of all", "Inverse-error weighted"]
    mean = np.mean([one.forecast.point for one in made.of_series("sales").values()], axis=0)
    assert asked[3].point.tolist() == pytest.approx(mean.tolist())
    assert list(asked[3].bands) == [0.95, 0.8]
    assert [one.label for one in made.drawn] == ["Drift", "Naive", "Mean", *combined]


def test_bands_are_the_models_own_where_these_are_asked_for(made):
    found = claiming(made, "Naive")
    assert (found.claiming("sales"), made.claiming("sales")) == (("Naive",), ())
    for origin in (None, made.origins("sales")[-1]):
        calibrated = {line.label: line for line in fan_lines(found, "sales", origin)}
        for line in fan_lines(found, "sales", origin, is_own=True, is_combined=True):
            if line.label != "Naive":
                assert line.bands == {}, "a model that claims nothing has no band"
                continue
            assert list(line.bands) == [0.95, 0.8]
            for coverage, (low, high) in line.bands.items():
                wide = calibrated["Naive"].bands[coverage]
                assert (high - low).tolist() == pytest.approx(((wide[1] - wide[0]) / 2).tolist())
