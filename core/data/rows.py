"""Rows in the order of series and time, without duplicates: sorted, counted and resolved, and each said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.data.table import SHOWN, Notes, plural

MEAN = "mean"


@dataclass(frozen=True, eq=False)
class Rows:
    """N observations of S series.

    names   (S,) ids in the order of their first appearance;  codes (N,) which one a row is of
    stamps  (N,) datetime64[us], or int64 for plain steps
    values  (N,) the target, NaN where missing;  inputs (N, C) covariates, likewise
    places  (N,) line numbers
    """

    names: tuple[str, ...]
    codes: np.ndarray
    stamps: np.ndarray
    values: np.ndarray
    inputs: np.ndarray
    places: np.ndarray
    place: str

    def at(self, chosen: np.ndarray) -> Rows:
        """The rows with these numbers, or where this mask is true."""
        picked = {name: getattr(self, name)[chosen] for name in ("codes", "stamps", "values", "inputs", "places")}
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
    how = "newest first" if (forward <= 0).all() else f"out of order ({back.size:,} times a row comes before an earlier one)"
    notes.repair(f"the rows were {how}, first at {rows.place} {grouped.places[back[0] + 1]}; they were sorted by time")
    return grouped.at(np.lexsort((grouped.stamps.astype(np.int64), grouped.codes)))


def without_duplicates(rows: Rows, rule: str | None, notes: Notes) -> tuple[Rows, np.ndarray]:
    """Sorted rows with one row a series and time, and the surplus rows of each series (S,)."""
    surplus = np.zeros(len(rows.names), np.int64)
    repeats = np.concatenate(([False], (np.diff(rows.stamps.astype(np.int64)) == 0) & rows.same_series()))
    if not repeats.any():
        return rows, surplus
    np.add.at(surplus, rows.codes[repeats], 1)
    starts = np.flatnonzero(~repeats)
    group = np.cumsum(~repeats) - 1
    columns = np.column_stack((rows.values, rows.inputs))
    is_same = np.ones(len(starts), bool)
    equal = (columns == columns[starts[group]]) | (np.isnan(columns) & np.isnan(columns[starts[group]]))
    np.logical_and.at(is_same, group, equal.all(axis=1))
    identical = int((repeats & is_same[group]).sum())
    conflicting = int(repeats.sum()) - identical
    resolved = resolve(columns, starts, group, rule or MEAN)
    resolved[is_same] = columns[starts[is_same]]
    if identical:
        notes.repair(
            f"{plural(identical, 'row')} left out as an exact repetition of another" + examples(rows, repeats & is_same[group])
        )
    if conflicting:
        text = f"{plural(conflicting, 'row')} with the time of another row and other values; {SPOKEN[rule or MEAN]}"
        notes.repair(text + examples(rows, repeats & ~is_same[group]))
        if rule is None:
            notes.warn(hint(repeats, conflicting))
    return replace(rows.at(starts), values=resolved[:, 0], inputs=resolved[:, 1:]), surplus


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


def hint(repeats: np.ndarray, conflicting: int) -> str:
    """What repeated times may mean: several series without an id, if every time appears equally often."""
    counts = np.diff(np.flatnonzero(np.concatenate((~repeats, [True]))))
    if len(counts) > 1 and counts.min() == counts.max():
        return (
            f"every time appears {counts[0]} times: this looks like several series; choose the id column that tells them apart"
        )

    return f"{plural(conflicting, 'row')} with a repeated time; choose sum, mean, first or last if the mean is not meant"
