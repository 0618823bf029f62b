"""What stands behind the verdict: every test with its interval, and the model confidence set."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.charts.skill import skill_chart
from core.charts.theme import styles
from core.evaluation.verdict import Pair
from core.report.outcome import Outcome
from pages.parts import frame
from pages.parts.text import safe


def show(outcome: Outcome) -> None:
    """What stands behind the answer: every challenger against the rival; in runs of old the best against each other model."""
    if outcome.comparison is None or not outcome.comparison.pairs:
        st.caption("There is nothing to test: no model can be compared with another.")
        return
    pairs, is_of_best = outcome.comparison.pairs, outcome.comparison.rival is None
    whose = f"What {pairs[0].a} saves" if is_of_best else f"What is saved against {pairs[0].b}"
    if any(pair.skill is not None for pair in pairs):
        frame.chart(
            ("skill", outcome.key),
            lambda: skill_chart(
                pairs, is_of_best=is_of_best, styles=styles(outcome.models, frame.theme()), theme=frame.theme()
            ),
            whose,
        )
    rows = [(pair.b if is_of_best else pair.a, *_tested(pair)) for pair in pairs]
    heading = f"{pairs[0].a} against" if is_of_best else f"Against {pairs[0].b}"
    table = pd.DataFrame(rows, columns=[heading, "Loss saved", "95 % interval", "p, adjusted"])
    st.dataframe(table, hide_index=True, row_height=36, alt=whose)
    for reason in dict.fromkeys(pair.reason for pair in pairs if pair.reason):
        st.caption(safe(f"No test: {reason}.", 600))
    st.caption(
        "Diebold and Mariano's test on the losses at the same origins. "
        + ("p is adjusted by Holm." if is_of_best else "Intervals and p hold for all rows at once (max-t).")
        + " An interval that holds 0: the difference may be chance."
    )
    _confidence(outcome)


def _confidence(outcome: Outcome) -> None:
    """The p of each model in the model confidence set."""
    comparison = outcome.comparison
    if not comparison.chances:
        return
    rows = [
        (label, f"{comparison.chances[label]:.2g}", "yes" if label in comparison.kept else "no")
        for label in comparison.ranking
        if label in comparison.chances
    ]
    table = pd.DataFrame(rows, columns=["Model", "p", "May be the best"])
    st.dataframe(table, hide_index=True, row_height=36, alt="The model confidence set")
    st.caption(
        "The model confidence set (Hansen, Lunde and Nason 2011) holds the best model with 90 %: those with p above 0.1. "
        "A model that the answer calls worse is left out."
    )


def _tested(pair: Pair) -> tuple[str, str, str]:
    saved, low, high = (
        "–" if share is None else f"{share:.0%}".replace("-", "−") for share in (pair.skill, pair.low, pair.high)
    )
    p = "–" if pair.chance is None else f"{pair.chance:.2g}" if pair.chance >= 0.001 else "< 0.001"
    return saved, "–" if pair.low is None else f"{low} to {high}", p
