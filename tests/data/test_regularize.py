import numpy as np
import pandas as pd
import pytest

from core.data.regularize import filled_causally
from core.series.timeseries import labels
from tests.data.brought import column, dated, lines, refusal, understood


def test_a_gap_gets_the_value_one_season_before_and_else_the_last():
    grid = np.array([3.0, np.nan, 4.0, np.nan, 5.0, np.nan, np.nan])
    assert filled_causally(grid, 3).tolist() == [3, 3, 4, 3, 5, 4, 3]
    assert filled_causally(grid, 1).tolist() == [3, 3, 4, 4, 5, 5, 5]


def test_filling_a_prefix_gives_the_prefix_of_the_filling():
    rng = np.random.default_rng(3)
    grid = rng.normal(size=60)
    grid[rng.random(60) < 0.4] = np.nan
    grid[0] = 1.5
    whole = filled_causally(grid, 7)
    assert all((filled_causally(grid[:n], 7) == whole[:n]).all() for n in range(1, 61))


def test_missing_dates_and_missing_values_are_gaps_alike():
    result = understood(lines("2024-01-01,3", "2024-01-02,", "2024-01-03,4", "2024-01-05,1", "2024-01-06,5"))
    (series,) = result.panel
    assert series.values.tolist() == [3, 3, 4, 4, 1, 5]
    assert series.observed.tolist() == [True, False, True, False, True, True]
    assert result.missing == (2,)
    assert result.repairs == ("2 steps without a value, filled with the last value",)


def test_missing_ends_are_cut_off_and_said():
    result = understood(column("", "3", "1", "4", "", ""))
    assert labels(result.panel.series[0].index) == ["2024-01-02", "2024-01-03", "2024-01-04"]
    assert result.missing == (0,)
    assert "3 rows without a value cut off at the start or end of the series" in result.repairs


def test_rows_are_sorted_and_that_is_said():
    result = understood(dated("2024-01-03", "2024-01-02", "2024-01-01"))
    assert result.panel.series[0].values.tolist() == [4, 1, 3]
    assert "newest first" in result.repairs[0]
    result = understood(dated("2024-01-01", "2024-01-03", "2024-01-02", "2024-01-04"))
    assert result.panel.series[0].values.tolist() == [3, 4, 1, 1]
    assert "out of order" in result.repairs[0]
    assert result.repairs == ("the rows were out of order in 1 place, first at line 4; they were sorted by time",)


@pytest.mark.parametrize(("rule", "expected"), [(None, 6.0), ("mean", 6.0), ("sum", 12.0), ("first", 3.0), ("last", 9.0)])
def test_conflicting_duplicates_are_resolved_by_the_rule_and_said(rule, expected):
    result = understood(lines("2024-01-01,1", "2024-01-02,3", "2024-01-02,9", "2024-01-03,4"), duplicates=rule)
    assert result.panel.series[0].values.tolist() == [1, expected, 4]
    assert result.duplicates == (1,)
    (said,) = result.repairs + result.warnings
    assert said.startswith("1 row with the time of another row and other values (line 4); ")
    assert said.endswith("choose sum, first or last if the mean is not meant") == (rule is None)
    assert bool(result.warnings) == (rule is None)


def test_rows_that_repeat_another_exactly_are_left_out():
    result = understood(lines("2024-01-01,1", "2024-01-02,3", "2024-01-02,3", "2024-01-03,4"), duplicates="sum")
    assert result.panel.series[0].values.tolist() == [1, 3, 4]
    assert result.duplicates == (1,)
    assert "1 row left out as an exact repetition of another (line 4)" in result.repairs


def test_times_that_all_repeat_are_called_a_missing_id():
    result = understood(lines(*(f"2024-01-0{d},{v}" for d in range(1, 6) for v in (d, 10 * d))))
    assert "every time appears 2 times as in several series: choose the id column" in result.warnings[0]


def test_irregular_times_are_refused_with_the_first_that_is_off():
    text = refusal(dated("2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30", "2024-01-01 01:07"))
    assert text.startswith("the times are irregular: most come every 15 minutes, but line 5 comes 0:37:00 after the one before")


def test_one_and_two_observations_are_too_few():
    assert refusal(column("4")) == "the series has 1 observation; at least 3 are needed: bring a longer series"
    assert refusal(column("4", "2")) == "the series has 2 observations; at least 3 are needed: bring a longer series"


def test_more_than_half_missing_is_refused_with_the_share():
    text = refusal(column("1", "", "", "", "", "2", "3"))
    assert text.startswith("4 of the 7 steps (every day) have no value, which is 57%;")


def test_a_column_without_values_is_refused():
    assert "no column of numbers to forecast" in refusal(column("", "", ""))
    assert refusal(column("", "", ""), target="y").startswith("the series has 0 observations")


def test_mid_month_dates_become_months_and_that_is_said():
    result = understood(dated("2024-01-15", "2024-02-15", "2024-03-15"))
    assert labels(result.panel.series[0].index)[0] == "2024-01-01"
    assert result.repairs == ("the dates are day 15 of their months; each was taken as its month",)


def test_last_business_days_become_month_ends():
    result = understood(dated("2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30"))
    assert result.panel.series[0].freq == "ME"
    assert labels(result.panel.series[0].index)[2] == "2024-03-31"


def test_a_constant_time_of_day_is_left_out_and_said():
    result = understood(dated("2024-01-01 10:00", "2024-01-02 10:00", "2024-01-03 10:00"))
    assert result.panel.series[0].freq == "D"
    assert result.repairs == ("the time of day is always 10:00:00 and was left out",)


