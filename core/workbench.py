"""The one door to everything behind the pages: what a page, a test or the command line asks for, and nothing it does not.

A workbench belongs to one home folder. It holds the store, the supervisor and the cost model, and checks in every call that
what is asked for belongs to the workspace that asks. Values in, values out; safe from many threads.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import threading
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np

from core.bounds import read_bounds, refuse_unknown
from core.collection import AllLimits, Collection
from core.data.limits import Limits
from core.data.uploads import Uploads
from core.errors import ConfigError
from core.evaluation.comparison import Comparison
from core.evaluation.design import Experiment, design
from core.evaluation.spec import RunSpec
from core.experiment import TaskResult
from core.jobs.planning.allowance import crowding, within_wall_clock
from core.jobs.planning.cost import CostModel
from core.jobs.planning.launch import (
    Launch,
    clean_title,
    planned,
    refuse_full_queue,
    refuse_many_models,
    tasks_of,
    title_of,
)
from core.jobs.planning.limits import Host, JobLimits
from core.jobs.running.executor import Executor
from core.jobs.running.local import LocalExecutor
from core.jobs.running.lock import HomeLock
from core.jobs.running.questions import Questions
from core.jobs.running.supervisor import Supervisor
from core.report.links import Links
from core.report.outcome import Outcome, of_run
from core.report.summary import versions
from core.store.codecs.results import decode_result
from core.store.codecs.snapshots import decode_comparison, freeze
from core.store.records import LIVE, EpochRecord, RunRecord, ShareRecord
from core.store.store import Store


@dataclass(frozen=True, eq=False)
class RunView:
    """A run as a page shows it: the record with places in the queue, the epochs so far, the results of finished models."""

    record: RunRecord
    epochs: Mapping[str, tuple[EpochRecord, ...]]

    @property
    def is_live(self) -> bool:
        """Whether anything of it still waits or computes."""
        return any(task.state in LIVE for task in self.record.tasks)


class Workbench(Collection):
    """See the module's text; `Collection` is its part for series. `workspace` is who asks; the caller vouches for it."""

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str] | None = None,
        *,
        host: Host | None = None,
        executor: Executor | None = None,
    ) -> None:
        """executor: where work is carried out; None: in processes of this machine.

        Raises StoreError where another Unroll works on this home, before anything in it is looked at.
        """
        environ = os.environ if environ is None else environ
        refuse_unknown(environ, Limits, JobLimits)
        self.limits = AllLimits(
            read_bounds(Limits, environ), read_bounds(JobLimits, environ), host or Host.from_environment(environ)
        )
        self.launching = threading.Lock()
        self.uploads = Uploads()
        self.lock = HomeLock.of(home)
        try:
            self.store = Store.open(home)
            self.links = Links(self.store)
            self._start(home, executor or LocalExecutor(self.limits.host, home / "work"))
        except BaseException:
            self.lock.release()
            raise

    def _start(self, home: Path, executor: Executor) -> None:
        self.cost = CostModel(home / "machine.json")
        host, jobs = self.limits.host, self.limits.jobs
        self.supervisor = Supervisor(self.store, executor, host=host, limits=jobs, cost=self.cost)
        self.questions = Questions(self.store, self.supervisor, self.cost, jobs)
        try:
            self.supervisor.start()
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """End all workers in order; unfinished runs are interrupted and can be resumed."""
        self.supervisor.close()
        self.store.close()
        self.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def notice(self) -> str | None:
        """What happened to the store when it was opened, if a person must know."""
        return self.store.notice

    # --- runs -------------------------------------------------------------------------------------------------------

    def plan(self, workspace: str, spec: RunSpec, *, budget: float | None = None) -> tuple[Experiment, Launch]:
        """What a launch would compute and cost, with fewer epochs to keep a `budget` of seconds.  Raises what it would."""
        if not spec.series:
            raise ConfigError("no series was chosen; choose at least one")
        refuse_many_models(spec, self.limits.jobs)
        experiment = design(spec, self.store.panel(workspace, spec.series))
        if budget is not None:
            workers, crowd = self.limits.host.workers, crowding()
            experiment = within_wall_clock(experiment, budget, self.cost, workers, crowd=crowd)
        return experiment, planned(experiment, self.cost, self.limits.jobs)

    def launch(self, workspace: str, spec: RunSpec, *, title: str = "", request: str | None = None) -> Launch:
        """Start a run. The same `request` (a form's token) is the same run, however often it is sent.

        Raises ConfigError, DataError, NotFoundError for what cannot be computed, LimitError for what is too much.
        """
        name = clean_title(title)
        experiment, launch = self.plan(workspace, spec)
        with self.launching:  # or many at once would all find the last free place
            if request is None or self.store.run_of_request(workspace, request) is None:
                refuse_full_queue(self.store, workspace, self.limits.jobs)
            run_id, is_new = self.store.create_run(
                workspace,
                name or title_of(experiment),
                experiment.spec,
                tasks_of(experiment, launch),
                request or secrets.token_hex(16),
                versions(),
                hashlib.sha256("".join(experiment.spec.series).encode()).hexdigest(),
            )
        if not is_new and self.store.run(workspace, run_id).spec != experiment.spec:
            raise ConfigError("this form was sent before with other settings; reload the page and send it again")
        self.supervisor.wake()
        return replace(launch, run_id=run_id, is_new=is_new)

    def run(self, workspace: str, run_id: str) -> RunView:
        """A run, live or finished.  Raises NotFoundError."""
        return RunView(self.progress(workspace, run_id), self.store.epochs(workspace, run_id))

    def progress(self, workspace: str, run_id: str) -> RunRecord:
        """The same without its epochs: what is cheap to ask every second."""
        record = self.store.run(workspace, run_id)
        if any(task.state == "queued" for task in record.tasks):
            record = replace(record, tasks=self._placed(record))
        return record

    def _placed(self, record: RunRecord) -> tuple:
        """The tasks, those that wait with their place in the queue."""
        places = self.supervisor.places()
        return tuple(replace(task, place=places.get(task.id)) for task in record.tasks)

    def runs(self, workspace: str) -> tuple[RunRecord, ...]:
        """All runs, newest first."""
        return self.store.runs(workspace)

    def results(self, workspace: str, run_id: str) -> tuple[TaskResult, ...]:
        """What each model of a run gave, those that have ended, without `weights`.  Raises NotFoundError, DamagedError.

        Its seconds are the task's: a worker does not know how long it stood still for a question.
        """
        found = []
        for task in self.store.run(workspace, run_id).tasks:
            if task.kind == "model" and task.state == "done":
                result = decode_result(self.store.result(workspace, run_id, task.id))
                found.append(replace(result, seconds=task.seconds))
            elif task.kind == "model" and task.state == "failed":
                found.append(TaskResult(task.model, "failed", task.seconds or 0.0, task.error))
        return tuple(found)

    def weights(self, workspace: str, run_id: str, task_id: str) -> Mapping[str, np.ndarray]:
        """The arrays that restore a model's final fits, "<seed>/<name>": loaded for this one task, never with its results.

        Raises NotFoundError, DamagedError.
        """
        return self.store.weights(workspace, run_id, task_id)

    def comparison(self, workspace: str, run_id: str) -> Comparison | None:
        """What the last task of a run found across its models; None until it has."""
        last = self.store.run(workspace, run_id).tasks[-1]
        return decode_comparison(self.store.result(workspace, run_id, last.id)) if last.state == "done" else None

    def outcome(self, workspace: str, run_id: str) -> Outcome:
        """All that a run gave so far, for its readers.  Raises NotFoundError, DamagedError."""
        record = self.store.run(workspace, run_id)
        panel = self.store.panel(workspace, record.spec.series)
        return of_run(record, self.results(workspace, run_id), self.comparison(workspace, run_id), panel)

    def cancel(self, workspace: str, run_id: str, task_id: str | None = None) -> None:
        """Stop one task, or all; what is finished stays."""
        running = self.store.cancel(workspace, run_id, task_id)
        self.supervisor.stop(running, "cancelled")

    def retry(self, workspace: str, run_id: str, task_id: str) -> bool:
        """Queue a task anew that failed, was cancelled or interrupted; False if it is none of these.

        Raises ConfigError for a run of an earlier version that planned its origins in another way.
        """
        self._refuse_other_plan(workspace, run_id)
        is_queued = self.store.retry(workspace, run_id, task_id)
        self.supervisor.wake()
        return is_queued

    def resume(self, workspace: str, run_id: str) -> int:
        """Queue the interrupted tasks of a run; how many. Finished ones are not computed again.  Raises as `retry` does."""
        self._refuse_other_plan(workspace, run_id)
        count = self.store.resume(workspace, run_id)
        self.supervisor.wake()
        return count

    def _refuse_other_plan(self, workspace: str, run_id: str) -> None:
        """What was finished then and what would be computed now could not be compared."""
        if self.store.run(workspace, run_id).spec.timetable is None:
            raise ConfigError(
                "this run was planned by an earlier version of Unroll, which chose its past forecasts in another way; "
                "duplicate it and train all of its models again"
            )

    def rename(self, workspace: str, run_id: str, title: str) -> None:
        """Raises ConfigError for an empty title, or one of more than 120 characters."""
        name = clean_title(title)
        if not name:
            raise ConfigError("the title is empty; write at least one letter")
        self.store.rename_run(workspace, run_id, name)

    def delete(self, workspace: str, run_id: str) -> None:
        """Really delete a run and its links; one that is not finished must be cancelled first."""
        self.store.delete_run(workspace, run_id)

    # --- links ------------------------------------------------------------------------------------------------------

    def share(
        self,
        workspace: str,
        run_id: str,
        *,
        days: float | None = 30,
        passphrase: str | None = None,
        includes_data: bool = False,
    ) -> tuple[ShareRecord, str]:
        """A link to a frozen copy of a finished run; its token is told this once. days None: it does not expire."""
        record = self.store.run(workspace, run_id)
        if record.state != "done":
            raise ConfigError(f"the run is {record.state}; a link needs a finished one")
        if days is not None and not 0 < days <= 3650:
            raise ConfigError(f"days is {days:g}; choose more than 0 and at most 3,650")
        panel = self.store.panel(workspace, record.spec.series) if includes_data else None
        snapshot = freeze(record, self.results(workspace, run_id), self.comparison(workspace, run_id), panel)
        expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
        return self.store.create_share(
            workspace, run_id, snapshot, expires=expires, passphrase=passphrase or None, includes_data=includes_data
        )

    def shares(self, workspace: str, run_id: str) -> tuple[ShareRecord, ...]:
        """The links to a run, without their tokens."""
        return self.store.shares(workspace, run_id)

    def revoke(self, workspace: str, share_id: str) -> None:
        """End a link at once."""
        self.store.revoke_share(workspace, share_id)


def shared(home: Path) -> Workbench:
    """The one workbench of this process.

    Kept outside Streamlit's caches, which any visitor can clear, and outside our own modules, which a reload replaces.
    """
    process = sys.modules.setdefault("unroll.process", types.ModuleType("unroll.process"))
    with process.__dict__.setdefault("guard", threading.Lock()):
        if not hasattr(process, "workbench"):
            process.workbench = Workbench(home)
        return process.workbench


def default_home(environ: Mapping[str, str]) -> Path:
    """UNROLL_HOME, or .unroll in the working directory."""
    return Path(environ.get("UNROLL_HOME") or ".unroll")
