"""The drawing of a network, and the roots of an AR: what is drawn, where, and in which words."""

import itertools

import numpy as np
import pytest

from core.charts.roots import roots_chart
from core.charts.shapes import HEAD, TALL, WIDE
from core.charts.theme import DARK, LIGHT, style_of
from core.charts.topology import EDGE, PAST, UNDER, Sketch, dimensions, topology_chart
from core.models.polynomial import inverse_roots

DIRECT, SYNCED = "many_to_many_direct", "many_to_many_synced"
TOPOLOGIES = (DIRECT, "many_to_one", SYNCED, "encoder_decoder", "window")
ENDS = ("Jan 2005", "Dec 2006", "Jan 2007", "Dec 2007")


def sketch(topology=DIRECT, **more):
    usual = {"cell": "LSTM", "lookback": 24, "channels": 2, "hidden": 16, "layers": 1, "horizon": 12, "ends": ENDS}
    return Sketch(topology, **usual | more)


def drawn(found, theme=LIGHT):
    """Every row of every dataset."""
    spec = topology_chart(found, theme=theme, colour=style_of("lstm", theme).colour).to_dict()
    return [row for data in spec["datasets"].values() for row in data]


def texts(found):
    return [row["text"] for row in drawn(found) if "text" in row]


def heads(found, y):
    """Angles of the arrow heads in a row of the grid, by column."""
    return [(round(row["x"], 2), row["angle"]) for row in drawn(found) if "angle" in row and abs(row["y"] - y) < 0.2]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (sketch(), "24 steps × 2 inputs → 16 units → 12 steps ahead"),
        (sketch(SYNCED), "24 steps × 2 inputs → 16 units → 12 steps ahead, one at a time"),
        (sketch(layers=2, is_bidirectional=True), "24 steps × 2 inputs → 2 layers × 16 units, read both ways → 12 steps ahead"),
        (sketch(channels=1, hidden=1, horizon=1), "24 steps × 1 input → 1 unit → 1 step ahead"),
        (sketch(channels=1, perhaps=1), "24 steps × 1 or 2 inputs → 16 units → 12 steps ahead"),
        (sketch(lookback=96, segment=4), "96 steps, 4 at a time, × 2 inputs → 16 units → 12 steps ahead"),
    ],
)
def test_the_shapes_are_those_of_the_window(found, words):
    assert dimensions(found) == words


@pytest.mark.parametrize(
    ("topology", "columns"),
    [
        (DIRECT, [0, 1, 3 + 1, 5, 7]),  # the ends of windows that teach, and steps ahead 1, 2 and 12; ellipses have no arrow
        ("many_to_one", [4]),
        (SYNCED, [0, 1, 3, 4, 6]),  # the last step of the window says step 1
        ("encoder_decoder", [4, 5, 7]),
        ("window", [4, 5, 7]),
    ],
)
def test_a_skip_connection_leads_past_the_cells_to_every_answer(topology, columns):
    found = sketch(topology, skip="linear, 13 lags")
    down = [(row["x"], row["y"]) for row in drawn(found) if row.get("angle") == 180]
    assert down == [(x, pytest.approx(2 + TALL + HEAD)) for x in columns]
    assert "skip connection: linear, 13 lags" in texts(found)
    around = [row for row in drawn(found) if row.get("x") == row.get("right") == EDGE]
    assert [(row["y"], row["top"]) for row in around] == [(UNDER, PAST)]
    assert [row["x"] for row in drawn(found) if (row.get("y"), row.get("top")) == (-TALL, UNDER)] == [0, 1, 3]
    assert not [row for row in drawn(sketch(topology)) if row.get("angle") == 180]
    assert not any("skip" in one for one in texts(sketch(topology)))


def dashes(found, y, top):
    """The dashes of the marks between two heights."""
    spec = topology_chart(found, theme=LIGHT, colour="#d55e00").to_dict()
    return [
        layer["mark"]["strokeDash"]
        for layer in spec["layer"]
        for row in spec["datasets"][layer["data"]["name"]]
        if "strokeDash" in layer["mark"] and (row["y"], row["top"]) == (pytest.approx(y), pytest.approx(top))
    ]


def test_a_skip_connection_that_is_to_be_chosen_is_dashed():
    at_first, chosen = sketch(skip="linear", is_chosen=False), sketch(skip="linear")
    assert "skip connection or none: linear" in texts(at_first)
    box, line = (PAST - TALL, PAST + TALL), (PAST - TALL, 2 + TALL)
    assert (dashes(chosen, *box), dashes(chosen, *line)) == ([[1, 0]], [[1, 0]] * 5)
    assert (dashes(at_first, *box), dashes(at_first, *line)) == ([[3, 2]], [[4, 3]] * 5)


def test_a_step_of_the_cell_is_a_segment_of_the_series():
    assert {"1–4", "5–8", "93–96"} <= set(texts(sketch(lookback=96, segment=4)))
    assert "1–8" not in texts(sketch(lookback=96, segment=4))
    short = sketch(lookback=8, segment=4, horizon=1, ends=None)
    assert [text for text in texts(short) if "–" in text] == ["1–4", "5–8"]
    assert [x for x, angle in heads(short, 1) if angle == 90] == pytest.approx([3 - WIDE, 4 - WIDE], abs=0.05)


