"""The Theta adapter against statsmodels' own forecasts, and against closed forms."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.forecasting.theta import ThetaModel

from core.errors import FitError
from core.models.seriesfit import FittedPerSeries
from core.models.theta import Line, Theta, is_seasonal
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import ar1, plain

UNSCALED = np.array([0.0, 1.0])


def fit(model, series):
    return model.fit(Panel((series,)), 12, Context())


def written(slope, weight, pattern, deviation=0.0):
    """A line of values as they are, with an additive season."""
    return Line(np.array([slope, weight, deviation]), pattern, np.array([False]), UNSCALED)


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
    np.testing.assert_allclose(
        fit(Theta(seasonal=kind, theta=2.0), series).forecast(series, 15).point, expected.forecast(15), rtol=1e-4
    )


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
    line = written(4.0, 1.0, np.zeros(1))
    fitted = FittedPerSeries(Theta(), ("y",), (line,))
    np.testing.assert_allclose(fitted.forecast(plain([3.0, 9.0, 10.0]), 3).point, [12.0, 14.0, 16.0])
    # α = 1/2: levels 8, 6, 4 of (8, 4, 2), and 2 − (1/2)^3 · 2 = 1.75
    line = written(4.0, 0.5, np.array([1.0, -1.0]))
    found = FittedPerSeries(Theta(), ("y",), (line,)).forecast(plain([9.0, 3.0, 3.0]), 2).point
    np.testing.assert_allclose(found, [4 + 2 * 1.75 - 1, 4 + 2 * 2.75 + 1])


def test_a_weight_of_nothing_is_the_limit_of_a_small_one():
    values = plain(ar1(60, 0.5, seed=1))
    none, little = (
        FittedPerSeries(Theta(), ("y",), (written(0.3, weight, np.zeros(1)),)).forecast(values, 4).point
        for weight in (0.0, 1e-9)
    )
    np.testing.assert_allclose(none, little, atol=1e-6)


def test_a_later_origin_keeps_slope_weight_and_phase():
    series = seasonal(100)
    fitted = fit(Theta(seasonal="additive"), series[:75])
    line = fitted.equations[0]
    found = fitted.forecast(series[:80], 12).point
    truth = 100 + 0.4 * np.arange(80, 92) + 12 * np.sin(2 * np.pi * np.arange(80, 92) / 12)
    assert np.abs(found - truth).max() < 6  # half the slope is lost over the year; a wrong phase would cost 20
    assert fitted.equations[0] is line


def test_values_that_are_not_positive_are_refused_for_a_multiplicative_season():
    with pytest.raises(FitError, match="needs positive values"):
        fit(Theta(seasonal="multiplicative"), plain(np.arange(-5.0, 40.0), season=4))


def test_errors_add_up_as_those_of_smoothing_with_drift():
    # α = 1/2, deviation 2: 4, 4 (1 + 1/4), 4 (1 + 2/4); statsmodels' own variance for Theta, 1 + (h − 1)(1 + (α − 1)²), is
    # neither that of the equivalent model nor what simulation gives
    fitted = FittedPerSeries(Theta(), ("y",), (written(0.3, 0.5, np.zeros(1), 2.0),))
    quantiles = fitted.forecast(plain([9.0, 3.0, 3.0]), 3, (0.15865525393145707, 0.8413447460685429)).quantiles
    np.testing.assert_allclose((quantiles[1] - quantiles[0]) / 2, np.sqrt([4.0, 5.0, 6.0]), rtol=1e-9)


def test_the_variance_of_smoothing_is_what_simulation_gives():
    random = np.random.default_rng(0)
    errors = random.standard_normal((40_000, 6))
    level = np.zeros(40_000)
    ahead = []
    for step in range(6):
        ahead.append(level + errors[:, step])
        level = level + 0.3 * errors[:, step]
    fitted = FittedPerSeries(Theta(), ("y",), (written(0.0, 0.3, np.zeros(1), 1.0),))
    quantiles = fitted.forecast(plain([0.0, 0.0]), 6, (0.15865525393145707, 0.8413447460685429)).quantiles
    np.testing.assert_allclose((quantiles[1] - quantiles[0]) / 2, np.std(ahead, axis=1), rtol=0.02)


def test_intervals_cover_what_they_claim():
    inside, pattern = np.zeros(6), np.resize([1.2, 0.8, 1.1, 0.9], 106)
    for seed in range(100):
        values = pattern * (200 + 0.4 * np.arange(106) + np.random.default_rng(seed).standard_normal(106).cumsum())
        known = plain(values[:100], season=4)
        forecast = fit(Theta(seasonal="multiplicative"), known).forecast(known, 6, (0.1, 0.9))
        inside += (forecast.quantiles[0] <= values[100:]) & (values[100:] <= forecast.quantiles[1])
    assert np.abs(inside / 100 - 0.8).max() < 0.12  # three standard errors of 100 draws


def test_a_season_too_long_for_the_series_is_said_to_be_left_out():
    note = "Theta needs 52 training points for a season of 26 steps; it was left out (series 'y')"
    assert fit(Theta(), seasonal(40, season=26)).notes == (note,)
    assert fit(Theta(), seasonal(60, season=26)).notes == ()


@pytest.fixture
def complaining(monkeypatch):
    """Lets statsmodels complain, and gives its weight, moved by `away`."""
    original = ThetaModel.fit

    def begin(away):
        def fit(self, **_):
            warnings.warn("Optimization failed to converge. Check mle_retvals.", ConvergenceWarning, stacklevel=2)
            params = original(self).params
            return SimpleNamespace(params={"b0": params["b0"], "alpha": params["alpha"] + away})

        monkeypatch.setattr(ThetaModel, "fit", fit)

    return begin


def test_a_solver_that_stopped_far_from_the_best_weight_is_an_error_with_its_words(complaining):
    complaining(-0.2)
    with pytest.raises(FitError, match="Theta could not be fitted to series 'y': Optimization failed to converge"):
        fit(Theta(seasonal="none", theta=2.0), plain(ar1(80, 0.6, seed=1)))


def test_a_solver_that_complains_at_the_best_weight_has_converged(complaining):
    series = plain(ar1(80, 0.6, seed=1))
    expected = fit(Theta(seasonal="none", theta=2.0), series).equations[0].weights
    complaining(0.0)
    np.testing.assert_array_equal(fit(Theta(seasonal="none", theta=2.0), series).equations[0].weights, expected)


def test_an_open_theta_has_the_smallest_errors_that_an_optimiser_finds():
    """Start, slope and weight of smoothing with drift by Nelder and Mead, from the recursion as it is written."""
    random = np.random.default_rng(20)
    values = 30 + np.cumsum(0.5 + 2 * random.standard_normal(60)) + 2 * random.standard_normal(60)
    line = float(np.polyfit(np.arange(60), values, 1)[0])

    def forecasts(start, share, weight, ahead):
        level, lead, points = start, 0.0, []  # lead: 1/α − (1−α)^t / α
        for value in values:
            points.append(level + share * line * lead)
            level, lead = level + weight * (value - level), 1 + (1 - weight) * lead
        return np.array(points), level + share * line * (lead + np.arange(ahead))

    def loss(parameters):
        _, share, weight = parameters
        if not (0 <= share <= 0.99 and 0.1 <= weight <= 1):
            return np.inf
        return float(np.sum((values - forecasts(*parameters, 1)[0]) ** 2))

    best = minimize(loss, [values[0], 0.5, 0.5], method="Nelder-Mead", options={"maxiter": 5_000, "xatol": 1e-8}).x
    series = plain(values)
    fitted = fit(Theta(), series)
    np.testing.assert_allclose(fitted.forecast(series, 9).point, forecasts(*best, 9)[1], rtol=2e-4)
    assert 0.05 < best[1] < 0.98  # inside its bounds


def test_the_season_multiplies_where_that_fits_no_worse_and_values_are_positive():
    steps, pattern = np.arange(96), 1 + 0.4 * np.sin(2 * np.pi * np.arange(12) / 12)
    noise = 1 + 0.02 * np.random.default_rng(6).standard_normal(96)
    grows = plain((50 + 3 * steps) * pattern[steps % 12] * noise, season=12)
    for series, kind in ((grows, "multiplicative"), (seasonal(96), "additive")):
        found = fit(Theta(), series).forecast(series, 12).point
        np.testing.assert_array_equal(found, fit(Theta(seasonal=kind), series).forecast(series, 12).point)
    below = plain(grows.values - 60, season=12)
    found = fit(Theta(), below).forecast(below, 12).point
    np.testing.assert_array_equal(found, fit(Theta(seasonal="additive"), below).forecast(below, 12).point)


def test_a_line_kept_before_the_start_was_starts_at_the_first_value():
    older = FittedPerSeries(Theta(), ("y",), (written(4.0, 0.5, np.zeros(1)),))
    history = plain([8.0, 4.0, 2.0])
    start = Line(np.array([4.0, 0.5, 0.0, 8.0]), np.zeros(1), np.array([False]), UNSCALED)
    found = FittedPerSeries(Theta(), ("y",), (start,)).forecast(history, 3).point
    np.testing.assert_array_equal(found, older.forecast(history, 3).point)
