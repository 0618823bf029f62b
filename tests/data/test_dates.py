import pytest

from core.series.timeseries import labels
from tests.data.brought import column, dated, lines, refusal, understood


def read(*times: str, **choices: object) -> tuple[list[str] | list[int], str | None]:
    (series,) = understood(dated(*times), **choices).panel.series
    return labels(series.index), series.freq


@pytest.mark.parametrize(
    ("times", "first", "freq"),
    [
        (("2024-02-28", "2024-02-29", "2024-03-01"), "2024-02-28", "D"),
        (("2024/2/28", "2024/2/29", "2024/3/1"), "2024-02-28", "D"),
        (("28.02.2024", "29.02.2024", "01.03.2024"), "2024-02-28", "D"),
        (("13/02/2024", "14/02/2024", "15/02/2024"), "2024-02-13", "D"),
        (("02/13/2024", "02/14/2024", "02/15/2024"), "2024-02-13", "D"),
        (("20240228", "20240229", "20240301"), "2024-02-28", "D"),
        (("1. Januar 2024", "2. Januar 2024", "3. Januar 2024"), "2024-01-01", "D"),
        (("January 30, 2024", "January 31, 2024", "February 1, 2024"), "2024-01-30", "D"),
        (("30-Jan-2024", "31-Jan-2024", "01-Feb-2024"), "2024-01-30", "D"),
        (("2020", "2021", "2022"), "2020-01-01", "YS-JAN"),
        (("2020Q1", "2020Q2", "2020Q3"), "2020-01-01", "QS-JAN"),
        (("2020-Q1", "2020-Q2", "2020-Q3"), "2020-01-01", "QS-JAN"),
        (("Q1 2020", "Q2 2020", "Q3 2020"), "2020-01-01", "QS-JAN"),
        (("202401", "202402", "202403"), "2024-01-01", "MS"),
        (("2024-01", "2024-02", "2024-03"), "2024-01-01", "MS"),
        (("2024M01", "2024M02", "2024M03"), "2024-01-01", "MS"),
        (("Dez 2023", "Jan 2024", "Feb 2024"), "2023-12-01", "MS"),
        (("März 2024", "April 2024", "Mai 2024"), "2024-03-01", "MS"),
        (("1-2015", "2-2015", "3-2015"), "2015-01-01", "MS"),
        (("2020-W53", "2021-W01", "2021-W02"), "2020-12-28", "W-MON"),
        (("2020-W05-6", "2020-W05-7", "2020-W06-1"), "2020-02-01", "D"),
        (("2024-01-31", "2024-02-29", "2024-03-31"), "2024-01-31", "ME"),
        (("2024-03-31", "2024-06-30", "2024-09-30"), "2024-03-31", "QE-DEC"),
        (("2022-06-30", "2023-06-30", "2024-06-30"), "2022-06-30", "YE-JUN"),
        (("2024-01-04", "2024-01-05", "2024-01-08"), "2024-01-04", "B"),
        (("2024-01-06", "2024-01-20", "2024-02-03"), "2024-01-06", "2W-SAT"),
        (("2024-01-01 23:00", "2024-01-01 24:00", "2024-01-02 01:00"), "2024-01-01T23:00:00", "h"),
        (("2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30"), "2024-01-01T00:00:00", "15min"),
        (("2024-01-01T00:00:00.0", "2024-01-01T00:00:00.5", "2024-01-01T00:00:01.0"), "2024-01-01T00:00:00", "500ms"),
        (("13/1/2024 11:00 AM", "13/1/2024 12:00 PM", "13/1/2024 1:00 PM"), "2024-01-13T11:00:00", "h"),
    ],
)
def test_dates_are_read_as_they_are_written(times, first, freq):
    found, found_freq = read(*times)
    assert (found[0], found_freq) == (first, freq)


def test_plain_numbers_under_a_name_for_times_are_steps():
    assert read("3", "5", "7") == ([3, 5, 7], None)


def test_excel_day_numbers_and_unix_seconds_are_read_with_a_warning():
    result = understood(dated("45292", "45293", "45294"))
    assert labels(result.panel.series[0].index)[0] == "2024-01-01"
    assert "was read as Excel's day numbers" in result.warnings[0]
    assert read("1704067200", "1704070800", "1704074400") == (
        ["2024-01-01T00:00:00", "2024-01-01T01:00:00", "2024-01-01T02:00:00"],
        "h",
    )


def test_an_ambiguous_order_is_a_warning_that_spells_the_reading_out():
    result = understood(dated("01/02/2024", "02/02/2024", "03/02/2024"))
    assert labels(result.panel.series[0].index)[0] == "2024-02-01"
    assert result.dialect.date_example == "01/02/2024 read as 1 February 2024"
    assert "could be read in two ways; the first number was read as the day" in result.warnings[0]


