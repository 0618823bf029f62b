"""Rolling-origin backtest. The only place that ever holds actuals beyond an origin; models are handed prefixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.conformal import interval_quantiles, pool
from core.models.base import Fitted, Model
from core.progress import Context
from core.series.forecast import Forecast
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of one series from its scored origins, beside what happened.

    origins (O,), actual (O, H), point (O, H), levels (Q,), quantiles (O, Q, H), observed (O, H)
    """

    origins: np.ndarray
    actual: np.ndarray
    point: np.ndarray
    levels: tuple[float, ...]
    quantiles: np.ndarray
    observed: np.ndarray

    @property
    def scorable(self) -> np.ndarray:
        """(O, H) actuals, NaN where none was observed."""
        return np.where(self.observed, self.actual, np.nan)


@dataclass(frozen=True)
class Rolling:
    """How a model is rolled: the plan of each series by id, and whether it is fitted anew at each origin."""

    plans: Mapping[str, Plan]
    horizon: int
    refit: bool = False

    @property
    def fits(self) -> int:
        """How many fits the backtest takes; a fit on everything, for the final forecast, comes after them."""
        most = max(len(plan.origins) for plan in self.plans.values())
        return most if self.refit else min(most, 1)


def roll(model: Model, panel: Panel, rolling: Rolling, context: Context) -> dict[str, np.ndarray]:
    """Point forecasts (C + O, H) from all origins, calibration first, for each series by id.

    Without refit the model is fitted once, on what each series had before its own first origin. With refit the k-th last
    origins of all series are fitted together.
    """
    points = {series.id: np.full((len(rolling.plans[series.id].origins), rolling.horizon), np.nan) for series in panel}
    for number in range(rolling.fits):
        part = context.part(number / rolling.fits, (number + 1) / rolling.fits)
        ends = _ends(panel, rolling, number)
        train = Panel(tuple(series[: ends[series.id]] for series in panel if series.id in ends))
        fitted = model.fit(train, rolling.horizon, part)
        for series_id in ends:
            _forecast_from(fitted, panel[series_id], rolling, number, points[series_id])
    return points


def _ends(panel: Panel, rolling: Rolling, number: int) -> dict[str, int]:
    """How much of each series the fit `number` may see. Series with fewer origins than others join at later fits."""
    if not rolling.refit:
        return {series.id: rolling.plans[series.id].train_end for series in panel}
    places = {series.id: number - rolling.fits + len(rolling.plans[series.id].origins) for series in panel}
    return {name: rolling.plans[name].origins[place] for name, place in places.items() if place >= 0}


def _forecast_from(fitted: Fitted, series: TimeSeries, rolling: Rolling, number: int, points: np.ndarray) -> None:
    """Fill the rows of `points` that this fit answers for: all origins without refit, one with it."""
    origins = rolling.plans[series.id].origins
    place = number - rolling.fits + len(origins)
    for row in [place] if rolling.refit else range(len(origins)):
        points[row] = fitted.forecast(series[: origins[row]], rolling.horizon).point


def residuals(series: TimeSeries, plan: Plan, points: np.ndarray) -> np.ndarray:
    """(C + O, H) actual − point at every origin; NaN where the actual was not observed."""
    windows = np.lib.stride_tricks.sliding_window_view
    rows = np.array(plan.origins, dtype=int)
    errors = windows(series.values, plan.horizon)[rows] - points
    return np.where(windows(series.observed, plan.horizon)[rows], errors, np.nan)


def past_errors(series: TimeSeries, plan: Plan) -> int:
    """The fewest past errors that any scored origin has at any step ahead: what its intervals can rest on."""
    if not plan.scored:
        return 0
    errors = residuals(series, plan, np.zeros((len(plan.origins), plan.horizon)))
    known = errors[pool(np.array(plan.origins), plan.horizon, plan.scored[0])]
    return int(np.count_nonzero(~np.isnan(known), axis=0).min()) if len(known) else 0


def backtest(series: TimeSeries, plan: Plan, points: np.ndarray, coverages: Sequence[float]) -> Backtest:
    """The scored part of a roll, with intervals around each point calibrated on the errors known at its origin."""
    errors, origins = residuals(series, plan, points), np.array(plan.origins)
    first = len(plan.calibration)
    banded = [
        interval_quantiles(points[row], errors[pool(origins, plan.horizon, origins[row])], coverages)
        for row in range(first, len(origins))
    ]
    windows = np.lib.stride_tricks.sliding_window_view
    scored = origins[first:]
    return Backtest(
        origins=scored,
        actual=windows(series.values, plan.horizon)[scored],
        point=points[first:],
        levels=banded[0][0],
        quantiles=np.stack([quantiles for _, quantiles in banded]),
        observed=windows(series.observed, plan.horizon)[scored],
    )


def with_intervals(forecast: Forecast, errors: np.ndarray, coverages: Sequence[float]) -> Forecast:
    """The final forecast with intervals calibrated on the errors (n, H) of all origins."""
    levels, quantiles = interval_quantiles(forecast.point, errors, coverages)
    return Forecast(forecast.series_id, forecast.label, forecast.index, forecast.point, levels, quantiles)
