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
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.settings import DISTRIBUTIONS, SHORTEST_LOOKBACK, STEPWISE, Settings

UPDATE = {"rnn": 0.0021, "lstm": 0.0023, "gru": 0.0031, "window": 0.0012}  # seconds of an update without its arithmetic
STEP = {"rnn": 1.8e-7, "lstm": 5e-7, "gru": 6e-7, "window": 2e-8}  # seconds for a step of a window in a batch, at 16 units
WRITTEN_OUT = {"rnn": 0.004, "lstm": 0.010, "gru": 0.011, "window": 0.0012}  # UPDATE where no fused cell has the activation
DECODED = 0.00026  # seconds of an update for each step that a decoder spells out
QUANTILES = 0.003  # seconds of an update for the quantile loss
FIT = 0.05  # seconds of a fit without its epochs
FED_BACK = {"many_to_one": 0.0006, "synced": 0.0005, "encoder_decoder": 0.0002}  # seconds of a forecast for each step ahead
PATHS = 8  # times as long where paths are drawn for intervals
LIKELY = 0.25  # where the best epoch lies, as a share of all of them
ROWS_PER_LAG = 16  # from which on a linear path over two seasons forecasts better than over one, as simulated

FORMAT = 2  # of the arrays of a fitted network, which say it themselves; the first did not


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
        fits = networks * load.fits * (FIT + self._training(load.horizon, points))
        seconds = fits + load.series * load.forecasts * self._forecast(load.horizon)
        return Price(load.trainings * seconds, self._memory(load.horizon, points))

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        most = length - 2 * horizon
        if self.lookback and self.lookback > most >= SHORTEST_LOOKBACK:
            raise ConfigError(
                f"{self.name}.lookback is {self.lookback}; {length} training points and horizon {horizon} allow at most {most}"
            )
        super().resolved(length, horizon, season)
        lookback = self.lookback or min(max(24, 2 * season + 1), 192, max(SHORTEST_LOOKBACK, most // 2))
        hidden, batch = self.hidden or (16 if length < 500 else 32), self.batch or (32 if self.answers_at_every_step else 128)
        return replace(self, lookback=lookback, hidden=hidden, batch=batch)._with_linear_lags(length, season)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        """A window, the horizon after it to learn from, and a horizon to validate on."""
        return max(10, (self.lookback or SHORTEST_LOOKBACK) + 2 * horizon)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        from core.nets.training import fit

        longest = max(train, key=len)
        self.require(longest, horizon)
        return fit(self.resolved(len(longest), horizon, longest.season), train, horizon, context)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        """Raises ConfigError for the arrays of an earlier version, which had other weights."""
        if int(arrays.get("format", 1)) != FORMAT:
            raise ConfigError(f"{self.label} was trained by an earlier version of Unroll; run it again to look inside")
        from core.nets.fitted import CLOSED, restore

        kept = {name: int(arrays[name]) for name in CLOSED if name in self.config()}
        closed = {name: value if name == "skip" else value or None for name, value in kept.items()}
        return restore(replace(self, **closed), arrays)

    def _training(self, horizon: int, points: int) -> float:
        """Seconds of all epochs of one fit: its updates, and the steps of their windows."""
        windows = max(1, int(0.85 * points) // (self.lookback if self.answers_at_every_step else 1))
        batch = min(self.batch, max(4, windows))
        expected = max(1, round(min(self.epochs, self.patience + LIKELY * self.epochs)))  # patience ends most trainings early
        seconds = self._update(horizon) + STEP[self.cell] * self._size * batch * self.lookback
        return expected * max(8, math.ceil(windows / batch)) * seconds

    def _update(self, horizon: int) -> float:
        """Seconds of an update, however small the network is."""
        cell, lookback = self.cell, self.lookback
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
        rows = points * 4 * (self.skip + 2 * horizon + 4) * 4
        batch = self.batch * (self.lookback + (8 * horizon if is_decoded else 0)) * width * 4 * 20
        return rows + batch + 256 * (self.lookback + (horizon if is_decoded else 0)) * width * 4 * 6

    def _with_linear_lags(self, length: int, season: int) -> Self:
        """The same with the lags of the linear path closed.  Raises ConfigError where they reach back beyond the window."""
        if self.skip is None:
            seasons = 2 if length >= ROWS_PER_LAG * (2 * season + 1) else 1
            return replace(self, skip=min(max(12, seasons * season + 1), self.lookback))
        if self.skip > self.lookback:
            raise ConfigError(f"{self.name}.skip is {self.skip}, more than the lookback; choose at most {self.lookback}")
        return self
