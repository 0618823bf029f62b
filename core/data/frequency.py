"""How far apart the times of a series are, as a calendar counts: months have no length in days, business days skip weekends.

A frequency turns stamps into whole positions on its grid and names the stamp of a position; gaps are positions without a stamp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EPOCH = np.datetime64("1970-01-01", "D")  # a Thursday


DAY = 86_400_000_000  # microseconds


NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


CLOCK = ((3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms"), (1, "us"))


@dataclass(frozen=True)
class Frequency:
    """A grid: position p is the unit number multiple · p + phase, counted from 1970.

    unit    month, day, business day, microsecond, or step for plain numbers
    alias   the name pandas has for it, "" for plain steps
    is_end  whether a month is named by its last day
    words   for people: "every 2 hours"
    """

    unit: str
    multiple: int
    phase: int
    alias: str
    words: str
    is_end: bool = False

    def positions(self, stamps: np.ndarray) -> np.ndarray:
        """(N,) int64 places on the grid of (N,) stamps that lie on it."""
        return (units(stamps, self.unit) - self.phase) // self.multiple

    def label(self, position: int) -> str | int:
        """The ISO date or time of a position, or the step itself."""
        count = int(position) * self.multiple + self.phase
        if self.unit == "step":
            return count
        if self.unit == "month":
            month = np.datetime64(count + int(self.is_end), "M").astype("datetime64[D]")
            return str(month - int(self.is_end))
        if self.unit == "business day":
            return str(np.busday_offset(EPOCH, count))
        return str(np.datetime64(count, "D") if self.unit == "day" else np.datetime64(count, "us"))


def units(stamps: np.ndarray, unit: str) -> np.ndarray:
    """(N,) int64: how many whole units of time lie between 1970 and each stamp."""
    if unit == "step":
        return stamps.astype(np.int64)
    if unit == "business day":
        return np.busday_count(EPOCH, stamps.astype("datetime64[D]")).astype(np.int64)
    return stamps.astype({"month": "datetime64[M]", "day": "datetime64[D]", "microsecond": "datetime64[us]"}[unit]).astype(
        np.int64
    )


def days_of_months(stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) day of the month of each stamp, from 1, and (N,) the last day of that month."""
    starts = stamps.astype("datetime64[M]")
    first = starts.astype("datetime64[D]")
    day = (stamps.astype("datetime64[D]") - first).astype(np.int64) + 1
    return day, ((starts + 1).astype("datetime64[D]") - first).astype(np.int64)


def named(unit: str, multiple: int, phase: int) -> tuple[str, str]:
    """The pandas alias of equal steps, and the words for it."""
    if unit == "step":
        return "", "plain steps" if multiple == 1 else f"plain steps, {multiple} apart"
    if unit == "day" and multiple % 7 == 0:
        weekday = WEEKDAYS[(phase + 3) % 7]
        return f"{counted(multiple // 7)}W-{weekday}", every(multiple // 7, "week")
    if unit == "day":
        return f"{counted(multiple)}D", every(multiple, "day")
    if multiple % DAY == 0:
        return f"{counted(multiple // DAY)}D", every(multiple // DAY, "day")
    size, alias = next((size, alias) for size, alias in CLOCK if multiple % size == 0)
    spoken = {"h": "hour", "min": "minute", "s": "second", "ms": "millisecond", "us": "microsecond"}[alias]
    return f"{counted(multiple // size)}{alias}", every(multiple // size, spoken)


def counted(multiple: int) -> str:
    return "" if multiple == 1 else str(multiple)


def every(multiple: int, unit: str) -> str:
    return f"every {unit}" if multiple == 1 else f"every {multiple} {unit}s"


def months(multiple: int, phase: int, *, is_end: bool) -> Frequency:
    """Every `multiple` months; `phase` is the unit number of a month modulo that, and 0 is January."""
    suffix = "E" if is_end else "S"
    words = {1: "every month", 3: "every quarter"}.get(multiple, every(multiple, "month"))
    if multiple % 12 == 0:
        words = every(multiple // 12, "year")
        return Frequency("month", multiple, phase, f"{counted(multiple // 12)}Y{suffix}-{NAMES[phase % 12]}", words, is_end)
    if multiple == 3:
        anchor = NAMES[phase if not is_end or phase < 2 else 11]
        return Frequency("month", 3, phase, f"Q{suffix}-{anchor}", words, is_end)
    return Frequency("month", multiple, phase, f"{counted(multiple)}M{suffix}", words, is_end)