def test_known_covariates_reach_beyond_the_target_and_past_ones_do_not():
    rows = [f"2024-01-{day:02d},{day if day <= 8 else ''},{day % 2},{'' if day == 4 else 10 * day}" for day in range(1, 12)]
    result = understood(lines(*rows, head="date,y,promo,heat"), known=("promo",), past=("heat",))
    (series,) = result.panel
    inputs = series.inputs
    assert len(series) == 8
    assert (inputs.names, inputs.roles) == (("heat", "promo"), ("past", "known"))
    assert inputs.values[:, 1].tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert inputs.values[:8, 0].tolist() == [10, 20, 30, 30, 50, 60, 70, 80]
    assert np.isnan(inputs.values[8:, 0]).all()
    assert result.repairs == ("1 cell without a value in the covariates, filled with the last value",)


def test_series_with_too_few_values_are_left_out_of_a_panel_with_a_warning():
    rows = [f"{name},2024-01-0{day},{day}" for name, days in (("a", 5), ("b", 2)) for day in range(1, days + 1)]
    result = understood(lines(*rows, head="unique_id,ds,y"))
    assert [series.id for series in result.panel] == ["a"]
    assert 'fewer than 3 observations were left out: "b" with 2' in result.warnings[0]


def test_how_gaps_were_filled_is_counted_by_the_value_taken():
    result = understood(column("3", "", "4", "1", "", "5", "9", "2", "", "6"), season=4)
    assert result.panel.series[0].values.tolist() == [3, 3, 4, 1, 3, 5, 9, 2, 3, 6]
    assert result.repairs == ("3 steps without a value, filled: 2 with the value one season before, 1 with the last value",)
    result = understood(column("3", "1", "4", "1", "", "5"), season=4)
    assert result.repairs == ("1 step without a value, filled with the value one season before",)


def covariate(*cells: str) -> str:
    """Values 1, 2, 3, ... a day with a covariate x; a cell may be preceded by the value, as in "/7" for none."""
    rows = []
    for day, cell in enumerate(cells, start=1):
        value, slash, given = cell.rpartition("/")
        rows.append(f"2024-01-{day:02d},{value if slash else day},{given}")
    return lines(*rows, head="date,y,x")


def test_a_series_begins_where_its_covariate_does():
    result = understood(covariate("", "", "", "40", "", "60", "70"), past=("x",))
    (series,) = result.panel
    assert series.values.tolist() == [4, 5, 6, 7]
    assert series.inputs.values[:, 0].tolist() == [40, 40, 60, 70]
    assert result.warnings == ('3 rows left out at the start, before "x" has a value; leave the covariate out to keep them',)


def test_a_covariate_from_before_the_series_is_carried_into_it():
    result = understood(covariate("/10", "/20", "", "40", "50"), known=("x",))
    (series,) = result.panel
    assert series.values.tolist() == [3, 4, 5]
    assert series.inputs.values[:, 0].tolist() == [20, 40, 50]
    assert not result.warnings


def test_a_covariate_that_begins_too_late_is_refused_by_name():
    text = refusal(covariate("", "", "", "", "50", "60", "70"), past=("x",))
    assert text == (
        '4 of the 7 values come before the covariate "x" has one; bring its earlier values, or leave the covariate out'
    )
    assert "2 of the 4 values come before" in refusal(covariate("", "", "30", "40"), past=("x",))
    text = refusal(covariate("", "", "", ""), past=("x",))
    assert text == 'the covariate "x" has no value; fill it in, or leave the covariate out'


def panel(**values: object) -> str:
    rows = [f"{name},2024-01-{day:02d},{value}" for name, found in values.items() for day, value in enumerate(found, start=1)]
    return lines(*rows, head="id,ds,y")


def test_constant_and_short_series_of_a_panel_are_named():
    result = understood(panel(a=[5] * 12, b=range(12), c=[3, 1, 4, 1]))
    assert result.warnings == (
        '"a" is constant: relative measures of error are not defined there',
        'series with fewer than 11 steps, too few to train and test most models: "c" 4; bring more, or leave them out',
    )


def test_at_most_five_constant_or_short_series_are_named_and_all_are_counted():
    result = understood(panel(**{name: [len(name)] * 5 for name in "abcdefg"}))
    assert result.warnings[0].startswith('"a", "b", "c", "d", "e" (7 in all) are constant:')
    assert '"a" 5, "b" 5, "c" 5, "d" 5, "e" 5 (7 in all);' in result.warnings[1]


def hourly(first: str, last: str, zone: str, step: str = "h") -> str:
    times = pd.date_range(first, last, freq=step, tz=zone).tz_localize(None)
    return lines(*(f"{time:%Y-%m-%d %H:%M},{number % 24 + number % 5}" for number, time in enumerate(times)))


@pytest.mark.parametrize(
    ("zone", "step", "repeated"), [("Europe/Berlin", "h", 1), ("America/New_York", "h", 1), ("Europe/Berlin", "30min", 2)]
)
def test_clock_changes_of_local_hours_are_recognised(zone, step, repeated):
    result = understood(hourly("2024-03-05", "2024-11-10", zone, step))
    assert result.duplicates == (repeated,)
    assert result.missing == (repeated,)
    assert "an hour that local clocks show twice, on a Sunday in autumn" in result.warnings[0]
    assert "bring the times in UTC or with their offsets" in result.warnings[0]
    assert len(result.warnings) == 1


def test_repeated_hours_without_a_skipped_one_are_ordinary_duplicates():
    result = understood(hourly("2024-10-20", "2024-11-10", "Europe/Berlin"))
    assert result.warnings[0].startswith("1 row with the time of another row and other values (line ")
