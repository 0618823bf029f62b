"""What a network sees beside the values, in further channels; each is known at the step at which it is read.

mask          1 where the value was not observed but filled in
calendar      sine and cosine of the hour, the day of the week and the day of the year of the next step, those that the
              frequency lets vary
covariates    each column less its mean, divided by its deviation in the training slice: as it is at t, and known ones also
              as they are at t+1 … t+A, A the steps ahead that one answer reaches
aligned       what the bridge's linear part sees of covariates: z(t) … z(t+A), a known one as it is, another one A steps late,
              so that all of it is known at t
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from core.errors import ConfigError
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import deviation
from core.series.timeseries import Index, Panel, TimeSeries
from core.windows.settings import STEPWISE, Settings

HOURS = pd.Timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class Extras:
    """Calendar names; past and known covariates with mean and deviation, (K, 2) each; A in steps.

    is_beside: whether the linear part sees the covariates, aligned, too
    """

    has_mask: bool
    calendar: tuple[str, ...]
    past: tuple[str, ...]
    past_scale: np.ndarray
    known: tuple[str, ...]
    known_scale: np.ndarray
    ahead: int
    is_beside: bool = False

    @classmethod
    def learn(cls, panel: Panel, settings: Settings, ahead: int, *, is_beside: bool) -> Self:
        """From the training slices."""
        has_mask = settings.mask and not all(series.observed.all() for series in panel)
        calendar = calendar_terms(panel.series[0]) if settings.calendar else ()
        names = {role: shared_names(panel, role) if settings.covariates else () for role in ("past", "known")}
        if settings.topology in STEPWISE:
            names["past"] = ()  # a forecast is fed back, and beyond the origin nobody knows them
        scales = {role: column_scale(panel, some) for role, some in names.items()}
        return cls(has_mask, calendar, names["past"], scales["past"], names["known"], scales["known"], ahead, is_beside)

    @property
    def width(self) -> int:
        """Channels at each step."""
        return self.has_mask + 2 * len(self.calendar) + len(self.past) + len(self.known) + self.told

    @property
    def told(self) -> int:
        """The last of them: A · K numbers on the known covariates ahead, step by step."""
        return self.ahead * len(self.known)

    @property
    def names(self) -> tuple[str, ...]:
        """The covariates that the linear part sees."""
        return (*self.past, *self.known) if self.is_beside else ()

    @property
    def beside(self) -> int:
        """(A + 1) · K, what it sees of them at a step."""
        return (self.ahead + 1) * len(self.names)

    def aligned(self, series: TimeSeries, steps: np.ndarray) -> np.ndarray:
        """(N, (A + 1) · K) at N steps: all K at t, all at t+1, …; before its first row a late one is as it is there."""
        if not self.beside:
            return np.empty((len(steps), 0))
        at = steps[:, None] + np.arange(self.ahead + 1)
        parts = []
        if self.past:
            parts.append(columns(series, self.past, self.past_scale)[np.maximum(at - self.ahead, 0)])
        if self.known:
            parts.append(columns(series, self.known, self.known_scale)[at])
        return np.concatenate(parts, -1).reshape(len(steps), self.beside)

    def of(self, series: TimeSeries, steps: np.ndarray) -> np.ndarray:
        """(N, E) channels at N `steps` of a series; known covariates reach A steps beyond the last of them."""
        parts = [np.empty((len(steps), 0))]
        if self.has_mask:
            parts.append(~series.observed[steps, None])
        if self.calendar:
            index = series.index.append(series.future(1))[1:][steps]
            parts.append(calendar_waves(index, series.zone, self.calendar))
        if self.past:
            parts.append(columns(series, self.past, self.past_scale)[steps])
        if self.known:
            table = columns(series, self.known, self.known_scale)
            ahead = table[steps[:, None] + np.arange(1, self.ahead + 1)]  # (N, A, K)
            parts += [table[steps], ahead.reshape(len(steps), self.told)]
        return np.concatenate(parts, axis=-1)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `of_arrays` needs."""
        return {
            "extras": np.array([self.has_mask, self.ahead, self.is_beside]),
            "extras.calendar": encode_ids(self.calendar),
            "extras.past": encode_ids(self.past),
            "extras.past_scale": self.past_scale,
            "extras.known": encode_ids(self.known),
            "extras.known_scale": self.known_scale,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The one whose `arrays()` these are."""
        has_mask, ahead, is_beside = (int(one) for one in arrays["extras"])
        names = {part: decode_ids(arrays[f"extras.{part}"]) for part in ("calendar", "past", "known")}
        scales = {f"{part}_scale": np.asarray(arrays[f"extras.{part}_scale"]) for part in ("past", "known")}
        return cls(bool(has_mask), ahead=ahead, is_beside=bool(is_beside), **names, **scales)

    def require(self, series: TimeSeries, horizon: int) -> None:
        """Raises ConfigError where a history lacks covariates, or its known ones end before the horizon does."""
        require_covariates(series, self.past, self.known, horizon)


def require_covariates(series: TimeSeries, past: Sequence[str], known: Sequence[str], horizon: int) -> None:
    """Raises ConfigError where a history lacks one of these, or a known one ends before the horizon does."""
    there = series.inputs.names if series.inputs else ()
    if missing := [name for name in (*past, *known) if name not in there]:
        raise ConfigError(f"series {series.id!r} has no covariate {missing[0]!r}, which was trained with; bring that column")
    if known:
        series.inputs.require_reach(len(series), horizon)


def shared_names(panel: Panel, role: str) -> tuple[str, ...]:
    """The covariates of this role that every series has, in the order of the first."""
    each = [{} if one.inputs is None else dict(zip(one.inputs.names, one.inputs.roles, strict=True)) for one in panel]
    return tuple(name for name, found in each[0].items() if found == role and all(one.get(name) == role for one in each))


def _raw(series: TimeSeries, names: Sequence[str]) -> np.ndarray:
    """(T + F, K)"""
    if not names:
        return np.empty((len(series), 0))
    return series.inputs.values[:, [series.inputs.names.index(name) for name in names]]


def columns(series: TimeSeries, names: Sequence[str], scale: np.ndarray) -> np.ndarray:
    """(T + F, K) less the mean, by the deviation."""
    return (_raw(series, names) - scale[:, 0]) / scale[:, 1]


def column_scale(panel: Panel, names: Sequence[str]) -> np.ndarray:
    """(K, 2) mean and deviation over the training slices."""
    rows = np.concatenate([_raw(series, names)[: len(series)] for series in panel])
    return np.array([(column.mean(), deviation(column)) for column in rows.T]).reshape(-1, 2)


def calendar_terms(series: TimeSeries) -> tuple[str, ...]:
    """Which positions in the calendar vary from step to step at this frequency."""
    if isinstance(series.index, pd.RangeIndex):
        return ()
    pace = series.index[1] - series.index[0] if len(series) > 1 else pd.Timedelta(days=365)
    found = ["hour"] if pace < 24 * HOURS else []
    found += ["weekday"] if pace < 7 * 24 * HOURS else []
    return (*found, "year") if pace < 360 * 24 * HOURS else tuple(found)


def calendar_waves(index: Index, zone: str | None, terms: Sequence[str]) -> np.ndarray:
    """(T, 2 per term) sine and cosine of the position, by the clock of the person's zone."""
    local = index.tz_convert(zone).tz_localize(None) if zone and index.tz is not None else index  # what the clock shows
    day = (local - local.normalize()) / (24 * HOURS)
    position = {
        "hour": lambda: day,
        "weekday": lambda: (local.day_of_week + day) / 7,
        "year": lambda: (local.day_of_year - 1 + day) / 365.25,
    }
    angles = [2 * np.pi * np.asarray(position[term](), float) for term in terms]
    return np.stack([wave(angle) for angle in angles for wave in (np.sin, np.cos)], axis=1)
