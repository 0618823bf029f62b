"""Compare: the verdict, the board, replayed forecasts, and what can be taken away."""

import io
import json
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.certificate import Certificate
from core.evaluation.results import LogEntry
from core.progress import EpochLog
from pages.parts.text import safe
from tests.faults.home import LONG, ended, launched, network, plain
from tests.pages.visiting import HOSTILE, alt, hostile_models, raw, read, sound, turned, unescaped


def board(at):
    return at.dataframe[0].value


def shown(at, view):
    at.session_state["compare.view"] = view
    return sound(at.run())


def test_without_a_run_it_says_where_to_get_one(visit):
    at = sound(visit("compare", "empty"))
    assert "There is no run yet" in at.info[0].value
    assert at.page_link[0].label == "Go to Train"


def test_a_finished_run_leads_with_its_verdict_and_its_board(visit, bench, ran):
    at = sound(visit("compare", "finished"))
    comparison = bench.comparison("finished", ran["finished"])
    assert at.subheader[0].value == safe(comparison.verdict, 1000)
    names = board(at)["model"].tolist()
    assert [name for name in names if not name.startswith("◇ ")] == [f"{comparison.best}  ★", *comparison.ranking[1:]]
    assert {name[2:] for name in names if name.startswith("◇ ")} == {one.label for one in comparison.combinations}
    assert comparison.combined in read(at)
    assert {"mase", "rmse", "mae", "coverage_80", "winkler_95", "seconds", "parameters", "note"} <= set(board(at))
    assert alt(at).startswith(f"sales: the next 6 steps. {comparison.best} ends at ")
    assert alt(at).endswith("4 models in all.")
    assert [one.label for one in at.button if one.label == "Share"]
    assert not at.error
    assert not at.warning


def test_numbers_have_four_digits_and_the_best_ones_are_bold(visit, bench, ran):
    at = visit("compare", "finished")
    styler = at.dataframe[0].proto.arrow_data.styler
    label = bench.comparison("finished", ran["finished"]).best
    best = next(one for one in bench.results("finished", ran["finished"]) if one.model.label == label)
    assert f"{best.scores.values['mase']:.4g}" in _displayed(styler)
    assert "font-weight: 700" in styler.styles


def _displayed(styler):
    import pyarrow as pa

    return pa.ipc.open_stream(styler.display_values).read_pandas().to_string()


def test_the_slider_replays_the_past_and_the_bands_follow(visit, bench, ran):
    at = visit("compare", "finished")
    (slider,) = at.select_slider
    assert slider.value == "next"
    assert len(slider.options) == 29
    assert slider.options[-2:] == ["Jul 2017", "the future (Jan 2018)"]
    sound(slider.set_value("90").run())
    assert alt(at).startswith("sales: 6 steps replayed.")
    table = shown(at, "Table").dataframe[-1].value
    assert table["time"].tolist() == ["Jul 2017", "Aug 2017", "Sep 2017", "Oct 2017", "Nov 2017", "Dec 2017"]
    best = bench.comparison("finished", ran["finished"]).best
    backtest = next(one for one in bench.results("finished", ran["finished"]) if one.model.label == best).series[0].backtest
    assert table["actual"].tolist() == pytest.approx(backtest.actual[-1].tolist())
    assert table["m0"].tolist() == pytest.approx(backtest.point[-1].tolist())
    bands = next(one for one in at.button_group if one.key == "compare.band")
    assert (bands.value, bands.options) == (80, ["none", "80 %", "95 %"])
    for band in (95, 0):
        at.session_state["compare.band"] = band
        sound(at.run())
        assert next(one for one in at.button_group if one.key == "compare.band").value == band


def test_combinations_are_drawn_when_asked_for(visit, bench, ran):
    at = visit("compare", "finished")
    assert at.toggle("compare.combined").value is False
    sound(at.toggle("compare.combined").set_value(True).run())
    assert alt(at).endswith("4 models and 3 combinations in all.")
    at = shown(at, "Table")
    labels = {one.get("label") for one in json.loads(at.dataframe[-1].proto.columns).values()}
    assert {"Mean of all", "Median of all", "Inverse-error weighted"} < labels
    (weights,) = bench.comparison("finished", ran["finished"]).combinations[2].weights.values()
    assert f"{100 * max(weights):.0f}\xa0%" in read(at).split("weighs the next forecasts so: ")[1]


def test_benchmarks_that_nobody_chose_stand_below_for_reference(visit, bench, ran):
    at = visit("compare", "finished")
    table = at.dataframe[1].value
    assert (
        set(table["model"])
        == {"Seasonal naive", "Mean"}
        == {one.model.label for one in bench.comparison("finished", ran["finished"]).references}
    )
    assert list(table) == ["model", "mase", "rmse", "mae", "saved", "note"]
    assert "For reference" in read(at)
    assert "For reference" not in read(visit("compare", "untested"))


