"""Before its first update a network with a skip connection forecasts as the pooled regression with its settings does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.models.network import FromLinear
from core.models.pooled import Shape, fit_pooled, learned_ahead
from core.nets.examples import Examples
from core.nets.fitted import FittedNetwork
from core.nets.start import built
from core.nets.strip import Strip
from core.series.timeseries import Panel, TimeSeries
from core.windows.settings import STEPWISE, Settings
from tests.nets.small import BY_TOPOLOGY, HORIZON, fit, series_of, walk

every_topology = pytest.mark.parametrize("name", BY_TOPOLOGY)
BARE = {"covariates": False}
CASES = {
    "plain": BARE,
    "log": BARE | {"log": "yes"},
    "mean": BARE | {"mean": "yes"},
    "fewer lags than a season": BARE | {"lags": 2, "mean": "yes"},
    "fed back": BARE | {"start": "fed_back", "mean": "yes", "log": "yes"},
    "fed back from fewer lags than a season": BARE | {"start": "fed_back", "lags": 2},
    "a lag": BARE | {"lags": 1, "log": "yes", "mean": "yes"},
    "covariates": {"lags": 6},
    "all": {"lags": 9, "log": "yes", "mean": "yes", "calendar": True},
}


def told(length: int, name: str, seed: int) -> TimeSeries:
    known, past = np.random.default_rng(seed).standard_normal((2, length + HORIZON))
    values = walk(length, seed=seed) + 2 * np.concatenate([[0.0], past[: length - 1]]) + known[:length]
    return series_of(
        values, known=known, past=past[:length], name=name, observed=np.arange(length) % 17 != 4,
        index=pd.date_range("2024-01-30", periods=length, freq="D"),
    )  # fmt: skip


def start_of(settings: Settings, panel: Panel) -> FittedNetwork:
    """Before its first update."""
    source = FromLinear(
        settings.penalty, is_direct=settings.start == "direct", is_log=settings.log == "yes", keeps_mean=settings.mean == "yes"
    )
    sight, ahead = source.sight(settings, panel, HORIZON), settings.ahead(HORIZON)
    strip = Strip.of(sight, panel.series, [len(one) - ahead for one in panel])
    examples = Examples.of(strip, ahead, strip.length)
    (network,) = built(settings, examples, source.start(sight, panel, HORIZON), (0,), "cpu")
    return FittedNetwork(sight, network.eval(), HORIZON)


def pooled(settings: Settings, panel: Panel):
    is_direct = settings.topology not in STEPWISE and settings.start == "direct"
    shape = Shape(settings.lags, is_direct, settings.log == "yes", False, settings.penalty, settings.mean == "yes")
    columns = {"covariates": settings.covariates, "calendar": settings.calendar}
    return fit_pooled("", shape, panel, HORIZON, learned_ahead(panel, HORIZON, is_direct=is_direct, **columns))


@every_topology
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("count", [1, 3], ids=["alone", "panel"])
def test_it_is_that_of_the_pooled_regression(name, case, count):
    settings = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), **CASES[case])
    panel = Panel(tuple(told(80 - 7 * number, str(number), number + 1) for number in range(count)))
    early = Panel(tuple(series[:60] for series in panel))
    ours, theirs = start_of(settings, early), pooled(settings, early)
    for series in panel:
        for origin in (60, 63, len(series)):
            history = series[:origin]
            expected, found = (one.forecast(history, HORIZON).point for one in (theirs, ours))
            np.testing.assert_allclose(found, expected, rtol=3e-6)
            assert np.ptp(expected) > 0.02


@every_topology
def test_a_training_that_hardly_moves_stays_there(name):
    model = replace(BY_TOPOLOGY[name], learning_rate=1e-6, seasonal_lag="yes")
    series = series_of(walk(80))
    expected = pooled(model.resolved(80, HORIZON, 4), Panel((series,))).forecast(series, HORIZON).point
    np.testing.assert_allclose(fit(model, series).forecast(series, HORIZON).point, expected, rtol=1e-4)
    moved = fit(replace(model, learning_rate=0.05, epochs=4), series).forecast(series, HORIZON).point
    assert not np.allclose(moved, expected, rtol=1e-3)


def test_without_it_a_network_starts_at_no_change():
    settings = replace(BY_TOPOLOGY["many_to_many_direct"].resolved(60, HORIZON, 4), skip="off")
    series = series_of(walk(60))
    np.testing.assert_allclose(start_of(settings, Panel((series,))).forecast(series, HORIZON).point, series.values[-1])
