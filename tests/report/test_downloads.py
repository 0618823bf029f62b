"""Files that a person takes away: no cell starts a formula, and nothing is lost on the way."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.understanding import Understanding
from core.experiment import run
from core.report.downloads import forecasts_csv, run_json, safe_csv, scores_csv
from core.report.outcome import as_result, experiment_of
from core.report.summary import as_json
from tests.report.made import claiming, outcome_of

RISKY = (
    "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "  =1+1", " \t=1", '=HYPERLINK("http://e.example")',
    "-2+3+cmd|' /C calc'!A0", "=1,2", '="a"',
)  # fmt: skip
HARMLESS = ("a=1", "1", "", " a", "é", "a-b", "'=1", '"quoted"', "a,b", "two\nlines", "数量", "a@b.example")


def cells(content: bytes) -> list[list[str]]:
    """As a program reads them that follows RFC 4180."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", RISKY)
def test_no_cell_and_no_heading_starts_a_formula(text):
    shown = f"'{text}".replace("\r", "\n")
    rows = cells(safe_csv(pd.DataFrame({text: [text, "plain"], "y": [-1.5, 2.0]})))
    assert rows == [[shown, "y"], [shown, "-1.5"], ["plain", "2.0"]]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_stays_as_it_is(text):
    assert cells(safe_csv(pd.DataFrame({"a": [text], "b": [1]})))[1] == [text, "1"]


def test_a_line_break_inside_a_cell_starts_no_row_of_its_own():
    for text in ("a\r=1+1", "a\n=1+1", "a\r\n=1+1"):
        content = safe_csv(pd.DataFrame({"a": [text], "b": ["x"]})).decode("utf-8-sig")
        assert content.partition("\n")[2].startswith('"a'), repr(content)


def test_numbers_stay_numbers_and_the_mark_is_one_that_spreadsheets_know():
    content = safe_csv(pd.DataFrame({"label": ["AR"], "point": [-0.1], "origin": pd.array([None], dtype="Int64")}))
    assert content.startswith(b"\xef\xbb\xbflabel,")
    assert content.count(b"\xef\xbb\xbf") == 1
    table = pd.read_csv(io.BytesIO(content), encoding="utf-8-sig")
    assert table["point"].tolist() == [-0.1]


def test_mixed_and_categorical_columns_are_guarded_too():
    table = pd.DataFrame({"mixed": pd.Series(["=1", 2, None], dtype=object), "kind": pd.Categorical(["=2", "b", "b"])})
    rows = cells(safe_csv(table))
    assert rows[1:] == [["'=1", "'=2"], ["2", "b"], ["", "b"]]


@pytest.fixture(scope="module")
def made():
    return outcome_of("naive", "drift", failed=[("=evil()", "it broke")])


def test_forecasts_come_back_by_pandas_to_the_last_bit(made):
    table = pd.read_csv(io.BytesIO(forecasts_csv(made)), encoding="utf-8-sig", parse_dates=["ds"])
    assert table.columns.tolist() == [
        "unique_id",
        "ds",
        "label",
        "name",
        "origin",
        "step",
        "actual",
        "point",
        "q0.025",
        "q0.1",
        "q0.9",
        "q0.975",
    ]
    assert set(table["label"]) == {"Naive", "Drift", "Mean of all", "Inverse-error weighted"}
    assert len(table) == 4 * 6 * (len(made.origins("sales")) + 1)
    final = table[(table["label"] == "Naive") & table["origin"].isna()]
    result = made.of_series("sales")["Naive"]
    assert final["point"].tolist() == result.forecast.point.tolist()
    assert final["ds"].tolist() == result.forecast.index.tolist()
    assert final["actual"].isna().all()
    past = table[(table["label"] == "Drift") & (table["origin"] == made.origins("sales")[-1])]
    assert np.array_equal(past["q0.9"], made.of_series("sales")["Drift"].backtest.quantiles[-1][3])
    series, origin = made.panel["sales"], made.origins("sales")[-1]
    assert past["actual"].tolist() == series.values[origin : origin + 6].tolist()


