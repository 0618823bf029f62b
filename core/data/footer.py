"""Rows of a table that are no data: totals and footnotes at its end, a header repeated inside, rows that are blank."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dates import Times
from core.data.numbers import to_numpy
from core.data.table import Column, Notes, Table, quoted

LAST = 5  # rows in which a footer is looked for
WORDS = re.compile(
    r"(grand |sub)?(total|sum|average|mean|note|source|summe|gesamt|mittel|durchschnitt|quelle|anmerkung|\*)",
    re.IGNORECASE,
)


def without_footer(
    table: Table, column: Column, times: Times, targets: tuple[str, ...], notes: Notes
) -> tuple[Table, np.ndarray]:
    """The rows that are data, and which they are (R,) bool; each row left out is a warning, blank ones a repair.

    column: of the times. A time that is no date makes a footer only at the end, and only under a word for one or beside blanks.
    """
    keep = np.ones(len(table), bool)
    texts = column.text()
    blank = times.missing & blank_rows(table, targets)
    if blank.any():
        notes.repair(f"rows without a time and a value were left out: {table.places(np.flatnonzero(blank))}")
    header = to_numpy(pc.equal(texts, column.name)) & times.bad
    if header.any():
        notes.warn(f"the header is repeated inside the table and was left out there: {table.places(np.flatnonzero(header))}")
    keep &= ~(blank | header)
    for row in reversed(np.flatnonzero(keep)[-LAST:]):
        if not is_footer(table, texts[int(row)].as_py(), int(row), times, targets):
            break
        keep[row] = False
        notes.warn(f"{table.where(int(row))} was left out as a total or note: {quoted(row_text(table, int(row)))}")
    return (table if keep.all() else table.keep(keep)), keep


def blank_rows(table: Table, names: tuple[str, ...]) -> np.ndarray:
    """(R,) whether all of some columns are blank."""
    mask = np.ones(len(table), bool)
    for name in names:
        mask &= to_numpy(pc.equal(table[name].text(), ""))
    return mask


def is_footer(table: Table, text: str, row: int, times: Times, targets: tuple[str, ...]) -> bool:
    if not times.bad[row] and not times.missing[row]:
        return False
    one = Table(
        tuple(Column(c.name, c.letter, c.cells.slice(row, 1)) for c in table.columns),
        table.lines[row : row + 1],
        table.place,
    )
    first = next((cell for c in one.columns if (cell := c.text()[0].as_py())), "")
    return bool(WORDS.match(text or first)) or (times.bad[row] and bool(blank_rows(one, targets)[0]))


def row_text(table: Table, row: int) -> str:
    cells = [column.cells.slice(row, 1) for column in table.columns]
    texts = [Column("", "", pa.array(cell)).text()[0].as_py() for cell in cells]
    return " ".join(filter(None, texts))
