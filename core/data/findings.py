"""What regularising found and did, as sentences for a person."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.draft import SeriesDraft
from core.data.table import SHOWN, Notes, plural, quoted, total
from core.errors import DataError

COMPARABLE = 11  # steps: models that learn train on 10 or more, and one more tests them


@dataclass(frozen=True)
class Filled:
    """What happened to one series, for the notes.

    gaps  steps that were filled, `seasonal` of them with the value one season before;  cut  rows without a value at the ends
    input_gaps  cells of covariates that were filled;  late  values left out before covariate `latest` begins
    """

    id: str
    gaps: int
    seasonal: int
    cut: int
    input_gaps: int
    late: int
    latest: str


def report_refused(refused: list[tuple[str, DataError]], count: int, notes: Notes) -> None:
    """A warning for series that were left out.  Raises the first reason if that leaves none."""
    if not refused:
        return
    name, error = refused[0]
    if len(refused) == count:
        raise DataError(str(error) if count == 1 else f"series {quoted(name)}: {error}")
    notes.warn(f"series left out: {named([name for name, _ in refused])}; of the first, {error}")


def report_filled(filled: list[Filled], notes: Notes) -> None:
    count, seasonal = sum(one.gaps for one in filled), sum(one.seasonal for one in filled)
    if count:
        whose = " in" + counted({one.id: one.gaps for one in filled}) if len(filled) > 1 else ""
        before, last = "with the value one season before", "with the last value"
        how = f"{seasonal:,} {before}, {count - seasonal:,} {last}" if 0 < seasonal < count else before if seasonal else last
        notes.repair(f"{plural(count, 'step')} without a value{whose}, filled{':' if ', ' in how else ''} {how}")
    report_inputs(filled, notes)
    cut = sum(one.cut for one in filled)
    if cut:
        notes.repair(f"{plural(cut, 'row')} without a value cut off at the start or end of the series")


def named(names: list[str]) -> str:
    return ", ".join(map(quoted, names[:SHOWN])) + total(len(names))


def counted(counts: dict[str, int]) -> str:
    """Which series have how many of something: ' "a" 3, "b" 1'."""
    found = [f"{quoted(name)} {count:,}" for name, count in counts.items() if count]
    return " " + ", ".join(found[:SHOWN]) + total(len(found))


def report_inputs(filled: list[Filled], notes: Notes) -> None:
    gaps = sum(one.input_gaps for one in filled)
    if gaps:
        notes.repair(f"{plural(gaps, 'cell')} without a value in the covariates, filled with the last value")
    late = [one for one in filled if one.late]
    if late:
        whose = " of" + counted({one.id: one.late for one in late}) if len(filled) > 1 else ""
        names = ", ".join(quoted(name) for name in dict.fromkeys(one.latest for one in late))
        notes.warn(
            f"{plural(sum(one.late for one in late), 'row')} left out at the start{whose}, before {names} has a value; "
            "leave the covariate out to keep them"
        )


def report_values(series: list[SeriesDraft], notes: Notes) -> None:
    """Warnings about series that are constant or short, or hold the numbers that often stand for a missing value."""
    constant = [one.id for one in series if one.values.min() == one.values.max()]
    if constant:
        which = "the series is" if len(series) == 1 else f"{named(constant)} {'is' if len(constant) == 1 else 'are'}"
        notes.warn(f"{which} constant: relative measures of error are not defined there")
    short = {one.id: len(one.values) for one in series if len(one.values) < COMPARABLE}
    if short and len(series) > 1:
        few = f"series with fewer than {COMPARABLE} steps, too few to train and test most models"
        notes.warn(f"{few}:{counted(short)}; bring more, or leave them out")
    for sentinel in (-999.0, -9999.0, -99999.0, 9999.0, 99999.0, 1e30):
        count = sum(int((one.values[one.observed] == sentinel).sum()) for one in series)
        extreme = any(sentinel in (one.values.min(), one.values.max()) for one in series)
        if count >= 2 and extreme and not constant:
            notes.warn(f"the value {sentinel:g} appears {count:,} times; if it stands for missing, empty those cells")
