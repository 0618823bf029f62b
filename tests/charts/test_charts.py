"""The charts as specifications: what is drawn, under which names, and what never gets into an expression."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from core.charts.fan import FanLine, fan_chart
from core.charts.history import gaps, series_chart, sparkline
from core.charts.losses import losses_chart
from core.charts.plan import plan_chart, spans
from core.charts.skill import skill_chart
from core.charts.steps import steps_chart
from core.charts.theme import DARK, LIGHT, styles
from core.evaluation.comparison import Pair
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.timeseries import TimeSeries
from tests.plans import plan_at

HOSTILE = "'; DROP <b>datum.x</b> \"]; ${window} " + "y" * 60
EXPRESSIONS = {"expr", "filter", "test", "labelExpr", "calculate", "signal", "field", "fields", "encodings"}


def yearly(length=40, **changes):
    index = pd.date_range("1950-01-01", periods=length, freq="YS")
    made = TimeSeries("series", index, np.arange(length) + 5.0, np.ones(length, bool), unit="tons")
    return replace(made, **changes)


def lines(series, labels, horizon=4):
    index = series.future(horizon)
    point = np.array([3.0, 5.0, 4.0, 7.0])[:horizon]
    return [FanLine(label, index, point + n, {0.8: (point - 2, point + 3)}) for n, label in enumerate(labels)]


def fan(series, labels, **changes):
    look = styles([ModelSpec("ar", label) for label in labels], LIGHT)
    given = {"history": series, "origin": None, "actual": None, "coverage": 0.8, "unit": "tons", "title": None}
    return fan_chart(lines(series, labels), styles=look, theme=LIGHT, **(given | changes)).to_dict()


def test_one_wild_band_leaves_the_others_to_be_seen():
    series = yearly(30)
    wild = lines(series, ["A", "B"])
    wild[1] = replace(wild[1], bands={0.8: (wild[1].point - 1e6, wild[1].point + 1e6)})
    looks = styles([ModelSpec("ar", label) for label in "AB"], LIGHT)
    given = {"history": series, "origin": None, "actual": None, "coverage": 0.8, "unit": "tons", "title": "T"}
    spec = fan_chart(wild, styles=looks, theme=LIGHT, **given).to_dict()
    drawn = rows(spec, "low", "high", without=("place",))
    seen = [row["point"] for row in drawn] + list(series.values[-24:])
    span = max(seen) - min(seen)
    assert max(row["high"] for row in drawn) == pytest.approx(max(seen) + span)
    assert min(row["low"] for row in drawn) == pytest.approx(min(seen) - span)
    assert [row["low"] for row in drawn if row["model"] == "A"] == [1.0, 3.0, 2.0, 5.0]
    assert "The widest bands are cut" in str(spec["title"]["subtitle" if "subtitle" in spec["title"] else "text"])
    calm = fan_chart(lines(series, ["A"]), styles=looks, theme=LIGHT, **given).to_dict()
    assert "are cut" not in str(calm["title"])


def rows(spec, *columns, without=()):
    """The one dataset that has all of these columns, and none of the others."""
    kept = (data for data in spec["datasets"].values() if data and not set(without) & set(data[0]))
    found = [data for data in kept if set(columns) <= set(data[0])]
    assert len(found) == 1
    return found[0]


def expressions(node, key=""):
    """Every text of the specification that Vega would run or look up, data left out."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name != "datasets":
                yield from expressions(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value, key)
    elif isinstance(node, str) and key in EXPRESSIONS:
        yield node


def test_filled_gaps_are_shaded_and_their_values_kept_apart():
    observed = np.ones(40, bool)
    observed[[7, 8, 20]] = False
    spec = series_chart(yearly(observed=observed), theme=LIGHT).to_dict()
    known = rows(spec, "known", "filled")
    assert [row["known"] for row in known[6:10]] == [11.0, None, None, 14.0]
    assert [row["filled"] for row in known[5:11]] == [None, 11.0, 12.0, 13.0, 14.0, None]
    assert [row["when"][:7] for row in rows(spec, "until")] == ["1956-07", "1969-07"]
    assert spec["title"]["text"] == ["Shaded: 3 missing values, filled from the past"]


def test_a_complete_series_has_no_shade_and_no_note():
    spec = series_chart(yearly(), theme=DARK).to_dict()
    assert "title" not in spec
    assert not any("until" in data[0] for data in spec["datasets"].values())


def test_many_gaps_are_joined_where_they_are_nearest():
    observed = np.array([1, 0, 1, 0, 1, 1, 1, 1, 0, 1], bool)
    assert [ends.tolist() for ends in gaps(observed, most=3)] == [[1, 3, 8], [1, 3, 8]]
    assert [ends.tolist() for ends in gaps(observed, most=2)] == [[1, 8], [3, 8]]


