"""The address: taken over where a session or a page begins, followed from then on, and never trusted."""

from urllib.parse import parse_qs

import pytest
from streamlit.runtime.context import ContextProxy

from core.series.timeseries import Panel
from pages.parts import state
from tests.faults.home import months
from tests.pages.visiting import alt, csv, opened, read, sound, turned

RUBBISH = (
    "",
    " ",
    "-1",
    "0",
    "1e9",
    "999999",
    "9" * 400,
    "None",
    "nan",
    "../..",
    "\x00",
    "\u202e",
    "<script>",
    "%00",
    "é",
    "१२",
    ".",
)
CHOSEN = {"train.horizon": 7, "train.origins": 5, "compare.origin": "84", "compare.band": 0, "compare.view": "Table"}
PAGES = {"": "data", "train": "train", "compare": "compare", "runs": "runs"}


def test_run_origin_and_band_are_taken_over_at_the_start(visit, ran):
    at = sound(visit("compare", "finished", run=ran["finished"], at="85", band="95", view="Significance"))
    assert (at.select_slider[0].value, at.button_group[0].value) == ("85", 95)
    assert "replayed" in alt(at)
    assert "Diebold and Mariano" in read(at)


def test_a_series_is_taken_over_by_its_first_ten_digits(visit, bench):
    first, second = (bench.add_series("short", Panel((months(seed=seed, name=f"s{seed}"),)), "x.csv")[0] for seed in (1, 2))
    for key, name in ((first, "s1"), (second, "s2")):
        at = sound(visit("", "short", series=key[:10]))
        assert at.header[0].value == name
        assert sound(visit("data", "short", series=key)).header[0].value == name


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_writes_brings_the_same_page_back(visit, bench, ran, page):
    at = visit(PAGES[page], "finished")
    if page in ("", "train"):
        at.session_state["series"] = bench.series("finished")[0].key
    for key, value in CHOSEN.items():
        at.session_state[key] = value
    sound(at.run())
    written = {name: value for name, value in _written(at).items() if value}
    again = sound(visit(PAGES[page], "finished", **written))
    assert _written(again) == written
    assert said(again) == said(sound(at.run()))


def said(at):
    """What the page says, without the line above it, which may still wait for what is at hand."""
    return [one.value for kind in (at.title, at.subheader, at.caption) for one in kind], [one.value for one in at.number_input]


def _written(at):
    """state.address() of a session, asked of its own values."""
    values = {key: at.session_state[key] for key in at.session_state}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state.st, "session_state", values)
        return {name: value[0] for name, value in parse_qs(state.address()).items()}


@pytest.mark.parametrize("text", RUBBISH)
def test_rubbish_raises_nothing_and_the_page_is_the_usual_one(visit, bench, ran, text):
    usual = {page: read(visit(page, "finished")) for page in ("train", "compare", "runs")}
    for page, names in (("train", ("horizon", "origins")), ("compare", ("of", "at", "band", "view")), ("runs", ("shown",))):
        at = sound(visit(page, "finished", **dict.fromkeys(names, text)))
        assert at.title or at.subheader
        if not text.isascii() or not text.isdigit():
            assert read(at) == usual[page], (page, text)


@pytest.mark.parametrize("text", [text for text in RUBBISH if len(text) > 1 and text.strip(" .") and text.isprintable()])
def test_a_run_or_series_that_is_not_there_is_said_and_then_forgotten(visit, ran, text):
    at = sound(visit("compare", "finished", run=text))
    assert "There is no run" in read(at)
    assert "is off by" not in read(at), "another run stands under the address of one that is gone"
    assert at.page_link[-1].label == "Go to your runs"
    assert "is off by" in read(sound(at.run()))
    at = sound(visit("", "finished", series=text))
    assert at.error
    assert sound(at.run()).title[0].value.startswith("Forecast a series")


def test_somebody_elses_run_and_series_are_as_if_they_were_not(visit, bench, ran):
    unknown = read(visit("compare", "stranger", run="0" * 16)).replace("0" * 16, "ID")
    theirs = read(sound(visit("compare", "stranger", run=ran["finished"]))).replace(ran["finished"], "ID")
    assert theirs == unknown
    key = bench.series("finished")[0].key
    for beginning in (key, key[:10]):
        assert "sales" not in read(sound(visit("", "stranger", series=beginning)))


def test_the_session_counts_until_the_page_changes(visit, ran):
    at = sound(visit("compare", "finished", band="95"))
    at.session_state["compare.band"] = 80
    sound(at.run())
    assert next(one for one in at.button_group if one.key == "compare.band").value == 80
    sound(turned(at, "runs"))
    sound(turned(at, "compare", band="0"))
    assert next(one for one in at.button_group if one.key == "compare.band").value == 0


