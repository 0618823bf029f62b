"""Where the table begins in a sheet of rows: title and comment lines, one or two header lines, or none at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest

from core.data.numbers import is_value
from core.data.shapes import shape_of
from core.data.table import Notes, letter, quoted, shortened
from core.errors import DataError

Record = tuple[int, list[str]]  # line number, and the cells as text
MOST_SKIPPED = 30


@dataclass(frozen=True)
class Layout:
    """Column names; the line of the header, 0 if there is none; the first data record of the sample; lines left out above."""

    names: tuple[str, ...]
    header_line: int
    first: int
    skipped: tuple[str, ...]


def layout_of(sample: list[Record], place: str, notes: Notes) -> Layout:
    """The layout that the first records of a file show.  Raises DataError where names and fields do not fit."""
    if not sample:
        raise DataError("the file holds no cells; bring one with a line of names and rows of data")
    width = usual_width(sample)
    top = skip_titles(sample, width)
    skipped = tuple(
        f"{place} {line}: {shortened(' '.join(filter(None, cells)))}" for line, cells in sample[:top] if filled(cells)
    )
    if skipped:
        notes.repair("left out above the table: " + "; ".join(skipped))
    rows = [cells for _, cells in sample[top:]]
    line, cells = sample[top]
    if not is_header(rows):
        notes.warn(f"no header was found: {place} {line} already holds data; the columns are called col1, col2 and so on")
        return Layout(tuple(f"col{number + 1}" for number in range(max(width, len(cells)))), 0, top, skipped)
    count = 2 if is_second_header(rows) else 1
    names = joined(rows[0], rows[1]) if count == 2 else rows[0]
    if len(sample) <= top + count:
        raise DataError(f"{place} {line} has column names but no data follows; bring the data too")
    return Layout(checked_names(names, rows[count:], line, place, notes), line, top + count, skipped)


def usual_width(sample: list[Record]) -> int:
    """The most frequent number of cells in a record, the larger one of equally frequent ones."""
    widths = Counter(len(cells) for _, cells in sample)
    return max(widths, key=lambda width: (widths[width], width))


def filled(cells: list[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def skip_titles(sample: list[Record], width: int) -> int:
    """How many records stand above the table: comments, blank ones, and lines of one text in a table of several columns."""
    top = 0
    while top < min(len(sample) - 1, MOST_SKIPPED):
        cells = sample[top][1]
        is_comment = cells[0].lstrip().startswith("#") and not (
            len(cells) == width > 1 and is_header_row(sample[top + 1][1]) is False
        )
        is_title = width > 1 and filled(cells) <= 1 and bool(cells[0].strip())  # a lone text further right names a group
        is_first = not top or filled(sample[top - 1][1]) < 2  # not one of several such lines
        is_other = len(cells) != width or is_padded(cells, sample[top + 1][1], is_first=is_first)
        under = under_header_below(sample, top, width) if is_other and cells[0].strip() else None
        is_foreign = under is not None and pattern(under) != pattern(cells)  # rows above a repeated header are data
        if not (is_comment or is_title or is_foreign or not filled(cells)):
            return top
        top += 1
    return top


def is_padded(cells: list[str], below: list[str], *, is_first: bool) -> bool:
    """Whether a record of the table's width may be a title all the same: with a number or date among its texts,
    or with blank cells to the right of them, as spreadsheets write them.

    A line of groups above the names is none: it has blank cells between its texts, or is the first, with the names right below.
    """
    texts = trimmed(cells)
    if filled(texts) < len(texts):
        return False
    is_mixed = any(map(looks_like_data, texts)) and not all(map(looks_like_data, texts)) and not is_row_of_times(texts)
    return is_mixed or (len(texts) < len(cells) and (filled(below) < len(below) or not is_first))


def under_header_below(sample: list[Record], top: int, width: int) -> list[str] | None:
    """The record of data under a full line of names that comes soon after record `top`; None if no such line does."""
    pairs = zip(sample[top + 1 : top + 10], sample[top + 2 : top + 11], strict=False)
    found = (
        under
        for (_, cells), (_, under) in pairs
        if len(cells) == width and filled(cells) == width and is_header_row(cells) and not is_header_row(under)
    )
    return next(found, None)


def pattern(cells: list[str]) -> list[bool]:
    """Which cells hold data."""
    return [bool(cell.strip()) and looks_like_data(cell) for cell in cells]


def looks_like_data(cell: str) -> bool:
    """A number, a date, or a word for a missing value; blank cells may be either."""
    return is_value(cell) or shape_of(cell.strip(), numbers=True) is not None


def is_header_row(cells: list[str]) -> bool:
    """Whether there is text in a record, and nothing but text."""
    present = [cell for cell in cells if cell.strip()]
    return bool(present) and not any(looks_like_data(cell) for cell in present)


def is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: all text, or text above data, or times above a wide table."""
    head, below = rows[0], rows[1:]
    if is_header_row(head):
        return True
    for position, cell in enumerate(head):
        under = [row[position] for row in below if position < len(row) and row[position].strip()]
        if cell.strip() and not looks_like_data(cell) and under and sum(map(looks_like_data, under)) > 0.5 * len(under):
            return True
    return is_row_of_times(head) and bool(below) and not is_row_of_times(below[0])


def is_row_of_times(cells: list[str]) -> bool:
    """Whether all cells but the first are different times of one shape, three of them or more."""
    rest = [cell.strip() for cell in cells[1:] if cell.strip()]
    shapes = {shape_of(cell, numbers=True) for cell in rest}
    return len(rest) >= 3 and len(set(rest)) == len(rest) and len(shapes) == 1 and None not in shapes


def is_second_header(rows: list[list[str]]) -> bool:
    """Whether two header lines stand above the data, the upper one of merged groups."""
    has_data = len(rows) > 2 and not is_header_row(rows[2])
    return has_data and is_header_row(rows[0]) and is_header_row(rows[1]) and len(rows[0]) <= len(rows[1])


def joined(upper: list[str], lower: list[str]) -> list[str]:
    """Names of two header lines: "north / sales", where a blank in the upper line continues the group to its left."""
    names, group = [], ""
    for above, below in zip_longest(upper, lower, fillvalue=""):
        group = above.strip() or group
        names.append(" / ".join(filter(None, (group, below.strip()))))
    return names


def checked_names(names: list[str], below: list[list[str]], line: int, place: str, notes: Notes) -> tuple[str, ...]:
    """Trimmed names, one for each column.  Raises DataError if there are too few, or two are the same."""
    clean = [" ".join(name.replace("\ufeff", "").split()) for name in names]
    width = max(len(trimmed(row)) for row in below[:100]) if below else len(clean)
    usual = usual_width([(0, row) for row in below])
    while len(clean) > usual and not clean[-1]:
        clean.pop()
    if width > len(clean) and usual > len(clean):
        raise DataError(
            f"{place} {line} has {len(clean)} names, but the rows below have {usual} fields; "
            "name every column, or put numbers with a decimal comma in quotes"
        )
    blank = [position for position, name in enumerate(clean) if not name]
    if blank:
        notes.warn(
            f"columns without a name: {', '.join(letter(position) for position in blank[:5])}; they are called by their letters"
        )
    named = [name or f"column {letter(position)}" for position, name in enumerate(clean)]
    for position, name in enumerate(named):
        if (earlier := named.index(name)) < position:
            raise DataError(
                f"columns {letter(earlier)} and {letter(position)} are both called {quoted(name)}; rename one of them"
            )
    return tuple(named)


def trimmed(cells: list[str]) -> list[str]:
    """The cells without the blank ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
