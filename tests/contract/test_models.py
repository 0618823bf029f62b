"""What every model promises of its forecasts, over the whole registry. A new model is picked up by its registry line."""

import warnings

import numpy as np
import pandas as pd
import pytest

from core.errors import Cancelled, ConfigError, TooShortError
from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel
from tests.contract.small import HORIZON, KNOWN, build, every_model, fit, point, series_of, wave


@every_model
@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.date_range("2019-03-01", periods=47, freq="MS"), ["2023-02-01", "2023-03-01", "2023-04-01"]),
        (pd.date_range("1950-01-01", periods=47, freq="YS"), ["1997-01-01", "1998-01-01", "1999-01-01"]),
        (pd.date_range("2024-02-05", periods=47, freq="W-MON"), ["2024-12-30", "2025-01-06", "2025-01-13"]),
        (pd.RangeIndex(10, 10 + 47 * 5, 5), [245, 250, 255]),
    ],
    ids=["months", "years", "weeks", "steps"],
)
def test_the_forecast_continues_the_history(name, index, expected):
    series = series_of(wave(47), index=index)
    found = fit(build(name), series, horizon=3).forecast(series, 3).index
    assert list(found) == expected if isinstance(index, pd.RangeIndex) else list(found.strftime("%Y-%m-%d")) == expected


@every_model
def test_shapes_are_as_documented_and_quantiles_do_not_cross(name):
    series = series_of(wave(KNOWN), name="the id")
    fitted = fit(build(name), series)
    for horizon in (1, HORIZON):
        forecast = fitted.forecast(series, horizon, (0.1, 0.5, 0.9))
        assert forecast.series_id == "the id"
        assert forecast.point.shape == (horizon,)
        assert forecast.levels in ((), (0.1, 0.5, 0.9))
        assert forecast.quantiles.shape == (len(forecast.levels), horizon)
        assert (np.diff(forecast.quantiles, axis=0) >= 0).all()
    assert fitted.parameter_count >= 0


@every_model
def test_a_shorter_horizon_is_the_start_of_a_longer_one(name):
    series = series_of(wave(KNOWN))
    fitted = fit(build(name), series)
    np.testing.assert_array_equal(fitted.forecast(series, 2).point, fitted.forecast(series, HORIZON).point[:2], strict=True)


@every_model
@pytest.mark.parametrize(("factor", "shift"), [(1.0, 1000.0), (7.0, 0.0), (7.0, 1000.0), (1e-6, 0.0), (1e6, -3e7)], ids=str)
def test_shift_and_scale_of_the_series_are_those_of_the_forecast(name, factor, shift):
    model, values = build(name), wave(KNOWN)
    expected = shift + factor * point(model, series_of(values))
    # 0.01 % of the spread: float32 networks see the same numbers to within rounding, and training multiplies that
    tolerance = 1e-4 * factor * values.std()
    np.testing.assert_allclose(point(model, series_of(shift + factor * values)), expected, rtol=0, atol=tolerance)


@every_model
@pytest.mark.parametrize(("horizon", "season"), [(1, 1), (4, 6)])
@pytest.mark.parametrize("settings", ["small", "open"])
def test_too_short_a_series_is_refused_with_the_length_that_suffices(name, horizon, season, settings):
    model = build(name) if settings == "small" else MODELS[name]()
    needed = model.needs(horizon, season)
    enough = series_of(wave(needed), season=season, name="brief")
    assert np.isfinite(fit(model, enough, horizon=horizon).forecast(enough, horizon).point).all()
    assert model.resolved(needed, horizon, season).needs(horizon, season) <= needed
    if needed > 1:
        with pytest.raises(TooShortError, match=rf"needs at least {needed} training points .*'brief' gives it {needed - 1}:"):
            fit(model, enough[: needed - 1], horizon=horizon)
        with pytest.raises(ConfigError, match=str(needed - 1)):
            model.resolved(needed - 1, horizon, season)


@every_model
def test_cancelling_stops_within_one_epoch(name):
    seen = []

    def stop(progress):
        seen.append(progress)
        raise Cancelled

    with pytest.raises(Cancelled):
        build(name).fit(Panel((series_of(wave(KNOWN)),)), HORIZON, Context(watch=stop))
    assert len(seen) == 1
    assert seen[0].epoch is None or seen[0].epoch.epoch <= 1


@every_model
def test_progress_runs_through_its_part_of_the_whole_and_never_back(name):
    fractions = []
    context = Context(watch=lambda progress: fractions.append(progress.fraction)).part(0.25, 0.5)
    build(name).fit(Panel((series_of(wave(KNOWN)), series_of(wave(50), name="b"))), HORIZON, context)
    assert fractions[-1] == 0.5
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0.25


@every_model
def test_a_panel_of_different_lengths_finds_every_series_by_id(name):
    panel = [series_of(wave(length, seed=length) * size, name=f"s{length}") for length, size in ((40, 1), (66, 50), (51, 3))]
    model = build(name)
    fitted = fit(model, *panel)
    for series in reversed(panel):
        forecast = fitted.forecast(series, HORIZON)
        assert forecast.series_id == series.id
        assert forecast.index[0] == len(series)
        assert series.values.min() / 2 < forecast.point.mean() < 2 * series.values.max()  # of its own size
        if model.scope == "series":  # learned from itself alone
            np.testing.assert_array_equal(forecast.point, point(model, series))


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].scope == "panel"])
def test_a_panel_model_forecasts_series_too_short_to_train_on(name):
    brief, single = series_of([7.0, 9.0, 8.0], name="brief"), series_of([5.0], name="single")
    fitted = fit(build(name), brief, series_of(wave(KNOWN)), single)
    for series in (brief, single):
        assert np.isfinite(fitted.forecast(series, HORIZON).point).all()
    alone = fit(build(name), series_of(wave(KNOWN)))
    np.testing.assert_array_equal(
        fitted.forecast(series_of(wave(KNOWN)), HORIZON).point, alone.forecast(series_of(wave(KNOWN)), HORIZON).point
    )


@every_model
@pytest.mark.parametrize("gap", [slice(20, 29), slice(0, 9), slice(KNOWN - 25, KNOWN), slice(2, KNOWN - 2)], ids=str)
def test_a_series_with_filled_gaps_is_fitted(name, gap):
    values, observed = wave(KNOWN), np.ones(KNOWN, bool)
    observed[gap] = False
    values[gap] = values[max(0, gap.start - 1)]
    assert np.isfinite(point(build(name), series_of(values, observed=observed))).all()


@every_model
@pytest.mark.parametrize("value", [0.0, -3.5, 1e9, 1e-12])
def test_a_constant_series_goes_on_as_it_is(name, value):
    found = point(build(name), series_of(np.full(KNOWN, value)))
    np.testing.assert_allclose(found, value, rtol=1e-6, atol=1e-12)


@every_model
def test_no_warning_leaves_a_model(name):
    series = series_of(wave(KNOWN))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = fit(build(name), series)
        fitted.forecast(series, HORIZON)
        build(name).restore(fitted.arrays())
    assert [str(one.message) for one in caught] == []