def test_a_long_series_is_thinned_and_says_so():
    values = np.sin(np.arange(50_000.0))
    values[31_007] = 99.0
    long = TimeSeries("long", pd.RangeIndex(50_000), values, np.ones(50_000, bool))
    spec = series_chart(long, theme=LIGHT).to_dict()
    drawn = rows(spec, "known")
    assert len(drawn) <= 4_000
    assert max(row["value"] for row in drawn) == 99.0
    assert spec["title"]["text"] == [f"Every peak kept; {len(drawn):,} of 50,000 points drawn"]


def test_times_are_the_wall_clock_of_the_series_zone():
    index = pd.date_range("2026-03-28 22:00", periods=6, freq="h", tz="UTC")
    made = TimeSeries("load", index, np.arange(6.0), np.ones(6, bool), zone="Europe/Berlin")
    drawn = rows(series_chart(made, theme=LIGHT).to_dict(), "known")
    assert [row["date"] for row in drawn[:4]] == [
        "28 Mar 2026 23:00", "29 Mar 2026 00:00", "29 Mar 2026 01:00", "29 Mar 2026 03:00",
    ]  # fmt: skip
    assert drawn[0]["when"] == "2026-03-28T23:00:00"


def test_the_picture_says_whose_intervals_its_bands_are():
    calibrated, claimed = fan(yearly(), ["AR"]), fan(yearly(), ["AR"], is_claimed=True)
    assert calibrated["title"]["text"] == ["Ink: what was measured · bands: 80 % intervals"]
    assert claimed["title"]["text"] == ["Ink: what was measured", "Bands: 80 % intervals, claimed by the models"]
    assert fan(yearly(), ["AR"], is_claimed=True, coverage=None)["title"]["text"] == ["Ink: what was measured"]


def test_no_text_of_a_person_is_ever_run():
    series = yearly(id=HOSTILE, unit=HOSTILE)
    pair = Pair(HOSTILE, HOSTILE, "mae", 20, skill=0.1, low=-0.1, high=0.2, p=0.3, p_adjusted=0.3)
    look = styles([ModelSpec("ar", HOSTILE)], LIGHT)
    epoch = EpochLog(1, 0.5, 0.4, 1.0, 0.0, 0.01, 0.1)
    specs = [
        series_chart(series, theme=LIGHT, title=HOSTILE, marked=[3]).to_dict(),
        fan(series, [HOSTILE], title=HOSTILE, unit=HOSTILE, actual=(series.future(4), np.arange(4.0))),
        losses_chart({HOSTILE: [epoch]}, styles=look, theme=LIGHT).to_dict(),
        steps_chart({HOSTILE: [1.0]}, spread={}, styles=look, theme=LIGHT, metric=HOSTILE, unit=HOSTILE).to_dict(),
        skill_chart([pair], is_of_best=False, styles=look, theme=LIGHT).to_dict(),
        plan_chart(series, plan_at(40, 2, range(30, 39), starts=(0, 4)), theme=LIGHT).to_dict(),
    ]
    for spec in specs:
        found = list(expressions(spec))
        assert found
        assert not [text for text in found if "DROP" in text or "yyy" in text]
        assert "yyy" * 30 not in json.dumps(spec["layer"] if "layer" in spec else spec["encoding"])


def test_the_fan_draws_the_bands_that_were_given():
    series = yearly()
    ahead = rows(fan(series, ["A", "B"]), "low", "high", without=["place"])
    assert [(row["low"], row["point"], row["high"]) for row in ahead if row["model"] == "A"] == [
        (1.0, 3.0, 6.0), (3.0, 5.0, 8.0), (2.0, 4.0, 7.0), (5.0, 7.0, 10.0),
    ]  # fmt: skip
    assert ahead[0]["when"] == "1990-01-01T00:00:00"


def test_the_fan_tells_every_model_and_its_error_at_a_date():
    known = yearly()[:30]
    cells = rows(fan(known, ["A", "B"], actual=(known.future(4), np.array([4.0, 4.0, np.nan, 9.0]))), "m0", "m1")
    assert [row["m0"] for row in cells] == ["3  (error −1)", "5  (error +1)", "4", "7  (error −2)"]
    assert [row["actual"] for row in cells] == ["4", "4", "–", "9"]
    assert [row["date"] for row in cells] == ["1980", "1981", "1982", "1983"]


def test_history_stops_at_the_origin():
    spec = fan(yearly(), ["A"], origin=30)
    past = rows(spec, "value", "actual")
    assert [len(past), past[-1]["date"], past[-1]["value"]] == [30, "1979", 34.0]


