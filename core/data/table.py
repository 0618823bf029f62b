"""The nouns of a reading: a table of columns as they stood in the file, and the notes that a person will see.

Cells are still text unless the file itself had types (workbooks, Parquet); nothing is a number or a date by guess here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHOWN = 5  # examples in one message


@dataclass(frozen=True, eq=False)
class Column:
    """One column: cells (R,), an Arrow array of text, float64, bool or timestamp[us]; null where a cell is empty.

    `letter` is the column's name in a spreadsheet; `zone` the time zone of timestamps, which are then in UTC.
    """

    name: str
    letter: str
    cells: pa.Array
    zone: str | None = None

    @property
    def is_text(self) -> bool:
        return pa.types.is_string(self.cells.type)

    @property
    def is_number(self) -> bool:
        return pa.types.is_floating(self.cells.type)

    @property
    def is_date(self) -> bool:
        return pa.types.is_timestamp(self.cells.type)

    def text(self) -> pa.Array:
        """(R,) the cells as trimmed text, "" for empty ones."""
        cells = self.cells if self.is_text else as_text(self.cells)
        return pc.utf8_trim_whitespace(pc.fill_null(cells, ""))

    def part(self, where: slice) -> Column:
        """The cells of neighbouring rows."""
        return replace(self, cells=self.cells[where])

    def rows(self, places: pa.Array) -> Column:
        """The cells of some rows, by their places."""
        return replace(self, cells=self.cells.take(places))

    def label(self) -> str:
        return f'column {self.letter} "{shortened(self.name)}"'


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of R rows, and for each row its place in the file: lines (R,), as an editor or spreadsheet counts them."""

    columns: tuple[Column, ...]
    lines: np.ndarray
    place: str = "line"  # or "row", in what has no lines

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def where(self, row: int) -> str:
        return f"{self.place} {self.lines[row]:,}".replace(",", "") if row < len(self.lines) else "the end"

    def keep(self, mask: np.ndarray) -> Table:
        """The rows where mask (R,) is true."""
        chosen = pa.array(mask)
        columns = tuple(Column(c.name, c.letter, c.cells.filter(chosen), c.zone) for c in self.columns)
        return Table(columns, self.lines[mask], self.place)

    def listed(self, rows: np.ndarray, column: Column) -> str:
        """Some rows for a message: place, column and value of the first five, and how many there are in all."""
        texts = column.text()
        shown = [f"{self.where(int(row))}, {column.label()}: {quoted(texts[int(row)].as_py())}" for row in rows[:SHOWN]]
        return "; ".join(shown) + total(len(rows))

    def accused(self, rows: np.ndarray, column: Column, verdict: str) -> str:
        """Some rows as `listed`, and what is wrong with each of them."""
        return self.listed(rows, column) + (": each " if len(rows) > 1 else " ") + verdict

    def places(self, rows: np.ndarray) -> str:
        """Some rows for a message, by place only: "lines 3, 7 and 9 (12 in all)"."""
        numbers = ", ".join(str(self.lines[row]) for row in rows[:SHOWN])
        return f"{self.place}{'s' if len(rows) > 1 else ''} {numbers}" + total(len(rows))


@dataclass
class Notes:
    """What a person must hear about a reading: `repairs` were made to the data, `warnings` may need a choice."""

    repairs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def repair(self, text: str) -> None:
        self.repairs.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def letter(position: int) -> str:
    """The spreadsheet letter of the column at `position` from 0: A, B, ..., Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shortened(value: str, length: int = 40) -> str:
    """At most `length` characters on one line, with whatever does not print escaped."""
    cut = value if len(value) <= length else value[: length - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def quoted(value: str) -> str:
    return f'"{shortened(value)}"'


def in_sheet(reason: str, sheet: str, sheets: tuple[str, ...]) -> str:
    """What is wrong with a sheet that nobody chose, and which others there are."""
    others = [quoted(name) for name in sheets if name != sheet]
    named = ", ".join(others[:SHOWN]) + total(len(others))
    return f"{reason} (this is sheet {quoted(sheet)}; --sheet NAME chooses another: {named})"


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 row", "2,000 rows"; the noun's last word takes the s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def total(count: int) -> str:
    return f" ({count:,} in all)" if count > SHOWN else ""


def as_text(cells: pa.Array) -> pa.Array:
    """Typed cells as a person would type them: whole numbers without a point, midnights without the time of day."""
    if pa.types.is_boolean(cells.type):
        return pc.cast(cells, pa.string())
    if pa.types.is_timestamp(cells.type):
        texts = pc.cast(pc.cast(cells, pa.timestamp("us")), pa.string())
        return pc.replace_substring_regex(texts, pattern=r"( 00:00:00)?\.000000$|( 00:00:00)$", replacement="")
    texts = pc.cast(cells, pa.string())
    return pc.replace_substring_regex(texts, pattern=r"\.0$", replacement="")
