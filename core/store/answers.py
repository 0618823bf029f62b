"""Small computations that a page asked for, kept under the digest of what they were computed from.

A cache, not a record: a workspace keeps the newest ones, and an answer goes with the series or the run that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, func, insert, select

from core.store.rows import sha256
from core.store.tables import answers, runs, series

MOST = 2_000  # answers of a workspace
MOST_BYTES = 64 << 20  # of the answers of a workspace together


@dataclass(frozen=True)
class NewAnswer:
    """An answer as it is kept. seconds: what it took; run_id, series_key: what it is about, None if it is not about one."""

    digest: str
    kind: str
    content: bytes
    seconds: float
    run_id: str | None = None
    series_key: str | None = None


def answer(connection: Connection, workspace: str, digest: str) -> bytes | None:
    """Its bytes; None if there is none, or if they are not those that were kept: it is computed again then."""
    row = _row(connection, workspace, digest)
    return row.content if row is not None and _is_sound(row) else None


def keep(connection: Connection, workspace: str, new: NewAnswer, now: datetime) -> None:
    """Keep an answer unless it is there, or what it is about is gone; the oldest ones make room for it.

    One of more than MOST_BYTES is not kept.
    """
    size = len(new.content)
    if size > MOST_BYTES or not _is_about_something(connection, workspace, new):
        return
    row = _row(connection, workspace, new.digest)
    if row is not None and _is_sound(row):
        return
    connection.execute(delete(answers).where(answers.c.workspace == workspace, answers.c.digest == new.digest))
    _make_room(connection, workspace, size)
    connection.execute(
        insert(answers).values(
            workspace=workspace, digest=new.digest, kind=new.kind, run_id=new.run_id, series_key=new.series_key, created=now,
            seconds=new.seconds, size=size, sha256=sha256(new.content), content=new.content,
        )
    )  # fmt: skip


def _row(connection: Connection, workspace: str, digest: str) -> Row | None:
    return connection.execute(
        select(answers.c.content, answers.c.sha256).where(answers.c.workspace == workspace, answers.c.digest == digest)
    ).one_or_none()


def _is_sound(row: Row) -> bool:
    return sha256(row.content) == row.sha256


def _is_about_something(connection: Connection, workspace: str, new: NewAnswer) -> bool:
    """Whether the workspace still has the run and the series that the answer names."""
    run = select(func.count()).select_from(runs).where(runs.c.workspace == workspace, runs.c.id == new.run_id)
    one = select(func.count()).select_from(series).where(series.c.workspace == workspace, series.c.key == new.series_key)
    asked = [query for query, name in ((run, new.run_id), (one, new.series_key)) if name is not None]
    return all(connection.execute(query).scalar_one() for query in asked)


def _make_room(connection: Connection, workspace: str, size: int) -> None:
    """Delete the oldest answers until one more of `size` bytes keeps to the bounds."""
    found = connection.execute(
        select(answers.c.digest, answers.c.size)
        .where(answers.c.workspace == workspace)
        .order_by(answers.c.created, answers.c.digest)
    ).all()
    count, total = len(found), sum(row.size for row in found)
    for row in found:
        if count < MOST and total + size <= MOST_BYTES:
            return
        connection.execute(delete(answers).where(answers.c.workspace == workspace, answers.c.digest == row.digest))
        count, total = count - 1, total - row.size
