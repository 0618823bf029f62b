"""Answers: kept once for each workspace, bounded, and gone with what they are about."""

from datetime import UTC, datetime

import pytest

from core.series.timeseries import Panel
from core.store import answers
from core.store.sqlite.database import FILE
from core.store.store import Store
from tests.store.building import OWNER, STRANGER, finished_run, flip, months

CANARY = b"canary of the answer" * 500


def kept(store, *digests, workspace=OWNER):
    """Those of the answers that are there."""
    return [digest for digest in digests if store.answer(workspace, digest) is not None]


def test_an_answer_is_found_by_its_digest(store):
    assert store.answer(OWNER, "d") is None
    store.keep_answer(OWNER, "d", "correlations", b"\x00\x01 7", seconds=0.25)
    assert store.answer(OWNER, "d") == b"\x00\x01 7"
    assert store.answer(OWNER, "e") is None


def test_a_second_answer_to_the_same_question_changes_nothing(store):
    store.keep_answer(OWNER, "d", "correlations", b"first", seconds=0.25)
    store.keep_answer(OWNER, "d", "gates", b"second", seconds=0.5)
    assert store.answer(OWNER, "d") == b"first"
    with store.database.reading() as connection:
        (row,) = connection.execute(answers.answers.select()).all()
    assert (row.kind, row.seconds, row.size, row.run_id, row.series_key) == ("correlations", 0.25, 5, None, None)
    assert row.created == datetime(2031, 5, 17, 12, 0, 2, tzinfo=UTC)  # the clock's second look: the first opened the store


def test_another_workspace_sees_no_answer_and_keeps_its_own(store):
    store.keep_answer(OWNER, "d", "gates", b"mine", seconds=0.25)
    assert store.answer(STRANGER, "d") is None
    store.keep_answer(STRANGER, "d", "gates", b"yours", seconds=0.25)
    assert (store.answer(OWNER, "d"), store.answer(STRANGER, "d")) == (b"mine", b"yours")


def test_an_answer_goes_with_its_series_to_the_last_byte(store, home):
    (key,) = store.add_series(OWNER, Panel((months(),)), "sales.csv")
    store.add_series(STRANGER, Panel((months(),)), "sales.csv")
    store.keep_answer(OWNER, "d", "correlations", CANARY, seconds=0.25, series_key=key)
    store.keep_answer(OWNER, "e", "lab", b"about nothing kept", seconds=0.25)
    store.keep_answer(STRANGER, "d", "correlations", b"about a series of the same content", seconds=0.25, series_key=key)
    assert is_in_a_file(home)
    store.delete_series(OWNER, key)
    assert kept(store, "d", "e") == ["e"]
    assert kept(store, "d", workspace=STRANGER) == ["d"]
    assert not is_in_a_file(home)


def test_an_answer_goes_with_its_run_to_the_last_byte(store, home):
    run_id, other = finished_run(store), finished_run(store, request="second")
    key = store.run(OWNER, run_id).spec.series[0]
    store.keep_answer(OWNER, "d", "gates", CANARY, seconds=0.25, run_id=run_id, series_key=key)
    store.keep_answer(OWNER, "e", "gates", b"of the other", seconds=0.25, run_id=other)
    assert is_in_a_file(home)
    store.delete_run(OWNER, run_id)
    assert kept(store, "d", "e") == ["e"]
    assert not is_in_a_file(home)


@pytest.mark.parametrize("about", [{"run_id": "0" * 16}, {"series_key": "0" * 64}])
def test_an_answer_about_what_is_gone_is_not_kept(store, about):
    store.keep_answer(OWNER, "d", "gates", b"late", seconds=0.25, **about)
    assert store.answer(OWNER, "d") is None


def test_an_answer_about_what_a_stranger_has_is_not_kept(store):
    run_id = finished_run(store, workspace=STRANGER)
    key = store.run(STRANGER, run_id).spec.series[0]
    store.keep_answer(OWNER, "d", "gates", b"x", seconds=0.25, run_id=run_id)
    store.keep_answer(OWNER, "e", "gates", b"x", seconds=0.25, series_key=key)
    assert kept(store, "d", "e") == []


def test_the_oldest_answers_make_room_when_there_are_too_many(store, monkeypatch):
    monkeypatch.setattr(answers, "MOST", 3)
    store.keep_answer(STRANGER, "0", "gates", b"x", seconds=0.25)
    for digest in ("c", "a", "b", "d"):
        store.keep_answer(OWNER, digest, "gates", b"x", seconds=0.25)
    assert kept(store, "a", "b", "c", "d") == ["a", "b", "d"]
    assert kept(store, "0", workspace=STRANGER) == ["0"]


def test_the_oldest_answers_make_room_when_they_are_too_large(store, monkeypatch):
    monkeypatch.setattr(answers, "MOST_BYTES", 100)
    for digest, size in (("a", 60), ("b", 30), ("c", 50)):
        store.keep_answer(OWNER, digest, "gates", b"x" * size, seconds=0.25)
    assert kept(store, "a", "b", "c") == ["b", "c"]
    store.keep_answer(OWNER, "d", "gates", b"x" * 101, seconds=0.25)
    assert kept(store, "b", "c", "d") == ["b", "c"]
    store.keep_answer(OWNER, "d", "gates", b"x" * 100, seconds=0.25)
    assert kept(store, "b", "c", "d") == ["d"]


def test_a_damaged_answer_is_computed_again(store, home):
    store.keep_answer(OWNER, "d", "gates", CANARY[:60], seconds=0.25)
    store.close()
    flip(home / FILE, CANARY[:60])
    again = Store.open(home)
    assert again.answer(OWNER, "d") is None
    again.keep_answer(OWNER, "d", "gates", CANARY[:60], seconds=0.25)
    assert again.answer(OWNER, "d") == CANARY[:60]
    again.close()


def is_in_a_file(home):
    return any(CANARY[:40] in path.read_bytes() for path in home.rglob("*") if path.is_file())
