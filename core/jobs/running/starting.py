"""A worker for a task: what it is handed, and its process with a pipe that hears it."""

from __future__ import annotations

import json
import time
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from core.jobs.planning.limits import JobLimits
from core.jobs.running.messages import Order
from core.jobs.running.slots import RESULT
from core.jobs.running.worker import work
from core.series.codec import encode_series
from core.store.records import FINISH, QueuedTask
from core.store.store import Store

PAUSES = (0.02, 0.1, 0.5)  # seconds until the death of the workers' parent is known, and a new one takes its place


def started(
    context: BaseContext, store: Store, task: QueuedTask, folder: Path, limits: JobLimits
) -> tuple[BaseProcess, Connection]:
    """A process that computes the task in `folder`, which it makes, and the end of the pipe that hears it.

    Raises AppError for a task whose data cannot be read, OSError or EOFError when there is no process to be had.
    """
    order = _order(store, task, folder, limits)
    folder.mkdir(parents=True)
    ear, mouth = context.Pipe(duplex=False)
    with mouth:
        process = context.Process(target=work, args=(mouth, order), daemon=True)
        try:
            _start(process)
        except BaseException:
            ear.close()
            raise
    return process, ear


def _order(store: Store, task: QueuedTask, folder: Path, limits: JobLimits) -> Order:
    spec, model, panel = store.payload(task.id)
    others = store.outcomes(task.run_id) if task.kind == FINISH else ()
    return Order(
        spec=json.dumps(spec.as_json()),
        label=model.label if model else "",
        series=tuple(encode_series(series) for series in panel),
        place=str(folder / RESULT),
        memory=limits.task_memory,
        largest_file=limits.task_file,
        results={label: (found.summary, found.arrays) for label, found, _ in others if found is not None},
        errors={label: error for label, found, error in others if found is None},
    )


def _start(process: BaseProcess) -> None:
    """Start it, and again if the parent of the workers has just died."""
    for pause in PAUSES:
        try:
            return process.start()
        except (EOFError, ConnectionError):
            time.sleep(pause)
    return process.start()
