"""Intervals, differences, covariates and the summary of a fitted AR against statsmodels' own, and against simulation."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.ar_model import AutoReg

from core.errors import ConfigError, TooShortError
from core.models.autoregression import AR
from core.progress import Context
from core.series.timeseries import Inputs, Panel
from tests.bench.known import ar1, plain

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def fit(model: AR, series, horizon=12):
    return model.fit(Panel((series,)), horizon, Context())


def driven(length=160, *, ahead=12, seed=0, names=("price", "visits"), roles=("known", "past")):
    """y(t) = 20 + 0.6 (y(t−1) − 20) + 3 price(t) + noise; visits mean nothing."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(length + ahead, 2)) * [1.0, 40.0] + [5.0, 300.0]
    values = [20.0]
    for step in range(1, length):
        values.append(8.0 + 0.6 * values[-1] + 3 * rows[step, 0] + random.normal())
    rows[length:, [role == "past" for role in roles]] = np.nan
    return replace(plain(values), inputs=Inputs(names, roles, rows))


@pytest.mark.parametrize("trend", ["none", "constant", "linear"])
def test_intervals_are_those_of_statsmodels_with_the_unbiased_variance(sunspots, trend):
    forecast = fit(AR(order=9, trend=trend, differences=0), sunspots).forecast(sunspots, 20, LEVELS)
    result = AutoReg(sunspots.values, 9, trend={"none": "n", "constant": "c", "linear": "ct"}[trend]).fit()
    low, high = result.get_prediction(309, 328).conf_int(0.05).T
    wider = np.sqrt(300 / (300 - len(result.params)))  # statsmodels divides the squared errors by all 300 steps
    np.testing.assert_allclose(forecast.quantiles[0], forecast.point - wider * (high - low) / 2, rtol=1e-8)
    np.testing.assert_allclose(forecast.quantiles[-1], forecast.point + wider * (high - low) / 2, rtol=1e-8)
    np.testing.assert_array_equal(forecast.quantiles[2], forecast.point)
    assert forecast.levels == LEVELS


def test_without_levels_there_are_no_quantiles_and_the_same_points(sunspots):
    fitted = fit(AR(), sunspots)
    bare, banded = fitted.forecast(sunspots, 6), fitted.forecast(sunspots, 6, LEVELS)
    assert bare.quantiles.shape == (0, 6)
    np.testing.assert_array_equal(bare.point, banded.point)


@pytest.mark.parametrize(("kind", "differences"), [("level", 0), ("walk", 1)])
def test_intervals_cover_what_they_claim(kind, differences):
    inside = np.zeros(8)
    for seed in range(200):
        values = ar1(158, 0.6, mean=40.0, seed=seed)
        values = values.cumsum() if kind == "walk" else values
        known, future = plain(values[:150]), values[150:]
        forecast = fit(AR(order=1, differences=differences), known).forecast(known, 8, (0.1, 0.9))
        inside += (forecast.quantiles[0] <= future) & (future <= forecast.quantiles[1])
    assert np.abs(inside / 200 - 0.8).max() < 0.085  # three standard errors of 200 draws


def test_a_series_of_changes_is_forecast_as_statsmodels_forecasts_the_changes(sunspots):
    values = sunspots.values.cumsum()
    series = replace(sunspots, values=values)
    forecast = fit(AR(order=4, differences=1), series).forecast(series, 15, (0.025, 0.975))
    changes = AutoReg(np.diff(values), 4).fit()
    np.testing.assert_allclose(forecast.point, values[-1] + np.cumsum(changes.forecast(15)), rtol=1e-9)
    assert forecast.label == "ARI(4,1)"


def test_the_error_of_a_walk_grows_with_the_root_of_the_steps():
    series = plain(np.random.default_rng(1).standard_normal(2000).cumsum())
    quantiles = fit(AR(order=1, differences=1, trend="none"), series).forecast(series, 16, (0.1587, 0.8413)).quantiles
    np.testing.assert_allclose((quantiles[1] - quantiles[0])[[0, 3, 15]] / 2, [1, 2, 4], rtol=0.1)


def test_a_linear_trend_of_differences_is_a_drift_and_no_parabola():
    series = plain(np.random.default_rng(1).standard_normal(200).cumsum() + 0.5 * np.arange(200))
    drift, linear = (
        fit(AR(order=2, differences=1, trend=trend), series).forecast(series, 40).point for trend in ("constant", "linear")
    )
    np.testing.assert_array_equal(drift, linear)


