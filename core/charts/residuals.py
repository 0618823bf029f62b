"""What the errors of a model still hold: over time, the largest of them marked, and their autocorrelations."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import Clock, framed, vertical
from core.charts.labels import number_label, plain
from core.charts.theme import Theme
from core.series.timeseries import Index


def residuals_chart(
    index: Index, residuals: np.ndarray, largest: Sequence[int], *, theme: Theme, colour: str, unit: str, height: int = 260
) -> alt.LayerChart:
    """Actual − forecast (R,) one step ahead, at the times that were forecast. largest: places of the misses that are named."""
    clock, marked = Clock.of(index), np.isin(np.arange(len(residuals)), list(largest))
    frame = pd.DataFrame(
        {
            "when": clock.at,
            "date": clock.labels,
            "residual": residuals,
            "zero": 0.0,
            "number": [number_label(one) for one in residuals],
        }
    )
    x = clock.axis()
    y = vertical("residual", plain(f"actual − forecast ({unit})" if unit else "actual − forecast", 40), zero=True)
    told = [alt.Tooltip("date:N", title="Date"), alt.Tooltip("number:N", title="Actual − forecast")]
    base, peaks = alt.Chart(frame), alt.Chart(frame[marked])
    layers = [
        alt.Chart(pd.DataFrame({"residual": [0.0]})).mark_rule(color=theme.now, strokeDash=[3, 3]).encode(y),
        base.mark_rule(color=colour, opacity=0.45).encode(x, alt.Y("zero:Q"), alt.Y2("residual")),
        base.mark_point(filled=True, color=colour, size=26, opacity=1).encode(x, y, tooltip=told),
        peaks.mark_point(filled=False, color=theme.problem, size=110, strokeWidth=2, opacity=1).encode(x, y, tooltip=told),
    ]
    notes = ["above 0 the forecast was too low", *(["rings: the largest misses"] if marked.any() else [])]
    return framed(alt.layer(*layers), theme, height, title="Errors one step ahead", notes=notes)


def lags_chart(
    acf: np.ndarray, band: np.ndarray, *, theme: Theme, colour: str, every: int = 1, height: int = 300
) -> alt.LayerChart:
    """Autocorrelations at lags 1 … K of (K + 1,), with the band that white noise stays within; every: steps between origins."""
    lags = np.arange(1, len(acf))
    frame = pd.DataFrame(
        {
            "lag": lags,
            "acf": acf[1:],
            "low": -band[1:],
            "high": band[1:],
            "zero": 0.0,
            "number": [f"{one:.2f}" for one in acf[1:]],
        }
    )
    reach = round(float(max(0.3, np.abs(acf[1:]).max(), band[1:].max())) * 1.05, 3)
    x = alt.X(
        "lag:Q", title="lag, in steps" if every == 1 else f"lag, in origins {every:,} steps apart",
        axis=alt.Axis(tickMinStep=1, format=",d", grid=False),
    ).scale(domain=[0.5, len(acf) - 0.5], nice=False)  # fmt: skip
    y = alt.Y("acf:Q", title="autocorrelation", axis=alt.Axis(tickCount=5, format=".2~f")).scale(
        domain=[-reach, reach], nice=False
    )
    told = [alt.Tooltip("lag:Q", title="Lag", format=",d"), alt.Tooltip("number:N", title="Autocorrelation")]
    base = alt.Chart(frame)
    layers = [
        base.mark_area(color=theme.muted, opacity=0.18, line=False).encode(x, alt.Y("low:Q"), alt.Y2("high")),
        alt.Chart(pd.DataFrame({"acf": [0.0]})).mark_rule(color=theme.grid).encode(y),
        base.mark_rule(color=colour, strokeWidth=3).encode(x, alt.Y("zero:Q"), alt.Y2("acf"), tooltip=told),
        base.mark_point(filled=True, color=colour, size=30, opacity=1).encode(x, y, tooltip=told),
    ]
    return framed(
        alt.layer(*layers), theme, height, title="Errors against earlier ones", notes=["inside the grey: as if by chance, 95 %"]
    )
