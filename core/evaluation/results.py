"""What one model of a run gave, series by series: the value that is stored, compared and shown. It computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from core.evaluation.backtest import Backtest
from core.evaluation.certificate import Certificate
from core.evaluation.scores import Scores
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.forecast import Forecast
from core.series.timeseries import Index


@dataclass(frozen=True, eq=False)
class SeriesResult:
    """One model on one series; no backtest and no scores if there were no origins. seed_scores: one for each seed.

    own      (Q − 1, H) the final forecast's quantiles as the model itself claims them, at the forecast's levels without 0.5;
             None where it has none
    held_out  (O, H) the points from the origins that intervals rest on, where nothing was scored; otherwise None
    length    of the series; None in a result of old, whose last origin lies one horizon before the end
    """

    series_id: str
    forecast: Forecast
    backtest: Backtest | None
    scores: Scores | None
    seed_scores: tuple[Scores, ...] = ()
    own: np.ndarray | None = None
    held_out: np.ndarray | None = None
    length: int | None = None

    @property
    def past(self) -> np.ndarray | None:
        """(O, H) the points from all origins; None where there are none."""
        return self.held_out if self.backtest is None else self.backtest.point

    def index_at(self, origin: int) -> Index:
        """The H dates or steps that a forecast from a scored `origin` is for, counted back from those of the final forecast.

        The final forecast continues the series where all of it is known.
        """
        future, horizon = self.forecast.index, len(self.forecast.point)
        length = self.length or int(self.backtest.origins[-1]) + horizon
        back = length - origin
        if isinstance(future, pd.RangeIndex):
            start = future[0] - back * future.step
            return pd.RangeIndex(start, start + horizon * future.step, future.step)
        return pd.date_range(end=future[0], periods=back + 1, freq=future.freq)[:horizon]


@dataclass(frozen=True)
class LogEntry:
    """An epoch of the selection fit with one of the seeds; in results of old, of the fit for the backtest or the final one."""

    seed: int
    fit: Literal["backtest", "final", "selection"]
    epoch: EpochLog


@dataclass(frozen=True, eq=False)
class TaskResult:
    """What one model gave. A failed one has an error in words, no series and no score.

    notes: what a person should know before trusting it.

    absent: why it has no result for some series of the run, by id; then its scores are over the others.

    arrays: all that restores the final fits, "<seed>/<name>"; none in a result from the store, which keeps them apart.

    certificate: whether its forecasts stay the same when the future does not; None where that was not asked or not possible.
    """

    model: ModelSpec
    state: Literal["done", "failed"]
    seconds: float
    error: str | None = None
    parameters: int | None = None
    series: tuple[SeriesResult, ...] = ()
    scores: Scores | None = None
    seed_scores: tuple[Scores, ...] = ()
    notes: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    certificate: Certificate | None = None


@dataclass(frozen=True, eq=False)
class Combination:
    """Several models' forecasts made one.

    result   its forecasts and scores, as if it were a model
    members  the labels of the models in it, in the order of `weights`
    weights  (M,) of the next forecast, by series id; none where the rule has no weights
    """

    result: TaskResult
    members: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]

    @property
    def label(self) -> str:
        return self.result.model.label


@dataclass(frozen=True)
class Reference:
    """A benchmark that nobody chose, scored at the models' origins for reference, without its scores by step.

    scores: over all series; None where it could not be computed, and `error` says why. series: by id.
    backtests: by series id, with which models are compared; they are not stored.
    """

    model: ModelSpec
    scores: Scores | None
    series: Mapping[str, Scores] = field(default_factory=dict)
    error: str | None = None
    backtests: Mapping[str, Backtest] = field(default_factory=dict, compare=False, repr=False)