def test_what_is_said_while_training_stands_over_every_step_or_only_at_the_end():
    assert texts(sketch()).count("+1…") == 2  # over steps 1 and 2; step 24 says the forecast
    for other in (sketch(is_bidirectional=True), sketch("many_to_one"), sketch("window"), sketch("encoder_decoder")):
        assert "+1…" not in texts(other)
    assert texts(sketch(horizon=1)).count("+1") == 3


@pytest.mark.parametrize(("topology", "theme"), list(itertools.product(TOPOLOGIES, (LIGHT, DARK))))
def test_every_topology_shows_first_and_last_step_of_window_and_forecast(topology, theme):
    found = sketch(topology)
    said = texts(found)
    assert {"1", "2", "24", "…", "Jan 2005", "Dec 2006"} <= set(said)
    assert "+1" in said
    assert ("+12" in said) == (topology != "many_to_one")
    spec = topology_chart(found, theme=theme, colour=style_of("gru", theme).colour).to_dict()
    assert spec["background"] == theme.surface


@pytest.mark.parametrize(("topology", "lookback", "horizon"), list(itertools.product(TOPOLOGIES, (4, 2000), (1, 2, 5))))
def test_everything_stays_on_the_grid(topology, lookback, horizon):
    for row in drawn(sketch(topology, lookback=lookback, horizon=horizon, forcing=0.3, skip="linear")):
        assert -0.5 <= row["x"] <= 7.5
        assert -0.5 <= row.get("right", 0) <= 7.5


def test_a_short_window_is_drawn_whole():
    said = texts(sketch(lookback=4, horizon=3, ends=None))
    assert "…" not in said
    assert {"1", "2", "3", "4", "+1", "+2", "+3"} <= set(said)


def test_the_state_runs_back_too_where_it_is_read_from_both_ends():
    onward = [angle for _, angle in heads(sketch(), 1)]
    both = [angle for _, angle in heads(sketch(is_bidirectional=True), 1)]
    assert (onward.count(90), onward.count(270)) == (4, 0)
    assert (both.count(90), both.count(270)) == (4, 3)


def test_an_answer_is_fed_back_only_where_there_is_another_step():
    assert "the answer joins" in texts(sketch("many_to_one"))
    assert "the answer joins" not in texts(sketch("many_to_one", horizon=1))
    assert [x for x, angle in heads(sketch(SYNCED), 0) if angle == 90] == pytest.approx([4 - WIDE, 6 - WIDE], abs=0.05)
    assert "+11" in texts(sketch(SYNCED))


def test_a_decoder_is_told_the_truth_as_often_as_it_is():
    assert "the truth, in 30 % of updates" in texts(sketch("encoder_decoder", forcing=0.3))
    assert not any("truth" in one for one in texts(sketch("encoder_decoder", forcing=0.0)))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (sketch(every=6, back=12), "update every 6, gradient 12 steps back"),
        (sketch(SYNCED, every=1, back=1, is_reset=True), "update every 1, state and gradient 1 step back"),
        (sketch("many_to_one", every=6, back=12), "gradient 12 steps back"),
    ],
)
def test_where_gradients_stop_is_marked(found, words):
    assert words in texts(found)
    bars = [row for row in drawn(found) if row.get("stroke") == LIGHT.problem and row["x"] == row["right"]]
    assert [row["x"] for row in bars] == ([2.5] if found.topology == "many_to_one" else [0.5, 2.5])


def test_roots_lie_in_a_circle_that_is_round_and_bad_ones_are_seen():
    """z² − 1.3 z + 0.4 = (z − 0.8)(z − 0.5);  z² − 2 z + 1.25 has 1 ± 0.5 i, outside."""
    inside = roots_chart(inverse_roots(np.array([1.3, -0.4])), theme=LIGHT, colour="#0072b2").to_dict()
    points = [row for data in inside["datasets"].values() for row in data if "fill" in row]
    assert [(round(row["real"], 9), round(row["imaginary"], 9), row["fill"]) for row in points] == [
        (0.8, 0.0, "#0072b2"), (0.5, 0.0, "#0072b2"),
    ]  # fmt: skip
    assert [row["left"] for row in points] == ["80.0 %", "50.0 %"]
    outside = roots_chart(inverse_roots(np.array([2.0, -1.25])), theme=LIGHT, colour="#0072b2").to_dict()
    points = [row for data in outside["datasets"].values() for row in data if "fill" in row]
    assert sorted(round(row["imaginary"], 9) for row in points) == [-0.5, 0.5]
    assert {row["fill"] for row in points} == {LIGHT.problem}
    x, y = (outside["layer"][0]["encoding"][axis]["scale"]["domain"] for axis in "xy")
    assert x[1]["expr"] == f"{y[1]:.6g} * width / height"
