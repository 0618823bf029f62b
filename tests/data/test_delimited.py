import time

import pytest

from core.data.limits import Limits
from tests.data.brought import column, lines, refusal, understood


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    result = understood(column("1.5", "2", "7").replace(";", delimiter))
    assert result.dialect.delimiter == delimiter
    assert result.panel.series[0].values.tolist() == [1.5, 2, 7]


def test_a_decimal_comma_is_no_delimiter():
    result = understood("y\n1,5\n2,25\n4\n")
    assert result.panel.series[0].values.tolist() == [1.5, 2.25, 4]


def test_a_header_without_data_is_refused():
    assert refusal("date,y\n") == "line 1 has column names but no data follows; bring the data too"


def test_without_a_header_columns_get_numbers_and_no_value_is_lost():
    result = understood("2024-01-01,5\n2024-01-02,7\n2024-01-03,6\n")
    assert [c.name for c in result.columns] == ["col1", "col2"]
    assert result.panel.series[0].values.tolist() == [5, 7, 6]
    assert "line 1 already holds data" in result.warnings[0]


def test_title_and_comment_lines_are_skipped_and_listed():
    result = understood("# export of May\nSales of the north\n" + column("1", "2", "7"))
    assert result.dialect.header_line == 3
    assert result.dialect.skipped == ("line 1: # export of May", "line 2: Sales of the north")
    assert result.repairs[0].startswith("left out above the table: line 1")


MONTHS = "month,sales\n2020-01,3\n2020-02,5\n2020-03,4\n"


@pytest.mark.parametrize(
    ("above", "skipped"),
    [
        ("Report 2024\n\n", ["line 1: Report 2024"]),
        ("Report 2024,\n,\n", ["line 1: Report 2024"]),
        ("Report,2024\n", ["line 1: Report 2024"]),
        ("Report,2024\nby the office,\n,\n", ["line 1: Report 2024", "line 2: by the office"]),
    ],
)
def test_lines_above_the_table_may_be_padded_as_spreadsheets_do(above, skipped):
    result = understood(above + MONTHS)
    assert list(result.dialect.skipped) == skipped
    assert (result.panel.series[0].id, result.panel.series[0].values.tolist()) == ("sales", [3, 5, 4])


def test_padded_lines_of_several_texts_are_titles_and_no_names_of_groups():
    text = "Source,World Bank,,\nUnit,USD,,\nmonth,a,b,c\n2020-01,3,1,2\n2020-02,5,1,2\n2020-03,4,1,3\n"
    result = understood(text, target="c")
    assert result.dialect.skipped == ("line 1: Source World Bank", "line 2: Unit USD")
    assert result.panel.series[0].values.tolist() == [2, 2, 3]


def test_rows_above_a_header_that_comes_late_are_not_taken_for_titles():
    rows = [f"{name},2024-01-0{day},{day}" for day in range(1, 5) for name in "AB"]
    assert '"ds" is no date like' in refusal("\n".join([*rows[:2], "id,ds,y", *rows[2:]]) + "\n")


def test_a_group_over_the_first_columns_is_no_title():
    text = "time,north,,\nmonth,a,b,c\n2020-01,3,1,2\n2020-02,5,1,2\n2020-03,4,1,3\n"
    assert [c.name for c in understood(text).columns] == ["time / month", "north / a", "north / b", "north / c"]


def test_two_header_lines_are_joined():
    text = ";north;;south;\ndate;sales;cost;sales;cost\n2024-01-01;1;2;3;4\n2024-01-02;5;6;7;8\n2024-01-03;9;8;7;6\n"
    result = understood(text, target="south / cost")
    assert [c.name for c in result.columns] == ["date", "north / sales", "north / cost", "south / sales", "south / cost"]
    assert result.panel.series[0].values.tolist() == [4, 8, 6]


def test_a_row_with_an_extra_field_is_refused_and_shown():
    text = refusal(lines("2024-01-01,1", "2024-01-02,1,5", "2024-01-03,4"))
    assert text.startswith('line 3 has 3 fields, the header has 2: "2024-01-02, 1, 5";')


YEARS = [f"{year},{20 + year % 7}" for year in range(1951, 1981)]  # each could be one number with a decimal comma


def test_one_long_row_does_not_turn_the_file_into_one_column():
    text = refusal("date,v\n" + "\n".join([*YEARS[:19], "1970,20,extra", *YEARS[20:]]) + "\n")
    assert text.startswith('line 21 has 3 fields, the header has 2: "1970, 20, extra";')


