"""What stands behind the verdict: every test with its interval, the model confidence set, what the series of a panel say."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.charts.ranks import ranks_chart
from core.charts.skill import skill_chart
from core.charts.theme import styles
from core.evaluation.panels import AcrossSeries
from core.evaluation.verdict import Pair, joined
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
    if any(pair.over for pair in pairs):
        st.caption("In place of the test the intervals are from drawing series, and dates in blocks, with replacement.")
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
        "A model that the answer calls worse is left out, and of two that it cannot tell apart both are in."
    )


def has_panel(outcome: Outcome) -> bool:
    """Whether the run has enough series for each to have a voice."""
    return outcome.comparison is not None and outcome.comparison.panel is not None


def across(outcome: Outcome) -> None:
    """What the series of a panel say: mean ranks with intervals, the share of series won, the loss saved over other series."""
    panel, looks = outcome.comparison.panel, styles(outcome.models, frame.theme())
    if panel.ranks:
        st.markdown(safe(_ranked(panel.ranks, panel.distance, panel.series), 1000))
        frame.chart(
            ("ranks", outcome.key),
            lambda: ranks_chart(panel.ranks, panel.distance, panel.series, styles=looks, theme=frame.theme()),
            f"Mean ranks of {len(panel.ranks)} models over {panel.series:,} series",
        )
        st.caption(
            f"Models whose mean ranks lie more than {panel.distance:.2g} apart differ, 95 % for all at once (multiple "
            "comparisons with the best, as in the M competitions; Nemenyi's distance). Ranks do not say how far off a model is."
        )
    if not panel.rows:
        return
    rival = panel.rows[0].b
    if any(row.skill is not None for row in panel.rows):
        frame.chart(
            ("across", outcome.key),
            lambda: skill_chart(panel.rows, is_of_best=False, styles=looks, theme=frame.theme()),
            f"What is saved against {rival} over {panel.rows[0].series:,} series",
        )
    rows = [(row.a, f"{100 * row.won:.0f} % of {row.series:,}", *_tested(row)[:2], row.over or "–") for row in panel.rows]
    columns = [f"Against {rival}", "Series won", "Loss saved", "95 % interval", "Drawn for it"]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, row_height=36, alt=f"Series won against {rival}")
    for reason in dict.fromkeys(row.reason for row in panel.rows if row.reason):
        st.caption(safe(f"No interval over other dates: {reason}.", 600))
    st.caption(
        "Equal series count half. Intervals are from drawing series, and dates in blocks, with replacement, and hold for all "
        "rows at once. Series alone: as if only these dates mattered."
    )


def _ranked(ranks: Mapping[str, float], distance: float, series: int) -> str:
    """Who ranks best, and who ranks worse than that."""
    ordered = sorted(ranks, key=ranks.__getitem__)
    best = ordered[0]
    worse = [label for label in ordered if ranks[label] - ranks[best] > distance]
    start = f"Over {series:,} series {best} ranks best, {ranks[best]:.1f} on average"
    if not worse:
        return f"{start}; no model is shown to rank worse."
    return f"{start}; {joined(worse)} {'ranks' if len(worse) == 1 else 'rank'} worse."


def _tested(pair: Pair | AcrossSeries) -> tuple[str, str, str]:
    saved, low, high = (
        "–" if share is None else f"{share:.0%}".replace("-", "−") for share in (pair.skill, pair.low, pair.high)
    )
    p = "–" if pair.chance is None else f"{pair.chance:.2g}" if pair.chance >= 0.001 else "< 0.001"
    return saved, "–" if pair.low is None else f"{low} to {high}", p
