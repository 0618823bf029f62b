"""What all neural networks share: how their open settings are closed, and how they are trained and restored.

Their fields are those of `core.windows.settings`; torch is imported by `fit` and `restore`, the computation is in `core.nets`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import ConfigError
from core.models.base import Fitted, Model, Price, Workload
from core.models.pooled import Shape, fit_pooled, learned_ahead, learned_scales
from core.models.windowchoice import PENALTIES, Grid, choice_seconds, chosen
from core.progress import Context
from core.series.timeseries import Panel
from core.threads import one_thread
from core.windows.extras import Extras
from core.windows.settings import (
    AUTOMATIC,
    DISTRIBUTIONS,
    HELD_OUT,
    READS,
    SHORTEST_LOOKBACK,
    STEPWISE,
    UNSEGMENTED,
    Settings,
)
from core.windows.sight import Sight, Source

SHARED = 0.001  # seconds of an update, however many seeds are trained together
UPDATE = {"rnn": 0.0013, "lstm": 0.0014, "gru": 0.0019, "window": 0.0008}  # and of each of them, without its arithmetic
STEP = {"rnn": 5e-7, "lstm": 1.2e-6, "gru": 1.2e-6, "window": 2e-8}  # seconds for a step of a window in a batch, at 16 units
WRITTEN_OUT = {"rnn": 0.003, "lstm": 0.007, "gru": 0.009, "window": 0.0008}  # UPDATE where no fused cell has the activation
DECODED = 0.0003  # seconds of an update for each step that a decoder spells out
FORKS = 4  # steps of a window that it spells from, in half of the updates from twice as many
QUANTILES = 0.002  # seconds of an update for the quantile loss
FIT = 0.02  # seconds of a fit without its epochs
FORWARD = 0.3  # of STEP, where nothing is learned
ANSWER = 0.0008  # seconds of an answer at many windows, and of each step that is fed back or spelled out
SEEN = 0.003  # seconds in which a series is made ready to be forecast, once for all its origins
HELD = 256  # windows at most that an epoch is judged by
DRAWN = 200  # windows that one forecast costs as much as, where paths are drawn for intervals
LIKELY = 0.25  # where the best epoch lies, as a share of all of them
SHARE = 1 / 3  # of the epochs are trained a second time where the skip connection is chosen too
PLENTY = 100  # series, from which on epochs are chosen with one seed
FORMAT = 2  # of the arrays of a fitted network, which say it themselves; the first did not
MANY = 10  # series, which show a season's course often enough to learn it
SEASONS, LONGEST = 2, 192  # of a window: how many seasons, and steps at most
UNITS, FEWER, LONG = 64, 32, 50_000  # of a network, and of one for a series of more points than that, to be trained in time
LONG_SEASON = 24  # steps, from which on it is twice as many seasons, read in segments


@dataclass(frozen=True)
class Network(Settings, Model):
    """Fitted on a whole panel, from random weights. A subclass names it after the classes of its fields."""

    scope: ClassVar[str] = "panel"
    is_random: ClassVar[bool] = True

    @property
    def has_intervals(self) -> bool:
        return self.loss in DISTRIBUTIONS

    @property
    def reads_covariates(self) -> bool:
        return self.covariates

    @property
    def pace(self) -> str:
        return f"{self.name} {'window' if self.cell == 'window' else self.topology}"

    def price(self, load: Workload) -> Price:
        """Of one network for the whole panel, whose seeds are trained together and whose epochs are chosen once; or of one for
        each series and seed, whose epochs are chosen in every fit.
        """
        is_shared = self.scope == "panel"
        networks, seeds, choices = (1, load.trainings, 1) if is_shared else (load.series * load.trainings, 1, load.fits)
        points = load.points if is_shared else load.points // load.series  # that one network learns from
        kept = LIKELY * self.epochs if self.patience else self.epochs  # epochs of a fit
        tried = min(self.epochs, self.patience + kept) if self.patience else 0
        tried += SHARE * self.epochs if self.skip == AUTOMATIC else 0
        few = 1 if is_shared and load.series >= PLENTY else seeds
        trial = self._epoch(load.horizon, (1 - HELD_OUT) * points, few) + few * self._answers(load.horizon, HELD)
        fits = load.fits * (FIT + kept * self._epoch(load.horizon, points, seeds)) + choices * tried * trial
        seconds = networks * fits + load.trainings * load.series * self._forecasts(load)
        if is_shared and not self._is_scaled:
            seconds += choice_seconds(load, is_absolute=False)
        return Price(seconds, self._memory(load.horizon, points))

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        most = length - 2 * horizon
        if self.lookback and self.lookback > most >= SHORTEST_LOOKBACK:
            raise ConfigError(
                f"{self.name}.lookback is {self.lookback}; {length} training points and horizon {horizon} allow at most {most}"
            )
        super().resolved(length, horizon, season)
        seasons = SEASONS if season < LONG_SEASON else 2 * SEASONS
        lookback = self.lookback or min(max(24, seasons * season), LONGEST, max(SHORTEST_LOOKBACK, most // 2))
        closed = self._in_segments(lookback)
        if closed.segment > most >= SHORTEST_LOOKBACK:
            raise ConfigError(
                f"{self.name}.segment is {self.segment}; {length} training points and horizon {horizon} allow at most {most}"
            )
        hidden = self.hidden or (UNITS if length <= LONG else FEWER)
        return replace(closed, hidden=hidden, batch=self.batch or (32 if self.answers_at_every_step else 128))

    def _in_segments(self, lookback: int) -> Self:
        """With lookback and segment closed, so that one holds the other a whole number of times.  Raises ConfigError."""
        if "segment" not in self.config():
            return replace(self, lookback=lookback)
        segment, is_whole = self.segment, self.topology not in STEPWISE and self.bptt == "full"
        if segment and segment > 1 and self.topology in STEPWISE:
            raise ConfigError(
                f"{self.name}.segment is {segment}; where a forecast is fed back, the cell reads value by value: 1"
            )
        if self.lookback is None and lookback >= UNSEGMENTED and is_whole:
            segment = segment or round(lookback / READS)
            lookback = max(segment, lookback // segment * segment)
        if segment is None:
            wanted = lookback / READS if lookback >= UNSEGMENTED and is_whole else 1
            segment = min((one for one in range(1, lookback + 1) if lookback % one == 0), key=lambda one: abs(one - wanted))
        if self.lookback is None:
            lookback = max(segment, lookback // segment * segment)
        if lookback % segment:
            raise ConfigError(f"{self.name}.segment is {segment}, which does not divide the lookback, {lookback}")
        return replace(self, lookback=lookback, segment=segment)

    def learns_season_from(self, series: int) -> bool:
        """Whether the last season is an input where that is left open, of so many series."""
        return self.seasonal_lag == AUTOMATIC and series >= MANY

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        """A window, the horizon after it to learn from, and a horizon to validate on."""
        return max(10, (self.lookback or SHORTEST_LOOKBACK) + 2 * horizon)

    def settled(self, train: Panel, horizon: int, context: Context, seeds: int = 1) -> Self:
        """Scale and lags as the model Linear chooses them, skip connection and epochs by the selection fit of all seeds."""
        from core.nets.selection import select

        longest = max(train, key=len)
        self.require(longest, horizon)
        closed = self.resolved(len(longest), horizon, longest.season)._scaled(train, horizon, context.part(0.0, 0.1))
        if not closed.patience:  # nothing is held out
            return replace(closed, skip="on" if closed.skip == AUTOMATIC else closed.skip)
        with one_thread():
            found = select(closed, closed.source(), train, horizon, context.part(0.1, 1.0), _seeds(context, seeds))
        return replace(closed, skip=found.skip, epochs=found.epochs, patience=0)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        return self.fit_all(train, horizon, context, 1)[0]

    def fit_all(self, train: Panel, horizon: int, context: Context, seeds: int) -> list[Fitted]:
        from core.nets.fitting import fit

        closed = self.settled(train, horizon, context.part(0.0, 0.5), seeds)
        with one_thread():
            return fit(closed, closed.source(), train, horizon, context.part(0.5, 1.0), _seeds(context, seeds))

    def source(self) -> Source:
        """Where it takes its sight and its start from, once its settings are closed."""
        return FromLinear(
            self.penalty, is_direct=self.start == "direct", is_log=self.log == "yes", keeps_mean=self.mean == "yes"
        )

    def _scaled(self, train: Panel, horizon: int, context: Context) -> Self:
        """With lags, start, scale and penalty closed as the best linear model has them.  Raises Cancelled."""
        if self.seasonal_lag == AUTOMATIC:
            self = replace(self, seasonal_lag="yes" if self.learns_season_from(len(train)) else "no")
        told = learned_ahead(train, horizon, is_direct=True, covariates=self.covariates, calendar=self.calendar).width
        if self.topology in STEPWISE:
            self = replace(self, start="fed_back" if self.start == AUTOMATIC else self.start)
        elif told:  # each step has covariates of its own
            self = replace(self, start="direct")
        if self._is_scaled:
            return self
        grid = Grid(
            lags=() if self.lags is None else (self.lags,),
            is_direct=(True, False) if self.start == AUTOMATIC else (self.start == "direct" and self.topology not in STEPWISE,),
            is_log=(True, False) if self.log == AUTOMATIC else (self.log == "yes",),
            is_absolute=(False,),
            penalty=PENALTIES if self.penalty is None else (self.penalty,),
            keeps_mean=(False, True) if self.mean == AUTOMATIC else (self.mean == "yes",),
            covariates=self.covariates,
            calendar=self.calendar,
        )
        with one_thread():
            shape = chosen(grid, train, horizon, context)
        log, mean = ("yes" if one else "no" for one in (shape.is_log, shape.keeps_mean))
        start = "direct" if shape.is_direct else "fed_back"
        return replace(self, lags=shape.lags, start=start, log=log, mean=mean, penalty=shape.penalty)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        """Raises ConfigError for the arrays of an earlier version, which had other weights."""
        if int(arrays.get("format", 1)) != FORMAT:
            raise ConfigError(f"{self.label} was trained by an earlier version of Unroll; run it again to look inside")
        from core.nets.fitted import restore

        return restore(self, arrays)

    def _epoch(self, horizon: int, points: float, seeds: int) -> float:
        """Seconds of an epoch of so many seeds together: its updates, and the steps of their windows."""
        each = self.reads if self.answers_at_every_step else 1
        windows = max(1, int(points) // (each * self.segment))
        batch = min(self.batch, max(4, windows))
        pieces = 1 if self.bptt == "full" else self.reads / (self.k1 or max(1, self.reads // 4))
        arithmetic = STEP[self.cell] * self._size * batch * self.reads
        own = pieces * self._update() + arithmetic
        if self.topology == "encoder_decoder":
            step = DECODED * (1.4 if self.cell == "gru" else 1.0) + STEP[self.cell] * self._size * FORKS * batch
            own += horizon * step
        return min(50, max(8, math.ceil(windows / batch))) * (pieces * SHARED + seeds * own)

    def _update(self) -> float:
        """Seconds of an update of one network, however small it is."""
        is_fused = self.cell == "window" or self.activation == "tanh" or (self.cell == "rnn" and self.activation == "relu")
        update = (UPDATE if is_fused else WRITTEN_OUT)[self.cell] * (1 + self.bidirectional) * (1 + 0.6 * (self.layers - 1))
        length = 1.0 if self.cell in ("lstm", "window") and is_fused else (1 + self.reads / 24) / 2
        return update * length + (QUANTILES if self.loss == "quantile" else 0.0)

    @property
    def _size(self) -> float:
        """How many times the arithmetic of one layer of 16 units."""
        return max(1.0, self.hidden / 16) * max(1.0, self.hidden / 64) * (1 + self.bidirectional) * self.layers

    @property
    def _is_scaled(self) -> bool:
        """Whether nothing is left to choose of scale and lags."""
        return None not in (self.lags, self.penalty) and AUTOMATIC not in (self.start, self.log, self.mean)

    def _answers(self, horizon: int, windows: float) -> float:
        """Seconds in which one network forecasts from so many windows at once."""
        step = FORWARD * STEP[self.cell] * self._size * windows
        if self.topology in STEPWISE:
            return horizon * (ANSWER + step * (self.reads if self.topology == "many_to_one" else 1))
        spelled = horizon * (ANSWER + step) if self.topology == "encoder_decoder" else 0.0
        return ANSWER + step * self.reads + spelled

    def _forecasts(self, load: Workload) -> float:
        """Seconds of all forecasts of one series with one seed."""
        calls = min(load.forecasts, load.fits + 1)
        windows = load.forecasts / calls
        if self.has_intervals and self.topology in STEPWISE:
            return calls * SEEN + load.forecasts * self._answers(load.horizon, DRAWN)
        return calls * (SEEN + self._answers(load.horizon, windows))

    def _memory(self, horizon: int, points: int) -> int:
        """Bytes of the features of all points, and of the activations of one batch and of a window while forecasting."""
        width = self.hidden * self.layers * (1 + self.bidirectional)
        is_decoded = self.topology == "encoder_decoder"
        rows = points * 200
        batch = self.batch * (self.reads + (8 * horizon if is_decoded else 0)) * width * 4 * 20
        return rows + batch + 256 * (self.reads + (horizon if is_decoded else 0)) * width * 4 * 6


def _seeds(context: Context, count: int) -> range:
    return range(context.seed, context.seed + count)


@dataclass(frozen=True)
class FromLinear:
    """Sight and start of the model Linear with these settings, by least squares.

    is_direct: the start has weights fitted to each step ahead; else those of the next value are worked out for all of them
    """

    penalty: float
    is_direct: bool
    is_log: bool
    keeps_mean: bool

    def sight(self, settings: Settings, panel: Panel, horizon: int) -> Sight:
        ahead, is_direct = settings.ahead(horizon), settings.topology not in STEPWISE
        extras = Extras.learn(panel, settings, ahead, is_beside=False)
        beside = learned_ahead(panel, horizon, is_direct=is_direct, covariates=settings.covariates, calendar=settings.calendar)
        scales = learned_scales(panel.series, is_log=self.is_log)
        lags = max(settings.lags, panel.series[0].season)
        return Sight(settings, scales, self.keeps_mean, lags, ahead, extras, beside, self.is_log)

    def start(self, sight: Sight, panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        is_direct = sight.ahead > 1 and (self.is_direct or sight.beside.width > 0)  # each step has covariates of its own
        shape = Shape(sight.settings.lags, is_direct, self.is_log, False, self.penalty, self.keeps_mean)
        found = fit_pooled("", shape, panel, horizon, sight.beside).weights  # (A or 1, J + 2 + C), of a window of J values
        read, lags, each = shape.lags, sight.lags, sight.beside.width
        on_window, on_mean, constant = np.zeros((len(found), lags)), found[:, read], found[:, read + 1]
        on_window[:, :read] = found[:, :read]
        season = panel.series[0].season  # the level that the window is read from is the mean of so many values
        on_window[:, :season] += ((1 - found[:, :read].sum(axis=1) + on_mean) / season)[:, None]
        if len(found) < sight.ahead:
            on_window, on_mean, constant = _worked_out(on_window[0], on_mean[0], constant[0], sight.ahead)
        weights = np.zeros((sight.ahead, sight.width))
        weights[:, : lags - 1], weights[:, lags - 1] = on_window[:, 1:], on_mean
        for step in range(sight.ahead if each else 0):
            weights[step, lags + step * each : lags + (step + 1) * each] = found[step, read + 2 :]
        return weights, constant


def _worked_out(
    on_window: np.ndarray, on_mean: float, constant: float, ahead: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (A, J), (A,), (A,) of all steps ahead, from those (J,) of the next value, which would be fed back."""
    lags = len(on_window)
    path = np.zeros((lags + ahead, lags + 2))  # each value as a sum of the J last ones, newest first, the mean and 1
    path[np.arange(lags), np.arange(lags)[::-1]] = 1.0
    own = np.array([*np.zeros(lags), -on_mean, constant])
    for step in range(ahead):
        path[lags + step] = on_window[::-1] @ path[step : lags + step] + own
    return path[lags:, :lags], -path[lags:, lags], path[lags:, lags + 1]
