"""The series of a workspace, in the database: their contents by key, each a version of a subject.

A subject is what a series is of, whatever its values: a name and a source. Its versions are numbered in the order in which
they came. Contents of the same name and source are versions of one subject only if somebody said so.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, Row, delete, func, insert, select, update

from core.errors import ConfigError, NotFoundError
from core.series.codec import decode_series, encode_series
from core.series.timeseries import Panel, TimeSeries
from core.store.audit import note
from core.store.records import SeriesRecord
from core.store.rows import SERIES, checked, series_record, series_row, sha256
from core.store.tables import run_series, series, subjects, versions

CHUNK = 500  # keys in one query: old versions of SQLite allow 999


def add(
    connection: Connection, workspace: str, panel: Panel, source: str, now: datetime, continues: Mapping[str, str]
) -> tuple[str, ...]:
    """Keep what is not there yet; the keys of all.

    continues: by series id the subjects that get these contents as their next versions, also contents that are there already;
    the others become subjects of their own.  Raises NotFoundError for a subject that is gone.
    """
    _require_subjects(connection, workspace, continues.values())
    keys = tuple(one.key for one in panel)
    known = {row.key for row in _rows(connection, workspace, keys, "key")}
    fresh = [(key, one) for key, one in zip(keys, panel, strict=True) if key not in known]
    for key, one in fresh:
        _insert(connection, workspace, key, one, source, now)
        subject = continues.get(one.id) or _new_subject(connection, workspace, one.id, source, now)
        _place(connection, workspace, key, subject)
    moved = [
        _move(connection, workspace, key, continues[one.id])
        for key, one in zip(keys, panel, strict=True)
        if key in known and one.id in continues
    ]
    if fresh or any(moved):
        _drop_empty(connection, workspace)
        action = "series continued" if continues else "series added"
        note(connection, now, workspace, action, keys[0], count=str(len(fresh) + sum(moved)))
    return keys


def replace(
    connection: Connection, workspace: str, former: Sequence[str], panel: Panel, source: str, now: datetime
) -> tuple[str, ...]:
    """Keep another reading of what gave the `former` contents; the keys of all.

    A former content that no run uses is deleted, and the new one of its id takes its number. One that a run uses stays, and
    the new one is the next version.
    """
    keys = tuple(one.key for one in panel)
    known = {row.key for row in _rows(connection, workspace, keys, "key")}
    places = _give_way(connection, workspace, [key for key in former if key not in keys])
    for key, one in zip(keys, panel, strict=True):
        if key not in known:
            _insert(connection, workspace, key, one, source, now)
            subject, number = places.get(one.id) or (_new_subject(connection, workspace, one.id, source, now), None)
            _place(connection, workspace, key, subject, number)
    _drop_empty(connection, workspace)
    if set(keys) != set(former):
        note(connection, now, workspace, "series read again", keys[0], count=str(len(keys)))
    return keys


def panel(connection: Connection, workspace: str, keys: Sequence[str]) -> Panel:
    """The series of these keys, in their order.  Raises NotFoundError, DamagedError."""
    found = {row.key: row for row in _rows(connection, workspace, keys, "key", "id", "sha256", "content")}
    require_all(found, keys)
    rows = [found[key] for key in keys]
    return Panel(tuple(decode_series(checked(row.content, row.sha256, f"series {row.id!r}")) for row in rows))


def shown() -> tuple[list[ColumnElement], FromClause]:
    """The columns of a `SeriesRecord`, and what they are selected from: each content with its place among the versions."""
    others = versions.alias("others")
    newest = select(func.max(others.c.number)).where(others.c.subject == versions.c.subject).scalar_subquery()
    place = [versions.c.subject, versions.c.number.label("version"), newest.label("newest")]
    joined = series.join(versions, (versions.c.workspace == series.c.workspace) & (versions.c.key == series.c.key))
    return [*(series.c[name] for name in SERIES), *place], joined


def records(connection: Connection, workspace: str) -> tuple[SeriesRecord, ...]:
    """All of a workspace, the newest first."""
    columns, joined = shown()
    found = connection.execute(
        select(*columns)
        .select_from(joined)
        .where(series.c.workspace == workspace)
        .order_by(series.c.created.desc(), series.c.id)
    )
    return tuple(series_record(row) for row in found)


def continued(kept: Sequence[SeriesRecord], names: Mapping[str, str], source: str) -> tuple[SeriesRecord, ...]:
    """The newest versions, at most one for a name, which contents of this source could continue.

    kept: all of a workspace, the newest first. names: by series id the key of the content. A content that already is one of
    several versions continues nothing, nor does one that came before what it would continue.
    """
    own = {one.key: one for one in kept}
    found: dict[str, SeriesRecord] = {}
    for one in kept:
        content = own.get(names.get(one.id, ""))
        is_older = content is None or one.created < content.created
        is_free = content is None or content.newest == 1
        if one.source == source and one.id in names and one.is_newest and is_older and is_free:
            found.setdefault(one.id, one)
    return tuple(found.values())


def remove(connection: Connection, workspace: str, key: str, now: datetime) -> None:
    """One version; the last one takes its subject with it.  Raises NotFoundError, and ConfigError while a run uses it."""
    require(connection, workspace, (key,))
    _refuse_used(connection, workspace, (key,))
    connection.execute(delete(series).where(series.c.workspace == workspace, series.c.key == key))
    _drop_empty(connection, workspace)
    note(connection, now, workspace, "series deleted", key)


def remove_subject(connection: Connection, workspace: str, subject: str, now: datetime) -> None:
    """All versions of a subject.  Raises NotFoundError, and ConfigError while a run uses one of them."""
    _require_subjects(connection, workspace, (subject,))
    keys = connection.execute(select(versions.c.key).where(versions.c.subject == subject)).scalars().all()
    _refuse_used(connection, workspace, keys)
    for key in keys:
        connection.execute(delete(series).where(series.c.workspace == workspace, series.c.key == key))
    _drop_empty(connection, workspace)
    note(connection, now, workspace, "series deleted", subject, versions=str(len(keys)))


def require(connection: Connection, workspace: str, keys: Sequence[str]) -> None:
    """Raises NotFoundError unless the workspace has them all."""
    require_all({row.key for row in _rows(connection, workspace, keys, "key")}, keys)


def require_all(found: object, keys: Sequence[str]) -> None:
    """Raises NotFoundError for the first key that was not found."""
    for key in keys:
        if key not in found:
            raise NotFoundError(f"there is no series {key[:12]!r} here; it may have been deleted: bring the data again")


def _rows(connection: Connection, workspace: str, keys: Sequence[str], *columns: str) -> list[Row]:
    found = []
    for first in range(0, len(keys), CHUNK):
        chosen = series.c.workspace == workspace, series.c.key.in_(keys[first : first + CHUNK])
        found.extend(connection.execute(select(*(series.c[name] for name in columns)).where(*chosen)))
    return found


def _require_subjects(connection: Connection, workspace: str, wanted: Iterable[str]) -> None:
    for subject in set(wanted):
        own = subjects.c.workspace == workspace, subjects.c.id == subject
        if connection.execute(select(subjects.c.id).where(*own)).one_or_none() is None:
            raise NotFoundError("there is no such series here; it may have been deleted: bring the data again")


def _users(connection: Connection, workspace: str, keys: Sequence[str]) -> dict[str, set[str]]:
    """The runs that use these contents, by key; none for a key that no run uses."""
    found: dict[str, set[str]] = {}
    for first in range(0, len(keys), CHUNK):
        chosen = run_series.c.workspace == workspace, run_series.c.key.in_(keys[first : first + CHUNK])
        for row in connection.execute(select(run_series.c.key, run_series.c.run_id).where(*chosen)):
            found.setdefault(row.key, set()).add(row.run_id)
    return found


def _refuse_used(connection: Connection, workspace: str, keys: Sequence[str]) -> None:
    users = len(set().union(*_users(connection, workspace, keys).values()))
    if users:
        what = "1 run uses this series; delete that run" if users == 1 else f"{users} runs use this series; delete those runs"
        raise ConfigError(f"{what} first")


def _insert(connection: Connection, workspace: str, key: str, one: TimeSeries, source: str, now: datetime) -> None:
    content = encode_series(one)
    more = {"workspace": workspace, "source": source, "created": now, "sha256": sha256(content), "content": content}
    connection.execute(insert(series).values(series_row(one, key) | more))


def _new_subject(connection: Connection, workspace: str, name: str, source: str, now: datetime) -> str:
    """The id of a subject that has no version yet."""
    subject = secrets.token_hex(8)
    row = {"id": subject, "workspace": workspace, "name": name, "source": source, "created": now}
    connection.execute(insert(subjects).values(row))
    return subject


def _place(connection: Connection, workspace: str, key: str, subject: str, number: int | None = None) -> None:
    """Make a content the version `number` of a subject; None: its next one."""
    if number is None:
        number = _next_number(connection, subject)
    connection.execute(insert(versions).values(workspace=workspace, key=key, subject=subject, number=number))


def _move(connection: Connection, workspace: str, key: str, subject: str) -> bool:
    """Make a kept content the next version of another subject; False if it is a version of this one."""
    own = versions.c.workspace == workspace, versions.c.key == key
    number = _next_number(connection, subject)
    moved = update(versions).where(*own, versions.c.subject != subject).values(subject=subject, number=number)
    return connection.execute(moved).rowcount > 0


def _next_number(connection: Connection, subject: str) -> int:
    newest = connection.execute(select(func.max(versions.c.number)).where(versions.c.subject == subject)).scalar_one()
    return (newest or 0) + 1


def _give_way(connection: Connection, workspace: str, keys: Sequence[str]) -> dict[str, tuple[str, int | None]]:
    """Delete those contents that no run uses. By series id the subject of each, and the number that became free."""
    used = _users(connection, workspace, keys)
    columns, joined = shown()
    places: dict[str, tuple[str, int | None]] = {}
    for key in keys:
        own = series.c.workspace == workspace, series.c.key == key
        row = connection.execute(select(*columns).select_from(joined).where(*own)).one_or_none()
        if row is None:
            continue  # deleted meanwhile
        places[row.id] = row.subject, None if key in used else row.version
        if key not in used:
            connection.execute(delete(series).where(*own))
    return places


def _drop_empty(connection: Connection, workspace: str) -> None:
    """Delete the subjects that have no version left."""
    left = select(versions.c.subject).where(versions.c.workspace == workspace)
    connection.execute(delete(subjects).where(subjects.c.workspace == workspace, subjects.c.id.not_in(left)))
