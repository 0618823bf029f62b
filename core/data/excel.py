"""A workbook's sheet to a table, streamed row by row: a cell in the last corner of the sheet costs nothing.

The archive was checked before (`container`). Formulas count by their saved results; macros and pictures are not looked at.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from core.data.layout import Layout
from core.data.limits import Limits, check_columns, check_rows
from core.data.table import Notes, Table, quoted
from core.data.tabulate import tabulate
from core.errors import ConfigError, DataError

LAST_ROW = 1_048_576
DAMAGED = (
    zlib.error, zipfile.BadZipFile, ParseError, InvalidFileException, OSError, EOFError, KeyError, ValueError, IndexError,
    TypeError, AttributeError, NotImplementedError,
)  # fmt: skip


def read_workbook(
    content: bytes, sheet: str | None, limits: Limits, notes: Notes
) -> tuple[Table, Layout, str, tuple[str, ...]]:
    """The table of a sheet, its layout, the sheet's name and the names of all sheets.

    Without `sheet`, the first visible one that is not empty. Raises ConfigError for a sheet that is not there, DataError for a
    damaged workbook, LimitError beyond the caps.
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
        raise DataError(f"the sheet {quoted(name)} is empty; choose another of {', '.join(map(quoted, sheets[:10]))}")
    table, layout = tabulate(prepended(first, records), limits, place, notes)
    check_formulas(table, content, notes)
    return table, layout, name, sheets


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
            raise ConfigError(f"there is no sheet {sheet!r}; the workbook has {', '.join(map(repr, names))}")
        return names.index(sheet)
    visible = [position for position, one in enumerate(book.worksheets) if one.sheet_state == "visible"]
    chosen = next((position for position in visible if next(cells_of(book.worksheets[position], limits), None)), 0)
    if len(names) > 1:
        others = ", ".join(
            quoted(name) + ("" if position in visible else " (hidden)")
            for position, name in enumerate(names)
            if position != chosen
        )
        notes.warn(f"the sheet {quoted(names[chosen])} was read; there are others: {others}")
    return chosen


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
