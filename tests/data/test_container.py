import gzip
import time

import pytest

from core.data.limits import Limits
from tests.data.brought import DAYS, column, lines, refusal, understood, with_part, workbook

ROWS = [["date", "y"]] + [[day, 2.5 * i] for i, day in enumerate(DAYS)]


def test_an_empty_file_is_refused():
    assert refusal(b"") == "the file is empty; bring one with a line of names and rows of data"


def test_a_file_of_blanks_is_refused():
    assert refusal(b" \n\n\t ") == "the file is empty but for 5 blanks; bring one with a line of names and rows of data"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG picture, not a table"),
        (b"\xff\xd8\xff\xe0JFIF", "a JPEG picture, not a table"),
        (b"GIF89a\x01\x00", "a GIF picture, not a table; bring the numbers as CSV, .xlsx or Parquet"),
        (b"%PDF-1.7\n", "a PDF document, not a table; bring the numbers as CSV, .xlsx or Parquet"),
        (gzip.compress(b"date,y\n"), "compressed (gzip); unpack it first"),
        (b"<!DOCTYPE html><html><body>log in</body></html>", "a web page"),
        (b'[{"date": "2024-01-01", "y": 1}]', "JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old Excel workbook (.xls)"),
        (b"MZ\x90\x00", "a program"),
        (b"PAREdataPARE", "an encrypted Parquet file"),
    ],
)
def test_files_that_are_no_tables_are_refused_by_what_they_are(content, what):
    assert f"the file is {what}" in refusal(content)


def test_a_zip_file_is_refused_with_what_is_in_it():
    archive = with_part(workbook(ROWS), "x", b"")
    text = refusal(with_part(b"PK\x05\x06" + bytes(18), "north.csv", b"date,y\n"))
    assert text == "the file is compressed (zip, with north.csv inside); unpack it first"
    assert len(understood(archive, "a.xlsx").panel.series[0]) == 28


def test_text_called_xlsx_is_read_as_text_with_a_warning():
    result = understood(column("1", "2", "4"), "a.xlsx")
    assert result.dialect.kind == "csv"
    assert result.warnings == ("the file is called .xlsx but is delimited text; it was read as that",)


def test_a_workbook_called_csv_is_read_as_a_workbook_with_a_warning():
    result = understood(workbook(ROWS), "a.csv")
    assert result.dialect.kind == "xlsx"
    assert result.warnings == ("the file is called .csv but is an Excel workbook; it was read as that",)


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part(workbook(ROWS), "xl/media/bomb.xml", b"0" * (300 << 20))
    assert len(bomb) < 500_000
    start = time.monotonic()
    assert refusal(bomb, "a.xlsx") == "the file expands to 300.0 MB, the limit is 200.0 MB; save fewer rows"
    assert time.monotonic() - start < 1


def test_a_part_that_expands_suspiciously_is_refused():
    bomb = with_part(workbook(ROWS), "xl/media/bomb.xml", b"0" * (20 << 20))
    assert "expands" in refusal(bomb, "a.xlsx")
    assert "times, the limit is 100" in refusal(bomb, "a.xlsx")


def test_a_cut_off_workbook_is_refused():
    assert "incomplete or damaged" in refusal(workbook(ROWS)[:-300], "a.xlsx")


def test_a_file_over_the_byte_cap_is_refused():
    text = refusal(lines(*["2024-01-01,1"] * 100), limits=Limits(bytes=1000))
    assert text == "the file has 1,307 bytes, the limit is 1,000 bytes; aggregate or split it"
