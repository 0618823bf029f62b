"""The ETS adapter against statsmodels' own results, and against closed forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from core.errors import FitError
from core.models.exponential import CODES, DIGITS, ETS, Smoothing
from core.models.seriesfit import FittedPerSeries
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import plain

# Saudi Arabia's oil production 1965 to 2013, of which statsmodels' documentation and R's forecast::ets give the fit
OIL = (
    111.0091, 130.8284, 141.2871, 154.2278, 162.7409, 192.1665, 240.7997, 304.2174, 384.0046, 429.6622, 359.3169, 437.2519,
    468.4008, 424.4353, 487.9794, 509.8284, 506.3473, 340.1842, 240.2589, 219.0328, 172.0747, 252.5901, 221.0711, 276.5188,
    271.1480, 342.6186, 428.3558, 442.3946, 432.7851, 437.2497, 437.2092, 445.3641, 453.1950, 454.4096, 422.3789, 456.0371,
    440.3866, 425.1944, 486.2052, 500.4291, 521.2759, 508.9476, 488.8889, 509.8706, 456.7229, 473.8166, 525.9509, 549.8338,
    542.3405,
)  # fmt: skip
PLAIN = CODES.index(("none", "none"))


def fit(model, series):
    return model.fit(Panel((series,)), 12, Context())


def form_of(smoothing):
    return CODES[smoothing.form[0]]


def written(params, code, *, season=1, deviation=0.0):
    """A form of values as they are."""
    return Smoothing(np.array(params), np.array([code, season, 0]), np.array([0.0, 1.0]), np.array([deviation]))


def seasonal(length=72, season=12, growth=0.4):
    steps = np.arange(length)
    noise = np.random.default_rng(2).normal(0, 1.5, length)
    return plain(100 + growth * steps + 12 * np.sin(2 * np.pi * steps / season) + noise, season=season)


def test_the_documented_fit_of_the_oil_series_is_reached():
    (form,) = fit(ETS(trend="none"), plain(OIL)).equations
    assert form.form[0] == PLAIN
    assert form.params[0] == pytest.approx(0.9999, abs=1e-3)  # statsmodels' documentation: 0.9999
    assert form.scaling[0] + form.scaling[1] * form.params[1] == pytest.approx(110.8, abs=0.3)  # 110.8832


@pytest.mark.parametrize("trend", ["none", "additive", "damped"])
@pytest.mark.parametrize("season", ["none", "additive"])
def test_a_given_form_forecasts_what_statsmodels_forecasts(trend, season):
    series = seasonal()
    fitted = fit(ETS(trend=trend, seasonal=season), series)
    level, spread = fitted.equations[0].scaling
    scaled = np.round((series.values - level) / spread, DIGITS)
    expected = ETSModel(
        scaled, trend=None if trend == "none" else "add", damped_trend=trend == "damped",
        seasonal=None if season == "none" else "add", seasonal_periods=12,
    ).fit(disp=False, maxiter=500)  # fmt: skip
    np.testing.assert_allclose(fitted.forecast(series, 15).point, level + spread * expected.forecast(15), rtol=1e-8)


def test_the_form_with_the_smallest_criterion_is_chosen():
    assert form_of(fit(ETS(), seasonal()).equations[0])[1] == "additive"
    noise = plain(np.random.default_rng(0).standard_normal(200), season=12)
    assert form_of(fit(ETS(), noise).equations[0]) == ("none", "none")


def test_a_later_origin_moves_the_states_and_not_the_weights():
    series = seasonal(96)
    fitted = fit(ETS(trend="additive", seasonal="additive"), series[:72])
    form = fitted.equations[0]
    level, spread = form.scaling
    model = ETSModel((series.values - level) / spread, trend="add", seasonal="add", seasonal_periods=12)
    expected = level + spread * model.smooth(form.params).forecast(5)
    np.testing.assert_allclose(fitted.forecast(series, 5).point, expected, rtol=1e-10)


def test_simple_smoothing_is_a_weighted_mean_of_the_past():
    # l = 1/2 · y(t) + 1/4 · y(t−1) + 1/8 · y(t−2) + 1/8 · l(0)
    fitted = FittedPerSeries(ETS(), ("y",), (written([0.5, 16.0], PLAIN),))
    np.testing.assert_allclose(fitted.forecast(plain([8.0, 4.0, 2.0]), 3).point, 1 + 1 + 1 + 2)


def test_a_multiplicative_season_grows_with_the_level():
    steps = np.arange(72)
    series = plain((50 + 2 * steps) * (1 + 0.4 * np.sin(2 * np.pi * steps / 12)), season=12)
    grows, stays = (
        fit(ETS(trend="additive", seasonal=season), series).forecast(series, 12).point
        for season in ("multiplicative", "additive")
    )
    truth = (50 + 2 * np.arange(72, 84)) * (1 + 0.4 * np.sin(2 * np.pi * np.arange(72, 84) / 12))
    assert np.abs(grows - truth).max() < 1.0 < np.abs(stays - truth).max()
    with pytest.raises(FitError, match="needs positive values, and series 'y' has others"):
        fit(ETS(seasonal="multiplicative"), replace(series, values=series.values - 60))


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (3 + 2.0 * np.arange(72), ("additive", "none")),
        (10 + np.sin(2 * np.pi * np.arange(72) / 12), ("none", "additive")),
        (50 + 2 * np.arange(72) + np.tile([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], 6), ("additive", "additive")),
    ],
)
def test_an_exact_series_is_fitted_and_goes_on_exactly(values, form):
    series = plain(values[:60], season=12)
    for model in (ETS(trend=form[0], seasonal=form[1]), ETS()):
        fitted = fit(model, series)
        assert form_of(fitted.equations[0]) == form  # of forms that all fit exactly, the one with the fewest parameters
        np.testing.assert_allclose(fitted.forecast(series, 12).point, values[60:], atol=1e-3 * np.ptp(values))


def test_a_season_that_is_too_long_is_left_out():
    assert form_of(fit(ETS(seasonal="additive"), seasonal(120, season=30)).equations[0])[1] == "none"


def test_only_the_newest_values_of_a_long_series_are_fitted_to():
    values = np.random.default_rng(0).standard_normal(6_000).cumsum()
    fitted = fit(ETS(trend="none"), plain(values))
    assert fitted.equations[0].form[2] == 1_000
    assert fitted.forecast(plain(values), 1).point[0] == pytest.approx(values[-1], abs=0.5)  # a random walk: the last value


@pytest.mark.parametrize("trend", ["none", "additive", "damped"])
@pytest.mark.parametrize("season", ["none", "additive"])
def test_intervals_are_statsmodels_exact_ones_with_the_unbiased_variance(trend, season):
    series = seasonal()
    fitted = fit(ETS(trend=trend, seasonal=season), series)
    level, spread = fitted.equations[0].scaling
    result = ETSModel(
        pd.Series((series.values - level) / spread), trend=None if trend == "none" else "add",
        damped_trend=trend == "damped", seasonal=None if season == "none" else "add", seasonal_periods=12,
    ).smooth(fitted.equations[0].params)  # fmt: skip
    expected = result.get_prediction(start=72, end=98).summary_frame(alpha=0.1)
    wider = np.sqrt(72 / (72 - fitted.parameter_count))  # statsmodels divides the squared errors by all 72 steps
    half = spread * wider * (expected["pi_upper"] - expected["pi_lower"]).to_numpy() / 2
    forecast = fitted.forecast(series, 27, (0.05, 0.5, 0.95))
    np.testing.assert_allclose(forecast.quantiles[2] - forecast.point, half, rtol=1e-5)
    np.testing.assert_allclose(forecast.point - forecast.quantiles[0], half, rtol=1e-5)


def test_a_multiplicative_season_has_simulated_intervals_that_breathe_with_it():
    steps = np.arange(96)
    noise = np.random.default_rng(3).normal(0, 4, 96)
    series = plain((100 + 2 * steps) * (1 + 0.4 * np.sin(2 * np.pi * steps / 12)) + noise, season=12)
    fitted = fit(ETS(trend="additive", seasonal="multiplicative"), series)
    forecast = fitted.forecast(series, 12, (0.1, 0.5, 0.9))
    level, spread = fitted.equations[0].scaling
    result = ETSModel(series.values / spread, trend="add", seasonal="mul", seasonal_periods=12).smooth(
        fitted.equations[0].params
    )
    paths = result.simulate(12, anchor="end", repetitions=4_000, random_errors=np.random.default_rng(8).normal(
        0, fitted.equations[0].deviation[0], (12, 4_000)
    ))  # fmt: skip
    expected = level + spread * np.quantile(np.asarray(paths).reshape(12, -1), (0.1, 0.5, 0.9), axis=1)
    np.testing.assert_allclose(forecast.quantiles, expected, atol=1.5)
    np.testing.assert_array_equal(forecast.quantiles[:, :5], fitted.forecast(series, 5, (0.1, 0.5, 0.9)).quantiles)


def test_intervals_of_a_random_walk_cover_what_they_claim():
    inside = np.zeros(6)
    for seed in range(120):
        values = np.random.default_rng(seed).standard_normal(86).cumsum()
        forecast = fit(ETS(trend="none"), plain(values[:80])).forecast(plain(values[:80]), 6, (0.1, 0.9))
        inside += (forecast.quantiles[0] <= values[80:]) & (values[80:] <= forecast.quantiles[1])
    assert np.abs(inside / 120 - 0.8).max() < 0.11  # three standard errors of 120 draws


@pytest.mark.parametrize(
    ("length", "season", "note"),
    [
        (120, 30, "a season of 30 steps is longer than the 24 of ETS; left out (series 'y')"),
        (30, 12, "ETS needs 32 training points for a season of 12 steps; it was left out (series 'y')"),
    ],
)
def test_a_season_that_cannot_be_fitted_is_said_to_be_left_out(length, season, note):
    assert fit(ETS(), seasonal(length, season=season)).notes == (note,)
    assert fit(ETS(seasonal="none"), seasonal(length, season=season)).notes == ()


@pytest.mark.parametrize("series", [seasonal(season=1), plain(3 + 2.0 * np.arange(72) ** 1.5)])
def test_a_solver_that_does_not_converge_is_an_error_with_its_words(monkeypatch, series):
    original = ETSModel.fit
    monkeypatch.setattr(ETSModel, "fit", lambda self, *start, **more: original(self, *start, **(more | {"maxiter": 2})))
    with pytest.raises(
        FitError, match=r"ETS did not converge on series 'y': the solver stopped after 2 iterations, that is its limit"
    ):
        fit(ETS(trend="damped"), series)


def breathing(shift=0.0):
    """Swings that grow with the level: four times as large at the end as at the beginning."""
    steps = np.arange(96)
    noise = 1 + 0.02 * np.random.default_rng(6).standard_normal(96)
    return plain((40 + 1.5 * steps) * (1 + 0.3 * np.sin(2 * np.pi * steps / 12)) * noise + shift, season=12)


def test_a_season_that_multiplies_is_chosen_where_it_fits_and_all_values_are_positive():
    assert form_of(fit(ETS(), breathing()).equations[0])[1] == "multiplicative"
    assert form_of(fit(ETS(), seasonal(96)).equations[0])[1] == "additive"
    assert form_of(fit(ETS(), breathing(-60)).equations[0])[1] == "additive"


def test_errors_that_are_shares_are_those_of_statsmodels():
    series = breathing()
    fitted = fit(ETS(trend="additive", seasonal="multiplicative", errors="multiplicative"), series)
    scaled = np.round(series.values / fitted.equations[0].scaling[1], DIGITS)
    expected = ETSModel(scaled, error="mul", trend="add", seasonal="mul", seasonal_periods=12).fit(disp=False, maxiter=500)
    forecast = fitted.forecast(series, 15, (0.1, 0.5, 0.9))
    np.testing.assert_allclose(forecast.point, fitted.equations[0].scaling[1] * expected.forecast(15), rtol=1e-8)
    width = forecast.quantiles[2] - forecast.quantiles[0]
    assert width[2] > 1.5 * width[8]  # as the level swings, so do its errors
    with pytest.raises(FitError, match="ETS with multiplicative errors needs positive values, and series 'y' has others"):
        fit(ETS(errors="multiplicative"), breathing(-60))


def test_a_form_kept_before_there_were_such_errors_has_those_of_a_fixed_size():
    fitted = fit(ETS(trend="additive", seasonal="none"), seasonal())
    arrays = fitted.arrays()
    older = ETS().restore(arrays | {"0.form": arrays["0.form"][:3]})
    np.testing.assert_array_equal(older.forecast(seasonal(), 5).point, fitted.forecast(seasonal(), 5).point)
