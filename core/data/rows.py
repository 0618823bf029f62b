"""Rows in the order of series and time, without duplicates: sorted, counted and resolved, and each said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.data.table import SHOWN, Notes, plural
from core.data.zones import is_clock_change

MEAN = "mean"


@dataclass(frozen=True, eq=False)
class Rows:
    """N observations of S series.

    names   (S,) ids in the order of their first appearance;  codes (N,) which one a row is of
    stamps  (N,) datetime64[us], or int64 for plain steps
    values  (N,) the target, NaN where missing;  inputs (N, C) covariates, likewise
    places  (N,) line numbers
    surplus (N,) how many more rows had the same time and were resolved into this one
    """

    names: tuple[str, ...]
    codes: np.ndarray
    stamps: np.ndarray
    values: np.ndarray
    inputs: np.ndarray
    places: np.ndarray
    place: str
    surplus: np.ndarray

    def at(self, chosen: np.ndarray) -> Rows:
        """The rows with these numbers, or where this mask is true."""
        picked = {name: getattr(self, name)[chosen] for name in ("codes", "stamps", "values", "inputs", "places", "surplus")}
        return replace(self, **picked)

    def same_series(self) -> np.ndarray:
        """(N−1,) bool: whether neighbours are of one series."""
        return self.codes[1:] == self.codes[:-1]

    def bounds(self) -> list[tuple[int, int]]:
        """(S,) first row and the one after the last of each series, of sorted rows."""
        edges = np.searchsorted(self.codes, np.arange(len(self.names) + 1))
        return [(int(low), int(high)) for low, high in pairwise(edges)]


def in_order(rows: Rows, notes: Notes) -> Rows:
    """Rows sorted by series and, within it, by time; how many were out of order is a repair."""
    is_grouped = not (np.diff(rows.codes) < 0).any()
    grouped = rows if is_grouped else rows.at(np.argsort(rows.codes, kind="stable"))
    back = np.flatnonzero((np.diff(grouped.stamps.astype(np.int64)) < 0) & grouped.same_series())
    if not back.size:
        return grouped
    forward = np.diff(grouped.stamps.astype(np.int64))[grouped.same_series()]
    how = "newest first" if (forward <= 0).all() else f"out of order in {plural(back.size, 'place')}"
    notes.repair(f"the rows were {how}, first at {rows.place} {grouped.places[back[0] + 1]}; they were sorted by time")
    return grouped.at(np.lexsort((grouped.stamps.astype(np.int64), grouped.codes)))


def without_duplicates(rows: Rows, rule: str | None, notes: Notes) -> Rows:
    """Sorted rows with one row a series and time, which knows how many it stands for."""
    repeats = np.concatenate(([False], (np.diff(rows.stamps.astype(np.int64)) == 0) & rows.same_series()))
    if not repeats.any():
        return rows
    starts = np.flatnonzero(~repeats)
    group = np.cumsum(~repeats) - 1
    columns = np.column_stack((rows.values, rows.inputs))
    is_same = np.ones(len(starts), bool)
    equal = (columns == columns[starts[group]]) | (np.isnan(columns) & np.isnan(columns[starts[group]]))
    np.logical_and.at(is_same, group, equal.all(axis=1))
    resolved = resolve(columns, starts, group, rule or MEAN)
    resolved[is_same] = columns[starts[is_same]]
    tell(rows, repeats, is_same[group], rule, notes)
    surplus = np.bincount(group) - 1
    return replace(rows.at(starts), values=resolved[:, 0], inputs=resolved[:, 1:], surplus=surplus)


def tell(rows: Rows, repeats: np.ndarray, is_same: np.ndarray, rule: str | None, notes: Notes) -> None:
    """One line for repetitions, and one for conflicts: a warning where the person has chosen no rule for them."""
    identical, conflicts = repeats & is_same, repeats & ~is_same
    if identical.any():
        count = plural(int(identical.sum()), "row")
        notes.repair(f"{count} left out as an exact repetition of another{examples(rows, identical)}")
    if not conflicts.any():
        return
    text = f"{plural(int(conflicts.sum()), 'row')} with {what_repeats(rows)}{examples(rows, conflicts)}; {SPOKEN[rule or MEAN]}"
    if rule is None:
        notes.warn(text + hint(rows, repeats))
    else:
        notes.repair(text)


CLOCK = "an hour that local clocks show twice, on a Sunday in autumn, as they skip one in spring"


def what_repeats(rows: Rows) -> str:
    return CLOCK if is_clock_change(rows.stamps, rows.same_series()) else "the time of another row and other values"


SPOKEN = {
    "mean": "their mean was taken",
    "sum": "their sum was taken",
    "first": "the first was taken",
    "last": "the last was taken",
}


def resolve(columns: np.ndarray, starts: np.ndarray, group: np.ndarray, rule: str) -> np.ndarray:
    """(G, C) one row for each group of rows (N, C); missing values are passed over."""
    if rule in ("first", "last"):
        return np.column_stack([one_of(column, starts, group, rule) for column in columns.T])
    present = ~np.isnan(columns)
    totals = np.add.reduceat(np.where(present, columns, 0.0), starts, axis=0)
    counts = np.add.reduceat(present.astype(np.int64), starts, axis=0)
    resolved = totals / np.maximum(counts, 1) if rule == MEAN else totals
    return np.where(counts > 0, resolved, np.nan)


def one_of(column: np.ndarray, starts: np.ndarray, group: np.ndarray, rule: str) -> np.ndarray:
    """(G,) the first or the last value of each group that is not missing."""
    chosen = np.full(len(starts), np.nan)
    present = np.flatnonzero(~np.isnan(column))
    order = present[::-1] if rule == "first" else present
    chosen[group[order]] = column[order]  # of repeated places the last written stays
    return chosen


def examples(rows: Rows, mask: np.ndarray) -> str:
    found = np.flatnonzero(mask)
    shown = ", ".join(str(place) for place in rows.places[found[:SHOWN]])
    return f" ({rows.place} {shown}{', ...' if found.size > SHOWN else ''})"


def hint(rows: Rows, repeats: np.ndarray) -> str:
    """What to do about repeated times: name the id column if every time appears equally often, else choose a rule."""
    counts = np.diff(np.flatnonzero(np.concatenate((~repeats, [True]))))
    if len(counts) > 1 and counts.min() == counts.max():
        return f", but every time appears {counts[0]} times as in several series: choose the id column that tells them apart"
    if is_clock_change(rows.stamps, rows.same_series()):
        return ": bring the times in UTC or with their offsets, such as 2024-10-27 02:00+01:00, to keep both"
    return ": choose sum, first or last if the mean is not meant"
