import time

from tests.data.brought import DAYS, refusal, understood, with_part, workbook

ROWS = [["date", "y"]] + [[day, 2.5 * i] for i, day in enumerate(DAYS)]
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>'
)


def test_a_sheet_of_dates_and_numbers_is_read():
    result = understood(workbook(ROWS), "a.xlsx")
    (series,) = result.panel
    assert (len(series), series.freq, series.values[27]) == (28, "D", 67.5)
    assert (result.dialect.kind, result.dialect.sheet) == ("xlsx", "Data")
    assert result.warnings == ()


def test_numbers_and_dates_stored_as_text_are_read():
    rows = [["date", "y"]] + [[f"{day:%d.%m.%Y}", f"{i},5"] for i, day in enumerate(DAYS)]
    (series,) = understood(workbook(rows), "a.xlsx").panel
    assert series.values[:3].tolist() == [0.5, 1.5, 2.5]


def test_dates_as_dates_and_as_text_in_one_column_are_read():
    (series,) = understood(workbook([["date", "y"], [DAYS[0], 3], ["2024-01-02", 1], [DAYS[2], 4]]), "a.xlsx").panel
    assert series.values.tolist() == [3, 1, 4]


def test_error_cells_are_missing_and_said():
    rows = [row if i != 4 else [row[0], "#REF!"] for i, row in enumerate(ROWS)]
    result = understood(workbook(rows), "a.xlsx")
    assert result.missing == (1,)
    assert 'column B "y": read as missing: "#REF!"' in result.repairs


def test_text_among_numbers_is_refused_with_its_row():
    rows = [row if i != 4 else [row[0], "abc"] for i, row in enumerate(ROWS)]
    assert refusal(workbook(rows), "a.xlsx").startswith('row 5, column B "y": "abc" is not a number;')


def test_a_merged_header_line_is_joined():
    rows = [["", "north", None], ["date", "sales", "cost"], *([day, i, 2 * i] for i, day in enumerate(DAYS))]
    assert [c.name for c in understood(workbook(rows), "a.xlsx").columns] == ["date", "north / sales", "north / cost"]


def test_the_first_visible_sheet_with_cells_is_read_and_the_others_are_named():
    def more(book):
        book.create_sheet("Cover", 0)
        book.create_sheet("Secret").sheet_state = "hidden"

    result = understood(workbook(ROWS, more=more), "a.xlsx")
    assert result.dialect.sheet == "Data"
    assert result.warnings == ('the sheet "Data" was read; there are others: "Cover", "Secret" (hidden)',)


def test_an_unknown_sheet_is_refused_with_those_that_are_there():
    assert refusal(workbook(ROWS), "a.xlsx", sheet="Sales") == "there is no sheet 'Sales'; the workbook has 'Data'"


def test_an_empty_sheet_is_refused():
    assert 'the sheet "Data" is empty' in refusal(workbook([]), "a.xlsx")


def test_formulas_without_results_are_warned_of():
    rows = [["date", "y", "z"]] + [[day, i, f"=B{i}"] for i, day in enumerate(DAYS)]
    result = understood(workbook(rows), "a.xlsx")
    assert 'column C "z" may hold formulas without saved results; open the workbook in Excel and save it' in result.warnings


def test_a_cell_in_the_last_corner_costs_nothing():
    def more(book):
        book.active["XFD1048576"] = 1

    start = time.monotonic()
    assert "the table has 16,384 columns, the limit is 2,000" in refusal(workbook(ROWS, more=more), "a.xlsx")
    assert time.monotonic() - start < 5


def test_a_row_far_below_costs_nothing():
    def more(book):
        book.active["A1048576"] = "Total"

    assert len(understood(workbook(ROWS, more=more), "a.xlsx").panel.series[0]) == 28


def test_xml_entities_are_refused():
    content = with_part(workbook(ROWS), "xl/worksheets/sheet1.xml", ENTITIES)
    assert refusal(content, "a.xlsx").startswith("the workbook contains XML entities")


def test_a_damaged_part_is_refused():
    content = with_part(workbook(ROWS), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>")
    assert refusal(content, "a.xlsx").startswith("the workbook is damaged or incomplete")


def covered(*more: str) -> object:
    """Adds a cover of text before the data, and copies of the data behind it."""

    def add(book):
        cover = book.create_sheet("Cover", 0)
        cover.append(["Sales report"])
        cover.append(["as of", "2024-05-01"])
        for name in more:
            sheet = book.create_sheet(name)
            for row in ROWS:
                sheet.append(row)

    return add


def test_the_only_sheet_with_a_table_is_read_though_a_cover_comes_first():
    result = understood(workbook(ROWS, more=covered()), "a.xlsx")
    assert result.dialect.sheet == "Data"
    assert result.warnings == ('the sheet "Data" was read; there are others: "Cover"',)


def test_an_error_in_a_sheet_that_nobody_chose_names_the_others():
    text = refusal(workbook(ROWS, more=covered("More")), "a.xlsx")
    assert text.endswith('(this is sheet "Cover"; --sheet NAME chooses another: "Data", "More")')
    text = refusal(workbook(ROWS, more=covered("More")), "a.xlsx", target="y")
    assert text.startswith("there is no column 'y'")
    assert text.endswith('--sheet NAME chooses another: "Data", "More")')
    assert "--sheet" not in refusal(workbook(ROWS, more=covered("More")), "a.xlsx", sheet="Cover")


def test_a_chosen_sheet_that_is_empty_names_the_others():
    text = refusal(workbook([], more=covered()), "a.xlsx", sheet="Data")
    assert text == 'the sheet "Data" is empty; choose another sheet with --sheet NAME: "Cover"'
