"""Further channels by hand, learned from the training slice alone; and networks that really use what they are given."""

from dataclasses import replace
from math import cos, pi, sin

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigError
from core.models.feedforward import FeedForward
from core.models.recurrent import GRU, LSTM
from core.series.timeseries import Inputs, Panel
from core.windows.extras import Extras
from core.windows.settings import STEPWISE, SYNCED
from tests.bench.known import ar1
from tests.nets.small import BY_TOPOLOGY, CHEAP, HORIZON, TINY, fit, nothing, series_of, stirred, walk

PLAIN = replace(CHEAP, mask=False, covariates=False)
ONE = np.array([[0.0, 1.0]])  # mean and deviation of a covariate that is left as it is
VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 5.5, 9.0])


def learned(*series, ahead=1, **settings) -> Extras:
    return Extras.learn(Panel(series), replace(PLAIN, **settings), ahead, is_beside=False)


def channels(extras: Extras, series) -> np.ndarray:
    """(T, E) at all steps but those whose known covariates ahead have no rows."""
    rows = len(series.inputs.values) - extras.ahead if extras.known else len(series)
    steps = np.arange(min(len(series), rows))
    return extras.of(series, steps)


def dated(start: str, freq: str, periods: int = 7, **more):
    return series_of(walk(periods), index=pd.date_range(start, periods=periods, freq=freq, tz=more.pop("tz", None)), **more)


def circle(*positions: float) -> list[float]:
    """Sine and cosine of each position on its round."""
    return [wave(2 * pi * position) for position in positions for wave in (sin, cos)]


def test_nothing_is_added_unless_asked_for():
    assert learned(series_of(VALUES)).width == 0
    assert channels(nothing(1), series_of(VALUES)).shape == (7, 0)


@pytest.mark.parametrize("seasonal", [3, 11])
def test_a_window_reads_the_season_of_its_whole_history(seasonal):
    model = replace(BY_TOPOLOGY["many_to_many_direct"], lookback=5, lags=1, skip="off", seasonal_lag="yes")
    series = series_of(walk(40), season=seasonal)
    other = walk(40)
    other[40 - seasonal] += 5.0  # what the last season's next step was
    fitted = stirred(fit(model, series))
    point = fitted.forecast(series, HORIZON).point
    assert (fitted.forecast(series_of(other, season=seasonal), HORIZON).point != point).all()


def test_the_mask_is_one_where_a_value_was_filled_in():
    observed = np.array([True, True, False, False, True, True, True])
    series = series_of(VALUES, observed=observed)
    assert channels(learned(series, mask=True), series)[:, 0].tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert learned(series, mask=False).width == 0
    assert learned(series_of(VALUES), mask=True).width == 0  # no gap, nothing to tell
    assert learned(series_of(VALUES, name="whole"), series, mask=True).width == 1  # of any series of the panel


def test_hours_are_told_of_the_next_step():
    series = dated("2023-03-01 21:00", "h")  # a Wednesday, the 60th day
    found = channels(learned(series, calendar=True), series)
    np.testing.assert_allclose(found[0], circle(22 / 24, (2 + 22 / 24) / 7, (59 + 22 / 24) / 365.25), atol=1e-12)
    np.testing.assert_allclose(found[2], circle(0, 3 / 7, 60 / 365.25), atol=1e-12)  # midnight: Thursday, the 61st
    np.testing.assert_allclose(found[-1], circle(4 / 24, (3 + 4 / 24) / 7, (60 + 4 / 24) / 365.25), atol=1e-12)


def test_hours_are_those_of_the_persons_clock():
    series = dated("2024-03-30 22:00", "h", tz="UTC", zone="Europe/Berlin")  # 23:00 there; at 01:00 UTC 02:00 becomes 03:00
    found = channels(learned(series, calendar=True), series)
    hours = [0, 1, 3, 4, 5, 6, 7]  # of Sunday the 31st, the 91st day of its year
    expected = [circle(hour / 24, (6 + hour / 24) / 7, (90 + hour / 24) / 365.25) for hour in hours]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_days_have_a_weekday_and_a_place_in_the_year():
    series = dated("2024-02-26", "D")  # a Monday in a leap year, the 57th day
    found = channels(learned(series, calendar=True), series)
    expected = [circle(day % 7 / 7, (56 + day) / 365.25) for day in range(1, 8)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("start", "freq", "next_days"),
    [
        ("2023-12-11", "W-MON", [352, 359, 1, 8, 15, 22, 29]),  # 18 and 25 December, 1 January 2024 …
        ("2023-01-01", "MS", [32, 60, 91, 121, 152, 182, 213]),
        ("2023-01-01", "QS", [91, 182, 274, 1, 92, 183, 275]),
    ],
)
def test_weeks_months_and_quarters_have_a_place_in_the_year_alone(start, freq, next_days):
    series = dated(start, freq)
    found = channels(learned(series, calendar=True), series)
    np.testing.assert_allclose(found, [circle((day - 1) / 365.25) for day in next_days], atol=1e-12)


