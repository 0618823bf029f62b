"""Forecasts from many origins at once: those of each prefix alone, with nothing of what comes after it, within bounds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.errors import ConfigError
from core.nets.losses import LOSSES
from core.series.timeseries import TimeSeries
from core.windows.settings import STEPWISE
from tests.nets.small import BY_TOPOLOGY, HORIZON, MODELS, every, series_of, untrained, walk

LENGTH, TRAINED = 46, 30
ORIGINS = (46, 31, 40, 39)
ASKED = (0.1, 0.5, 0.9)
ALL = {"seasonal_lag": "yes", "calendar": True}
every_model = pytest.mark.parametrize("name", MODELS)
every_topology = pytest.mark.parametrize("name", BY_TOPOLOGY)


def told(length: int, *, rows: int | None = None, seed: int = 5, values: np.ndarray | None = None) -> TimeSeries:
    """Days with gaps, a covariate of either role, and a season."""
    known, past = np.random.default_rng(seed).standard_normal((2, 80))
    return series_of(
        walk(length) if values is None else values, known=known[: rows or length + HORIZON], past=past[:length],
        observed=np.arange(length) % 13 != 4, index=pd.date_range("2024-01-30", periods=length, freq="D"),
    )  # fmt: skip


def assert_rolled(fitted, series: TimeSeries, levels=()) -> None:
    """Single precision sums in another order where there are more rows, and a path goes on from what it said."""
    point, quantiles = fitted.rolled(series, ORIGINS, HORIZON, levels)
    for row, origin in enumerate(ORIGINS):
        alone = fitted.forecast(series[:origin], HORIZON, levels)
        np.testing.assert_allclose(point[row], alone.point, rtol=1e-5)
        np.testing.assert_allclose(quantiles[row], alone.quantiles, rtol=1e-5)
    assert (np.ptp(point, axis=0) > 0.1).all(), "origins differ"


@every_model
@pytest.mark.parametrize("log", ["no", "yes"])
def test_many_origins_at_once_are_each_prefix_alone(name, log):
    settings, series = replace(every(name), **ALL, log=log, mean="yes"), told(LENGTH)
    assert_rolled(untrained(settings, series[:TRAINED]), series)


@every_topology
@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.has_intervals])
def test_so_are_the_quantiles(name, loss):
    settings, series = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), **ALL, loss=loss), told(LENGTH)
    assert_rolled(untrained(settings, series[:TRAINED]), series, ASKED)


@every_topology
def test_so_are_those_of_segments_and_without_a_skip_connection(name):
    settings, series = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), lookback=8, skip="off"), told(LENGTH)
    settings = replace(settings, segment=4, k1=2, k2=2) if name in ("many_to_many_direct", "encoder_decoder") else settings
    assert_rolled(untrained(settings, series[:TRAINED]), series)


@every_topology
def test_so_are_those_of_a_series_that_nothing_was_trained_on(name):
    """Its scale is learned from what is before each origin, and not from all."""
    values = np.concatenate([walk(35), 500 * walk(11)])
    series = replace(told(LENGTH, values=values), id="new")
    settings = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), log="yes")
    assert_rolled(untrained(settings, told(LENGTH)[:TRAINED]), series)


@every_topology
def test_so_are_those_of_a_series_shorter_than_its_season(name):
    """What it was before its first value is taken from what is known of its first season."""
    settings = replace(BY_TOPOLOGY[name].resolved(200, HORIZON, 4), lookback=12, lags=12)
    series = replace(series_of(walk(LENGTH)), season=43)
    assert_rolled(untrained(settings, series[:TRAINED]), series)


@every_model
@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_beyond_an_origin_is_seen(name, loss):
    """Values, past covariates and gaps after the origin, and known ones after the horizon, may be anything."""
    origin, settings = 40, replace(every(name), **ALL, loss=loss, mean="yes")
    series = told(LENGTH)
    values, table = series.values.copy(), series.inputs.values.copy()
    values[origin:], table[origin:, 1], table[origin + HORIZON :, 0] = -900.0, 1e3, -1e3
    inputs = replace(series.inputs, values=table)
    changed = replace(series, values=values, observed=series.observed & (np.arange(LENGTH) < origin), inputs=inputs)
    fitted, after = untrained(settings, series[:TRAINED]), origin + HORIZON
    expected, found = (fitted.rolled(one, (origin - 4, origin, after), HORIZON, ASKED) for one in (series, changed))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one[:2], other[:2])
    assert (expected[0][2] != found[0][2]).all()


@every_topology
@pytest.mark.parametrize("mean", ["no", "yes"])
def test_forecasts_shift_and_grow_with_the_series(name, mean):
    settings, series = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), **ALL, mean=mean), told(LENGTH)
    moved = told(LENGTH, values=7.5 * series.values - 400)
    one, other = (untrained(settings, each[:TRAINED]).forecast(each, HORIZON).point for each in (series, moved))
    np.testing.assert_allclose(other, 7.5 * one - 400, rtol=1e-5)


@every_topology
def test_in_logarithms_forecasts_grow_with_the_series(name):
    settings, series = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), **ALL, log="yes"), told(LENGTH)
    grown = told(LENGTH, values=7.5 * series.values)
    one, other = (untrained(settings, each[:TRAINED]).forecast(each, HORIZON).point for each in (series, grown))
    np.testing.assert_allclose(other, 7.5 * one, rtol=1e-5)


@every_topology
@pytest.mark.parametrize("loss", ["mae", "gaussian"])
@pytest.mark.parametrize("way", [-1, 1])
def test_no_forecast_is_further_out_than_ten_ranges(name, loss, way):
    settings, series = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), loss=loss), series_of(walk(40))
    fitted = untrained(settings, series)
    fitted.network.unit.mul_(1e6)
    fitted.network.skip.bias.data.fill_(way * 1e6)
    found = fitted.forecast(series, HORIZON, (0.4, 0.6))
    room = 10 * np.ptp(series.values)
    expected = series.values.max() + room if way > 0 else series.values.min() - room
    np.testing.assert_allclose(found.point, expected)
    np.testing.assert_allclose(found.quantiles, expected) if loss == "gaussian" else None


@every_topology
def test_bounds_are_of_the_values_before_the_origin(name):
    values = np.concatenate([walk(35), [4000.0], walk(10)])
    fitted = untrained(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), series_of(values[:30]))
    fitted.network.skip.bias.data.fill_(1e9)
    point, _ = fitted.rolled(series_of(values), (35, 40), HORIZON)
    np.testing.assert_allclose(point[0], values[:35].max() + 10 * np.ptp(values[:35]))
    np.testing.assert_allclose(point[1], 4000 + 10 * np.ptp(values[:40]))


@pytest.mark.parametrize("name", [*STEPWISE, "many_to_many_direct"])
def test_a_past_covariate_alone_is_read_as_late_as_it_is_known(name):
    """With no known one beside it the table of covariates ends with the series."""
    past = np.random.default_rng(5).standard_normal(LENGTH)
    series = series_of(walk(LENGTH), past=past)
    fitted = untrained(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), series[:TRAINED])
    assert_rolled(fitted, series)
    before = fitted.forecast(series, HORIZON).point
    past[-1] += 2.0  # known at the origin, and a horizon late only at the last step of a forecast that is fed back
    moved = fitted.forecast(series_of(walk(LENGTH), past=past), HORIZON).point != before
    assert moved.tolist() == [name not in STEPWISE] * (HORIZON - 1) + [True]
    with pytest.raises(ConfigError, match="series 'y' has no covariate 'visits', which was trained with"):
        fitted.forecast(series_of(walk(LENGTH)), HORIZON)


def test_windows_in_more_than_one_pass_are_the_same(monkeypatch):
    fitted = untrained(every("lstm many_to_many_direct"), series_of(walk(60)))
    whole, _ = fitted.rolled(series_of(walk(60)), range(20, 60), HORIZON)
    monkeypatch.setattr("core.nets.answers.AT_ONCE", 7)
    parts, _ = fitted.rolled(series_of(walk(60)), range(20, 60), HORIZON)
    np.testing.assert_allclose(parts, whole, rtol=1e-6)


def test_a_network_is_left_as_it_was_by_its_forecasts():
    fitted = untrained(every("gru many_to_one"), series_of(walk(40)))
    before = {name: one.clone() for name, one in fitted.network.state_dict().items()}
    fitted.rolled(series_of(walk(40)), (30, 40), HORIZON)
    assert all(torch.equal(one, before[name]) for name, one in fitted.network.state_dict().items())
