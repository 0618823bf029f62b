"""What the supervisor asks and tells of tasks. Every write names the attempt that it is about; an old one changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import sqlite

from core.codec import Encoded
from core.errors import NotFoundError
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.store import series
from core.store.records import FINISH, LIVE, QueuedTask, TaskUpdate
from core.store.rows import encoded, encoded_row, epoch_row, sha256
from core.store.states import run_state
from core.store.tables import epochs, results, runs, tasks, weights

QUEUED = ("id", "run_id", "kind", "position", "predicted_memory", "predicted_seconds")


def queued(connection: Connection) -> tuple[QueuedTask, ...]:
    """The tasks that can start, in the order of launch and position; what compares models only when they all have ended."""
    columns = [tasks.c[name] for name in QUEUED]
    found = connection.execute(
        select(*columns, runs.c.workspace, runs.c.sequence)
        .join(runs, tasks.c.run_id == runs.c.id)
        .where(tasks.c.state == "queued", _can_start())
        .order_by(runs.c.sequence, tasks.c.position)
    )
    return tuple(QueuedTask(**row._mapping) for row in found)


def claim(connection: Connection, task_id: str, worker: str, now: datetime) -> int | None:
    """The number of the attempt that begins; None if the task does not wait any more."""
    began = {"state": "running", "attempt": tasks.c.attempt + 1, "worker": worker, "started": now, "ended": None}
    fresh = {"fraction": 0.0, "message": "", "error": None, "seconds": None}
    waiting = tasks.c.id == task_id, tasks.c.state == "queued", _can_start()
    if not connection.execute(update(tasks).where(*waiting).values(began | fresh)).rowcount:
        return None
    row = connection.execute(select(tasks.c.run_id, tasks.c.attempt).where(tasks.c.id == task_id)).one()
    follow(connection, row.run_id)
    return row.attempt


def payload(connection: Connection, task_id: str) -> tuple[RunSpec, ModelSpec | None, Panel]:
    """What a worker needs.  Raises NotFoundError, DamagedError."""
    row = connection.execute(
        select(runs.c.spec, runs.c.workspace, tasks.c.model)
        .join(runs, tasks.c.run_id == runs.c.id)
        .where(tasks.c.id == task_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no task {task_id[:20]!r} any more; its run was deleted")
    spec = RunSpec.of_json(row.spec)
    model = None if row.model is None else ModelSpec.of_json(row.model)
    return spec, model, series.panel(connection, row.workspace, spec.series)


def write(connection: Connection, updates: Sequence[TaskUpdate]) -> None:
    """What running attempts say. An epoch that was written before is not written twice."""
    for one in updates:
        said = update(tasks).where(*_is_current(one.task_id, one.attempt)).values(fraction=one.fraction, message=one.message)
        if connection.execute(said).rowcount and one.epochs:
            rows = [epoch_row(one.task_id, one.attempt, epoch) for epoch in one.epochs]
            connection.execute(sqlite.insert(epochs).on_conflict_do_nothing(), rows)


def end(connection: Connection, task_id: str, attempt: int, ended: dict[str, object], result: Encoded | None) -> bool:
    """Set the columns `ended` of a running attempt and keep its result with its weights; False if it is not the running one."""
    changed = connection.execute(update(tasks).where(*_is_current(task_id, attempt)).values(ended))
    if not changed.rowcount:
        return False
    if result is not None:
        _keep(connection, task_id, result)
    follow(connection, _run_of(connection, task_id))
    return True


def interrupt_all(connection: Connection, message: str, now: datetime) -> int:
    """Every task that waits or runs is interrupted; how many."""
    chosen = tasks.c.state.in_(LIVE)
    run_ids = connection.execute(select(tasks.c.run_id).where(chosen).distinct()).scalars().all()
    changed = connection.execute(update(tasks).where(chosen).values(state="interrupted", error=message, ended=now))
    for run_id in run_ids:
        follow(connection, run_id)
    return changed.rowcount


def outcomes(connection: Connection, run_id: str) -> tuple[tuple[str, Encoded | None, str | None], ...]:
    """Label, result and error of each model's task; an error only where there is no result.  Raises DamagedError."""
    found = connection.execute(
        select(tasks.c.label, tasks.c.state, tasks.c.error, results)
        .outerjoin(results, results.c.task_id == tasks.c.id)
        .where(tasks.c.run_id == run_id, tasks.c.kind != FINISH)
        .order_by(tasks.c.position)
    )
    kept = []
    for row in found:
        if row.summary is None:
            kept.append((row.label, None, row.error or f"it was {row.state}"))
        else:
            kept.append((row.label, encoded(row, f"the result of {row.label!r}"), None))
    return tuple(kept)


def set_best(connection: Connection, run_id: str, label: str | None) -> None:
    """The label of the best model of a run that is done; one that was queued again meanwhile keeps none."""
    connection.execute(update(runs).where(runs.c.id == run_id, runs.c.state == "done").values(best=label))


def follow(connection: Connection, run_id: str) -> None:
    """Bring the run's state to what its tasks say."""
    found = connection.execute(select(tasks.c.kind, tasks.c.state).where(tasks.c.run_id == run_id))
    state = run_state((row.kind, row.state) for row in found)
    connection.execute(update(runs).where(runs.c.id == run_id, runs.c.state != state).values(state=state))


def _keep(connection: Connection, task_id: str, result: Encoded) -> None:
    """Keep a result, and the weights that it has aside, instead of those of an earlier attempt."""
    for table in (results, weights):
        connection.execute(delete(table).where(table.c.task_id == task_id))
    connection.execute(insert(results).values(task_id=task_id, **encoded_row(result)))
    if result.aside:
        connection.execute(insert(weights).values(task_id=task_id, sha256=sha256(result.aside), content=result.aside))


def _is_current(task_id: str, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return tasks.c.id == task_id, tasks.c.attempt == attempt, tasks.c.state == "running"


def _can_start() -> ColumnElement[bool]:
    """Of a task: it is a model, or all models of its run have ended."""
    model = tasks.alias("model")
    unfinished = select(model.c.id).where(model.c.run_id == tasks.c.run_id, model.c.kind != FINISH, model.c.state.in_(LIVE))
    return or_(tasks.c.kind != FINISH, ~unfinished.correlate(tasks).exists())


def _run_of(connection: Connection, task_id: str) -> str:
    return connection.execute(select(tasks.c.run_id).where(tasks.c.id == task_id)).scalar_one()
