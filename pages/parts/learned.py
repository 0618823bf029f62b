"""What an AR learned: its coefficients with their errors, its roots in the unit circle, and in a sentence what they imply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.charts.labels import number_label
from core.charts.roots import roots_chart
from core.charts.theme import styles
from core.models.arx import Summary
from core.models.autoregression import AR, FittedAR
from core.models.polynomial import Root
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.store.records import RunRecord
from pages.parts import frame, services, state
from pages.parts.text import STEPS, pace, safe

LASTING = 0.7  # of a swing that is left after each step: one that dies faster is hardly a cycle
MOST_CYCLES = 3
COLUMNS = ("Term", "Estimate", "p", "Standard error", "95 % interval", "t")


def show(record: RunRecord, panel: Panel, wanted: str = "") -> None:
    """The final fit of an AR of the run, for a series, which is asked for unless it has learned the `wanted` one; says so where
    there is none. Nothing is fitted for it."""
    found = {task.label: task for task in record.tasks if task.state == "done" and task.model and task.model.name == AR.name}
    if not found:
        st.caption("No AR has finished in this run.")
        return
    with st.container(horizontal=True):
        label = _ask("AR model", "learned.model", list(found))
        fitted = restored(found[label].model, services.weights(record.id, found[label].id))
        series_id = wanted if wanted in fitted.ids else _ask("Series", "learned.series", list(fitted.ids))
    summary = fitted.summary(series_id)
    said = implied(summary, panel[series_id].freq)
    st.markdown(safe(said, 600))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**{safe(summary.label)}**, errors of one step: {safe(number_label(summary.deviation))}")
        st.dataframe(_table(summary), hide_index=True, row_height=36, alt=f"Coefficients of {summary.label}")
    with right:
        colour = styles([found[label].model], frame.theme())[label].colour
        frame.chart(
            ("roots", *summary.roots), lambda: roots_chart(summary.roots, theme=frame.theme(), colour=colour),
            f"Inverse roots of {summary.label}: {said}",
        )  # fmt: skip
    st.caption(
        "p: how likely so large an estimate would be if the weight were 0. Lags that say much the same share their weight."
    )


def restored(model: ModelSpec, weights: Mapping[str, np.ndarray]) -> FittedAR:
    """One AR, with an equation for each series that it could learn, from what was kept of its fit: "<seed>/<name>"."""
    seed = next(iter(weights)).partition("/")[0]  # a model without randomness has one
    prefix = f"{seed}/"
    arrays = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
    return model.build().restore(arrays)


def implied(summary: Summary, freq: str | None) -> str:
    """Stability and cycles in a sentence."""
    what = "Its changes are" if summary.differences else "It is"
    slowest = summary.roots[0].modulus if summary.roots else 0.0
    if summary.is_stable:
        said = f"{what} stable: every shock dies away, the slowest part of it by {100 * (1 - slowest):.2g} % a step"
    else:
        said = f"{what} not stable: a root lies on or outside the circle, so that a shock never dies away and forecasts run off"
    swings = [root for root in summary.roots if _is_lasting(root)][:MOST_CYCLES]
    return f"{said}; {_cycles(swings, STEPS.get(pace(freq), 'steps'))}."


def _is_lasting(root: Root) -> bool:
    """One of each pair of roots that swing, where they do so for a while."""
    return root.cycle is not None and root.argument > 0 and root.modulus >= LASTING


def _cycles(swings: Sequence[Root], unit: str) -> str:
    """ "it implies damped cycles of about 10.6 and 5.2 years"."""
    if not swings:
        return "no swing of it lasts"
    kind = "damped" if all(root.modulus < 1 for root in swings) else "lasting"
    lengths = [f"{root.cycle:.3g}" for root in swings]
    if len(lengths) == 1:
        return f"it implies a {kind} cycle of about {lengths[0]} {unit}"
    return f"it implies {kind} cycles of about {', '.join(lengths[:-1])} and {lengths[-1]} {unit}"


def _ask(label: str, key: str, options: list[str]) -> str:
    """Which of them, asked only where there are several."""
    state.among(key, tuple(options), options[0])
    if len(options) > 1:
        st.selectbox(label, options, key=key, persist_state="session", width=260)
    return str(state.get(key))


def _table(summary: Summary) -> pd.DataFrame:
    rows = [
        (
            one.term, number_label(one.estimate), _p(one.p), number_label(one.error),
            f"{number_label(one.low)} to {number_label(one.high)}",
            "–" if one.statistic is None else f"{one.statistic:.2f}".replace("-", "−"),
        )
        for one in summary.coefficients
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _p(p: float | None) -> str:
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.2g}"
