"""From rows to regular series: a grid of times, ends without values cut off, gaps filled from the past, all of it said.

Filling is causal: a gap gets the value one season before it, or the last value, so that a prefix of the series never depends
on what comes later. A season that was itself read off the whole series is therefore not used for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.covariates import begin, input_rows
from core.data.draft import SeriesDraft
from core.data.findings import Filled, report_filled, report_refused, report_values
from core.data.frequency import Frequency
from core.data.rows import Rows, in_order, without_duplicates
from core.data.spacing import Spacing, infer
from core.data.table import SHOWN, Notes, quoted, total
from core.errors import DataError, TooShortError
from core.stats.season import calendar_season, propose_season

FEWEST = 3  # observations: fewer have no frequency


MOST_MISSING = 0.5  # of the steps from the first value to the last
MOST_DOUBLED = 1000  # times that stood in the table more than once and are told apart


@dataclass(frozen=True)
class Plan:
    """What `regular_series` needs to know beside the rows: the person's rule and season, and the names of covariates."""

    duplicates: str | None
    season: int | None
    input_names: tuple[str, ...]
    input_roles: tuple[str, ...]
    is_step: bool


def regular_series(rows: Rows, plan: Plan, notes: Notes) -> tuple[Frequency, tuple[SeriesDraft, ...]]:
    """The frequency and the series of some rows.

    Raises DataError where the times are irregular, TooShortError where no series has enough observations.
    """
    rows = enough(without_duplicates(in_order(rows, notes), plan.duplicates, notes), notes)
    places = PlaceNames(rows.place, rows.places)
    frequency = infer(Spacing(rows.stamps, rows.same_series(), places), notes, is_step=plan.is_step)
    positions = frequency.positions(rows.stamps)
    clash = np.flatnonzero((np.diff(positions) == 0) & rows.same_series())
    if clash.size:
        raise DataError(
            f"{rows.place}s {rows.places[clash[0]]} and {rows.places[clash[0] + 1]} fall into the same step "
            f"({frequency.words}); leave one of them out"
        )
    series, filled, refused = [], [], []
    for code, (low, high) in enumerate(rows.bounds()):
        name = rows.names[code]
        try:
            draft, what = one_series(name, rows, slice(low, high), positions[low:high], frequency, plan)
        except DataError as error:
            refused.append((name, error))
            continue
        series.append(draft)
        filled.append(what)
    report_refused(refused, len(rows.names), notes)
    report_filled(filled, notes)
    report_values(series, notes)
    return frequency, tuple(series)


@dataclass(frozen=True, eq=False)
class PlaceNames:
    """The places of rows as a message names them, made only when one is needed."""

    place: str
    numbers: np.ndarray

    def __getitem__(self, row: int) -> str:
        return f"{self.place} {self.numbers[row]}"


def enough(rows: Rows, notes: Notes) -> Rows:
    """The rows of the series that have enough observations; the others are left out with a warning.

    Raises TooShortError if none has.
    """
    counts = np.bincount(rows.codes[~np.isnan(rows.values)], minlength=len(rows.names))
    few = np.flatnonzero(counts < FEWEST)
    if not few.size:
        return rows
    if few.size == len(rows.names):
        have = counts.max()
        which = "the series has" if len(rows.names) == 1 else "the longest series has"
        plural = "" if have == 1 else "s"
        raise TooShortError(f"{which} {have} observation{plural}; at least {FEWEST} are needed: bring a longer series")
    shown = ", ".join(f"{quoted(rows.names[code])} with {counts[code]}" for code in few[:SHOWN])
    notes.warn(f"series with fewer than {FEWEST} observations were left out: {shown}{total(few.size)}")
    kept = np.flatnonzero(counts >= FEWEST)
    places = np.full(len(rows.names), -1)
    places[kept] = np.arange(len(kept))
    chosen = rows.at(places[rows.codes] >= 0)
    return Rows(
        tuple(rows.names[code] for code in kept),
        places[chosen.codes], chosen.stamps, chosen.values, chosen.inputs, chosen.places, chosen.place,
        chosen.surplus,
    )  # fmt: skip


def one_series(
    name: str, rows: Rows, where: slice, positions: np.ndarray, frequency: Frequency, plan: Plan
) -> tuple[SeriesDraft, Filled]:
    """One series on its grid.  Raises DataError if more than half of its steps have no value."""
    values, inputs = rows.values[where], rows.inputs[where]
    present, late, latest = usable(values, inputs, positions, plan.input_names)
    first, last = int(positions[present[0]]), int(positions[present[-1]])
    length, missing = last - first + 1, last - first + 1 - len(present)
    if missing > MOST_MISSING * length:
        raise DataError(
            f"{missing:,} of the {length:,} steps ({frequency.words}) have no value, which is {missing / length:.0%}; "
            f"at most {MOST_MISSING:.0%} can be filled: aggregate to longer steps or bring a part with fewer gaps"
        )
    grid = np.full(length, np.nan)
    grid[positions[present] - first] = values[present]
    observed = ~np.isnan(grid)
    season = plan.season or calendar_season(frequency.alias)[0]
    grid = filled_causally(grid, season)
    proposed = plan.season or propose_season(grid, frequency.alias or None).length
    covariates, ahead, gaps = input_rows(inputs, positions - first, length, plan.input_roles)
    cut = int(np.isnan(values[: present[0]]).sum() + max(0, np.isnan(values[present[-1] :]).sum() - ahead))
    doubled = positions[rows.surplus[where] > 0] - first
    doubled = tuple(doubled[(doubled >= 0) & (doubled < length)][:MOST_DOUBLED].tolist())
    surplus = int(rows.surplus[where].sum())
    draft = SeriesDraft(name, frequency.label(first), grid, observed, proposed, missing, surplus, doubled, covariates)
    seasonal = int((~observed[season:]).sum()) if season > 1 else 0
    return draft, Filled(name, missing, seasonal, cut, gaps, late, latest)


def usable(
    values: np.ndarray, inputs: np.ndarray, positions: np.ndarray, names: tuple[str, ...]
) -> tuple[np.ndarray, int, str]:
    """The rows that have a value, without those before all covariates have begun; how many these are, and the latest covariate.

    A value made up for a covariate there would come from its future.  Raises DataError if too little remains.
    """
    present = np.flatnonzero(~np.isnan(values))
    if not names:
        return present, 0, ""
    start, latest = begin(inputs, positions, names)
    kept = present[positions[present] >= start]
    late = len(present) - len(kept)
    if late and (len(kept) < FEWEST or late > MOST_MISSING * len(present)):
        raise DataError(
            f"{late:,} of the {len(present):,} values come before the covariate {quoted(latest)} has one; "
            "bring its earlier values, or leave the covariate out"
        )
    return kept, late, latest


def filled_causally(grid: np.ndarray, season: int) -> np.ndarray:
    """(T,) with every NaN replaced by the value one season before, or where there is none by the last value.

    The first value must not be NaN.
    """
    filled = grid.copy()
    for step in np.flatnonzero(np.isnan(grid)):
        filled[step] = filled[step - season] if 1 < season <= step else filled[step - 1]
    return filled
