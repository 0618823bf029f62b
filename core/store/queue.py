"""The store's part for the supervisor: tasks that wait, attempts at them, and what comes of those, of all workspaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from core.codec import Encoded
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.store import attempts
from core.store.records import QueuedTask, State, TaskUpdate
from core.store.sqlite.database import Database


class Queue:
    """The tasks of every workspace. A `Store` is a queue that people also use. Every call may raise StoreError."""

    database: Database
    now: Callable[[], datetime]

    def queued(self) -> tuple[QueuedTask, ...]:
        """The tasks that can start, in the order of launch; the comparison of a run only when its models have ended."""
        with self.database.reading() as connection:
            return attempts.queued(connection)

    def claim(self, task_id: str, worker: str) -> int | None:
        """The number of the attempt that begins; None if the task does not wait any more."""
        with self.database.writing() as connection:
            return attempts.claim(connection, task_id, worker, self.now())

    def payload(self, task_id: str) -> tuple[RunSpec, ModelSpec | None, Panel]:
        """What a worker needs.  Raises NotFoundError, DamagedError."""
        with self.database.reading() as connection:
            return attempts.payload(connection, task_id)

    def write(self, updates: Sequence[TaskUpdate]) -> None:
        """What running attempts say, in one transaction; what an old attempt says changes nothing."""
        with self.database.writing() as connection:
            attempts.write(connection, updates)

    def end_task(
        self,
        task_id: str,
        attempt: int,
        state: State,
        *,
        error: str | None = None,
        seconds: float | None = None,
        result: Encoded | None = None,
    ) -> bool:
        """How an attempt ended, with its result, and the run's state after it; False if it is not the running attempt.

        What the result has aside is kept as the task's weights.
        """
        ended = {"state": state, "error": error, "seconds": seconds, "ended": self.now()}
        whole = {"fraction": 1.0} if state == "done" else {}
        with self.database.writing() as connection:
            return attempts.end(connection, task_id, attempt, ended | whole, result)

    def requeue(self, task_id: str, attempt: int, message: str) -> bool:
        """Back into the queue for another attempt; False if it is not the running attempt."""
        waits = {"state": "queued", "message": message, "fraction": 0.0, "queued": self.now()}
        with self.database.writing() as connection:
            return attempts.end(connection, task_id, attempt, waits, None)

    def interrupt_all(self, message: str) -> int:
        """Interrupt what runs and what waits; how many tasks."""
        with self.database.writing() as connection:
            return attempts.interrupt_all(connection, message, self.now())

    def outcomes(self, run_id: str) -> tuple[tuple[str, Encoded | None, str | None], ...]:
        """Label, result and error of each model's task, in order; an error only without a result.  Raises DamagedError."""
        with self.database.reading() as connection:
            return attempts.outcomes(connection, run_id)

    def set_best(self, run_id: str, label: str | None) -> None:
        """The label of the best model of a run that is done."""
        with self.database.writing() as connection:
            attempts.set_best(connection, run_id, label)