def test_a_link_without_the_series_still_has_forecasts_and_scores(made):
    bare = replace(made, panel=None)
    assert forecasts_csv(bare) == forecasts_csv(made)
    assert scores_csv(bare) == scores_csv(made)


def test_scores_have_the_failed_model_and_its_name_is_no_formula(made):
    rows = cells(scores_csv(made))
    assert rows[0][:3] == ["model", "best", "mase"]
    evil = next(row for row in rows if row[0] == "'=evil()")
    assert evil[-2:] == ["model", "failed: it broke"]
    kinds = [(row[0], row[-2]) for row in rows[1:]]
    assert kinds[-2:] == [("Seasonal naive", "reference"), ("Mean", "reference")]
    assert ("Mean of all", "combination") in kinds


def test_own_quantiles_are_columns_only_where_a_model_claims_any(made):
    found = claiming(made, "Drift")
    table = pd.read_csv(io.BytesIO(forecasts_csv(found)), encoding="utf-8-sig")
    assert table.columns.tolist()[8:] == [
        "q0.025", "q0.1", "q0.9", "q0.975", "own_q0.025", "own_q0.1", "own_q0.9", "own_q0.975"
    ]  # fmt: skip
    claims = table[table["label"] == "Drift"]
    result = found.of_series("sales")["Drift"]
    assert claims[claims["origin"].isna()]["own_q0.1"].tolist() == result.own[1].tolist()
    assert claims[claims["origin"] == result.backtest.origins[-1]]["own_q0.975"].tolist() == result.backtest.own[-1, 3].tolist()
    assert table[table["label"] != "Drift"]["own_q0.1"].isna().all()


def test_the_json_has_claims_combinations_and_references(made):
    written = json.loads(run_json(claiming(replace(made, results=made.done), "Drift")))
    drift = next(one for one in written["models"] if one["label"] == "Drift")
    assert drift["forecast"]["own"]["levels"] == [0.025, 0.1, 0.9, 0.975]
    assert drift["backtest"]["own"]["quantiles"][-1] == made_own(claiming(made, "Drift"))[-1]
    assert drift["scores"]["own_winkler_80"] > 0
    assert written["models"][0]["forecast"]["own"] is None
    assert written["combined"] == made.comparison.combined
    mean, inverse = written["combinations"]
    assert (mean["name"], mean["members"], mean["weights"]) == (
        "combination_mean", ["Naive", "Drift"], {"sales": {"Naive": 0.5, "Drift": 0.5}}
    )  # fmt: skip
    assert sum(inverse["weights"]["sales"].values()) == pytest.approx(1)
    assert set(mean) >= {"scores", "by_step", "backtest", "forecast"}
    assert [(one["name"], one["error"]) for one in written["references"]] == [("seasonal_naive", None), ("mean", None)]
    best = min(one["scores"]["mase"] for one in written["models"])
    for one in written["references"]:
        assert one["skill"] == pytest.approx(1 - best / one["scores"]["mase"])


def made_own(outcome):
    return outcome.of_series("sales")["Drift"].backtest.own.tolist()


def without_seconds(document):
    timed = {kind: [one | {"seconds": None} for one in document[kind]] for kind in ("models", "combinations")}
    return document | {"seconds": None} | timed


def test_the_json_is_what_compare_prints_for_the_same_specification():
    made = outcome_of("naive", "drift", "theta")
    again = run(experiment_of(made))
    series = [one | {"duplicates": None} for one in Understanding(None, (), made.panel, (0,), (0,), ((),)).series_json()]
    expected = json.loads(json.dumps(as_json(again, series)))
    assert without_seconds(json.loads(run_json(made))) == without_seconds(expected)
    assert json.loads(run_json(made))["seconds"] == as_result(made).seconds
    assert b"NaN" not in run_json(made)
