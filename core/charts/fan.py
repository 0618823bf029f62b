"""Forecasts of several models beside what was known, with a band each.

Columns have fixed names: in the shared tooltip a model is m0, m1, …; labels stand only in titles and as values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from core.charts.canvas import edge, framed, model_channels, moment, saveable, vertical
from core.charts.direct import GAP, apart
from core.charts.fandata import ROOM, FanLine, Frames, cut, frames
from core.charts.labels import plain, shown
from core.charts.theme import Style, Theme
from core.series.timeseries import Index, TimeSeries

__all__ = ["FanLine", "fan_chart"]
FADED = 0.06
MOST_LABELS = 4
AROUND = 150  # pixels of the height that are not the plot's


def fan_chart(
    lines: Sequence[FanLine],
    *,
    history: TimeSeries | None,
    origin: int | None,
    actual: tuple[Index, np.ndarray] | None,
    coverage: float | None,
    is_claimed: bool = False,
    styles: Mapping[str, Style],
    theme: Theme,
    unit: str,
    title: str | None,
    height: int = 420,
    zone: str | None = None,
) -> alt.LayerChart:
    """History in ink left of a thin line at the origin, the models' forecasts right of it.

    origin: how many values of the history were known, None for all. actual: what happened after, where that is known.
    coverage: which band; None for none. is_claimed: the bands are the models' own, not calibrated on past errors.
    zone: of the clock, where there is no history to tell it.
    """
    assert lines, "a fan has at least one line"
    known = None if history is None else history[: len(history) if origin is None else origin]
    named = len(lines) <= MOST_LABELS
    data, is_cut = cut(frames(lines, known, actual, coverage=coverage, zone=known.zone if known else zone, room=named))
    names = shown([line.label for line in lines])
    pick = alt.selection_point(name="pick", fields=["model"], bind="legend", toggle="true")
    x, axis = data.clock.x(), data.clock.axis(domain=[edge(place) for place in data.window])
    zoom = alt.selection_interval(name="zoom", bind="scales", encodings=["x"])
    colour, dash = model_channels(names, styles, theme)
    forecasts = _forecasts(data, axis, vertical("point", plain(unit, 40) or "value"), (colour, dash, pick)).add_params(
        pick, zoom
    )
    layers = [*_bands(data, x, colour, pick), forecasts, *_known(data, x, theme)]
    if named:
        layers.append(_ends(data, x, pick, height - AROUND))
    layers += _pointed(data, x, names, theme)
    return saveable(
        framed(
            alt.layer(*layers),
            theme,
            height,
            title=plain(title, 90) if title else None,
            notes=[*_notes(data, coverage, is_claimed), *(["the widest bands are cut"] if is_cut else [])],
        )
    )


def _notes(data: Frames, coverage: float | None, is_claimed: bool) -> list[str]:
    said = ["ink: what was measured"] if len(data.past) or len(data.outcome) else []
    if coverage is None or not data.ahead["low"].notna().any():
        return said
    bands = f"bands: {100 * coverage:g} % intervals"
    if is_claimed:  # in a line of its own, for a phone is too narrow for both
        return [*said, f"{bands}, claimed by the models"]
    return [" · ".join([*said, bands])]


def _shown(pick: alt.Parameter, full: float, faded: float) -> alt.Opacity:
    return alt.when(pick).then(alt.value(full)).otherwise(alt.value(faded))


def _bands(data: Frames, x: alt.X, colour: alt.Color, pick: alt.Parameter) -> list[alt.Chart]:
    """The intervals: areas without edges; bars where there is one step only."""
    frame = data.ahead[data.ahead["low"].notna()]
    if frame.empty:
        return []
    chart = alt.Chart(frame)
    alone = frame["when"].nunique() == 1
    mark = chart.mark_rule(strokeWidth=9, clip=True) if alone else chart.mark_area(clip=True, line=False)
    return [
        mark.encode(
            x,
            alt.Y("low:Q"),
            alt.Y2("high"),
            color=colour,
            opacity=_shown(pick, 0.18 if frame["model"].nunique() <= MOST_LABELS else 0.11, 0),
        )
    ]


def _forecasts(data: Frames, x: alt.X, y: alt.Y, look: tuple[alt.Color, alt.StrokeDash, alt.Parameter]) -> alt.Chart:
    colour, dash, pick = look
    chart, alone = alt.Chart(data.ahead), data.ahead["when"].nunique() == 1
    mark = (
        chart.mark_point(filled=True, size=60, clip=True)
        if alone
        else chart.mark_line(strokeWidth=2, strokeJoin="round", clip=True)
    )
    return mark.encode(x, y, color=colour, opacity=_shown(pick, 1, FADED), **({} if alone else {"strokeDash": dash}))


def _known(data: Frames, x: alt.X, theme: Theme) -> list[alt.Chart]:
    """History, the line at the origin, and what came after it."""
    layers = []
    if len(data.past):
        line = alt.Chart(data.past).mark_line(color=theme.ink, strokeWidth=1.6, strokeJoin="round", clip=True)
        layers.append(line.transform_filter(_seen(data)).encode(x, alt.Y("value:Q")))
        now = alt.Chart(pd.DataFrame({"when": [data.now]})).mark_rule(
            color=theme.now, strokeDash=[3, 3], strokeWidth=1, clip=True
        )
        layers.append(now.encode(x))
    if len(data.outcome):
        mark = alt.LineConfig(color=theme.ink, strokeWidth=1.6)
        point = alt.OverlayMarkDef(color=theme.ink, filled=True, size=22)
        came = alt.Chart(data.outcome).mark_line(color=mark.color, strokeWidth=1.6, point=point, clip=True)
        layers.append(came.encode(x, alt.Y("value:Q")))
    return layers


def _seen(data: Frames) -> str:
    """What keeps the history that is in sight, so that the vertical axis fits it: made of fixed names and numbers only."""
    first, last = (moment(place) for place in data.window)
    return f"inrange(datum.when, isValid(zoom.when) ? zoom.when : [{first}, {last}])"


def _ends(data: Frames, x: alt.X, pick: alt.Parameter, height: float) -> alt.Chart:
    """Each model's name right of its last point, moved apart as the first window needs it."""
    ends = data.ahead.groupby("model", sort=False).tail(1).copy()
    recent = data.past["value"][data.past["when"] >= data.window[0]] if len(data.past) else []
    seen = np.concatenate([data.ahead[["point", "low", "high"]].to_numpy().ravel(), recent, data.outcome["value"]]).astype(
        float
    )
    span = (np.nanmax(seen) - np.nanmin(seen)) or 1.0
    ends["place"] = apart(ends["point"].to_numpy(), GAP * 1.15 * span / height)
    text = alt.Chart(ends).mark_text(align="left", dx=7, fontSize=12, fontWeight=600, limit=alt.ExprRef(f"{ROOM} * width - 9"))
    return text.encode(x, alt.Y("place:Q"), text="model:N", color="model:N", opacity=_shown(pick, 1, 0))


