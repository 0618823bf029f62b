"""The series of a workspace, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from core.errors import ConfigError, NotFoundError
from core.series.codec import decode_series, encode_series
from core.series.timeseries import Panel
from core.store.audit import note
from core.store.records import SeriesRecord
from core.store.rows import SERIES, checked, series_record, series_row, sha256
from core.store.tables import run_series, series

CHUNK = 500  # keys in one query: old versions of SQLite allow 999


def add(connection: Connection, workspace: str, panel: Panel, source: str, now: datetime) -> tuple[str, ...]:
    """Keep what is not there yet; the keys of all."""
    rows = [series_row(one) for one in panel]
    keys = tuple(row["key"] for row in rows)
    known = {found.key for found in _rows(connection, workspace, keys, "key")}
    added = 0
    for row, one in zip(rows, panel, strict=True):
        if row["key"] not in known:
            content = encode_series(one)
            more = {"workspace": workspace, "source": source, "created": now, "sha256": sha256(content), "content": content}
            connection.execute(insert(series).values(row | more))
            added += 1
    if added:
        note(connection, now, workspace, "series added", keys[0], count=str(added))
    return keys


def panel(connection: Connection, workspace: str, keys: Sequence[str]) -> Panel:
    """The series of these keys, in their order.  Raises NotFoundError, DamagedError."""
    found = {row.key: row for row in _rows(connection, workspace, keys, "key", "id", "sha256", "content")}
    require_all(found, keys)
    rows = [found[key] for key in keys]
    return Panel(tuple(decode_series(checked(row.content, row.sha256, f"series {row.id!r}")) for row in rows))


def records(connection: Connection, workspace: str) -> tuple[SeriesRecord, ...]:
    """All of a workspace, the newest first."""
    found = connection.execute(
        select(*(series.c[name] for name in SERIES))
        .where(series.c.workspace == workspace)
        .order_by(series.c.created.desc(), series.c.id)
    )
    return tuple(series_record(row) for row in found)


def remove(connection: Connection, workspace: str, key: str, now: datetime) -> None:
    """Raises NotFoundError, and ConfigError while a run uses it."""
    require(connection, workspace, (key,))
    users = connection.execute(
        select(func.count()).select_from(run_series).where(run_series.c.workspace == workspace, run_series.c.key == key)
    ).scalar_one()
    if users:
        raise ConfigError(
            f"{users} run{'s use' if users > 1 else ' uses'} this series; delete {'them' if users > 1 else 'it'} first"
        )
    connection.execute(delete(series).where(series.c.workspace == workspace, series.c.key == key))
    note(connection, now, workspace, "series deleted", key)


def require(connection: Connection, workspace: str, keys: Sequence[str]) -> None:
    """Raises NotFoundError unless the workspace has them all."""
    require_all({row.key for row in _rows(connection, workspace, keys, "key")}, keys)


def require_all(found: object, keys: Sequence[str]) -> None:
    """Raises NotFoundError for the first key that was not found."""
    for key in keys:
        if key not in found:
            raise NotFoundError(f"there is no series {key[:12]!r} here; it may have been deleted: bring the data again")


def _rows(connection: Connection, workspace: str, keys: Sequence[str], *columns: str) -> list:
    found = []
    for first in range(0, len(keys), CHUNK):
        chosen = series.c.workspace == workspace, series.c.key.in_(keys[first : first + CHUNK])
        found.extend(connection.execute(select(*(series.c[name] for name in columns)).where(*chosen)))
    return found
