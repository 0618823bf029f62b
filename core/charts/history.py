"""A series as it is: large, zoomable, with what was filled into its gaps marked as such."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import Clock, framed, like, numeric, saveable, vertical
from core.charts.labels import number_label, plain
from core.charts.theme import Theme
from core.charts.thinning import MOST, thin
from core.series.timeseries import TimeSeries

MOST_SHADES = 400
MOST_CIRCLES = 200
SPARKS = 200


def series_chart(
    series: TimeSeries, *, theme: Theme, height: int = 380, title: str | None = None, marked: Sequence[int] = ()
) -> alt.LayerChart:
    """The series by date or step. Zoomed by wheel, moved by dragging, a double click resets.

    marked: positions that get a small triangle, such as times that stood in the table more than once.
    Filled gaps are shaded, their values dotted and hollow. Beyond 4,000 points every peak is kept, and the note says so.
    """
    clock = Clock.of(series.index, series.zone)
    kept = thin(series.values)
    points = _points(series, clock, kept)
    zoom = alt.selection_interval(name="zoom", bind="scales", encodings=["x"])
    x = clock.x()
    layers = [_line(points, clock.axis(), plain(series.unit or series.id, 40), theme).add_params(zoom)]
    if not series.observed.all():
        layers = [_shades(series, clock, theme), *layers, *_filled(points, x, theme)]
    if len(marked):
        layers.append(_triangles(points_at(series, clock, np.asarray(marked, dtype=int)), x, theme))
    layers += _hover(points, x, theme)
    title = plain(title, 90) if title else None
    return saveable(framed(alt.layer(*layers), theme, height, title=title, notes=_notes(series, len(kept), len(marked))))


def sparkline(values: np.ndarray, *, theme: Theme) -> str:
    """The shape of a series without axes, from 200 points at most, as an SVG picture: cheaper for a browser than a chart.

    NaN are passed over.
    """
    seen = np.flatnonzero(np.isfinite(values))
    kept = seen[thin(np.asarray(values, dtype=float)[seen], SPARKS)] if seen.size else seen
    low, high = (values[seen].min(), values[seen].max()) if seen.size else (0.0, 0.0)
    x, y = kept / max(1, len(values) - 1) * 296 + 2, 46 - (values[kept] - low) / (high - low or 1) * 42
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    line = f'<polyline points="{path}" fill="none" stroke="{theme.muted}" stroke-width="1.3" stroke-linejoin="round"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 50" width="300" height="50">{line}</svg>'


def points_at(series: TimeSeries, clock: Clock, positions: np.ndarray) -> pd.DataFrame:
    """when, value and their texts at the positions."""
    values = series.values[positions]
    return pd.DataFrame(
        {
            "when": clock.at[positions],
            "value": values,
            "date": clock.labels[positions],
            "number": [number_label(value) for value in values],
        }
    )


def _points(series: TimeSeries, clock: Clock, kept: np.ndarray) -> pd.DataFrame:
    """The points to draw. known: the value where it was observed, else None; filled: the filled ones and their neighbours."""
    frame = points_at(series, clock, kept)
    observed = series.observed[kept]
    beside = ~observed | np.r_[~observed[1:], False] | np.r_[False, ~observed[:-1]]
    frame["known"] = np.where(observed, series.values[kept], np.nan)
    frame["filled"] = np.where(beside, series.values[kept], np.nan)
    frame["state"] = np.where(observed, "measured", "missing, filled from the past")
    return frame


def _line(points: pd.DataFrame, x: alt.X, name: str, theme: Theme) -> alt.Chart:
    line = alt.Chart(points).mark_line(color=theme.ink, strokeWidth=1.4, strokeJoin="round", clip=True)
    return line.encode(x, vertical("known", name))


def _filled(points: pd.DataFrame, x: alt.X, theme: Theme) -> list[alt.Chart]:
    """The filled values: dotted, and hollow circles where there are not too many."""
    dotted = alt.Chart(points).mark_line(color=theme.muted, strokeWidth=1.4, strokeDash=[2, 3], clip=True)
    layers = [dotted.encode(x, alt.Y("filled:Q"))]
    missing = points.loc[points["known"].isna(), ["when", "value"]]
    if len(missing) <= MOST_CIRCLES:
        circle = alt.Chart(missing).mark_point(
            filled=True, fill=theme.surface, stroke=theme.muted, strokeWidth=1, size=18, clip=True
        )
        layers.append(circle.encode(x, alt.Y("value:Q")))
    return layers


def _shades(series: TimeSeries, clock: Clock, theme: Theme) -> alt.Chart:
    """A shade behind each gap, from half a step before to half a step after; gaps close together share one where many are."""
    starts, ends = gaps(series.observed, most=MOST_SHADES)
    places = numeric(clock.at)
    between = np.r_[places[0], (places[1:] + places[:-1]) / 2, places[-1]]
    frame = pd.DataFrame({"when": like(between[starts], clock.at), "until": like(between[ends + 1], clock.at)})
    shade = alt.Chart(frame).mark_rect(color=theme.gap, opacity=0.22, clip=True)
    return shade.encode(clock.x(), alt.X2("until"))


def gaps(observed: np.ndarray, *, most: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last position of each run that was not observed; beyond `most` runs the nearest are joined."""
    edges = np.diff(np.r_[0, (~observed).astype(int), 0])
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    if len(starts) <= most:
        return starts, ends
    apart = np.sort(np.argsort(starts[1:] - ends[:-1], kind="stable")[-(most - 1) :])
    return starts[np.r_[0, apart + 1]], ends[np.r_[apart, len(ends) - 1]]


def _triangles(points: pd.DataFrame, x: alt.X, theme: Theme) -> alt.Chart:
    mark = alt.Chart(points).mark_point(shape="triangle-down", filled=True, color=theme.problem, size=46, yOffset=-9, clip=True)
    return mark.encode(x, alt.Y("value:Q"))


def _hover(points: pd.DataFrame, x: alt.X, theme: Theme) -> list[alt.Chart]:
    """The point nearest to the pointer, with its date and value."""
    near = alt.selection_point(name="near", nearest=True, on="pointermove", clear="pointerout", encodings=["x"], empty=False)
    told = [alt.Tooltip("date:N", title="Date"), alt.Tooltip("number:N", title="Value")]
    if points["known"].isna().any():
        told.append(alt.Tooltip("state:N", title="This value was"))
    dot = alt.Chart(points).mark_point(filled=True, color=theme.ink, size=50, clip=True)
    return [
        dot.encode(
            x, alt.Y("value:Q"), opacity=alt.when(near).then(alt.value(1)).otherwise(alt.value(0)), tooltip=told
        ).add_params(near)
    ]


def _notes(series: TimeSeries, drawn: int, marked: int) -> list[str]:
    missing = int((~series.observed).sum())
    said = []
    if missing:
        said.append(f"shaded: {missing:,} missing value{'s' * (missing > 1)}, filled from the past")
    if marked:
        said.append(f"triangles: {marked:,} {'times that were' if marked > 1 else 'time that was'} there more than once")
    if drawn < len(series):
        said.append(f"every peak kept; {drawn:,} of {len(series):,} points drawn")
    assert drawn <= MOST
    return said
