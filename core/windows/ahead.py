"""What is known of the step that is forecast: the covariates and the calendar there, and what the window saw of the covariates.

known covariates   x(t+h), and their mean over the last season that ends at t, as the level of the series is taken
past covariates    x(t+1−D), D the delay: 1 where a forecast is said at once, and the horizon where it is fed back, so that the
                   newest step that it is read at was known at the origin
calendar           sine and cosine of the hour, the day of the week and the day of the year of t+h, those that vary

Columns are brought to mean 0 and deviation 1 over the training slices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries
from core.windows.extras import calendar_terms, calendar_waves, column_scale, columns, require_covariates, shared_names
from core.windows.scale import began


@dataclass(frozen=True, eq=False)
class Ahead:
    """Names of past and known covariates with mean and deviation, (K, 2) each; names of calendar terms; D in steps."""

    past: tuple[str, ...]
    past_scale: np.ndarray
    known: tuple[str, ...]
    known_scale: np.ndarray
    calendar: tuple[str, ...]
    delay: int

    @classmethod
    def learn(cls, panel: Panel, delay: int, *, covariates: bool, calendar: bool) -> Self:
        """From the training slices: the covariates that all series have."""
        past, known = (shared_names(panel, role) if covariates else () for role in ("past", "known"))
        terms = calendar_terms(panel.series[0]) if calendar else ()
        return cls(past, column_scale(panel, past), known, column_scale(panel, known), terms, delay)

    @property
    def width(self) -> int:
        """C, numbers for each step that is forecast."""
        return len(self.past) + 2 * (len(self.known) + len(self.calendar))

    def of(self, series: TimeSeries, steps: np.ndarray, horizon: int) -> np.ndarray:
        """(N, h, C) for h = 1 … horizon steps after each of N steps t; 0 where known covariates do not reach that far."""
        at = steps[:, None] + np.arange(1, horizon + 1)  # (N, h)
        parts = [np.empty((*at.shape, 0))]
        if self.past:
            late = columns(series, self.past, self.past_scale)[np.maximum(steps + 1 - self.delay, 0)]
            parts.append(np.broadcast_to(late[:, None], (*at.shape, len(self.past))))
        if self.known:
            parts += _with_mean(columns(series, self.known, self.known_scale), at, steps, series.season)
        if self.calendar:
            reach = max(0, int(at.max(initial=0)) + 1 - len(series))
            index = series.index.append(series.future(reach)) if reach else series.index
            parts.append(calendar_waves(index, series.zone, self.calendar)[at])
        return np.concatenate(parts, axis=-1)

    def require(self, series: TimeSeries, horizon: int) -> None:
        """Raises ConfigError where a history lacks covariates, or its known ones end before the horizon does."""
        require_covariates(series, self.past, self.known, horizon)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `of_arrays` needs."""
        return {
            "ahead.past": encode_ids(self.past),
            "ahead.past_scale": self.past_scale,
            "ahead.known": encode_ids(self.known),
            "ahead.known_scale": self.known_scale,
            "ahead.calendar": encode_ids(self.calendar),
            "ahead.delay": np.array(self.delay),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The one whose `arrays()` these are."""
        past, known, calendar = (decode_ids(arrays[f"ahead.{part}"]) for part in ("past", "known", "calendar"))
        scales = (np.asarray(arrays[f"ahead.{part}_scale"]) for part in ("past", "known"))
        return cls(past, next(scales), known, next(scales), calendar, int(arrays["ahead.delay"]))


def _with_mean(table: np.ndarray, at: np.ndarray, steps: np.ndarray, season: int) -> list[np.ndarray]:
    """Two of (N, h, K): the rows `at` (N, h) of a table (T + F, K), and its mean over the last season that ends at each step.

    Beyond its end the table is 0.
    """
    missing = max(0, int(at.max(initial=0)) + 1 - len(table))
    table = np.concatenate([table, np.zeros((missing, table.shape[1]))])
    padded = began(table.T, season, season)  # (K, season + T + F)
    sums = np.cumsum(padded, axis=1).T
    level = (sums[steps + season] - sums[steps]) / season  # (N, K)
    return [table[at], np.broadcast_to(level[:, None], (*at.shape, table.shape[1]))]
