"""What the store gives back: plain values, never rows. Times are UTC, from the wall clock, and only ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.progress import EpochLog

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
LIVE = ("queued", "running")
ENDED = ("done", "failed", "cancelled", "interrupted")
FINISH = "finish"  # the kind of the last task of a run, which compares its models


@dataclass(frozen=True)
class SeriesRecord:
    """A stored series, without its values.

    key      its content: what a run names
    subject  what it is a version of, whatever its values
    version  its number among the versions of the subject, from 1; newest is that of the newest one
    """

    key: str
    id: str
    length: int
    start: str
    end: str
    freq: str | None
    season: int
    unit: str
    missing: int
    source: str
    created: datetime
    subject: str
    version: int
    newest: int

    @property
    def is_newest(self) -> bool:
        """Whether no later version of the subject is kept."""
        return self.version == self.newest


@dataclass(frozen=True)
class TaskRecord:
    """One model of a run, or what compares them (`kind` "finish", no model).

    fraction   of the work, in [0, 1];  attempt  0 before the first one
    place      its place in the queue, from 1; None unless it is queued
    predicted  seconds and bytes, by the cost model at launch
    """

    id: str
    run_id: str
    position: int
    kind: Literal["model", "finish"]
    label: str
    model: ModelSpec | None
    state: State
    attempt: int
    fraction: float
    message: str
    error: str | None
    queued: datetime
    started: datetime | None
    ended: datetime | None
    seconds: float | None
    predicted_seconds: float
    predicted_memory: int
    place: int | None = None


@dataclass(frozen=True)
class RunRecord:
    """A run and its tasks, in the order of their positions."""

    id: str
    title: str
    created: datetime
    state: State
    spec: RunSpec
    versions: Mapping[str, str]
    data_hash: str
    series: tuple[SeriesRecord, ...]
    tasks: tuple[TaskRecord, ...]
    best: str | None = None  # the label of the best model, once the run is finished


@dataclass(frozen=True)
class EpochRecord:
    """One stored epoch of a task's newest attempt."""

    sequence: int
    seed: int
    fit: str
    epoch: EpochLog


@dataclass(frozen=True)
class NewTask:
    """A task as it is launched."""

    kind: Literal["model", "finish"]
    label: str
    model: ModelSpec | None
    predicted_seconds: float
    predicted_memory: int


@dataclass(frozen=True)
class QueuedTask:
    """A task that waits, with what a fair choice needs. `sequence` orders launches."""

    id: str
    run_id: str
    workspace: str
    kind: Literal["model", "finish"]
    position: int
    sequence: int
    predicted_memory: int
    predicted_seconds: float = 0.0


@dataclass(frozen=True)
class TaskUpdate:
    """What a running attempt has to say; written only if it still is the newest attempt and running."""

    task_id: str
    attempt: int
    fraction: float
    message: str
    epochs: tuple[EpochRecord, ...] = ()


@dataclass(frozen=True)
class ShareRecord:
    """A link, without its token. views: how often it was opened."""

    id: str
    run_id: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    includes_data: bool
    has_passphrase: bool
    views: int


@dataclass(frozen=True)
class Link:
    """What a link that still works leads to. digest: SHA-256 of its frozen copy, in hex."""

    id: str
    digest: str
    has_passphrase: bool


@dataclass(frozen=True)
class AuditRecord:
    """Who did what, when; append-only."""

    sequence: int
    time: datetime
    workspace: str
    action: str
    subject: str
    detail: Mapping[str, str] = field(default_factory=dict)
