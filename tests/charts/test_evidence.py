"""Pictures of evidence: mean ranks, reliability, residuals and their lags."""

import json

import numpy as np
import pandas as pd
import pytest

from core.charts.ranks import ranks_chart
from core.charts.reliability import reliability_chart
from core.charts.residuals import lags_chart, residuals_chart
from core.charts.theme import DARK, LIGHT, styles
from core.models.spec import ModelSpec
from core.stats.calibration import Reliability

MODELS = [ModelSpec("ar", "AR"), ModelSpec("gru", "GRU"), ModelSpec("naive", "Naive")]
HOSTILE = "'; ${window} \"]<b>"


def rows(spec, column):
    """The rows of every data set of a chart that has this column."""
    return [row for data in spec["datasets"].values() for row in data if column in row]


def test_ranks_stand_in_their_order_with_half_the_distance_to_each_side():
    looks = styles(MODELS, LIGHT)
    chart = ranks_chart({"GRU": 1.75, "AR": 1.25, "Naive": 3.0}, 1.5, 40, styles=looks, theme=LIGHT)
    spec = chart.to_dict()
    found = {row["model"]: row for row in rows(spec, "rank")}
    assert (found["AR"]["low"], found["AR"]["high"]) == (0.5, 2.0)
    assert {name: row["apart"] for name, row in found.items()} == {"AR": "no", "GRU": "no", "Naive": "yes"}
    (shade,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rect"]
    assert [row["model"] for row in spec["datasets"][shade["data"]["name"]]] == ["AR"]
    colour = spec["layer"][1]["encoding"]["color"]["scale"]
    assert dict(zip(colour["domain"], colour["range"], strict=True)) == {name: looks[name].colour for name in found}
    assert colour["domain"] == ["AR", "GRU", "Naive"]
    assert spec["layer"][2]["encoding"]["x"]["title"] == "mean rank over 40 series, 1 is the best"
    assert spec["title"]["subtitle"][-1] == "Hollow: ranks worse"
    assert spec["layer"][2]["encoding"]["x"]["scale"]["domain"] == [0.5, 3.75]


def test_models_that_all_reach_the_best_are_all_filled():
    spec = ranks_chart({"AR": 1.4, "GRU": 1.6}, 0.5, 7, styles={}, theme=DARK).to_dict()
    assert len(spec["title"]["subtitle"]) == 2


def test_a_level_outside_its_bar_is_in_the_colour_of_problems():
    levels = np.array([0.1, 0.5, 0.9])
    found = Reliability(
        levels, np.array([0.3, 0.45, 0.88]), np.array([0.02, 0.3, 0.8]), np.array([0.2, 0.7, 1.0]), None, None, blocks=40
    )
    spec = reliability_chart(found, theme=LIGHT, colour="#123456").to_dict()
    drawn = {row["claimed"]: row for row in rows(spec, "claimed")}
    assert {name: row["fill"] for name, row in drawn.items()} == {"10 %": LIGHT.problem, "50 %": "#123456", "90 %": "#123456"}
    assert drawn["10 %"]["band"] == "2 % to 20 %"
    assert spec["title"]["subtitle"][-1] == "Grey: chance alone, 95 %, 40 independent forecasts"
    assert spec["layer"][2]["encoding"]["x"]["scale"]["domain"] == [0, 1]


@pytest.mark.parametrize("index", [pd.date_range("2020-01-01", periods=4, freq="MS"), pd.RangeIndex(20, 24)])
def test_the_largest_misses_are_ringed_at_their_dates(index):
    spec = residuals_chart(
        index, np.array([1.0, -7.5, 0.5, 3.0]), [1, 3], theme=LIGHT, colour="#123456", unit=HOSTILE
    ).to_dict()  # fmt: skip
    rings = spec["layer"][-1]
    assert [row["number"] for row in spec["datasets"][rings["data"]["name"]]] == ["−7.5", "3"]
    assert len(rows(spec, "residual")) == 4 + 2 + 1  # all, the rings, the line at 0
    assert spec["layer"][-1]["encoding"]["y"]["title"].startswith("actual − forecast ('; ${window}")
    assert "window" not in json.dumps([layer["encoding"]["x"] for layer in spec["layer"] if "x" in layer["encoding"]])


def test_lags_begin_at_one_and_stay_inside_the_picture():
    acf, band = np.array([1.0, -0.6, 0.2]), np.array([0.0, 0.3, 0.35])
    spec = lags_chart(acf, band, theme=LIGHT, colour="#123456", every=3).to_dict()
    found = {row["lag"]: row for row in rows(spec, "lag")}
    assert {lag: row["acf"] for lag, row in found.items()} == {1: -0.6, 2: 0.2}
    assert (found[2]["low"], found[2]["high"]) == (-0.35, 0.35)
    assert spec["layer"][3]["encoding"]["x"]["title"] == "lag, in origins 3 steps apart"
    assert spec["layer"][3]["encoding"]["y"]["scale"]["domain"] == [-0.63, 0.63]
