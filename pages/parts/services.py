"""What pages ask of the workbench, on behalf of the visitor: every call carries the visitor's workspace.

Readers of what never changes (a series by its key, a finished result) are kept in bounded caches, by keys alone.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import streamlit as st

from core.data.choices import Choices
from core.data.understanding import Understanding
from core.errors import AppError, NotFoundError, StoreError
from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.jobs.kinds.base import Kind
from core.jobs.planning.cost import Prediction
from core.jobs.planning.launch import Launch
from core.jobs.running.asks import Answer
from core.report.outcome import Outcome, of_snapshot
from core.series.timeseries import Panel
from core.series.versions import Continuation
from core.store.records import LIVE, EpochRecord, Link, RunRecord, SeriesRecord
from core.workbench import Workbench, default_home, shared
from pages.parts import state, visitor

LOG = logging.getLogger("unroll")
pa.set_memory_pool(pa.system_memory_pool())  # its own pool gives nothing back: 5 MB of a server that is to be small


def workbench() -> Workbench:
    """The one workbench of this server."""
    return shared(default_home(os.environ))


def own() -> tuple[Workbench, str]:
    """The workbench and the visitor's workspace."""
    return workbench(), visitor.workspace()


# --- series ---------------------------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False, max_entries=1)
def examples() -> list[dict[str, object]]:
    """The built-in series, described."""
    return workbench().examples()


@st.cache_resource(show_spinner=False, max_entries=16)
def example(name: str, season: int | None = None) -> Understanding:
    """A built-in series."""
    return workbench().example(name, Choices(season=season))


def keep_upload(content: bytes, name: str) -> str:
    """Take over an upload; its digest."""
    bench, workspace = own()
    return bench.keep_upload(workspace, content, name)


def understanding(digest: str, choices: Choices) -> Understanding:
    """What an upload holds under the choices."""
    return _understanding(visitor.workspace(), digest, choices)


@st.cache_resource(show_spinner=False, max_entries=8)
def _understanding(workspace: str, digest: str, choices: Choices) -> Understanding:
    return workbench().understand_upload(workspace, digest, choices)


def add_series(found: Understanding, source: str) -> tuple[str, ...]:
    """Keep what was understood, unless it is kept; the keys."""
    bench, workspace = own()
    return bench.add_series(workspace, found.panel, source)


def all_series() -> tuple[SeriesRecord, ...]:
    """The kept series, without their values."""
    bench, workspace = own()
    return bench.series(workspace)


def replace_series(former: tuple[str, ...], found: Understanding, source: str) -> tuple[str, ...]:
    """Keep another reading of the same file; what the former one gave is deleted, unless a run uses it. The keys."""
    bench, workspace = own()
    return bench.replace_series(workspace, former, found.panel, source)


def continuation(panel: Panel, source: str) -> Continuation | None:
    """What kept series these would continue; None where there is nothing to ask."""
    bench, workspace = own()
    return bench.continuation(workspace, panel, source)


def continue_series(panel: Panel, source: str, found: Continuation) -> None:
    """Make these the next versions of what they continue."""
    bench, workspace = own()
    bench.add_series(workspace, panel, source, continues=found)


def delete_series(key: str) -> None:
    """Really delete one version of a series."""
    bench, workspace = own()
    bench.delete_series(workspace, key)


def delete_subjects(subjects: tuple[str, ...]) -> None:
    """Really delete series with all their versions: all of them, or none."""
    bench, workspace = own()
    bench.delete_subjects(workspace, subjects)


def series_at_hand() -> tuple[str, ...]:
    """The whole keys of the series at hand; none if there are none.  Raises NotFoundError for one that is gone."""
    wanted = state.series_keys()
    if not wanted or all(len(key) == 64 for key in wanted):
        return wanted
    known = all_series()
    if wanted[0].startswith(state.MARK):
        found = next((keys for keys in _sets(known) if state.short_series(keys) == wanted[0]), ("",))
    else:
        found = tuple(next((one.key for one in known if one.key.startswith(key)), "") for key in wanted)
    if not all(found):
        state.set_series(())
        raise NotFoundError("the series of this address is not here; it may have been deleted, or belongs to somebody else")
    state.set_series(found)
    return found


def _sets(known: tuple[SeriesRecord, ...]) -> Iterator[tuple[str, ...]]:
    """What may have been at hand together: the series of a run; all of one source, the newest of each name, or of one time."""
    yield from (record.spec.series for record in runs())
    for source in dict.fromkeys(one.source for one in known):
        brought = [one for one in known if one.source == source]
        yield tuple(one.key for one in brought)
        newest = {one.id: one.key for one in reversed(brought)}
        yield tuple(newest[name] for name in sorted(newest))
        for moment in dict.fromkeys(one.created for one in brought):
            yield tuple(one.key for one in brought if one.created == moment)


def series_or_newest() -> tuple[str, ...]:
    """The series at hand, else the one that was brought last, else none."""
    keys = series_at_hand()
    if not keys:
        keys = tuple(record.key for record in all_series()[:1])
        state.set_series(keys)
    return keys


