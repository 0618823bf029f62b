"""What a person may do with the tasks of a run: stop them, and queue them anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select, update

from core.store.attempts import follow
from core.store.audit import note
from core.store.records import FINISH, LIVE
from core.store.runs import require, require_task
from core.store.tables import results, runs, tasks

REPEATABLE = ("failed", "cancelled", "interrupted")


def cancel(connection: Connection, workspace: str, run_id: str, task_id: str | None, now: datetime) -> tuple[str, ...]:
    """End what waits; the ids of what runs, which somebody has to stop.  task_id None: all of the run."""
    if task_id is None:
        require(connection, workspace, run_id)
    else:
        require_task(connection, workspace, run_id, task_id)
    own = [tasks.c.run_id == run_id] + ([tasks.c.id == task_id] if task_id is not None else [])
    running = connection.execute(select(tasks.c.id).where(*own, tasks.c.state == "running").order_by(tasks.c.position))
    ids = tuple(running.scalars())
    waiting = update(tasks).where(*own, tasks.c.state == "queued")
    count = connection.execute(waiting.values(state="cancelled", error="cancelled", ended=now)).rowcount
    if count or ids:
        follow(connection, run_id)
        note(connection, now, workspace, "cancelled", task_id or run_id, waiting=str(count), running=str(len(ids)))
    return ids


def retry(connection: Connection, workspace: str, run_id: str, task_id: str, now: datetime) -> bool:
    """Queue a task anew that has ended without a result, and the comparison with it; False if it has not."""
    task = require_task(connection, workspace, run_id, task_id)
    if task.state not in REPEATABLE:
        return False
    _queue(connection, run_id, [tasks.c.id == task_id], now)
    note(connection, now, workspace, "retried", task_id)
    return True


def resume(connection: Connection, workspace: str, run_id: str, now: datetime) -> int:
    """Queue the interrupted tasks anew; how many. What is done stays done, but models are compared again."""
    require(connection, workspace, run_id)
    count = _queue(connection, run_id, [tasks.c.state == "interrupted"], now)
    if count:
        note(connection, now, workspace, "resumed", run_id, tasks=str(count))
    return count


def _queue(connection: Connection, run_id: str, chosen: Sequence[ColumnElement[bool]], now: datetime) -> int:
    """Queue the chosen tasks of a run; how many. The comparison goes with them: one that runs now lacks a model.

    Its old result goes too, for it is about to be another.
    """
    own = tasks.c.run_id == run_id
    fresh = {"state": "queued", "fraction": 0.0, "message": "", "error": None, "seconds": None, "queued": now, "ended": None}
    count = connection.execute(update(tasks).where(own, *chosen).values(fresh)).rowcount
    if not count:
        return 0
    connection.execute(update(tasks).where(own, tasks.c.kind == FINISH, tasks.c.state != "queued").values(fresh))
    again = select(tasks.c.id).where(own, tasks.c.state.in_(LIVE))
    connection.execute(delete(results).where(results.c.task_id.in_(again)))
    connection.execute(update(runs).where(runs.c.id == run_id).values(best=None))
    follow(connection, run_id)
    return count
