"""A file that continues what is kept: it is asked once, and every version stays within reach."""

import numpy as np
import pandas as pd
import pytest

from core.series.timeseries import Panel, TimeSeries
from core.series.versions import Change, Continuation
from core.store.records import SeriesRecord
from pages.parts.text import steps, version_of
from pages.parts.versions import sentence
from tests.faults.home import ended, launched, months, plain
from tests.pages.visiting import button, csv, read, sound, turned, within

LONGER = csv(63).replace(b"2010-06,105,", b"2010-06,999,")  # three months more, and one value of before revised


def bring(at, content, name="shop.csv"):
    """Bring a file, from the page that welcomes."""
    if "Bring another series" in [one.label for one in at.button]:
        button(at, "Bring another series").click().run()
    return sound(at.file_uploader("data.file").upload(name, content, "text/csv").run())


def places(bench, workspace):
    """Length, version and newest version of all that is kept, by length."""
    return sorted((one.length, one.version, one.newest) for one in bench.series(workspace))


def asks(at):
    return [one.label for one in at.button if one.label in ("Continue it", "Keep it apart")]


def test_a_longer_file_is_asked_about_and_continued(visit, bench):
    at = bring(visit(workspace="continued"), csv())
    assert asks(at) == []
    at = bring(at, LONGER)
    assert "This continues **shop.csv**: 3 new months, 1 past value changed (Jun 2010)." in read(at)
    assert places(bench, "continued") == [(60, 1, 1), (63, 1, 1)]  # nothing is merged before it is confirmed
    sound(button(at, "Continue it").click().run())
    assert places(bench, "continued") == [(60, 1, 2), (63, 2, 2)]
    assert (asks(at), at.header[0].value) == ([], "sales")
    assert "Version 2 of 2" in [one.proto.popover.label for one in at.get("popover")]
    sound(button(at, "Bring another series").click().run())
    assert "63 monthly values · shop.csv · version 2 of 2 · just now" in read(at)
    assert len([one for one in at.button if str(one.key).startswith("data.kept.")]) == 1


def test_a_file_that_is_kept_apart_stays_apart(visit, bench):
    at = bring(bring(visit(workspace="apart"), csv()), LONGER)
    sound(button(at, "Keep it apart").click().run())
    assert asks(at) == []
    assert places(bench, "apart") == [(60, 1, 1), (63, 1, 1)]
    sound(button(at, "Bring another series").click().run())
    assert len([one for one in at.button if str(one.key).startswith("data.kept.")]) == 2
    at = bring(at, LONGER)  # brought once more, it may be asked once more
    assert asks(at) == ["Continue it", "Keep it apart"]


def test_no_answer_merges_nothing(visit, bench):
    at = bring(bring(visit(workspace="unanswered"), csv()), LONGER)
    sound(turned(at, "train"))
    assert places(bench, "unanswered") == [(60, 1, 1), (63, 1, 1)]
    assert asks(sound(visit(workspace="unanswered", series=bench.series("unanswered")[0].key[:10]))) == []


@pytest.mark.parametrize("third", ["the same", "the older", "another"])
def test_the_same_the_older_and_another_series_are_not_asked_about(visit, bench, third):
    at = bring(bring(visit(workspace=third), csv(48)), csv())
    sound(button(at, "Continue it").click().run())
    contents = {"the same": csv(), "the older": csv(48), "another": csv(63).replace(b"sales", b"returns")}
    assert asks(bring(at, contents[third])) == []
    assert places(bench, third)[:2] == [(48, 1, 2), (60, 2, 2)]


def test_another_file_name_is_another_series(visit, bench):
    at = bring(bring(visit(workspace="names apart"), csv()), LONGER, "other.csv")
    assert asks(at) == []


def test_another_reading_takes_the_place_of_the_former_version(visit, bench):
    at = bring(bring(visit(workspace="reread"), csv()), LONGER)
    sound(button(at, "Continue it").click().run())
    sound(at.number_input("reading.season").set_value(7).run())
    assert places(bench, "reread") == [(60, 1, 2), (63, 2, 2)]
    assert {one.season for one in bench.series("reread") if one.version == 2} == {7}


def test_another_reading_before_the_answer_is_still_asked_about(visit, bench):
    at = bring(bring(visit(workspace="reread first"), csv()), LONGER)
    sound(at.number_input("reading.season").set_value(7).run())
    sound(button(at, "Continue it").click().run())
    assert places(bench, "reread first") == [(60, 1, 2), (63, 2, 2)]


def test_versions_are_opened_and_deleted_one_by_one(visit, bench):
    at = bring(bring(visit(workspace="one by one"), csv()), LONGER)
    sound(button(at, "Continue it").click().run())
    first, second = sorted(bench.series("one by one"), key=lambda one: one.version)
    sound(at.button(f"data.version.{first.key}").click().run())
    assert "60 monthly values" in read(at)
    assert at.button(f"data.version.{first.key}").disabled
    sound(button(at, "Bring another series").click().run())
    sound(at.button(f"data.delete.version.{first.key}").click().run())
    assert [one.key for one in bench.series("one by one")] == [second.key]
    sound(at.button(f"data.delete.{second.key}").click().run())
    assert bench.series("one by one") == ()


