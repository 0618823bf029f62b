"""The inverse roots of an autoregression in the unit circle: where they lie says whether shocks die away, and how it swings."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import framed
from core.charts.labels import number_label
from core.charts.theme import Theme
from core.models.polynomial import Root

REACH = 1.15  # radii that are seen at least
CORNERS = 181  # of the circle


def roots_chart(roots: Sequence[Root], *, theme: Theme, colour: str, height: int = 280) -> alt.LayerChart:
    """The roots as points, those outside the circle in the colour of problems. The circle is round at any width."""
    reach = max([REACH, *(1.05 * one.modulus for one in roots)])
    across = alt.ExprRef(f"-{reach:.6g} * width / height"), alt.ExprRef(f"{reach:.6g} * width / height")
    place = {
        "x": alt.X("real:Q", axis=None).scale(domain=list(across), nice=False),
        "y": alt.Y("imaginary:Q", axis=None).scale(domain=[-reach, reach], nice=False),
    }
    turn = np.linspace(0, 2 * np.pi, CORNERS)
    circle = pd.DataFrame({"real": np.cos(turn), "imaginary": np.sin(turn), "order": np.arange(CORNERS)})
    axes = pd.DataFrame({"real": [-1.0, 0.0], "imaginary": [0.0, -1.0], "right": [1.0, 0.0], "top": [0.0, 1.0]})
    told = [alt.Tooltip("left:N", title="Left after a step"), alt.Tooltip("cycle:N", title="Cycle (steps)")]
    fill = alt.Fill("fill:N", scale=None, legend=None)
    return framed(
        alt.layer(
            alt.Chart(axes).mark_rule(color=theme.grid).encode(**place, x2="right", y2="top"),
            alt.Chart(circle).mark_line(color=theme.muted, strokeWidth=1.2).encode(**place, order="order:Q"),
            alt.Chart(_frame(roots, theme, colour)).mark_point(filled=True, size=70, opacity=1, stroke=theme.surface).encode(
                **place, fill=fill, tooltip=told
            ),
        ),
        theme, height, notes=["inside the circle: dies away", "nearer to it: lasts longer"],
    )  # fmt: skip


def _frame(roots: Sequence[Root], theme: Theme, colour: str) -> pd.DataFrame:
    """One row a root."""
    return pd.DataFrame(
        {
            "real": [one.modulus * np.cos(one.argument) for one in roots],
            "imaginary": [one.modulus * np.sin(one.argument) for one in roots],
            "left": [f"{100 * one.modulus:.1f} %" for one in roots],
            "cycle": ["none" if one.cycle is None else number_label(one.cycle) for one in roots],
            "fill": [colour if one.modulus < 1 else theme.problem for one in roots],
        }
    )
