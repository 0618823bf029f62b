"""A run's transform: worked by hand, turned back exactly, learned from the slice alone."""

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError, FitError
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run
from core.models.naive import Drift
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.models.transform import FittedTransformed, Transformed, power_of, restored, transformed
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries


def months(values, name="a", season=12):
    index = pd.date_range("2001-01-01", periods=len(values), freq="MS")
    return TimeSeries(name, index, values, np.ones(len(values), bool), season=season)


GROWTH = months(100 * 1.02 ** np.arange(60))


def fitted(model, kind, series):
    return transformed(model, kind).fit_all(Panel((series,)), 6, Context(), 1)[0]


def test_the_drift_of_logarithms_is_growth_in_percent():
    found = fitted(Drift(), "log", GROWTH).forecast(GROWTH, 6)
    np.testing.assert_allclose(found.point, 100 * 1.02 ** np.arange(60, 66), rtol=1e-12)
    assert not np.allclose(fitted(Drift(), "none", GROWTH).forecast(GROWTH, 6).point, found.point, rtol=1e-3)


def test_without_a_transform_a_model_is_itself():
    model = Drift()
    assert transformed(model, "none") is model


@pytest.mark.parametrize(("exponent", "low", "high"), [(1.0, 0.0, 0.1), (0.5, 0.35, 0.65), (0.0, 0.85, 1.0)])
def test_the_power_is_the_one_under_which_changes_have_one_size(exponent, low, high):
    """Deviations grow as level^exponent, which a power of 1 − exponent makes even."""
    level = np.repeat(np.linspace(50, 2000, 80), 12)
    noise = np.random.default_rng(4).normal(0, 1, len(level))
    assert low <= power_of(months(level + 0.3 * level**exponent * noise * 0.5)) <= high


def test_zeros_have_a_power_but_no_logarithm():
    values = np.abs(np.sin(np.arange(60) / 5)) * np.linspace(0, 90, 60)
    assert values.min() == 0
    assert power_of(months(values)) >= 0.2
    with pytest.raises(DataError, match=r"series 'a' goes down to 0, of which there is no logarithm; choose box_cox, or no tr"):
        design(spec_of("naive", transform="log"), Panel((months(values),)))
    with pytest.raises(DataError, match=r"goes down to -1, of which there is no power; choose no transform"):
        design(spec_of("naive", transform="box_cox"), Panel((months(values - 1),)))
    assert design(spec_of("naive", transform="box_cox"), Panel((months(values),))).spec.transform == "box_cox"


def test_the_power_is_learned_from_the_slice_alone():
    wild = GROWTH.values.copy()
    wild[40:] = np.random.default_rng(0).uniform(1, 1e4, 20)
    first, second = (
        Transformed(Drift(), "box_cox").fit_all(Panel((months(one)[:40],)), 6, Context(), 1)[0] for one in (GROWTH.values, wild)
    )
    assert first.powers == second.powers


def test_a_fit_survives_as_arrays():
    series = months(50 + 20 * np.sin(np.arange(80) * np.pi / 6) + np.arange(80))
    for name in ("linear", "ets", "ar"):
        model = MODELS[name]()
        before = fitted(model, "box_cox", series)
        after = restored(model, before.arrays())
        assert isinstance(after, FittedTransformed)
        levels = (0.1, 0.9) if model.has_intervals else ()
        first, second = before.forecast(series, 6, levels), after.forecast(series, 6, levels)
        assert first.point.tobytes() == second.point.tobytes()
        assert first.quantiles.tobytes() == second.quantiles.tobytes()
    plain = restored(model, model.fit(Panel((series,)), 6, Context()).arrays())
    assert not isinstance(plain, FittedTransformed)


def test_many_origins_at_once_are_turned_back_as_one_by_one():
    series = months(50 + 20 * np.sin(np.arange(80) * np.pi / 6) + np.arange(80))
    model = MODELS["gru"](epochs=1, hidden=3).resolved(60, 6, 12)
    found = fitted(model.settled(Panel((series[:60],)), 6, Context()), "log", series)
    points, _ = found.rolled(series, [60, 70], 6)
    for row, origin in enumerate((60, 70)):
        np.testing.assert_allclose(points[row], found.forecast(series[:origin], 6).point, rtol=1e-5)


def test_what_grows_beyond_all_numbers_is_refused():
    steep = months(np.exp(np.linspace(0, 650, 60)))
    with pytest.raises(FitError, match="grow beyond all numbers when they are turned back"):
        fitted(Drift(), "log", steep).forecast(steep, 12)


def spec_of(*names, **more):
    models = tuple(ModelSpec(name, MODELS[name].label) for name in names)
    return RunSpec((), models, **{"horizon": 6, "season": 12, "blocks": 1} | more)


def test_a_run_under_a_transform_is_scored_in_the_units_of_the_series():
    noise = np.random.default_rng(2)
    series = months(np.exp(0.03 * np.arange(96) + np.cumsum(noise.normal(0, 0.02, 96))))
    plain, log = (run(design(spec_of("drift", transform=kind), Panel((series,)))).tasks[0] for kind in ("none", "log"))
    assert log.series[0].backtest.actual.tolist() == plain.series[0].backtest.actual.tolist()
    assert log.scores.values["mae"] < plain.scores.values["mae"]  # growth in percent
    assert set(log.arrays) > set(plain.arrays)


COUNTS = np.random.default_rng(7).poisson(2, 96).astype(float)


def test_where_no_value_is_negative_no_forecast_and_no_interval_is():
    experiment = design(spec_of("drift", "ar", "mean"), Panel((months(COUNTS),)))
    assert experiment.spec.floor is True
    result = run(experiment)
    for task in (*result.tasks, *(one.result for one in result.comparison.combinations)):
        (one,) = task.series
        assert one.forecast.quantiles.min() >= 0
        assert np.nanmin(one.backtest.quantiles) >= 0
        assert one.backtest.point.min() >= 0
        assert one.own is None or one.own.min() >= 0
    free = run(design(spec_of("drift", "ar", "mean", floor=False), Panel((months(COUNTS),))))
    assert min(task.series[0].forecast.quantiles.min() for task in free.tasks) < 0


def test_the_bound_is_decided_before_the_first_origin():
    later = COUNTS.copy()
    later[90:] = -5
    assert design(spec_of("drift"), Panel((months(later),))).spec.floor is True
    assert design(spec_of("drift"), Panel((months(COUNTS - 1),))).spec.floor is False
    assert design(spec_of("drift", floor=False), Panel((months(COUNTS),))).spec.floor is False