def panel(keys: tuple[str, ...]) -> Panel:
    """Series with their values."""
    return _panel(visitor.workspace(), keys)


@st.cache_resource(show_spinner=False, max_entries=16)
def _panel(workspace: str, keys: tuple[str, ...]) -> Panel:
    return workbench().panel(workspace, keys)


# --- runs -----------------------------------------------------------------------------------------------------------


def plan(spec: RunSpec, budget: float | None = None) -> tuple[Experiment, Launch]:
    """What a launch would compute and cost, its epochs lowered to keep a budget of seconds.  Raises what `launch` would."""
    bench, workspace = own()
    return bench.plan(workspace, spec, budget=budget)


def predictions(spec: RunSpec) -> Mapping[str, Prediction]:
    """What each model is predicted to need where there is no budget; nothing where that cannot be computed either."""
    try:
        return plan(spec)[1].predictions
    except AppError:
        return {}


def launch(spec: RunSpec, title: str, request: str) -> str:
    """Start a run, or find the one that this request started; its id."""
    bench, workspace = own()
    return bench.launch(workspace, spec, title=title, request=request).run_id


def run(run_id: str) -> RunRecord:
    """A run and its tasks as they stand, without epochs."""
    bench, workspace = own()
    return bench.progress(workspace, run_id)


def opened_run(run_id: str) -> RunRecord:
    """The same; its series are put at hand where there are none, as after a visit by its address."""
    record = run(run_id)
    state.set_series(state.series_keys() or record.spec.series)
    return record


def epochs(run_id: str) -> Mapping[str, tuple[EpochRecord, ...]]:
    """The epochs so far, by task id, thinned. People who watch one run together share a reading for a second."""
    return _epochs(visitor.workspace(), run_id)


@st.cache_resource(show_spinner=False, max_entries=64, ttl=1)
def _epochs(workspace: str, run_id: str) -> Mapping[str, tuple[EpochRecord, ...]]:
    return workbench().run(workspace, run_id).epochs


def run_or_newest() -> str | None:
    """The run at hand, else the newest, else None."""
    newest = runs()[:1] if state.run_id() is None else ()
    for record in newest:
        state.set_run(record.id)
        state.set_series(state.series_keys() or record.spec.series)
    return state.run_id()


def runs() -> tuple[RunRecord, ...]:
    """All runs, newest first."""
    bench, workspace = own()
    return bench.runs(workspace)


def outcome(record: RunRecord) -> Outcome:
    """What a run gave so far. What tasks have ended, and at which attempt, tells whether the cached one still holds."""
    ended = tuple((task.id, task.state, task.attempt) for task in record.tasks)
    return _outcome(visitor.workspace(), record.id, record.title, ended)


@st.cache_resource(show_spinner=False, max_entries=8)
def _outcome(workspace: str, run_id: str, title: str, ended: tuple) -> Outcome:  # noqa: ARG001
    return workbench().outcome(workspace, run_id)


def weights(run_id: str, task_id: str) -> Mapping[str, np.ndarray]:
    """The arrays of a model's final fits, for as long as they are looked at.  Raises NotFoundError, DamagedError."""
    bench, workspace = own()
    return bench.weights(workspace, run_id, task_id)


def asked(run_id: str, label: str, question: Kind, wait: float = 8.0) -> Answer:
    """A question about a model of a run, answered or `wait` seconds later.  Raises LimitError, NotFoundError."""
    bench, workspace = own()
    return bench.questions.of_model(workspace, question, run_id, label, wait=wait)


def cancel_and_wait(run_id: str, seconds: float = 10.0) -> None:
    """Cancel a run, and wait until nothing of it computes: before that it cannot be deleted."""
    bench, workspace = own()
    bench.cancel(workspace, run_id)
    last = time.monotonic() + seconds
    while bench.progress(workspace, run_id).state in LIVE and time.monotonic() < last:
        time.sleep(0.1)


# --- links ----------------------------------------------------------------------------------------------------------


def link(token: str) -> Link:
    """What a link leads to.  Raises NotFoundError, from the moment on when it is revoked or expires."""
    return workbench().links.find(token)


def admit(token: str, passphrase: str) -> None:
    """Raises PassphraseError unless it is the link's passphrase, LimitError after too many wrong ones."""
    workbench().links.admit(token, passphrase)


def shared_report(token: str, link: Link) -> Outcome:
    """The frozen copy behind a link, for a reader who was admitted.  Raises NotFoundError, DamagedError."""
    return _shared(link.id, link.digest, token)


@st.cache_resource(show_spinner=False, max_entries=8)
def _shared(share_id: str, digest: str, _token: str) -> Outcome:  # noqa: ARG001
    return of_snapshot(workbench().links.copy(_token), digest)


def count_view(token: str, link: Link) -> None:
    """Count that this session opened the link, once. A store that cannot write it down is no reason to tell the reader."""
    if state.is_first_view(link.id):
        try:
            workbench().links.count_view(token)
        except StoreError as error:
            LOG.warning("a view of link %s was not counted: %s", link.id, error)