def test_years_and_plain_steps_have_no_calendar():
    assert learned(dated("1990-01-01", "YS"), calendar=True).width == 0
    assert learned(series_of(VALUES), calendar=True).width == 0


def covariates(roles: dict[str, str], rows: int, seed: int = 0) -> Inputs:
    table = np.random.default_rng(seed).gamma(2.0, 3.0, (rows, len(roles)))
    return Inputs(tuple(roles), tuple(roles.values()), table)


def test_covariates_are_told_as_they_are_and_known_ones_as_they_will_be():
    series = replace(series_of(VALUES), inputs=covariates({"a": "known", "b": "past", "c": "known"}, 7 + 3))
    extras = learned(series, ahead=2, covariates=True)
    table = series.inputs.values
    a, b, c = ((column - column[:7].mean()) / column[:7].std() for column in table.T)
    found = channels(extras, series)
    assert (extras.width, extras.told) == (3 + 4, 4)
    for t in range(7):
        np.testing.assert_allclose(found[t], [b[t], a[t], c[t], a[t + 1], c[t + 1], a[t + 2], c[t + 2]], rtol=1e-12)


def test_a_covariate_that_never_changes_is_told_as_nothing():
    series = series_of(VALUES, known=np.full(9, 4.0))
    assert not channels(learned(series, covariates=True), series).any()


def test_rows_after_the_training_slice_teach_no_scale():
    known, past = np.random.default_rng(1).standard_normal((2, 30))
    spoilt_known, spoilt_past = known.copy(), past.copy()
    spoilt_known[20:], spoilt_past[20:] = 1e6, -1e6
    one, other = (
        learned(series_of(walk(26), known=a, past=b[:26])[:20], covariates=True)
        for a, b in ((known, past), (spoilt_known, spoilt_past))
    )
    for name, value in one.arrays().items():
        np.testing.assert_array_equal(other.arrays()[name], value)


def test_a_panel_has_the_covariates_that_all_its_series_have_in_the_same_role():
    first = replace(series_of(VALUES), inputs=covariates({"a": "past", "b": "known", "c": "past", "d": "past"}, 8))
    second = replace(series_of(VALUES, name="z"), inputs=covariates({"d": "past", "c": "known", "b": "known"}, 8, seed=1))
    extras = learned(first, second, covariates=True)
    assert (extras.past, extras.known) == (("d",), ("b",))
    both = np.concatenate([first.inputs.values[:7, 1], second.inputs.values[:7, 2]])
    np.testing.assert_allclose(extras.known_scale, [[both.mean(), both.std()]])
    d, _ = channels(extras, second).T[:2]
    np.testing.assert_allclose(d, (second.inputs.values[:7, 0] - extras.past_scale[0, 0]) / extras.past_scale[0, 1])
    assert learned(first, series_of(VALUES, name="z"), covariates=True).width == 0


@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_a_forecast_that_is_fed_back_reads_no_past_covariates(topology):
    known, past = np.random.default_rng(1).standard_normal((2, 40))
    series = series_of(walk(36), known=known, past=past[:36])
    fitted = fit(BY_TOPOLOGY[topology], series)
    assert fitted.sight.extras.known == ("holiday",)
    is_fed_back = topology in STEPWISE
    assert fitted.sight.extras.past == (() if is_fed_back else ("visits",))
    assert fitted.sight.beside.past == ("visits",)
    assert fitted.sight.beside.delay == (HORIZON if is_fed_back else 1)
    words = "visits left out: a forecast that is fed back needs covariates of steps that nobody knows yet"
    assert fitted.notes[0].startswith(words) == is_fed_back


def test_the_linear_path_sees_covariates_as_far_as_each_is_known():
    known, past = np.arange(9.0), 10 * np.arange(7.0)
    series = series_of(VALUES, known=known, past=past)
    found = replace(learned(series, ahead=2, covariates=True), is_beside=True, past_scale=ONE, known_scale=ONE)
    assert found.names == ("visits", "holiday")
    assert found.beside == 6
    # at step 3: visits two steps late, 1 … 3; holiday as it is, 3 … 5
    np.testing.assert_array_equal(found.aligned(series, np.array([3])), [[10, 3, 20, 4, 30, 5]])
    np.testing.assert_array_equal(found.aligned(series, np.array([6]))[0, -2:], [60, 8])  # the last step knows no more visits
    np.testing.assert_array_equal(found.aligned(series, np.array([0])), [[0, 0, 0, 1, 0, 2]])
    assert replace(found, is_beside=False).aligned(series, np.arange(3)).shape == (3, 0)


def test_what_the_linear_part_sees_comes_back_from_its_arrays():
    found = replace(learned(series_of(VALUES, known=np.arange(9.0)), ahead=2, covariates=True), is_beside=True)
    arrays = found.arrays()
    assert Extras.of_arrays(arrays).beside == found.beside == 3


