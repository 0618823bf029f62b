"""The versions of a series: whether a file that was brought continues what is kept, and the versions that there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.charts.labels import date_label
from core.series.timeseries import Panel, TimeSeries
from core.series.versions import Change, Continuation
from core.store.records import SeriesRecord
from pages.parts import frame, reading, services
from pages.parts.text import age, count, length_of_record, safe, steps, version_of

PASTED = "pasted.csv"
SHOWN = 8  # entries before the others fold away


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
    """The differences of several series together, and which of them was revised where it is one."""
    added, revised, dropped = (sum(getattr(one, name) for one in changes) for name in ("added", "revised", "dropped"))
    said = [f"{count(added, 'new value')} in {len(changes):,} series"]
    whose = [one.series_id for one in changes if one.revised]
    said += (
        [f"{count(revised, 'past value')} changed{f' in {safe(whose[0], 40)}' if len(whose) == 1 else ''}"] if revised else []
    )
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
    """One entry for each kept series, with its newest version; series that were brought together are one entry."""
    records = services.all_series()
    groups = _brought_together(records)
    if not groups:
        return
    st.subheader("Or go on with one of yours", anchor=False)
    for group in groups[:SHOWN]:
        _entry(group, records)
    if len(groups) > SHOWN:
        with st.expander(f"{len(groups) - SHOWN:,} older"):
            for group in groups[SHOWN:]:
                _entry(group, records)


def _brought_together(records: Sequence[SeriesRecord]) -> list[tuple[SeriesRecord, ...]]:
    """The newest versions, by file and moment, in the order of the records."""
    groups: dict[tuple[str, datetime], list[SeriesRecord]] = {}
    for one in records:
        if one.is_newest:
            groups.setdefault((one.source, one.created), []).append(one)
    return [tuple(group) for group in groups.values()]


def _entry(group: tuple[SeriesRecord, ...], records: Sequence[SeriesRecord]) -> None:
    first, is_panel = group[0], len(group) > 1
    versions = [one for one in records if one.subject == first.subject]
    facts = [f"{len(group):,} series" if is_panel else length_of_record(first), "" if is_panel else safe(first.source, 60)]
    name = safe(first.source if is_panel else first.id, 40)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(name, key=f"data.kept.{first.key}"):
            _open(*group)
        st.caption(" · ".join(filter(None, [*facts, version_of(first), age(first.created)])))
        if len(versions) > 1 and not is_panel:
            with st.popover("Versions", key=f"data.versions.{first.subject}"):
                for one in versions:
                    _version(one, is_shown=False, can_be_deleted=True)
        words = "Really delete all of them" if is_panel else "Really delete this series"
        if st.button("Delete", key=f"data.delete.{first.key}", type="tertiary", help=words):
            if is_panel or len(versions) > 1:
                _delete(group, [one for one in records if one.subject in {each.subject for each in group}])
            else:
                services.delete_subjects((first.subject,))
                st.rerun()


@st.dialog("Delete for good?", on_dismiss="rerun")
@frame.guarded
def _delete(group: tuple[SeriesRecord, ...], versions: Sequence[SeriesRecord]) -> None:
    what = f"**{safe(group[0].id)}**" if len(group) == 1 else f"**{safe(group[0].source)}** with its {len(group):,} series"
    more = f", {len(versions):,} versions in all" if len(versions) > len(group) else ""
    st.markdown(f"Delete {what}{more}? That cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary"):
            services.delete_subjects(tuple(one.subject for one in group))
            st.rerun()
        if st.button("Keep it"):
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


def _open(*records: SeriesRecord) -> None:
    reading.begin("", records[0].source, tuple(one.key for one in records))
    st.rerun()
