"""Whether quantiles hold what they claim: how often the truth fell at or below each, and where chance would leave it."""

from __future__ import annotations

from typing import Protocol

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import framed
from core.charts.theme import Theme

TICKS = [0.0, 0.25, 0.5, 0.75, 1.0]


class Held(Protocol):
    """What is read of core.stats.calibration.Reliability: fractions (Q,) by level."""

    levels: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    blocks: int


def reliability_chart(found: Held, *, theme: Theme, colour: str, height: int = 300) -> alt.LayerChart:
    """Observed over claimed fractions; the diagonal is a true forecast. Grey bars: 95 % of true forecasts stay inside.

    A level that leaves its bar is drawn in the colour of problems.
    """
    out = (found.observed < found.low) | (found.observed > found.high)
    frame = pd.DataFrame(
        {
            "level": found.levels,
            "observed": found.observed,
            "low": found.low,
            "high": found.high,
            "claimed": [_percent(one) for one in found.levels],
            "seen": [_percent(one) for one in found.observed],
            "band": [f"{_percent(low)} to {_percent(high)}" for low, high in zip(found.low, found.high, strict=True)],
            "fill": np.where(out, theme.problem, colour),
        }
    )
    axis = {"format": ".0%", "values": TICKS}
    x = alt.X("level:Q", title="claimed: truths at or below", axis=alt.Axis(grid=False, **axis)).scale(
        domain=[0, 1], nice=False
    )
    y = alt.Y("observed:Q", title="observed", axis=alt.Axis(**axis)).scale(domain=[0, 1], nice=False)
    told = [alt.Tooltip("claimed:N", title="Claimed"), alt.Tooltip("seen:N", title="Observed")]
    told.append(alt.Tooltip("band:N", title="If true, 95 %"))
    ends = pd.DataFrame({"level": [0.0, 1.0], "observed": [0.0, 1.0]})
    layers = [
        alt.Chart(ends).mark_line(color=theme.now, strokeDash=[3, 3], strokeWidth=1.2).encode(x, y),
        alt.Chart(frame).mark_rule(color=theme.muted, opacity=0.4, strokeWidth=9).encode(
            x, alt.Y("low:Q"), alt.Y2("high"), tooltip=told
        ),
        alt.Chart(frame).mark_line(color=colour, strokeWidth=2).encode(x, y),
        alt.Chart(frame).mark_point(filled=True, size=70, opacity=1, stroke=theme.surface).encode(
            x, y, fill=alt.Fill("fill:N", scale=None, legend=None), tooltip=told
        ),
    ]  # fmt: skip
    notes = ["on the dashed line: it holds what it claims", f"grey: chance alone, 95 %, {found.blocks:,} independent forecasts"]
    return framed(alt.layer(*layers), theme, height, title="Reliability", notes=notes)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
