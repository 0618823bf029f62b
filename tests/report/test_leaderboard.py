"""The table of models: its order, what is best in each column, and why a row is empty."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.results import Combination
from core.models.spec import ModelSpec
from core.report.downloads import forecasts_csv
from core.report.leaderboard import best_of, columns, heading, leaderboard, references
from core.report.outcome import fan_lines
from core.series.timeseries import Panel, TimeSeries
from tests.report.made import claiming, months, outcome_of


@pytest.fixture(scope="module")
def made():
    return outcome_of("drift", "naive", "theta", failed=[("Broken", "it broke; mend it")], missing=[("Late", "still running")])


def test_rows_are_best_first_then_those_without_scores_in_the_order_of_the_run(made):
    table = leaderboard(made)
    models = table[table["kind"] == "model"]
    assert models["model"].tolist() == [*made.comparison.ranking, "Broken", "Late"]
    assert table["model"][table["best"]].tolist() == [made.comparison.best]
    assert table["mase"].dropna().is_monotonic_increasing
    best = next(one for one in made.done if one.model.label == models["model"].iloc[0])
    assert models["rmse"].iloc[0] == best.scores.values["rmse"]
    assert models["seconds"].iloc[0] == best.seconds


def test_models_that_are_exact_stay_in_the_order_of_the_run():
    line = TimeSeries("line", pd.RangeIndex(60), 1 + np.arange(60) / 3, np.ones(60, bool))  # thirds: drift is off by rounding
    made = outcome_of("ar", "drift", "naive", panel=Panel((line,)))
    table = leaderboard(made)
    assert made.comparison.ranking == ("AR", "Drift", "Naive")
    assert table["model"].tolist()[:2] == ["AR", "Drift"]
    assert table["best"].tolist() == [True] + [False] * (len(table) - 1)


def test_combinations_stand_where_their_score_places_them_and_are_marked(made):
    table = leaderboard(made).set_index("model")
    combined = table[table["kind"] == "combination"]
    assert set(combined.index) == {"Mean of all", "Median of all", "Inverse-error weighted"}
    assert not combined["best"].any()
    assert combined["note"].tolist() == ["made of Drift, Naive and Theta"] * 3
    assert table["mase"].dropna().is_monotonic_increasing
    assert combined["seconds"].iloc[0] == pytest.approx(sum(one.seconds for one in made.done))


def test_combinations_of_forecasts_that_nothing_tested_stand_last():
    made = outcome_of("drift", "naive", origins=0)
    (first, _) = made.results
    bare = replace(first, model=ModelSpec("combination_mean", "Mean of all"), scores=None, seed_scores=())
    comparison = replace(made.comparison, combinations=(Combination(bare, ("Drift", "Naive"), {}),))
    table = leaderboard(replace(made, comparison=comparison))
    assert table["model"].tolist() == ["Drift", "Naive", "Mean of all"]
    assert table["kind"].tolist() == ["model", "model", "combination"]
    assert fan_lines(replace(made, comparison=comparison), "sales", None, is_combined=True)[2].label == "Mean of all"
    assert b"Mean of all" in forecasts_csv(replace(made, comparison=comparison))


def test_the_benchmarks_that_nobody_chose_are_a_table_of_their_own(made):
    table = references(made)
    assert table["model"].tolist() == ["Seasonal naive", "Mean"]
    assert table["mase"].is_monotonic_increasing
    best = next(one for one in made.done if one.model.label == made.comparison.best)
    assert table["saved"].tolist() == pytest.approx((1 - best.scores.values["mase"] / table["mase"]).tolist())
    assert references(replace(made, comparison=None)).empty
    assert references(made, "not there")["note"].tolist() == ["no past forecasts were scored"] * 2


def test_a_benchmark_that_could_not_be_computed_says_why(made):
    broken = replace(made.comparison.references[0], scores=None, series={}, error="too short")
    table = references(replace(made, comparison=replace(made.comparison, references=(broken,))))
    assert table["note"].tolist() == ["failed: too short"]
    assert table[["mase", "saved"]].isna().all().all()


def test_scores_of_own_intervals_are_columns_where_a_model_claims_any(made):
    found = claiming(made, "Naive")
    own = [name for name in columns(found) if name.startswith("own_")]
    assert own == ["own_coverage_80", "own_winkler_80", "own_coverage_95", "own_winkler_95"]
    table = leaderboard(found).set_index("model")
    assert 0 < table.loc["Naive", "own_coverage_80"] < table.loc["Naive", "coverage_80"]
    assert table.drop(index=list(found.claiming("sales")))["own_coverage_80"].isna().all()
    assert "Drift" not in found.claiming("sales")
    assert heading("own_coverage_80", "")[0] == "Coverage 80 %, own"
    assert heading("own_winkler_95", "kg")[1].startswith("Of the intervals that the model itself claims, not calibrated.")
    assert best_of(leaderboard(found), "own_coverage_80") is not None


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
    assert table["model"].tolist() == ["Drift", "Naive", "Theta", "Broken", "Late"]
    assert not table["best"].any()
    assert leaderboard(replace(made, results=(), comparison=None, missing={}))["note"].unique().tolist() == ["not finished"]


def test_columns_are_points_and_then_intervals_from_the_narrowest():
    points = ("mase", "skill", "rmse", "mae", "rmsse", "smape", "bias")
    assert columns(outcome_of("naive", coverages=(0.9, 0.5))) == (
        *points, "coverage_50", "winkler_50", "coverage_90", "winkler_90",
    )  # fmt: skip
    assert columns(outcome_of("naive", origins=0)) == points


def test_without_origins_combinations_stand_below_the_models_and_have_no_score():
    table = leaderboard(outcome_of("drift", "naive", origins=0))
    assert table["model"].tolist() == ["Drift", "Naive", "Mean of all", "Inverse-error weighted"]
    assert table["kind"].tolist() == ["model", "model", "combination", "combination"]
    assert table["mase"].isna().all()
    assert table["note"].str.startswith("no past forecasts were scored").all()


def test_the_best_is_the_lowest_or_the_nearest_to_what_was_asked_for():
    columns = {"mase": [2.0, None, 0.5], "coverage_80": [1.0, 0.7, 0.95], "bias": [-3.0, 1.0, -0.5], "note": "x", "lacks": 0}
    table = pd.DataFrame(columns)
    table["skill"] = [-0.2, 0.4, 0.1]
    assert best_of(table, "mase") == (2,)
    assert best_of(table, "coverage_80") == (1,)
    assert best_of(table, "bias") == (2,)
    assert best_of(table, "skill") == (1,)
    assert best_of(table.assign(mae=float("nan")), "mae") == ()
    assert best_of(table, "note") == ()


def test_scores_that_agree_to_five_digits_or_are_exact_are_best_together():
    table = pd.DataFrame({"mae": [0.7500001, 0.75, 0.7501], "mase": [1.5, 1.5, 1.5], "lacks": 0})
    assert best_of(table, "mae") == (0, 1)
    exact = pd.DataFrame({"mae": [3e-13, 7e-12, 0.2], "bias": [-3e-13, 5e-14, 0.1], "mase": [3e-12, 7e-11, 2.0], "lacks": 0})
    exact["exact"] = [True, True, False]
    assert best_of(exact, "mae") == best_of(exact, "bias") == best_of(exact, "mase") == (0, 1)


def test_a_sine_printed_to_twelve_digits_is_not_ranked_by_rounding():
    values = np.array([float(f"{50 + 8 * np.sin(np.pi * step / 6):.12g}") for step in range(96)])
    sine = TimeSeries("sine", pd.RangeIndex(96), values, np.ones(96, bool), season=12)
    made = outcome_of("mean", "ar", "seasonal_naive", panel=Panel((sine,)), season=12)
    table = leaderboard(made)
    assert made.comparison.ranking == ("AR", "Seasonal naive", "Mean")
    assert made.comparison.score == "mae"  # a season that never changes has no scale
    assert table.loc[table["exact"], "model"].tolist() == ["AR", "Seasonal naive", "Median of all"]
    assert table["mae"].iloc[0] != table["mae"].iloc[1]
    assert best_of(table, "mae") == best_of(table, "rmse") == best_of(table, "bias") == (0, 1, 2)
    assert "Skill: MASE is not defined for both" in table["note"][0]


def test_skill_is_the_share_of_the_seasonal_benchmarks_error_that_is_saved(made):
    """Without a season the benchmark is the last value, be it chosen, as here, or a reference."""
    table = leaderboard(outcome_of("naive", "theta", season=1)).set_index("model")
    bar = table.loc["Naive", "mase"]
    assert table.loc["Naive", "skill"] == 0
    assert table.loc["Theta", "skill"] == pytest.approx((bar - table.loc["Theta", "mase"]) / bar)
    (reference,) = [one for one in made.comparison.references if one.model.label == "Seasonal naive"]
    naive = leaderboard(made).set_index("model").loc["Naive"]
    assert naive["mase"] == pytest.approx((1 - naive["skill"]) * reference.scores.values["mase"])
    assert naive["skill"] < 0


def test_skill_over_series_is_the_ratio_of_means_over_the_series_that_both_have():
    panel = Panel((months("a"), months("b", 92)))
    made = outcome_of("drift", "naive", panel=panel, season=1)
    (drift, naive) = ({one.series_id: one.scores.values["mase"] for one in task.series} for task in made.results)
    table = leaderboard(made).set_index("model")
    assert table.loc["Drift", "skill"] == pytest.approx(1 - (drift["a"] + drift["b"]) / (naive["a"] + naive["b"]))
    assert leaderboard(made, "b").set_index("model").loc["Drift", "skill"] == pytest.approx(1 - drift["b"] / naive["b"])
    half = replace(made.results[0], series=made.results[0].series[:1], absent={"b": "too short"})
    table = leaderboard(replace(made, results=(half, made.results[1]))).set_index("model")
    assert table.loc["Drift", "skill"] == pytest.approx(1 - drift["a"] / naive["a"])


def test_a_mean_over_fewer_series_is_not_the_best_one():
    table = pd.DataFrame({"mase": [2.0, 0.5, 3.0, None], "lacks": pd.array([1, 2, 1, None], dtype="Int64")})
    assert best_of(table, "mase") == (0,)
    assert best_of(table.assign(mase=[None, 0.5, None, None]), "mase") == (1,)  # nobody has more


def test_a_model_that_lacks_a_series_says_so_in_its_row():
    wild = TimeSeries("wild", pd.RangeIndex(60), 1.4 ** np.arange(60), np.ones(60, bool))
    calm = TimeSeries("calm", pd.RangeIndex(60), 20 + np.random.default_rng(2).standard_normal(60), np.ones(60, bool))
    made = outcome_of("naive", "ar", panel=Panel((wild, calm)), horizon=12, origins=3)
    why = made.results[1].absent["wild"]
    assert made.series_ids == ("wild", "calm")
    table = leaderboard(made).set_index("model")
    assert table["lacks"].to_dict() == {"Naive": 0, "AR": 1}
    assert table.loc["AR", "note"].startswith(f"without 1 of 2 series: 'wild' ({why.partition('; ')[0]})")
    assert made.comparison.ranking == ("Naive",)
    assert table.loc["AR", "mase"] == made.results[1].series[0].scores.values["mase"] < table.loc["Naive", "mase"]
    assert best_of(table.reset_index(), "mase") == (0,)
    alone = leaderboard(made, "wild").set_index("model")
    assert (alone.loc["AR", "note"], alone.loc["AR", "lacks"]) == (f"left out: {why}", 1)
    assert np.isnan(alone.loc["AR", "mase"])
    both = leaderboard(made, "calm")
    assert both["lacks"].tolist() == [0, 0]
    assert [line.label for line in fan_lines(made, "wild", None)] == ["Naive"]
    assert {line.label for line in fan_lines(made, "calm", None)} == {"Naive", "AR"}


def test_one_series_of_a_panel_has_its_own_scores_and_the_order_stays():
    panel = Panel((months("a"), months("b", 92)))
    found = outcome_of("naive", "drift", panel=panel)
    whole, alone = leaderboard(found), leaderboard(found, "b")
    assert whole["model"].tolist() == alone["model"].tolist()
    scores = {label: one.scores.values["mae"] for label, one in (found.of_series("b") | found.combined("b")).items()}
    assert dict(zip(alone["model"], alone["mae"], strict=True)) == scores
    assert (references(found, "b")["mae"] != references(found)["mae"]).all()
    assert leaderboard(found, "not there")["note"].str.startswith("no past forecasts were scored").all()


def test_headings_say_coverage_and_unit():
    assert heading("coverage_80", "")[0] == "Coverage 80 %"
    assert heading("winkler_99.9", "kg")[0] == "Winkler score 99.9 %"
    assert heading("mae", "kg")[1].endswith(" In kg.")
    assert heading("mae", "")[1].endswith(" In the unit of the series.")
    assert heading("smape", "kg")[1].endswith(" In percent.")
    assert not heading("mase", "kg")[1].endswith("kg.")
