"""Rows of the tables as the values of `records`, and values as rows."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

import numpy as np
from sqlalchemy import Row

from core.codec import Encoded
from core.errors import DamagedError
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.timeseries import TimeSeries, labels
from core.store.records import EpochRecord, RunRecord, SeriesRecord, ShareRecord, TaskRecord

EPOCH = ("sequence", "seed", "fit", *(one.name for one in fields(EpochLog)))
SERIES = ("key", "id", "length", "start", "end", "freq", "season", "unit", "missing", "source", "created")
VERSION = ("subject", "version", "newest")
TASK = (
    "id", "run_id", "position", "kind", "label", "state", "attempt", "fraction", "message", "error",
    "queued", "started", "ended", "seconds", "predicted_seconds", "predicted_memory",
)  # fmt: skip
SHARE = ("id", "run_id", "created", "expires", "revoked", "includes_data", "views")


def sha256(content: bytes) -> str:
    """Its SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def series_row(series: TimeSeries, key: str) -> dict[str, object]:
    """What a list of series shows of it."""
    return {
        "key": key,
        "id": series.id,
        "length": len(series),
        "start": str(labels(series.index[:1])[0]),
        "end": str(labels(series.index[-1:])[0]),
        "freq": series.freq,
        "season": series.season,
        "unit": series.unit,
        "missing": int(np.count_nonzero(~series.observed)),
    }


def encoded_row(encoded: Encoded) -> dict[str, object]:
    """Both parts that a row holds, each with its SHA-256."""
    return {
        "summary": encoded.summary,
        "arrays": encoded.arrays,
        "summary_sha256": sha256(encoded.summary),
        "arrays_sha256": sha256(encoded.arrays),
    }


def encoded(row: Row, what: str) -> Encoded:
    """The bytes of `what`, if they are those that were stored.  Raises DamagedError."""
    checked(row.summary, row.summary_sha256, what)
    checked(row.arrays, row.arrays_sha256, what)
    return Encoded(row.summary, row.arrays)


def checked(content: bytes, expected: str, what: str) -> bytes:
    """The content, if it has this SHA-256.  Raises DamagedError naming `what`."""
    if sha256(content) != expected:
        raise DamagedError(
            f"{what} is damaged: its {len(content):,} bytes have not the SHA-256 with which they were stored; make it anew"
        )
    return content


def series_record(row: Row) -> SeriesRecord:
    return SeriesRecord(**{name: getattr(row, name) for name in (*SERIES, *VERSION)})


def task_record(row: Row) -> TaskRecord:
    """Without its place in the queue, which depends on what runs."""
    model = None if row.model is None else ModelSpec.of_json(row.model)
    return TaskRecord(model=model, **{name: getattr(row, name) for name in TASK})


def run_record(row: Row, series: Sequence[SeriesRecord], tasks: Sequence[TaskRecord]) -> RunRecord:
    names = ("id", "title", "created", "state", "versions", "data_hash", "best")
    plain = {name: getattr(row, name) for name in names}
    return RunRecord(spec=RunSpec.of_json(row.spec), series=tuple(series), tasks=tuple(tasks), **plain)


def share_record(row: Row) -> ShareRecord:
    return ShareRecord(has_passphrase=row.passphrase is not None, **{name: getattr(row, name) for name in SHARE})


def epoch_row(task_id: str, attempt: int, one: EpochRecord) -> dict[str, object]:
    plain = {"task_id": task_id, "attempt": attempt, "sequence": one.sequence, "seed": one.seed, "fit": one.fit}
    return plain | asdict(one.epoch)


def epoch_record(values: Sequence) -> EpochRecord:
    """values: the columns of EPOCH. SQLite keeps a NaN as NULL; a loss that is NaN comes back as one.

    By position, not by name: a live page reads a thousand of them each second.
    """
    sequence, seed, fit, epoch, *losses = values
    return EpochRecord(sequence, seed, fit, EpochLog(epoch, *[math.nan if loss is None else loss for loss in losses]))


def model_fields(model: ModelSpec | None) -> Mapping[str, object] | None:
    return None if model is None else asdict(model)
