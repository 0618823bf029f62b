"""The runs of a workspace, in the database. What happens to their tasks is in `tasks`."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core.codec import Encoded, decode_arrays
from core.errors import ConfigError, NotFoundError
from core.evaluation.spec import RunSpec
from core.store import series
from core.store.audit import note
from core.store.records import LIVE, EpochRecord, NewTask, RunRecord, SeriesRecord, TaskRecord
from core.store.rows import EPOCH, checked, encoded, epoch_record, model_fields, run_record, series_record, task_record
from core.store.tables import epochs, results, run_series, runs, tasks, weights
from core.store.tables import series as series_table


@dataclass(frozen=True)
class NewRun:
    """A run as it is launched. request: what makes a second launch the same one."""

    title: str
    spec: RunSpec
    tasks: tuple[NewTask, ...]
    request: str
    versions: dict[str, str]
    data_hash: str


def create(connection: Connection, workspace: str, new: NewRun, now: datetime) -> tuple[str, bool]:
    """Its id and True; if the request was made before, the id of that run and False.  Raises NotFoundError for its series."""
    known = of_request(connection, workspace, new.request)
    if known is not None:
        return known, False
    series.require(connection, workspace, new.spec.series)
    run_id = secrets.token_hex(8)
    plain = {name: getattr(new, name) for name in ("title", "request", "versions", "data_hash")}
    more = {"id": run_id, "workspace": workspace, "created": now, "state": "queued", "spec": new.spec.as_json()}
    connection.execute(insert(runs).values(plain | more))
    used = [{"run_id": run_id, "position": at, "workspace": workspace, "key": key} for at, key in enumerate(new.spec.series)]
    if used:
        connection.execute(insert(run_series), used)
    connection.execute(insert(tasks), [_task_row(run_id, at, task, now) for at, task in enumerate(new.tasks)])
    note(connection, now, workspace, "created", run_id, tasks=str(len(new.tasks)))
    return run_id, True


def of_request(connection: Connection, workspace: str, request: str) -> str | None:
    """The run that a request made, None if there is none."""
    return connection.execute(
        select(runs.c.id).where(runs.c.workspace == workspace, runs.c.request == request)
    ).scalar_one_or_none()


def records(connection: Connection, workspace: str) -> tuple[RunRecord, ...]:
    """All of a workspace, the newest first."""
    return _whole(connection, workspace, connection.execute(select(runs).where(runs.c.workspace == workspace)
                                                            .order_by(runs.c.sequence.desc())).all())  # fmt: skip


def record(connection: Connection, workspace: str, run_id: str) -> RunRecord:
    """Raises NotFoundError."""
    return _whole(connection, workspace, [require(connection, workspace, run_id)])[0]


def require(connection: Connection, workspace: str, run_id: str) -> Row:
    """The run's row.  Raises NotFoundError, in the same words whether it is unknown or somebody else's."""
    row = connection.execute(select(runs).where(runs.c.workspace == workspace, runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no run {run_id[:20]!r} here; it may have been deleted")
    return row


def require_task(connection: Connection, workspace: str, run_id: str, task_id: str) -> Row:
    """The row of a task of this run.  Raises NotFoundError."""
    require(connection, workspace, run_id)
    row = connection.execute(select(tasks).where(tasks.c.run_id == run_id, tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no task {task_id[:20]!r} in this run; open the run again")
    return row


def rename(connection: Connection, workspace: str, run_id: str, title: str, now: datetime) -> None:
    """Raises NotFoundError."""
    row = require(connection, workspace, run_id)
    connection.execute(update(runs).where(runs.c.sequence == row.sequence).values(title=title))
    note(connection, now, workspace, "renamed", run_id)


def remove(connection: Connection, workspace: str, run_id: str, now: datetime) -> None:
    """A run with its tasks, epochs, results and links.  Raises NotFoundError, and ConfigError while it is live."""
    row = require(connection, workspace, run_id)
    if row.state in LIVE:
        raise ConfigError(f"the run is {row.state}; cancel it before it is deleted")
    connection.execute(delete(runs).where(runs.c.sequence == row.sequence))
    note(connection, now, workspace, "deleted", run_id)


def result(connection: Connection, workspace: str, run_id: str, task_id: str) -> Encoded | None:
    """None until the task is done.  Raises NotFoundError, DamagedError."""
    task = require_task(connection, workspace, run_id, task_id)
    row = connection.execute(select(results).where(results.c.task_id == task_id)).one_or_none()
    return None if row is None else encoded(row, f"the result of {task.label!r}")


def fitted(connection: Connection, workspace: str, run_id: str, task_id: str) -> dict[str, np.ndarray]:
    """The arrays of a task's final fits; none until it is done.  Raises NotFoundError, DamagedError."""
    task = require_task(connection, workspace, run_id, task_id)
    row = connection.execute(select(weights).where(weights.c.task_id == task_id)).one_or_none()
    return {} if row is None else decode_arrays(checked(row.content, row.sha256, f"what {task.label!r} learned"))


