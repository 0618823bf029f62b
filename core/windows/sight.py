"""How a network sees the series of a panel, and where it starts from: all that is settled before its first update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from typing import Protocol, Self

import numpy as np

from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries
from core.windows.ahead import Ahead
from core.windows.extras import Extras
from core.windows.features import Eye
from core.windows.scale import Scale
from core.windows.settings import Settings

CLOSED = ("hidden", "lookback", "segment", "k1", "k2")  # settings that may be open until a fit


@dataclass(frozen=True, eq=False)
class Sight:
    """How a network sees the series of a panel: settled before the first update, and kept with its weights.

    scales      by series id
    keeps_mean  whether the distance from a mean is shown
    lags        J, how many values the skip connection reads, 1 or more
    ahead       A, how many steps one answer says
    beside      what the skip connection is told of covariates and calendar; where `extras` are beside, they tell it
    """

    settings: Settings
    scales: Mapping[str, Scale]
    keeps_mean: bool
    lags: int
    ahead: int
    extras: Extras
    beside: Ahead
    is_log: bool

    def eye(self, series: TimeSeries) -> Eye:
        """How this series is seen; its scale is learned here where it was too short to train on, or is a new one."""
        scale = self.scales.get(series.id) or Scale.learn(series, is_log=self.is_log)
        return Eye(scale, self.settings.seasonal_lag == "yes", self.keeps_mean)

    def told(self, series: TimeSeries, steps: np.ndarray) -> np.ndarray:
        """(N, B) what the skip connection is told beside the lags at N steps."""
        if self.extras.is_beside:
            return self.extras.aligned(series, steps)
        return self.beside.of(series, steps, self.ahead).reshape(len(steps), self.ahead * self.beside.width)

    @property
    def width(self) -> int:
        """F, the columns that the skip connection reads."""
        return self.lags + (self.extras.beside if self.extras.is_beside else self.ahead * self.beside.width)

    @property
    def channels(self) -> int:
        """C, what the cell reads of one step of a series."""
        scale = next(iter(self.scales.values()))
        return Eye(scale, self.settings.seasonal_lag == "yes", self.keeps_mean).width + self.extras.width

    @property
    def lead(self) -> int:
        """Empty steps before each series."""
        return max(self.settings.lookback, self.lags, 1)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `of_arrays` needs beside the settings, and those that were open."""
        closed = {f"closed.{name}": np.array(getattr(self.settings, name) or 0) for name in CLOSED}
        own = {
            "ids": encode_ids(self.scales),
            "scales": np.array([astuple(one) for one in self.scales.values()]),
            "sight": np.array([self.keeps_mean, self.lags, self.ahead, self.is_log]),
        }
        return closed | own | self.extras.arrays() | self.beside.arrays()

    @classmethod
    def of_arrays(cls, settings: Settings, arrays: Mapping[str, np.ndarray]) -> Self:
        """The one whose `arrays()` these are."""
        found = {name: int(arrays[f"closed.{name}"]) or None for name in CLOSED}
        own = {one.name for one in fields(settings)}
        closed = replace(settings, **{name: value for name, value in found.items() if name in own})
        ids = decode_ids(arrays["ids"])
        scales = dict(zip(ids, (Scale(*row[:3], int(row[3])) for row in arrays["scales"].tolist()), strict=True))
        keeps_mean, lags, ahead, is_log = (int(one) for one in arrays["sight"])
        extras, beside = Extras.of_arrays(arrays), Ahead.of_arrays(arrays)
        return cls(closed, scales, bool(keeps_mean), lags, ahead, extras, beside, bool(is_log))


class Source(Protocol):
    """Where a network takes its sight and its start from, both learned from a training panel."""

    def sight(self, settings: Settings, panel: Panel, horizon: int) -> Sight:
        """The settings have a closed lookback, lags and scale."""

    def start(self, sight: Sight, panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """weights (A, F) and bias (A,) of the skip connection, in the units of the sight."""
