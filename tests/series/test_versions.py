"""What a newer version changes, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from core.series.timeseries import TimeSeries
from core.series.versions import Change, change

OLD = [3.0, 5.0, 8.0, 13.0, 21.0, 34.0]


def months(values, start="2024-01-01", gaps=(), freq="MS", zone=None):
    index = pd.date_range(start, periods=len(values), freq=freq, tz="UTC" if zone else None)
    observed = np.array([place not in gaps for place in range(len(values))])
    return TimeSeries("sales", index, np.array(values), observed, zone=zone)


def steps(values, start=0, step=1):
    index = pd.RangeIndex(start, start + step * len(values), step)
    return TimeSeries("sales", index, np.array(values), np.ones(len(values), bool))


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        (months([*OLD, 55.0, 89.0]), Change("sales", added=2, revised=0, dropped=0, same=6, first=None)),
        (months([3.0, 5.0, 8.5, 13.0, 20.0, 34.0, 55.0]), Change("sales", added=1, revised=2, dropped=0, same=4, first=2)),
        (months([8.0, 13.0, 21.0, 35.0, 55.0], "2024-03-01"), Change("sales", added=1, revised=1, dropped=2, same=3, first=3)),
        (months([1.0, 2.0, *OLD], "2023-11-01"), Change("sales", added=2, revised=0, dropped=0, same=6, first=None)),
        (months(OLD[:4]), Change("sales", added=0, revised=0, dropped=2, same=4, first=None)),
        (months([55.0, 89.0], "2024-07-01"), Change("sales", added=2, revised=0, dropped=6, same=0, first=None)),
        (months(OLD, gaps=[1]), Change("sales", added=0, revised=1, dropped=0, same=5, first=1)),  # the same value, but filled
    ],
)
def test_steps_are_counted(newer, expected):
    assert change(months(OLD), newer) == expected


def test_plain_steps_are_counted_too():
    assert change(steps(OLD, start=10), steps([21.5, 34.0, 55.0], start=14)) == Change("sales", 1, 1, 4, 1, 0)
    assert change(steps(OLD, step=5), steps([55.0], start=30, step=5)) == Change("sales", 1, 0, 6, 0, None)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (months(OLD), months([55.0], "2024-08-01")),  # July is missing between them
        (months(OLD), months(OLD, freq="QS")),
        (months(OLD), steps(OLD)),
        (steps(OLD, step=5), steps(OLD, step=1)),
        (steps(OLD, step=5), steps(OLD, start=2, step=5)),
        (months(OLD, zone="Europe/Berlin"), months(OLD)),
        (months(OLD, zone="Europe/Berlin"), months(OLD, zone="Asia/Tokyo")),
        (months([55.0], "2024-08-01"), months(OLD)),  # the newer one ends before the older begins, and not beside it
    ],
)
def test_what_has_no_step_in_common_and_does_not_follow_continues_nothing(older, newer):
    assert change(older, newer) is None
