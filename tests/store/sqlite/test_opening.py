"""Opening a home: private, and never silently empty where a store was."""

import os
import shutil
import time
from datetime import UTC, datetime

import pytest

from core.errors import StoreError
from core.store.sqlite.database import FILE
from core.store.sqlite.opening import SIDECAR
from core.store.store import Store
from tests.store.building import OWNER, finished_run

NAME = "unroll.db.corrupt-20310517T120400"


def at_noon():
    return datetime(2031, 5, 17, 12, 4, tzinfo=UTC)


@pytest.fixture
def written(store, home):
    """A home with a closed store that held a run."""
    finished_run(store)
    store.close()
    return home


def overwrite_pages(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 3 * 4096)


DAMAGES = {
    "overwritten": overwrite_pages,
    "garbage": lambda path: path.write_bytes(b"not a database at all " * 500),
    "a few bytes": lambda path: path.write_bytes(b"SQLite"),
    "truncated": lambda path: os.truncate(path, 3 * 4096 + 100),
    "cut to the first page": lambda path: os.truncate(path, 4096),
    "empty": lambda path: os.truncate(path, 0),
}


def test_a_new_home_is_private_and_says_nothing(tmp_path):
    home = tmp_path / "deep" / "hôme 100% #1?"
    store = Store.open(home)
    finished_run(store)
    assert store.notice is None
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()} == dict.fromkeys(
        (FILE, f"{FILE}-wal", f"{FILE}-shm", SIDECAR, "write.lock", "opening.lock"), 0o600
    )
    store.close()
    store.close()
    assert not (home / f"{FILE}-wal").exists()


def test_a_home_that_others_could_read_is_closed_to_them(home):
    home.chmod(0o755)
    (home / FILE).chmod(0o644)
    Store.open(home).close()
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / FILE).stat().st_mode & 0o777 == 0o600


def test_the_pragmas_are_set(store):
    with store.database.writing() as connection:
        values = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in (
            "journal_mode", "synchronous", "foreign_keys", "secure_delete", "auto_vacuum", "busy_timeout", "journal_size_limit",
        )}  # fmt: skip
    assert values == {
        "journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "secure_delete": 1, "auto_vacuum": 2,
        "busy_timeout": 10_000, "journal_size_limit": 16 << 20,
    }  # fmt: skip


def test_who_reads_cannot_write(store):
    with (
        pytest.raises(StoreError, match=r"cannot be written \(attempt to write a readonly database\)"),
        store.database.reading() as connection,
    ):
        connection.exec_driver_sql("DELETE FROM runs")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_set_aside_and_said(written, damage):
    DAMAGES[damage](written / FILE)
    content = (written / FILE).read_bytes()
    store = Store.open(written, now=at_noon)
    assert store.runs(OWNER) == ()
    assert store.notice.startswith(f"The store in {written} was damaged (")
    assert store.notice.endswith(f"), so a new one was started. What is left of it is kept as {NAME}. There is no backup.")
    assert (written / NAME).read_bytes() == content
    finished_run(store)
    store.close()
    again = Store.open(written, now=at_noon)
    assert again.notice is None  # it was said once; the file stays
    assert len(again.runs(OWNER)) == 1
    again.close()
    DAMAGES[damage](written / FILE)
    Store.open(written, now=at_noon).close()
    assert (written / f"{NAME}-1").exists()
    assert (written / NAME).read_bytes() == content


def test_a_lost_file_is_said_and_the_newest_backup_named(written):
    (written / "backups").mkdir()
    for number, name in enumerate(("unroll-0001-b.db", "unroll-0001-a.db"), 1):
        (written / "backups" / name).write_bytes(b"")
        os.utime(written / "backups" / name, (number + at_noon().timestamp(),) * 2)
    (written / FILE).unlink()
    store = Store.open(written, now=at_noon)
    assert store.notice == (
        f"The store in {written} was damaged (it is gone), so a new one was started. Nothing is left of it. "
        "The newest backup is backups/unroll-0001-a.db."
    )
    store.close()


def test_the_log_is_set_aside_with_its_file(store, home, tmp_path):
    finished_run(store)  # still in the log
    copy = shutil.copytree(home, tmp_path / "killed")
    (copy / FILE).write_bytes(b"garbage" * 1000)
    again = Store.open(copy, now=at_noon)
    assert "file is not a database" in again.notice
    assert (copy / f"{NAME}-wal").read_bytes() == (home / f"{FILE}-wal").read_bytes()
    again.close()


def test_a_file_without_its_log_is_a_store_of_earlier(store, home, tmp_path):
    finished_run(store)
    (tmp_path / "copy").mkdir()
    shutil.copy(home / FILE, tmp_path / "copy" / FILE)  # the log with all rows stays behind
    copied = Store.open(tmp_path / "copy")
    assert copied.notice is None
    assert copied.runs(OWNER) == ()
    copied.close()


def test_an_empty_file_where_never_was_a_store_is_no_damage(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / FILE).write_bytes(b"")  # a server that was killed while it made the store
    store = Store.open(tmp_path / "home")
    assert store.notice is None
    store.close()


def test_another_store_in_the_same_place_is_said(written, tmp_path):
    Store.open(tmp_path / "other").close()
    before = (written / SIDECAR).read_text()
    shutil.copy(tmp_path / "other" / FILE, written / FILE)
    store = Store.open(written)
    found = (tmp_path / "other" / SIDECAR).read_text()
    assert store.notice == f"The database in {written} is not the one that was here before: {found}, not {before}."
    store.close()
    assert (written / SIDECAR).read_text() == found


def test_old_backups_expire(home):
    (home / "backups").mkdir()
    for name, days in (("old.db", 31), ("new.db", 29)):
        (home / "backups" / name).write_bytes(b"")
        os.utime(home / "backups" / name, (time.time() - days * 86400,) * 2)
    Store.open(home).close()
    assert [path.name for path in (home / "backups").iterdir()] == ["new.db"]


def test_a_home_that_cannot_be_is_refused_with_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StoreError, match=r"the store in .*file/home cannot be opened \(Not a directory\); give this user the right"
    ):
        Store.open(tmp_path / "file" / "home")


def test_damage_found_while_working_is_said(written):
    store = Store.open(written)
    with (written / FILE).open("r+b") as file:
        file.seek(4 * 4096)
        file.write(b"\xa5" * 40 * 4096)
    with pytest.raises(StoreError, match=r"the store's file in .* is damaged \(.*\); restart the program"):
        store.runs(OWNER)
    store.close()
