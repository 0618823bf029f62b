"""Saved runs as cards, and what can be done with each."""

from __future__ import annotations

import math

import streamlit as st

from core.store.records import LIVE, RunRecord
from pages.parts import frame, services, setup, share, state
from pages.parts.text import STATES, age, count, safe, series_of_run

ON_A_PAGE = 10
COLOURS = {
    "done": "green",
    "running": "blue",
    "queued": "gray",
    "failed": "red",
    "cancelled": "orange",
    "interrupted": "orange",
}
ACTIONS = {"rename": "Rename", "edit": "Duplicate and edit", "share": "Links", "delete": "Delete"}


def page_of(runs: tuple[RunRecord, ...]) -> tuple[RunRecord, ...]:
    """The runs that are shown, with a way to the others."""
    pages = math.ceil(len(runs) / ON_A_PAGE)
    shown = 1
    if pages > 1:
        state.within("runs.shown", 1, pages, 1)
        shown = st.pagination(pages, key="runs.shown", persist_state="session")
    return runs[(shown - 1) * ON_A_PAGE : shown * ON_A_PAGE]


def card(record: RunRecord) -> None:
    """One run: what it is, how it ended, and what to do with it."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{safe(record.title)}**")
                st.badge(STATES[record.state], color=COLOURS[record.state])
            st.caption(_words(record))
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            if st.button("Watch" if record.state in LIVE else "Open", key=f"runs.open.{record.id}", type="primary"):
                _open(record)
            offered = [one for one in ACTIONS if one != "share" or record.state == "done"]
            action = st.menu_button("More", offered, key=f"runs.more.{record.id}", format_func=ACTIONS.get)
    if action is not None:
        _act(action, record)


def _words(record: RunRecord) -> str:
    models = [task for task in record.tasks if task.kind == "model"]
    done = sum(task.state == "done" for task in models)
    best = f"best {safe(record.best, 40)}" if record.best else f"{done} finished"
    number = f"{done} of " if record.best and done < len(models) else ""
    return " · ".join(
        [series_of_run(record), f"{record.spec.horizon} ahead", number + count(len(models), "model"), best, age(record.created)]
    )


def _open(record: RunRecord) -> None:
    state.set_run(record.id)
    state.set_series(record.spec.series)
    if record.state == "done":
        st.switch_page("pages/compare.py")
    state.put("train.live", record.id)
    st.switch_page("pages/train.py")


def _act(action: str, record: RunRecord) -> None:
    if action == "rename":
        _rename(record)
    elif action == "share":
        share.dialog(record)
    elif action == "delete":
        _delete(record)
    else:
        setup.fill(record.spec)
        st.switch_page("pages/train.py")


@st.dialog("Rename", on_dismiss="rerun")
@frame.guarded
def _rename(record: RunRecord) -> None:
    with st.form("runs.rename", border=False):
        title = st.text_input("Title", record.title, max_chars=120)
        if st.form_submit_button("Rename", type="primary"):
            bench, workspace = services.own()
            bench.rename(workspace, record.id, title)
            st.rerun()


@st.dialog("Delete this run?", on_dismiss="rerun")
@frame.guarded
def _delete(record: RunRecord) -> None:
    st.markdown(
        f"**{safe(record.title)}** with its forecasts and links is really deleted; that cannot be undone. Its series stays."
    )
    if record.state in LIVE:
        st.caption("It is still computing, and will be cancelled first.")
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary"):
            bench, workspace = services.own()
            if record.state in LIVE:
                services.cancel_and_wait(record.id)
            bench.delete(workspace, record.id)
            if state.run_id() == record.id:
                state.set_run(None)
            if state.get("train.live") == record.id:
                state.put("train.live", "")
            st.rerun()
        if st.button("Keep it"):
            st.rerun()
