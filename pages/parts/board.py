"""The leaderboard of a run, the benchmarks beside it, and what its notes say in full."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from core.charts.labels import number_label
from core.evaluation.combination import INVERSE
from core.metrics.registry import SKILL, described
from core.report.leaderboard import PLAIN, best_of, columns, heading, leaderboard, references, scores_of
from core.report.outcome import Outcome
from pages.parts import frame
from pages.parts.text import count, duration, percent, safe

BEST, COMBINED = "★", "◇"
MOST_ROWS = 25  # of a leaderboard that is shown without a scroll of its own
WIDE = 178  # pixels: the longest name of a combination, with its mark
MARKS = (
    f"{BEST} the best model. {COMBINED} a combination of the models, which nobody chose: it stands where its score places it."
)


def board(outcome: Outcome, series_id: str | None, *, names: tuple[str, ...] | None = None) -> None:
    """The leaderboard; the best value of each score in bold, failed models as rows with their reason."""
    table = leaderboard(outcome, series_id)
    shown = [name for name in (names or columns(outcome)) if name in table]
    unit = outcome.unit(outcome.series_ids[0]) if outcome.series_ids else ""
    best = {name: best_of(table, name) for name in shown}
    table = table[["model", *shown, "seconds", "parameters", "note"]].assign(
        model=[_marked(row.model, row.best, row.kind) for row in table.itertuples()]
    )
    formats = {name: _percent if name == SKILL.name else _digits for name in shown}
    styled = table.style.format(formats | {"seconds": duration, "parameters": _whole}, na_rep="–")
    styled = styled.apply(lambda column: _emphasis(column, best.get(column.name, ())), axis=0)
    config = {"seconds": "Time", "parameters": "Parameters", "note": st.column_config.TextColumn("Notes", width="large")}
    config["model"] = st.column_config.TextColumn(
        "Model", pinned=True, help=MARKS, width=WIDE if outcome.combinations else None
    )
    for name in shown:
        label, help = heading(name, unit)
        config[name] = st.column_config.Column(label, help=help)
    st.dataframe(
        styled, hide_index=True, column_config=config, row_height=36, placeholder="–",
        height="content" if len(table) <= MOST_ROWS else "auto", alt=f"Scores of {count(len(table), 'model')}, best first",
    )  # fmt: skip
    _counted(outcome, series_id)
    _references(outcome, series_id)
    _remarks(outcome, series_id)


def _counted(outcome: Outcome, series_id: str | None) -> None:
    """From how many past forecasts intervals are scored; the first know too few past errors for one."""
    scored = [scores_of(one, series_id) for one in outcome.done]
    counts = next((one.counts for one in scored if one is not None and one.counts), {})
    origins = sum(len(outcome.origins(name)) for name in (outcome.series_ids if series_id is None else (series_id,)))
    if not counts or min(counts.values()) >= origins:
        return
    parts = [f"those of {percent(described(name)[1]):g} % from {number:,}" for name, number in counts.items()]
    st.caption(f"Intervals are scored once enough past errors are known: {', '.join(parts)} of {origins:,} past forecasts.")


def _marked(label: str, is_best: bool, kind: str) -> str:
    """A long label is cut at its end, so the mark of a combination stands before it."""
    return f"{COMBINED} {label}" if kind == "combination" else f"{label}  {BEST}" if is_best else label


def _references(outcome: Outcome, series_id: str | None) -> None:
    """The benchmarks that nobody chose, muted, for they are no part of the contest."""
    table = references(outcome, series_id)
    if table.empty:
        return
    st.caption("For reference: simple benchmarks that this run was not asked for, at the same origins.")
    unit = outcome.unit(outcome.series_ids[0]) if outcome.series_ids else ""
    styled = table.style.format(dict.fromkeys(PLAIN, _digits) | {"saved": _percent}, na_rep="–")
    styled = styled.map(lambda _: f"color: {frame.theme().muted}", subset=[*PLAIN, "saved", "note"])  # names are muted anyway
    config = {"model": st.column_config.TextColumn("Benchmark", pinned=True), "note": "Notes"}
    config["saved"] = st.column_config.Column(
        "Best saves",
        help="How much of the benchmark's error the best model saves; below 0 the benchmark is better.",
    )
    for name in PLAIN:
        label, help = heading(name, unit)
        config[name] = st.column_config.Column(label, help=help)
    st.dataframe(
        styled, hide_index=True, column_config=config, row_height=36, placeholder="–", width="content",
        column_order=["model", *PLAIN, "saved", *(["note"] if table["note"].any() else [])],
        alt=f"Scores of {count(len(table), 'benchmark')} for reference",
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%".replace("-", "−")


def _remarks(outcome: Outcome, series_id: str | None) -> None:
    """In full what the notes say: which model failed and why, and what a person should know of the others."""
    said: dict[str, list[str]] = {}
    for result in outcome.results:
        if result.state == "failed":
            st.error(f"**{safe(result.model.label, 40)}** failed: {safe(result.error or '', 600)}")
    for result in (*outcome.results, *outcome.combinations):
        for note in result.notes:
            said.setdefault(note, []).append(f"**{safe(result.model.label, 40)}**")
    for label, reason in outcome.missing.items():
        said.setdefault(f"no scores, {reason}", []).append(f"**{safe(label, 40)}**")
    for note, labels in said.items():
        st.caption(f"{', '.join(labels)}: {safe(note, 400)}.")
    chosen(outcome, [one.model.label for one in outcome.done])
    _weights(outcome, series_id)


def chosen(outcome: Outcome, labels: Iterable[str], *, is_whole: bool = False) -> None:
    """What these models chose of the settings that were left to them; the advanced ones too if `is_whole`."""
    each = {label: outcome.settled(label, is_whole=is_whole) for label in labels}
    told = [f"**{safe(label, 40)}**: {', '.join(some)}" for label, some in each.items() if some]
    if told:
        st.caption(f"Settings that the models chose themselves. {' · '.join(told)}.")


def _weights(outcome: Outcome, series_id: str | None) -> None:
    """How the weighted combination weighs the models in the next forecast of the one series that is looked at."""
    only = series_id or (outcome.series_ids[0] if len(outcome.series_ids) == 1 else None)
    for one in outcome.comparison.combinations if outcome.comparison else ():
        if one.result.model.name == INVERSE and only in one.weights:
            shares = sorted(zip(one.weights[only], one.members, strict=True), reverse=True)
            told = ", ".join(f"{safe(label, 40)} {_percent(share)}" for share, label in shares)
            st.caption(f"**{safe(one.label, 40)}** weighs the next forecasts so: {told}.")


def _digits(value: float) -> str:
    """Four significant digits, so that numbers below one another can be compared at a glance."""
    return f"{value:#.4g}" if 1e-4 <= abs(value) < 1000 else number_label(value)


def _whole(value: object) -> str:
    return "–" if pd.isna(value) else f"{value:,}"


def _emphasis(column: pd.Series, best: tuple[int, ...]) -> list[str]:
    return ["font-weight: 700; color: " + frame.theme().ink if place in best else "" for place in column.index]
