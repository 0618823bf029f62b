"""What stands beside the lags: columns against statsmodels', covariates by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.deterministic import Fourier, Seasonality

from core.errors import ConfigError
from core.models.terms import Covariates, Deterministic
from core.series.timeseries import Inputs
from tests.bench.known import plain

STEPS = np.arange(30)


def with_inputs(length=10, ahead=3, *, roles=("known", "past")):
    """y = 0, 1, …; a known covariate 100, 101, … that reaches `ahead` steps further; a past one, its squares."""
    rows = 100.0 + np.arange(length + ahead)
    values = np.column_stack([rows, rows**2])
    values[length:, [role == "past" for role in roles]] = np.nan
    return replace(plain(np.arange(float(length))), inputs=Inputs(("price", "visits"), roles, values))


def test_trends_count_from_one():
    np.testing.assert_array_equal(Deterministic("linear", "none", 1, 1).columns(np.array([0, 1, 7])), [[1, 1], [1, 2], [1, 8]])
    assert Deterministic("linear", "none", 1, 1).names == ("constant", "trend")
    assert Deterministic("none", "none", 1, 1).columns(STEPS).shape == (30, 0)


def test_dummies_are_statsmodels_and_leave_out_one_beside_a_constant():
    expected = Seasonality(7).in_sample(pd.RangeIndex(30)).to_numpy()
    np.testing.assert_array_equal(Deterministic("none", "dummies", 7, 1).columns(STEPS), expected)
    beside = Deterministic("constant", "dummies", 7, 1)
    np.testing.assert_array_equal(beside.columns(STEPS)[:, 1:], expected[:, 1:])
    assert beside.names == ("constant", "season 2", "season 3", "season 4", "season 5", "season 6", "season 7")


@pytest.mark.parametrize(("season", "harmonics"), [(12, 3), (7, 3), (52, 5)])
def test_waves_are_statsmodels(season, harmonics):
    terms = Deterministic("none", "fourier", season, harmonics)
    expected = Fourier(season, harmonics).in_sample(pd.RangeIndex(30)).to_numpy()
    np.testing.assert_allclose(terms.columns(STEPS), expected, atol=1e-9)
    assert terms.names[:4] == ("sin 1", "cos 1", "sin 2", "cos 2")


def test_the_sine_of_half_a_season_is_left_out_and_more_waves_than_that_are_none():
    terms = Deterministic("constant", "fourier", 4, 9)
    assert terms.names == ("constant", "sin 1", "cos 1", "cos 2")
    assert np.linalg.matrix_rank(terms.columns(STEPS)) == 4  # as many as positions in the season


def test_known_covariates_stand_beside_their_step_and_past_ones_come_a_horizon_late():
    series = with_inputs()
    found, notes = Covariates.learn(series, 3)
    assert (found.names, found.delays.tolist(), notes) == (("price", "visits"), [0, 3], ())
    raw = replace(found, sizes=np.array([[0.0, 0.0], [1.0, 1.0]]))
    columns = raw.columns(series, np.array([5, 9, 12]))
    np.testing.assert_array_equal(columns, [[105, 102**2], [109, 106**2], [112, 109**2]])  # the newest known visits: step 9


def test_columns_have_one_size_in_the_training_slice():
    series = with_inputs(length=40, ahead=2)
    found, _ = Covariates.learn(series, 2)
    columns = found.columns(series, np.arange(2, 40))
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(columns.std(axis=0), 1)


def test_changes_are_what_a_differenced_series_is_beside():
    series = with_inputs(length=40, ahead=2)
    found, notes = Covariates.learn(series, 2, is_differenced=True)
    assert found.names == ("visits",)  # the price rises by 1 at every step, which a drift says already
    assert notes == ("covariate 'price' changes by the same at every step of the training slice and is left out",)
    raw = replace(found, sizes=np.array([[0.0], [1.0]]))
    np.testing.assert_array_equal(raw.columns(series, np.array([3, 20, 41])).ravel(), [201, 235, 277])  # 101² − 100² …
    assert found.sizes[0] == [0.0]


def test_nothing_beyond_an_origin_is_read():
    series = with_inputs(length=10, ahead=3)
    changed = series.inputs.values.copy()
    changed[7:, 1] = -1e6
    changed[10:, 0] = -1e6
    other = replace(series, inputs=replace(series.inputs, values=np.where(np.isnan(series.inputs.values), np.nan, changed)))
    found, again = (Covariates.learn(one[:7], 3)[0] for one in (series, other))
    np.testing.assert_array_equal(found.sizes, again.sizes)
    np.testing.assert_array_equal(found.columns(series[:7], np.arange(7, 10)), again.columns(other[:7], np.arange(7, 10)))


def test_known_rows_that_do_not_reach_are_counted():
    with pytest.raises(ConfigError) as caught:
        Covariates.learn(with_inputs(ahead=3), 5)
    assert str(caught.value) == (
        "known covariate 'price' ends 2 rows before the 5 steps that are forecast; bring 2 more rows, choose a "
        "shorter horizon, declare it as not known ahead, or switch covariates off in the settings of each model"
    )


def test_a_past_covariate_is_not_asked_for_what_it_cannot_know():
    series = with_inputs(ahead=9)
    found, _ = Covariates.learn(series, 3)
    with pytest.raises(ConfigError, match="past covariate 'visits' is used 3 steps late and does not reach 4 steps ahead"):
        found.columns(series, np.arange(10, 14))


def test_a_covariate_that_does_not_vary_is_left_out_and_said_to_be():
    series = with_inputs()
    values = series.inputs.values.copy()
    values[:, 0] = 5.0
    found, notes = Covariates.learn(replace(series, inputs=replace(series.inputs, values=values)), 3)
    assert found.names == ("visits",)
    assert found.places.tolist() == [1]
    assert notes == ("covariate 'price' does not vary in the training slice and is left out",)


def test_what_is_kept_is_restored():
    found, _ = Covariates.learn(with_inputs(), 3)
    again = Covariates.restored(*found.kept())
    assert again.names == found.names
    for part in ("places", "delays", "sizes"):
        np.testing.assert_array_equal(getattr(again, part), getattr(found, part))
