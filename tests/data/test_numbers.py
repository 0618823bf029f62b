import pytest

from tests.data.brought import column, lines, parquet, refusal, understood


def values(*cells: str, **choices: str) -> list[float]:
    return understood(column(*cells), **choices).panel.series[0].values.tolist()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1,234.5", "2,000.25", "3"), [1234.5, 2000.25, 3]),
        (("1.234,5", "2.000,25", "3"), [1234.5, 2000.25, 3]),
        (("1 234,5", "2\u00a0000,25", "3"), [1234.5, 2000.25, 3]),
        (("1'234.5", "2'000.25", "3"), [1234.5, 2000.25, 3]),
        (("1.234.567", "2.000.000", "3"), [1234567, 2000000, 3]),
        (("0,125", "1,250", "3,5"), [0.125, 1.25, 3.5]),
        (("(12)", "13-", "−14.5"), [-12, -13, -14.5]),
        (("1e3", "2.5E-1", "+7"), [1000, 0.25, 7]),
        (("٣", "１２", "5"), [3, 12, 5]),
        ((".5", "7.", "1"), [0.5, 7, 1]),
    ],
)
def test_numbers_are_read_as_they_are_written(cells, expected):
    assert values(*cells) == expected


def test_an_ambiguous_mark_is_a_warning_with_the_reading_spelled_out():
    result = understood(column("1,234", "2,345", "3,456"))
    assert result.panel.series[0].values.tolist() == [1.234, 2.345, 3.456]
    assert '"1,234" was read as 1.234; choose the other if that is wrong' in result.warnings[0]


def test_the_chosen_mark_overrides_the_guess():
    assert values("1,234", "2,345", "3,456", decimal=".") == [1234, 2345, 3456]


def test_a_chosen_mark_that_cannot_be_is_refused():
    text = refusal(column("1.5", "2", "3"), decimal=",")
    assert text.startswith('line 2, column B "y": "1.5" is not a number')
    assert text.endswith('(decimal mark ",")')


def test_currencies_and_percent_signs_are_cut_off_with_a_warning():
    result = understood(column("12 €", "13 €", "14,5 €"))
    assert result.panel.series[0].values.tolist() == [12, 13, 14.5]
    assert 'the sign "€" was cut off' in result.warnings[0]
    assert values("12%", "13%", "7%") == [12, 13, 7]


def test_mixed_currencies_are_refused():
    assert 'mixes units: "$", "€"; convert all values to one' in refusal(column("$12", "€13", "14"))


def test_words_for_missing_values_are_listed():
    result = understood(column("4", "n/a", "?", "7", "#N/A", "5", "6"))
    assert result.panel.series[0].values.tolist() == [4, 4, 4, 7, 7, 5, 6]
    assert 'column B "y": read as missing: "n/a", "?", "#N/A"' in result.repairs
    assert result.missing == (3,)


def test_text_among_numbers_is_refused_with_line_column_and_remedy():
    assert refusal(column("1", "2", "abc", "4")) == (
        'line 4, column B "y": "abc" is not a number; correct it, or empty the cell if the value is missing'
    )


def test_at_most_five_bad_cells_are_shown_and_all_are_counted():
    text = refusal(column(*["1", "bad"] * 9, "1", "1"))
    assert text.count('"bad"') == 5
    assert "(9 in all)" in text


def test_long_values_are_shortened_and_escaped():
    text = refusal(column("1", "2", "\x1b[31m" + "a" * 60, "4"))
    assert '"\\x1b[31m' + "a" * 34 + '…"' in text


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "0x1F", "1_000", "1/2", "1,2,3", "12.34.5"])
def test_what_only_looks_like_a_number_is_refused(cell):
    assert f'line 3, column B "y": "{cell}" is not a number' in refusal(column("1.5", cell, "2.5", "3.5"))


def test_numbers_out_of_range_are_refused():
    for cell in ("1e400", "-2e150"):
        assert f'line 3, column B "y": "{cell}" is beyond 1e150, too large' in refusal(column("1", cell, "3"))
    for cell in ("1e-400", "-9e-151"):
        assert f'line 3, column B "y": "{cell}" is closer to zero than 1e-150' in refusal(column("1", cell, "3"))
    assert values("1", "-1e150", "1e-150", "0") == [1, -1e150, 1e-150, 0]


def test_numbers_out_of_range_are_refused_in_typed_files_and_covariates():
    text = refusal(parquet(step=[0, 1, 2], y=[1.0, 3e200, 2.0]), "a.parquet")
    assert text == 'row 2, column B "y": "3e+200" is beyond 1e150, too large to compute with; correct it, or rescale the unit'
    assert "rescale the unit, or write 0" in refusal(lines("0,1,2", "1,3,1e-200", "2,5,4", head="t,y,x"), past=("x",))


def test_truth_values_are_refused_as_a_target_and_read_as_a_covariate():
    assert "no column of numbers" in refusal(column("true", "false", "true"))
    text = "date,y,open\n2024-01-01,3,yes\n2024-01-02,1,no\n2024-01-03,4,yes\n"
    assert understood(text, past=("open",)).panel.series[0].inputs.values[:, 0].tolist() == [1, 0, 1]


def test_numbers_that_may_stand_for_missing_are_warned_of():
    assert "the value -999 appears 2 times" in understood(column("4", "-999", "7", "-999", "5")).warnings[0]


def test_a_constant_series_is_a_warning_not_an_error():
    assert "the series is constant:" in understood(column("5", "5", "5")).warnings[0]
