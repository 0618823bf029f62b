"""A workbook's sheet to a table, streamed row by row: a cell in the last corner of the sheet costs nothing.

The archive was checked before (`container`). Formulas count by their saved results; macros and pictures are not looked at.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from core.data.layout import Layout, looks_like_data
from core.data.limits import Limits, check_columns, check_rows
from core.data.table import SHOWN, Notes, Table, in_sheet, quoted
from core.data.tabulate import tabulate
from core.errors import ConfigError, DataError

LAST_ROW = 1_048_576
MOST_SHEETS, LOOKED_AT, FEWEST_ROWS = 20, 50, 3  # sheets, their first rows, and how many of those hold data in a table
DAMAGED = (
    zlib.error, zipfile.BadZipFile, ParseError, InvalidFileException, OSError, EOFError, KeyError, ValueError, IndexError,
    TypeError, AttributeError, NotImplementedError,
)  # fmt: skip


def read_workbook(
    content: bytes, sheet: str | None, limits: Limits, notes: Notes
) -> tuple[Table, Layout, str, tuple[str, ...]]:
    """The table of a sheet, its layout, the sheet's name and the names of all sheets.

    Without `sheet`, the first visible one that is not empty, or the only one with rows of numbers or dates. Raises ConfigError
    for a sheet that is not there, DataError for a damaged workbook, LimitError beyond the caps.
    """
    assert openpyxl.DEFUSEDXML, "defusedxml must be installed: without it a workbook can expand XML entities"
    book = guarded(lambda: openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False))
    sheets = tuple(one.title for one in book.worksheets)
    if not sheets:
        raise DataError("the workbook has no sheet with cells; save the table as .xlsx or CSV")
    chosen = chosen_sheet(book, sheet, limits, notes)
    name, place = sheets[chosen], "row"
    records = cells_of(book.worksheets[chosen], limits)
    first = next(records, None)
    if first is None:
        raise DataError(empty_sheet(name, sheets))
    try:
        table, layout = tabulate(prepended(first, records), limits, place, notes)
    except DataError as error:
        if sheet is None and len(sheets) > 1:
            raise DataError(in_sheet(str(error), name, sheets)) from None
        raise
    check_formulas(table, content, notes)
    return table, layout, name, sheets


def empty_sheet(name: str, sheets: tuple[str, ...]) -> str:
    others = [quoted(one) for one in sheets if one != name]
    if not others:
        return f"the sheet {quoted(name)} is empty; put a line of names and rows of data into it"
    return f"the sheet {quoted(name)} is empty; choose another sheet with --sheet NAME: {', '.join(others[:SHOWN])}"


def guarded(load: object) -> openpyxl.Workbook:
    try:
        return load()
    except DAMAGED as error:
        raise damaged(error) from None


def damaged(error: Exception) -> DataError:
    if isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException):
        return DataError("the workbook contains XML entities, which no real one does; save the table as CSV")
    return DataError(f"the workbook is damaged or incomplete ({type(error).__name__}); open it in Excel and save it anew")


def chosen_sheet(book: openpyxl.Workbook, sheet: str | None, limits: Limits, notes: Notes) -> int:
    """The position of the sheet to read; others are named in a warning."""
    names = [one.title for one in book.worksheets]
    if sheet is not None:
        if sheet not in names:
            shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
            raise ConfigError(f"there is no sheet {sheet!r}; the workbook has {shown}")
        return names.index(sheet)
    visible = [position for position, one in enumerate(book.worksheets) if one.sheet_state == "visible"]
    first = next((position for position in visible if next(cells_of(book.worksheets[position], limits), None)), 0)
    chosen = first if len(names) == 1 or has_rows(book, first, limits) else only_table(book, visible, limits, first)
    if len(names) > 1:
        others = ", ".join(
            quoted(name) + ("" if position in visible else " (hidden)")
            for position, name in enumerate(names)
            if position != chosen
        )
        notes.warn(f"the sheet {quoted(names[chosen])} was read; there are others: {others}")
    return chosen


def only_table(book: openpyxl.Workbook, visible: list[int], limits: Limits, first: int) -> int:
    """The position of the only visible sheet with rows of data; `first` if there is none or more than one."""
    found = [position for position in visible[:MOST_SHEETS] if position != first and has_rows(book, position, limits)]
    return found[0] if len(found) == 1 else first


def has_rows(book: openpyxl.Workbook, position: int, limits: Limits) -> bool:
    """Whether the first rows of a sheet look like a table: a few of them hold numbers or dates, or one holds many."""
    rows = islice(cells_of(book.worksheets[position], limits), LOOKED_AT)
    counts = [count for _, cells in rows if (count := sum(map(is_data, cells)))]
    return len(counts) >= FEWEST_ROWS or sum(counts) >= 2 * FEWEST_ROWS


def is_data(cell: object) -> bool:
    return looks_like_data(cell) and bool(cell.strip()) if isinstance(cell, str) else cell is not None


def cells_of(sheet: object, limits: Limits) -> Iterator[tuple[int, list[object]]]:
    """(row number, cells) of the rows that have any; the sheet's own word on its size is not believed."""
    sheet.reset_dimensions()
    count = 0
    try:
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > LAST_ROW:
                raise DataError(f"the sheet has a row beyond {LAST_ROW:,}, which no workbook can have; save the table as CSV")
            if cells and any(cell is not None and cell != "" for cell in cells):
                count += 1
                check_rows(count, limits)
                row = without_blank_end(cells)
                check_columns(len(row), limits)
                yield number, row
    except DAMAGED as error:
        raise damaged(error) from None


def without_blank_end(cells: tuple[object, ...]) -> list[object]:
    end = len(cells)
    while end and (cells[end - 1] is None or cells[end - 1] == ""):
        end -= 1
    return list(cells[:end])


def prepended(first: tuple[int, list[object]], rest: Iterator[tuple[int, list[object]]]) -> Iterator[tuple[int, list[object]]]:
    yield first
    yield from rest


def check_formulas(table: Table, content: bytes, notes: Notes) -> None:
    """A warning for columns that have a name and no value, if the workbook holds formulas: they were never calculated."""
    empty = [column for column in table.columns if column.cells.null_count == len(table)]
    if not empty or not has_formulas(content):
        return
    names = ", ".join(column.label() for column in empty[:5])
    notes.warn(f"{names} may hold formulas without saved results; open the workbook in Excel and save it")


def has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                with archive.open(name) as part:
                    while piece := part.read(1 << 20):
                        if b"<f>" in piece or b"<f " in piece:
                            return True
    return False
