"""Years, months, days and hours to time stamps, vectorised, with every impossible date found rather than bent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Parts:
    """The numbers in a column of R dates; arrays are (R,) int64. Year 0 marks a cell that is no date.

    week          ISO week; None if the dates have days
    day_or_month  the two numbers of 01/02/2024, in the order written; None if it is clear which is which
    zones         offsets as written, "" for none; None if no cell can have one
    """

    year: np.ndarray
    month: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    minute: np.ndarray
    second: np.ndarray
    micro: np.ndarray
    week: np.ndarray | None
    weekday: np.ndarray
    day_or_month: tuple[np.ndarray, np.ndarray] | None
    is_short_year: np.ndarray
    zones: pa.Array | None

    def ordered(self, *, is_first: bool) -> Parts:
        """The same with the two numbers of 01/02/2024 taken as day and month, or as month and day."""
        first, second = self.day_or_month
        return replace(self, day=first if is_first else second, month=second if is_first else first)


def stamps_of(parts: Parts) -> np.ndarray:
    """(R,) datetime64[us]; NaT for what is in no calendar, as 30 February or 25:00.  24:00 is the next day's midnight."""
    days, is_date = iso_week_days(parts) if parts.week is not None else calendar_days(parts)
    is_midnight = (parts.hour == 24) & (parts.minute == 0) & (parts.second == 0) & (parts.micro == 0)
    is_time = ((parts.hour <= 23) | is_midnight) & (parts.minute <= 59) & (parts.second <= 59)
    micros = ((parts.hour * 60 + parts.minute) * 60 + parts.second) * 1_000_000 + parts.micro
    stamps = days.astype("datetime64[us]") + micros.astype("timedelta64[us]")
    stamps[~(is_date & is_time)] = np.datetime64("NaT")
    return stamps


def calendar_days(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """(R,) datetime64[D], and whether there is such a day."""
    is_date = (parts.year >= 1) & (parts.month >= 1) & (parts.month <= 12) & (parts.day >= 1)
    count = np.where(is_date, (parts.year - 1970) * 12 + parts.month - 1, 0)
    months = count.astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (parts.day - 1)
    return days, is_date & (days.astype("datetime64[M]") == months)


def iso_week_days(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """(R,) datetime64[D] of a week and weekday (ISO 8601: week 1 has 4 January), and whether there is such a week."""
    fourth = np.where(parts.year >= 1, parts.year - 1970, 0).astype("datetime64[Y]").astype("datetime64[D]") + 3
    monday = fourth - (fourth.astype(np.int64) + 3) % 7  # day 0, 1 January 1970, was a Thursday
    start = monday + 7 * (parts.week - 1)
    is_week = (parts.week >= 1) & ((start + 3).astype("datetime64[Y]").astype(np.int64) + 1970 == parts.year)
    return start + (parts.weekday - 1), is_week & (parts.year >= 1)
