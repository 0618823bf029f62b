"""The table of models: its order, what is best in each column, and why a row is empty."""

from dataclasses import replace

import pandas as pd
import pytest

from core.report.leaderboard import best_of, columns, heading, leaderboard
from core.series.timeseries import Panel
from tests.report.made import months, outcome_of


@pytest.fixture(scope="module")
def made():
    return outcome_of("drift", "naive", "ar", failed=[("Broken", "it broke; mend it")], missing=[("Late", "still running")])


def test_rows_are_best_first_then_those_without_scores_in_the_order_of_the_run(made):
    table = leaderboard(made)
    assert table["model"].tolist() == [*made.comparison.ranking, "Broken", "Late"]
    assert table["best"].tolist() == [True, False, False, False, False]
    assert table["mase"].dropna().is_monotonic_increasing
    best = next(one for one in made.done if one.model.label == table["model"][0])
    assert table["rmse"][0] == best.scores.values["rmse"]
    assert table["seconds"][0] == best.seconds


def test_a_row_without_scores_says_why(made):
    table = leaderboard(made).set_index("model")
    assert table.loc["Broken", "note"] == "failed: it broke; mend it"
    assert table.loc["Late", "note"] == "still running"
    assert table.loc[["Broken", "Late"], list(columns(made))].isna().all().all()
    assert table.loc["Broken", "seconds"] == 0.5
    assert pd.isna(table.loc["Late", "seconds"])
    assert str(table["parameters"].dtype) == "Int64"


def test_before_the_comparison_rows_stand_in_the_order_of_the_run(made):
    table = leaderboard(replace(made, comparison=None))
    assert table["model"].tolist() == ["Drift", "Naive", "AR", "Broken", "Late"]
    assert not table["best"].any()
    assert leaderboard(replace(made, results=(), comparison=None, missing={}))["note"].unique().tolist() == ["not finished"]


def test_columns_are_points_and_then_intervals_from_the_narrowest():
    points = ("mase", "rmse", "mae", "rmsse", "smape")
    assert columns(outcome_of("naive", coverages=(0.9, 0.5))) == (
        *points, "coverage_50", "winkler_50", "coverage_90", "winkler_90",
    )  # fmt: skip
    assert columns(outcome_of("naive", origins=0)) == points


def test_the_best_is_the_lowest_or_the_nearest_to_what_was_asked_for():
    table = pd.DataFrame({"mase": [2.0, None, 0.5], "coverage_80": [1.0, 0.7, 0.95], "bias": [-3.0, 1.0, -0.5], "note": "x"})
    assert best_of(table, "mase") == 2
    assert best_of(table, "coverage_80") == 1
    assert best_of(table, "bias") == 2
    assert best_of(table.assign(mae=float("nan")), "mae") is None
    assert best_of(table, "note") is None


def test_one_series_of_a_panel_has_its_own_scores_and_the_order_stays():
    panel = Panel((months("a"), months("b", 60)))
    found = outcome_of("naive", "drift", panel=panel)
    whole, alone = leaderboard(found), leaderboard(found, "b")
    assert whole["model"].tolist() == alone["model"].tolist()
    scores = {label: one.scores.values["mae"] for label, one in found.of_series("b").items()}
    assert dict(zip(alone["model"], alone["mae"], strict=True)) == scores
    assert leaderboard(found, "not there")["note"].tolist() == ["no past forecasts were scored"] * 2


def test_headings_say_coverage_and_unit():
    assert heading("coverage_80", "")[0] == "Coverage 80 %"
    assert heading("winkler_99.9", "kg")[0] == "Winkler score 99.9 %"
    assert heading("mae", "kg")[1].endswith(" In kg.")
    assert heading("mae", "")[1].endswith(" In the unit of the series.")
    assert heading("smape", "kg")[1].endswith(" In percent.")
    assert not heading("mase", "kg")[1].endswith("kg.")
