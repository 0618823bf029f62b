"""What the database driver says went wrong, in words for the person at the screen."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import AppError, DamagedError, StoreError

BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)
FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def explained(home: Path, busy_seconds: float) -> Iterator[None]:
    """Raise what the database says as StoreError; what only a defect of ours can cause stays as it is."""
    try:
        yield
    except PoolTimeoutError as error:
        raise busy(busy_seconds) from error
    except (DBAPIError, sqlite3.Error) as error:
        found = explanation(getattr(error, "orig", error), home, busy_seconds)
        if found is None:
            raise
        raise found from error


def explanation(error: BaseException | None, home: Path, busy_seconds: float) -> AppError | None:
    """None for an error that only a defect of ours can cause."""
    code = code_of(error)
    if error is not None and getattr(error, "sqlite_errorcode", None) in UNREADABLE:
        return StoreError(f"the disk of {home} could not be read ({error}); check the disk, then restart the program")
    if code in BUSY:
        return busy(busy_seconds)
    if code in FULL:
        return StoreError(f"nothing could be saved ({error}): {_space(home)}; what was saved before is safe")
    if code in DAMAGED or (error is not None and "decode to UTF-8" in str(error)):
        return DamagedError(
            f"the store's file in {home} is damaged ({error}); restart the program: it is set aside and named then"
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreError(
            f"the store in {home} cannot be written ({error}); give this user the right to, or choose another home"
        )
    return None


def unreachable(error: OSError, home: Path) -> StoreError:
    """The error for a home that the operating system does not let us use."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(f"the store in {home} cannot be opened ({error.strerror}): {_space(home)}")
    return StoreError(
        f"the store in {home} cannot be opened ({error.strerror or error}); give this user the right to that folder, "
        "or choose another home"
    )


def busy(seconds: float) -> StoreError:
    """The error for a lock that was not given within so many seconds."""
    return StoreError(
        f"the store is busy: another process has held it for {seconds:g} s; nothing was changed, try again in a moment, "
        "or end the other process"
    )


def code_of(error: BaseException | None) -> int | None:
    """SQLite's primary result code; None if it is no error of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _space(home: Path) -> str:
    free = shutil.disk_usage(home).free
    return f"{free / 2**20:,.0f} MB are free on the disk of {home}; free some space, or allow larger files, and try again"
