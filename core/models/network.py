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
from core.models.base import FORECAST, Fitted, Model, Price, Workload
from core.models.pooled import Shape, fit_pooled, learned_ahead, learned_scales
from core.models.windowchoice import PENALTIES, Grid, chosen
from core.progress import Context
from core.series.timeseries import Panel
from core.threads import one_thread
from core.windows.extras import Extras
from core.windows.settings import AUTOMATIC, DISTRIBUTIONS, READS, SHORTEST_LOOKBACK, STEPWISE, SYNCED, UNSEGMENTED, Settings
from core.windows.sight import Sight, Source

UPDATE = {"rnn": 0.0021, "lstm": 0.0023, "gru": 0.0031, "window": 0.0012}  # seconds of an update without its arithmetic
STEP = {"rnn": 1.8e-7, "lstm": 5e-7, "gru": 6e-7, "window": 2e-8}  # seconds for a step of a window in a batch, at 16 units
WRITTEN_OUT = {"rnn": 0.004, "lstm": 0.010, "gru": 0.011, "window": 0.0012}  # UPDATE where no fused cell has the activation
DECODED = 0.00026  # seconds of an update for each step that a decoder spells out
QUANTILES = 0.003  # seconds of an update for the quantile loss
FIT = 0.05  # seconds of a fit without its epochs
FED_BACK = {"many_to_one": 0.0006, SYNCED: 0.0005, "encoder_decoder": 0.0002}  # seconds of a forecast for each step ahead
PATHS = 8  # times as long where paths are drawn for intervals
LIKELY = 0.25  # where the best epoch lies, as a share of all of them
FORMAT = 2  # of the arrays of a fitted network, which say it themselves; the first did not
TRIED = 1.4  # times as many epochs where the skip connection is chosen too
MANY = 10  # series, which show a season's course often enough to learn it
SEASONS, LONGEST = 2, 192  # of a window: how many seasons, and steps at most
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
        """A network for the whole panel, or one for each series where each has its own."""
        networks = load.series if self.scope == "series" else 1
        points = load.points // networks  # that one network learns from
        kept = LIKELY * self.epochs if self.patience else self.epochs  # epochs of a fit
        tried = min(self.epochs, self.patience + kept) * (TRIED if self.skip == AUTOMATIC else 1) if self.patience else 0
        fits = networks * ((load.fits + 1) * FIT + (load.fits * kept + tried) * self._training(load.horizon, points))
        seconds = fits + load.series * load.forecasts * self._forecast(load.horizon)
        return Price(load.trainings * seconds, self._memory(load.horizon, points))

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
        hidden = self.hidden or (16 if length < 500 else 32)
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
        if not closed.patience and closed.skip != AUTOMATIC:
            return closed
        with one_thread():
            found = select(closed, closed.source(), train, horizon, context.part(0.1, 1.0), _seeds(context, seeds))
        return replace(closed, skip=found.skip, epochs=found.epochs if self.patience else self.epochs, patience=0)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        return self.fit_all(train, horizon, context, 1)[0]

    def fit_all(self, train: Panel, horizon: int, context: Context, seeds: int) -> list[Fitted]:
        from core.nets.fitting import fit

        closed = self.settled(train, horizon, context.part(0.0, 0.5), seeds)
        with one_thread():
            return fit(closed, closed.source(), train, horizon, context.part(0.5, 1.0), _seeds(context, seeds))

    def source(self) -> Source:
        """Where it takes its sight and its start from, once its settings are closed."""
        return FromLinear(self.penalty, is_log=self.log == "yes", keeps_mean=self.mean == "yes")

    def _scaled(self, train: Panel, horizon: int, context: Context) -> Self:
        """With lags, scale and penalty closed as the best linear model has them.  Raises Cancelled."""
        if self.seasonal_lag == AUTOMATIC:
            self = replace(self, seasonal_lag="yes" if self.learns_season_from(len(train)) else "no")
        if None not in (self.lags, self.penalty) and AUTOMATIC not in (self.log, self.mean):
            return self
        grid = Grid(
            lags=() if self.lags is None else (self.lags,),
            is_direct=(self.topology not in STEPWISE,),
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
        return replace(self, lags=shape.lags, log=log, mean=mean, penalty=shape.penalty)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        """Raises ConfigError for the arrays of an earlier version, which had other weights."""
        if int(arrays.get("format", 1)) != FORMAT:
            raise ConfigError(f"{self.label} was trained by an earlier version of Unroll; run it again to look inside")
        from core.nets.fitted import restore

        return restore(self, arrays)

    def _training(self, horizon: int, points: int) -> float:
        """Seconds of an epoch of one network: its updates, and the steps of their windows."""
        windows = max(1, int(0.85 * points) // (self.lookback if self.answers_at_every_step else 1))
        batch = min(self.batch, max(4, windows))
        seconds = self._update(horizon) + STEP[self.cell] * self._size * batch * self.reads
        return max(8, math.ceil(windows / batch)) * seconds

    def _update(self, horizon: int) -> float:
        """Seconds of an update, however small the network is."""
        cell, lookback = self.cell, self.reads
        is_fused = cell == "window" or self.activation == "tanh" or (cell == "rnn" and self.activation == "relu")
        update = (UPDATE if is_fused else WRITTEN_OUT)[cell] * (1 + self.bidirectional) * (1 + 0.6 * (self.layers - 1))
        length = 1.0 if cell in ("lstm", "window") and is_fused else (1 + lookback / 24) / 2
        pieces = 1 if self.bptt == "full" else lookback / (self.k1 or max(1, lookback // 4))
        seconds = update * length * (1 + 0.25 * (pieces - 1)) + (QUANTILES if self.loss == "quantile" else 0.0)
        if self.topology == "encoder_decoder":
            seconds += DECODED * horizon * (1.4 if cell == "gru" else 1.0) * max(1.0, self.hidden / 32)
        return seconds

    @property
    def _size(self) -> float:
        """How many times the arithmetic of one layer of 16 units."""
        return max(1.0, self.hidden / 16) * max(1.0, self.hidden / 64) * (1 + self.bidirectional) * self.layers

    def _forecast(self, horizon: int) -> float:
        """Seconds of one forecast."""
        is_drawn = self.has_intervals and self.topology in STEPWISE
        return FORECAST + FED_BACK.get(self.topology, 0.0) * horizon * (PATHS if is_drawn else 1)

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
    """Sight and start of the model Linear with these settings, by least squares."""

    penalty: float
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
        is_direct = sight.settings.topology not in STEPWISE
        shape = Shape(sight.settings.lags, is_direct, self.is_log, False, self.penalty, self.keeps_mean)
        found = fit_pooled("", shape, panel, horizon, sight.beside).weights  # (A, J + 2 + C), of a window of J values
        read, lags, each = shape.lags, sight.lags, sight.beside.width
        on_window, on_mean = np.zeros((sight.ahead, lags)), found[:, read]
        on_window[:, :read] = found[:, :read]
        season = panel.series[0].season  # the level that the window is read from is the mean of so many values
        on_window[:, :season] += ((1 - found[:, :read].sum(axis=1) + on_mean) / season)[:, None]
        weights = np.zeros((sight.ahead, sight.width))
        weights[:, : lags - 1], weights[:, lags - 1] = on_window[:, 1:], on_mean
        for step in range(sight.ahead):
            weights[step, lags + step * each : lags + (step + 1) * each] = found[step, read + 2 :]
        return weights, found[:, read + 1]
