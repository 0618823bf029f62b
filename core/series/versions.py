"""What a newer version of a series changes in the one before: steps that came, values that were revised, steps that are gone.

It compares values; whether one series continues another is for a person to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.series.timeseries import Index, TimeSeries


@dataclass(frozen=True)
class Change:
    """What is different in a newer version of one series, in steps.

    added    only the newer one has
    revised  both have, with another value, or measured in one and filled in the other
    dropped  only the older one has
    same     both have alike
    first    the place in the newer one of its first revised step, None where none is revised
    """

    series_id: str
    added: int
    revised: int
    dropped: int
    same: int
    first: int | None


@dataclass(frozen=True)
class Continuation:
    """What series would change if they were the next versions of kept ones.

    changes   one for each series that has a kept one to continue
    subjects  by series id what it would continue
    apart     the ids of the other series, which are new
    """

    changes: tuple[Change, ...]
    subjects: Mapping[str, str]
    apart: tuple[str, ...]


def change(older: TimeSeries, newer: TimeSeries) -> Change | None:
    """None where the newer series does not go on from the older: another pace, other steps, or a hole between them."""
    if _pace(older) != _pace(newer):
        return None
    places = older.index.get_indexer(newer.index)  # (T of the newer,) place in the older, −1 where it has none
    common = np.flatnonzero(places >= 0)
    if not common.size and not _follows(newer.index, older):
        return None
    was = places[common]
    is_revised = (newer.values[common] != older.values[was]) | (newer.observed[common] != older.observed[was])
    revised = common[is_revised]
    return Change(
        series_id=newer.id,
        added=len(newer) - common.size,
        revised=revised.size,
        dropped=len(older) - common.size,
        same=common.size - revised.size,
        first=int(revised[0]) if revised.size else None,
    )


def _pace(series: TimeSeries) -> tuple[str | int, str | None]:
    """What two series must share to have steps in common: frequency or step, and zone."""
    return (series.index.step if isinstance(series.index, pd.RangeIndex) else series.freq), series.zone


def _follows(index: Index, older: TimeSeries) -> bool:
    """Whether the index begins right after the older series ends."""
    return older.future(1)[0] == index[0]
