"""What is deleted is in no file any more, or as soon as the last reader has gone."""

import pytest

from core.codec import Encoded
from core.series.timeseries import Panel
from tests.store.building import OWNER, epoch, finished_run, months, new_run, task_ids, update

CANARIES = {
    "title": b"canary of the title",
    "error": b"canary of the error",
    "message": b"canary of the message",
    "summary": b"canary of the summary" * 20,
    "arrays": b"canary of the arrays" * 3000,  # on pages of its own
    "aside": b"canary of what is aside" * 900,
    "copy": b"canary of the copy" * 700,
}


def found(home, names=tuple(CANARIES)):
    """The canaries that are still in a file of the home."""
    content = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    return [name for name in names if CANARIES[name][:16] in content]


def run_with_canaries(store):
    text = {name: value.decode() for name, value in CANARIES.items()}
    run_id = new_run(store, "A", "B", title=text["title"], request="canaries")
    a, b, _ = task_ids(store, run_id)
    store.claim(a, "w"), store.claim(b, "w")
    store.write([update(a, 1, 0.5, epoch(1), message=text["message"])])
    store.end_task(a, 1, "done", result=Encoded(*(CANARIES[part] for part in ("summary", "arrays", "aside"))))
    store.end_task(b, 1, "failed", error=text["error"])
    store.create_share(OWNER, run_id, Encoded(CANARIES["copy"]), expires=None, passphrase=None, includes_data=False)
    store.cancel(OWNER, run_id, None)
    return run_id


def test_a_deleted_run_is_in_no_file(store, home):
    others = [finished_run(store, request=f"other {number}") for number in range(3)]
    run_id = run_with_canaries(store)
    assert found(home) == list(CANARIES)
    store.database.sweep()
    size = (home / "unroll.db").stat().st_size
    store.delete_run(OWNER, run_id)
    assert found(home) == []
    assert (home / "unroll.db").stat().st_size < size - 60_000  # given back to the disk
    assert (home / "unroll.db-wal").stat().st_size == 0
    assert [run.id for run in store.runs(OWNER)] == others[::-1]
    for table in ("tasks", "epochs", "results", "weights", "shares", "snapshots", "run_series"):
        with store.database.reading() as connection:
            count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
        assert count == {"tasks": 6, "results": 6, "run_series": 3}.get(table, 0), table


def test_a_deleted_series_is_in_no_file(store, home):
    keys = store.add_series(OWNER, Panel((months("canary of the name"),)), "canary of the source")
    assert b"canary" in b"".join(path.read_bytes() for path in home.iterdir())
    store.delete_series(OWNER, keys[0])
    assert b"canary" not in b"".join(path.read_bytes() for path in home.iterdir())


def test_a_reader_delays_what_is_swept_to_the_next_change(store, home):
    run_id = run_with_canaries(store)
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM runs").scalar() == 1
        store.delete_run(OWNER, run_id)
        assert store.runs(OWNER) == ()
        assert found(home)  # the reader's snapshot still needs them
    finished_run(store)
    assert found(home) == []


def test_a_server_that_was_killed_before_it_swept_does_so_when_it_opens(store, home, tmp_path, monkeypatch):
    import shutil

    from core.store.store import Store

    monkeypatch.setattr(store.database, "sweep_after", lambda: None)
    run_id = run_with_canaries(store)
    store.delete_run(OWNER, run_id)
    copy = shutil.copytree(home, tmp_path / "killed")
    assert found(copy)
    Store.open(copy).close()
    assert found(copy) == []


@pytest.mark.parametrize("name", ["title", "error"])
def test_the_audit_outlives_without_a_word_of_the_person(store, home, name):
    run_id = run_with_canaries(store)
    store.rename_run(OWNER, run_id, CANARIES[name].decode())
    store.delete_run(OWNER, run_id)
    assert store.audit(OWNER)[-1].action == "deleted"
    assert found(home) == []
