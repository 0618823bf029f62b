"""What difference a run could show, told before it is started: from the losses of AR and Linear inside the training part.

Both are fitted on the first part of what comes before the run's first origin and forecast the rest of it. Their losses differ
from origin to origin by so much; if those of a network and AR do alike, the interval of the run will reach so far. Nothing
after the first origin is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from core.errors import TooShortError
from core.evaluation.backtest import Rolling, residuals, roll
from core.models.autoregression import AR
from core.models.base import Model
from core.models.linear import Linear
from core.progress import Context
from core.series.splits import Timetable, timetable
from core.series.timeseries import Panel, TimeSeries
from core.stats.significance import critical_value, diebold_mariano

MOST = 0.9  # the correlation that is assumed at most; set by what finished runs on the built-in examples showed
FEWEST = 3  # forecasts that share no outcome: fewer tell nothing of how much losses vary


@dataclass(frozen=True)
class Power:
    """What a run could show.

    share        of AR's loss by which a network must differ for the run to show it
    correlation  of the losses of AR and Linear, which is assumed for those of AR and a network too, 0.9 at most: two linear
                 models can be one and the same, and a network seldom is
    """

    share: float
    correlation: float


def power(series: TimeSeries, found: Timetable, networks: int, context: Context) -> Power:
    """For a series with the run's season, and the run's origins.

    networks: how many are compared with AR at once.  Raises TooShortError where the training part is too short for a backtest
    of its own, DataError where AR errs alike at all origins, FitError.
    """
    train = Panel((series[: found.origins[0]],))
    models: tuple[Model, ...] = (AR(), Linear())
    needed = max(one.needs(found.horizon, series.season) for one in models)
    inner = timetable(train, found.horizon, needed, 1, blocks=1)
    losses = np.stack([_losses(one, train, inner, context) for one in models])
    losses = losses[:, ~np.isnan(losses).any(axis=0)]
    count = losses.shape[1]
    if independent(count, inner) < FEWEST:
        raise TooShortError(
            f"the training part holds {count} forecasts that could be compared, fewer than {FEWEST} horizons of them"
        )
    correlation = min(MOST, float(np.corrcoef(losses)[0, 1]))
    if correlation < MOST:
        error = diebold_mariano(losses[0] - losses[1], found.horizon, inner.stride).error
    else:
        error = diebold_mariano(losses[0], found.horizon, inner.stride).error * sqrt(2 * (1 - MOST))
    error *= sqrt(independent(count, inner) / independent(len(found.origins), found))
    reach = error * critical_value(len(found.origins), found.horizon, found.stride, max(1, networks))
    return Power(reach / float(losses[0].mean()), correlation)


def independent(count: int, found: Timetable) -> float:
    """How many forecasts that share no outcome so many origins are worth."""
    return min(count, 1 + (count - 1) * found.stride / found.horizon)


def _losses(model: Model, train: Panel, found: Timetable, context: Context) -> np.ndarray:
    """(O,) mean absolute errors over the horizon; NaN where nothing was observed."""
    plans, (series,) = found.plans(train), train
    (rolled,), _ = roll(model, train, Rolling(plans, found.horizon), context)
    errors = np.abs(residuals(series, plans[series.id], rolled[series.id].point))
    seen = ~np.isnan(errors)
    count = seen.sum(axis=1)
    return np.divide(np.where(seen, errors, 0).sum(axis=1), count, out=np.full(len(errors), np.nan), where=count > 0)
