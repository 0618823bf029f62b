"""A network unrolled over a window: what it reads at each step, what is carried on, what it says, and where gradients stop.

A drawing to scale of nothing: a window of any length is its first steps, an ellipsis and its last one. Everything stands on a
grid of eight columns (four to read, four to forecast) and three rows (inputs, cells, outputs), and every arrow is horizontal or
vertical, so that it is right at any width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from core.charts.canvas import framed
from core.charts.theme import Theme, mixed

READ, CELL, SAID = 0.0, 1.0, 2.0  # rows
COLUMNS = 4  # of the window, and of the forecast
WIDE, TALL, HEAD = 0.37, 0.27, 0.04  # halves of a box in columns and rows; what an arrow leaves free
HEIGHT = 210
LETTER = 6.4  # pixels
WHOLE = 2 * COLUMNS  # columns
FITS = f"datum.share * width > datum.need * {WHOLE}"  # share: columns that are free for a text


@dataclass(frozen=True)
class Sketch:
    """A network with its window, nothing open.

    topology   "one_to_many", "many_to_one", "synced", "encoder_decoder", or "window": no cell, all steps at once
    cell       what a cell is called
    channels   numbers that are read at each step
    forcing    share of updates in which a decoder is told the true last value
    cut_every  steps between two updates of truncated back-propagation, None where gradients run through the whole window
    is_reset   whether the state is forgotten there too
    ends       first and last step of the window, first and last of the forecast, as people call them
    """

    topology: str
    cell: str
    lookback: int
    channels: int
    hidden: int
    layers: int
    horizon: int
    is_bidirectional: bool = False
    forcing: float = 0.0
    cut_every: int | None = None
    is_reset: bool = False
    ends: tuple[str, str, str, str] | None = None


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


@dataclass(frozen=True)
class Words:
    """A text beside the shapes; `columns` are free for it."""

    x: float
    y: float
    text: str
    colour: str
    columns: float
    align: str = "center"


Mark = Box | Arrow | Words


def dimensions(sketch: Sketch) -> str:
    """ "24 steps × 2 inputs → 16 units → 12 steps ahead"."""
    many = f"{sketch.layers} layers × " if sketch.layers > 1 else ""
    ways = ", both ways" if sketch.is_bidirectional else ""
    inputs, steps = _count(sketch.channels, "input"), _count(sketch.horizon, "step")
    ahead = f"1 step, {sketch.horizon} times" if sketch.topology in ("many_to_one", "synced") and sketch.horizon > 1 else steps
    return f"{sketch.lookback} steps × {inputs} → {many}{_count(sketch.hidden, 'unit')}{ways} → {ahead} ahead"


def topology_chart(sketch: Sketch, *, theme: Theme, colour: str) -> alt.LayerChart:
    """The sketch in the colour of its model."""
    marks = [*_window(sketch, theme, colour), *_forecast(sketch, theme, colour), *_cuts(sketch, theme), *_dates(sketch, theme)]
    layers = [*_lines([one for one in marks if isinstance(one, Arrow)])]
    layers += _boxes([one for one in marks if isinstance(one, Box)])
    layers += _texts([one for one in marks if isinstance(one, Words)], [one for one in marks if isinstance(one, Box)], theme)
    return framed(alt.layer(*layers), theme, HEIGHT, notes=[dimensions(sketch)])


# --- what is drawn --------------------------------------------------------------------------------------------------


def _window(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """What is read, and the cells that read it."""
    steps = _shown(sketch.lookback)
    for x, step in enumerate(steps):
        if step is None:
            yield Words(x, READ, "…", theme.muted, 1)
        else:
            yield Box(x, READ, str(step), theme.parts["train"], theme.muted)
        if sketch.topology == "window" and step is not None:
            yield Arrow(((x, READ + TALL), (x, CELL - TALL)), theme.muted)
    if sketch.topology == "window":
        many = f"{sketch.layers} × " if sketch.layers > 1 else ""
        yield Box(0, CELL, f"{many}{sketch.hidden} units", *_look(theme, colour), right=COLUMNS - 1)
        return
    for x, step in enumerate(steps):
        yield from _cell(x, step is not None, sketch.cell, theme, colour)
        if x:
            yield from _carried(x - 1, sketch, theme, colour)


def _cell(x: float, is_shown: bool, name: str, theme: Theme, colour: str, *, is_open: bool = False) -> Iterable[Mark]:
    """A cell over its input, or the ellipsis."""
    if is_shown:
        yield Box(x, CELL, name, *_look(theme, colour), is_open=is_open)
        yield Arrow(((x, READ + TALL), (x, CELL - TALL)), theme.muted)
    else:
        yield Words(x, CELL, "…", theme.muted, 1)


def _carried(x: float, sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """The state from column x to the next one, and back where the window is read from both ends."""
    if not sketch.is_bidirectional:
        yield Arrow(((x + WIDE, CELL), (x + 1 - WIDE, CELL)), colour)
        return
    yield Arrow(((x + WIDE, CELL + 0.12), (x + 1 - WIDE, CELL + 0.12)), colour)
    yield Arrow(((x + 1 - WIDE, CELL - 0.12), (x + WIDE, CELL - 0.12)), colour)


def _forecast(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """How the steps ahead come about."""
    draw = {"many_to_one": _moved_on, "synced": _synced, "encoder_decoder": _decoded}.get(sketch.topology, _at_once)
    return draw(sketch, theme, colour)


def _at_once(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """All steps from one reading."""
    steps = _shown(sketch.horizon)
    yield Arrow(((COLUMNS - 1 + WIDE, CELL), (COLUMNS - WIDE, CELL)), colour)
    yield Box(COLUMNS, CELL, "read out" if len(steps) > 1 else "out", theme.surface, colour, right=COLUMNS + len(steps) - 1)
    for x, step in enumerate(steps, COLUMNS):
        yield from _answer(x, step, theme)


def _moved_on(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """One step at the window's end, which then joins the window."""
    yield Arrow(((COLUMNS - 1 + WIDE, CELL), (COLUMNS - WIDE, CELL)), colour)
    yield Box(COLUMNS, CELL, "out", theme.surface, colour)
    yield from _answer(COLUMNS, 1, theme)
    if sketch.horizon == 1:
        return
    turn = COLUMNS + 0.62
    yield Box(COLUMNS, READ, "+1", theme.surface, theme.muted, is_open=True)
    points = ((COLUMNS + WIDE, SAID), (turn, SAID), (turn, READ), (COLUMNS + WIDE, READ))
    yield Arrow(points, theme.muted, is_dashed=True)
    said = ("the answer joins", "the window, which", f"is read anew: {sketch.horizon} times")
    for line, text in enumerate(said):
        yield Words(turn + 0.12, CELL + 0.34 * (1 - line), text, theme.ink, 3.1, "left")