def _pointed(data: Frames, x: alt.X, names: Mapping[str, str], theme: Theme) -> list[alt.Chart]:
    """What is told where somebody points: the date with all models, left of the origin the date and the value."""
    layers = []
    if len(data.past):
        near = alt.selection_point(
            name="before", nearest=True, on="pointermove", clear="pointerout", encodings=["x"], empty=False
        )
        told = [alt.Tooltip("date:N", title="Date"), alt.Tooltip("actual:N", title="Actual")]
        dot = alt.Chart(data.past).mark_point(filled=True, color=theme.ink, size=45, clip=True).transform_filter(_seen(data))
        opacity = alt.when(near).then(alt.value(1)).otherwise(alt.value(0))
        layers.append(dot.encode(x, alt.Y("value:Q"), opacity=opacity, tooltip=told).add_params(near))
    over = alt.selection_point(name="over", on="pointermove", clear="pointerout", fields=["when"], empty=False)
    told = [alt.Tooltip("date:N", title="Date")]
    if len(data.outcome):
        told.append(alt.Tooltip("actual:N", title="Actual"))
    told += [alt.Tooltip(f"m{number}:N", title=name) for number, name in enumerate(names.values())]
    cell = alt.Chart(data.cells).mark_rect(opacity=0, color=theme.surface, clip=True)
    rule = alt.Chart(data.cells).mark_rule(color=theme.muted, strokeWidth=1, clip=True, aria=False).transform_filter(over)
    layers.append(rule.encode(x))
    layers.append(cell.encode(data.clock.x("left"), alt.X2("right"), tooltip=told).add_params(over))
    return layers
