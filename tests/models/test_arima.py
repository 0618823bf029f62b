"""The ARIMA adapter against published fits, statsmodels' own results, and series made by known orders."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter
from statsmodels.tsa.statespace.sarimax import SARIMAX

from core.errors import Cancelled, FitError, TooShortError
from core.models import arima
from core.models.arima import ARIMA, SARIMA, Orders
from core.models.seriesfit import FittedPerSeries
from core.models.terms import Covariates
from core.progress import Context
from core.series.timeseries import Inputs, Panel
from tests.bench.known import ar1, plain

# International airline passengers, thousands a month, 1949 to 1960 (Box & Jenkins 1970, series G)
AIRLINE = np.array([
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
    145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
    196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
    315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
])  # fmt: skip
AIRLINE_MODEL = ARIMA(p=0, d=1, q=1, sp=0, sd=1, sq=1)


def fit(model, series, context=None):
    return model.fit(Panel((series,)), 12, context or Context())


def airline():
    return plain(np.log(AIRLINE), season=12)


def test_the_published_weights_of_the_airline_model_are_reached():
    fitted = fit(AIRLINE_MODEL, airline())
    (equation,) = fitted.equations
    assert equation.orders.text == "(0,1,1)(0,1,1)"
    theta, seasonal, variance = equation.params
    assert theta == pytest.approx(-0.4018, abs=2e-4)  # exact maximum likelihood, as R's arima has it
    assert seasonal == pytest.approx(-0.5569, abs=2e-4)  # Box & Jenkins 1970, table 9.9, by least squares: −0.396 and −0.614
    assert variance * equation.scaling[1] ** 2 == pytest.approx(0.001348, abs=2e-6)
    assert fitted.forecast(airline(), 1).label == "ARIMA(0,1,1)(0,1,1)"


@pytest.mark.parametrize("orders", [(2, 0, 1), (1, 1, 1), (0, 2, 2)])
def test_given_orders_forecast_what_statsmodels_forecasts(sunspots, orders):
    series = replace(sunspots, season=1)
    fitted = fit(ARIMA(**dict(zip("pdq", orders, strict=True))), series)
    (equation,) = fitted.equations
    level, spread = equation.scaling
    trend = "c" if equation.orders.constant else None
    model = SARIMAX((series.values - level) / spread, order=orders, trend=trend)
    expected = level + spread * model.fit(disp=False, maxiter=100).forecast(9)
    found = fitted.forecast(series, 9).point  # differenced first: the same but for its start
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * spread)


def test_a_later_origin_filters_over_the_new_values_with_the_old_weights():
    series = airline()
    fitted = fit(AIRLINE_MODEL, series[:120])
    (equation,) = fitted.equations
    level, spread = equation.scaling
    model = SARIMAX((series.values - level) / spread, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12))
    expected = level + spread * model.filter(equation.params).forecast(6)
    np.testing.assert_allclose(fitted.forecast(series, 6).point, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("values", "differences"),
    [
        (ar1(400, 0.5, seed=1), 0),
        (np.random.default_rng(1).standard_normal(400).cumsum(), 1),
        (np.random.default_rng(2).standard_normal(400).cumsum().cumsum(), 2),
        (np.full(60, 3.0) + 1e-3 * np.random.default_rng(3).standard_normal(60), 0),
    ],
    ids=["level", "walk", "walk of walks", "nearly constant"],
)
def test_a_series_is_differenced_as_often_as_it_wanders(values, differences):
    (equation,) = fit(ARIMA(p=1, q=0), plain(values)).equations
    assert equation.orders.d == differences


def test_intervals_are_those_of_the_state_space():
    forecast = fit(AIRLINE_MODEL, airline()).forecast(airline(), 24, (0.025, 0.5, 0.975))
    result = SARIMAX(np.log(AIRLINE), order=(0, 1, 1), seasonal_order=(0, 1, 1, 12)).fit(disp=False)
    low, high = result.get_forecast(24).conf_int(alpha=0.05).T
    np.testing.assert_allclose(forecast.quantiles[[0, 2]], [low, high], atol=2e-3)
    np.testing.assert_array_equal(forecast.quantiles[1], forecast.point)


def test_covariates_are_a_regression_with_arima_errors():
    random = np.random.default_rng(4)
    rows = random.normal(size=(206, 2)) * [2.0, 1.0] + [50.0, 0.0]
    values = 10 + 1.5 * rows[:200, 0] + lfilter([1], [1, -0.6], random.standard_normal(200))
    rows[200:, 1] = np.nan
    series = replace(plain(values), inputs=Inputs(("price", "visits"), ("known", "past"), rows))
    fitted = ARIMA(p=1, d=0, q=0).fit(Panel((series,)), 6, Context())
    exog = np.column_stack([rows[6:200, 0], rows[:194, 1]])  # visits come 6 steps late
    ahead = np.column_stack([rows[200:, 0], rows[194:200, 1]])
    mean, centre = values.mean(), exog.mean(axis=0)  # centred, the AIC needs no constant
    result = SARIMAX(values[6:] - mean, exog - centre, order=(1, 0, 0)).fit(disp=False, maxiter=200)
    found = fitted.forecast(series, 6, (0.1, 0.9))
    np.testing.assert_allclose(found.point, mean + result.forecast(6, exog=ahead - centre), atol=0.01)
    np.testing.assert_allclose(found.point, 10 + 1.5 * rows[200:, 0], atol=3.5)  # without the price it would miss by 9
    alone = ARIMA(p=1, d=0, q=0, covariates=False).fit(Panel((series,)), 6, Context())
    assert alone.parameter_count == fitted.parameter_count - 2
    again = ARIMA(p=1, d=0, q=0).restore(fitted.arrays()).forecast(series, 6, (0.1, 0.9))
    np.testing.assert_array_equal(again.quantiles, found.quantiles)


def test_covariates_that_leave_too_few_steps_are_refused():
    rows = np.random.default_rng(0).normal(size=(20, 3))
    series = replace(plain(np.arange(20.0) % 7), inputs=Inputs(("a", "b", "c"), ("past",) * 3, rows))
    with pytest.raises(
        TooShortError, match="ARIMA with 3 covariates needs at least 25 training points; series 'y' gives it 20"
    ):
        ARIMA().fit(Panel((series,)), 4, Context())


def test_a_strong_season_is_differenced_and_a_weak_one_is_not():
    assert fit(ARIMA(), airline()).equations[0].orders.sd == 1
    noise = plain(np.random.default_rng(1).standard_normal(120), season=12)
    assert fit(ARIMA(tries=4), noise).equations[0].orders.sd == 0


def test_the_search_finds_the_weights_of_a_moving_average():
    noise = np.random.default_rng(5).standard_normal(900)
    (equation,) = fit(ARIMA(), plain(lfilter([1, 0.7], [1], noise) + 10)).equations
    assert (equation.orders.d, equation.orders.q >= 1) == (0, True)
    forecast = FittedPerSeries(ARIMA(), ("y",), (equation,)).forecast(plain(lfilter([1, 0.7], [1], noise) + 10), 4).point
    assert forecast[0] == pytest.approx(10 + 0.7 * noise[-1], abs=0.25)
    np.testing.assert_allclose(forecast[2:], 10, atol=0.4)


def test_the_search_beats_the_plain_starts_on_the_airline_series():
    search = arima.Search(ARIMA(), (np.log(AIRLINE) - 5.5) / 0.4, np.empty((144, 0)), 12, Context())
    best, _ = search.best("y")
    scores = [one[0] for one in search.tried.values() if one is not None]
    assert search.tried[best][0] == min(scores)
    assert len(search.tried) <= 20
    assert (best.d, best.sd) == (1, 1)


@pytest.mark.parametrize(("fixed", "open_"), [("p", "q"), ("q", "p")])
def test_an_order_fixed_beyond_the_search_leaves_the_others_to_it(fixed, open_, monkeypatch):
    def likes_four_without_a_constant(_values, _beside, orders, _season):
        return (abs(getattr(orders, open_) - 4) + 0.5 * orders.constant, np.zeros(1)), ""

    monkeypatch.setattr(arima, "_fitted", likes_four_without_a_constant)
    search = arima.Search(ARIMA(d=0, **{fixed: 7}), np.arange(60.0), np.empty((60, 0)), 1, Context())
    best, _ = search.best("y")
    assert (getattr(best, fixed), getattr(best, open_), best.constant) == (7, 4, False)
    assert {getattr(orders, open_) for orders in search.tried} >= {0, 1, 2, 3, 4, 5}
    assert {getattr(orders, fixed) for orders in search.tried} == {7}


def test_the_search_finds_past_errors_beside_six_fixed_lags():
    values = lfilter([1, 0, 0, 0.9], [1], np.random.default_rng(3).standard_normal(120))
    search = arima.Search(ARIMA(p=6, d=0, tries=6), values, np.empty((120, 0)), 1, Context())
    best, _ = search.best("y")
    assert (best.p, best.q) == (6, 3)  # the starts have at most two


def test_a_random_walk_is_forecast_by_its_last_value():
    walk = SARIMA.of(Orders(0, 1, 0, 0, 0, 0, False), 1, np.ones(1), np.array([5.0, 2.0]), Covariates.none())
    found = FittedPerSeries(ARIMA(), ("y",), (walk,)).forecast(plain([4.0, 6.0, 9.5]), 3).point
    np.testing.assert_allclose(found, 9.5)


def test_a_solver_that_does_not_converge_is_an_error_with_its_words(monkeypatch):
    monkeypatch.setattr(arima, "_fitted", lambda *_, **__: (None, "the solver stopped after 9 iterations"))
    with pytest.raises(
        FitError, match=r"ARIMA did not converge on series 'y': the solver stopped after 9 iterations; choose smaller orders"
    ):
        fit(ARIMA(), airline())


def test_a_solver_that_stops_early_says_after_how_many_iterations(monkeypatch):
    original = SARIMAX.fit
    monkeypatch.setattr(SARIMAX, "fit", lambda self, *args, **more: original(self, *args, **(more | {"maxiter": 1})))
    with pytest.raises(FitError, match=r"ARIMA did not converge on series 'y': the solver stopped after 1 iterations"):
        fit(ARIMA(p=2, d=0, q=2), plain(ar1(80, 0.5, seed=1)))


def test_cancelling_stops_between_two_candidates():
    seen = []

    def watch(progress):
        seen.append(progress.message)
        if progress.message == "2 models tried":
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(ARIMA(), airline(), Context(watch=watch))
    assert seen[-1] == "2 models tried"


@pytest.mark.parametrize(
    ("length", "season", "note"),
    [
        (288, 48, "a season of 48 steps is longer than the 24 of ARIMA, and was left out (series 'y')"),
        (31, 12, "ARIMA's season of 12 steps needs 32 training points and was left out (series 'y')"),
    ],
)
def test_a_season_that_cannot_be_fitted_is_left_out_and_said_to_be(length, season, note):
    values = np.resize(np.arange(float(season)), length) + np.random.default_rng(0).standard_normal(length)
    fitted = fit(ARIMA(p=1, q=0), plain(values, season=season))
    assert fitted.notes == (note,)
    assert fitted.equations[0].form[7] == 1
    assert ARIMA().restore(fitted.arrays()).notes == fitted.notes
