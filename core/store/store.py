"""The store of a home: every call of a page or the supervisor, each in one transaction.

Calls for people take their workspace, and know nothing of any other; those without one are the supervisor's. Values in, values
out; safe from many threads. Every call may raise StoreError: busy, full, damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from core.codec import Encoded
from core.evaluation.spec import RunSpec
from core.series.timeseries import Panel
from core.store import answers, audit, runs, series, shares, tasks
from core.store.passphrases import Passphrases
from core.store.queue import Queue
from core.store.records import (
    AuditRecord,
    EpochRecord,
    Link,
    NewTask,
    RunRecord,
    SeriesRecord,
    ShareRecord,
)
from core.store.sqlite.database import Database
from core.store.sqlite.opening import open_database


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Store(Queue):
    """See the module's text. notice: what happened to an earlier store when this one was opened, None if nothing did."""

    def __init__(self, database: Database, notice: str | None, now: Callable[[], datetime]) -> None:
        self.database, self.notice, self.now = database, notice, now
        self.passphrases = Passphrases()

    @classmethod
    def open(cls, home: Path, *, busy_seconds: float = 10.0, now: Callable[[], datetime] = utc_now) -> Self:
        """The store of `home`, made if there is none.

        A call waits `busy_seconds` for another process that writes.  Raises StoreError.
        """
        database, notice = open_database(home, busy_seconds, now)
        return cls(database, notice, now)

    def close(self) -> None:
        """Move the log into the file and let go of both."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- series -----------------------------------------------------------------------------------------------------

    def add_series(
        self, workspace: str, panel: Panel, source: str, *, continues: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Keep series; their keys. Existing ones are not stored again.

        continues: by series id the subjects that get the next version; None: each is a subject of its own.  Raises
        NotFoundError for a subject that is gone; nothing is kept then.
        """
        with self.database.writing() as connection:
            return series.add(connection, workspace, panel, source, self.now(), continues or {})

    def replace_series(self, workspace: str, former: tuple[str, ...], panel: Panel, source: str) -> tuple[str, ...]:
        """Keep another reading of the same data; the keys. What the `former` one gave is deleted unless a run uses it."""
        with self.database.writing() as connection:
            keys = series.replace(connection, workspace, former, panel, source, self.now())
            self.database.sweep_after()
            return keys

    def panel(self, workspace: str, keys: tuple[str, ...]) -> Panel:
        """Raises NotFoundError, DamagedError."""
        with self.database.reading() as connection:
            return series.panel(connection, workspace, keys)

    def series(self, workspace: str) -> tuple[SeriesRecord, ...]:
        """The newest first."""
        with self.database.reading() as connection:
            return series.records(connection, workspace)

    def delete_series(self, workspace: str, key: str) -> None:
        """Really delete.  Raises NotFoundError, and ConfigError while a run uses it."""
        with self.database.writing() as connection:
            series.remove(connection, workspace, key, self.now())
            self.database.sweep_after()

    def delete_subjects(self, workspace: str, subjects: tuple[str, ...]) -> None:
        """Really delete all versions of these series, or nothing.

        Raises NotFoundError, and ConfigError while a run uses one of them.
        """
        with self.database.writing() as connection:
            for subject in subjects:
                series.remove_subject(connection, workspace, subject, self.now())
            self.database.sweep_after()

    # --- runs -------------------------------------------------------------------------------------------------------

    def create_run(
        self,
        workspace: str,
        title: str,
        spec: RunSpec,
        tasks: tuple[NewTask, ...],
        request: str,
        versions: dict[str, str],
        data_hash: str,
    ) -> tuple[str, bool]:
        """The run's id, and whether it is new: the same request in the same workspace is the same run."""
        new = runs.NewRun(title, spec, tasks, request, versions, data_hash)
        with self.database.writing() as connection:
            return runs.create(connection, workspace, new, self.now())

    def run_of_request(self, workspace: str, request: str) -> str | None:
        """The run that a request made; None if there is none."""
        with self.database.reading() as connection:
            return runs.of_request(connection, workspace, request)

    def run(self, workspace: str, run_id: str) -> RunRecord:
        """Raises NotFoundError."""
        with self.database.reading() as connection:
            return runs.record(connection, workspace, run_id)

    def runs(self, workspace: str) -> tuple[RunRecord, ...]:
        """The newest first."""
        with self.database.reading() as connection:
            return runs.records(connection, workspace)

    def rename_run(self, workspace: str, run_id: str, title: str) -> None:
        """Raises NotFoundError."""
        with self.database.writing() as connection:
            runs.rename(connection, workspace, run_id, title, self.now())

    def delete_run(self, workspace: str, run_id: str) -> None:
        """Really delete, with results and links.  Raises NotFoundError, and ConfigError while it is live."""
        with self.database.writing() as connection:
            runs.remove(connection, workspace, run_id, self.now())
            self.database.sweep_after()

    def epochs(self, workspace: str, run_id: str, *, points: int = 200) -> dict[str, tuple[EpochRecord, ...]]:
        """By task id, of the newest attempt, at most `points` each, the last one among them.  Raises NotFoundError."""
        with self.database.reading() as connection:
            return runs.losses(connection, workspace, run_id, points)

    def result(self, workspace: str, run_id: str, task_id: str) -> Encoded | None:
        """None until the task is done.  Raises NotFoundError, DamagedError."""
        with self.database.reading() as connection:
            return runs.result(connection, workspace, run_id, task_id)

    def weights(self, workspace: str, run_id: str, task_id: str) -> dict[str, np.ndarray]:
        """The arrays that restore the final fits of a task, "<seed>/<name>"; none until it is done.

        Raises NotFoundError, DamagedError.
        """
        with self.database.reading() as connection:
            return runs.fitted(connection, workspace, run_id, task_id)

    def live_count(self, workspace: str | None) -> tuple[int, int]:
        """How many runs and how many tasks are queued or running; None: of all workspaces."""
        with self.database.reading() as connection:
            return runs.live_count(connection, workspace)

    def cancel(self, workspace: str, run_id: str, task_id: str | None) -> tuple[str, ...]:
        """End waiting tasks; the ids of the running ones, which the supervisor stops.  task_id None: all of the run."""
        with self.database.writing() as connection:
            return tasks.cancel(connection, workspace, run_id, task_id, self.now())

    def retry(self, workspace: str, run_id: str, task_id: str) -> bool:
        """Queue a failed, cancelled or interrupted task anew, and the comparison; False if it is none of these."""
        with self.database.writing() as connection:
            return tasks.retry(connection, workspace, run_id, task_id, self.now())

    def resume(self, workspace: str, run_id: str) -> int:
        """Queue the interrupted tasks anew; how many."""
        with self.database.writing() as connection:
            return tasks.resume(connection, workspace, run_id, self.now())

    # --- answers ----------------------------------------------------------------------------------------------------

    def answer(self, workspace: str, digest: str) -> bytes | None:
        """The bytes of a small computation that was kept; None if it must be computed."""
        with self.database.reading() as connection:
            return answers.answer(connection, workspace, digest)

    def keep_answer(
        self,
        workspace: str,
        digest: str,
        kind: str,
        content: bytes,
        *,
        seconds: float,
        run_id: str | None = None,
        series_key: str | None = None,
    ) -> None:
        """Keep a small computation, so that asking again is a look-up. It is deleted with its run and its series.

        One that is kept already is left. Nothing is kept where the run or the series is gone.
        """
        new = answers.NewAnswer(digest, kind, content, seconds, run_id, series_key)
        with self.database.writing() as connection:
            answers.keep(connection, workspace, new, self.now())

    # --- links ------------------------------------------------------------------------------------------------------

    def create_share(
        self,
        workspace: str,
        run_id: str,
        snapshot: Encoded,
        *,
        expires: datetime | None,
        passphrase: str | None,
        includes_data: bool,
    ) -> tuple[ShareRecord, str]:
        """A link to a frozen copy, and its token, which is told this once.  Raises NotFoundError, ConfigError."""
        new = shares.NewShare.of(passphrase, expires, includes_data=includes_data, hashed=self.passphrases.hashed)
        with self.database.writing() as connection:
            return shares.create(connection, workspace, run_id, new, snapshot, self.now()), new.token

    def shares(self, workspace: str, run_id: str) -> tuple[ShareRecord, ...]:
        """The newest first, revoked and expired ones too.  Raises NotFoundError."""
        with self.database.reading() as connection:
            return shares.records(connection, workspace, run_id)

    def revoke_share(self, workspace: str, share_id: str) -> None:
        """End a link for ever.  Raises NotFoundError."""
        with self.database.writing() as connection:
            shares.revoke(connection, workspace, share_id, self.now())

    def link(self, token: str, now: datetime) -> Link:
        """What a link leads to; a short reading.  Raises NotFoundError, in the same words for every link that does not work."""
        with self.database.reading() as connection:
            return shares.link(connection, token, now)

    def admit(self, token: str, passphrase: str | None, now: datetime) -> None:
        """Raises NotFoundError, PassphraseError unless it is the link's passphrase, LimitError after too many wrong ones."""
        with self.database.reading() as connection:
            row = shares.valid(connection, token, now)
        if row.passphrase is not None:
            self.passphrases.admit(row.id, row.salt, row.passphrase, passphrase)

    def shared_copy(self, token: str, now: datetime) -> Encoded:
        """The copy behind a link; the caller vouches that the reader was admitted.  Raises NotFoundError, DamagedError."""
        with self.database.reading() as connection:
            return shares.copy(connection, token, now)

    def count_view(self, token: str, now: datetime) -> None:
        """A link was opened.  Raises NotFoundError."""
        with self.database.writing() as connection:
            shares.count_view(connection, token, now)

    def audit(self, workspace: str) -> tuple[AuditRecord, ...]:
        """What was done in the workspace, in its order."""
        with self.database.reading() as connection:
            return audit.entries(connection, workspace)
