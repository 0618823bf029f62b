"""A time series as everything else in the core expects it: regular, finite, without gaps.

Whoever holds a `TimeSeries` never checks for gaps or NaN again. Gaps were filled causally when it was made, and `observed`
says where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from core.errors import ConfigError

Index = pd.DatetimeIndex | pd.RangeIndex


def frozen_array(values: np.ndarray, dtype: type) -> np.ndarray:
    """A read-only copy of `values`, so that a value object cannot be changed through its arrays."""
    array = np.array(values, dtype=dtype, order="C")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Inputs:
    """Covariates of one series: values (T + F, C), F ≥ 0 rows beyond the series' end.

    `roles` holds "past" or "known" for each of the C columns. Beyond the series' end a past column is NaN, a known one finite.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    values: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array(self.values, np.float64))
        assert self.values.ndim == 2 and self.values.shape[1] == len(self.names) == len(self.roles)
        assert set(self.roles) <= {"past", "known"}

    def prefix(self, length: int, ahead: int) -> Inputs:
        """The first `length` rows and `ahead` more, of which past columns are unknown (NaN)."""
        rows = self.values[: length + ahead].copy()
        rows[length:, [role == "past" for role in self.roles]] = np.nan
        return replace(self, values=rows)

    def only(self, names: tuple[str, ...]) -> Inputs | None:
        """Those of these names, None where there is none."""
        places = [place for place, name in enumerate(self.names) if name in names]
        kept = (tuple(part[place] for place in places) for part in (self.names, self.roles))
        return Inputs(*kept, self.values[:, places]) if places else None

    def require_reach(self, length: int, ahead: int) -> None:
        """Raises ConfigError unless known covariates have `ahead` rows beyond the first `length`, the series."""
        known = [name for name, role in zip(self.names, self.roles, strict=True) if role == "known"]
        missing = ahead - (len(self.values) - length)
        if known and missing > 0:
            raise ConfigError(
                f"known covariate {known[0]!r} ends {missing} rows before the {ahead} steps that are forecast; bring {missing} "
                "more rows, choose a shorter horizon, declare it as not known ahead, or switch covariates off in the "
                "settings of each model"
            )


@dataclass(frozen=True, eq=False)
class TimeSeries:
    """One regular series of T values.

    index     (T,) dates with a frequency (naive, or UTC with the person's `zone` kept apart), or plain steps
    values    (T,) float64, finite
    observed  (T,) bool; False where a gap was filled
    season    steps in a season, 1 for none
    unit      what the values count, "" if unknown
    inputs    covariates, None if there are none
    """

    id: str
    index: Index
    values: np.ndarray
    observed: np.ndarray
    season: int = 1
    unit: str = ""
    zone: str | None = None
    inputs: Inputs | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array(self.values, np.float64))
        object.__setattr__(self, "observed", frozen_array(self.observed, np.bool_))
        assert isinstance(self.index, pd.RangeIndex) or self.index.freq is not None, "the index must be regular"
        assert self.values.shape == self.observed.shape == (len(self.index),), "one value and one flag a step"
        assert len(self.index) > 0 and np.isfinite(self.values).all(), "values must be finite"
        assert self.season >= 1
        assert self.inputs is None or len(self.inputs.values) >= len(self.index)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, prefix: slice) -> TimeSeries:
        """series[:n], what was known after n steps: the only slice there is, for history is never cut at its start.

        Known covariates keep as many rows beyond the end as the whole series has.
        """
        assert prefix.start is None and prefix.step is None, "a series can only be cut to a prefix: series[:n]"
        length = len(range(len(self))[prefix])
        inputs = self.inputs and self.inputs.prefix(length, len(self.inputs.values) - len(self))
        return replace(
            self, index=self.index[:length], values=self.values[:length], observed=self.observed[:length], inputs=inputs
        )

    @property
    def freq(self) -> str | None:
        """The pandas alias of the frequency, None for plain steps."""
        return None if isinstance(self.index, pd.RangeIndex) else self.index.freqstr

    @property
    def key(self) -> str:
        """SHA-256 of the content, in hex: equal for equal series, and for no others."""
        inputs = self.inputs and (self.inputs.names, self.inputs.roles)
        pace = self.freq or self.index.step
        header = [self.id, pace, labels(self.index[:1]), len(self), self.season, self.unit, self.zone, inputs]
        digest = hashlib.sha256(json.dumps(header, ensure_ascii=True).encode())
        for array in (self.values, self.observed, self.inputs.values if self.inputs else np.empty(0)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def future(self, horizon: int) -> Index:
        """The `horizon` index entries after the last one."""
        if isinstance(self.index, pd.RangeIndex):
            step = self.index.step
            return pd.RangeIndex(self.index[-1] + step, self.index[-1] + step * (horizon + 1), step)
        return _dates_after(self.index[-1], self.index.freq, horizon)


@lru_cache(maxsize=4096)  # pandas takes half a millisecond, and every series and model of a panel asks for the same ones
def _dates_after(last: pd.Timestamp, freq: pd.offsets.BaseOffset, horizon: int) -> pd.DatetimeIndex:
    return pd.date_range(last, periods=horizon + 1, freq=freq)[1:]


def labels(index: Index) -> list[str] | list[int]:
    """The index as plain JSON: steps as integers, dates as ISO text, without the time of day where all are midnights."""
    if isinstance(index, pd.RangeIndex):
        return [int(step) for step in index]
    if len(index) and (index == index.normalize()).all():
        return index.strftime("%Y-%m-%d").tolist()
    return [stamp.isoformat() for stamp in index]


@dataclass(frozen=True, eq=False)
class Panel:
    """Series of one frequency, in order, each with an id of its own."""

    series: tuple[TimeSeries, ...]

    def __post_init__(self) -> None:
        assert self.series, "a panel holds at least one series"
        ids = [one.id for one in self.series]
        if len(set(ids)) < len(ids):
            twice = next(name for name in ids if ids.count(name) > 1)
            raise ConfigError(f"two series are called {twice!r}; each needs an id of its own")
        freqs = {one.freq for one in self.series}
        if len(freqs) > 1:
            raise ConfigError(
                f"the series have different frequencies ({', '.join(map(str, sorted(freqs, key=str)))}); compare them apart"
            )

    def __iter__(self) -> Iterator[TimeSeries]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def __getitem__(self, series_id: str) -> TimeSeries:
        return next(one for one in self.series if one.id == series_id)
