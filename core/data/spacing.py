"""Which frequency the times of all series have, by the most frequent step between neighbours; or why they have none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.frequency import Frequency, days_of_months, every, months, named, units
from core.data.table import Notes
from core.errors import DataError


@dataclass(frozen=True, eq=False)
class Spacing:
    """Distinct times (N,) sorted within each series; `same` (N−1,) says which neighbours are of one series.

    `rows` (N,) are their places in the table and `where` names one, for messages.
    """

    stamps: np.ndarray
    same: np.ndarray
    places: tuple[str, ...] | list[str] | np.ndarray

    def steps(self, unit: str) -> np.ndarray:
        """Differences between neighbours of one series, in units."""
        return np.diff(units(self.stamps, unit))[self.same]

    def pair(self, step: int) -> tuple[int, int]:
        """The rows of the neighbours whose difference is number `step` of `steps`."""
        left = int(np.flatnonzero(self.same)[step])
        return left, left + 1


def infer(spacing: Spacing, notes: Notes, *, is_step: bool) -> Frequency:
    """The frequency of all series together.  Raises DataError if there is none, naming the first time that is off."""
    if is_step:
        return regular(spacing, "step")
    spacing = without_constant_clock(spacing, notes)
    is_midnight = (spacing.stamps == spacing.stamps.astype("datetime64[D]")).all()
    if not is_midnight:
        return regular(spacing, "microsecond")
    days = spacing.steps("day")
    usual = mode(days)
    is_weekly = usual % 7 == 0 and (days % usual == 0).all() and not names_months(spacing.stamps)
    if usual >= 28 and not is_weekly and (spacing.steps("month") >= 1).all():
        return monthly(spacing, notes)
    if usual == 1 and is_business(spacing, days):
        return Frequency("business day", 1, 0, "B", "every business day")
    return regular(spacing, "day")


def names_months(stamps: np.ndarray) -> bool:
    """Whether all dates are the first days of their months, or all the last."""
    day, last = days_of_months(stamps)
    return bool((day == 1).all() or (day == last).all())


def mode(steps: np.ndarray) -> int:
    """The most frequent of the steps, the smallest of equally frequent ones."""
    values, counts = np.unique(steps, return_counts=True)
    return int(values[np.argmax(counts)])


def without_constant_clock(spacing: Spacing, notes: Notes) -> Spacing:
    """Days that all carry the same time of day, as days."""
    days = spacing.stamps.astype("datetime64[D]")
    clock = np.unique(spacing.stamps - days)
    if len(clock) > 1 or clock[0] == np.timedelta64(0):
        return spacing
    shown = str(np.datetime64(int(clock[0].astype(np.int64)), "us"))[11:19]
    notes.repair(f"the time of day is always {shown} and was left out")
    return Spacing(days.astype("datetime64[us]"), spacing.same, spacing.places)


def is_business(spacing: Spacing, days: np.ndarray) -> bool:
    """Whether Saturdays and Sundays are always left out though the dates run over them."""
    weekdays = (units(spacing.stamps, "day") + 3) % 7
    return bool((weekdays < 5).all() and (days >= 3).any())


def regular(spacing: Spacing, unit: str) -> Frequency:
    """A grid of equal steps of `unit`, the most frequent difference."""
    steps = spacing.steps(unit)
    multiple = mode(steps)
    phases = units(spacing.stamps, unit) % multiple
    off = np.flatnonzero(steps % multiple)
    if off.size:
        raise irregular(spacing, off, unit, steps, multiple)
    if (phases != phases[0]).any():
        place = spacing.places[int(np.flatnonzero(phases != phases[0])[0])]
        raise DataError(f"the series do not share one grid of times: {place} is off it; bring the series apart")
    alias, words = named(unit, multiple, int(phases[0]))
    return Frequency(unit, multiple, int(phases[0]), alias, words)


def irregular(spacing: Spacing, off: np.ndarray, unit: str, steps: np.ndarray, multiple: int) -> DataError:
    _, place = spacing.pair(int(off[0]))
    _, usual = named(unit, multiple, 0) if unit != "step" else ("", f"{multiple} apart")
    spoken = usual.split(" from")[0]
    off_by = f"{int(steps[off[0]]):,} steps" if unit == "step" else duration(int(steps[off[0]]), unit)
    return DataError(
        f"the times are irregular: most come {spoken}, but {spacing.places[place]} comes {off_by} after the one before "
        f"({off.size:,} such in all); aggregate them to equal steps, or correct these times"
    )


def duration(count: int, unit: str) -> str:
    if unit == "day":
        return f"{count:,} days"
    return str(np.timedelta64(count, "us").astype(object))


def monthly(spacing: Spacing, notes: Notes) -> Frequency:
    """Months, quarters or years, whatever their days: by the first day or the last, to which other days are moved."""
    steps = spacing.steps("month")
    multiple = mode(steps)
    numbers = units(spacing.stamps, "month")
    off = np.flatnonzero(steps % multiple)
    if off.size or (numbers % multiple != numbers[0] % multiple).any():
        place = spacing.places[
            spacing.pair(int(off[0]))[1] if off.size else int(np.argmax(numbers % multiple != numbers[0] % multiple))
        ]
        raise DataError(
            f"the dates are irregular: most come {every(multiple, 'month')}, but {place} does not; correct it or leave it out"
        )
    day, last = days_of_months(spacing.stamps)
    is_end = bool((day == last).all() or (day.min() != day.max() and (day >= 24).all()))
    if not is_end and (day != 1).any():
        which = f"day {day.min()}" if day.min() == day.max() else f"days {day.min()} to {day.max()}"
        notes.repair(f"the dates are {which} of their months; each was taken as its month")
    elif is_end and (day != last).any():
        notes.repair("the dates are near the ends of their months; each was moved to the last day")
    return months(multiple, int(numbers[0] % multiple), is_end=is_end)
