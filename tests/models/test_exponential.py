"""The ETS adapter against statsmodels' own results, and against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from core.errors import FitError
from core.models.exponential import CODES, DIGITS, ETS, FittedETS, Smoothing
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


def seasonal(length=72, season=12, growth=0.4):
    steps = np.arange(length)
    noise = np.random.default_rng(2).normal(0, 1.5, length)
    return plain(100 + growth * steps + 12 * np.sin(2 * np.pi * steps / season) + noise, season=season)


def test_the_documented_fit_of_the_oil_series_is_reached():
    (form,) = fit(ETS(trend="none"), plain(OIL)).forms
    assert form.code == PLAIN
    assert form.params[0] == pytest.approx(0.9999, abs=1e-3)  # statsmodels' documentation: 0.9999
    assert form.scaling[0] + form.scaling[1] * form.params[1] == pytest.approx(110.8, abs=0.3)  # 110.8832


@pytest.mark.parametrize("trend", ["none", "additive", "damped"])
@pytest.mark.parametrize("season", ["none", "additive"])
def test_a_given_form_forecasts_what_statsmodels_forecasts(trend, season):
    series = seasonal()
    fitted = fit(ETS(trend=trend, seasonal=season), series)
    level, spread = fitted.forms[0].scaling
    scaled = np.round((series.values - level) / spread, DIGITS)
    expected = ETSModel(
        scaled, trend=None if trend == "none" else "add", damped_trend=trend == "damped",
        seasonal=None if season == "none" else "add", seasonal_periods=12,
    ).fit(disp=False, maxiter=500)  # fmt: skip
    np.testing.assert_allclose(fitted.forecast(series, 15).point, level + spread * expected.forecast(15), rtol=1e-8)


def test_the_form_with_the_smallest_criterion_is_chosen():
    assert CODES[fit(ETS(), seasonal()).forms[0].code][1] == "additive"
    noise = plain(np.random.default_rng(0).standard_normal(200), season=12)
    assert CODES[fit(ETS(), noise).forms[0].code] == ("none", "none")


def test_a_later_origin_moves_the_states_and_not_the_weights():
    series = seasonal(96)
    fitted = fit(ETS(trend="additive", seasonal="additive"), series[:72])
    form = fitted.forms[0]
    level, spread = form.scaling
    model = ETSModel((series.values - level) / spread, trend="add", seasonal="add", seasonal_periods=12)
    expected = level + spread * model.smooth(form.params).forecast(5)
    np.testing.assert_allclose(fitted.forecast(series, 5).point, expected, rtol=1e-10)


def test_simple_smoothing_is_a_weighted_mean_of_the_past():
    # l = 1/2 · y(t) + 1/4 · y(t−1) + 1/8 · y(t−2) + 1/8 · l(0)
    fitted = FittedETS(ETS(), ("y",), (Smoothing(np.array([0.5, 16.0]), PLAIN, 1, 0, np.array([0.0, 1.0])),))
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


def test_a_season_that_is_too_long_is_left_out():
    assert CODES[fit(ETS(seasonal="additive"), seasonal(120, season=30)).forms[0].code][1] == "none"


def test_only_the_newest_values_of_a_long_series_are_fitted_to():
    values = np.random.default_rng(0).standard_normal(6_000).cumsum()
    fitted = fit(ETS(trend="none"), plain(values))
    assert fitted.forms[0].start == 1_000
    assert fitted.forecast(plain(values), 1).point[0] == pytest.approx(values[-1], abs=0.5)  # a random walk: the last value
