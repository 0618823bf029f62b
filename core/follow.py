"""Watch a run of a workbench until it has ended, and say what happens as JSON lines: for tests and for use without pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TextIO

from core.report.summary import certificates, scores_of
from core.store.records import LIVE, TaskRecord
from core.workbench import RunView, Workbench

PAUSE = 0.1  # seconds between two looks


def follow(
    workbench: Workbench, workspace: str, run_id: str, out: TextIO, *, is_stopped: Callable[[], bool] = lambda: False
) -> RunView:
    """Print every change of a task as a line, each epoch as a line, and the end of the run; the run as it then was.

    Ends early, without the end of the run, when `is_stopped` says so.
    """
    told: dict[str, tuple[object, ...]] = {}
    epochs: dict[str, int] = {}
    while True:
        view = workbench.run(workspace, run_id)
        for task in view.record.tasks:
            _say_epochs(out, task, view, epochs)
            if told.get(task.id) != _state(task):
                told[task.id] = _state(task)
                _say(out, _event(task))
        if not view.is_live and view.record.state not in LIVE:
            _say(out, _end(workbench, workspace, view))
            return view
        if is_stopped():
            return view
        time.sleep(PAUSE)


def _end(workbench: Workbench, workspace: str, view: RunView) -> dict[str, object]:
    """The end of a run, with what it found."""
    run_id = view.record.id
    comparison = workbench.comparison(workspace, run_id)
    results = {one.model.label: one for one in workbench.results(workspace, run_id)}
    return {
        "event": "run",
        "run": run_id,
        "state": view.record.state,
        "best": view.record.best,
        "verdict": comparison and comparison.verdict,
        "scores": {label: scores_of(one.scores) for label, one in results.items() if one.scores},
        "certificate": certificates(results.values()),
    }


def _state(task: TaskRecord) -> tuple[object, ...]:
    return task.state, task.attempt, task.fraction, task.message, task.error, task.place


def _event(task: TaskRecord) -> dict[str, object]:
    return {
        "event": "task",
        "task": task.id,
        "label": task.label,
        "state": task.state,
        "attempt": task.attempt,
        "fraction": task.fraction,
        "message": task.message,
        "error": task.error,
        "place": task.place,
        "seconds": task.seconds,
    }


def _say_epochs(out: TextIO, task: TaskRecord, view: RunView, told: dict[str, int]) -> None:
    """The epochs that were not told yet; a new attempt begins anew."""
    rows = view.epochs.get(task.id, ())
    last = told.get(task.id, 0)
    if rows and rows[-1].sequence < last:
        last = 0
    for row in rows:
        if row.sequence > last:
            whose = {
                "event": "epoch",
                "task": task.id,
                "label": task.label,
                "attempt": task.attempt,
                "seed": row.seed,
                "fit": row.fit,
            }
            _say(out, whose | asdict(row.epoch))
            told[task.id] = row.sequence


def _say(out: TextIO, event: dict[str, object]) -> None:
    out.write(json.dumps(event, ensure_ascii=False) + "\n")
    out.flush()
