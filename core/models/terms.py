"""What stands beside the lags of an equation: trend, season and covariates, as columns for any steps of a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from core.errors import ConfigError
from core.parameters import param
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import deviation
from core.series.timeseries import TimeSeries

TRENDS = ("none", "constant", "linear")
SEASONS = ("none", "dummies", "fourier")


def covariates_param() -> bool:
    """The setting of an equation that may have covariates beside its lags."""
    return param(
        True, "Use covariates", "Known ones at the step they belong to, others as they were one horizon earlier.",
        advanced=True, trait="covariates",
    )  # fmt: skip


@dataclass(frozen=True)
class Deterministic:
    """Columns that the step number alone decides. A season of 1 has none.

    trend "constant": 1; "linear": 1 and t, counted from 1.  seasonal "dummies": a column for each position in the season,
    without the first where there is a constant; "fourier": sin and cos of 2πkt/m for k = 1 … harmonics.
    """

    trend: str
    seasonal: str
    season: int
    harmonics: int

    @property
    def names(self) -> tuple[str, ...]:
        """One for each column."""
        trend = ("constant", "trend")[: TRENDS.index(self.trend)]
        if self.season > 1 and self.seasonal == "dummies":
            return (*trend, *(f"season {place + 1}" for place in self._positions))
        if self.season > 1 and self.seasonal == "fourier":
            return (*trend, *(f"{wave.__name__} {k}" for k, wave in self._waves))
        return trend

    def columns(self, steps: np.ndarray) -> np.ndarray:
        """(n, K) for the steps (n,), 0 being the first of the series."""
        found = [np.ones(len(steps)), steps + 1.0][: TRENDS.index(self.trend)]
        if self.season > 1 and self.seasonal == "dummies":
            found += [(steps % self.season == place).astype(float) for place in self._positions]
        if self.season > 1 and self.seasonal == "fourier":
            turn = 2 * np.pi * (steps % self.season) / self.season  # the remainder, for a large angle has fewer digits
            found += [wave(k * turn) for k, wave in self._waves]
        return np.column_stack(found) if found else np.empty((len(steps), 0))

    @property
    def _positions(self) -> range:
        return range(0 if self.trend == "none" else 1, self.season)

    @property
    def _waves(self) -> list[tuple[int, np.ufunc]]:
        """Without the sine of half the season, which is 0 at every step."""
        waves = [(k, wave) for k in range(1, min(self.harmonics, self.season // 2) + 1) for wave in (np.sin, np.cos)]
        return [(k, wave) for k, wave in waves if wave is np.cos or 2 * k != self.season]


@dataclass(frozen=True, eq=False)
class Covariates:
    """The covariates that an equation of one series uses, brought to one size.

    names   C of them
    places  (C,) columns of the inputs' values
    delays  (C,) steps: 0 for a known one; the horizon for a past one, so that every forecast finds it known at its origin
    sizes   (2, C) what is taken off and what it is divided by, learned from the training slice
    is_differenced: the column is the change of the covariate since the step before
    """

    names: tuple[str, ...]
    places: np.ndarray
    delays: np.ndarray
    sizes: np.ndarray
    is_differenced: bool = False

    @classmethod
    def learn(
        cls, train: TimeSeries, horizon: int, *, is_centred: bool = True, is_differenced: bool = False
    ) -> tuple[Self, tuple[str, ...]]:
        """Those that vary in the training slice, and a note on each that does not.

        Raises ConfigError where known ones do not reach over the horizon.
        """
        inputs = train.inputs
        if inputs is None:
            return replace(cls.none(), is_differenced=is_differenced), ()
        inputs.require_reach(len(train), horizon)
        delays = np.array([0 if role == "known" else horizon for role in inputs.roles])
        sizes = np.tile([[0.0], [1.0]], len(delays))
        whole = cls(inputs.names, np.arange(len(delays)), delays, sizes, is_differenced)
        kept, notes = [], []
        for place, name in enumerate(inputs.names):
            column = whole._column(place, inputs.values[: len(train)], np.arange(whole.lost, len(train)))
            if len(column) == 0 or np.ptp(column) <= 1e-9 * np.abs(column).max():
                what = "changes by the same at every step of" if is_differenced else "does not vary in"
                notes.append(f"covariate {name!r} {what} the training slice and is left out")
                continue
            kept.append(place)
            sizes[:, place] = column.mean() if is_centred and not is_differenced else 0.0, deviation(column)
        names = tuple(inputs.names[place] for place in kept)
        return cls(names, np.array(kept, int), delays[kept], sizes[:, kept], is_differenced), tuple(notes)

    @classmethod
    def none(cls) -> Self:
        """No covariate at all."""
        return cls((), np.empty(0, int), np.empty(0, int), np.empty((2, 0)))

    def kept(self) -> tuple[np.ndarray, np.ndarray]:
        """The names as bytes, and (4, C) places, delays and sizes: what `restored` needs."""
        return encode_ids(self.names), np.vstack([self.places, self.delays, self.sizes])

    @classmethod
    def restored(cls, names: np.ndarray, table: np.ndarray, *, is_differenced: bool = False) -> Self:
        """Those that were kept."""
        return cls(decode_ids(names), table[0].astype(int), table[1].astype(int), table[2:], is_differenced)

    @property
    def lost(self) -> int:
        """How many steps at the start of a series have no value of some covariate."""
        return int(self.delays.max(initial=0)) + self.is_differenced

    def columns(self, history: TimeSeries, steps: np.ndarray) -> np.ndarray:
        """(n, C) for increasing `steps` (n,); 0 for the first `lost` ones, which are no use to a fit.

        Raises ConfigError for steps that the covariates do not reach.
        """
        if not self.names:
            return np.empty((len(steps), 0))
        ahead = int(steps[-1]) - len(history) + 1
        history.inputs.require_reach(len(history), ahead)
        if late := [name for name, delay in zip(self.names, self.delays, strict=True) if 0 < delay < ahead]:
            raise ConfigError(
                f"past covariate {late[0]!r} is used {int(self.delays.max())} steps late and does not reach {ahead} steps "
                f"ahead; fit with a horizon of {ahead}"
            )
        known = [self._column(place, history.inputs.values, steps) for place in range(len(self.names))]
        return (np.column_stack(known) - self.sizes[0]) / self.sizes[1] * (steps >= self.lost)[:, None]

    def _column(self, place: int, values: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """(n,) as it is; the first row's value where there is none."""
        rows = np.maximum(0, steps - self.delays[place])
        column = values[:, self.places[place]]
        return column[rows] - column[np.maximum(0, rows - 1)] if self.is_differenced else column[rows]
