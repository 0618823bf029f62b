"""When the errors of a panel became known: the one rule by which anything that is pooled over series may look at another.

An error of origin c is known at origin o where all its outcomes lie before o: c + H ≤ o. Between two series that is judged by
dates. Steps without dates are each series' own; they are counted back from the ends of the series, as if these were one day.
At the end, where the next forecast is made, everything in the data is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import DataError
from core.metrics.point import mase_scale
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries

NEVER, ALWAYS = np.iinfo(np.int64).max, np.iinfo(np.int64).max - 1
CUTOFFS = 32  # moments at which a pool is taken; an origin between two of them uses the one before


@dataclass(frozen=True, eq=False)
class Clock:
    """The origins of S series, R at the most; a series with fewer has its own in the last columns.

    rows    (S, R) bool: where there is an origin
    places  (S, R) how many values are known at an origin
    known   (S, R) when all outcomes of an origin are there, `NEVER` without an origin
    now     (S, R + 1) when each origin is, and last, the end
    scales  (S,) the size of a series' changes before its first origin: errors divided by it are comparable
    """

    horizon: int
    rows: np.ndarray
    places: np.ndarray
    known: np.ndarray
    now: np.ndarray
    scales: np.ndarray

    def cutoffs(self, first: int = 0) -> np.ndarray:
        """(K,) ascending moments at which a pool is taken: of the origins from column `first` on, thinned, and the end."""
        every = np.unique(self.now[:, first:-1][self.rows[:, first:]])
        return np.append(every[:: max(1, -(-len(every) // CUTOFFS))], ALWAYS)

    def latest(self, cutoffs: np.ndarray, first: int = 0) -> np.ndarray:
        """(S, R + 1 − first) which cutoff is the latest at each origin from column `first` on, and at the end; −1: none is."""
        return np.searchsorted(cutoffs, self.now[:, first:], side="right") - 1

    def worth(self, known: np.ndarray) -> np.ndarray:
        """(S, P, H) how many independent errors the known ones of each series are worth: known (S, P, R, H) bool.

        Errors h steps ahead from neighbouring origins share h − 1 of h shocks, so that origins over a span of d steps are
        worth about 1 + d/h of them, and never more than there are.
        """
        places = self.places[:, None, :, None]  # (S, 1, R, 1)
        count = known.sum(axis=-2)
        last = np.where(known, places, -1).max(axis=-2, initial=-1)
        first = np.where(known, places, NEVER).min(axis=-2, initial=NEVER)
        span = np.where(count > 0, last - first, 0)
        return np.where(count > 0, np.minimum(count, 1 + span / np.arange(1, self.horizon + 1)), 0)


def clock_of(panel: Panel, plans: Mapping[str, Plan]) -> Clock:
    """The clock of a panel with these plans."""
    origins = [np.array(plans[series.id].origins, dtype=int) for series in panel]
    most = max(len(some) for some in origins)
    shape = (len(panel), most)
    rows, places = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=int)
    known, now = np.full(shape, NEVER), np.full((len(panel), most + 1), -NEVER)
    now[:, -1] = ALWAYS
    horizon = next(iter(plans.values())).horizon
    for number, (series, some) in enumerate(zip(panel, origins, strict=True)):
        ticks, columns = _ticks(series), slice(most - len(some), most)
        rows[number, columns], places[number, columns] = True, some
        known[number, columns] = ticks[some + horizon - 1]
        now[number, columns] = ticks[some - 1]
    assert (known[rows] < ALWAYS).all()
    scales = np.array([_scale(series, plans[series.id]) for series in panel])
    return Clock(horizon, rows, places, known, now, scales)


def _ticks(series: TimeSeries) -> np.ndarray:
    """(T,) when each value is, in a unit that all series of a panel share."""
    if isinstance(series.index, pd.RangeIndex):
        return np.arange(len(series), dtype=np.int64) - len(series)
    return series.index.as_unit("ns").asi8


def _scale(series: TimeSeries, plan: Plan) -> float:
    """MASE's scale before the first origin; without a season, or the mean size of the values, where there is none."""
    values, observed = series.values[: plan.train_end], series.observed[: plan.train_end]
    for season in dict.fromkeys((series.season, 1)):
        try:
            return mase_scale(values, observed, season)
        except DataError:
            continue
    return float(np.abs(values).mean()) or 1.0


def stacked(clock: Clock, panel: Panel, tables: Mapping[str, np.ndarray]) -> np.ndarray:
    """(S, R, H) tables (R', H) of all series, each in its last rows, NaN before them."""
    found = np.full((*clock.rows.shape, clock.horizon), np.nan)
    for number, series in enumerate(panel):
        table = tables[series.id]
        found[number, found.shape[1] - len(table) :] = table
    return found
