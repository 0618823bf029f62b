"""Rolling-origin backtest. The only place that ever holds actuals beyond an origin; models are handed prefixes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from core.errors import FitError, TooShortError
from core.evaluation.conformal import around, half_widths, pool
from core.models.base import Fitted, Model
from core.progress import Context
from core.series.forecast import Forecast
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of one series from its scored origins, beside what happened.

    origins (O,), actual (O, H), point (O, H), levels (Q,), quantiles (O, Q, H), observed (O, H)

    own      (O, Q − 1, H) quantiles that the model itself claims, at the levels without 0.5; None where it has none
    earlier  (C, H) the points from the calibration origins, which combinations weigh models by; None in a result that was
             stored before they were kept
    """

    origins: np.ndarray
    actual: np.ndarray
    point: np.ndarray
    levels: tuple[float, ...]
    quantiles: np.ndarray
    observed: np.ndarray
    own: np.ndarray | None = None
    earlier: np.ndarray | None = None

    @property
    def scorable(self) -> np.ndarray:
        """(O, H) actuals, NaN where none was observed."""
        return np.where(self.observed, self.actual, np.nan)


@dataclass(frozen=True)
class Rolling:
    """How a model is rolled: the plan of each series by id, and whether it is fitted anew at each origin.

    levels: those of the quantiles that the model itself is asked for, by series id; none for a model that has none.
    """

    plans: Mapping[str, Plan]
    horizon: int
    refit: bool = False
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def fits(self) -> int:
        """How many fits the backtest takes; a fit on everything, for the final forecast, comes after them."""
        most = max(len(plan.origins) for plan in self.plans.values())
        return most if self.refit else min(most, 1)


@dataclass(frozen=True, eq=False)
class Rolled:
    """What a model said of one series: point (C + O, H) from all origins, calibration first, and its own quantiles
    (O, Q', H) from the scored ones, at the levels that it was asked for; None where it has none."""

    point: np.ndarray
    own: np.ndarray | None


def roll(
    model: Model, panel: Panel, rolling: Rolling, context: Context, seeds: int = 1
) -> tuple[list[dict[str, Rolled]], dict[str, str]]:
    """For each seed, forecasts from all origins by series id; and why some series have none, by id.

    Without refit the model is fitted once, on what each series had before its own first origin. With refit the k-th last
    origins of all series are fitted together. A series that the model cannot learn or forecast, be it at one origin alone, has
    no forecast at all.  Raises FitError with the first reason where that is so for every series.
    """
    found, absent = [{series.id: _unfilled(rolling, series.id) for series in panel} for _ in range(seeds)], {}
    for number in range(rolling.fits):
        part = context.part(number / rolling.fits, (number + 1) / rolling.fits)
        train = learned_from(panel, rolling, number)
        try:
            fits = model.fit_all(train, rolling.horizon, part, seeds)
        except (FitError, TooShortError) as error:
            if model.scope == "panel":  # one fit for all of them
                raise
            absent = dict.fromkeys((series.id for series in train), str(error)) | absent
        else:
            asked = [panel[series.id] for series in train]
            for fitted, own in zip(fits, found, strict=True):
                for series in _learned(fitted, asked, absent):
                    with _unless_impossible(series.id, absent):
                        _forecast_from(fitted, series, rolling, number, own[series.id])
        _require_any(panel, absent)
    return [_answers(own, absent) for own in found], absent


def learned_from(panel: Panel, rolling: Rolling, number: int) -> Panel:
    """What the fit `number` may see; without a backtest, everything."""
    if not rolling.fits:
        return panel
    ends = _ends(panel, rolling, number)
    return Panel(tuple(series[: ends[series.id]] for series in panel if series.id in ends))


def _answers(found: Mapping[str, Rolled], absent: Collection[str]) -> dict[str, Rolled]:
    present = {name: one for name, one in found.items() if name not in absent}
    return {name: one if _answered(one) else replace(one, own=None) for name, one in present.items()}


def final_forecasts(
    fitted: Fitted, panel: Panel, horizon: int, levels: Mapping[str, tuple[float, ...]]
) -> tuple[dict[str, Forecast], dict[str, str]]:
    """What follows the end of each series, with the model's own quantiles at `levels`; and why some series have nothing.

    Both by series id.  Raises as `roll` does.
    """
    found, absent = {}, {}
    for series in _learned(fitted, panel, absent):
        with _unless_impossible(series.id, absent):
            forecast = fitted.forecast(series, horizon, levels[series.id])
            own_quantiles(forecast, levels[series.id])  # which refuses those that are no numbers
            found[series.id] = forecast
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


