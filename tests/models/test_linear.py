"""The pooled regression: what it recovers, what it may not see, and what is chosen for it."""

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigError
from core.models.linear import Linear
from core.models.windowchoice import FIRST, _parts
from core.progress import Context
from core.series.timeseries import Inputs, Panel, TimeSeries
from tests.bench.known import ar1, plain


def fitted(model, *series, horizon=3):
    return model.fit(Panel(series), horizon, Context())


def test_fed_back_without_penalty_it_is_the_autoregression_by_least_squares():
    values = ar1(300, 0.7, mean=20.0, seed=4)
    model = Linear(window=1, ahead="fed_back", log="no", objective="squared", penalty=0.0, mean="yes")
    design = np.column_stack([values[:-1], np.ones(299)])
    slope, constant = np.linalg.lstsq(design, values[1:], rcond=None)[0]
    expected = [values[-1]]
    for _ in range(3):
        expected.append(constant + slope * expected[-1])
    np.testing.assert_allclose(fitted(model, plain(values)).forecast(plain(values), 3).point, expected[1:], rtol=1e-5)


def test_an_ar1_is_forecast_nearly_as_well_as_can_be():
    values = ar1(5400, 0.9, mean=50.0, seed=2)
    found = fitted(Linear(), plain(values[:5000]), horizon=5)
    origins = range(5000, 5390)
    missed = np.array([found.forecast(plain(values[:end]), 5).point - values[end : end + 5] for end in origins])
    best = np.array([50 + 0.9 ** np.arange(1, 6) * (values[end - 1] - 50) - values[end : end + 5] for end in origins])
    assert (missed**2).mean() < 1.03 * (best**2).mean()


def test_what_is_settled_has_nothing_open_and_forecasts_the_same():
    series = plain(ar1(150, 0.8, mean=9.0, seed=1))
    closed = Linear().settled(Panel((series,)), 4, Context())
    assert None not in closed.config().values()
    assert "automatic" not in closed.config().values()
    assert closed.settled(Panel((series,)), 4, Context()) is closed
    np.testing.assert_array_equal(
        fitted(closed, series, horizon=4).forecast(series, 4).point,
        fitted(Linear(), series, horizon=4).forecast(series, 4).point,
    )


def test_growth_in_percent_is_forecast_in_logarithms():
    """A season whose swings grow with the level: its pattern is the same from year to year in logarithms alone."""
    steps, pattern = np.arange(110), np.array([0.5, -0.2, 0.1, -0.4])
    values = np.exp(1 + 0.05 * steps + pattern[steps % 4] + 0.05 * np.random.default_rng(3).standard_normal(110))
    series = TimeSeries("y", pd.RangeIndex(100), values[:100], np.ones(100, bool), 4)
    assert Linear().settled(Panel((series,)), 6, Context()).log == "yes"
    point = fitted(Linear(), series, horizon=6).forecast(series, 6).point
    assert np.abs(point / values[100:106] - 1).mean() < 0.08  # the noise alone is 0.04 on average


@pytest.mark.parametrize("ahead", ["direct", "fed_back"])
@pytest.mark.parametrize(("role", "lead"), [("known", 0), ("past", 4)])
def test_a_covariate_that_drives_the_series_is_used_without_looking_ahead(ahead, role, lead):
    random = np.random.default_rng(8)
    driver = random.standard_normal(324)
    values = 30 + 4 * np.concatenate([np.zeros(lead), driver[: 324 - lead]]) + 0.3 * random.standard_normal(324)
    inputs = Inputs(("x",), (role,), driver[: 320 if role == "past" else None, None])  # what is past ends with the series
    series = TimeSeries("y", pd.RangeIndex(320), values[:320], np.ones(320, bool), 1, inputs=inputs)
    missed = []
    for used in (True, False):
        found = fitted(Linear(ahead=ahead, covariates=used), series[:280], horizon=4)
        points = np.array([found.forecast(series[:end], 4).point for end in range(280, 317)])
        missed.append(np.abs(points - np.lib.stride_tricks.sliding_window_view(values[:320], 4)[280:317]).mean(axis=0))
    at = slice(3, 4) if role == "past" and ahead == "direct" else slice(None)  # the others ahead need older values of it
    assert (missed[0] < 0.4 * missed[1])[at].all()


def test_a_panel_of_mixed_lengths_learns_one_pattern():
    pattern = np.array([5.0, -3.0, 1.0, -3.0])
    series = [
        TimeSeries(f"s{length}", pd.RangeIndex(length), size * (20 + pattern[np.arange(length) % 4]), np.ones(length, bool), 4)
        for length, size in ((12, 1.0), (23, 40.0), (61, 7.0))
    ]
    found = fitted(Linear(), *series, horizon=5)
    for one, size in zip(series, (1.0, 40.0, 7.0), strict=True):
        expected = size * (20 + pattern[np.arange(len(one), len(one) + 5) % 4])
        np.testing.assert_allclose(found.forecast(one, 5).point, expected, rtol=0.02)


def test_a_longer_horizon_needs_a_new_fit():
    series = plain(ar1(60, 0.5, mean=3.0))
    with pytest.raises(ConfigError, match="Linear was fitted for horizon 3; 4 needs a new fit"):
        fitted(Linear(), series).forecast(series, 4)


def test_weights_that_explode_end_ten_ranges_from_the_past():
    values = 1.5 ** np.arange(30.0)
    model = Linear(window=2, ahead="fed_back", log="no", objective="squared", penalty=0.0, mean="yes")
    point = fitted(model, plain(values), horizon=50).forecast(plain(values), 50).point
    assert np.isfinite(point).all()
    assert point.max() == pytest.approx(values[-1] + 10 * np.ptp(values))


def test_many_series_hold_out_three_horizons_each_and_no_fit_sees_beyond_its_origins():
    panel = Panel(tuple(plain(ar1(20 + 3 * number, 0.5, seed=number), name=str(number)) for number in range(12)))
    parts = _parts(panel, 6)
    assert len(parts) == 3
    for periods, part in zip((3, 2, 1), parts, strict=True):
        able = {one.id: len(one) for one in panel if len(one) - 1 - FIRST >= 6 * periods}
        assert {name: origins.tolist() for name, origins in part.origins.items()} == {
            name: [length - 6 * periods - 1] for name, length in able.items()
        }
        assert all(len(part.train[name]) == length - 6 * periods for name, length in able.items())
