"""Times with offsets to UTC, except for days: those stay the days that a calendar in the zone shows.

Times without an offset are those of a clock on the wall; that it was changed twice a year is recognised, and not undone.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.numbers import to_numpy
from core.data.table import Notes, Table
from core.errors import DataError


def in_one_zone(
    stamps: np.ndarray, zones: pa.Array | None, present: np.ndarray, table: Table, notes: Notes
) -> tuple[np.ndarray, str | None, bool]:
    """Stamps with their offsets taken off, the zone, and whether they are in UTC now.

    Days without a time of day stay days: midnight in a zone is a date there, and would be a regular series nowhere else.
    """
    if zones is None or not pc.any(pc.not_equal(zones, ""), min_count=0).as_py():
        return stamps, None, False
    has_zone = to_numpy(pc.not_equal(zones, ""))
    without = np.flatnonzero(present & ~has_zone)
    if without.size:
        raise DataError(
            f"some times have a zone and some have none: {table.places(without)} without; give all of them one or none"
        )
    coded = zones.dictionary_encode()
    written = coded.dictionary.to_pylist()
    minutes = np.array([offset_minutes(zone) for zone in written], np.int64)
    used = sorted({minutes[code] for code in np.unique(coded.indices.to_numpy()[present])})
    zone = zone_name(used[0]) if len(used) == 1 else "UTC"
    if (stamps[present] == stamps[present].astype("datetime64[D]")).all():
        return stamps, zone, False
    if len(used) > 1:
        notes.warn(f"times have different zones ({', '.join(map(zone_name, used[:5]))}); all were brought to UTC")
    return stamps - minutes[coded.indices.to_numpy()].astype("timedelta64[m]"), zone, True


def offset_minutes(zone: str) -> int:
    if zone.upper() in ("", "Z", "UTC", "GMT"):
        return 0
    sign, digits = (-1 if zone[0] == "-" else 1), zone[1:].replace(":", "")
    return sign * (60 * int(digits[:2]) + int(digits[2:] or 0))


def zone_name(minutes: int) -> str:
    hour, minute = divmod(abs(int(minutes)), 60)
    return f"{'-' if minutes < 0 else '+'}{hour:02d}:{minute:02d}" if minutes else "UTC"


HOUR = np.timedelta64(1, "h")


def is_clock_change(stamps: np.ndarray, same: np.ndarray) -> bool:
    """Whether all repeated times lie in the hour that clocks show twice in a year, and an hour is missing where they skip one.

    stamps (N,) sorted within each series, same (N−1,) whether neighbours are of one. Only the northern half of the earth:
    clocks go back on a Sunday in October or November and forward on one in March or April, both before four in the morning.
    """
    if not np.issubdtype(stamps.dtype, np.datetime64):
        return False
    steps = np.diff(stamps)
    is_repeat = same & (steps == np.timedelta64(0))
    repeated = np.unique(stamps[1:][is_repeat].astype("datetime64[h]"))
    forward = steps[same & (steps > np.timedelta64(0))]
    if not repeated.size or not forward.size or not is_sunday_night(repeated, (10, 11)).all():
        return False
    usual = np.median(forward.astype(np.int64)).astype("timedelta64[us]")
    if usual > HOUR or len(np.unique(repeated.astype("datetime64[Y]"))) < len(repeated):
        return False
    skipped = (stamps[:-1] + usual)[same & (steps == usual + HOUR)]
    return bool(is_sunday_night(skipped.astype("datetime64[h]"), (3, 4)).any())


def is_sunday_night(hours: np.ndarray, months: tuple[int, ...]) -> np.ndarray:
    """(N,) bool: whether hours (N,) are the first four of a Sunday in one of some months."""
    days = hours.astype("datetime64[D]")
    weekdays = (days.astype(np.int64) + 3) % 7  # 0 is Monday: day 0, 1 January 1970, was a Thursday
    month = hours.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return (weekdays == 6) & np.isin(month, months) & ((hours - days).astype(np.int64) < 4)