def _synced(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """The next step at every step; beyond the window each answer is the next input."""
    steps = _shown(sketch.lookback)
    for x, step in enumerate(steps):
        if step is not None:
            yield from _answer(x, step + 1 if x < COLUMNS - 1 else 1, theme, is_ahead=x == COLUMNS - 1)
        else:
            yield Words(x, SAID, "…", theme.muted, 1)
    for x, step in enumerate(_shown(sketch.horizon)[1:], COLUMNS):
        yield Arrow(((x - 1 + WIDE, CELL), (x - WIDE, CELL)), colour)
        yield from _cell(x, step is not None, sketch.cell, theme, colour, is_open=True)
        yield from _fed_back(x, step, theme)
        yield from _answer(x, step, theme)


def _decoded(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """A second cell that starts from what the first one knows, and hears the value before."""
    other = mixed(colour, theme.ink, 0.35)
    for x, step in enumerate(_shown(sketch.horizon), COLUMNS):
        yield Arrow(((x - 1 + WIDE, CELL), (x - WIDE, CELL)), colour if x == COLUMNS else other)
        if step is None:
            yield Words(x, CELL, "…", theme.muted, 1)
        else:
            yield Box(x, CELL, sketch.cell, *_look(theme, other))
        yield from _answer(x, step, theme)
        if x > COLUMNS:
            yield from _fed_back(x, step, theme)
            if step is not None:
                yield Arrow(((x, READ + TALL), (x, CELL - TALL)), theme.muted)
                if sketch.forcing:
                    yield Arrow(((x, READ - 0.85), (x, READ - TALL)), theme.problem, is_dashed=True)
    yield Words(1.5, SAID, "encoder", theme.muted, COLUMNS)
    if sketch.forcing and sketch.horizon > 1:
        text = f"the truth, in {100 * sketch.forcing:.0f} % of updates"
        yield Words(WHOLE - 0.6, READ - 1.05, text, theme.problem, COLUMNS, "right")


def _fed_back(x: float, step: int | None, theme: Theme) -> Iterable[Mark]:
    """The answer of the column before as the input of column x."""
    if step is None:
        yield Words(x, READ, "…", theme.muted, 1)
        return
    yield Box(x, READ, f"+{step - 1}", theme.surface, theme.muted, is_open=True)
    points = ((x - 1 + WIDE, SAID), (x - 0.5, SAID), (x - 0.5, READ), (x - WIDE, READ))
    yield Arrow(points, theme.muted, is_dashed=True)


def _answer(x: float, step: int | None, theme: Theme, *, is_ahead: bool = True) -> Iterable[Mark]:
    """What is said over column x: a step ahead, a step within the window that teaches, or the ellipsis."""
    if step is None:
        yield Words(x, SAID, "…", theme.muted, 1)
        return
    fill = theme.parts["forecast" if is_ahead else "train"]
    yield Arrow(((x, CELL + TALL), (x, SAID - TALL)), theme.muted)
    yield Box(x, SAID, f"+{step}" if is_ahead else str(step), fill, theme.muted)


def _cuts(sketch: Sketch, theme: Theme) -> Iterable[Mark]:
    """Where gradients stop: a bar across the carried state, on both sides of what is left out."""
    if sketch.cut_every is None:
        return
    for x in (0.5, 2.5):
        yield Arrow(((x, CELL - 0.34), (x, CELL + 0.34)), theme.problem)
    what = "state and gradient end" if sketch.is_reset else "gradient ends"
    yield Words(-0.4, SAID - 0.42, f"{what} every {_count(sketch.cut_every, 'step')}", theme.problem, COLUMNS, "left")


def _dates(sketch: Sketch, theme: Theme) -> Iterable[Mark]:
    """When the window begins and ends, and when the forecast does, where there is room."""
    if sketch.ends is None:
        return
    first, last, *_, end = sketch.ends
    yield Words(-WIDE, READ - 0.52, first, theme.muted, 2, "left")
    yield Words(COLUMNS - 1 + WIDE, READ - 0.52, last, theme.muted, 2, "right")
    if sketch.topology != "many_to_one" and sketch.horizon > 1:
        right = COLUMNS - (1 if sketch.topology == "synced" else 0) + len(_shown(sketch.horizon)) - 1
        yield Words(right + WIDE, SAID + 0.5, end, theme.muted, 3, "right")


def _shown(count: int) -> Sequence[int | None]:
    """The steps that are drawn, from 1; None for those that an ellipsis stands for."""
    return tuple(range(1, count + 1)) if count <= COLUMNS else (1, 2, None, count)


def _look(theme: Theme, colour: str) -> tuple[str, str]:
    """Fill and stroke of a cell; ink stays legible on it."""
    return mixed(colour, theme.surface, 0.82), colour


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# --- how it is drawn ------------------------------------------------------------------------------------------------


def _axes(x: str, y: str) -> dict[str, object]:
    return {
        "x": alt.X(f"{x}:Q", axis=None).scale(domain=[-0.5, WHOLE - 0.5], nice=False),
        "y": alt.Y(f"{y}:Q", axis=None).scale(domain=[READ - 1.3, SAID + 0.7], nice=False),
    }


def _plain(column: str, channel: type) -> object:
    return channel(f"{column}:N", scale=None, legend=None) if channel is not alt.Text else alt.Text(f"{column}:N")


def _boxes(boxes: Sequence[Box]) -> Iterable[alt.Chart]:
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
            looks = {"fill": _plain("fill", alt.Fill), "stroke": _plain("stroke", alt.Stroke)}
            yield mark.encode(**_axes("x", "y"), x2="right", y2="top", **looks)


def _lines(arrows: Sequence[Arrow]) -> Iterable[alt.Chart]:
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
            yield mark.encode(**_axes("x", "y"), x2="right", y2="top", stroke=_plain("stroke", alt.Stroke))
    heads = pd.DataFrame([_head(arrow) for arrow in arrows])
    triangle = alt.Chart(heads).mark_point(shape="triangle", filled=True, size=38, opacity=1)
    yield triangle.encode(**_axes("x", "y"), fill=_plain("fill", alt.Fill), angle=alt.Angle("angle:Q", scale=None))


def _head(arrow: Arrow) -> dict[str, object]:
    """Where an arrow points to: 0 degrees is up, 90 to the right."""
    (x, y), (right, top) = arrow.points[-2:]
    across, up = right - x, top - y
    angle = (90 if across > 0 else 270) if across else (0 if up > 0 else 180)
    back = (HEAD if across > 0 else -HEAD) if across else 0.0
    rise = (HEAD if up > 0 else -HEAD) if up else 0.0
    return {"x": right - back, "y": top - rise, "angle": angle, "fill": arrow.colour}


def _texts(words: Sequence[Words], boxes: Sequence[Box], theme: Theme) -> Iterable[alt.Chart]:
    inside = [
        Words((box.x + (box.x if box.right is None else box.right)) / 2, box.y, box.text, theme.ink, 2 * WIDE) for box in boxes
    ]
    for align in ("left", "center", "right"):
        rows = [
            {"x": one.x, "y": one.y, "text": one.text, "fill": one.colour, "share": one.columns, "need": LETTER * len(one.text)}
            for one in (*inside, *words) if one.align == align
        ]  # fmt: skip
        if rows:
            text = alt.Chart(pd.DataFrame(rows)).mark_text(align=align, baseline="middle", fontSize=11)
            kept = text if align == "center" else text.transform_filter(FITS)
            yield kept.encode(**_axes("x", "y"), text="text:N", fill=_plain("fill", alt.Fill))
