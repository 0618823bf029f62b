"""Which values a metric scores: those whose actual was observed. Every metric takes its arrays through here first.

A metric is defined on rows, many at a time: a row holds the values that one number is made of. What is not defined for a
row is NaN there, beside a reason; asked for a single number, a metric raises the reason instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import DataError

LARGEST = 1e150  # the square of anything larger may be no number any more
Fault = tuple[np.ndarray, Callable[[int], str]]  # rows (B,) bool that a metric is not defined for, and the words for a row


@dataclass(frozen=True, eq=False)
class Measured:
    """One metric of B rows.

    values  (B,) NaN where it is not defined
    faults  why, the first that holds for a row
    """

    values: np.ndarray
    faults: tuple[Fault, ...] = ()

    def reason(self, row: int) -> str:
        """Why the metric is not defined for a row that is NaN."""
        return next(words(row) for rows, words in self.faults if rows[row])

    def single(self) -> float:
        """The value of the only row.  Raises DataError where it is not defined."""
        assert len(self.values) == 1
        if np.isnan(self.values[0]):
            raise DataError(self.reason(0))
        return float(self.values[0])

    def repeated(self, count: int) -> Measured:
        """Each row `count` times in a row."""
        faults = tuple((np.repeat(rows, count), lambda row, words=words: words(row // count)) for rows, words in self.faults)
        return Measured(np.repeat(self.values, count), faults)


@dataclass(frozen=True, eq=False)
class Rows:
    """B rows of n steps, at the observed steps of rows that can be computed; 0 elsewhere, so that nothing overflows.

    seen       (B, n) bool: the steps that are scored
    actual     (B, n)
    forecasts  each (B, ..., n)
    """

    seen: np.ndarray
    actual: np.ndarray
    forecasts: tuple[np.ndarray, ...]
    faults: tuple[Fault, ...]

    def mean(self, terms: np.ndarray) -> Measured:
        """The mean of terms (B, ..., n) over everything but the rows, at the scored steps."""
        kept = np.where(_between(self.seen, terms.ndim), terms, 0).reshape(len(terms), -1)  # summed alike whatever B is
        counts = self.seen.sum(axis=1) * (kept.shape[1] // max(1, self.seen.shape[1]))
        return self.measured(kept.sum(axis=1) / np.maximum(counts, 1))

    def measured(self, values: np.ndarray, *faults: Fault) -> Measured:
        """Values (B,) as a metric, NaN wherever a fault holds."""
        every = (*self.faults, *faults)
        bad = np.logical_or.reduce([rows for rows, _ in every])
        return Measured(np.where(bad, np.nan, values), every)


def rows_of(metric: str, actual: np.ndarray, *forecasts: np.ndarray) -> Rows:
    """actual (B, n), NaN where not observed, beside forecasts (B, ..., n).

    A row has a fault where nothing is observed, or where values are too large to be scored.
    """
    assert actual.ndim == 2
    for forecast in forecasts:
        assert (len(forecast), forecast.shape[-1]) == actual.shape, (forecast.shape, actual.shape)
        assert np.isfinite(forecast).all(), "a forecast is finite"
    seen = ~np.isnan(actual)
    arrays = [np.where(_between(seen, one.ndim), one, 0) for one in (actual, *forecasts)]
    largest = np.max([_largest(one) for one in arrays], axis=0)
    empty, beyond = ~seen.any(axis=1), largest > LARGEST
    if beyond.any():
        seen = seen & ~beyond[:, None]
        arrays = [np.where(_between(seen, one.ndim), one, 0) for one in arrays]
    nothing = f"{metric} is undefined: none of the {actual.shape[1]} actuals is observed; "
    faults = (
        (empty, lambda _: nothing + "choose origins with observed values after them"),
        (beyond, lambda row: _beyond(metric, largest[row])),
    )
    return Rows(seen, arrays[0], tuple(arrays[1:]), faults)


def as_row(array: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """One row (1, ..., n) of an array that has the shape of `beside`, or that shape behind axes of its own."""
    assert array.shape[array.ndim - beside.ndim :] == beside.shape, (array.shape, beside.shape)
    return array.reshape(1, *array.shape[: array.ndim - beside.ndim], beside.size)


def require_computable(metric: str, *arrays: np.ndarray) -> None:
    """Raises DataError where values are so large that a metric of them would be no number."""
    largest = max(np.abs(array).max(initial=0) for array in arrays)
    if largest > LARGEST:
        raise DataError(_beyond(metric, largest))


def _between(seen: np.ndarray, ndim: int) -> np.ndarray:
    """seen (B, n) with axes of length 1 in the middle, so that it broadcasts against `ndim` axes."""
    return seen.reshape(len(seen), *(1,) * (ndim - 2), -1)


def _largest(array: np.ndarray) -> np.ndarray:
    """(B, ..., n) -> (B,)"""
    return np.abs(array).max(axis=tuple(range(1, array.ndim)), initial=0)


def _beyond(metric: str, largest: float) -> str:
    return (
        f"{metric} cannot be computed: values reach {largest:.3g}, beyond {LARGEST:g}; "
        "either the model diverged, or the series needs a larger unit"
    )
