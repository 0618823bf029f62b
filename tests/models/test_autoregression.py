"""The AR adapter against statsmodels' own results, and against closed forms."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.ar_model import AutoReg, ar_select_order

from core.errors import FitError, TooShortError
from core.models.arx import ARX
from core.models.autoregression import AR, FittedAR
from core.models.terms import Covariates
from core.progress import Context
from core.series.ids import encode_ids
from core.series.timeseries import Panel
from tests.bench.known import ar1, plain

FOREIGN = {"none": "n", "constant": "c", "linear": "ct"}  # our trends in statsmodels' words
SEASON = 11  # about what sunspots have

every_trend = pytest.mark.parametrize("trend", FOREIGN)
with_and_without_season = pytest.mark.parametrize("seasonal", ["no", "yes"])


def fit(model: AR, series):
    return model.fit(Panel((series,)), 12, Context())


def order_of(fitted) -> int:
    return fitted.arrays()["0.lags"].size


def written(*, fixed, lags, scaling, differences=0, deviation=1.0):
    """An equation with a constant, in scaled units."""
    table = np.zeros((1 + len(lags), 2))
    names, covariates = Covariates.none().kept()
    form = np.array([1, 0, 1, 2, differences])
    parts = (np.array(part, float) for part in (fixed, lags, scaling, [deviation]))
    return ARX(form, *parts, names, covariates, encode_ids(["constant", *(f"lag {n + 1}" for n in range(len(lags)))]), table)


def reference(values, lags, trend, seasonal):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AutoReg(values, lags, trend=FOREIGN[trend], seasonal=seasonal == "yes", period=SEASON).fit()


@every_trend
@with_and_without_season
@pytest.mark.parametrize("order", [1, 9])
def test_a_given_order_forecasts_what_statsmodels_forecasts(sunspots, trend, seasonal, order):
    series = replace(sunspots, season=SEASON)
    found = fit(AR(order=order, differences=0, trend=trend, seasonal=seasonal), series).forecast(series, 30).point
    expected = reference(series.values, order, trend, seasonal).forecast(30)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@every_trend
@with_and_without_season
@pytest.mark.parametrize("criterion", ["aic", "bic", "hqic"])
def test_the_chosen_order_is_the_one_statsmodels_chooses(sunspots, trend, seasonal, criterion):
    series = replace(sunspots, season=SEASON)
    fitted = fit(AR(criterion=criterion, differences=0, trend=trend, seasonal=seasonal), series)
    chosen = ar_select_order(
        series.values, 23, ic=criterion, trend=FOREIGN[trend], seasonal=seasonal == "yes", period=SEASON
    )  # 23 = two seasons and one
    assert order_of(fitted) == len(chosen.ar_lags)
    expected = reference(series.values, chosen.ar_lags, trend, seasonal).forecast(12)
    np.testing.assert_allclose(fitted.forecast(series, 12).point, expected, rtol=1e-9)


def test_the_criteria_do_not_all_choose_the_same(sunspots):
    orders = {name: order_of(fit(AR(criterion=name), sunspots)) for name in ("aic", "bic")}
    assert orders["bic"] <= orders["aic"]
    assert orders["aic"] == 9  # the order the literature on this series uses


@every_trend
@with_and_without_season
def test_rolled_origins_without_refit_are_statsmodels_appended(sunspots, trend, seasonal):
    series = replace(sunspots, season=SEASON)
    fitted = fit(AR(order=9, differences=0, trend=trend, seasonal=seasonal), series[:200])
    start = reference(series.values[:200], 9, trend, seasonal)
    for origin in (201, 205, 211, 260, 309):  # every position in a season that differs from the first one's
        expected = start.append(series.values[200:origin], refit=False).forecast(12)
        np.testing.assert_allclose(fitted.forecast(series[:origin], 12).point, expected, rtol=1e-9)


def test_the_known_figure_for_sunspots_is_reached(sunspots):
    train = sunspots[: 1920 - 1700 + 1]
    fitted = fit(AR(order=9), train)
    errors = [fitted.forecast(sunspots[:origin], 1).point[0] - sunspots.values[origin] for origin in range(221, 221 + 35)]
    assert np.mean(np.square(errors)) == pytest.approx(189, abs=0.5)  # one step ahead, 1921 to 1955


def test_an_ar_of_order_one_returns_to_its_mean_geometrically():
    # h steps ahead: μ + φ^h (y − μ), with μ = 20 + 5 · 2 = 30
    equation = written(fixed=[2.0 * (1 - 0.8)], lags=[0.8], scaling=[20.0, 5.0])
    history = plain([31.0, 28.0, 40.0])
    found = FittedAR(AR(order=1), ("y",), (equation,)).forecast(history, 4).point
    np.testing.assert_allclose(found, [38.0, 36.4, 35.12, 34.096], rtol=1e-12)  # 30 + 10 · 0.8, 0.64, 0.512, 0.4096


def test_a_long_ar_of_order_one_is_recovered():
    series = plain(ar1(20_000, 0.7, mean=50.0, seed=3))
    fitted = fit(AR(order=1), series)
    arrays = fitted.arrays()
    assert arrays["0.lags"] == pytest.approx([0.7], abs=0.02)  # standard error √((1 − 0.49) / 20,000) = 0.005
    level, spread = arrays["0.scaling"]
    mean = level + spread * arrays["0.fixed"][0] / (1 - arrays["0.lags"][0])
    assert mean == pytest.approx(series.values.mean(), abs=0.05)  # what it returns to, whatever it was shifted by


def test_a_large_level_costs_no_digits():
    series = ar1(400, 0.7, mean=3.0, seed=5)
    low, high = (fit(AR(), plain(series + level)).forecast(plain(series + level), 6).point - level for level in (0.0, 1e9))
    np.testing.assert_allclose(high, low, atol=1e-5)


def test_the_slope_of_a_linear_trend_goes_on_in_time():
    # y(t) = 5 + 2 t + e(t), e alternating: with φ → the recursion y(t) = a + b t + φ y(t−1) holds exactly for φ = −1
    # b = 2 · (1 + 1), a = 5 · 2 − 2: 5 + 2t + e − (−1)(5 + 2(t−1) − e)
    steps = np.arange(1, 41)
    series = plain(5 + 2 * steps + np.where(steps % 2, 1.5, -1.5))
    found = fit(AR(order=1, trend="linear"), series).forecast(series, 3).point
    np.testing.assert_allclose(found, [5 + 82 + 1.5, 5 + 84 - 1.5, 5 + 86 + 1.5], rtol=1e-9)


def test_seasonal_terms_take_the_place_of_lags():
    # exactly seasonal: with a constant for each position no lag is needed, and the pattern goes on in phase
    pattern = np.array([4.0, -1.0, 7.5])
    series = plain(np.tile(pattern, 9)[:25] + 1e-3 * np.random.default_rng(0).standard_normal(25), season=3)
    found = fit(AR(order=1, seasonal="yes"), series).forecast(series, 5).point
    np.testing.assert_allclose(found, [-1.0, 7.5, 4.0, -1.0, 7.5], atol=5e-3)


def test_the_label_tells_the_order(sunspots):
    assert fit(AR(order=4), sunspots).forecast(sunspots, 1).label == "AR(4)"


def test_parameters_are_counted(sunspots):
    assert fit(AR(order=9), sunspots).parameter_count == 10  # nine lags and a constant
    assert fit(AR(order=9, trend="none"), sunspots).parameter_count == 9
    seasonal = AR(order=2, trend="linear", seasonal="yes", differences=0)
    assert fit(seasonal, replace(sunspots, season=SEASON)).parameter_count == 14  # 2 lags, 2 trend, 10 of 11 positions


@every_trend
@with_and_without_season
@pytest.mark.parametrize("order", [None, 1, 7, 30])
@pytest.mark.parametrize("season", [1, 4, 12])
def test_the_length_asked_for_suffices(order, trend, seasonal, season):
    model = AR(order=order, trend=trend, seasonal=seasonal)
    needed = model.needs(3, season)
    values = np.random.default_rng(season).standard_normal(needed)
    assert np.isfinite(fit(model, plain(values, season=season)).forecast(plain(values, season=season), 3).point).all()
    with pytest.raises(TooShortError, match=f"AR needs at least {needed} training points"):
        fit(model, plain(values[:-1], season=season))


def test_a_forecast_that_explodes_is_an_error_not_a_number():
    series = plain(1.9 ** np.arange(40))
    with pytest.raises(FitError, match=r"AR\(1\) explodes within 2000 steps; choose a shorter order or horizon"):
        fit(AR(order=1), series).forecast(series, 2000)


def beyond(values, point):
    """How far outside the values a forecast gets, in ranges of them."""
    span = values.max() - values.min()
    return max(point.max() - values.max(), values.min() - point.min()) / span


@pytest.mark.parametrize(("length", "seed"), [(20, 56), (24, 87)])
def test_an_order_that_was_chosen_gives_way_to_a_smaller_one_where_its_forecast_runs_off(length, seed):
    values = 10 + np.round(np.random.default_rng(seed).standard_normal(length).cumsum(), 1)
    changes, steps = np.diff(values), np.cumsum
    assert beyond(values, values[-1] + steps(reference(changes, 5, "constant", "no").forecast(60))) > 10
    assert beyond(values, values[-1] + steps(reference(changes, 5, "constant", "no").forecast(3))) < 10
    series = plain(values)
    near, far = (AR(criterion="aic").fit(Panel((series,)), horizon, Context()) for horizon in (3, 60))
    assert (order_of(near), near.notes) == (5, ())
    why = "ARI(5,1) leaves the known values by more than 10 times their range within 60 steps"
    assert far.notes == (f"{why}, so ARI(1,1) was fitted (series 'y')",)
    expected = values[-1] + steps(reference(changes, 1, "constant", "no").forecast(60))
    np.testing.assert_allclose(far.forecast(series, 60).point, expected, rtol=1e-8)
    assert beyond(values, expected) < 10


def test_an_order_that_was_given_is_not_exchanged():
    values = 10 + np.round(np.random.default_rng(12).standard_normal(20), 1)
    for model in (AR(order=8), AR(lags="1,2,3,4,5,6,7,8")):
        fitted = model.fit(Panel((plain(values),)), 18, Context())
        assert (order_of(fitted), fitted.notes) == (8, ())
        words = r"^AR\(8\) leaves the known values by more than 10 times their range within 18 steps; choose a shorter order or"
        with pytest.raises(FitError, match=words):
            fitted.forecast(plain(values), 18)


def test_a_series_that_every_order_runs_off_on_leaves_the_panel_by_name():
    grows = 1.3 ** np.arange(40) * (1 + 0.01 * np.random.default_rng(1).standard_normal(40))
    why = "AR(5) leaves the known values by more than 10 times their range within 40 steps, and so does every smaller order"
    with pytest.raises(FitError, match=re.escape(why)):
        AR().fit(Panel((plain(grows),)), 40, Context())
    calm = plain(5 + ar1(80, 0.5, seed=3), name="calm")
    for fitted in (found := AR().fit(Panel((plain(grows, name="grows"), calm)), 40, Context()), AR().restore(found.arrays())):
        assert dict(fitted.absent) == {"grows": why}
        assert fitted.forecast(calm, 40).point == pytest.approx(
            AR().fit(Panel((calm,)), 40, Context()).forecast(calm, 40).point, rel=1e-12
        )
        with pytest.raises(FitError, match=re.escape(why)):
            fitted.forecast(plain(grows, name="grows"), 40)
    short = AR().fit(Panel((plain(grows, name="grows"), calm)), 3, Context())
    assert not short.absent
    assert short.notes == ("every order is unstable: a forecast runs off the further it goes (series 'grows')",)
    assert beyond(grows, short.forecast(plain(grows, name="grows"), 3).point) == pytest.approx(1.3**3 - 1, abs=0.1)


def test_each_series_has_its_own_equation():
    calm, wild = plain(ar1(400, 0.2, seed=1), name="calm"), plain(ar1(400, 0.95, seed=2), name="wild")
    fitted = AR(order=1).fit(Panel((calm, wild)), 3, Context())
    for series in (wild, calm):
        np.testing.assert_allclose(
            fitted.forecast(series, 3).point, reference(series.values, 1, "constant", "no").forecast(3), rtol=1e-9
        )


def months(length: int, seed: int, *, slope: float = 0.0) -> np.ndarray:
    """A clear season of 12 steps, and an AR(1) of 0.6."""
    steps = np.arange(length)
    waves = 5 * np.sin(2 * np.pi * steps / 12 + 1) + 2.5 * np.cos(4 * np.pi * steps / 12)
    return 100 + waves + slope * steps + ar1(length, 0.6, seed=seed)


@pytest.mark.parametrize(("length", "slope"), [(40, 0.0), (60, 0.0), (96, 0.0), (96, 0.3)])
def test_short_series_with_a_clear_season_are_forecast_better_than_by_the_last_season(length, slope):
    """Over 30 of them, 12 steps ahead; and the intervals that it claims hold about what they claim, on short series less."""
    panel = Panel(tuple(plain(months(length + 12, seed, slope=slope), season=12, name=str(seed)) for seed in range(30)))
    known = Panel(tuple(series[:length] for series in panel))
    fitted = AR().fit(known, 12, Context())
    errors, inside = [], []
    for series in panel:
        forecast, truth = fitted.forecast(series[:length], 12, (0.1, 0.9)), series.values[length:]
        last = np.abs(series.values[length - 12 : length] - truth).mean()
        errors.append((np.abs(forecast.point - truth).mean(), last))
        inside.append((forecast.quantiles[0] <= truth) & (truth <= forecast.quantiles[1]))
    ours, theirs = np.mean(errors, axis=0)
    assert ours < 0.9 * theirs
    assert np.mean(inside) > (0.7 if length >= 96 else 0.6)


def test_an_unstable_first_choice_is_passed_over_and_said_to_be():
    """Quarters that grow by 2 % a step: the levels are an AR with a root outside the circle, the changes are not."""
    random = np.random.default_rng(4)
    values = 100 * np.exp(np.cumsum(0.02 + 0.01 * random.standard_normal(90)))
    fitted = fit(AR(), plain(values))
    assert fitted.notes == (
        "an order that the criterion prefers is unstable, or its lags say nearly the same, and was passed over (series 'y')",
    )
    assert fitted.summary("y").is_stable


def test_an_exact_wave_is_two_lags_and_goes_on():
    wave = 3 + np.sin(2 * np.pi * np.arange(130) / 7.3)
    fitted = fit(AR(), plain(wave[:100]))
    np.testing.assert_allclose(fitted.forecast(plain(wave[:100]), 30).point, wave[100:], atol=1e-6)


def test_a_season_that_drifts_is_forecast_by_changes_over_it():
    """y(t) = y(t−12) + ε(t): statsmodels' AR of the changes over 12 steps, added to the last season."""
    random = np.random.default_rng(5)
    shocks = np.concatenate([8 * random.standard_normal(12), random.standard_normal(132)])
    values = 60 + shocks.reshape(12, 12).cumsum(axis=0).ravel()
    series = plain(values, season=12)
    fitted = fit(AR(), series)
    changes = values[12:] - values[:-12]
    (equation,) = fitted.equations
    lags = [lag + 1 for lag in np.flatnonzero(equation.lags)]
    assert equation.label == f"AR({lags[-1]}) with {len(lags)} lags of changes over 12 steps"
    expected = AutoReg(changes, lags).fit().forecast(20)
    path = list(values)
    for change in expected:
        path.append(path[-12] + change)
    forecast = fitted.forecast(series, 20, (0.1, 0.9))
    np.testing.assert_allclose(forecast.point, path[144:], rtol=1e-8)
    width = forecast.quantiles[1] - forecast.quantiles[0]
    assert width[12] > 1.2 * width[0]  # a season later the shocks of two seasons add up
    assert fitted.summary("y").differences == 1


