"""Compare: what the series of a panel say, what past errors still hold, and one scope for the whole page."""

from core.evaluation.diagnosis import diagnose
from tests.pages.visiting import HOSTILE, alt, read, sound


def shown(at, view):
    at.session_state["compare.view"] = view
    return sound(at.run())


def test_past_errors_are_asked_of_a_worker_and_drawn(visit, bench, ran):
    at = shown(visit("compare", "finished"), "Residuals")
    best = bench.comparison("finished", ran["finished"]).best
    assert at.selectbox("residuals.model").value == best
    assert [alt(at, place) for place in (1, 2, 3)] == [
        f"How often the truth fell below each quantile of {best}",
        f"Autocorrelations of the errors of {best}",
        f"Errors of {best} one step ahead, over time",
    ]
    task = next(one for one in bench.results("finished", ran["finished"]) if one.model.label == "AR")
    sound(at.selectbox("residuals.model").set_value("AR").run())
    checks = diagnose(task.series[0].backtest, 1, 12).checks
    side = "too low" if checks.mean > 0 else "too high"
    assert f"AR on sales, one step ahead: {side} by {abs(checks.mean):.4g} on average" in read(at).replace("**", "")
    assert f"Ljung and Box over {checks.lags} lag" in read(at)
    misses = at.dataframe[-1].value
    assert len(misses) == 5
    origin = int(task.series[0].backtest.origins[checks.largest[0].place])
    index = bench.panel("finished", bench.run("finished", ran["finished"]).record.spec.series).series[0].index
    assert misses["Largest misses"][0] == f"{index[origin]:%b %Y}"
    at.session_state["residuals.steps"] = "all steps"
    sound(at.run())
    assert "No reliability" in read(at)  # 28 origins of 6 steps: too few that share nothing


def test_without_past_forecasts_there_are_no_errors_to_look_at(visit, ran):
    at = shown(visit("compare", "untested"), "Residuals")
    assert "no errors to look at" in read(at)


def test_few_origins_say_why_nothing_is_told(visit, ran):
    at = shown(visit("compare", "partial"), "Residuals")
    assert "checks of residuals need at least 12 of them and there are 3" in read(at)


def test_a_panel_says_what_its_series_say_and_one_series_does_not(visit, bench, ran):
    at = shown(visit("compare", "hostile"), "Across series")
    panel = bench.comparison("hostile", ran["hostile"]).panel
    assert panel.series == len(HOSTILE)
    assert alt(at, 1) == f"Mean ranks of {len(panel.ranks)} models over {len(HOSTILE)} series"
    table = at.dataframe[-1].value
    rival = panel.rows[0].b
    assert table[f"Against {rival}"].tolist() == [row.a for row in panel.rows]
    assert table["Series won"].tolist() == [f"{100 * row.won:.0f} % of {row.series}" for row in panel.rows]
    assert set(table["Drawn for it"]) <= {"series alone", "series and dates", "–"}
    at = visit("compare", "finished")
    assert "Across series" not in next(one for one in at.button_group if one.key == "compare.view").options


def test_one_scope_says_what_the_whole_page_is_about(visit, ran):
    at = sound(visit("compare", "hostile"))
    scope = next(one for one in at.button_group if one.key == "compare.scope")
    assert (scope.value, scope.options) == (f"All {len(HOSTILE)} series", [f"All {len(HOSTILE)} series", "One series"])
    assert f"Leaderboard, mean over {len(HOSTILE)} series" in [one.value for one in at.subheader]
    assert alt(at, 1).endswith(f"mean over {len(HOSTILE)} series")
    assert alt(at, 1).startswith("MASE by step ahead")
    whole = at.dataframe[0].value["mase"].tolist()
    at.session_state["compare.scope"] = "One series"
    sound(at.selectbox("compare.series").set_value("www.evil.example").run())
    assert alt(at, 1).startswith("MAE by step ahead")
    assert "mean over" not in alt(at, 1)
    assert at.dataframe[0].value["mase"].tolist() != whole
    assert any("evil" in one.value and one.value.startswith("Leaderboard, ") for one in at.subheader)
