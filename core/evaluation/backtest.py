"""Rolling-origin backtest. The only place that ever holds actuals beyond an origin; models are handed prefixes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from core.errors import FitError, TooShortError
from core.evaluation.conformal import around, rolling_half_widths
from core.models.base import Fitted, Model
from core.progress import Context
from core.series.forecast import Forecast
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries

SHORTEST = 1  # values of a series that a fit may look at


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of one series from its scored origins, beside what happened.

    origins (O,), actual (O, H), point (O, H), levels (Q,), quantiles (O, Q, H), observed (O, H)

    quantiles are NaN where too few past errors were known at an origin for an interval.

    own  (O, Q − 1, H) quantiles that the model itself claims, at the levels without 0.5; None where it has none
    """

    origins: np.ndarray
    actual: np.ndarray
    point: np.ndarray
    levels: tuple[float, ...]
    quantiles: np.ndarray
    observed: np.ndarray
    own: np.ndarray | None = None

    @property
    def scorable(self) -> np.ndarray:
        """(O, H) actuals, NaN where none was observed."""
        return np.where(self.observed, self.actual, np.nan)


@dataclass(frozen=True)
class Rolling:
    """How a model is rolled: the plan of each series by id.

    levels: those of the quantiles that the model itself is asked for, by series id; none for a model that has none.
    lowest: what no forecast is below; None for no bound.
    """

    plans: Mapping[str, Plan]
    horizon: int
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    lowest: float | None = None

    @property
    def fits(self) -> int:
        """How many fits the backtest takes; a fit on everything, for the final forecast, comes after them."""
        return max(len(plan.ends) for plan in self.plans.values())


@dataclass(frozen=True, eq=False)
class Rolled:
    """What a model said of one series: point (O, H) from all origins, and its own quantiles (O, Q', H), at the levels that it
    was asked for; None where it has none."""

    point: np.ndarray
    own: np.ndarray | None


def roll(
    model: Model, panel: Panel, rolling: Rolling, context: Context, seeds: int = 1
) -> tuple[list[dict[str, Rolled]], dict[str, str]]:
    """For each seed, forecasts from all origins by series id; and why some series have none, by id.

    The model is fitted at the start of each block, on what was known of each series then. A series without origins is learned
    by models that learn from all series, and has no forecasts here. A series that the model cannot learn or forecast, be it at
    one origin alone, has no forecast at all.  Raises FitError with the first reason where that is so for every series.
    """
    rolled = [series for series in panel if rolling.plans[series.id].origins]
    found, absent = [{series.id: _unfilled(rolling, series.id) for series in rolled} for _ in range(seeds)], {}
    for number in range(rolling.fits if rolled else 0):
        part = context.part(number / rolling.fits, (number + 1) / rolling.fits)
        asked = [series for series in rolled if number in rolling.plans[series.id].fits]
        train = learned_from(panel, rolling, number, None if model.scope == "panel" else {one.id for one in asked})
        try:
            fits = model.fit_all(train, rolling.horizon, part, seeds)
        except (FitError, TooShortError) as error:
            if model.scope == "panel":  # one fit for all of them
                raise
            absent = dict.fromkeys((series.id for series in asked), str(error)) | absent
        else:
            for fitted, own in zip(fits, found, strict=True):
                for series in _learned(fitted, asked, absent):
                    with _unless_impossible(series.id, absent):
                        _forecast_from(fitted, series, rolling, number, own[series.id])
        _require_any(rolled, absent)
    return [_answers(own, absent) for own in found], absent


def learned_from(panel: Panel, rolling: Rolling, number: int, names: Collection[str] | None = None) -> Panel:
    """What the fit `number` may see, of the series called `names` or of all; without a backtest, everything."""
    if not rolling.fits:
        return panel
    ends = {series.id: rolling.plans[series.id].ends[number] for series in panel if names is None or series.id in names}
    return Panel(tuple(series[: ends[series.id]] for series in panel if ends.get(series.id, 0) >= SHORTEST))


def _answers(found: Mapping[str, Rolled], absent: Collection[str]) -> dict[str, Rolled]:
    present = {name: one for name, one in found.items() if name not in absent}
    return {name: one if _answered(one) else replace(one, own=None) for name, one in present.items()}


def final_forecasts(fitted: Fitted, panel: Panel, rolling: Rolling) -> tuple[dict[str, Forecast], dict[str, str]]:
    """What follows the end of each series, with the model's own quantiles; and why some series have nothing.

    Both by series id.  Raises as `roll` does.
    """
    found, absent = {}, {}
    for series in _learned(fitted, panel, absent):
        with _unless_impossible(series.id, absent):
            levels = rolling.levels.get(series.id, ())
            forecast = fitted.forecast(series, rolling.horizon, levels)
            own_quantiles(forecast, levels)  # which refuses those that are no numbers
            quantiles = bounded(forecast.quantiles, rolling.lowest) if forecast.levels else None
            found[series.id] = replace(forecast, point=bounded(forecast.point, rolling.lowest), quantiles=quantiles)
    _require_any(panel, absent)
    return found, absent


def _learned(fitted: Fitted, panel: Iterable[TimeSeries], absent: dict[str, str]) -> Iterator[TimeSeries]:
    """The series that the model learned, without those that are `absent` already; the rest joins them."""
    for series in panel:
        if series.id in (unlearned := getattr(fitted, "absent", {})):
            absent.setdefault(series.id, unlearned[series.id])
        elif series.id not in absent:
            yield series


