"""The drawing of a network, and the roots of an AR: what is drawn, where, and in which words."""

import itertools

import numpy as np
import pytest

from core.charts.roots import roots_chart
from core.charts.shapes import WIDE
from core.charts.theme import DARK, LIGHT, style_of
from core.charts.topology import Sketch, dimensions, topology_chart
from core.models.polynomial import inverse_roots

TOPOLOGIES = ("one_to_many", "many_to_one", "synced", "encoder_decoder", "window")
ENDS = ("Jan 2005", "Dec 2006", "Jan 2007", "Dec 2007")


def sketch(topology="one_to_many", **more):
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
        (sketch("synced"), "24 steps × 2 inputs → 16 units → 12 steps ahead, one at a time"),
        (sketch(layers=2, is_bidirectional=True), "24 steps × 2 inputs → 2 layers × 16 units, read both ways → 12 steps ahead"),
        (sketch(channels=1, hidden=1, horizon=1), "24 steps × 1 input → 1 unit → 1 step ahead"),
    ],
)
def test_the_shapes_are_those_of_the_window(found, words):
    assert dimensions(found) == words


def test_a_linear_path_goes_from_the_window_to_what_is_said():
    assert "AR(3)" in texts(sketch(linear="AR(3)"))
    assert heads(sketch(linear="AR(3)"), 0)[-1] == (3.56, 90)
    assert not heads(sketch(), 0)


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
    for row in drawn(sketch(topology, lookback=lookback, horizon=horizon, forcing=0.3)):
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
    assert [x for x, angle in heads(sketch("synced"), 0) if angle == 90] == pytest.approx([4 - WIDE, 6 - WIDE], abs=0.05)
    assert "+11" in texts(sketch("synced"))


def test_a_decoder_is_told_the_truth_as_often_as_it_is():
    assert "the truth, in 30 % of updates" in texts(sketch("encoder_decoder", forcing=0.3))
    assert not any("truth" in one for one in texts(sketch("encoder_decoder", forcing=0.0)))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (sketch(every=6, back=12), "update every 6, gradient 12 steps back"),
        (sketch("synced", every=1, back=1, is_reset=True), "update every 1, state and gradient 1 step back"),
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