def losses(connection: Connection, workspace: str, run_id: str, points: int) -> dict[str, tuple[EpochRecord, ...]]:
    """By task id, of the newest attempt, each k-th epoch back from the last one, so that at most `points` remain."""
    require(connection, workspace, run_id)
    newest = epochs.c.task_id == tasks.c.id, epochs.c.attempt == tasks.c.attempt
    last = select(func.max(epochs.c.sequence)).where(*newest).scalar_subquery()
    found = connection.execute(select(tasks.c.id, tasks.c.attempt, last).where(tasks.c.run_id == run_id)).all()
    return {
        task_id: _thinned(connection, task_id, attempt, last, math.ceil(last / points))
        for task_id, attempt, last in found
        if last is not None
    }


def _thinned(connection: Connection, task_id: str, attempt: int, last: int, step: int) -> tuple[EpochRecord, ...]:
    """Every `step`-th epoch of an attempt, back from the last one."""
    found = connection.execute(
        select(*(epochs.c[name] for name in EPOCH))
        .where(epochs.c.task_id == task_id, epochs.c.attempt == attempt, (last - epochs.c.sequence) % step == 0)
        .order_by(epochs.c.sequence)
    )
    return tuple(epoch_record(row) for row in found)


def live_count(connection: Connection, workspace: str | None) -> tuple[int, int]:
    """How many runs and tasks are queued or running, of one workspace or of all."""
    own = [] if workspace is None else [runs.c.workspace == workspace]
    live_runs = select(func.count()).select_from(runs).where(runs.c.state.in_(LIVE), *own)
    live_tasks = (
        select(func.count()).select_from(tasks.join(runs, tasks.c.run_id == runs.c.id)).where(tasks.c.state.in_(LIVE), *own)
    )
    return connection.execute(live_runs).scalar_one(), connection.execute(live_tasks).scalar_one()


def _task_row(run_id: str, position: int, task: NewTask, now: datetime) -> dict[str, object]:
    plain = {name: getattr(task, name) for name in ("kind", "label", "predicted_seconds", "predicted_memory")}
    start = {"state": "queued", "attempt": 0, "fraction": 0.0, "message": "", "queued": now}
    return (
        plain | start | {"id": secrets.token_hex(8), "run_id": run_id, "position": position, "model": model_fields(task.model)}
    )


def _whole(connection: Connection, workspace: str, rows: Sequence[Row]) -> tuple[RunRecord, ...]:
    """The runs of these rows with their series and tasks, in two queries more, however many there are."""
    own = [runs.c.workspace == workspace] + ([runs.c.id == rows[0].id] if len(rows) == 1 else [])
    of_run = tasks.join(runs, tasks.c.run_id == runs.c.id)
    found = connection.execute(select(tasks).select_from(of_run).where(*own).order_by(tasks.c.position))
    made = _grouped((row.run_id, task_record(row)) for row in found)
    columns, versioned = series.shown()
    joined = run_series.join(runs, run_series.c.run_id == runs.c.id).join(
        versioned, (series_table.c.workspace == run_series.c.workspace) & (series_table.c.key == run_series.c.key)
    )
    kept = connection.execute(
        select(run_series.c.run_id, *columns).select_from(joined).where(*own).order_by(run_series.c.position)
    )
    used = _grouped((row.run_id, series_record(row)) for row in kept)
    return tuple(run_record(row, used.get(row.id, ()), made.get(row.id, ())) for row in rows)


def _grouped(pairs: Iterable[tuple[str, SeriesRecord | TaskRecord]]) -> dict[str, list]:
    groups: dict[str, list] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups
