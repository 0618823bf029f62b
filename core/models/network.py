"""What all neural networks share: how their open settings are closed, and how they are trained and restored.

Their fields are those of `core.windows.settings`; torch is imported by `fit` and `restore`, the computation is in `core.nets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import ConfigError
from core.models.base import Fitted, Model
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.settings import DISTRIBUTIONS, SHORTEST_LOOKBACK, Settings

ROWS_PER_LAG = 16  # from which on a linear path over two seasons forecasts better than over one, as simulated


@dataclass(frozen=True)
class Network(Settings, Model):
    """Fitted on a whole panel, from random weights. A subclass names it after the classes of its fields."""

    scope: ClassVar[str] = "panel"
    is_random: ClassVar[bool] = True

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
        from core.nets.fitted import CLOSED, restore

        kept = {name: int(arrays[name]) for name in CLOSED if name in self.config()}
        closed = {name: value if name == "skip" else value or None for name, value in kept.items()}
        return restore(replace(self, **closed), arrays)

    def _with_linear_lags(self, length: int, season: int) -> Self:
        """The same with the lags of the linear path closed.  Raises ConfigError where they reach back beyond the window."""
        if self.skip is None:
            seasons = 2 if length >= ROWS_PER_LAG * (2 * season + 1) else 1
            return replace(self, skip=min(max(12, seasons * season + 1), self.lookback))
        if self.skip > self.lookback:
            raise ConfigError(f"{self.name}.skip is {self.skip}, more than the lookback; choose at most {self.lookback}")
        return self