def test_a_shared_fan_needs_no_history():
    spec = fan(yearly(), ["A"], history=None)
    assert not any("value" in (data or [{}])[0] for data in spec["datasets"].values())


def test_more_than_four_models_have_no_labels_at_their_ends():
    def labelled(count):
        return any(layer["mark"]["type"] == "text" for layer in fan(yearly(), list("ABCDEF")[:count])["layer"])

    assert labelled(4)
    assert not labelled(5)


def test_losses_leave_out_what_is_not_finite_and_keep_their_look_while_they_grow():
    look = styles([ModelSpec("lstm", "L"), ModelSpec("gru", "G")], LIGHT)
    epochs = [EpochLog(n, 1 / (n + 1), float("nan") if n == 2 else 2.0, 1.0, 0.0, 0.01, 0.1) for n in range(5)]

    def spec(count):
        made = losses_chart({"L": epochs[:count], "G": epochs[: count // 2]}, styles=look, theme=LIGHT).to_dict()
        drawn = made.pop("datasets")
        made.pop("data")
        return made, next(iter(drawn.values()))

    assert spec(0)[0] == spec(2)[0] == spec(5)[0]
    assert [row["epoch"] for row in spec(5)[1] if row["line"] == "L held out"] == [0, 1, 3, 4]
    assert {row["part"] for row in spec(0)[1]} == {""}


def test_steps_leave_out_what_is_not_defined():
    look = styles([ModelSpec("lstm", "L")], LIGHT)
    spread = {"L": ([0.5, None, 2.0], [2.0, None, 4.0])}
    spec = steps_chart({"L": [1.0, None, 3.0]}, spread=spread, styles=look, theme=LIGHT, metric="MAE", unit="tons").to_dict()
    assert [sorted(row["step"] for row in data) for data in spec["datasets"].values()] == [[1.0, 3.0]]
    assert spec["layer"][1]["encoding"]["y"]["title"] == "MAE (tons)"


def test_a_pair_without_a_test_is_hollow():
    pairs = [
        Pair("A", "B", "mae", 20, skill=0.2, low=-3.0, high=0.4, p=0.2, p_holm=0.2),
        Pair("A", "C", "mae", 5, skill=0.3, reason="few"),
        Pair("A", "D", "mae", 5, reason="no error"),
    ]
    spec = skill_chart(pairs, is_of_best=True, styles={}, theme=LIGHT).to_dict()
    models = [[row["model"] for row in data] for data in spec["datasets"].values() if "model" in data[0]]
    assert sorted(models) == [["B"], ["C"]]
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [-1.0, 0.4]
    assert spec["title"]["text"][-1] == "Hollow: no test"
    assert skill_chart(pairs[2:], is_of_best=True, styles={}, theme=LIGHT).to_dict()["layer"][0]["encoding"]["x"]["scale"][
        "domain"
    ] == [
        -0.1,
        0.1,
    ]


@pytest.mark.parametrize(
    ("plan_", "expected"),
    [
        (plan_at(40, 3, (30, 33), starts=(0, 1)), [("train", 0, 30), ("test", 30, 40), ("forecast", 40, 43)]),
        (plan_at(40, 3, (30, 33), is_scored=False), [("train", 0, 30), ("hold out", 30, 40), ("forecast", 40, 43)]),
        (plan_at(40, 3, ()), [("train", 0, 40), ("forecast", 40, 43)]),
    ],
)
def test_the_parts_of_a_plan_follow_one_another(plan_, expected):
    assert spans(plan_) == expected
    spec = plan_chart(yearly(), plan_, theme=LIGHT).to_dict()
    assert [row["part"] for row in rows(spec, "part", "share")] == [part for part, _, _ in expected]
    assert rows(spec, "part", "share")[-1]["to"] == "1992"


@pytest.mark.parametrize(
    ("values", "points"),
    [(np.r_[np.nan, np.arange(5_000.0)], 200), (np.full(30, 7.0), 30), (np.array([1.0]), 1), (np.full(5, np.nan), 0)],
)
def test_a_sparkline_is_a_picture_of_few_points_inside_its_frame(values, points):
    picture = ElementTree.fromstring(sparkline(values, theme=DARK))
    (line,) = picture
    assert line.get("stroke") == DARK.muted
    drawn = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
    assert len(drawn) in range(max(0, points - 2), points + 1)
    assert all(0 <= x <= 300 and 0 <= y <= 50 for x, y in drawn)
    if points == 200:
        assert (drawn[0][1], drawn[-1]) == (46.0, (298.0, 4.0))  # the lowest is drawn low, the last at the right