def test_a_given_order_has_no_season_but_what_is_asked_for():
    series = plain(months(96, 1), season=12)
    given = fit(AR(order=3, differences=0), series)
    assert given.equations[0].label == "AR(3)"
    np.testing.assert_allclose(given.forecast(series, 9).point, AutoReg(series.values, 3).fit().forecast(9), rtol=1e-9)
    assert fit(AR(seasonal="no"), series).equations[0].label.startswith("AR(")
    assert fit(AR(order=1, differences=0, seasonal="yes"), series).equations[0].label == "AR(1) + season"


@pytest.mark.parametrize(("older", "today"), [(True, "yes"), (False, "no"), ("true", "yes"), ("false", "no")])
def test_the_switch_of_earlier_versions_is_understood(older, today):
    assert AR(seasonal=older) == AR(seasonal=today)


def test_a_cycle_that_the_calendar_does_not_know_has_no_constants(sunspots):
    found = fit(AR(), replace(sunspots, season=SEASON)).equations[0]
    assert found.label == "AR(9)"  # years have no season: the cycle of 11 steps is in the lags alone


def test_an_equation_kept_before_there_were_changes_over_a_season_forecasts_the_same(sunspots):
    fitted = fit(AR(order=4), sunspots)
    arrays = fitted.arrays()
    older = AR(order=4).restore(arrays | {"0.form": arrays["0.form"][:5]})
    np.testing.assert_array_equal(older.forecast(sunspots, 5).point, fitted.forecast(sunspots, 5).point)
