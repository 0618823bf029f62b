"""The SQLite file: one connection that writes, behind one lock, and read-only ones beside it.

A page reads in `reading()`, a change happens in `writing()`; both give a connection in a transaction. Hold neither while
waiting for anything else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from core.errors import StoreError
from core.store.sqlite.faults import explained
from core.store.sqlite.locking import WriteLock

FILE = "unroll.db"
LOCK = "write.lock"
LARGEST_LOG = 16 << 20  # bytes that the write-ahead log keeps when it is reset; it never shrinks by itself
READERS = 4
PRAGMAS = {"foreign_keys": "ON", "synchronous": "NORMAL", "secure_delete": "ON", "journal_size_limit": LARGEST_LOG}


class Database:
    """An open file. Safe from many threads; `close` it at the end."""

    def __init__(self, home: Path, lock: WriteLock) -> None:
        self.home, self.path, self.lock = home, home / FILE, lock
        self.is_unswept = False  # deleted bytes may still be in the log
        address = self.path.as_uri()
        self.writer = _engine(f"{address}?mode=rw", "BEGIN IMMEDIATE", lock.busy_seconds, pool_size=1, max_overflow=0)
        self.reader = _engine(f"{address}?mode=ro", "BEGIN", lock.busy_seconds, pool_size=READERS, max_overflow=16)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot. It keeps nobody from writing.  Raises StoreError once the store is closed, as `writing` does."""
        self._require_open()
        with explained(self.home, self.lock.busy_seconds), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one write transaction there is: kept whole when the block ends, undone when it raises."""
        self._require_open()
        with explained(self.home, self.lock.busy_seconds), self.lock.held():
            with self.writer.begin() as connection:
                yield connection
            if self.is_unswept:
                self._sweep()

    def sweep_after(self) -> None:
        """Inside `writing`: something is deleted, so the log is emptied after the commit, or as soon as no reader needs it."""
        self.is_unswept = True

    def sweep(self) -> None:
        """Empty the log into the file."""
        with explained(self.home, self.lock.busy_seconds), self.lock.held():
            self._sweep()

    def copy_into(self, place: Path) -> None:
        """A complete copy in one file; `place` is new or empty."""
        with explained(self.home, self.lock.busy_seconds), self.lock.held():
            pooled = self.writer.raw_connection()
            try:
                pooled.driver_connection.execute("VACUUM INTO ?", (str(place),))
            finally:
                pooled.close()

    def close(self) -> None:
        """The last connection that closes moves the log into the file, so it needs the lock too. A second time is allowed."""
        if self.lock.file.closed:
            return
        self.reader.dispose()
        with explained(self.home, self.lock.busy_seconds), self.lock.held():
            self.writer.dispose()
        self.lock.close()

    def _require_open(self) -> None:
        if self.lock.file.closed:
            raise StoreError(f"the store in {self.home} is closed, for the program is ending; start it again")

    def _sweep(self) -> None:
        """Give freed pages back and empty the log; deleted bytes are then nowhere in the files. A reader may delay it."""
        pooled = self.writer.raw_connection()
        raw = pooled.driver_connection
        try:
            raw.execute("PRAGMA busy_timeout = 0")
            raw.executescript("PRAGMA incremental_vacuum")  # `execute` would give back one page and stop
            is_busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self.is_unswept = bool(is_busy)
        except sqlite3.OperationalError:
            self.is_unswept = True  # a full disk: what was asked for is done, and the next change sweeps again
        finally:
            raw.execute(f"PRAGMA busy_timeout = {int(1000 * self.lock.busy_seconds)}")
            pooled.close()


def _engine(address: str, begin: str, busy_seconds: float, **pool: int) -> Engine:
    """An engine whose transactions begin as told, not when the driver guesses that they should.

    Its errors do not repeat what a person wrote.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_timeout=busy_seconds,
        json_serializer=partial(json.dumps, allow_nan=False),
        hide_parameters=True,
        **pool,
    )

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