def test_a_series_is_deleted_with_all_its_versions(visit, bench):
    at = bring(bring(visit(workspace="all at once"), csv()), LONGER)
    sound(button(at, "Continue it").click().run())
    newest = next(one for one in bench.series("all at once") if one.is_newest)
    sound(button(at, "Bring another series").click().run())
    sound(at.button(f"data.delete.{newest.key}").click().run())
    assert "Delete **sales**, 2 versions in all? That cannot be undone." in read(at)
    assert len(bench.series("all at once")) == 2
    button(at, "Delete it").click()
    sound(within(at))
    assert bench.series("all at once") == ()


def test_a_panel_is_one_entry_that_is_opened_and_deleted_as_a_whole(visit, bench):
    panel = Panel(tuple(months(48, f"store {number}", number) for number in range(5)))
    bench.add_series("panel", panel, "stores.csv")
    bench.add_series("panel", Panel((months(),)), "sales.csv")
    at = sound(visit(workspace="panel"))
    entries = [one for one in at.button if str(one.key).startswith("data.kept.")]
    assert [one.label for one in entries] == ["sales", "stores\\.csv"]
    assert "5 series · just now" in read(at)
    sound(entries[1].click().run())
    assert "store 0" in [one.value for one in at.selectbox] + [one.value for one in at.header]
    sound(button(at, "Bring another series").click().run())
    (whole,) = [one for one in at.button if str(one.key).startswith("data.delete.") and one.help == "Really delete all of them"]
    sound(whole.click().run())
    button(at, "Delete it").click()
    sound(within(at))
    assert [one.id for one in bench.series("panel")] == ["sales"]


def test_entries_beyond_the_eighth_fold_away_and_stay_within_reach(visit, bench):
    for number in range(10):
        bench.add_series("more than eight", Panel((months(48, f"s{number}", number),)), f"{number}.csv")
    at = sound(visit(workspace="more than eight"))
    assert len([one for one in at.button if str(one.key).startswith("data.kept.")]) == 10
    assert "2 older" in [one.label for one in at.expander]


def test_a_run_says_which_version_it_used(visit, bench):
    workspace = "run of a version"
    (first,) = bench.add_series(workspace, Panel((months(48),)), "sales.csv")
    run_id = launched(bench, *plain("naive"), workspace=workspace, panel=bench.panel(workspace, (first,)))
    ended(bench, run_id, 120, workspace)
    at = sound(visit("runs", workspace=workspace))
    assert "sales · 6 ahead" in read(at)
    longer = Panel((months(),))
    bench.add_series(workspace, longer, "sales.csv", continues=bench.continuation(workspace, longer, "sales.csv"))
    assert "sales, version 1 of 2 · 6 ahead" in read(sound(turned(at, "runs")))
    assert "sales, version 1 of 2 · 6 steps ahead" in read(sound(visit("compare", workspace=workspace)))


def series(name="sales", length=6):
    index = pd.date_range("2024-01-01", periods=length, freq="W-WED")
    return TimeSeries(name, index, np.arange(float(length)), np.ones(length, bool))


def change(added=0, revised=0, dropped=0, first=None, name="sales"):
    return Change(name, added, revised, dropped, 1, first)


@pytest.mark.parametrize(
    ("changes", "apart", "words"),
    [
        ((change(added=1),), (), "This continues **a\\.csv**: 1 new week."),
        ((change(added=2, revised=3, dropped=1, first=1),), (),
         "This continues **a\\.csv**: 2 new weeks, 3 past values changed, the first in 10 Jan 2024, 1 week left out."),
        ((change(added=1),), ("x", "y"), "This continues **a\\.csv**: 1 new week, 2 series are new."),
        ((change(),), (), "This is **a\\.csv** again: the same values, read in another way."),
        ((change(added=2), change(added=3, revised=1, dropped=4, name="b")), ("x",),
         ("This continues **a\\.csv**: 5 new values in 2 series, 1 past value changed in b, 4 values left out, "
          "1 series is new.")),
    ],
)  # fmt: skip
def test_what_is_different_is_a_sentence(changes, apart, words):
    found = Continuation(changes, {}, apart)
    assert sentence(found, Panel((series(), series("b"))), "a.csv") == words


def test_what_was_pasted_has_no_file_name():
    words = sentence(Continuation((change(added=1),), {}, ()), Panel((series(),)), "pasted.csv")
    assert words == "This continues what you pasted before: 1 new week."


def test_hostile_names_stay_text(visit, bench):
    name = "![x](http://evil) :smile:.csv"
    at = bring(bring(visit(workspace="hostile versions"), csv(), name), LONGER, name)
    assert "This continues **\\!\\[x\\]\\(http" in "\n".join(one.value for one in at.markdown)
    assert f"This continues **{name}**: 3 new months" in read(at)


def test_steps_are_counted_in_their_own_words():
    assert [steps(2, "MS", "new"), steps(1, "MS"), steps(3, "15min"), steps(1, None, "new"), steps(1, "B")] == [
        "2 new months", "1 month", "3 steps", "1 new step", "1 business day",
    ]  # fmt: skip


def test_a_single_version_is_not_numbered(bench):
    (key,) = bench.add_series("single", Panel((months(),)), "sales.csv")
    (record,) = bench.series("single")
    assert isinstance(record, SeriesRecord)
    assert (record.key, version_of(record)) == (key, "")
