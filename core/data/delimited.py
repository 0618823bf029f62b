"""Delimited text to a table: the delimiter by how well it fits, quotes as the standard has them, physical line numbers.

Not here: what the cells mean. They stay text.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from core.data.layout import Layout, is_header_row, looks_like_data, trimmed
from core.data.limits import Limits, check_rows
from core.data.table import Notes, Table
from core.data.tabulate import field_too_long, tabulate
from core.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 64 << 10  # characters
SAMPLE_ROWS = 200
MOST_ODD = 0.1  # of the rows may have another number of fields than there are names
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def read_text(content: bytes, encoding: str, limits: Limits, notes: Notes) -> tuple[Table, Layout, str]:
    """The table in some text, its layout and its delimiter.  Raises DataError or LimitError where it cannot be read."""
    if b'"' not in content:  # then every line end is the end of a row, and the rows can be counted before they are read
        rows = max(content.count(b"\n"), content.count(b"\r"))
        if rows > limits.rows + SAMPLE_ROWS:  # some may be titles, or blank
            check_rows(rows, limits)
    sample = content[: 4 * SAMPLE].decode(encoding, errors="ignore")[:SAMPLE]
    delimiter = delimiter_of(sample)
    records = records_of(content, encoding, delimiter, limits)
    table, layout = tabulate(records, limits, "line", notes)
    return table, layout, delimiter


def delimiter_of(sample: str) -> str:
    """The delimiter under which rows are equally long and cells look like data; the unit separator for a single column.

    Rows under as many names speak against a single column, for numbers with a decimal comma do not have a name for each half.
    """
    split = {delimiter: sample_rows(sample, delimiter) for delimiter in DELIMITERS}
    scores = {delimiter: fitness(rows) for delimiter, rows in split.items()}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if has_fitting_names(split[best]) or scores[best] > lone_column(sample) else "\x1f"


def sample_rows(sample: str, delimiter: str) -> list[list[str]]:
    """The first rows under a delimiter, without those of no cell; none where the sample cannot be split by it."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [row for row, _ in zip(reader, range(SAMPLE_ROWS), strict=False) if row]
    except csv.Error:
        return []


def has_fitting_names(rows: list[list[str]]) -> bool:
    """Whether nearly all rows have as many fields as the names above them, two or more; blank fields at an end do not count."""
    head = next((place for place, cells in enumerate(rows[:-1]) if has_data(rows[place + 1]) and is_header_row(cells)), None)
    if head is None:
        return False
    width, below = len(trimmed(rows[head])), rows[head + 1 :]
    odd = sum(not len(trimmed(row)) <= width <= len(row) for row in below)
    return width > 1 and odd <= max(1, MOST_ODD * len(below)) and odd < len(below)


def has_data(cells: list[str]) -> bool:
    return any(cell.strip() and looks_like_data(cell) for cell in cells)


def fitness(rows: list[list[str]]) -> float:
    """Between 0 and 1.5: the share of rows that have the usual width, and half the share of their cells that are data."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width = max(widths, key=lambda one: (widths[one], one))
    cells = [cell for row in rows if len(row) == width for cell in row]
    return widths[width] / len(rows) + 0.5 * sum(map(looks_like_data, cells)) / len(cells)


def lone_column(sample: str) -> float:
    """The fitness of taking every line as one cell, a little less so that a delimiter wins a tie."""
    lines = [line for line in sample.splitlines()[:SAMPLE_ROWS] if line.strip()]
    data = sum(map(looks_like_data, lines))
    return 0.999 + 0.5 * data / len(lines) if data > 0.5 * len(lines) else 0.0


def records_of(content: bytes, encoding: str, delimiter: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every row that is not blank; a row with line ends inside quotes counts from where it begins."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    before = csv.field_size_limit(limits.field)
    line = 1
    try:
        for cells in reader:
            if cells and (len(cells) > 1 or cells[0].strip()):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise quoting_error(str(error), line, limits) from None
    finally:
        csv.field_size_limit(before)


def quoting_error(reason: str, line: int, limits: Limits) -> Exception:
    if "field larger" in reason:
        return field_too_long(f"line {line}", limits)
    if "unexpected end" in reason:
        return DataError(f"line {line} opens a quote that is never closed; close it, or remove it")
    if "expected after" in reason:
        return DataError(f"line {line} has text after a closing quote; double the quotes inside a field")
    return DataError(f"line {line} cannot be read as delimited text ({reason}); save the file anew as CSV")