@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_an_untrained_network_makes_use_of_what_is_known_ahead(topology):
    random = np.random.default_rng(6)
    promo = (random.random(160 + HORIZON) < 0.3).astype(float)
    values = 50 + ar1(160, 0.6, seed=2) + 20 * promo[:160]
    model = replace(BY_TOPOLOGY[topology], epochs=1, learning_rate=1e-6, lookback=8)

    def error(series):
        fitted = fit(model, series[:120])
        origins = range(120, 160 - HORIZON + 1)
        return np.mean([np.abs(fitted.forecast(series[:n], HORIZON).point - values[n : n + HORIZON]).mean() for n in origins])

    told = error(series_of(values, known=promo))
    assert told < 0.2 * error(series_of(values))
    assert told < 1.5  # the innovations have deviation 1


@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_known_rows_that_end_before_the_horizon_are_asked_for(topology):
    known = np.random.default_rng(1).standard_normal(36 + HORIZON)
    fitted = fit(BY_TOPOLOGY[topology], series_of(walk(36), known=known))
    assert np.isfinite(fitted.forecast(series_of(walk(36), known=known), HORIZON).point).all()
    with pytest.raises(ConfigError) as caught:
        fitted.forecast(series_of(walk(36), known=known[:38]), HORIZON)
    assert str(caught.value) == (
        "known covariate 'holiday' ends 1 rows before the 3 steps that are forecast; bring 1 more rows, choose "
        "a shorter horizon, declare it as not known ahead, or switch covariates off in the settings of each model"
    )


def error_of(model, series, *, length: int = 160) -> float:
    """Mean absolute error from the 24 origins after a training part, as a share of that of who says the training mean."""
    fitted, found = fit(model, series[:length]), []
    for origin in range(length, length + 24):
        actual = series.values[origin : origin + HORIZON]
        missed = [fitted.forecast(series[:origin], HORIZON).point - actual, series.values[:length].mean() - actual]
        found.append(np.abs(missed).mean(axis=1))
    return float(np.divide(*np.mean(found, axis=0)))


@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_a_covariate_known_ahead_that_makes_the_noise_is_used(topology):
    cause = np.random.default_rng(5).standard_normal(200 + HORIZON)
    series = series_of(20 + 3 * cause[:200], known=cause, season=1)
    model = replace(BY_TOPOLOGY[topology], hidden=6, epochs=12, learning_rate=0.05)
    assert error_of(model, series) < 0.4


@pytest.mark.parametrize("topology", ["many_to_many_direct", SYNCED])
def test_a_recurrence_alone_uses_it_too(topology):
    """Though it makes all of the noise, so that the linear start, which is not there, would miss nothing."""
    cause = np.random.default_rng(5).standard_normal(200 + HORIZON)
    series = series_of(20 + 3 * cause[:200], known=cause, season=1)
    model = replace(BY_TOPOLOGY[topology], hidden=8, epochs=30, learning_rate=0.05, skip="off", mean="yes")
    assert error_of(model, series) < 0.7  # 1.4 where nothing is learned: the last value


@pytest.mark.parametrize("model", [LSTM, GRU, FeedForward])
def test_a_past_covariate_that_leads_is_used(model):
    cause = np.random.default_rng(5).standard_normal(200)
    values = 20 + 3 * np.concatenate([[0.0] * HORIZON, cause[:-HORIZON]])  # each value was told a horizon before
    own = {"hidden": 8, "lookback": 6, "skip": "off", "mean": "yes", "epochs": 15, "learning_rate": 0.05, "batch": 16}
    small = model(**TINY | own)
    assert error_of(small, series_of(values, past=cause, season=1)) < 0.5


@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_covariates_may_be_left_aside(topology):
    known, past = np.random.default_rng(1).standard_normal((2, 40))
    point = stirred(fit(BY_TOPOLOGY[topology], series_of(walk(36)))).forecast(series_of(walk(36)), HORIZON).point
    with_both = series_of(walk(36), known=known[:36], past=past[:36])
    fitted = stirred(fit(replace(BY_TOPOLOGY[topology], covariates=False), with_both))
    np.testing.assert_array_equal(fitted.forecast(with_both, HORIZON).point, point)


def test_calendar_inputs_tell_what_a_short_window_cannot():
    """A weekday's bump seen through a window of four days and no lag."""
    random = np.random.default_rng(3)
    series = series_of(
        10 + 6.0 * (np.arange(240) % 7 == 2) + 0.3 * random.standard_normal(240), season=1,
        index=pd.date_range("2024-01-01", periods=240, freq="D"),
    )  # fmt: skip
    model = replace(BY_TOPOLOGY["many_to_many_direct"], hidden=8, lookback=4, lags=1, skip="off", epochs=25)
    model = replace(model, learning_rate=0.05, mean="yes")
    without = error_of(model, series, length=200)
    assert error_of(replace(model, calendar=True), series, length=200) < 0.5 * without


def test_extras_come_back_from_their_arrays():
    series = dated("2024-02-26", "D", known=np.arange(9.0), past=np.arange(7.0), observed=np.arange(7) != 2)
    extras = learned(series, calendar=True, mask=True, covariates=True)
    assert extras.width == 1 + 4 + 1 + 1 + 1
    again = Extras.of_arrays(extras.arrays())
    np.testing.assert_array_equal(channels(again, series), channels(extras, series))