def test_the_chosen_order_overrides_the_guess():
    result = understood(dated("01/02/2024", "01/03/2024", "01/04/2024"), day_first=False)
    assert labels(result.panel.series[0].index) == ["2024-01-02", "2024-01-03", "2024-01-04"]


def test_the_order_in_which_dates_are_regular_is_taken():
    months = [f"{month:02d}/01/2023" for month in range(1, 13)] + ["01/01/2024"]
    result = understood(dated(*months))
    assert result.panel.series[0].freq == "MS"
    assert "only with the month first are they regular" in result.repairs[0]


def test_a_chosen_order_that_cannot_be_is_refused():
    text = refusal(dated("13/02/2024", "14/02/2024", "15/02/2024"), day_first=False)
    assert 'with the month first, but line 2, column A "date": "13/02/2024"' in text


def test_an_order_that_changes_is_refused_with_both_lines():
    text = refusal(dated("13/02/2024", "14/02/2024", "02/15/2024"))
    assert 'line 2, column A "date": "13/02/2024" has the day first' in text
    assert 'line 4, column A "date": "02/15/2024" the month first' in text


def test_a_date_written_otherwise_than_the_rest_is_refused():
    assert 'line 4, column A "date": "Jan 3 2024" is no date like "2024-01-01"' in refusal(
        dated("2024-01-01", "2024-01-02", "Jan 3 2024")
    )


@pytest.mark.parametrize("wrong", ["2024-02-30", "2023-02-29", "2024-01-01 25:00", "2024-01-01 12:61"])
def test_days_and_hours_in_no_calendar_are_refused(wrong):
    assert f'"{wrong}" is no date like' in refusal(dated("2024-02-28", "2024-02-29", wrong, "2024-03-02"))


def test_two_digit_years_are_read_around_a_pivot_and_warned_of():
    result = understood(dated("30.12.23", "31.12.23", "01.01.24"))
    assert labels(result.panel.series[0].index)[0] == "2023-12-30"
    assert "69 to 99 were read as 1969 to 1999" in result.warnings[0]


def test_years_far_away_are_refused():
    assert refusal(dated("1500-01-01", "1501-01-01", "1502-01-01")).startswith(
        "dates must lie in the years 1700 to 2200; line 2"
    )


def test_a_blank_date_is_refused_with_its_line():
    assert refusal(dated("2024-01-01", "", "2024-01-03")).startswith("line 3 without a time in column A")


@pytest.mark.parametrize("word", ["12:00", "now", "today"])
def test_times_without_a_date_are_refused(word):
    assert f'line 2, column A "date": "{word}" is not a date; write dates like' in refusal(dated(word, word, word))


def test_one_offset_is_kept_apart_and_the_index_is_in_utc():
    (series,) = understood(dated("2024-01-01T01:00:00+02:00", "2024-01-01T02:00:00+02:00", "2024-01-01T03:00:00+02:00")).panel
    assert series.zone == "+02:00"
    assert labels(series.index)[0] == "2023-12-31T23:00:00+00:00"


def test_mixed_offsets_go_to_utc_with_a_warning():
    result = understood(dated("2024-01-01T00:00:00Z", "2024-01-01T03:00:00+02:00", "2024-01-01T02:00:00Z"))
    assert result.panel.series[0].freq == "h"
    assert "different zones (UTC, +02:00)" in result.warnings[0]


def test_midnights_with_an_offset_stay_days():
    (series,) = understood(dated("2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00")).panel
    assert (labels(series.index), series.freq) == (["2024-03-30", "2024-03-31", "2024-04-01"], "D")


def test_times_with_and_without_a_zone_are_refused():
    text = refusal(dated("2024-01-01T00:00:00Z", "2024-01-01 01:00:00", "2024-01-01T02:00:00Z"))
    assert "some times have a zone and some have none: line 3 without" in text


def test_without_dates_rows_are_steps_and_that_is_said():
    result = understood("y\n3\n1\n4\n")
    assert labels(result.panel.series[0].index) == [0, 1, 2]
    assert "no column of dates was found" in result.warnings[0]


def test_a_season_that_is_chosen_stands():
    assert understood(column(*"314159265"), season=3).panel.series[0].season == 3


def test_of_many_cells_that_are_no_dates_each_is_said_to_be_none():
    text = refusal(lines(*(f"day {number} of it,{number}" for number in range(120))), time="date")
    assert "(120 in all): each is not a date; write dates like" in text