@contextmanager
def _unless_impossible(series_id: str, absent: dict[str, str]) -> Iterator[None]:
    """Where the model cannot forecast the series, it is absent from then on."""
    try:
        yield
    except (FitError, TooShortError) as error:
        absent[series_id] = str(error)


def _require_any(series: Collection[TimeSeries], absent: Mapping[str, str]) -> None:
    if series and len(absent) == len(series):
        raise FitError(next(iter(absent.values())))


def _answered(rolled: Rolled) -> bool:
    """Whether the model has quantiles of its own; its settings may be such that it has none, and then at no origin."""
    return rolled.own is not None and len(rolled.own) > 0 and not np.isnan(rolled.own).any()


def _unfilled(rolling: Rolling, series_id: str) -> Rolled:
    plan, levels = rolling.plans[series_id], rolling.levels.get(series_id, ())
    own = np.full((len(plan.scored), len(levels), rolling.horizon), np.nan) if levels else None
    return Rolled(np.full((len(plan.origins), rolling.horizon), np.nan), own)


def _forecast_from(fitted: Fitted, series: TimeSeries, rolling: Rolling, number: int, rolled: Rolled) -> None:
    """Fill the rows that this fit answers for."""
    plan = rolling.plans[series.id]
    levels = rolling.levels.get(series.id, ()) if plan.is_scored else ()  # the model's own quantiles are of use if scored
    rows = [row for row, fit in enumerate(plan.fits) if fit == number]
    point, own = _forecasts(fitted, series, [plan.origins[row] for row in rows], rolling.horizon, levels)
    rolled.point[rows] = bounded(point, rolling.lowest)
    if levels and own is not None:
        rolled.own[rows] = bounded(own, rolling.lowest)


def bounded(values: np.ndarray, lowest: float | None) -> np.ndarray:
    """The values, none below the bound."""
    return values if lowest is None else np.maximum(values, lowest)


def _forecasts(
    fitted: Fitted, series: TimeSeries, origins: Sequence[int], horizon: int, levels: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray | None]:
    """point (O, H) and own quantiles (O, Q', H), None where it has none; from many origins at once where the model can."""
    if (at_once := getattr(fitted, "rolled", None)) is not None:
        point, own = at_once(series[: max(origins)], origins, horizon, levels)
        return point, own if own.shape[1] else None
    each = [fitted.forecast(series[:origin], horizon, levels) for origin in origins]
    own = [own_quantiles(one, levels) for one in each]
    return np.stack([one.point for one in each]), None if any(one is None for one in own) else np.stack(own)


def own_quantiles(forecast: Forecast, levels: tuple[float, ...]) -> np.ndarray | None:
    """(Q', H) what the model answered where it was asked for `levels`; None where it has no quantiles of its own.

    Raises FitError where they are no numbers.
    """
    if not forecast.levels:
        return None
    assert forecast.levels == levels, f"{forecast.label} was asked for levels {levels} and answered {forecast.levels}"
    if not np.isfinite(forecast.quantiles).all():
        raise FitError(
            f"{forecast.label}'s own intervals of series {forecast.series_id!r} grow beyond all numbers within "
            f"{len(forecast.point)} steps; choose a shorter horizon or other settings"
        )
    return forecast.quantiles


def residuals(series: TimeSeries, plan: Plan, points: np.ndarray) -> np.ndarray:
    """(O, H) actual − point at every origin; NaN where the actual was not observed."""
    actual = np.where(series.observed, series.values, np.nan)
    return outcomes(actual, plan) - points


def outcomes(values: np.ndarray, plan: Plan) -> np.ndarray:
    """(O, H) the values (T,) that follow each origin."""
    rows = np.array(plan.origins, dtype=int)
    return values[rows[:, None] + np.arange(plan.horizon)]


def past_errors(series: TimeSeries, plan: Plan) -> int:
    """How many past errors the next forecast has at the step ahead that has the fewest: what its intervals can rest on."""
    return int(np.count_nonzero(outcomes(series.observed, plan), axis=0).min())


def backtest(
    series: TimeSeries,
    plan: Plan,
    points: np.ndarray,
    coverages: Sequence[float],
    own: np.ndarray | None = None,
    reaches: np.ndarray | None = None,
) -> Backtest:
    """The forecasts from all origins beside what happened, with intervals around each point.

    points: (O, H).  own: (O, Q − 1, H) the model's own quantiles at `interval_ends(coverages)`, if it has any.
    reaches: (O, K, H) half the width of each interval; None calibrates them on the series' own errors known at its origin.
    """
    origins = np.array(plan.origins, dtype=int)
    if reaches is None:
        reaches = rolling_half_widths(origins, plan.horizon, origins, residuals(series, plan, points), coverages)
    levels, quantiles = around(points, reaches, coverages)
    windows = np.lib.stride_tricks.sliding_window_view
    return Backtest(
        origins=origins,
        actual=windows(series.values, plan.horizon)[origins],
        point=points,
        levels=levels,
        quantiles=quantiles,
        observed=windows(series.observed, plan.horizon)[origins],
        own=own,
    )
