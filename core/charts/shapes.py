"""Boxes, arrows and words on a grid of columns and rows, as a chart: what a drawing of a network is made of.

Every arrow is horizontal or vertical, so that it is right at any width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from core.charts.canvas import framed
from core.charts.theme import Theme

WIDE, TALL = 0.4, 0.27  # halves of a box in columns and rows
HEAD = 0.04  # columns or rows that the head of an arrow reaches back
ROW = 62  # pixels
LETTER = 6.2  # pixels


@dataclass(frozen=True)
class Box:
    """A rectangle around (x, y), with a text in it; `is_open`: drawn as what is yet to come."""

    x: float
    y: float
    text: str
    fill: str
    stroke: str
    right: float | None = None  # its last column, where it spans several
    is_open: bool = False


@dataclass(frozen=True)
class Arrow:
    """A line through points, with a head at its end; dashed for what is fed back or told."""

    points: tuple[tuple[float, float], ...]
    colour: str
    is_dashed: bool = False
    has_head: bool = True


@dataclass(frozen=True)
class Words:
    """A text beside the shapes, left out where the `columns` that are free for it are too narrow."""

    x: float
    y: float
    text: str
    colour: str
    columns: float
    align: str = "center"


Mark = Box | Arrow | Words


@dataclass(frozen=True)
class Grid:
    """How many columns there are, numbered from 0, and the rows that are seen."""

    columns: int
    bottom: float
    top: float

    def axes(self) -> dict[str, object]:
        return {
            "x": alt.X("x:Q", axis=None).scale(domain=[-0.5, self.columns - 0.5], nice=False),
            "y": alt.Y("y:Q", axis=None).scale(domain=[self.bottom, self.top], nice=False),
        }


def shapes_chart(marks: Sequence[Mark], grid: Grid, theme: Theme) -> alt.LayerChart:
    """The marks, boxes over arrows; words only where there is room for them."""
    boxes = [one for one in marks if isinstance(one, Box)]
    words = [one for one in marks if isinstance(one, Words)]
    layers = [*_lines([one for one in marks if isinstance(one, Arrow)], grid), *_boxes(boxes, grid)]
    chart = alt.layer(*layers, *_inside(boxes, grid, theme), *_beside(words, grid))
    return framed(chart, theme, round(ROW * (grid.top - grid.bottom)))


def _boxes(boxes: Sequence[Box], grid: Grid) -> Iterable[alt.Chart]:
    for is_open in (False, True):
        rows = [
            {
                "x": box.x - WIDE, "right": (box.x if box.right is None else box.right) + WIDE, "y": box.y - TALL,
                "top": box.y + TALL, "fill": box.fill, "stroke": box.stroke,
            }
            for box in boxes if box.is_open == is_open
        ]  # fmt: skip
        if rows:
            mark = alt.Chart(pd.DataFrame(rows)).mark_rect(
                cornerRadius=4, strokeWidth=1.3, strokeDash=[3, 2] if is_open else [1, 0]
            )
            looks = {"fill": _as_it_is(alt.Fill, "fill"), "stroke": _as_it_is(alt.Stroke, "stroke")}
            yield mark.encode(**grid.axes(), x2="right", y2="top", **looks)


def _lines(arrows: Sequence[Arrow], grid: Grid) -> Iterable[alt.Chart]:
    """Each stretch of an arrow, then the heads."""
    for is_dashed in (False, True):
        some = [arrow for arrow in arrows if arrow.is_dashed == is_dashed]
        rows = [
            {"x": x, "y": y, "right": right, "top": top, "stroke": arrow.colour}
            for arrow in some
            for (x, y), (right, top) in zip(arrow.points[:-1], arrow.points[1:], strict=True)
        ]
        if rows:
            mark = alt.Chart(pd.DataFrame(rows)).mark_rule(strokeWidth=1.3, strokeDash=[4, 3] if is_dashed else [1, 0])
            yield mark.encode(**grid.axes(), x2="right", y2="top", stroke=_as_it_is(alt.Stroke, "stroke"))
    heads = [_head(arrow) for arrow in arrows if arrow.has_head]
    triangle = alt.Chart(pd.DataFrame(heads)).mark_point(shape="triangle", filled=True, size=34, opacity=1)
    yield triangle.encode(**grid.axes(), fill=_as_it_is(alt.Fill, "fill"), angle=alt.Angle("angle:Q", scale=None))


def _head(arrow: Arrow) -> dict[str, object]:
    """Where an arrow points to: 0 degrees is up, 90 to the right."""
    (x, y), (right, top) = arrow.points[-2:]
    across, up = right - x, top - y
    angle = (90 if across > 0 else 270) if across else (0 if up > 0 else 180)
    back = (HEAD if across > 0 else -HEAD) if across else 0.0
    rise = (HEAD if up > 0 else -HEAD) if up else 0.0
    return {"x": right - back, "y": top - rise, "angle": angle, "fill": arrow.colour}


def _inside(boxes: Sequence[Box], grid: Grid, theme: Theme) -> Iterable[alt.Chart]:
    """The texts of boxes, smaller where these are narrow."""
    rows = [{"x": (box.x + (box.x if box.right is None else box.right)) / 2, "y": box.y, "text": box.text} for box in boxes]
    longest = max((len(box.text) for box in boxes if box.right is None), default=0)
    size = alt.ExprRef(f"min(11, width / {grid.columns * max(3.9, 0.85 * longest):g})")
    text = alt.Chart(pd.DataFrame(rows)).mark_text(fontSize=size, baseline="middle", color=theme.ink)
    yield text.encode(**grid.axes(), text="text:N")


def _beside(words: Sequence[Words], grid: Grid) -> Iterable[alt.Chart]:
    for align in ("left", "center", "right"):
        rows = [
            {"x": one.x, "y": one.y, "text": one.text, "fill": one.colour, "share": one.columns / grid.columns,
             "need": LETTER * len(one.text)}
            for one in words if one.align == align
        ]  # fmt: skip
        if rows:
            text = alt.Chart(pd.DataFrame(rows)).mark_text(align=align, baseline="middle", fontSize=11)
            fitting = text.transform_filter("datum.share * width > datum.need")
            yield fitting.encode(**grid.axes(), text="text:N", fill=_as_it_is(alt.Fill, "fill"))


def _as_it_is(channel: type, column: str) -> object:
    """A channel whose column holds colours."""
    return channel(f"{column}:N", scale=None, legend=None)
