"""When the errors of a panel became known: the one rule by which anything that is pooled over series may look at another.

An error of origin c is known at origin o where all its outcomes lie before o: c + H ≤ o. Between two series that is judged by
dates. Steps without dates are each series' own; they are counted back from the ends of the series, as if these were one day.
At the end, where the next forecast is made, everything in the data is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.metrics.point import mase_scale
from core.series.splits import Plan, ticks_of
from core.series.timeseries import Panel, TimeSeries

NEVER, ALWAYS = np.iinfo(np.int64).max, np.iinfo(np.int64).max - 1
CUTOFFS = 32  # moments at which a pool is taken; an origin between two of them uses the one before


@dataclass(frozen=True, eq=False)
class Clock:
    """The R origins of a run, of which each of S series has some.

    rows    (S, R) bool: which series has which origin
    places  (S, R) how many values are known at an origin
    known   (S, R) when all outcomes of an origin are there, `NEVER` without an origin
    now     (S, R + 1) when each origin is, and last, the end
    scales  (S,) the size of a series' changes before the first origin: errors divided by it are comparable
    """

    horizon: int
    rows: np.ndarray
    places: np.ndarray
    known: np.ndarray
    now: np.ndarray
    scales: np.ndarray

    def cutoffs(self) -> np.ndarray:
        """(K,) ascending moments at which a pool is taken: of the origins, thinned, and the end."""
        every = np.unique(self.now[:, :-1][self.rows])
        return np.append(every[:: max(1, -(-len(every) // CUTOFFS))], ALWAYS)

    def latest(self, cutoffs: np.ndarray) -> np.ndarray:
        """(S, R + 1) which cutoff is the latest at each origin, and at the end; −1: none is."""
        return np.searchsorted(cutoffs, self.now, side="right") - 1

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
    most = max((plan.places[-1] + 1 for plan in plans.values() if plan.places), default=0)
    shape = (len(panel), most)
    rows, places = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=int)
    known, now = np.full(shape, NEVER), np.full((len(panel), most + 1), -NEVER)
    now[:, -1] = ALWAYS
    horizon = next(iter(plans.values())).horizon
    for number, series in enumerate(panel):
        plan, ticks = plans[series.id], ticks_of(series)
        columns, some = list(plan.places), np.array(plan.origins, dtype=int)
        rows[number, columns], places[number, columns] = True, some
        known[number, columns] = ticks[some + horizon - 1]
        now[number, columns] = ticks[some - 1]
    assert (known[rows] < ALWAYS).all()
    scales = np.array([_scale(series, plans[series.id]) for series in panel])
    return Clock(horizon, rows, places, known, now, scales)


def _scale(series: TimeSeries, plan: Plan) -> float:
    """MASE's scale before the first origin; without a season, or the mean size of the values, where there is none."""
    known = (plan.origins[0] if plan.origins else 0) or len(series)
    values, observed = series.values[:known], series.observed[:known]
    for season in dict.fromkeys((series.season, 1)):
        try:
            return mase_scale(values, observed, season)
        except DataError:
            continue
    return float(np.abs(values).mean()) or 1.0


def stacked(clock: Clock, panel: Panel, plans: Mapping[str, Plan], tables: Mapping[str, np.ndarray]) -> np.ndarray:
    """(S, R, H) tables (O, H) of all series, each at its own origins, NaN elsewhere."""
    found = np.full((*clock.rows.shape, clock.horizon), np.nan)
    for number, series in enumerate(panel):
        found[number, list(plans[series.id].places)] = tables[series.id]
    return found
