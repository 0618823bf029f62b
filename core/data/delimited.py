"""Delimited text to a table: the delimiter by how well it fits, quotes as the standard has them, physical line numbers.

Not here: what the cells mean. They stay text.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from core.data.layout import Layout, looks_like_data
from core.data.limits import Limits, check_rows
from core.data.table import Notes, Table
from core.data.tabulate import field_too_long, tabulate
from core.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 64 << 10  # characters
SAMPLE_ROWS = 200
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
    """The delimiter under which rows are equally long and cells look like data; a comma if there is only one column."""
    scores = {delimiter: fitness(sample, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > lone_column(sample) else "\x1f"


def fitness(sample: str, delimiter: str) -> float:
    """Between 0 and 1.5: the share of rows that have the usual width, and half the share of their cells that are data."""
    lines = io.StringIO(sample, newline="")
    try:
        rows = [
            row
            for row, _ in zip(csv.reader(lines, delimiter=delimiter, skipinitialspace=True), range(SAMPLE_ROWS), strict=False)
            if row
        ]
    except csv.Error:
        return 0.0
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
