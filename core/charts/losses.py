"""How training went: losses or gradient norms by epoch, the same picture while they grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import framed, model_channels, saveable, vertical
from core.charts.labels import number_label, shown
from core.charts.theme import Style, Theme
from core.progress import EpochLog

What = Literal["loss", "gradient_norm"]
COLUMNS = ["epoch", "model", "part", "line", "value", "number", "width"]
PARTS = {
    "loss": (("training", "train_loss"), ("held out", "validation_loss")),
    "gradient_norm": (("gradient", "gradient_norm"),),
}
TITLES = {"loss": "loss (scaled, log)", "gradient_norm": "gradient norm (log)"}
NOTES = {"loss": "thick: held-out windows, thin: training windows", "gradient_norm": "mean norm before clipping"}
WIDTHS = {"training": 1.0, "held out": 2.4, "gradient": 1.6}
EMPTY = ((0, 0.1), (10, 1.0))  # what keeps the axes before the first epoch; drawn with width 0
MOST_EPOCHS = 1_000  # of a line


def losses_chart(
    curves: Mapping[str, Sequence[EpochLog]],
    *,
    styles: Mapping[str, Style],
    theme: Theme,
    what: What = "loss",
    height: int = 260,
) -> alt.Chart:
    """Each model's epochs of one fit, by label. Values that are not finite, or not above 0, are left out."""
    names = shown(list(curves))
    colour, dash = model_channels(names, styles, theme)
    line = alt.Chart(_frame(curves, names, what)).mark_line(strokeJoin="round")
    axis = alt.Axis(tickMinStep=1, format=",d", grid=False)
    picture = line.encode(
        alt.X("epoch:Q", title="epoch", axis=axis).scale(nice=False, zero=False),
        vertical("value", TITLES[what], type="log", nice=False, zero=alt.Undefined),
        color=colour,
        strokeDash=dash,
        strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
        detail="line:N",
        tooltip=[
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("epoch:Q", title="Epoch", format=",d"),
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("number:N", title="Value"),
        ],
    )
    return saveable(framed(picture, theme, height, notes=[NOTES[what]]))


def _frame(curves: Mapping[str, Sequence[EpochLog]], names: Mapping[str, str], what: What) -> pd.DataFrame:
    """One row an epoch and part; long trainings are thinned evenly, the last epoch kept."""
    rows = []
    for label, epochs in curves.items():
        stride = -(-max(len(epochs), 1) // MOST_EPOCHS)
        for epoch in [one for at, one in enumerate(epochs) if (len(epochs) - 1 - at) % stride == 0]:
            for part, field in PARTS[what]:
                value = getattr(epoch, field)
                if value is not None and np.isfinite(value) and value > 0:
                    rows.append(
                        (epoch.epoch, names[label], part, f"{names[label]} {part}", value, number_label(value), WIDTHS[part])
                    )
    rows = rows or [(epoch, "", "", "", value, "", 0.0) for epoch, value in EMPTY]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"epoch": float, "value": float, "width": float})
