"""Which origins a backtest forecasts from, and where its models are fitted. Only lengths and dates are looked at, no value.

An origin is the forecast made when n values are known: of values[n : n + H] from values[:n]. All origins are scored. The test
part is cut into blocks; every model is fitted at the first origin of a block, on what was known then, and forecasts from all
origins of the block.

    |--------- train ---------|o o o o o o|o o o o o o|o o o o o o|-- H --|
                               block 1     block 2     block 3     last actuals

In a panel origins are moments that all series share: dates, or steps counted back from the ends of the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil
from typing import Self

import numpy as np
import pandas as pd

from core.errors import TooShortError
from core.series.timeseries import Panel, TimeSeries

MOST = 200  # origins of a series, where their number is open
MOST_TOGETHER = 2_000  # and over all series of a panel, but `FEWEST_DATES` dates at least
FEWEST_DATES = 20
FEWEST = 5  # origins, if the models leave room for them
SHARE, LONG_SHARE, LONG = 0.4, 1 / 3, 120  # of a series that is tested, and that of one with so many values
WHOLE = 0.9  # of the series that may be scored at all: so many stay long enough to be trained on before the first origin
HELD_OUT = 19  # origins of forecasts that intervals rest on where nothing is scored: the fewest that support 95 %
BLOCKS = 3


@dataclass(frozen=True)
class Plan:
    """The origins of one series of `length` values, ascending.

    places  (O,) which of the run's origins each is
    ends    (K,) how many values of this series each fit of the run may learn from, ascending; 0: it does not exist yet
    fits    (O,) which fit forecasts from each origin
    is_scored  False where there is no backtest: then intervals rest on the forecasts from these origins
    """

    length: int
    horizon: int
    origins: tuple[int, ...]
    places: tuple[int, ...]
    ends: tuple[int, ...]
    fits: tuple[int, ...]
    is_scored: bool = True

    @property
    def scored(self) -> tuple[int, ...]:
        """The origins that are scored."""
        return self.origins if self.is_scored else ()

    @property
    def train_end(self) -> int:
        """How many values are known before the first origin of the run; everything, if there is none."""
        return self.ends[0] if self.ends else self.length


@dataclass(frozen=True)
class Timetable:
    """The origins that all series of a run share.

    origins   how many moments of the panel are known at each, ascending; of a single series: how many values
    starts    the places among them at which models are fitted: the first of each block
    shortest  how many values a series must have at the first origin to be scored
    """

    horizon: int
    origins: tuple[int, ...]
    starts: tuple[int, ...]
    shortest: int
    is_scored: bool = True

    def plans(self, panel: Panel) -> dict[str, Plan]:
        """The plan of each series by id; one that is too short, or not there at these moments, has no origins."""
        moments = moments_of(panel)
        return {series.id: self._plan(series, moments) for series in panel}

    def _plan(self, series: TimeSeries, moments: np.ndarray) -> Plan:
        known = np.searchsorted(ticks_of(series), moments[np.array(self.origins, dtype=int) - 1], side="right")
        ends = tuple(known[list(self.starts)].tolist())
        usable = known + self.horizon <= len(series)
        usable &= len(known) > 0 and known[0] >= self.shortest
        usable[1:] &= np.diff(known) > 0  # between two of its own moments a series has one origin
        places = np.flatnonzero(usable)
        fits = np.searchsorted(self.starts, places, side="right") - 1
        return Plan(
            len(series), self.horizon, tuple(known[places].tolist()), tuple(places.tolist()), ends, tuple(fits.tolist()),
            self.is_scored,
        )  # fmt: skip

    @property
    def stride(self) -> int:
        """Moments between two origins."""
        return self.origins[1] - self.origins[0] if len(self.origins) > 1 else 1

    def as_json(self) -> dict[str, object]:
        """Plain JSON, from which `of_json` makes an equal value."""
        return asdict(self) | {"origins": list(self.origins), "starts": list(self.starts)}

    @classmethod
    def of_json(cls, fields: Mapping) -> Self:
        """The timetable that `as_json` wrote."""
        return cls(**{**fields, "origins": tuple(fields["origins"]), "starts": tuple(fields["starts"])})


def ticks_of(series: TimeSeries) -> np.ndarray:
    """(T,) when each value is, in a unit that all series of a panel share.

    Steps without dates are each series' own; they are counted back from the ends, as if these were one moment.
    """
    if isinstance(series.index, pd.RangeIndex):
        return np.arange(len(series), dtype=np.int64) - len(series)
    return series.index.as_unit("us").asi8


def moments_of(panel: Panel) -> np.ndarray:
    """(M,) all moments at which some series has a value, ascending."""
    if len(panel) == 1:
        return ticks_of(panel.series[0])
    return np.unique(np.concatenate([ticks_of(series) for series in panel]))


def timetable(
    panel: Panel,
    horizon: int,
    needed: int,
    shared: int,
    *,
    origins: int | None = None,
    stride: int | None = None,
    blocks: int | None = None,
    is_refit: bool = False,
) -> Timetable:
    """The origins that leave the models enough to train on.

    needed  values of a series that must be known at the first origin, for models that learn each series by itself
    shared  values of one series at least, for models that learn from all of them
    origins, stride, blocks  None: chosen here;  is_refit: a fit at every origin

    The last origin is the last from which the outcomes of at least half of the usable series are known. With an open number of
    origins two thirds of a series train, 60 % of one below 120 values; in a panel that is taken of the median series, and
    nine of ten series keep half of themselves before the first origin. There are five origins at least, if the models leave
    room for them. The stride is 1, or as long as 200 origins over the test part need; a panel has fewer. A number that is
    asked for is kept as long as nine of ten series are long enough.

    With 0 origins nothing is scored, and the last forecasts that can be checked are held out for intervals: nineteen that leave
    half of nine of ten series, or four if that is enough to train on, or as few as fit; none where none does.

    Raises TooShortError where not even one origin fits; with 0 origins, where no series is long enough to train on.
    """
    if origins == 0:
        held = _held_out(panel, horizon, needed, shared)
        return Timetable(horizon, held, (0,) if held else (), needed, is_scored=False)
    room = _Room.of(panel, horizon, needed, shared)
    last, earliest = room.last, room.earliest(is_half=False)
    if origins is not None:
        stride = stride or 1
        count = min(origins, (last - earliest) // stride + 1)
    else:
        first = max(last + horizon - room.tested, room.earliest(is_half=True))
        first = min(first, max(earliest, last - (FEWEST - 1) * (stride or 1)))
        most = max(FEWEST_DATES, min(MOST, MOST_TOGETHER // len(panel)))
        stride = stride or max(1, ceil((last - first) / (most - 1)))
        count = (last - first) // stride + 1
    blocks = count if is_refit else min(blocks or BLOCKS, count)
    starts = sorted({round(number * count / blocks) for number in range(blocks)})
    return Timetable(horizon, tuple(range(last - stride * (count - 1), last + 1, stride)), tuple(starts), needed)


def _held_out(panel: Panel, horizon: int, needed: int, shared: int) -> tuple[int, ...]:
    """The origins of forecasts that intervals rest on where nothing is scored."""
    longest = max(len(series) for series in panel)
    if longest < max(needed, shared):
        most = max(needed, shared)
        raise TooShortError(f"{longest} points are too few: a forecast needs {most} to train on; bring at least {most} points")
    try:
        room = _Room.of(panel, horizon, needed, shared)
    except TooShortError:
        return ()
    for count in range(HELD_OUT, 0, -1):
        if room.last - count + 1 >= room.earliest(is_half=count > 4):
            return tuple(range(room.last - count + 1, room.last + 1))
    return ()


@dataclass(frozen=True, eq=False)
class _Room:
    """Where origins may be, in moments of the panel: of the series of which any outcome can be known at all.

    lengths  (S,) values
    ready    (S,) the first moment at which a series is long enough;  half (S,) and half of it is known as well
    ends     (S,) the last moment whose outcomes are known
    start    the first moment at which some series is long enough for the models that learn from all
    """

    lengths: np.ndarray
    ready: np.ndarray
    half: np.ndarray
    ends: np.ndarray
    start: int

    @classmethod
    def of(cls, panel: Panel, horizon: int, needed: int, shared: int) -> Self:
        moments, rows, starts = moments_of(panel), [], []
        for series in panel:
            length, places = len(series), np.searchsorted(moments, ticks_of(series)) + 1  # moments known when each value is
            if length >= max(needed, shared) + horizon:
                starts.append(int(places[max(needed, shared) - 1]))
            if length >= needed + horizon:
                half = max(needed, length // 2)
                rows.append((length, places[needed - 1], places[half - 1], places[length - horizon] - 1))
        if not starts:
            longest, most = max(len(series) for series in panel), max(needed, shared)
            raise TooShortError(
                f"{longest} points are too few: horizon {horizon} needs {most} to train on and {horizon} to test on; "
                f"bring at least {most + horizon} points or choose a shorter horizon"
            )
        return cls(*np.array(rows).T, min(starts))

    @cached_property
    def last(self) -> int:
        """The last moment at which models can be fitted and half as many series be judged as at the best one."""
        found = np.unique(self.ends[self.ends >= self.start])
        cover = np.array([np.count_nonzero((self.ready <= at) & (self.ends >= at)) for at in found])
        return int(found[cover >= 0.5 * cover.max()].max())

    @property
    def tested(self) -> int:
        """Steps of the median series that are tested."""
        lengths = self.lengths[self._usable]
        return int(np.median(lengths - np.where(lengths < LONG, (1 - SHARE) * lengths, (1 - LONG_SHARE) * lengths).round()))

    def earliest(self, *, is_half: bool) -> int:
        """The first moment at which nine of ten usable series are long enough, and if `is_half`, half known."""
        ready = np.sort((self.half if is_half else self.ready)[self._usable])
        return min(self.last, max(self.start, int(ready[ceil(WHOLE * len(ready)) - 1])))

    @property
    def _usable(self) -> np.ndarray:
        return (self.ends >= self.last) & (self.ready <= self.last)
