"""What a sample of a column looks like: dates, numbers, text or nothing. What the column is for is decided in `columns`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dateparts import common_shape, spread
from core.data.numbers import MISSING, is_value
from core.data.table import Column

SAMPLE = 300


@dataclass(frozen=True)
class Profile:
    """What a sample of a column looks like: shares of its present cells that are dates and numbers, and whether it has any."""

    dates: float
    numbers: float
    is_counting: bool  # whole numbers, one more from row to row
    is_empty: bool
    is_bare_number: bool  # its dates could as well be numbers: 2024, 202401, 20240101
    first: tuple[str, ...]

    @property
    def type(self) -> str:
        if self.is_empty:
            return "empty"
        if self.dates >= 0.5 and not self.is_bare_number:
            return "date"
        return "number" if self.numbers >= 0.5 else "text"


def profile_of(column: Column) -> Profile:
    """Looks at the first cells and at a spread sample of those that are not blank."""
    first = tuple(column.part(slice(0, 3)).text().to_pylist())
    if column.is_date:
        return Profile(1.0, 0.0, False, column.cells.null_count == len(column.cells), False, first)
    sample = [cell for cell in present_cells(column) if cell.lower() not in MISSING]
    if not sample:
        return Profile(0.0, 0.0, False, True, False, first)
    shape = common_shape(sample)
    share = np.mean([common_shape([cell]) is not None for cell in sample]) if shape else 0.0
    numbers = np.mean([is_value(cell) for cell in sample])
    is_bare = bool(shape and shape.is_number)
    return Profile(float(share), float(numbers), is_counting(column), False, is_bare, first)


def present_cells(column: Column) -> list[str]:
    """A spread sample of the cells; of mostly blank columns, of what is not blank."""
    chosen = column.rows(spread(len(column.cells), SAMPLE)).text()
    present = [cell for cell in chosen.to_pylist() if cell]
    if len(present) > SAMPLE // 2 or len(chosen) == len(column.cells):
        return present
    texts = column.text()
    texts = texts.filter(pc.not_equal(texts, ""))
    return texts.take(spread(len(texts), SAMPLE)).to_pylist()


def is_counting(column: Column) -> bool:
    """Whether the first hundred cells are whole numbers, each one more than the one before."""
    head = column.part(slice(0, 100)).text()
    if len(head) < 3 or not pc.all(pc.match_substring_regex(head, pattern=r"^-?\d{1,9}$")).as_py():
        return False
    return bool((np.diff(pc.cast(head, pa.int64()).to_numpy()) == 1).all())


def is_whole(column: Column) -> bool:
    texts = column.text()
    return bool(pc.all(pc.match_substring_regex(texts, pattern=r"^[+-]?\d{0,18}$"), min_count=0).as_py())


def rises(column: Column) -> bool:
    """Whether whole numbers never fall, for at least three rows."""
    texts = column.text()
    if len(texts) < 3 or not pc.all(pc.match_substring_regex(texts, pattern=r"^\d{1,9}$")).as_py():
        return False
    return bool((np.diff(pc.cast(texts, pa.int64()).to_numpy()) > 0).all())
