"""A column of text to time stamps: one shape for the whole column, day and month told apart by evidence, zones to UTC.

Which column holds the dates is decided elsewhere (`columns`); whether they are regular, too (`frequency`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.dateparts import common_shape, extracted, spread, with_century
from core.data.numbers import missing_mask, to_numpy
from core.data.order import day_is_first
from core.data.shapes import ACCEPTED, FIRST_YEAR, LAST_YEAR, Shape, shape_of
from core.data.stamps import stamps_of
from core.data.table import Column, Notes, Table, quoted
from core.data.zones import in_one_zone
from core.errors import DataError

SAMPLE = 500


@dataclass(frozen=True, eq=False)
class Times:
    """A time column as read.

    stamps   (R,) datetime64[us], NaT where missing or bad; for plain steps int64
    missing  (R,) bool, blank cells;  bad (R,) bool, cells that are no date
    is_step  whether the times are plain integers
    is_utc   whether stamps are in UTC; else they are what a clock on the wall shows
    zone     the zone that was written with them, None if none was
    """

    stamps: np.ndarray
    missing: np.ndarray
    bad: np.ndarray
    is_step: bool = False
    is_utc: bool = False
    zone: str | None = None
    written: str = ""
    example: str = ""

    def at(self, mask: np.ndarray) -> Times:
        """The times of some rows (R,) bool."""
        return replace(self, stamps=self.stamps[mask], missing=self.missing[mask], bad=self.bad[mask])


def parse_times(column: Column, table: Table, *, day_first: bool | None, is_continental: bool, notes: Notes) -> Times:
    """The time column of a table.  Raises DataError where it holds no dates, two readings or years out of range.

    `is_continental` says that the rest of the file looks European; it decides 01/02/2024 only where nothing else does.
    """
    if column.is_date:
        return typed_times(column, table, notes)
    texts = column.text()
    missing = to_numpy(missing_mask(texts))
    present = np.flatnonzero(~missing)
    shape = common_shape(texts.take(pa.array(present[spread(len(present), SAMPLE).to_numpy()])).to_pylist())
    if shape is None:
        return numeric_times(column, texts, missing, table, notes)
    parts = extracted(texts, shape)
    if parts.day_or_month is not None:
        is_first = day_is_first(parts, table, column, day_first=day_first, is_continental=is_continental, notes=notes)
        parts = parts.ordered(is_first=is_first)
    parts = with_century(parts, notes)
    stamps = stamps_of(parts)
    bad = np.isnat(stamps) & ~missing
    stamps, zone, is_utc = in_one_zone(stamps, parts.zones, ~bad & ~missing, table, notes)
    times = Times(stamps, missing, bad, is_utc=is_utc, zone=zone, written=shape.written)
    return checked_years(replace(times, example=spelled_out(texts, times, shape)), table, column)


def spelled_out(texts: pa.Array, times: Times, shape: Shape) -> str:
    """One date of the column and how it was read: '01/02/2024 read as 1 February 2024'."""
    readable = np.flatnonzero(~np.isnat(times.stamps))
    if not readable.size:
        return ""
    stamp = times.stamps[readable[0]].astype(object)
    month = stamp.strftime("%B")
    words = {
        "year": f"{stamp.year}",
        "month": f"{month} {stamp.year}",
        "quarter": f"quarter {(stamp.month + 2) // 3} of {stamp.year}",
    }
    read = words.get(shape.unit, f"{stamp.day} {month} {stamp.year}")
    clock = f"{stamp:%H:%M:%S}" if ":" in texts[int(readable[0])].as_py() else ""
    return " ".join(filter(None, (f"{texts[int(readable[0])].as_py()} read as {read}", clock, "UTC" if times.is_utc else "")))


def checked_years(times: Times, table: Table, column: Column) -> Times:
    years = times.stamps.astype("datetime64[Y]").astype(int) + 1970
    outside = np.flatnonzero(~np.isnat(times.stamps) & ((years < FIRST_YEAR) | (years > LAST_YEAR)))
    if outside.size:
        raise DataError(
            f"dates must lie in the years {FIRST_YEAR} to {LAST_YEAR}; {table.listed(outside, column)}; correct or remove them"
        )
    return times


def typed_times(column: Column, table: Table, notes: Notes) -> Times:
    """The times of a file that has dates as such."""
    stamps = column.cells.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    missing = np.isnat(stamps)
    zone, is_utc = column.zone, column.zone is not None
    if is_utc:
        local = pc.local_timestamp(
            pc.assume_timezone(column.cells.cast(pa.timestamp("us")), "UTC").cast(pa.timestamp("us", zone))
        )
        wall = local.to_numpy(zero_copy_only=False).astype("datetime64[us]")
        if (wall[~missing] == wall[~missing].astype("datetime64[D]")).all():
            stamps, is_utc = wall, False
        else:
            notes.repair(f"times with the zone {zone} were brought to UTC")
    times = Times(stamps, missing, np.zeros(len(stamps), bool), is_utc=is_utc, zone=zone, written="dates as such")
    present = np.flatnonzero(~missing)
    example = column.text()[int(present[0])].as_py() if present.size else ""
    return checked_years(replace(times, example=example), table, column)


def numeric_times(column: Column, texts: pa.Array, missing: np.ndarray, table: Table, notes: Notes) -> Times:
    """Whole numbers as times: Excel's day numbers, seconds since 1970, or plain steps.  Raises DataError otherwise."""
    is_whole = to_numpy(pc.match_substring_regex(texts, pattern=r"^[+-]?\d{1,18}$"))
    if (~is_whole & ~missing).any() or missing.all():
        raise no_dates(column, texts, np.flatnonzero(~is_whole & ~missing), table)
    numbers = pc.cast(pc.if_else(pa.array(is_whole), texts, "0"), pa.int64()).to_numpy(zero_copy_only=False)
    nothing = np.zeros(len(numbers), bool)
    low, high = numbers[is_whole].min(), numbers[is_whole].max()
    for first, last, unit, origin, what in NUMBERED:
        if first <= low and high <= last:
            stamps = np.datetime64(origin, "us") + numbers.astype(f"timedelta64[{unit}]").astype("timedelta64[us]")
            stamps[missing] = np.datetime64("NaT")
            row = int(np.flatnonzero(is_whole)[0])
            example = f"{numbers[row]} read as {stamps[row].astype(object):%Y-%m-%d %H:%M:%S}"
            notes.warn(f"{column.label()} was read as {what}: {quoted(example)}; if these are not dates, choose another column")
            return Times(stamps, missing, nothing, written=what, example=example)
    return Times(numbers, missing, nothing, is_step=True, written="whole numbers", example=f"{low} to {high}")


def no_dates(column: Column, texts: pa.Array, wrong: np.ndarray, table: Table) -> DataError:
    """The error for a time column of text, best shown by cells that have the form of no date at all."""
    if not wrong.size:
        return DataError(f"{column.label()} is empty; write dates like {ACCEPTED}")
    strange = [row for row in wrong[:SAMPLE] if shape_of(texts[int(row)].as_py(), numbers=True) is None]
    shown = np.array(strange, np.int64) if strange else wrong
    return DataError(table.accused(shown, column, f"is not a date; write dates like {ACCEPTED}"))


NUMBERED = (  # (lowest, highest, unit, counted from, what it is)
    (20_000, 80_000, "D", "1899-12-30", "Excel's day numbers"),
    (100_000_000, 5_000_000_000, "s", "1970-01-01", "seconds since 1970"),
    (100_000_000_000, 5_000_000_000_000, "ms", "1970-01-01", "milliseconds since 1970"),
    (100_000_000_000_000, 5_000_000_000_000_000, "us", "1970-01-01", "microseconds since 1970"),
    (100_000_000_000_000_000, 5_000_000_000_000_000_000, "ns", "1970-01-01", "nanoseconds since 1970"),
)
