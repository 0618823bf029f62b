"""The versions of a series: whether a file that was brought continues what is kept, and the versions that there are."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.charts.labels import date_label
from core.series.timeseries import Panel, TimeSeries
from core.series.versions import Change, Continuation
from core.store.records import SeriesRecord
from pages.parts import reading, services
from pages.parts.text import age, count, length_of_record, safe, steps, version_of

PASTED = "pasted.csv"


def offer(panel: Panel) -> None:
    """Ask once whether the series of a new file continue kept ones. Until somebody says so, they stand apart."""
    source = reading.newly_brought(panel)
    found = services.continuation(panel, source) if source else None
    if found is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium", key="continuation"):
        st.markdown(sentence(found, panel, source), width="stretch")
        with st.container(horizontal=True, width="content"):
            if st.button("Continue it", type="primary", help="Keep it as the next version. The earlier ones stay."):
                services.continue_series(panel, source, found)
                reading.answer()
                st.rerun()
            if st.button("Keep it apart", help="Keep it as a series of its own, beside the earlier one."):
                reading.answer()
                st.rerun()


def sentence(found: Continuation, panel: Panel, source: str) -> str:
    """What would be continued, and what is different, as Markdown."""
    name = "what you pasted before" if source == PASTED else f"**{safe(source, 60)}**"
    if len(found.changes) == 1:
        (one,) = found.changes
        parts = _parts(one, panel[one.series_id])
    else:
        parts = _totals(found.changes)
    if found.apart:
        parts.append(f"{len(found.apart):,} series {'is' if len(found.apart) == 1 else 'are'} new")
    if not parts:
        return f"This is {name} again: the same values, read in another way."
    return f"This continues {name}: {', '.join(parts)}."


def _parts(one: Change, series: TimeSeries) -> list[str]:
    """The differences of one series, the new steps first."""
    parts = [steps(one.added, series.freq, "new")] if one.added else []
    if one.revised:
        at = series.index[one.first : one.first + 1]
        (first,) = date_label(at, series.zone, as_in=series.index)
        which = f", the first in {first}" if one.revised > 1 else f" ({first})"
        parts.append(f"{count(one.revised, 'past value')} changed{which}")
    if one.dropped:
        parts.append(f"{steps(one.dropped, series.freq)} left out")
    return parts


def _totals(changes: Sequence[Change]) -> list[str]:
    """The differences of several series together."""
    added, revised, dropped = (sum(getattr(one, name) for one in changes) for name in ("added", "revised", "dropped"))
    said = [f"{count(added, 'new value')} in {len(changes):,} series"]
    said += [f"{count(revised, 'past value')} changed"] if revised else []
    said += [f"{count(dropped, 'value')} left out"] if dropped else []
    return said if added or revised or dropped else []


def line(series: TimeSeries) -> None:
    """Which version is shown, with a way to the others; nothing for a series that has one."""
    kept = services.all_series()
    shown = next((one for one in kept if one.key == series.key), None)
    if shown is None or not version_of(shown):
        return
    with st.popover(version_of(shown).capitalize(), icon=":material/history:"):
        for one in kept:
            if one.subject == shown.subject:
                _version(one, is_shown=one.key == shown.key, can_be_deleted=False)


def kept() -> None:
    """One entry for each kept series, with its newest version."""
    records = services.all_series()
    entries = [one for one in records if one.is_newest]
    if not entries:
        return
    st.subheader("Or go on with one of yours", anchor=False)
    for record in entries[:8]:
        _entry(record, [one for one in records if one.subject == record.subject])
    if len(entries) > 8:
        st.caption(f"and {count(len(entries) - 8, 'older one')}, kept with their runs")


def _entry(record: SeriesRecord, versions: Sequence[SeriesRecord]) -> None:
    facts = [length_of_record(record), safe(record.source, 60), version_of(record), age(record.created)]
    has_more = len(versions) > 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(safe(record.id, 40), key=f"data.kept.{record.key}"):
            _open(record)
        st.caption(" · ".join(filter(None, facts)))
        if has_more:
            with st.popover("Versions", key=f"data.versions.{record.subject}"):
                for one in versions:
                    _version(one, is_shown=False, can_be_deleted=True)
        words = f"Really delete this series, all {len(versions)} versions of it" if has_more else "Really delete this series"
        label = "Delete all" if has_more else "Delete"
        if st.button(label, key=f"data.delete.{record.key}", type="tertiary", help=words):
            services.delete_subject(record.subject)
            st.rerun()


def _version(one: SeriesRecord, *, is_shown: bool, can_be_deleted: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(f"Version {one.version}", key=f"data.version.{one.key}", disabled=is_shown):
            _open(one)
        st.caption(f"{length_of_record(one)} · {age(one.created)}")
        words = f"Really delete version {one.version}"
        if can_be_deleted and st.button("Delete", key=f"data.delete.version.{one.key}", type="tertiary", help=words):
            services.delete_series(one.key)
            st.rerun()


def _open(record: SeriesRecord) -> None:
    reading.begin("", record.source, (record.key,))
    st.rerun()
