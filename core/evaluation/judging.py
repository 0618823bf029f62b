"""From the points of all origins to what is kept of a series: its backtest with intervals, its scores, its final forecast.

Models, combinations and benchmarks all come through here, a whole panel at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.evaluation.backtest import Backtest, backtest, bounded, residuals
from core.evaluation.conformal import around
from core.evaluation.pooling import reaches
from core.evaluation.results import SeriesResult
from core.evaluation.scores import Scores, score_each
from core.series.forecast import Forecast
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries


@dataclass(frozen=True, eq=False)
class Points:
    """What was forecast of one series: past (O, H) from its origins, and the next forecast.

    own       (O, Q − 1, H) quantiles that the model itself claims at its origins; None where it has none
    own_next  (Q − 1, H) those of the next forecast
    """

    past: np.ndarray
    next: Forecast
    own: np.ndarray | None = None
    own_next: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Judge:
    """The series of a run, each with its plan and the coverages of its intervals, by id. lowest: what no interval is below."""

    panel: Panel
    plans: Mapping[str, Plan]
    coverages: Mapping[str, Sequence[float]]
    lowest: float | None = None

    @cached_property
    def _series(self) -> dict[str, TimeSeries]:
        return {series.id: series for series in self.panel}

    def results(self, points: Mapping[str, Points]) -> list[SeriesResult]:
        """What is kept of each series that has points, in the order of the panel; `seed_scores` are those of these points."""
        whole = self._reaches({name: one.past for name, one in points.items()})
        tested = {name: self._backtest(name, one.past, whole[name], one.own) for name, one in points.items()}
        scores = self._scored(tested)
        found = []
        for series in self._of(points):
            one, past, scored = points[series.id], tested[series.id], scores.get(series.id)
            final = self._final(one.next, whole[series.id][-1])
            held_out = one.past if past is None and len(one.past) else None
            each = (scored,) if scored else ()
            found.append(SeriesResult(series.id, final, past, scored, each, one.own_next, held_out, len(series)))
        return found

    def scores(
        self, points: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray | None], *, is_stepwise: bool = True
    ) -> dict[str, Scores]:
        """The scores by series id of points (O, H) with a model's own quantiles, of each series with a scored origin."""
        return self._scored(self.backtests(points, own), is_stepwise)

    def backtests(self, points: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray | None]) -> dict[str, Backtest]:
        """The forecasts beside what happened, by series id, of each series with a scored origin; as in `scores`."""
        whole = self._reaches(points)
        tested = {name: self._backtest(name, one, whole[name], own.get(name)) for name, one in points.items()}
        return {name: one for name, one in tested.items() if one is not None}

    def _of(self, points: Mapping[str, object]) -> Panel:
        return Panel(tuple(series for series in self.panel if series.id in points))

    def _reaches(self, points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        panel = self._of(points)
        errors = {one.id: residuals(one, self.plans[one.id], points[one.id]) for one in panel}
        return reaches(panel, {one.id: self.plans[one.id] for one in panel}, errors, self.coverages)

    def _backtest(self, name: str, points: np.ndarray, reach: np.ndarray, own: np.ndarray | None) -> Backtest | None:
        plan = self.plans[name]
        if not plan.scored:
            return None
        found = backtest(self._series[name], plan, points, self.coverages[name], own, reach[:-1])
        return replace(found, quantiles=bounded(found.quantiles, self.lowest))

    def _scored(self, tested: Mapping[str, Backtest | None], is_stepwise: bool = True) -> dict[str, Scores]:
        names = [name for name, one in tested.items() if one is not None]
        series, coverages = [self._series[name] for name in names], [self.coverages[name] for name in names]
        found = score_each([tested[name] for name in names], series, coverages, is_stepwise=is_stepwise)
        return dict(zip(names, found, strict=True))

    def _final(self, forecast: Forecast, reach: np.ndarray) -> Forecast:
        """The next forecast with intervals that reach so far: (K, H)."""
        levels, quantiles = around(forecast.point[None], reach[None], self.coverages[forecast.series_id])
        return replace(forecast, levels=levels, quantiles=bounded(quantiles[0], self.lowest))
