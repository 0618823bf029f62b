"""How far forecasts are off, step by step ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import framed, model_channels, saveable, vertical
from core.charts.labels import number_label, plain, shown
from core.charts.theme import Style, Theme

Numbers = Sequence[float | None]


def steps_chart(
    by_step: Mapping[str, Numbers],
    *,
    spread: Mapping[str, tuple[Numbers, Numbers]],
    styles: Mapping[str, Style],
    theme: Theme,
    metric: str,
    unit: str,
    height: int = 280,
) -> alt.LayerChart:
    """A score by step ahead, 1 to H, by label; None where it is not defined. spread: the lowest and highest over the seeds."""
    names = shown(list(by_step))
    colour, dash = model_channels(names, styles, theme)
    frame = pd.concat(
        [_frame(names[label], values, spread.get(label)) for label, values in by_step.items()] or [_frame("", (), None)]
    )
    pick = alt.selection_point(name="pick", fields=["model"], bind="legend", toggle="true")
    opacity = [alt.when(pick).then(alt.value(full)).otherwise(alt.value(faded)) for full, faded in ((1, 0.06), (0.15, 0))]
    title = plain(f"{metric} ({unit})" if unit else metric, 48)
    x = alt.X("step:Q", title="steps ahead", axis=alt.Axis(tickMinStep=1, format=",d", grid=False)).scale(
        nice=False, zero=False
    )
    told = [alt.Tooltip("step:Q", title="Step", format=",d"), alt.Tooltip("model:N", title="Model")]
    told += [alt.Tooltip("number:N", title=plain(metric, 40)), alt.Tooltip("seeds:N", title="Over seeds")]
    point = alt.OverlayMarkDef(filled=True, size=24)
    line = alt.Chart(frame[frame["value"].notna()]).mark_line(strokeWidth=2, point=point)
    band = alt.Chart(frame[frame["low"].notna()]).mark_area(line=False)
    layers = [
        band.encode(x, alt.Y("low:Q"), alt.Y2("high"), color=colour, opacity=opacity[1]),
        line.encode(
            x, vertical("value", title, zero=True), color=colour, strokeDash=dash, opacity=opacity[0], tooltip=told
        ).add_params(pick),
    ]
    notes = ["bands: lowest and highest seed"] if frame["low"].notna().any() else []
    return saveable(framed(alt.layer(*layers), theme, height, notes=notes))


def _frame(name: str, values: Numbers, seeds: tuple[Numbers, Numbers] | None) -> pd.DataFrame:
    value = _numbers(values)
    low, high = (_numbers(one) for one in seeds) if seeds else (np.full(len(value), np.nan),) * 2
    both = np.isfinite(low) & np.isfinite(high)
    told = [
        f"{number_label(a)} to {number_label(b)}" if seen else number_label(None)
        for a, b, seen in zip(low, high, both, strict=True)
    ]
    return pd.DataFrame(
        {
            "step": np.arange(1.0, len(value) + 1),
            "model": name,
            "value": value,
            "low": np.where(both, low, np.nan),
            "high": np.where(both, high, np.nan),
            "number": [number_label(one) for one in value],
            "seeds": told,
        }
    )


def _numbers(values: Numbers) -> np.ndarray:
    """Floats; NaN where there is none, or where it is not finite."""
    found = np.array([np.nan if value is None else value for value in values], dtype=float)
    return np.where(np.isfinite(found), found, np.nan)