def test_a_trend_no_longer_falls_back_to_the_mean():
    line = plain(30 + 0.8 * np.arange(120) + np.random.default_rng(3).standard_normal(120))
    found = fit(AR(), line).forecast(line, 12)
    assert np.abs(found.point - (30 + 0.8 * np.arange(120, 132))).mean() < 1.0
    assert found.label.startswith("ARI")


def test_sunspots_and_a_series_that_returns_keep_their_level(sunspots):
    assert fit(AR(), sunspots).forecast(sunspots, 1).label == "AR(9)"
    labels = [fit(AR(order=1), plain(ar1(300, 0.9, seed=seed))).equations[0].label for seed in range(20)]
    assert labels.count("AR(1)") >= 18


def test_typed_lags_are_statsmodels_lags(sunspots):
    fitted = fit(AR(lags="9, 1,2", differences=0), sunspots)
    expected = AutoReg(sunspots.values, [1, 2, 9]).fit()
    np.testing.assert_allclose(fitted.forecast(sunspots, 30).point, expected.forecast(30), rtol=1e-9)
    assert fitted.forecast(sunspots, 1).label == "AR(9) with 3 lags"
    assert fitted.parameter_count == 4


def test_sparse_lags_are_fewer(sunspots):
    full, sparse = (fit(AR(sparse=is_sparse), sunspots) for is_sparse in (False, True))
    assert sparse.parameter_count < full.parameter_count
    assert fit(AR(lags="1,2,9", sparse=True, criterion="bic"), sunspots).parameter_count <= 4


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"lags": "1,two"}, "ar.lags is '1,two'; give whole numbers"),
        ({"lags": "1,2", "order": 3}, "ar.order is 3 and ar.lags is '1,2'; give one of them"),
        ({"harmonics": 2}, "ar.harmonics is 2 and ar.seasonal is 'automatic'; choose 'yes', or leave waves empty"),
        ({"order": 200, "sparse": True}, "ar.sparse starts from 200 lags; choose at most 100"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, text):
    with pytest.raises(ConfigError, match=text):
        AR(**settings)


def test_an_empty_text_of_lags_is_none(sunspots):
    np.testing.assert_array_equal(*(fit(AR(lags=text), sunspots).forecast(sunspots, 3).point for text in (" ", None)))


@pytest.mark.parametrize("trend", ["none", "constant"])
def test_covariates_are_statsmodels_exog(trend):
    series = driven()
    fitted = fit(AR(order=1, differences=0, trend=trend), series)
    rows = series.inputs.values
    exog = np.column_stack([rows[12:160, 0], rows[:148, 1]])  # visits 12 steps late, as they are known at every origin
    exog = np.vstack([np.zeros((12, 2)), exog])
    held = AutoReg(series.values, 1, trend="n" if trend == "none" else "c", exog=exog, hold_back=12).fit()
    ahead = np.column_stack([rows[160:172, 0], rows[148:160, 1]])
    np.testing.assert_allclose(fitted.forecast(series, 12).point, held.forecast(12, exog=ahead), rtol=1e-9)


def test_the_effect_of_a_covariate_is_found_and_told_in_its_own_units():
    series = driven(length=600)
    summary = fit(AR(order=1, differences=0), series).summary("y")
    rows = {one.term: one for one in summary.coefficients}
    assert rows["price"].estimate == pytest.approx(3.0, abs=0.15)
    assert rows["price"].p < 1e-6 < rows["visits"].p
    assert rows["constant"].estimate == pytest.approx(8.0, abs=1.5)
    assert summary.deviation == pytest.approx(1.0, abs=0.1)


def test_covariates_of_a_differenced_series_are_differenced():
    series = driven()
    fitted = fit(AR(order=2, differences=1), series)
    rows = series.inputs.values
    late = np.vstack([np.full((12, 1), np.nan), rows[:160, 1:]])  # 172 rows: visits 12 steps late
    changes = np.diff(np.column_stack([rows[:, 0], late[:, 0]]), axis=0)
    exog = np.nan_to_num(changes[:159])
    result = AutoReg(np.diff(series.values), 2, exog=exog, hold_back=12).fit()
    expected = series.values[-1] + np.cumsum(result.forecast(12, exog=changes[159:171]))
    np.testing.assert_allclose(fitted.forecast(series, 12).point, expected, rtol=1e-9)