def _require_any(panel: Panel, absent: Mapping[str, str]) -> None:
    if len(absent) == len(panel):
        raise FitError(next(iter(absent.values())))


def _answered(rolled: Rolled) -> bool:
    """Whether the model has quantiles of its own; its settings may be such that it has none, and then at no origin."""
    return rolled.own is not None and not np.isnan(rolled.own).any()


def _unfilled(rolling: Rolling, series_id: str) -> Rolled:
    plan, levels = rolling.plans[series_id], rolling.levels.get(series_id, ())
    own = np.full((len(plan.scored), len(levels), rolling.horizon), np.nan) if levels else None
    return Rolled(np.full((len(plan.origins), rolling.horizon), np.nan), own)


def _ends(panel: Panel, rolling: Rolling, number: int) -> dict[str, int]:
    """How much of each series the fit `number` may see. Series with fewer origins than others join at later fits."""
    if not rolling.refit:
        return {series.id: rolling.plans[series.id].train_end for series in panel}
    places = {series.id: number - rolling.fits + len(rolling.plans[series.id].origins) for series in panel}
    return {name: rolling.plans[name].origins[place] for name, place in places.items() if place >= 0}


def _forecast_from(fitted: Fitted, series: TimeSeries, rolling: Rolling, number: int, rolled: Rolled) -> None:
    """Fill the rows that this fit answers for: all origins without refit, one with it."""
    plan, levels = rolling.plans[series.id], rolling.levels.get(series.id, ())
    first = len(plan.calibration)
    place = number - rolling.fits + len(plan.origins)
    rows = [place] if rolling.refit else range(len(plan.origins))
    early, late = [row for row in rows if row < first], [row for row in rows if row >= first]
    for some, asked in ((early, ()), (late, levels)):  # only where origins are scored are the model's own quantiles of use
        if not some:
            continue
        point, own = _forecasts(fitted, series, [plan.origins[row] for row in some], rolling.horizon, asked)
        rolled.point[some] = point
        if asked and own is not None:
            rolled.own[[row - first for row in some]] = own


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
    """(C + O, H) actual − point at every origin; NaN where the actual was not observed."""
    actual = np.where(series.observed, series.values, np.nan)
    return outcomes(actual, plan) - points


def outcomes(values: np.ndarray, plan: Plan) -> np.ndarray:
    """(C + O, H) the values (T,) that follow each origin."""
    rows = np.array(plan.origins, dtype=int)
    return values[rows[:, None] + np.arange(plan.horizon)]


def past_errors(series: TimeSeries, plan: Plan) -> int:
    """The fewest past errors that any scored origin has at any step ahead: what its intervals can rest on.

    Without a scored origin, those that the final forecast has.
    """
    errors = residuals(series, plan, np.zeros((len(plan.origins), plan.horizon)))
    first = plan.scored[0] if plan.scored else plan.length
    known = errors[pool(np.array(plan.origins, dtype=int), plan.horizon, first)]
    return int(np.count_nonzero(~np.isnan(known), axis=0).min()) if len(known) else 0


def backtest(
    series: TimeSeries,
    plan: Plan,
    points: np.ndarray,
    coverages: Sequence[float],
    own: np.ndarray | None = None,
    reaches: np.ndarray | None = None,
) -> Backtest:
    """The scored part of a roll, with intervals around each point.

    points: (C + O, H).  own: (O, Q − 1, H) the model's own quantiles at `interval_ends(coverages)`, if it has any.
    reaches: (O, K, H) half the width of each interval; None calibrates them on the series' own errors known at its origin.
    """
    first, origins = len(plan.calibration), np.array(plan.origins, dtype=int)
    scored = origins[first:]
    if reaches is None:
        errors = residuals(series, plan, points)
        reaches = np.stack([half_widths(errors[pool(origins, plan.horizon, at)], coverages) for at in scored])
    levels, quantiles = around(points[first:], reaches, coverages)
    windows = np.lib.stride_tricks.sliding_window_view
    return Backtest(
        origins=scored,
        actual=windows(series.values, plan.horizon)[scored],
        point=points[first:],
        levels=levels,
        quantiles=quantiles,
        observed=windows(series.observed, plan.horizon)[scored],
        own=own,
        earlier=points[:first],
    )
