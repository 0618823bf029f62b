"""How a run divides a series: what is trained on, what is tested, where models are fitted anew, what is forecast."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import Clock, edge, framed, like, numeric
from core.charts.theme import Theme
from core.charts.thinning import thin
from core.series.splits import Plan
from core.series.timeseries import Index, TimeSeries

PARTS = ("train", "hold out", "test", "forecast")
TASKS = {"train": "to train on", "hold out": "held out for intervals", "test": "to test on", "forecast": "ahead to forecast"}
DRAWN = 800
LETTER = 7.2  # pixels
FITS = "datum.share * width > datum.need"


def plan_chart(series: TimeSeries, plan: Plan, *, theme: Theme, height: int = 96) -> alt.LayerChart:
    """A strip over time: train, test and forecast, named where there is room, with the series faintly in it.

    The test begins at the first value that is forecast; a line marks where each later block begins, with a fit of its own.
    """
    clock = Clock.of(extended(series, plan.horizon), series.zone)
    parts = _parts(plan, clock)
    x = clock.axis(domain=[edge(parts["when"].iloc[0]), edge(parts["until"].iloc[-1])]).title(None)
    layers = [_blocks(parts, x, theme), _faint(series, clock, theme), _fits(plan, clock, theme), _names(parts, clock, theme)]
    chart = alt.layer(*layers)
    return framed(chart, theme, height, notes=[" · ".join(f"{part} {count}" for part, count in _counts(plan))])


def extended(series: TimeSeries, horizon: int) -> Index:
    """The index of the series and of `horizon` steps beyond its end."""
    if isinstance(series.index, pd.RangeIndex):
        return pd.RangeIndex(series.index[0], series.index[-1] + series.index.step * (horizon + 1), series.index.step)
    return pd.date_range(series.index[0], periods=len(series) + horizon, freq=series.index.freq)


def spans(plan: Plan) -> list[tuple[str, int, int]]:
    """(part, its first value, one past its last), in order; parts without values are left out."""
    first = plan.origins[0] if plan.origins else plan.length
    test = first if plan.is_scored else plan.length
    edges = [0, first, test, plan.length, plan.length + plan.horizon]
    return [(part, low, high) for part, low, high in zip(PARTS, edges[:-1], edges[1:], strict=True) if high > low]


def _counts(plan: Plan) -> list[tuple[str, str]]:
    return [(part, f"{high - low:,}") for part, low, high in spans(plan)]


def _parts(plan: Plan, clock: Clock) -> pd.DataFrame:
    """One row a part; share: of the width, need: the pixels that its name takes."""
    found = spans(plan)
    places = numeric(clock.at)
    edges = np.r_[places, 2 * places[-1] - places[-2]]
    low, high = np.array([part[1] for part in found]), np.array([part[2] for part in found])
    return pd.DataFrame(
        {
            "part": [part[0] for part in found],
            "when": like(edges[low], clock.at),
            "until": like(edges[high], clock.at),
            "middle": like((edges[low] + edges[high]) / 2, clock.at),
            "share": (edges[high] - edges[low]) / (edges[-1] - edges[0]),
            "need": [LETTER * len(part[0]) + 6 for part in found],
            "what": [f"{last - first:,} values {TASKS[part]}" for part, first, last in found],
            "from": clock.labels[low],
            "to": clock.labels[high - 1],
            "base": 0.0,
            "top": 1.0,
        }
    )


def _blocks(parts: pd.DataFrame, x: alt.X, theme: Theme) -> alt.Chart:
    block = alt.Chart(parts).mark_rect(stroke=theme.surface, strokeWidth=1.5)
    colours = [theme.parts[part] for part in PARTS]
    return block.encode(
        x,
        alt.X2("until"),
        alt.Y("base:Q", axis=None).scale(domain=[0, 1]),
        alt.Y2("top"),
        alt.Color("part:N", legend=None).scale(domain=list(PARTS), range=colours),
        tooltip=[alt.Tooltip("what:N", title="Part"), alt.Tooltip("from:N", title="From"), alt.Tooltip("to:N", title="To")],
    )


def _fits(plan: Plan, clock: Clock, theme: Theme) -> alt.Chart:
    """Where models are fitted again on what was known by then."""
    starts = [plan.origins[plan.fits.index(fit)] for fit in sorted(set(plan.fits))]
    frame = pd.DataFrame(
        {"when": clock.at[starts[1:]], "what": [f"fit {n} of {len(starts)}" for n in range(2, len(starts) + 1)]}
    )
    frame["from"] = clock.labels[starts[1:]]
    line = alt.Chart(frame).mark_rule(color=theme.ink, strokeDash=[2, 2], opacity=0.7)
    return line.encode(clock.x(), tooltip=[alt.Tooltip("what:N", title="Models"), alt.Tooltip("from:N", title="From")])


def _faint(series: TimeSeries, clock: Clock, theme: Theme) -> alt.Chart:
    kept = thin(series.values, DRAWN)
    low, high = series.values.min(), series.values.max()
    frame = pd.DataFrame({"when": clock.at[kept], "height": 0.06 + 0.5 * (series.values[kept] - low) / ((high - low) or 1.0)})
    line = alt.Chart(frame).mark_line(color=theme.ink, strokeWidth=1, opacity=0.35, strokeJoin="round")
    return line.encode(clock.x(), alt.Y("height:Q"))


def _names(parts: pd.DataFrame, clock: Clock, theme: Theme) -> alt.Chart:
    """The name of each part, where it fits; the line above the strip names all of them in order."""
    text = alt.Chart(parts).mark_text(color=theme.ink, fontSize=12, fontWeight=600, baseline="top", dy=3)
    return text.transform_filter(FITS).encode(clock.x("middle"), alt.Y(datum=1), text="part:N")
