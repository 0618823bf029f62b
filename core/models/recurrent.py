"""Recurrent networks: RNN, LSTM, GRU. Hyper-parameters only; the computation is in `core.nets`, imported by `fit`.

All three read a window of the series step by step. At every step they predict the next H values from what they have seen
so far: one pass over a window gives as many training examples as it has steps, and no step sees what comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import ConfigError
from core.models.base import Fitted, Model, param
from core.progress import Context
from core.series.timeseries import Panel

SHORTEST_LOOKBACK = 4


@dataclass(frozen=True)
class Recurrent(Model):
    """What the three cells share."""

    family: ClassVar[str] = "recurrent"
    scope: ClassVar[str] = "panel"
    is_random: ClassVar[bool] = True

    hidden: int | None = param(
        None, "Hidden units", "Size of the memory that is carried from step to step. Empty: 16 below 500 points, else 32.",
        low=1, high=512,
    )  # fmt: skip
    layers: int = param(1, "Layers", "Cells stacked on each other.", low=1, high=4)
    lookback: int | None = param(
        None, "Lookback", "How many past values a forecast reads. Empty: two seasons, at least 24.",
        low=SHORTEST_LOOKBACK, high=2000, unit="steps",
    )  # fmt: skip
    skip: int | None = param(
        None, "Linear lags", "Past values with a direct linear path to the forecast; 0 for none. Empty: a season and one, "
        "at least 12.", low=0, high=2000, unit="steps", advanced=True,
    )  # fmt: skip
    dropout: float = param(0.0, "Dropout", "Share of the state that is silenced while training.", low=0.0, high=0.9, step=0.05)
    learning_rate: float = param(
        0.003,
        "Learning rate",
        "Largest step of the optimiser; rises to it, then falls along a cosine.",
        low=1e-6,
        high=1e6,
    )
    epochs: int = param(60, "Epochs", "Passes over the training part at most.", low=1, high=5000)
    patience: int = param(
        30, "Patience", "Epochs without a better validation loss before training stops.", low=1, high=5000, unit="epochs",
        advanced=True,
    )  # fmt: skip
    batch: int = param(32, "Batch", "Windows in one update.", low=1, high=1024, unit="windows", advanced=True)
    clip: float = param(1.0, "Gradient clip", "Largest norm of the gradient in an update.", low=1e-3, high=1e3, advanced=True)
    activation: str = param(
        "tanh", "Activation", "What bends the state. tanh is what the literature and the fast kernels have; with ReLU a state "
        "can grow without bound, with the logistic function it is never negative.", choices=("tanh", "relu", "sigmoid"),
        advanced=True,
    )  # fmt: skip

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        most = length - 2 * horizon
        if self.lookback and self.lookback > most >= SHORTEST_LOOKBACK:
            raise ConfigError(
                f"{self.name}.lookback is {self.lookback}; {length} training points and horizon {horizon} allow at most {most}"
            )
        super().resolved(length, horizon, season)
        lookback = self.lookback or min(max(24, 2 * season), 192, max(SHORTEST_LOOKBACK, most // 2))
        skip = min(max(12, season + 1), lookback) if self.skip is None else self.skip
        if skip > lookback:
            raise ConfigError(f"{self.name}.skip is {skip}, more than the lookback; choose skip ≤ {lookback}")
        hidden = self.hidden or (16 if length < 500 else 32)
        return replace(self, lookback=lookback, skip=skip, hidden=hidden)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        """A window, the horizon after it to learn from, and a horizon to validate on."""
        return max(10, (self.lookback or SHORTEST_LOOKBACK) + 2 * horizon)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        from core.nets.settings import Settings
        from core.nets.training import fit

        longest = max(train, key=len)
        self.require(longest, horizon)
        closed = self.resolved(len(longest), horizon, longest.season)
        return fit(Settings(self.name, self.label, **closed.config()), train, horizon, context)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        from core.nets.fitted import restore
        from core.nets.settings import Settings

        closed = replace(self, **{name: int(arrays[name]) for name in ("hidden", "lookback", "skip")})
        return restore(Settings(self.name, self.label, **closed.config()), arrays)


@dataclass(frozen=True)
class RNN(Recurrent):
    """h(t) = tanh(W x(t) + R h(t−1) + b).  Source: Elman 1990, Cognitive Science 14(2)."""

    name: ClassVar[str] = "rnn"
    label: ClassVar[str] = "RNN"
    help: ClassVar[str] = "The plain recurrent network: one state, overwritten at every step, so its memory fades fast."


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Forget, input and output gates around a cell state that is added to, not overwritten.

    Source: Hochreiter & Schmidhuber 1997, Neural Computation 9(8); Gers et al. 2000 (forget gate).
    """

    name: ClassVar[str] = "lstm"
    label: ClassVar[str] = "LSTM"
    help: ClassVar[str] = "Gates decide what its cell keeps, adds and shows, so that it can remember over many steps."


@dataclass(frozen=True)
class GRU(Recurrent):
    """An update and a reset gate around one state.  Source: Cho et al. 2014, arXiv:1406.1078."""

    name: ClassVar[str] = "gru"
    label: ClassVar[str] = "GRU"
    help: ClassVar[str] = "Like the LSTM with two gates and no separate cell: fewer weights, often as good."