def test_whose_intervals_are_drawn_is_asked_only_where_a_model_claims_some(visit, bench, ran):
    at = sound(visit("compare", "finished"))
    claiming = bench.outcome("finished", ran["finished"]).claiming("sales")
    asked = [one for one in at.button_group if one.key == "compare.whose"]
    assert bool(asked) == bool(claiming)


def test_every_view_says_what_it_has_to_say(visit, bench, ran):
    at = visit("compare", "finished")
    assert alt(at, 1) == "MAE by step ahead of 4 models"
    at.session_state["results.metric"] = "mase"
    assert alt(sound(at.run()), 1) == "MASE by step ahead of 4 models"
    assert alt(shown(at, "Significance"), 1) == "What is saved against AR"
    assert "Diebold and Mariano" in read(at)
    pairs = bench.comparison("finished", ran["finished"]).pairs
    tested = next(one.value for one in at.dataframe if "p, adjusted" in one.value)
    assert tested["Against AR"].tolist() == [pair.a for pair in pairs] == ["LSTM"]
    assert tested["p, adjusted"].tolist() == [f"{pair.p_adjusted:.2g}" for pair in pairs]
    assert alt(shown(at, "Training"), 1) == "Losses by epoch of 1 network"
    assert at.selectbox("results.fit").options == ["While the number of epochs was chosen, seed 0"]
    assert "that does best there, all seeds together, is kept" in read(at)
    assert "Epoch 0" not in read(at)
    assert "validation" not in read(at)
    assert len(shown(at, "Table").dataframe[-1].value) == 6


def test_curves_of_an_older_version_say_what_they_were(bench, ran, monkeypatch):
    def page(outcome):
        from pages.parts import results

        results.training(outcome)

    monkeypatch.setenv("UNROLL_WORKSPACE", "finished")
    outcome = bench.outcome("finished", ran["finished"])
    log = tuple(
        LogEntry(0, fit, EpochLog(number, 0.7, 0.5, 1.0, 0.0, 0.01, 0.1))
        for fit in ("backtest", "final")
        for number in range(3)
    )
    older = tuple(replace(one, log=log, model=asked) for one, asked in zip(outcome.results, outcome.models, strict=True))
    at = sound(AppTest.from_function(page, args=(replace(outcome, key="older", results=older),)).run())
    assert at.selectbox("results.fit").options == ["Backtest, seed 0", "Final fit, seed 0"]
    assert "decided how many epochs were trained. Epoch 0 is before training." in read(at)
    assert "chose" not in read(at)


def test_a_run_that_was_checked_for_look_ahead_bears_a_badge_that_opens(visit, bench, ran):
    assert not badges(visit("compare", "finished"))
    run_id = launched(bench, *plain("naive", "drift"), workspace="certified", origins=4, certify=True)
    ended(bench, run_id, workspace="certified")
    at = sound(visit("compare", "certified"))
    assert badges(at) == [":green-badge[:material/verified: No look-ahead: checked]"]
    table = at.dataframe[0].value
    results = bench.results("certified", run_id)
    assert table["Model"].tolist() == ["Naive", "Drift"]
    assert table["SHA-256"].tolist() == [one.certificate.digest for one in results]
    assert table["Forecasts"].tolist() == [one.certificate.checked for one in results]
    assert not at.error
    token = bench.share("certified", run_id, includes_data=False)[1]
    assert badges(sound(visit("report", "stranger", share=token))) == badges(at)


def badges(at):
    return [one.proto.popover.label for one in at.get("popover")]


def test_look_ahead_is_said_in_red_with_the_models_that_did(bench, ran, monkeypatch):
    def page(outcome):
        from pages.parts import certificate

        certificate.badge(outcome)

    monkeypatch.setenv("UNROLL_WORKSPACE", "finished")
    outcome = bench.outcome("finished", ran["finished"])
    words = "series '<b>*x*</b>', forecast after 2016-01-01, step 2: 1.5 became 2.5"
    good = Certificate(60, "2016-01-01", 12, True, None, "0" * 64, "2031-05-17T12:00:00+00:00")
    bad = replace(good, is_same=False, first_difference=words)
    first, second, *others = outcome.results
    results = (replace(first, certificate=good), replace(second, certificate=bad), *others)
    at = sound(AppTest.from_function(page, args=(replace(outcome, results=results),)).run())
    assert badges(at) == [f":red-badge[:material/error: Look-ahead found: {second.model.label}]"]
    assert [unescaped(one.value) for one in at.error] == [f"**{second.model.label}**: {words}"]
    assert "2 models of 4 could be checked." in read(at)
    assert at.dataframe[0].value["Result"].tolist() == ["the same", "changed"]
    assert at.dataframe[0].value["Date"].tolist() == ["17 May 2031"] * 2


def test_downloads_are_whole_and_safe(visit, bench, ran):
    at = shown(visit("compare", "finished"), "Downloads")
    assert [one.label for one in at.download_button][:3] == ["Forecasts (CSV)", "Scores (CSV)", "Everything (JSON)"]
    from core.report.downloads import forecasts_csv, run_json

    outcome = bench.outcome("finished", ran["finished"])
    table = pd.read_csv(io.BytesIO(forecasts_csv(outcome)), encoding="utf-8-sig")
    assert table["label"].nunique() == 4 + 3
    assert json.loads(run_json(outcome))["verdict"] == outcome.comparison.verdict


