"""What regularising found and did, as sentences for a person."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.draft import SeriesDraft
from core.data.table import SHOWN, Notes, plural, quoted, total
from core.errors import DataError


@dataclass(frozen=True)
class Filled:
    """What happened to one series, for the notes."""

    id: str
    gaps: int
    cut: int
    season: int
    input_gaps: int


def report_refused(refused: list[tuple[str, DataError]], count: int, notes: Notes) -> None:
    """A warning for series that were left out.  Raises the first reason if that leaves none."""
    if not refused:
        return
    name, error = refused[0]
    if len(refused) == count:
        raise DataError(str(error) if count == 1 else f"series {quoted(name)}: {error}")
    names = ", ".join(quoted(name) for name, _ in refused[:SHOWN])
    notes.warn(f"series left out: {names}{total(len(refused))}; of the first, {error}")


def report_filled(filled: list[Filled], notes: Notes) -> None:
    gaps = [one for one in filled if one.gaps]
    if gaps:
        whose = (
            ""
            if len(filled) == 1
            else " in " + ", ".join(f"{quoted(g.id)} {g.gaps:,}" for g in gaps[:SHOWN]) + total(len(gaps))
        )
        count = sum(one.gaps for one in gaps)
        how = "the value one season before, or the last value" if any(one.season > 1 for one in gaps) else "the last value"
        notes.repair(f"{plural(count, 'step')} without a value{whose}, filled with {how}")
    report_inputs(filled, notes)
    cut = sum(one.cut for one in filled)
    if cut:
        notes.repair(f"{plural(cut, 'row')} without a value cut off at the start or end of the series")


def report_inputs(filled: list[Filled], notes: Notes) -> None:
    gaps = sum(one.input_gaps for one in filled)
    if gaps:
        how = "filled with the last value, at the start with the first"
        notes.repair(f"{plural(gaps, 'cell')} without a value in the covariates, {how}")


def report_values(series: list[SeriesDraft], notes: Notes) -> None:
    """Warnings about series that are constant, or hold the numbers that often stand for a missing value."""
    constant = [one.id for one in series if one.values.min() == one.values.max()]
    if constant:
        which = (
            "the series is" if len(series) == 1 else ", ".join(map(quoted, constant[:SHOWN])) + total(len(constant)) + " are"
        )
        notes.warn(f"{which} constant: relative measures of error are not defined for it")
    for sentinel in (-999.0, -9999.0, -99999.0, 9999.0, 99999.0, 1e30):
        count = sum(int((one.values[one.observed] == sentinel).sum()) for one in series)
        extreme = any(sentinel in (one.values.min(), one.values.max()) for one in series)
        if count >= 2 and extreme and not constant:
            notes.warn(f"the value {sentinel:g} appears {count:,} times; if it stands for missing, empty those cells")