def test_covariates_can_be_switched_off():
    series = driven()
    alone = fit(AR(), replace(series, inputs=None)).forecast(replace(series, inputs=None), 5).point
    np.testing.assert_array_equal(fit(AR(covariates=False), series).forecast(series, 5).point, alone)
    assert not np.array_equal(fit(AR(), series).forecast(series, 5).point, alone)


def test_covariates_reach_the_horizon_or_it_is_said():
    with pytest.raises(ConfigError, match="known covariate 'price' ends 8 rows before the 12 steps that are forecast"):
        fit(AR(), driven(ahead=4))
    series = driven(ahead=12)
    with pytest.raises(ConfigError, match="known covariate 'price' ends 8 rows before the 20 steps"):
        fit(AR(), series).forecast(series, 20)


def test_too_many_terms_for_a_short_series_are_refused():
    with pytest.raises(TooShortError, match="AR with 8 weights needs at least 21 training points; series 'y'"):
        fit(AR(order=5, differences=0), driven(length=20))
    assert fit(AR(order=5, differences=0), driven(length=21)).parameter_count == 8


def test_restored_covariates_forecast_the_same():
    series, model = driven(), AR(sparse=True)
    fitted = fit(model, series[:140])
    again = model.restore(fitted.arrays())
    for one in (series[:140], series):
        np.testing.assert_array_equal(again.forecast(one, 12, LEVELS).quantiles, fitted.forecast(one, 12, LEVELS).quantiles)
    assert again.summary("y") == fitted.summary("y")
    assert again.notes == fitted.notes


def test_the_summary_is_that_of_statsmodels_in_the_units_of_the_series(sunspots):
    series = replace(driven(length=309), values=sunspots.values, season=11)
    summary = fit(AR(order=3, trend="linear", seasonal="yes", harmonics=1, differences=0), series, horizon=1).summary("y")
    angle = 2 * np.pi * np.arange(309) / 11
    rows = series.inputs.values[:309]
    exog = np.column_stack([np.sin(angle), np.cos(angle), rows[:, 0], np.append(0.0, rows[:-1, 1])])
    result = AutoReg(sunspots.values, 3, trend="ct", exog=exog).fit()
    order = [0, 1, 5, 6, 7, 8, 2, 3, 4]
    terms = ["constant", "trend", "sin 1", "cos 1", "price", "visits", "lag 1", "lag 2", "lag 3"]
    assert [one.term for one in summary.coefficients] == terms
    found = np.array([(one.estimate, one.error, one.statistic, one.p, one.low, one.high) for one in summary.coefficients])
    expected = np.column_stack([result.params, result.bse, result.tvalues, result.pvalues, result.conf_int()])[order]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert [one.modulus for one in summary.roots] == pytest.approx(sorted(1 / np.abs(result.roots), reverse=True))
    assert (summary.label, summary.differences, summary.is_stable) == ("AR(3) + season", 0, True)


def test_an_exact_fit_has_no_p():
    summary = fit(AR(order=1), plain(np.full(30, 7.0))).summary("y")
    assert [(one.error, one.statistic, one.p) for one in summary.coefficients] == [(0.0, None, None)] * 2
    assert summary.coefficients[0].estimate == pytest.approx(7.0)


def test_waves_do_what_dummies_do_with_fewer_weights():
    steps = np.arange(400)
    values = 50 + 8 * np.sin(2 * np.pi * steps / 52) + np.random.default_rng(0).standard_normal(400)
    series = plain(values, season=52)
    waves, dummies = (fit(AR(order=1, seasonal="yes", harmonics=count), series) for count in (1, None))
    truth = 50 + 8 * np.sin(2 * np.pi * np.arange(400, 452) / 52)
    assert waves.parameter_count == 4 < dummies.parameter_count == 53
    assert np.abs(waves.forecast(series, 52).point - truth).mean() < 0.5


def test_seasonal_terms_without_a_season_are_said_to_be_missing(sunspots):
    assert fit(AR(seasonal="yes"), sunspots).notes == (
        "there is no season, and AR was fitted without seasonal terms (series 'sunspots')",
    )
    assert fit(AR(), sunspots).notes == ()