def test_a_run_without_past_forecasts_has_a_forecast_and_no_scores(visit, ran):
    at = sound(visit("compare", "untested"))
    assert not at.select_slider
    assert alt(at).startswith("sales: the next 6 steps")
    assert "no past forecasts were scored" in board(at)["note"][0]
    shown(at, "Significance")
    assert "nothing to test" in read(at)
    shown(at, "Training")
    assert "No model of this run was trained in epochs" in read(at)


def test_a_failed_model_stands_in_the_board_with_its_reason(visit, ran):
    at = sound(visit("compare", "one failed"))
    assert board(at)["model"].tolist() == ["Naive  ★", "AR"]
    assert board(at)["note"][1].startswith("failed: AR(1) explodes")
    assert "AR failed: AR(1) explodes within 330 steps" in read(at).replace("**", "")
    at = sound(visit("compare", "all failed"))
    assert "nothing to compare" in read(at)
    assert "AR failed" in read(at).replace("**", "")


def test_a_model_that_lacks_a_series_is_shown_with_the_others_and_does_not_rank(visit, ran):
    at = sound(visit("compare", "partial"))
    assert "not ranked, because series are missing: AR (1 of 2 series)" in read(at)
    assert at.selectbox("compare.series").options == ["grows", "calm"]
    assert "1 model in all" in alt(at)
    assert board(at)["model"].tolist() == ["Naive  ★", "AR"]
    assert "AR: without 1 of 2 series: 'grows' (AR" in read(at).replace("**", "")
    shown(at, "Table")
    sound(at.selectbox("compare.series").set_value("calm").run())
    assert "2 models in all" in alt(at)
    shown(at, "What AR learned")
    assert "It is stable" in read(at)


def test_many_series_are_chosen_among_and_hostile_names_are_only_names(visit, ran):
    at = sound(visit("compare", "hostile"))
    assert at.selectbox("compare.series").options == list(HOSTILE)
    for name in HOSTILE[::2]:
        sound(at.selectbox("compare.series").set_value(name).run())
        assert alt(at).startswith(" ".join(name.split())[:20]) or alt(at).startswith(name[:20])
    names = {label.removesuffix("  ★") for label in board(at)["model"] if not label.startswith("◇ ")}
    assert {one.label for one in hostile_models()} == names
    for view in ("Error by step", "Significance", "Training", "Table", "Downloads"):
        shown(at, view)
        text = raw(at)
        for sign in ("<script", "![", "](", ":smile:", ":red[x", "$x^", "http://evil", "*bold*", "www.evil", "me@evil"):
            assert sign not in text.replace("\\" + sign[0], ""), (view, sign)


def test_the_columns_of_the_table_are_names_without_escapes(visit, ran):
    at = shown(visit("compare", "hostile"), "Table")
    columns = json.loads(at.dataframe[-1].proto.columns)
    assert "<script>alert(1)</script>" in {one.get("label") for one in columns.values()}


def test_a_run_in_the_queue_has_an_empty_board(visit, bench):
    run_id = launched(bench, *[network("rnn", f"RNN {n}", **LONG) for n in range(3)], workspace="hurried")
    at = sound(visit("compare", "hurried", run=run_id))
    assert at.subheader[0].value == "No model has finished yet."
    assert set(board(at)["note"]) <= {"waiting", "still running"}
    live = sound(visit("train", "hurried", live=run_id))
    assert "0 of 3 models done" in read(live)
    sound(live.button("live.cancel").click().run())
    assert ended(bench, run_id, workspace="hurried").state == "cancelled"


def test_from_compare_to_runs_and_back_the_run_stays_at_hand(visit, bench, ran):
    at = visit("compare", "finished")
    sound(turned(at, "runs"))
    assert any("LSTM" in one.label or "best" in one.label for one in at.page_link)
    sound(turned(at, "compare"))
    assert board(at)["model"].str.endswith("★").sum() == 1
    bench.rename("finished", ran["finished"], "Renamed")
    sound(at.run())
    assert at.page_link[-1].label.startswith("**Renamed**")


def test_forecasts_of_counts_can_be_rounded_in_the_table(visit, bench, ran):
    from dataclasses import replace

    from core.series.timeseries import Panel
    from pages.parts import results

    outcome = bench.outcome("finished", ran["finished"])
    (series,) = outcome.panel
    whole = replace(outcome, panel=Panel((replace(series, values=series.values.round()),)))
    assert (results._counts(outcome, "sales"), results._counts(whole, "sales")) == (False, True)
    assert not results._counts(replace(outcome, panel=None), "sales")
    at = shown(sound(visit("compare", "finished")), "Table")
    assert "Whole numbers" not in [one.label for one in at.toggle]
