"""The badge that says whether the models of a run looked ahead, and what is behind it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.report.outcome import Outcome
from pages.parts.text import count, day, safe

CHECKED = ":green-badge[:material/verified: No look-ahead: checked]"
FOUND = ":red-badge[:material/error: Look-ahead found: {}]"
MEANING = (
    "Every model was computed once more, with noise in place of everything after a random moment, in all series. A forecast "
    "made up to that moment must stay the same, bit for bit; otherwise it has seen what was to come."
)


def badge(outcome: Outcome) -> None:
    """The badge, which opens to the details; nothing where no model was checked."""
    checked = [one for one in outcome.done if one.certificate is not None]
    if not checked:
        return
    bad = [one for one in checked if not one.certificate.is_same]
    who = safe(bad[0].model.label, 24) if len(bad) == 1 else count(len(bad), "model")
    with st.popover(FOUND.format(who) if bad else CHECKED, type="tertiary"):
        for one in bad:
            st.error(f"**{safe(one.model.label, 40)}**: {safe(one.certificate.first_difference or '', 600)}")
        if len(checked) < len(outcome.done):
            st.markdown(f"{count(len(checked), 'model')} of {len(outcome.done)} could be checked.")
        st.caption(MEANING)
        rows = [
            {
                "Model": one.model.label,
                "Result": "the same" if one.certificate.is_same else "changed",
                "Forecasts": one.certificate.checked,
                "Known up to": one.certificate.moment,
                "Date": day(datetime.fromisoformat(one.certificate.date)),
                "SHA-256": one.certificate.digest,
            }
            for one in checked
        ]
        st.dataframe(
            rows, hide_index=True, row_height=36, alt=f"Certificates of {count(len(rows), 'model')}",
            column_config={"Forecasts": st.column_config.Column(help="Forecasts compared, each of all its steps.")},
        )  # fmt: skip
