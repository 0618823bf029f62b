"""What the tests of the store are made of: small series, runs, results; and times that pass when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from core.codec import Encoded
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.timeseries import Panel, TimeSeries
from core.store.records import EpochRecord, NewTask, TaskUpdate
from core.store.store import Store

OWNER, STRANGER = "owner", "stranger"
VERSIONS = {"numpy": "2.4"}
FINISH = NewTask("finish", "Comparison", None, 0.1, 1)
RESULT = Encoded(b"summary of 7", b"arrays of 7")


def opened(store, token, passphrase, now):
    """What a first visit to a link does: the link and its copy, for a reader who is admitted; the view is counted."""
    store.admit(token, passphrase, now)
    link, copy = store.link(token, now), store.shared_copy(token, now)
    store.count_view(token, now)
    return link, copy


class Clock:
    """A wall clock that moves a second with each look."""

    def __init__(self) -> None:
        self.time = datetime(2031, 5, 17, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def months(name="sales", length=30, start="2010-01-01", **more):
    values = np.linspace(3.5, 80.25, length) ** 1.1
    index = pd.date_range(start, periods=length, freq="MS")
    return TimeSeries(name, index, values, np.arange(length) % 7 != 3, **more)


def spec_of(keys, *labels, horizon=3):
    return RunSpec(tuple(keys), tuple(ModelSpec("naive", label, {}) for label in labels or ("Naive",)), horizon)


def tasks_of(spec, finish=True):
    models = tuple(NewTask("model", model.label, model, 1.5, 1 << 20) for model in spec.models)
    return (*models, FINISH) if finish else models


def new_run(store: Store, *labels, workspace=OWNER, request="first", finish=True, title="Sales"):
    """A queued run of models with these labels; its id."""
    keys = store.add_series(workspace, Panel((months(),)), "sales.csv")
    spec = spec_of(keys, *labels)
    return store.create_run(workspace, title, spec, tasks_of(spec, finish), request, VERSIONS, "hash")[0]


def task_ids(store: Store, run_id, workspace=OWNER):
    return [task.id for task in store.run(workspace, run_id).tasks]


def done(store: Store, task_id, result=RESULT):
    """Claim a task and end it well."""
    attempt = store.claim(task_id, "worker")
    assert store.end_task(task_id, attempt, "done", seconds=2.5, result=result)


def failed(store: Store, task_id, state="failed"):
    attempt = store.claim(task_id, "worker")
    assert store.end_task(task_id, attempt, state, error="for a reason")


def finished_run(store: Store, *labels, workspace=OWNER, request="first", result=RESULT, title="Sales"):
    """A run all of whose tasks are done; its id."""
    run_id = new_run(store, *labels, workspace=workspace, request=request, title=title)
    for task_id in task_ids(store, run_id, workspace):
        done(store, task_id, result)
    return run_id


def flip(path, content, bit=0x01):
    """Change one bit of the file, in the one place that holds `content`."""
    whole = bytearray(path.read_bytes())
    assert whole.count(content) == 1
    whole[whole.index(content)] ^= bit
    path.write_bytes(whole)


def epoch(sequence, loss=0.5, seed=0, fit="final"):
    return EpochRecord(sequence, seed, fit, EpochLog(sequence, loss, loss / 2, 1.25, 0.1, 0.01, 0.2))


def update(task_id, attempt, fraction, *epochs, message="epoch"):
    return TaskUpdate(task_id, attempt, fraction, message, tuple(epochs))
