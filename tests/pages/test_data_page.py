"""Data: a series is brought in every way there is, and what was understood of it is put right."""

import pytest

from core.series.timeseries import Panel
from core.store.records import SeriesRecord
from tests.faults.home import months
from tests.pages.visiting import HOSTILE, alt, button, csv, hostile_panel, raw, read, sound, turned

AUTOMATIC = ""


def test_the_first_visit_offers_a_file_a_paste_a_template_and_examples(visit):
    at = sound(visit(workspace="empty"))
    assert at.title[0].value.startswith("Forecast a series")
    assert at.file_uploader[0].allowed_type == [".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet"]
    assert "up to 50 MB" in at.file_uploader[0].label
    assert at.download_button[0].label == "template.csv"
    assert len([one for one in at.button if one.label == "Use this series"]) >= 3
    assert "Sunspots" in read(at)
    assert "309 yearly values" in read(at)
    assert not any(one.label.startswith("Go") for one in at.page_link)
    assert "Or go on with one of yours" not in read(at)


def test_an_example_is_one_click(visit, bench):
    at = visit(workspace="example")
    sound(at.button("data.example.nile").click().run())
    assert at.header[0].value == "nile"
    assert alt(at) == "The series nile: 100 yearly values, 1871 to 1970."
    assert at.subheader[0].value == "What we understood"
    assert "100 values · one a year · no season · no gaps · in 10^8 m3" in read(at)
    assert at.page_link[0].label == "**nile** · 100 yearly values, 1871 to 1970"
    assert [one.source for one in bench.series("example")] == ["example:nile"]
    sound(at.number_input("reading.season").set_value(7).run())
    assert "season of 7 steps" in read(at)
    assert len(bench.series("example")) == 1


def test_an_uploaded_table_becomes_a_series(visit, bench):
    at = visit(workspace="upload")
    sound(at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run())
    assert at.header[0].value == "sales"
    assert "60 monthly values" in alt(at)
    chosen = {one.key: one.value for one in at.selectbox}
    assert chosen["reading.target"] == AUTOMATIC
    assert at.selectbox("reading.target").options[0] == "Automatic: sales, sure"
    assert button(at, "Train models")
    assert [(one.id, one.length, one.source) for one in bench.series("upload")] == [("sales", 60, "shop.csv")]


def test_columns_are_taken_as_covariates_and_given_back(visit, bench):
    at = visit(workspace="covariates")
    sound(at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run())
    assert at.multiselect("reading.known").options == ["costs"]
    sound(at.multiselect("reading.past").select("costs").run())
    assert "no gaps · 1 covariate" in read(at)
    at.multiselect("reading.known").select("costs").run()  # a column has one role
    assert "given two roles" in at.error[0].value
    assert at.multiselect("reading.known").value == []
    assert at.multiselect("reading.past").value == ["costs"]
    sound(at.multiselect("reading.past").unselect("costs").run())
    assert "no gaps · 1 covariate" not in read(at)
    assert len(bench.series("covariates")) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("junk.csv", b"\x00\x01\x02" * 50), ("empty.csv", b""), ("words.csv", b"one,two\na,b\nc,d\n"),
     ("fake.xlsx", b"PK\x03\x04no"), ("fake.parquet", b"PAR1nothing")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_it_and_everything_else_is_still_there(visit, bench, name, content):
    at = visit(workspace="junk")
    sound(at.file_uploader("data.file").upload(name, content, "text/csv").run())
    (error,) = at.error
    assert len(error.value) > 20
    assert "Traceback" not in error.value
    assert error.value[0].isupper()
    assert at.button("data.example.sunspots")
    assert bench.series("junk") == ()


