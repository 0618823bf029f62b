"""Dates and numbers as people read them: a date in the frequency of its series, a number with four significant digits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.series.timeseries import Index

MONTHS = np.array(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
LONGEST = 60
ABSENT = "–"


def wall_clock(index: pd.DatetimeIndex, zone: str | None = None) -> pd.DatetimeIndex:
    """The same times without a zone, as a clock in `zone` showed them; in UTC where there is none."""
    return index if index.tz is None else index.tz_convert(zone or "UTC").tz_localize(None)


def grain(index: Index, zone: str | None = None) -> str:
    """How finely times are told: step, year, quarter, month, day, minute or second.

    A year that does not begin in January (or end in December) is told by its month, and so are such quarters.
    """
    if isinstance(index, pd.RangeIndex):
        return "step"
    local = wall_clock(index, zone)
    if len(local) == 0 or (local != local.normalize()).any():
        return "minute" if len(local) == 0 or (local == local.floor("min")).all() else "second"
    starts, ends = (local.day == 1).all(), local.is_month_end.all()
    if not (starts or ends):
        return "day"
    months = (local.year * 12 + local.month - 1 + (0 if starts else 1)).to_numpy()  # of the first day that follows or is
    pace = _pace(index, months)
    if pace == 0:
        return "day"
    if pace % 12 == 0:
        return "month" if (months % 12).any() else "year"
    return "quarter" if pace % 3 == 0 and not (months % 3).any() else "month"


def _pace(index: pd.DatetimeIndex, months: np.ndarray) -> int:
    """Months from one stamp to the next, 0 where a step is not whole months."""
    name = (index.freqstr or "").lstrip("0123456789").split("-")[0]
    if name:
        count = getattr(index.freq, "n", 1)
        return count * {"Y": 12, "Q": 3, "M": 1}.get(name.lstrip("B")[:1] if name[-1:] in "SE" else "", 0)
    return int(np.gcd.reduce(np.diff(months))) if len(months) > 1 else 0


def date_label(index: Index, zone: str | None = None, *, as_in: Index | None = None) -> list[str]:
    """Each time as text: 1988, 1988 Q1, Jan 1988, 3 Jan 1988 or 3 Jan 1988 14:00; steps as whole numbers.

    With `as_in`, the frequency is read off that index: for a piece of one that is too short to tell.
    """
    fine = grain(index if as_in is None else as_in, zone)
    if isinstance(index, pd.RangeIndex):
        return [f"{step:,}" for step in index]
    local = wall_clock(index, zone)
    years, months = local.year, MONTHS[local.month - 1]
    if fine == "year":
        return [str(year) for year in years]
    if fine == "quarter":
        return [f"{year} Q{quarter}" for year, quarter in zip(years, local.quarter, strict=True)]
    if fine == "month":
        return [f"{month} {year}" for month, year in zip(months, years, strict=True)]
    days = [f"{day} {month} {year}" for day, month, year in zip(local.day, months, years, strict=True)]
    if fine == "day":
        return days
    seconds = [""] * len(days) if fine == "minute" else [_seconds(stamp) for stamp in local]
    clocks = zip(days, local.hour, local.minute, seconds, strict=True)
    return [f"{day} {hour:02d}:{minute:02d}{rest}" for day, hour, minute, rest in clocks]


def _seconds(stamp: pd.Timestamp) -> str:
    fraction = f"{stamp.microsecond / 1e6:.6f}"[1:].rstrip("0").rstrip(".")
    return f":{stamp.second:02d}{fraction}"


def number_label(value: float | None) -> str:
    """Four significant digits, whole numbers from 1,000 on with thousands marks; a dash where there is no number."""
    if value is None or not math.isfinite(value):
        return ABSENT
    size = abs(value)
    if 1000 <= size < 1e12:
        text = f"{value:,.0f}"
    elif size == 0 or 1e-4 <= size < 1000:
        text = f"{value:.4g}"
    else:
        digits, power = f"{value:.3e}".split("e")
        text = f"{digits}e{int(power)}"
    return text.replace("-", "−")


def plain(text: str, longest: int = LONGEST) -> str:
    """One line of text for a title, cut to `longest` characters."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def shown(labels: Sequence[str], longest: int = 32) -> dict[str, str]:
    """What stands for each label in legends and tooltips: one line, cut, still different for each, and no word that means
    something to the tooltip."""
    taken = {"", "Date", "Actual", "title", "image"}
    names = {}
    for label in labels:
        name, number = plain(label, longest), 2
        while name in taken:
            name, number = f"{plain(label, longest - 4)} ({number})", number + 1
        taken.add(name)
        names[label] = name
    return names
