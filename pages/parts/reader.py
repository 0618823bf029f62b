"""The read-only report, for somebody who opens a link on a phone."""

from __future__ import annotations

import streamlit as st

from core.errors import LimitError, PassphraseError
from core.metrics.registry import score_key
from core.report.outcome import Outcome
from core.report.settings import in_words
from core.store.records import Link
from pages.parts import board, evidence, frame, results, scope, services, state, takeaway
from pages.parts.text import count, day, safe

READING = (
    "MASE: error against repeating the last season in the past; below 1 is better than that. "
    "MAE: how far off on average. Coverage: how often the truth lay inside the interval."
)
NARROW = 480  # pixels


def is_admitted(token: str, link: Link) -> bool:
    """Whether this session may read the report; if not, it is asked for the passphrase."""
    mark = f"{link.id} {link.digest}"
    if not link.has_passphrase or state.is_admitted(mark):
        return True
    st.title("This report needs a passphrase", anchor=False)
    with st.form("report.asking", border=False, width=NARROW):
        typed = st.text_input("Passphrase", type="password", max_chars=200)
        pressed = st.form_submit_button("Open the report", type="primary")
    if pressed and typed:
        _try(token, typed, mark)
    elif pressed:
        st.error("The passphrase is empty. Type the one that came with the link.")
    return False


def _try(token: str, typed: str, mark: str) -> None:
    try:
        services.admit(token, typed)
    except PassphraseError:
        st.error("That is not the passphrase of this link. Check capital letters, or ask the person who sent it.")
    except LimitError as error:
        frame.problem(error)
    else:
        state.admit(mark)
        st.rerun()


def no_report() -> None:
    """The same words for a link that never was, has expired or was revoked."""
    st.title("This link shows nothing", anchor=False)
    st.markdown("It may be incomplete, have expired, or have been ended by the person who made it. Ask for a new one.")


def show(outcome: Outcome) -> None:
    """Verdict, chart, scores, what was done, and a download."""
    st.title(safe(outcome.title), anchor=False)
    st.caption(f"made {day(outcome.created)} · {count(len(outcome.models), 'model')} · {outcome.spec.horizon} steps ahead")
    results.verdict(outcome)
    seen = scope.ask(outcome, "report")
    series_id = seen.series_id
    chart = st.container()
    origin = results.ask_origin(outcome, series_id, "report")
    coverage = results.ask_band(outcome, "report")
    is_own = results.ask_whose(outcome, series_id, "report")
    is_combined = results.ask_combined(outcome, "report")
    with chart:
        drawn = results.fan(outcome, results.Selection(series_id, origin, coverage, is_own, is_combined))
    st.subheader(f"Scores{scope.heading(outcome, seen)}", anchor=False)
    expert = st.toggle("Expert view", key="report.expert", help="Every score, errors by step, and the tests.")
    board.board(outcome, seen.scored, names=None if expert else _plain(outcome))
    st.caption(READING)
    if expert:
        results.steps(outcome, seen)
        evidence.show(outcome)
        if evidence.has_panel(outcome):
            evidence.across(outcome)
    with st.expander("What was done"):
        _method(outcome)
    takeaway.downloads(outcome, drawn)
    st.caption("Made with Unroll. This page is a frozen copy and cannot be changed.")


def _plain(outcome: Outcome) -> tuple[str, ...]:
    """The scores that a reader sees first, of the intervals only how often the narrowest ones held."""
    return ("mase", "mae", *(score_key("coverage", one) for one in sorted(outcome.spec.coverages or ())[:1]))


def _method(outcome: Outcome) -> None:
    spec = outcome.spec
    fitted = {one.model.label: one.model for one in outcome.done}
    st.markdown(
        f"- Every model forecast {count(spec.horizon, 'step')} ahead from {count(spec.origins or 0, 'time')} in the past, "
        f"{count(spec.stride, 'step')} apart, knowing nothing that came after.\n"
        f"- Season: {spec.season} steps. Networks were trained with {count(spec.seeds, 'seed')}; "
        "their forecast is the median.\n"
        "- Intervals are split conformal: the size of past errors that were known at the time. Those that a model claims "
        "itself are not calibrated.\n"
        "- Combinations are rules: they know what the models forecast and how far these were off before, nothing later."
    )
    st.dataframe(
        [
            {"model": one.label, "settings": in_words(fitted.get(one.label, one))} for one in outcome.models
        ],
        hide_index=True, alt="The settings of each model",
    )  # fmt: skip
    st.caption(" · ".join(f"{safe(name)} {safe(version)}" for name, version in outcome.versions.items()))
