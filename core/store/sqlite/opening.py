"""Opening a home: nobody else may read it, a damaged store is set aside and named, and none is ever silently new.

A file beside the database holds its id. It tells a home that never had a store from one whose store was lost.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import StoreError
from core.store.sqlite import schema
from core.store.sqlite.database import FILE, LOCK, Database
from core.store.sqlite.faults import DAMAGED, code_of, explained, unreachable
from core.store.sqlite.locking import WriteLock

SIDECAR = "store.id"
OPENING = "opening.lock"
BACKUP_DAYS = 30  # what was deleted must not live on in backups


def open_database(home: Path, busy_seconds: float, now: Callable[[], datetime]) -> tuple[Database, str | None]:
    """The database of `home`, and words for what happened to an earlier one, if something did.  Raises StoreError."""
    home = home.absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
        # of two servers that start together one makes or upgrades the store, the other waits
        with explained(home, busy_seconds), closing(WriteLock(home / OPENING, busy_seconds)) as gate, gate.held():
            return _opened(home, WriteLock(home / LOCK, busy_seconds), now())
    except OSError as error:
        raise unreachable(error, home) from error


def _opened(home: Path, lock: WriteLock, now: datetime) -> tuple[Database, str | None]:
    database = None
    try:
        with lock.held():
            notice = _set_aside(home, now, damage) if (damage := _damage(home)) else None
            _prepare_file(home / FILE)
        database = Database(home, lock)
        database.sweep()
        schema.prepare(database, now)
        replaced = _settle_identity(database)
        _expire_backups(home, now)
    except BaseException:
        database.close() if database else lock.close()
        raise
    return database, notice or replaced


def _damage(home: Path) -> str | None:
    """Why the database file cannot be the store that was here; None if it is sound, or if there never was one."""
    path, had_store = home / FILE, (home / SIDECAR).exists()
    if not path.exists():
        return "it is gone" if had_store else None
    if path.stat().st_size == 0:
        return "it is empty" if had_store else None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            count = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if code_of(error) not in DAMAGED:
            raise
        return str(error)
    if found != "ok":
        return found.splitlines()[-1]
    return "it has lost its tables" if had_store and not count else None


def _set_aside(home: Path, now: datetime, why: str) -> str:
    """Rename what is left of the store, and the words for it."""
    stamp = now.strftime(schema.STAMP)
    aside = home / f"{FILE}.corrupt-{stamp}"
    for number in range(1, 1000):
        if not aside.exists():
            break
        aside = home / f"{FILE}.corrupt-{stamp}-{number}"
    kept = [end for end in ("", "-wal", "-shm") if (home / f"{FILE}{end}").exists()]
    for end in kept:
        (home / f"{FILE}{end}").rename(f"{aside}{end}")
    backups = sorted((home / schema.BACKUPS).glob("*.db"), key=lambda path: path.stat().st_mtime)
    where = f"What is left of it is kept as {aside.name}." if kept else "Nothing is left of it."
    offer = f"The newest backup is {schema.BACKUPS}/{backups[-1].name}." if backups else "There is no backup."
    return f"The store in {home} was damaged ({why}), so a new one was started. {where} {offer}"


def _prepare_file(path: Path) -> None:
    """The file with its rights; how it frees pages can only be set before the first table, and a restored backup has no log.

    A file that is there is never opened and closed here: that would end the locks which SQLite holds on it in this process.
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    path.chmod(0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StoreError(f"the disk of {path.parent} cannot share memory between processes; choose a home on a local disk")


def _settle_identity(database: Database) -> str | None:
    """Write the file with the id; words if the database is another one than was here before."""
    sidecar = database.home / SIDECAR
    with database.reading() as connection:
        found = schema.identity(connection)
    before = sidecar.read_text().strip() if sidecar.exists() else found
    if sidecar.exists() and before == found:
        return None
    part = sidecar.with_suffix(".part")
    part.write_text(found)
    part.chmod(0o600)
    part.replace(sidecar)
    return (
        None
        if before == found
        else f"The database in {database.home} is not the one that was here before: {found}, not {before}."
    )


def _expire_backups(home: Path, now: datetime) -> None:
    oldest = (now - timedelta(days=BACKUP_DAYS)).timestamp()
    for path in (home / schema.BACKUPS).glob("*.db"):
        if path.stat().st_mtime < oldest:
            path.unlink()