def test_a_delimiter_at_one_line_end_is_left_out_and_named():
    result = understood("date,v\n" + "\n".join([*YEARS[:19], "1970,20,", *YEARS[20:]]) + "\n")
    assert len(result.panel.series[0]) == 30
    assert result.warnings == ("1 row with blank fields beyond the 2 columns, now left out: line 21",)


def test_a_delimiter_at_every_line_end_below_the_names_is_harmless_too():
    result = understood("date,v\n" + "".join(f"{row},\n" for row in YEARS))
    assert result.panel.series[0].values[:3].tolist() == [25, 26, 20]


def test_decimal_commas_under_a_name_with_a_comma_are_one_column():
    result = understood('"sales, net"\n1,5\n2,25\n4,75\n')
    assert result.panel.series[0].values.tolist() == [1.5, 2.25, 4.75]


def test_rows_that_all_have_one_field_more_than_names_are_refused():
    text = refusal(lines("2024-01-01,1,9", "2024-01-02,2,9", "2024-01-03,3,9"))
    assert text.startswith("line 1 has 2 names, but the rows below have 3 fields;")


def test_a_delimiter_at_every_line_end_is_harmless():
    result = understood(lines("2024-01-01,1,", "2024-01-02,2,", "2024-01-03,7,"))
    assert result.panel.series[0].values.tolist() == [1, 2, 7]
    assert "3 rows with blank fields beyond the 2 columns, now left out: line 2, 3, 4" in result.warnings


def test_short_rows_are_missing_values_and_named():
    result = understood(lines("2024-01-01,1", "2024-01-02", "2024-01-03,7", "2024-01-04,8"))
    assert result.panel.series[0].values.tolist() == [1, 1, 7, 8]
    assert "1 row with fewer than 2 fields, the rest taken as blank: line 3" in result.warnings


def test_an_unclosed_quote_is_refused_where_it_opens():
    text = refusal('date,y,note\n2024-01-01,1,a\n2024-01-02,2,"b\n2024-01-03,3,c\n')
    assert text == "line 3 opens a quote that is never closed; close it, or remove it"


def test_line_numbers_are_those_of_the_editor_when_fields_run_over_lines():
    text = refusal('date,y,note\n2024-01-01,1,"two\nlines"\n2024-01-02,x17,a\n2024-01-03,3,b\n2024-01-04,3,b\n')
    assert text.startswith('line 4, column B "y": "x17" is not a number;')


def test_two_columns_of_one_name_are_refused():
    assert refusal("date,y,y\n2024-01-01,1,2\n2024-01-02,1,2\n") == ('columns B and C are both called "y"; rename one of them')


def test_a_long_field_is_refused_with_its_line():
    text = refusal(lines("2024-01-01,1", "2024-01-02," + "7" * 12_000))
    assert text == "line 3: the field is longer than 10,000 characters; close its quote, or shorten it"


def test_too_many_columns_are_refused():
    text = refusal(",".join(f"c{i}" for i in range(2_500)) + "\n" + ",".join("1" for _ in range(2_500)) + "\n")
    assert text.startswith("the table has 2,500 columns, the limit is 2,000;")


def test_too_many_rows_are_refused_before_they_are_read():
    content = b"a,b\n" + b"1,2\n" * 3_000_000
    start = time.monotonic()
    assert refusal(content).startswith("the table has 3,000,001 rows, the limit is 1,000,000;")
    assert time.monotonic() - start < 1


def test_too_many_rows_between_quotes_are_refused_while_they_are_read():
    content = "a,b\n" + '"1",2\n' * 1_500
    assert refusal(content, limits=Limits(rows=1_000)).startswith("the table has 1,001 rows, the limit is 1,000;")


def test_totals_notes_and_repeated_headers_are_left_out_and_said():
    text = lines("2024-01-01,1", "2024-01-02,2", "date,y", "2024-01-03,7", "Total,10", "", "Source: the office")
    result = understood(text)
    assert result.panel.series[0].values.tolist() == [1, 2, 7]
    assert "the header is repeated inside the table and was left out there: line 4" in result.warnings
    assert 'line 6 was left out as a total or note: "Total 10"' in result.warnings
    assert 'line 8 was left out as a total or note: "Source: the office"' in result.warnings
