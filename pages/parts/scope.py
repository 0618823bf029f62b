"""What a page about a run looks at: all series of a panel together, or one. It is asked once, and the whole page follows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.report.outcome import Outcome
from pages.parts import state
from pages.parts.text import safe


@dataclass(frozen=True)
class Scope:
    """What the whole page is about. series_id: the one series, or that which is drawn where the scores are of all.

    is_whole: of all series together.
    """

    series_id: str
    is_whole: bool

    @property
    def scored(self) -> str | None:
        """The series whose scores are shown; None for those of all series together."""
        return None if self.is_whole else self.series_id


def ask(outcome: Outcome, page: str) -> Scope:
    """Whether the page is about all series of a panel together, or about which one."""
    ids = outcome.series_ids
    state.spelled(f"{page}.series", ids)
    state.among(f"{page}.series", ids, ids[0])
    if len(ids) < 2:
        return Scope(ids[0], False)
    options = (f"All {len(ids):,} series", "One series")
    state.among(f"{page}.scope", options, options[0])
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "What is looked at", options, key=f"{page}.scope", required=True, persist_state="session", width="content",
            help="Scores, errors by step and the tests are of all series together, or scores and errors of one. "
            "Forecasts are drawn of one series at a time.",
        )  # fmt: skip
        is_whole = chosen == options[0]
        st.selectbox(
            "Forecasts drawn of" if is_whole else "Series", ids, key=f"{page}.series", persist_state="session", width=420
        )
    return Scope(str(state.get(f"{page}.series")), is_whole)


def heading(outcome: Outcome, scope: Scope) -> str:
    """What scores are about, for a heading: "", ", mean over 40 series", ", SKU-7"."""
    if len(outcome.series_ids) < 2:
        return ""
    return f", mean over {len(outcome.series_ids):,} series" if scope.is_whole else f", {safe(scope.series_id, 60)}"
