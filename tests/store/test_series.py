"""Series in the store: kept once, found by key, really deleted, never under a run."""

import pytest

from core.errors import ConfigError, DamagedError, NotFoundError
from core.series.codec import encode_series
from core.series.timeseries import Panel
from core.store.sqlite.database import FILE
from core.store.store import Store
from tests.store.building import OWNER, STRANGER, finished_run, flip, months, new_run


def test_a_series_is_kept_once_and_found_by_its_key(store):
    panel = Panel((months("sales"), months("returns", 40)))
    keys = store.add_series(OWNER, panel, "shop.csv")
    assert keys == tuple(one.key for one in panel)
    assert store.add_series(OWNER, Panel(panel.series[::-1]), "again.csv") == keys[::-1]
    assert [one.source for one in store.series(OWNER)] == ["shop.csv", "shop.csv"]
    assert [one.id for one in store.panel(OWNER, keys[::-1])] == ["returns", "sales"]
    assert store.panel(OWNER, keys).series[1].key == keys[1]


def test_a_record_says_what_a_list_shows(store):
    store.add_series(OWNER, Panel((months(unit="€", season=12),)), "shop.csv")
    (found,) = store.series(OWNER)
    assert (found.id, found.length, found.start, found.end) == ("sales", 30, "2010-01-01", "2012-06-01")
    assert (found.freq, found.season, found.unit, found.missing) == ("MS", 12, "€", 4)  # 3, 10, 17 and 24
    assert found.created.isoformat() == "2031-05-17T12:00:02+00:00"  # the clock's second look: the first opened the store


def test_more_keys_than_a_query_takes(store):
    panel = Panel(tuple(months(f"s{number}", 3) for number in range(1100)))
    keys = store.add_series(OWNER, panel, "wide.csv")
    assert [one.id for one in store.panel(OWNER, keys)] == [one.id for one in panel]


def test_two_workspaces_hold_the_same_series_apart(store):
    panel = Panel((months(),))
    (key,) = store.add_series(OWNER, panel, "a.csv")
    store.add_series(STRANGER, panel, "b.csv")
    store.delete_series(OWNER, key)
    assert store.series(OWNER) == ()
    assert store.panel(STRANGER, (key,)).series[0].key == key


def test_a_series_under_a_run_stays_until_the_run_is_gone(store):
    run_id = finished_run(store)
    finished_run(store, request="second")
    (key,) = store.run(OWNER, run_id).spec.series
    (record,) = store.series(OWNER)
    for delete, name in ((store.delete_series, key), (store.delete_subjects, (record.subject,))):
        with pytest.raises(ConfigError, match="2 runs use this series; delete those runs first"):
            delete(OWNER, name)
    store.delete_run(OWNER, run_id)
    with pytest.raises(ConfigError, match="1 run uses this series; delete that run first"):
        store.delete_series(OWNER, key)


def test_a_series_that_is_not_there_is_said(store):
    new_run(store)
    for call in (lambda: store.panel(OWNER, ("0" * 64,)), lambda: store.delete_series(OWNER, "0" * 64)):
        with pytest.raises(NotFoundError, match="there is no series '000000000000' here; it may have been deleted"):
            call()


def test_a_subject_that_is_not_there_is_said_and_nothing_is_kept(store):
    new = Panel((months("new"),))
    calls = (
        lambda: store.delete_subjects(OWNER, ("0" * 16,)),
        lambda: store.add_series(OWNER, new, "x", continues={"new": "0" * 16}),
    )
    for call in calls:
        with pytest.raises(NotFoundError, match="there is no such series here; it may have been deleted: bring the data again"):
            call()
    assert store.series(OWNER) == ()


def test_a_flipped_byte_of_a_series_is_noticed(store, home):
    keys = store.add_series(OWNER, Panel((months(),)), "sales.csv")
    store.close()
    flip(home / FILE, encode_series(months())[100:120])
    again = Store.open(home)
    with pytest.raises(DamagedError, match=r"series 'sales' is damaged: its \d+ bytes have not the SHA-256"):
        again.panel(OWNER, keys)
    again.close()


def test_a_flipped_byte_of_a_text_is_noticed(store, home):
    store.add_series(OWNER, Panel((months(unit="a very rare unit"),)), "sales.csv")
    store.close()
    flip(home / FILE, b"a very rare unit", bit=0x80)
    again = Store.open(home)
    with pytest.raises(DamagedError, match=r"the store's file in .* is damaged"):
        again.series(OWNER)
    again.close()
