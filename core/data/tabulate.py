"""Rows of cells to a table of columns, in pieces, so that a cap stops the reading before memory does."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
import pyarrow as pa

from core.data.layout import Layout, layout_of, trimmed
from core.data.limits import Limits, check_columns, check_rows
from core.data.table import SHOWN, Column, Notes, Table, as_text, letter, plural, quoted, shortened, total
from core.errors import DataError, LimitError

Cells = list[object]  # of one row: text, or what a workbook holds
SAMPLE = 100
PIECE = 200_000  # cells


def tabulate(records: Iterator[tuple[int, Cells]], limits: Limits, place: str, notes: Notes) -> tuple[Table, Layout]:
    """The table in records of (line number, cells), and its layout.

    Raises DataError for a file without data and for rows that are too long, LimitError beyond the caps.
    """
    sample = list(islice(records, SAMPLE))
    layout = layout_of([(line, [as_cell(cell) for cell in cells]) for line, cells in sample], place, notes)
    check_columns(len(layout.names), limits)
    pieces = Pieces(len(layout.names), place, "the header has" if layout.header_line else "the rows above have")
    for line, cells in chain(sample[layout.first :], records):
        pieces.add(line, cells)
        if pieces.rows > limits.rows:
            check_rows(pieces.rows, limits)
    pieces.report(notes)
    arrays = pieces.arrays()
    check_fields(arrays, limits, np.frombuffer(pieces.lines, np.int64), place)
    columns = [Column(name, letter(i), cells) for i, (name, cells) in enumerate(zip(layout.names, arrays, strict=True))]
    return Table(tuple(columns), np.frombuffer(pieces.lines, np.int64), place), layout


def as_cell(cell: object) -> str:
    """One cell of any type as text, for looking at the layout."""
    if cell is None:
        return ""
    return as_text(column_array([cell]))[0].as_py() if not isinstance(cell, str) else cell


@dataclass
class Pieces:
    """A table that grows: rows are collected and turned into Arrow arrays a piece at a time."""

    width: int
    place: str
    who: str  # says how many fields there are to be
    rows: int = 0
    lines: array = field(default_factory=lambda: array("q"))
    pending: list[Sequence[object]] = field(default_factory=list)
    done: list[list[pa.Array]] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    long: list[int] = field(default_factory=list)

    def add(self, line: int, cells: Cells) -> None:
        if len(cells) != self.width:
            cells = self.fitted(line, cells)
        self.pending.append(cells)
        self.lines.append(line)
        self.rows += 1
        if len(self.pending) * self.width >= PIECE:
            self.flush()

    def fitted(self, line: int, cells: Cells) -> Cells:
        """A row of the right width; blank cells at the end may be too many or too few.  Raises DataError for others."""
        if len(cells) > self.width:
            extra = cells[self.width :]
            if any(cell is not None and str(cell).strip() for cell in extra):
                texts = trimmed([as_cell(cell) for cell in cells])
                raise DataError(
                    f"{self.place} {line} has {len(texts)} fields, {self.who} {self.width}: {quoted(', '.join(texts))}; "
                    "put fields with a delimiter inside in quotes, or remove the extra one"
                )
            self.long.append(line)
            return cells[: self.width]
        self.short.append(line)
        return [*cells, *[None] * (self.width - len(cells))]

    def flush(self) -> None:
        if self.pending:
            self.done.append([column_array(column) for column in zip(*self.pending, strict=True)])
            self.pending = []

    def arrays(self) -> list[pa.Array]:
        """One array a column, of one type."""
        self.flush()
        return [unified([piece[position] for piece in self.done]) for position in range(self.width)]

    def report(self, notes: Notes) -> None:
        if self.short and self.place == "line":  # a workbook has no cells where it has no values
            count = plural(len(self.short), "row")
            notes.warn(f"{count} with fewer than {self.width} fields, the rest taken as blank: {self.listed(self.short)}")
        if self.long:
            count = plural(len(self.long), "row")
            notes.warn(f"{count} with blank fields beyond the {self.width} columns, now left out: {self.listed(self.long)}")

    def listed(self, lines: list[int]) -> str:
        return f"{self.place} {', '.join(map(str, lines[:SHOWN]))}{total(len(lines))}"


def column_array(cells: Sequence[object]) -> pa.Array:
    """Cells as text, or as numbers, truth values or dates if they are all of that type; blank ones are null."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {str}:
        return pa.array(cells, pa.string())
    if not kinds:
        return pa.nulls(len(cells))
    if kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    if kinds <= {dt.datetime, dt.date}:
        return pa.array(cells, pa.timestamp("us"))
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    return pa.array(
        [None if cell is None else cell if isinstance(cell, str) else one_text(cell) for cell in cells], pa.string()
    )


def one_text(cell: object) -> str:
    if isinstance(cell, bool | int | float | dt.datetime | dt.date):
        return as_text(column_array([cell]))[0].as_py()
    return shortened(str(cell))


def unified(pieces: list[pa.Array]) -> pa.Array:
    """The pieces of one column in one array; as text where their types differ."""
    kinds = {piece.type for piece in pieces if not pa.types.is_null(piece.type)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    if not pieces:
        return pa.nulls(0, pa.string())
    return pa.concat_arrays([piece.cast(kind) if piece.type in (kind, pa.null()) else as_text(piece) for piece in pieces])


def check_fields(arrays: list[pa.Array], limits: Limits, lines: np.ndarray, place: str) -> None:
    """Raises LimitError if a cell has more characters than may be."""
    for position, cells in enumerate(arrays):
        if not pa.types.is_string(cells.type) or not len(cells):
            continue
        offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
        sizes = np.diff(offsets)  # bytes, at least as many as characters
        if sizes.max() > limits.field and len(cells[int(sizes.argmax())].as_py()) > limits.field:
            raise field_too_long(f"{place} {lines[sizes.argmax()]}, column {letter(position)}", limits)


def field_too_long(where: str, limits: Limits) -> LimitError:
    return LimitError(f"{where}: the field is longer than {limits.field:,} characters; close its quote, or shorten it")
