"""Series, inputs, panel: what cannot be built, what a prefix shows, which date comes next, when two keys are equal."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.series.timeseries import Inputs, Panel, TimeSeries, labels

DAYS = pd.date_range("2024-02-26", periods=6, freq="D")
VALUES = np.array([3.0, -1.0, 4.5, 1.0, 5.0, 9.0])
OBSERVED = np.array([True, True, False, True, True, True])
INPUTS = Inputs(("rain", "price"), ("past", "known"), np.array([[n, 10.0 * n] for n in range(6)] + [[np.nan, 60.0]] * 2))


def daily(**changes) -> TimeSeries:
    return replace(TimeSeries("a", DAYS, VALUES, OBSERVED, 7, "mm", "Europe/Vienna", INPUTS), **changes)


def on(index) -> TimeSeries:
    return TimeSeries("a", index, np.arange(1.0, len(index) + 1), np.ones(len(index), bool))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"values": VALUES[:5]}, "one value and one flag a step"),
        ({"observed": OBSERVED[:5]}, "one value and one flag a step"),
        ({"values": np.array([3.0, np.nan, 4, 1, 5, 9])}, "finite"),
        ({"values": np.array([3.0, np.inf, 4, 1, 5, 9])}, "finite"),
        ({"index": pd.DatetimeIndex(DAYS[[0, 1, 2, 3, 4, 5]], freq=None)}, "regular"),
        ({"season": 0}, None),
        ({"inputs": Inputs(("rain",), ("past",), np.zeros((5, 1)))}, None),
    ],
)
def test_what_breaks_a_promise_cannot_be_built(changes, why):
    with pytest.raises(AssertionError, match=why):
        daily(**changes)


def test_an_empty_series_cannot_be_built():
    with pytest.raises(AssertionError):
        on(pd.RangeIndex(0))


def test_arrays_are_copied_and_read_only():
    mine = VALUES.copy()
    series = daily(values=mine)
    mine[0] = 99.0
    assert series.values[0] == 3.0
    for array in (series.values, series.observed, series.inputs.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_prefix_is_what_was_known_then():
    prefix = daily()[:4]
    assert len(prefix) == 4
    assert prefix.values.tolist() == [3.0, -1.0, 4.5, 1.0]
    assert prefix.observed.tolist() == [True, True, False, True]
    assert prefix.index[-1] == pd.Timestamp("2024-02-29")
    assert prefix.freq == "D"
    assert (prefix.id, prefix.season, prefix.unit, prefix.zone) == ("a", 7, "mm", "Europe/Vienna")


def test_a_prefix_shows_known_inputs_ahead_and_hides_past_ones():
    inputs = daily()[:4].inputs
    assert inputs.values.shape == (6, 2)  # four rows, and two ahead as the whole series has
    np.testing.assert_array_equal(inputs.values[:, 0], [0, 1, 2, 3, np.nan, np.nan])
    np.testing.assert_array_equal(inputs.values[:, 1], [0, 10, 20, 30, 40, 50])


def test_a_prefix_of_a_prefix_is_the_shorter_prefix():
    assert daily()[:5][:3].key == daily()[:3].key
    assert daily()[:-2].key == daily()[:4].key
    assert daily()[:6].key == daily()[:99].key == daily().key


@pytest.mark.parametrize("cut", [slice(1, 4), slice(0, 4), slice(None, 4, 2)])
def test_history_is_never_cut_at_its_start(cut):
    with pytest.raises(AssertionError, match="only be cut to a prefix"):
        daily()[cut]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.date_range("2019-01-01", periods=4, freq="YS"), ["2023-01-01", "2024-01-01", "2025-01-01"]),
        (pd.date_range("2019-07-01", periods=4, freq="YS-JUL"), ["2023-07-01", "2024-07-01", "2025-07-01"]),
        (pd.date_range("2023-01-01", periods=4, freq="QS"), ["2024-01-01", "2024-04-01", "2024-07-01"]),
        (pd.date_range("2023-03-31", periods=3, freq="QE"), ["2023-12-31", "2024-03-31", "2024-06-30"]),
        (pd.date_range("2023-09-01", periods=4, freq="MS"), ["2024-01-01", "2024-02-01", "2024-03-01"]),
        (pd.date_range("2023-10-31", periods=3, freq="ME"), ["2024-01-31", "2024-02-29", "2024-03-31"]),
        (pd.date_range("2024-02-04", periods=4, freq="W"), ["2024-03-03", "2024-03-10", "2024-03-17"]),
        (pd.date_range("2024-02-05", periods=4, freq="W-MON"), ["2024-03-04", "2024-03-11", "2024-03-18"]),
        (pd.date_range("2024-02-26", periods=4, freq="B"), ["2024-03-01", "2024-03-04", "2024-03-05"]),
        (pd.date_range("2024-02-26", periods=4, freq="D"), ["2024-03-01", "2024-03-02", "2024-03-03"]),
        (pd.date_range("2024-02-20", periods=4, freq="3D"), ["2024-03-03", "2024-03-06", "2024-03-09"]),
        (
            pd.date_range("2024-02-28 22:00", periods=24, freq="h"),
            ["2024-02-29T22:00:00", "2024-02-29T23:00:00", "2024-03-01T00:00:00"],
        ),
        (
            pd.date_range("2024-12-31 23:00", periods=3, freq="15min"),
            ["2024-12-31T23:45:00", "2025-01-01T00:00:00", "2025-01-01T00:15:00"],
        ),
        (
            pd.date_range("2024-03-31 00:00", periods=2, freq="h", tz="UTC"),  # Vienna's clocks skip an hour here
            ["2024-03-31T02:00:00+00:00", "2024-03-31T03:00:00+00:00", "2024-03-31T04:00:00+00:00"],
        ),
        (pd.RangeIndex(5), [5, 6, 7]),
        (pd.RangeIndex(100, 130, 10), [130, 140, 150]),
        (pd.RangeIndex(-3, 0), [0, 1, 2]),
        (pd.RangeIndex(7, 8), [8, 9, 10]),
    ],
    ids=lambda index: getattr(index, "freqstr", None) or repr(index)[:24],
)
def test_the_future_continues_the_index(index, expected):
    found = on(index).future(3)
    assert labels(found) == expected
    if isinstance(index, pd.DatetimeIndex):
        assert found.freq == index.freq
        assert found.dtype == index.dtype
        assert labels(index.append(found).sort_values()) == labels(index.append(found))


def test_a_single_date_has_a_future_too():
    assert labels(on(pd.date_range("2024-01-31", periods=1, freq="ME")).future(2)) == ["2024-02-29", "2024-03-31"]


def test_labels_leave_out_the_time_of_day_only_where_all_are_midnights():
    assert labels(pd.date_range("2024-01-01", periods=2, freq="D")) == ["2024-01-01", "2024-01-02"]
    assert labels(pd.date_range("2024-01-01", periods=2, freq="12h")) == ["2024-01-01T00:00:00", "2024-01-01T12:00:00"]
    assert labels(pd.RangeIndex(3, 9, 3)) == [3, 6]
    assert labels(DAYS[:0]) == []


CHANGED = {
    "id": {"id": "b"},
    "a value": {"values": VALUES + np.array([0, 0, 0, 0, 0, 1e-12])},
    "order of values": {"values": VALUES[::-1]},
    "a flag": {"observed": np.array([True, True, True, True, True, True])},
    "season": {"season": 6},
    "unit": {"unit": "cm"},
    "zone": {"zone": "UTC"},
    "no zone": {"zone": None},
    "start": {"index": pd.date_range("2024-02-27", periods=6, freq="D")},
    "time of day": {"index": pd.date_range("2024-02-26 06:00", periods=6, freq="D")},
    "frequency": {"index": pd.date_range("2024-02-26", periods=6, freq="B")},
    "steps": {"index": pd.RangeIndex(6)},
    "other start of steps": {"index": pd.RangeIndex(1, 7)},
    "other distance of steps": {"index": pd.RangeIndex(0, 12, 2)},
    "no inputs": {"inputs": None},
    "an input": {"inputs": replace(INPUTS, values=INPUTS.values + np.eye(8, 2))},
    "an input ahead": {"inputs": replace(INPUTS, values=np.vstack([INPUTS.values[:7], [[np.nan, 61.0]]]))},
    "fewer inputs ahead": {"inputs": replace(INPUTS, values=INPUTS.values[:7])},
    "an input's name": {"inputs": replace(INPUTS, names=("rain", "cost"))},
    "an input's role": {"inputs": replace(INPUTS, roles=("past", "past"))},
}


def test_every_difference_in_content_gives_another_key():
    keys = {daily().key: "unchanged"}
    for what, changes in CHANGED.items():
        key = daily(**changes).key
        assert key not in keys, f"{what} has the key of {keys.get(key)}"
        keys[key] = what


def test_equal_content_has_an_equal_key_whatever_it_was_made_from():
    assert len(daily().key) == 64
    assert daily(values=VALUES.tolist(), observed=OBSERVED.astype(int)).key == daily().key
    assert daily(values=np.asfortranarray(np.repeat(VALUES, 2))[::2]).key == daily().key
    assert daily(index=pd.DatetimeIndex(DAYS.astype("datetime64[ns]"), freq="D")).key == daily().key
    assert on(pd.RangeIndex(0, 6)).key == on(pd.RangeIndex(6)).key


@given(st.lists(st.floats(-1e9, 1e9).filter(bool), min_size=1, max_size=8), st.integers(0, 7))
def test_a_key_tells_values_apart(values, place):
    place %= len(values)
    series = on(pd.RangeIndex(len(values)))
    one = replace(series, values=np.array(values))
    other = np.array(values)
    other[place] = np.nextafter(other[place], np.inf)
    assert one.key == replace(series, values=np.array(values)).key
    assert one.key != replace(series, values=other).key


def test_inputs_hold_one_name_and_one_role_a_column():
    with pytest.raises(AssertionError):
        Inputs(("a", "b"), ("past",), np.zeros((3, 2)))
    with pytest.raises(AssertionError):
        Inputs(("a",), ("past",), np.zeros((3, 2)))
    with pytest.raises(AssertionError):
        Inputs(("a",), ("future",), np.zeros((3, 1)))


def test_a_panel_keeps_its_order_and_finds_by_id():
    long, short = daily(id="long"), daily(id="short")[:3]
    panel = Panel((long, short))
    assert [one.id for one in panel] == ["long", "short"]
    assert len(panel) == 2
    assert panel["short"] is short


def test_two_series_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two series are called 'x'; each needs an id of its own"):
        Panel((daily(id="x"), daily(id="y"), daily(id="x")))


def test_different_frequencies_are_refused():
    hourly = on(pd.date_range("2024-01-01", periods=3, freq="h"))
    with pytest.raises(ConfigError, match=r"different frequencies \(D, h\)"):
        Panel((daily(id="d"), hourly))
    with pytest.raises(ConfigError, match=r"different frequencies \(D, None\)"):
        Panel((daily(id="d"), on(pd.RangeIndex(4))))
