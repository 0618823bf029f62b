"""Report: what stands behind a link, and the same few words for every link that leads nowhere."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core.store.codecs import snapshots
from core.store.codecs.snapshots import freeze
from core.store.tables import shares
from pages.parts.text import safe
from tests.pages.visiting import HOSTILE, alt, button, raw, read, sound, unescaped
from tests.report.made import claiming


@pytest.fixture
def link(bench, ran):
    """The token of a new link to a run."""

    def make(workspace="finished", **more):
        return bench.share(workspace, ran[workspace], **{"includes_data": True} | more)[1]

    return make


def claimed(bench, run_id):
    """The token of a link to the run, whose Naive says that it has intervals of its own, half as wide as the others."""
    record, outcome = bench.store.run("finished", run_id), claiming(bench.outcome("finished", run_id), "Naive")
    copy = freeze(record, outcome.results, outcome.comparison, outcome.panel)
    return bench.store.create_share("finished", run_id, copy, expires=None, passphrase=None, includes_data=True)[1]


def expired(bench, run_id):
    record = bench.store.run("finished", run_id)
    copy = freeze(record, bench.results("finished", run_id), bench.comparison("finished", run_id), None)
    soon = datetime.now(UTC) + timedelta(milliseconds=80)
    return bench.store.create_share("finished", run_id, copy, expires=soon, passphrase=None, includes_data=False)[1]


def test_a_link_shows_the_frozen_copy_to_a_stranger_and_nothing_else(visit, bench, link):
    token = link()
    at = sound(visit("report", "stranger", share=token))
    assert at.title[0].value == safe(bench.runs("finished")[0].title)
    assert "is off by" in at.subheader[0].value
    assert "4 models · 6 steps ahead" in read(at)
    assert alt(at).startswith("sales: the next 6 steps.")
    assert set(at.dataframe[0].value) >= {"model", "mase", "mae", "coverage_80", "note"}
    assert not at.page_link
    assert not at.button
    assert "cannot be changed" in read(at)
    assert "torch" in read(at)
    assert bench.runs("stranger") == bench.series("stranger") == ()
    sound(at.toggle("report.expert").set_value(True).run())
    assert "rmse" in at.dataframe[0].value
    assert "Diebold and Mariano" in read(at)
    sound(at.select_slider[0].set_value("90").run())
    assert "6 steps replayed" in alt(at)


def test_a_report_shows_the_bands_that_a_model_claims_and_who_claims_none(visit, bench, ran):
    at = sound(visit("report", "stranger", share=claimed(bench, ran["finished"])))
    whose = next(one for one in at.button_group if one.key == "report.whose")
    assert (whose.value, whose.options) == ("calibrated on past errors", ["calibrated on past errors", "claimed by the model"])
    assert "no band" not in read(at)
    sound(whose.set_value("claimed by the model").run())
    others = {"Drift", "LSTM", "AR"} - set(bench.outcome("finished", ran["finished"]).claiming("sales"))
    said = next(line for line in read(at).splitlines() if "no band, for they claim no interval" in line)
    assert {one.strip(" *") for one in said.split(":")[0].split(",")} == others
    sound(at.toggle("report.combined").set_value(True).run())
    assert "Mean of all" in next(line for line in read(at).splitlines() if "no band" in line)
    assert "claimed by the models" in at.get("vega_lite_chart")[0].proto.spec
    sound(at.toggle("report.expert").set_value(True).run())
    assert "own_coverage_80" in at.dataframe[0].value


def test_a_link_without_the_series_shows_forecasts_and_scores(visit, link):
    at = sound(visit("report", "stranger", share=link(includes_data=False)))
    assert alt(at).startswith("sales: the next 6 steps.")
    assert [one.label for one in at.download_button][:2] == ["Forecasts (CSV)", "Scores (CSV)"]
    assert "Everything (JSON)" not in [one.label for one in at.download_button]


def test_every_link_that_leads_nowhere_says_the_same(visit, bench, link, ran):
    revoked = link()
    share = bench.shares("finished", ran["finished"])[0]
    bench.revoke("finished", share.id)
    with_words = link(passphrase="open sesame")
    words_share = bench.shares("finished", ran["finished"])[0]
    bench.revoke("finished", words_share.id)
    over = expired(bench, ran["finished"])
    import time

    time.sleep(0.1)
    tokens = ("", "unknown", "\u202e\x00", "a b", "x" * 5000, link()[:-1], revoked, with_words, over)
    said = {read(sound(visit("report", "stranger", share=token))) for token in tokens}
    said.add(read(sound(visit("report", "stranger"))))
    (only,) = said
    assert only.startswith("This link shows nothing")


def test_a_passphrase_is_asked_for_a_wrong_one_is_said_and_the_right_one_opens(visit, link):
    at = sound(visit("report", "stranger", share=link(passphrase=" open sesame ")))
    assert at.title[0].value == "This report needs a passphrase"
    assert "sales" not in raw(at)
    for wrong in ("open sesame", "Open Sesame", "x"):
        at.text_input[0].set_value(wrong)
        sound(button(at, "Open the report").click().run())
        assert "not the passphrase of this link" in at.error[0].value
        assert "sales" not in raw(at)
    at.text_input[0].set_value(" open sesame ")
    sound(button(at, "Open the report").click().run())
    assert "is off by" in at.subheader[0].value
    assert "open sesame" not in str(at.query_params)


def test_a_passphrase_of_one_link_is_not_tried_on_another(visit, link):
    at = visit("report", "stranger", share=link(passphrase="one"))
    at.text_input[0].set_value("one")
    sound(button(at, "Open the report").click().run())
    at.query_params["share"] = link(passphrase="one")
    sound(at.run())
    assert at.title[0].value == "This report needs a passphrase"
    assert not at.error


@pytest.fixture
def work(monkeypatch):
    """What costs time or memory when a link is opened: derived passphrases, and copies that are read."""
    done = []
    scrypt, decode = hashlib.scrypt, snapshots.decode
    monkeypatch.setattr(hashlib, "scrypt", lambda *given, **more: (done.append("scrypt"), scrypt(*given, **more))[1])
    monkeypatch.setattr(snapshots, "decode", lambda encoded: (done.append("copy"), decode(encoded))[1])
    return done


def unlocked(at, typed="open sesame"):
    at.text_input[0].set_value(typed)
    return sound(button(at, "Open the report").click().run())


def viewed(bench):
    return [one.action for one in bench.store.audit("finished")].count("viewed")


def test_a_session_opens_a_link_once_however_often_it_clicks(visit, bench, link, ran, work):
    token = link(passphrase="open sesame")
    work.clear()
    before = viewed(bench)
    at = unlocked(visit("report", "stranger", share=token))
    assert work == ["scrypt", "copy"]
    for band in (95, 80):
        sound(next(one for one in at.button_group if one.key == "report.band").set_value(band).run())
    sound(at.toggle("report.expert").set_value(True).run())
    assert "is off by" in at.subheader[0].value
    assert work == ["scrypt", "copy"]
    assert bench.shares("finished", ran["finished"])[0].views == 1
    assert viewed(bench) - before == 1
    unlocked(visit("report", "another", share=token))
    assert work == ["scrypt", "copy", "scrypt"]
    assert bench.shares("finished", ran["finished"])[0].views == 2


def test_asking_for_the_passphrase_is_no_view(visit, bench, link, ran):
    token = link(passphrase="open sesame")
    unlocked(visit("report", "stranger", share=token), "wrong")
    assert bench.shares("finished", ran["finished"])[0].views == 0


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
@pytest.mark.parametrize("column", ["revoked", "expires"])
def test_a_report_that_is_open_ends_with_its_link_at_the_next_click(visit, bench, link, ran, passphrase, column):
    at = visit("report", "stranger", share=link(passphrase=passphrase))
    if passphrase:
        unlocked(at)
    assert at.select_slider
    share = bench.shares("finished", ran["finished"])[0]
    with bench.store.database.writing() as connection:
        connection.execute(update(shares).where(shares.c.id == share.id).values({column: datetime.now(UTC)}))
    assert read(sound(at.toggle("report.expert").set_value(True).run())).startswith("This link shows nothing")


def test_a_link_opens_while_its_view_cannot_be_counted(visit, bench, link, ran, monkeypatch):
    token = link()
    lock = bench.store.database.lock
    monkeypatch.setattr(lock, "busy_seconds", 0.05)
    with lock.held():
        at = sound(visit("report", "stranger", share=token))
        assert not at.error
        assert "is off by" in at.subheader[0].value
    assert bench.shares("finished", ran["finished"])[0].views == 0


def test_after_five_wrong_passphrases_a_link_waits_for_everybody_who_was_not_let_in(visit, link, work):
    token = link(passphrase="open sesame")
    inside = unlocked(visit("report", "reader", share=token))
    at = visit("report", "guesser", share=token)
    for number in range(5):
        unlocked(at, f"wrong {number}")
        assert "That is not the passphrase of this link" in at.error[0].value
    work.clear()
    for session in (at, visit("report", "another", share=token)):
        unlocked(session)
        (said,) = [unescaped(one.value) for one in session.error]
        assert said.startswith("Too many wrong passphrases for this link; try again in ")
        assert said.endswith(" seconds")
        assert "sales" not in raw(session)
    assert work == []
    sound(inside.toggle("report.expert").set_value(True).run())
    assert "is off by" in inside.subheader[0].value


def test_an_empty_passphrase_is_no_try(visit, link):
    at = visit("report", "stranger", share=link(passphrase="open sesame"))
    for _ in range(6):
        unlocked(at, "")
        assert at.error[0].value.startswith("The passphrase is empty")
    assert "is off by" in unlocked(at).subheader[0].value


def test_two_links_of_one_run_do_not_share_their_charts(visit, bench, ran):
    """As when a model that had failed was tried again between the two."""
    record, outcome = bench.store.run("finished", ran["finished"]), bench.outcome("finished", ran["finished"])
    charts = []
    for results in (outcome.results[1:], outcome.results):
        copy = freeze(record, results, None, outcome.panel)
        _, token = bench.store.create_share("finished", record.id, copy, expires=None, passphrase=None, includes_data=True)
        charts.append(sound(visit("report", "stranger", share=token)).get("vega_lite_chart")[0].proto)
    assert ["3 models in all" in charts[0].alt, "4 models in all" in charts[1].alt] == [True, True]
    assert charts[0].spec != charts[1].spec


def test_a_hostile_run_is_only_names_behind_its_link(visit, link):
    at = sound(visit("report", "stranger", share=link("hostile")))
    assert at.title[0].value == "\\<script\\>alert\\(1\\)\\<\\/script\\>"
    for name in HOSTILE[1:4]:
        sound(at.selectbox("report.series").set_value(name).run())
    sound(at.toggle("report.expert").set_value(True).run())
    for sign in ("<script", "![", "](", ":smile:", ":red[x", "$x^", "http://evil", "*bold*", "www.evil", "me@evil"):
        assert sign not in raw(at).replace("\\" + sign[0], ""), sign


def test_a_run_with_a_failed_model_can_be_shared(visit, link):
    at = sound(visit("report", "stranger", share=link("one failed")))
    assert "AR failed: AR(1) explodes" in read(at).replace("**", "")


def test_deleting_the_run_ends_its_links(visit, bench):
    from tests.faults.home import ended, launched, plain

    run_id = launched(bench, *plain("naive"), workspace="short")
    ended(bench, run_id, workspace="short")
    _, token = bench.share("short", run_id)
    assert "frozen copy" in read(sound(visit("report", "stranger", share=token)))
    bench.delete("short", run_id)
    assert "This link shows nothing" in read(sound(visit("report", "stranger", share=token)))
