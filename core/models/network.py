"""What all neural networks share: how they read a series, and how they are trained. The computation is in `core.nets`.

Hyper-parameters only; torch is imported by `fit` and `restore`. The small classes are put together in the order of a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import ConfigError
from core.models.base import Fitted, Model
from core.parameters import Value, param
from core.progress import Context
from core.series.timeseries import Panel

SHORTEST_LOOKBACK = 4
ROWS_PER_LAG = 16  # from which on a linear path over two seasons forecasts better than over one, as simulated
DISTRIBUTIONS = ("quantile", "gaussian", "student_t")


@dataclass(frozen=True)
class Network(Model):
    """Fitted on a whole panel, from random weights."""

    scope: ClassVar[str] = "panel"
    is_random: ClassVar[bool] = True

    @property
    def is_end_only(self) -> bool:
        """Whether a window teaches at its end only, and not at each of its steps."""
        return True

    @property
    def has_intervals(self) -> bool:
        return self.loss in DISTRIBUTIONS

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        most = length - 2 * horizon
        if self.lookback and self.lookback > most >= SHORTEST_LOOKBACK:
            raise ConfigError(
                f"{self.name}.lookback is {self.lookback}; {length} training points and horizon {horizon} allow at most {most}"
            )
        super().resolved(length, horizon, season)
        lookback = self.lookback or min(max(24, 2 * season + 1), 192, max(SHORTEST_LOOKBACK, most // 2))
        hidden = self.hidden or (16 if length < 500 else 32)
        return replace(self, lookback=lookback, hidden=hidden, batch=self.batch or (128 if self.is_end_only else 32))

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        """A window, the horizon after it to learn from, and a horizon to validate on."""
        return max(10, (self.lookback or SHORTEST_LOOKBACK) + 2 * horizon)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        from core.nets.training import fit
        from core.windows.settings import Settings

        longest = max(train, key=len)
        self.require(longest, horizon)
        closed = self.resolved(len(longest), horizon, longest.season)
        return fit(Settings(**closed.settings()), train, horizon, context)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        from core.nets.fitted import CLOSED, restore
        from core.windows.settings import Settings

        closed = {name: int(arrays[name]) or None for name in CLOSED} | {"skip": int(arrays["skip"])}
        return restore(Settings(**self.settings() | closed), arrays)

    def settings(self) -> dict[str, Value]:
        """The fields of `core.windows.settings.Settings`."""
        return {"cell": self.name, "label": self.label, **self.config()}


@dataclass(frozen=True)
class Reading(Network):
    """How a network reads a series."""

    lookback: int | None = param(
        None, "Lookback", "How many past values a forecast reads. Empty: two seasons and one, at least 24.",
        low=SHORTEST_LOOKBACK, high=2000, unit="steps",
    )  # fmt: skip
    normalisation: str = param(
        "series", "Normalisation", "Whose changes set the size of one: those of the whole training part, or of each window, "
        "which keeps pace when a series grows wilder.", choices=("series", "window"), advanced=True,
    )  # fmt: skip
    seasonal_lag: bool = param(
        False, "Last season as an input", "At each step also shows how the last season went on from there.", advanced=True,
        trait="season",
    )  # fmt: skip
    calendar: bool = param(
        False, "Calendar inputs", "Also shows the hour, the day of the week and the day of the year, where they vary.",
        advanced=True, trait="dates",
    )  # fmt: skip
    covariates: bool = param(
        True, "Use covariates", "Reads the other columns that came with the series, those known ahead also ahead.",
        advanced=True, trait="covariates",
    )  # fmt: skip
    mask: bool = param(
        True, "Mark filled gaps", "Where a series has gaps, tells the network which values were filled in.", advanced=True,
        trait="gaps",
    )  # fmt: skip


@dataclass(frozen=True)
class Beside(Network):
    """The linear path beside a network."""

    skip: int | None = param(
        None, "Linear lags", "Past values with a direct linear path to the forecast, fitted before training; 0 for none. "
        "Empty: a season and one, or two where the series is long, at least 12.", low=0, high=2000, unit="steps", advanced=True,
    )  # fmt: skip

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        closed = super().resolved(length, horizon, season)
        seasons = 2 if length >= ROWS_PER_LAG * (2 * season + 1) else 1
        skip = min(max(12, seasons * season + 1), closed.lookback) if self.skip is None else self.skip
        if skip > closed.lookback:
            raise ConfigError(f"{self.name}.skip is {skip}, more than the lookback; choose at most {closed.lookback}")
        return replace(closed, skip=skip)


@dataclass(frozen=True)
class Training(Network):
    """How a network is trained."""

    loss: str = param(
        "huber", "Loss", "What training makes small. Huber: squared error that does not run after outliers. Quantile, gaussian "
        "and student_t also learn how uncertain a forecast is, and give intervals of their own.",
        choices=("huber", "mae", "mse", *DISTRIBUTIONS),
    )  # fmt: skip
    learning_rate: float = param(
        0.006, "Learning rate", "Largest step of the optimiser; halved by itself when the loss is not finite.",
        low=1e-6, high=1e6,
    )  # fmt: skip
    epochs: int = param(60, "Epochs", "Passes over the training part at most.", low=1, high=5000)
    patience: int = param(
        30, "Patience", "Epochs without a better validation loss before training stops.", low=1, high=5000, unit="epochs",
        advanced=True,
    )  # fmt: skip
    batch: int | None = param(
        None, "Batch", "Windows in one update. Empty: 32, or 128 where a window teaches only at its end.", low=1, high=1024,
        unit="windows", advanced=True,
    )  # fmt: skip
    optimizer: str = param(
        "adamw", "Optimiser", "Adam adapts the step of every weight, AdamW also shrinks weights a little; SGD, plain descent "
        "with momentum, wants a rate of its own.", choices=("adamw", "adam", "sgd"), advanced=True,
    )  # fmt: skip
    schedule: str = param(
        "one_cycle", "Schedule", "The learning rate over time: one_cycle rises and falls along a cosine, plateau is halved "
        "when validation stands still, constant stays.", choices=("one_cycle", "plateau", "constant"), advanced=True,
    )  # fmt: skip
    clip: float = param(
        1.0, "Gradient clip", "Largest gradient of an update; keeps one odd window from undoing the rest.", low=1e-3, high=1e3,
        advanced=True,
    )  # fmt: skip
    clip_by: str = param(
        "norm", "Clip by", "norm shortens the gradient and keeps its direction, value cuts each number by itself.",
        choices=("norm", "value"), advanced=True,
    )  # fmt: skip
    precision: str = param(
        "single", "Precision", "On a GPU mixed computes products in half as many digits; on a CPU it changes nothing.",
        choices=("single", "mixed"), advanced=True,
    )  # fmt: skip
