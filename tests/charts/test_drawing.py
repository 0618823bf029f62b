"""A chart written down: its own data under its own names, whoever draws at the same time."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import altair as alt
import pandas as pd
import pytest

from core.charts.drawing import drawn


def chart(*frames):
    return alt.layer(*(alt.Chart(frame).mark_line().encode(x="x:Q", y="y:Q") for frame in frames))


def frame(value, length=5):
    return pd.DataFrame({"x": range(length), "y": [float(value)] * length})


def named(spec):
    """The names of all data that a specification asks for."""
    if isinstance(spec, dict):
        here = [spec["data"]["name"]] if isinstance(spec.get("data"), dict) and "name" in spec["data"] else []
        return here + [name for part in spec.values() for name in named(part)]
    return [name for part in spec for name in named(part)] if isinstance(spec, list) else []


def test_equal_data_are_sent_once_and_every_name_is_there():
    drawing = drawn(chart(frame(1), frame(2), frame(1)))
    assert sorted(drawing.tables) == ["data0", "data1"]
    assert sorted(named(json.loads(drawing.text))) == ["data0", "data0", "data1"]
    assert drawing.plain()["datasets"]["data1"] == [{"x": x, "y": 2.0} for x in range(5)]


def test_new_data_leave_the_specification_as_it_is():
    one, other = drawn(chart(frame(1), frame(2))), drawn(chart(frame(3), frame(4)))
    named_views = [json.loads(text) for text in (one.text, other.text)]
    assert named(named_views[0]) == named(named_views[1])
    assert one.tables["data0"] != other.tables["data0"]


def test_who_changes_what_is_shown_changes_no_drawing():
    drawing = drawn(chart(frame(1)))
    drawing.spec().clear()
    assert drawing.spec()["datasets"]["data0"] == drawing.tables["data0"]


def test_many_threads_each_get_their_own_data():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            drawings = list(threads.map(lambda value: drawn(chart(frame(value), frame(-value - 1))), range(80)))
    finally:
        sys.setswitchinterval(before)
    for value, drawing in enumerate(drawings):
        assert named(json.loads(drawing.text)) == ["data0", "data1"]
        rows = drawing.plain()["datasets"]
        assert (rows["data0"][0]["y"], rows["data1"][0]["y"]) == (value, pytest.approx(-value - 1))
