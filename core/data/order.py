"""Whether 01/02/2024 is 1 February or 2 January: by what cannot be otherwise, by what is regular, and last by custom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.data.stamps import Parts, stamps_of
from core.data.table import Column, Notes, Table
from core.errors import DataError


def day_is_first(
    parts: Parts, table: Table, column: Column, *, day_first: bool | None, is_continental: bool, notes: Notes
) -> bool:
    """The order of the two numbers.  Raises DataError where cells contradict one another or what was chosen."""
    first, second = parts.day_or_month
    only_day_first, only_month_first = np.flatnonzero(first > 12), np.flatnonzero(second > 12)
    if day_first is not None:
        against = only_month_first if day_first else only_day_first
        if against.size:
            order = "the day first" if day_first else "the month first"
            raise DataError(
                f"dates were to be read with {order}, but {table.listed(against, column)} cannot be; choose the other order"
            )
        return day_first
    if only_day_first.size and only_month_first.size:
        raise DataError(
            f"the order of day and month changes: {table.listed(only_day_first[:1], column)} has the day first, "
            f"{table.listed(only_month_first[:1], column)} the month first; write all dates as year-month-day"
        )
    if only_day_first.size or only_month_first.size:
        return bool(only_day_first.size)
    return by_regularity(parts, column, is_continental=is_continental, notes=notes)


def by_regularity(parts: Parts, column: Column, *, is_continental: bool, notes: Notes) -> bool:
    """The order in which the dates are evenly spaced, if only one is; else the day first, with a warning."""
    # the century does not matter for the spacing
    parts = replace(parts, year=np.where(parts.is_short_year, parts.year + 2000, parts.year))
    steady = {first: is_steady(stamps_of(parts.ordered(is_first=first))) for first in (True, False)}
    dates = np.flatnonzero((parts.year > 0) | parts.is_short_year)
    if not dates.size:
        return True  # then every cell will be refused
    example = column.text()[int(dates[0])].as_py()
    if steady[True] != steady[False]:
        which = "the day" if steady[True] else "the month"
        notes.repair(f"dates like {example} could be read in two ways; only with {which} first are they regular")
        return steady[True]
    first, second, year = example.replace("-", "/").split(" ")[0].split("/")
    custom = ", as the rest of the file is European" if is_continental else ""
    notes.warn(
        f"dates like {example} could be read in two ways; the first number was read as the day{custom}: "
        f"day {int(first)} of month {int(second)}, {year}; say day first: no, if it is the month"
    )
    return True


def is_steady(stamps: np.ndarray) -> bool:
    """Whether the distinct dates are all equally far apart, in days or in months."""
    distinct = np.unique(stamps[~np.isnat(stamps)])
    if np.isnat(stamps).any() or len(distinct) < 3:
        return False
    days, months = np.diff(distinct), np.diff(distinct.astype("datetime64[M]"))
    within = distinct - distinct.astype("datetime64[M]").astype(distinct.dtype)
    return bool((days == days[0]).all() or ((within == within[0]).all() and (months == months[0]).all()))
