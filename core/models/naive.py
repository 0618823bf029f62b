"""Benchmarks without hyper-parameters: forecasts that are read off the history. Whoever cannot beat them should not be used.

Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 5.2.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.models.base import Fitted, Look, Model
from core.progress import Context
from core.series.forecast import Forecast
from core.series.timeseries import Panel, TimeSeries


@dataclass(frozen=True)
class Benchmark(Model):
    """A rule from history to forecast. Nothing is learned, so the rule always sees all of the history it is given."""

    family: ClassVar[str] = "simple"
    is_benchmark: ClassVar[bool] = True

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        for series in train:
            self.require(series, horizon)
        context.report(1.0)
        return Rule(self)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:  # noqa: ARG002
        return Rule(self)

    @abstractmethod
    def point(self, history: TimeSeries, horizon: int) -> np.ndarray:
        """(H,) the forecast."""


@dataclass(frozen=True)
class Rule:
    """A benchmark as a fitted model."""

    model: Benchmark
    parameter_count: ClassVar[int] = 0

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        self.model.require(history, horizon)
        return Forecast(history.id, self.model.label, history.future(horizon), self.model.point(history, horizon))

    def arrays(self) -> dict[str, np.ndarray]:
        return {}


@dataclass(frozen=True)
class Naive(Benchmark):
    """ŷ(T+h) = y(T): the last value, for ever."""

    name: ClassVar[str] = "naive"
    label: ClassVar[str] = "Naive"
    help: ClassVar[str] = "Repeats the last value. The best there is for a random walk."
    look: ClassVar[Look] = Look("#8a8f98", "#8f96a3")

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return 1

    def point(self, history: TimeSeries, horizon: int) -> np.ndarray:
        return np.full(horizon, history.values[-1])


@dataclass(frozen=True)
class SeasonalNaive(Benchmark):
    """ŷ(T+h) = y(T+h−km), m the season and k the least whole number with h ≤ km: the last season, for ever.

    With a season of 1 it is the naive forecast.
    """

    name: ClassVar[str] = "seasonal_naive"
    label: ClassVar[str] = "Seasonal naive"
    help: ClassVar[str] = "Repeats the last season. The benchmark that a seasonal series demands."
    is_seasonal: ClassVar[bool] = True
    look: ClassVar[Look] = Look("#757b86", "#a6adb9", dash=1)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return season

    def point(self, history: TimeSeries, horizon: int) -> np.ndarray:
        return np.resize(history.values[-history.season :], horizon)


@dataclass(frozen=True)
class Mean(Benchmark):
    """ŷ(T+h) = mean of y(1..T)."""

    name: ClassVar[str] = "mean"
    label: ClassVar[str] = "Mean"
    help: ClassVar[str] = "Repeats the mean of all values so far. Good only where a series returns to its mean at once."
    look: ClassVar[Look] = Look("#8f8f8f", "#8c8c8c", dash=2)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return 1

    def point(self, history: TimeSeries, horizon: int) -> np.ndarray:
        return np.full(horizon, history.values.mean())


@dataclass(frozen=True)
class Drift(Benchmark):
    """ŷ(T+h) = y(T) + h · (y(T) − y(1)) / (T − 1): the line through the first and the last value."""

    name: ClassVar[str] = "drift"
    label: ClassVar[str] = "Drift"
    help: ClassVar[str] = "Goes on along the line from the first to the last value."
    look: ClassVar[Look] = Look("#6b6b6b", "#b3b3b3", dash=3)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return 2

    def point(self, history: TimeSeries, horizon: int) -> np.ndarray:
        slope = (history.values[-1] - history.values[0]) / (len(history) - 1)
        return history.values[-1] + slope * np.arange(1, horizon + 1)
