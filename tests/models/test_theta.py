"""The Theta adapter against statsmodels' own forecasts, and against closed forms."""

import numpy as np
import pytest
from statsmodels.tsa.forecasting.theta import ThetaModel

from core.errors import FitError
from core.models.theta import FittedTheta, Line, Theta, is_seasonal
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import ar1, plain

UNSCALED = np.array([0.0, 1.0])


def fit(model, series):
    return model.fit(Panel((series,)), 12, Context())


def seasonal(length=75, season=12):
    steps = np.arange(length)
    noise = np.random.default_rng(2).normal(0, 1.5, length)
    return plain(100 + 0.4 * steps + 12 * np.sin(2 * np.pi * steps / season) + noise, season=season)


@pytest.mark.parametrize("kind", ["none", "additive", "multiplicative"])
def test_a_given_season_forecasts_what_statsmodels_forecasts(kind):
    series = seasonal()
    expected = ThetaModel(
        series.values,
        period=12,
        deseasonalize=kind != "none",
        use_test=False,
        method="mul" if kind == "multiplicative" else "add",
    ).fit()
    np.testing.assert_allclose(fit(Theta(seasonal=kind), series).forecast(series, 15).point, expected.forecast(15), rtol=1e-4)


def test_the_automatic_season_is_that_of_the_test():
    series = seasonal()
    found = fit(Theta(), series).forecast(series, 8).point
    np.testing.assert_array_equal(found, fit(Theta(seasonal="additive"), series).forecast(series, 8).point)
    noise = plain(np.random.default_rng(1).standard_normal(120), season=12)
    np.testing.assert_array_equal(
        fit(Theta(), noise).forecast(noise, 8).point, fit(Theta(seasonal="none"), noise).forecast(noise, 8).point
    )


def test_chance_passes_for_a_season_in_about_a_tenth_of_series_without_one():
    random = np.random.default_rng(0)
    share = np.mean([is_seasonal(random.standard_normal(100), 12) for _ in range(1_000)])
    assert 0.03 < share < 0.13
    assert is_seasonal(seasonal().values, 12)


def test_half_a_line_and_the_level_by_hand():
    # α = 1: the level is the last value, 1/α − (1−α)^T/α = 1: y + b/2 · (1, 2, 3)
    line = Line(4.0, 1.0, np.zeros(1), False, UNSCALED)
    fitted = FittedTheta(Theta(), ("y",), (line,))
    np.testing.assert_allclose(fitted.forecast(plain([3.0, 9.0, 10.0]), 3).point, [12.0, 14.0, 16.0])
    # α = 1/2: levels 8, 6, 4 of (8, 4, 2), and 2 − (1/2)^3 · 2 = 1.75
    line = Line(4.0, 0.5, np.array([1.0, -1.0]), False, UNSCALED)
    found = FittedTheta(Theta(), ("y",), (line,)).forecast(plain([9.0, 3.0, 3.0]), 2).point
    np.testing.assert_allclose(found, [4 + 2 * 1.75 - 1, 4 + 2 * 2.75 + 1])


def test_a_weight_of_nothing_is_the_limit_of_a_small_one():
    values = plain(ar1(60, 0.5, seed=1))
    none, little = (
        FittedTheta(Theta(), ("y",), (Line(0.3, weight, np.zeros(1), False, UNSCALED),)).forecast(values, 4).point
        for weight in (0.0, 1e-9)
    )
    np.testing.assert_allclose(none, little, atol=1e-6)


def test_a_later_origin_keeps_slope_weight_and_phase():
    series = seasonal(100)
    fitted = fit(Theta(seasonal="additive"), series[:75])
    line = fitted.lines[0]
    found = fitted.forecast(series[:80], 12).point
    truth = 100 + 0.4 * np.arange(80, 92) + 12 * np.sin(2 * np.pi * np.arange(80, 92) / 12)
    assert np.abs(found - truth).max() < 6  # half the slope is lost over the year; a wrong phase would cost 20
    assert fitted.lines[0] is line


def test_values_that_are_not_positive_are_refused_for_a_multiplicative_season():
    with pytest.raises(FitError, match="needs positive values"):
        fit(Theta(seasonal="multiplicative"), plain(np.arange(-5.0, 40.0), season=4))
