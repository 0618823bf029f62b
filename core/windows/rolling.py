"""Forecasts from windows of lagged values by linear weights, of many windows at once: direct, or fed back step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from core.series.timeseries import TimeSeries
from core.windows.lagged import Lens
from core.windows.regression import fitted_values
from core.windows.scale import began

FARTHEST = 10.0  # ranges of z beyond its extremes: forecasts that grow without end are cut off there


@dataclass(frozen=True, eq=False)
class Windows:
    """N windows, ready to be forecast from.

    shared (N, W + 2) and ahead (N, H, C) as in `core.windows.lagged`;  past (N, q) the last values of z, newest first, q ≥ W
    and at least a season;  rolled (N, H, C) what is known of each step when a forecast is fed back
    level, mean, size (N,), is_log (N,) and season;  bounds (N, 2) lowest and highest z
    """

    shared: np.ndarray
    ahead: np.ndarray
    past: np.ndarray
    rolled: np.ndarray
    level: np.ndarray
    mean: np.ndarray
    size: np.ndarray
    is_log: np.ndarray
    bounds: np.ndarray
    season: int

    @classmethod
    def of(cls, lens: Lens, series: TimeSeries, steps: np.ndarray, horizon: int) -> Windows:
        """Those that end at N steps of a series."""
        scale = lens.scale
        z, order = scale.to(series.values), max(lens.lags, scale.season)
        shared, level = lens.shared(z, steps)
        past = np.lib.stride_tricks.sliding_window_view(began(z, order - 1, scale.season), order)[steps, ::-1]
        high, low = np.maximum.accumulate(z)[steps], np.minimum.accumulate(z)[steps]
        room = FARTHEST * np.maximum(high - low, scale.size)
        each = [np.full(len(steps), one) for one in (scale.size, scale.is_log)]
        is_fed_back = lens.ahead.delay == horizon  # one said at once reads nothing after its window, where a past column ends
        rolled = [lens.ahead.of(series, steps + step, 1) for step in range(horizon if is_fed_back and lens.ahead.width else 0)]
        told = np.concatenate(rolled, axis=1) if rolled else np.empty((len(steps), horizon, 0))
        ahead, bounds = lens.ahead.of(series, steps, horizon), np.stack([low - room, high + room], axis=1)
        return cls(shared, ahead, past, told, level, scale.means(z)[steps], *each, bounds, scale.season)

    @classmethod
    def stacked(cls, parts: Sequence[Windows]) -> Windows:
        """Those of several series of one season."""
        names = [one.name for one in fields(cls)][:-1]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names), parts[0].season)

    def values(self, weights: np.ndarray, *, is_direct: bool) -> np.ndarray:
        """(N, H) forecasts in the units of the series, by weights (H, P), or (1, P) that are fed back."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = self._direct(weights) if is_direct else self._fed_back(weights)
            bounded = np.clip(np.nan_to_num(z, nan=np.inf), self.bounds[:, :1], self.bounds[:, 1:])
            return np.where(self.is_log[:, None], np.exp(np.where(self.is_log[:, None], bounded, 0.0)), bounded)

    def _direct(self, weights: np.ndarray) -> np.ndarray:
        return self.level[:, None] + self.size[:, None] * fitted_values(self.shared, self.ahead, weights)

    def _fed_back(self, weights: np.ndarray) -> np.ndarray:
        """Weights on a window less its level are those of an autoregression of z itself: the rest falls on the level."""
        lags, horizon = self.shared.shape[1] - 2, self.ahead.shape[1]
        on_window, on_mean, constant = weights[0, :lags], weights[0, lags], weights[0, lags + 1]
        order, season = self.past.shape[1], self.season
        coefficients = np.concatenate([on_window, np.zeros(order - lags)])
        coefficients[:season] += (1 + on_mean - on_window.sum()) / season
        drift = self.size * constant - on_mean * self.mean
        path = np.empty((len(self.past), order + horizon))
        path[:, :order] = self.past[:, ::-1]
        told = self.size[:, None] * (self.rolled @ weights[0, lags + 2 :])  # (N, H)
        for step in range(horizon):
            path[:, order + step] = path[:, step : order + step] @ coefficients[::-1] + drift + told[:, step]
        return path[:, order:]