def test_a_file_that_is_too_large_is_refused_by_the_server_too(visit, bench, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(bench, "limits", replace(bench.limits, data=replace(bench.limits.data, bytes=100)))
    at = visit(workspace="large")
    sound(at.file_uploader("data.file").upload("large.csv", csv(), "text/csv").run())
    assert "the limit is 100 bytes" in read(at)


def test_pasted_text_becomes_a_series_and_an_empty_paste_is_said(visit, bench):
    at = visit(workspace="paste")
    submit = next(one for one in at.button if one.label == "Read what I pasted")
    sound(submit.click().run())
    assert "nothing to read yet" in at.warning[0].value
    at.text_area("data.pasted").input(csv(24).decode().replace(",", "\t"))
    sound(next(one for one in at.button if one.label == "Read what I pasted").click().run())
    assert at.header[0].value == "sales"
    assert [one.source for one in bench.series("paste")] == ["pasted.csv"]


def test_another_target_gives_another_series_and_discards_the_first(visit, bench):
    at = visit(workspace="target")
    at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run()
    (first,) = bench.series("target")
    sound(at.selectbox("reading.target").set_value("costs").run())
    assert at.header[0].value == "costs"
    (second,) = bench.series("target")
    assert (second.id, second.key != first.key) == ("costs", True)
    sound(at.selectbox("reading.target").set_value("*").run())
    assert "2 series" in read(at)
    assert {one.id for one in bench.series("target")} == {"sales", "costs"}
    assert at.selectbox("data.shown").options == ["sales", "costs"]
    sound(at.selectbox("data.shown").set_value("costs").run())
    assert at.header[0].value == "costs"
    sound(at.selectbox("reading.target").set_value(AUTOMATIC).run())
    assert [one.id for one in bench.series("target")] == ["sales"]


def test_a_series_that_a_run_uses_survives_another_reading(visit, bench):
    from tests.faults.home import ended, launched, plain

    at = visit(workspace="used")
    at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run()
    (first,) = bench.series("used")
    ended(bench, launched(bench, *plain("naive"), workspace="used", panel=bench.panel("used", (first.key,))), workspace="used")
    sound(at.selectbox("reading.target").set_value("costs").run())
    assert {one.id for one in bench.series("used")} == {"sales", "costs"}


def test_duplicates_are_said_first_marked_and_resolved_as_one_likes(visit, bench):
    at = visit(workspace="twice")
    at.file_uploader("data.file").upload("twice.csv", csv(extra="2012-03,900,1\n2012-03,1100,1\n"), "text/csv").run()
    sound(at)
    assert at.selectbox("reading.duplicates").label == "2 rows too many for their time"
    (before,) = bench.panel("twice", tuple(one.key for one in bench.series("twice"))).series
    sound(at.selectbox("reading.duplicates").set_value("sum").run())
    (after,) = bench.panel("twice", tuple(one.key for one in bench.series("twice"))).series
    assert (before.values[26], after.values[26]) == (pytest.approx((102 + 900 + 1100) / 3), 2102)


def test_a_choice_that_cannot_be_is_refused_in_words_and_taken_back(visit):
    at = visit(workspace="refused")
    at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run()
    sound(at.selectbox("reading.time").set_value("costs").run())
    assert at.error or at.header[0].value == "sales"
    sound(at.selectbox("reading.time").set_value(AUTOMATIC).run())
    sound(at.selectbox("reading.id").set_value("sales").run())
    assert at.error
    assert at.selectbox("reading.id").value == AUTOMATIC
    assert at.header[0].value == "sales"


def test_a_refused_choice_goes_back_to_what_was_chosen_before(visit, bench):
    at = visit(workspace="goes back")
    at.file_uploader("data.file").upload("shop.csv", csv(), "text/csv").run()
    sound(at.selectbox("reading.target").set_value("costs").run())
    sound(at.selectbox("reading.time").set_value("costs").run())
    assert "was given two roles" in read(at)
    assert (at.selectbox("reading.target").value, at.selectbox("reading.time").value) == ("costs", AUTOMATIC)
    assert at.header[0].value == "costs"
    assert [one.id for one in bench.series("goes back")] == ["costs"]


def test_a_kept_series_is_one_click_away_and_can_be_deleted(visit, bench):
    (key,) = bench.add_series("kept", Panel((months(),)), "sales.csv")
    at = sound(visit(workspace="kept"))
    assert "96 monthly values · sales.csv · just now" in read(at)
    sound(at.button(f"data.kept.{key}").click().run())
    assert at.header[0].value == "sales"
    assert "bring the file again" in read(at)
    sound(button(at, "Bring another series").click().run())
    sound(at.button(f"data.delete.{key}").click().run())
    assert bench.series("kept") == ()
    assert "Or go on with one of yours" not in read(at)


def test_a_series_that_a_run_uses_is_not_deleted_and_that_is_said(visit, bench, ran):
    at = visit(workspace="finished")
    (kept,) = bench.series("finished")
    assert isinstance(kept, SeriesRecord)
    sound(at.button(f"data.delete.{kept.key}").click().run())
    assert "1 run uses this series; delete that run first" in read(at)
    assert bench.series("finished") == (kept,)


@pytest.mark.parametrize("at_hand", [0, 1, 2, 6, 9])
def test_hostile_names_are_shown_as_they_are(visit, bench, at_hand):
    keys = bench.add_series("names", Panel((hostile_panel().series[at_hand],)), HOSTILE[at_hand])
    at = sound(visit(workspace="names", series=keys[0][:10]))
    assert " ".join(HOSTILE[at_hand].split())[:40].rstrip() in read(at)
    assert_harmless(at)


def test_a_hostile_table_is_read_and_shown_as_it_is(visit):
    table = "date,<img src=x>,![x](http://evil.example/a.png)\n" + "".join(
        f"2024-01-{day:02d},{day % 5},{day % 3}\n" for day in range(1, 29)
    )
    at = visit(workspace="hostile table")
    sound(at.file_uploader("data.file").upload("**bold** :smile:.csv", table.encode(), "text/csv").run())
    assert at.header[0].value == "\\<img src\\=x\\>"
    assert_harmless(at)
    sound(button(at, "Bring another series").click().run())
    assert "**bold** :smile:.csv" in read(at)
    assert_harmless(at)


def test_rows_are_folded_away_until_they_are_asked_for(visit):
    at = visit(workspace="rows")
    at.button("data.example.nile").click().run()
    assert not [one for one in at.dataframe if "measured" in one.value]
    at.session_state["data.rows"] = True
    sound(at.run())
    (table,) = [one.value for one in at.dataframe if "measured" in one.value]
    assert table.iloc[0].tolist() == ["1970", 740.0, True]


def test_data_leads_to_train(visit):
    at = visit(workspace="leads")
    at.button("data.example.nile").click().run()
    sound(button(at, "Train models").click().run())
    assert at.title[0].value == "Train models side by side"
    sound(turned(at, "data"))
    assert at.header[0].value == "nile"


def assert_harmless(at):
    """No name is more than text: whatever could be Markdown stands behind a backslash."""
    text = raw(at)
    for sign in ("<script", "<img", "![", "](", ":smile:", ":red[x", "$x^", "http://evil", "*bold*", "**bold", "www.evil"):
        assert sign not in text.replace("\\" + sign[0], ""), sign