def test_without_a_pinned_workspace_two_sessions_do_not_see_each_other(monkeypatch, bench):
    monkeypatch.delenv("UNROLL_WORKSPACE")
    monkeypatch.setattr(ContextProxy, "cookies", {})  # AppTest has no browser that could send some
    one, other = opened(), opened()
    sound(one.button("data.example.nile").click().run())
    assert one.header[0].value == "nile"
    assert "Or go on with one of yours" not in read(sound(other.run()))
    assert one.session_state["workspace.token"] != other.session_state["workspace.token"]
    assert len(one.session_state["workspace.token"]) == 43
    assert "There is no series yet" in read(sound(turned(other, "train")))
    assert sound(turned(one, "train")).title[0].value == "Train models side by side"
    again = sound(one.run())
    assert "train.horizon" in {field.key for field in again.number_input}


def test_a_cookie_is_the_workspace_unless_it_is_no_token_of_ours(monkeypatch, bench):
    monkeypatch.delenv("UNROLL_WORKSPACE")
    monkeypatch.setattr(ContextProxy, "cookies", {"unroll_workspace": "k" * 43})
    one = opened()
    sound(one.button("data.example.nile").click().run())
    assert "Or go on with one of yours" in read(sound(opened()))
    for cookie in ("", "k" * 42, "k" * 44, "k" * 42 + "!", "'; DROP TABLE runs; --"):
        monkeypatch.setattr(ContextProxy, "cookies", {"unroll_workspace": cookie})
        at = sound(opened())
        assert "Or go on with one of yours" not in read(at)
        assert at.session_state["workspace.token"] != cookie


def test_a_pinned_workspace_is_the_same_for_everybody(visit):
    at = visit("", "pinned")
    at.button("data.example.nile").click().run()
    assert "Or go on with one of yours" in read(sound(visit("", "pinned")))


def test_a_cold_server_that_is_first_asked_for_a_page_leads_it_through_the_router(monkeypatch, ran):
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import app_test

    monkeypatch.setattr(app_test, "PagesManager", PagesManager)
    monkeypatch.setenv("UNROLL_WORKSPACE", "finished")
    at = sound(opened("runs", shown="1"))
    assert at.title[0].value == "Runs"
    assert [one for one in at.main if getattr(one, "key", None) == "visitor"]


def test_state_lists_no_key_twice():
    for names in state.ADDRESS.values():
        assert len(set(names.values())) == len(names)


def test_a_reload_keeps_which_models_take_part(visit, bench):
    bench.add_series("chosen", Panel((months(),)), "x.csv")
    at = sound(visit("train", "chosen", models="naive.1 ets.1 lstm.1 lstm.3"))
    assert [one.key for one in at.checkbox if one.value] == [
        f"train.card.{name}.on" for name in ("naive.1", "ets.1", "lstm.1", "lstm.3")
    ]
    assert _written(at)["models"] == "naive.1 ets.1 lstm.1 lstm.3"
    for text in ("lstm.1000", "lstm.0", "__class__.1", "no.1", "."):
        assert len([one for one in sound(visit("train", "chosen", models=text)).checkbox if one.value]) == 6


def test_a_reload_keeps_how_an_upload_was_read(visit):
    table = csv(60, "2014-12,5,5\n2014-12,7,7\n")
    at = visit("", "reloaded")
    sound(at.file_uploader("data.file").upload("shop.csv", table, "text/csv").run())
    assert at.warning
    again = sound(visit("", "reloaded", **_written(at)))
    assert [one.value for one in again.warning] == [one.value for one in at.warning]
    assert again.selectbox("reading.target").options == at.selectbox("reading.target").options
    assert "bring the file again" in read(sound(visit("", "reloaded", series=_written(at)["series"])))


def test_a_reload_keeps_the_controls_of_an_example(visit):
    at = visit("", "reloaded example")
    sound(at.button("data.example.nile").click().run())
    again = sound(visit("", "reloaded example", **_written(at)))
    assert "bring the file again" not in read(again)
    assert [one.key for one in again.number_input] == [one.key for one in at.number_input]


def test_coverages_and_seeds_are_in_the_address_and_come_back_from_it(visit, bench):
    (key,) = bench.add_series("settings", Panel((months(),)), "sales.csv")
    at = sound(visit("train", "settings", series=key[:10], coverages="50-92.5", seeds="2"))
    assert at.session_state["train.coverages"] == [50, 92.5]
    assert at.session_state["train.seeds"] == 2
    for bad in ("", "0-80", "80-", "100", "x", "80-95" * 9):
        at = sound(visit("train", "settings", series=key[:10], coverages=bad, seeds="x"))
        assert at.session_state["train.coverages"] == [80, 95]
