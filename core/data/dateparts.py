"""Cells of text to the numbers in them: which shape a column of dates has, and the year, month and hour of each cell."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.numbers import to_numpy
from core.data.shapes import MONTHS, SHAPES, Shape, shape_of
from core.data.stamps import Parts
from core.data.table import Notes

PIVOT = 69  # two-digit years from here are of the 20th century


def spread(length: int, count: int) -> pa.Array:
    """At most `count` places in an array of some length, evenly spread and with the ends among them."""
    return pa.array(np.unique(np.linspace(0, max(0, length - 1), min(count, length)).astype(np.int64)), pa.int64())


def common_shape(cells: list[str]) -> Shape | None:
    """The shape that most of the cells have, if at least half of them have one; None otherwise."""
    counts = Counter(shape for cell in cells if (shape := shape_of(cell, numbers=True)) is not None)
    if not counts:
        return None
    best = max(counts, key=lambda shape: (counts[shape], -SHAPES.index(shape)))
    return best if counts[best] >= 0.5 * len(cells) else None


def extracted(texts: pa.Array, shape: Shape) -> Parts:
    """The numbers in cells that have the shape; what has not is marked by year 0."""
    found = pc.extract_regex(texts, pattern=f"^(?:{shape.pattern})$")
    names = set(re.findall(r"\?P<(\w+)>", shape.pattern))

    def number(name: str, default: int) -> np.ndarray:
        if name not in names:
            return np.broadcast_to(np.int64(default), len(texts))
        field = pc.struct_field(found, name)
        filled = pc.if_else(pc.fill_null(pc.equal(field, ""), True), str(default), field)
        return pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False)

    def words(name: str) -> pa.Array | None:
        return pc.fill_null(pc.struct_field(found, name), "") if name in names else None

    year_text = words("year")
    year = np.where(to_numpy(pc.equal(year_text, "")), 0, number("year", 0))
    month = 3 * number("quarter", 1) - 2 if "quarter" in names else number("month", 1)
    return Parts(
        year=year,
        month=months_by_name(words("name")) if "name" in names else month,
        day=number("day", 1),
        hour=hours(number("hour", 0), words("half")),
        minute=number("minute", 0),
        second=number("second", 0),
        micro=microseconds(words("fraction"), len(texts)),
        week=number("week", 0) if "week" in names else None,
        weekday=number("weekday", 1),
        day_or_month=(number("a", 0), number("b", 0)) if "a" in names else None,
        is_short_year=to_numpy(pc.equal(pc.utf8_length(year_text), 2)),
        zones=words("zone"),
    )


def months_by_name(names: pa.Array) -> np.ndarray:
    """(R,) months by their names, 0 for words that are none."""
    coded = names.dictionary_encode()
    numbers = np.array([MONTHS.get(word.casefold().rstrip("."), 0) for word in coded.dictionary.to_pylist()], np.int64)
    return numbers[coded.indices.to_numpy()] if len(numbers) else np.zeros(len(names), np.int64)


def hours(hour: np.ndarray, half: pa.Array | None) -> np.ndarray:
    """Hours of the day from 0 to 24; with AM or PM, 12 counts as 0.  Hours that cannot be are 99."""
    if half is None:
        return hour
    letters = pc.utf8_lower(half)
    is_half, is_after = to_numpy(pc.not_equal(letters, "")), to_numpy(pc.equal(letters, "p"))
    of_twelve = np.where((hour < 1) | (hour > 12), 99, hour % 12 + 12 * is_after)
    return np.where(is_half, of_twelve, hour)


def microseconds(fraction: pa.Array | None, rows: int) -> np.ndarray:
    if fraction is None or not pc.any(pc.not_equal(fraction, ""), min_count=0).as_py():
        return np.broadcast_to(np.int64(0), rows)
    digits = pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, 6, "0"), 0, 6)
    return pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)


def with_century(parts: Parts, notes: Notes) -> Parts:
    """Two-digit years put into 1969 to 2068, with a warning."""
    if not parts.is_short_year.any():
        return parts
    notes.warn(
        f"years have two digits; {PIVOT} to 99 were read as 19{PIVOT} to 1999, 00 to {PIVOT - 1} as 2000 to 20{PIVOT - 1}"
    )
    full = parts.year + np.where(parts.year >= PIVOT, 1900, 2000)
    return replace(parts, year=np.where(parts.is_short_year, full, parts.year))
