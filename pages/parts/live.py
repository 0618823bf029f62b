"""A run that is watched: every model's bar, the losses while they fall, and what can be done about each.

Two fragments ask again while something computes, and fall silent with its end: bars every second, the chart every two.
"""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.charts.drawing import drawn
from core.charts.losses import losses_chart
from core.charts.theme import styles
from core.errors import NotFoundError
from core.models.registry import MODELS
from core.report.outcome import last_fit
from core.store.records import LIVE, EpochRecord, RunRecord, TaskRecord
from core.windows.settings import AUTOMATIC
from pages.parts import frame, services, state
from pages.parts.text import count, duration, safe

BARS, CHART = 1.0, 2.0  # seconds between two looks
TRAINED = tuple(name for name, model in MODELS.items() if model.epochs is not None)
CURVE = 300  # pixels that a chart of losses takes
LOOKS = {"loss": "Loss", "gradient_norm": "Gradient norm"}


def watch(run_id: str) -> None:
    """The run, live or ended; one that is gone is watched no more."""
    try:
        record = services.opened_run(run_id)
    except NotFoundError:
        state.put("train.live", "")
        raise
    is_live = record.state in LIVE
    state.set_run(run_id)
    st.title(safe(record.title), anchor=False)
    st.fragment(frame.guarded(_bars), run_every=BARS if is_live else None)(run_id, is_live)
    st.fragment(frame.guarded(_chart), run_every=CHART if is_live else None)(run_id)
    if is_live:
        st.caption("Closing this page stops nothing: come back, or open it in another tab.")
    with st.container(horizontal=True):
        if st.button("Compare forecasts" if not is_live else "Compare so far", type="primary" if not is_live else "secondary"):
            st.switch_page("pages/compare.py")
        if st.button("Set up another run"):
            state.put("train.live", "")
            st.rerun()


def _bars(run_id: str, was_live: bool) -> None:
    record = services.run(run_id)
    if was_live and record.state not in LIVE:
        st.rerun()
    _summary(record)
    for task in record.tasks:
        if task.kind == "model":
            _row(run_id, task)


def _summary(record: RunRecord) -> None:
    """How far the whole run is; at its end the verdict."""
    models = [task for task in record.tasks if task.kind == "model"]
    done = sum(task.state == "done" for task in models)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if record.state in LIVE:
            st.markdown(f"**{done} of {count(len(models), 'model')} done** · about {duration(_left(record))} left")
            if st.button("Cancel all", key="live.cancel"):
                bench, workspace = services.own()
                bench.cancel(workspace, record.id)
                st.rerun()
        else:
            _end(record, done, len(models))


def _end(record: RunRecord, done: int, models: int) -> None:
    if record.state == "done":
        comparison = services.outcome(record).comparison
        st.markdown(f"**{safe(comparison.verdict, 1000)}**" if comparison else f"{done} of {models} models done")
    elif record.state == "interrupted":
        st.markdown(f"**Interrupted**: {done} of {count(models, 'model')} had finished and will not be repeated.")
        if st.button("Resume", type="primary", key="live.resume"):
            bench, workspace = services.own()
            bench.resume(workspace, record.id)
            st.rerun()
    else:
        st.markdown(
            f"**The run {'was cancelled' if record.state == 'cancelled' else 'failed'}**: "
            f"{done} of {count(models, 'model')} finished."
        )


def _row(run_id: str, task: TaskRecord) -> None:
    """One model. Every row has the same parts in every state, so that nothing jumps."""
    left, right = st.columns([9, 1], vertical_alignment="center", gap="small")
    left.progress(
        {"done": 1.0, "failed": 0.0}.get(task.state, min(1.0, max(0.0, task.fraction))),
        text=f"**{safe(task.label, 40)}** · {_words(task)}",
    )
    bench, workspace = services.own()
    if task.state in LIVE:
        if right.button("Cancel", key=f"live.cancel.{task.id}", type="tertiary"):
            bench.cancel(workspace, run_id, task.id)
            st.rerun()
    elif task.state != "done" and right.button("Retry", key=f"live.retry.{task.id}", type="tertiary"):
        bench.retry(workspace, run_id, task.id)
        st.rerun()


def _words(task: TaskRecord) -> str:
    """The state of a task, and what there is to say of it."""
    if task.state == "queued":
        return f"waiting, place {task.place} in the queue" if task.place else "waiting"
    if task.state == "running":
        again = f"attempt {task.attempt} · " if task.attempt > 1 else ""
        left = _task_left(task)
        soon = f"about {duration(left)}" if left >= 1 else "less than a second"
        return f"{again}{safe(task.message, 80) or 'starting'} · {soon} left"
    if task.state == "done":
        return f"done in {duration(task.seconds)}"
    return f":red[{task.state}]" + (f": {safe(task.error, 400)}" if task.error and task.error != task.state else "")


def _task_left(task: TaskRecord) -> float:
    """Seconds that a running task still needs, by its own pace once there is one."""
    taken = (datetime.now(UTC) - task.started).total_seconds() if task.started else 0.0
    if task.fraction > 0.05:
        return taken * (1 - task.fraction) / task.fraction
    return max(task.predicted_seconds - taken, 0.0)


def _left(record: RunRecord) -> float:
    """Seconds that the whole run still needs."""
    running = [_task_left(task) for task in record.tasks if task.state == "running"]
    waiting = [task.predicted_seconds for task in record.tasks if task.state == "queued"]
    workers = services.workbench().limits.host.workers
    return max([*running, (sum(running) + sum(waiting)) / workers])


def _chart(run_id: str) -> None:
    """The losses of the networks while they fall; a run without networks has none."""
    record = services.run(run_id)
    epochs = services.epochs(run_id)
    shown = [task for task in record.tasks if task.model and task.model.name in TRAINED and task.state != "failed"]
    if not shown:
        return
    what = st.segmented_control(
        "Shown",
        tuple(LOOKS),
        format_func=LOOKS.get,
        key="live.what",
        default="loss",
        required=True,
        label_visibility="collapsed",
    )
    curves = {task.label: _newest_fit(epochs.get(task.id, ())) for task in shown}
    if not any(curves.values()):
        with st.container(height=CURVE, border=True, vertical_alignment="center", horizontal_alignment="center"):
            st.caption(_not_yet(shown), width="content")
        return
    chart = losses_chart(curves, styles=styles(record.spec.models, frame.theme()), theme=frame.theme(), what=what)
    words = f"{LOOKS[what]} by epoch of {count(sum(map(bool, curves.values())), 'network')}"
    st.vega_lite_chart(drawn(chart).spec(), width="stretch", key="live.losses", alt=words)


def _not_yet(tasks: list[TaskRecord]) -> str:
    """Why there is no curve so far."""
    if any(task.state == "running" for task in tasks):
        if any(task.state == "running" and task.model.config.get("skip") == AUTOMATIC for task in tasks):
            return (
                "Networks with and without a skip connection are trained side by side. The curves begin when one of the two "
                "ways is chosen, after a third of the epochs at the latest."
            )
        return "The curves begin with the first epoch."
    if any(task.state in LIVE for task in tasks):
        return "The curves begin when the first network is trained."
    return "There are no curves: no windows were held out, or no network was trained."


def _newest_fit(rows: tuple[EpochRecord, ...]) -> list:
    """The epochs of the fit that is going on, or was the last."""
    return last_fit([row.epoch for row in rows if (row.seed, row.fit) == (rows[-1].seed, rows[-1].fit)]) if rows else []
