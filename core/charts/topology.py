"""A network unrolled over a window: what it reads at each step, what is carried on, what it says, and where gradients stop.

A window of any length is drawn as its first steps, an ellipsis and its last one, and so is the forecast. Everything stands on a
grid of eight columns (four to read, four to forecast) and three rows (inputs, cells, outputs), with a fourth above them where a
skip connection leads past the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import altair as alt

from core.charts.shapes import TALL, WIDE, Arrow, Box, Grid, Mark, Words, shapes_chart
from core.charts.theme import Theme, mixed

READ, CELL, SAID, PAST = 0.0, 1.0, 2.0, 2.95  # rows
UNDER = READ - 0.37  # row of the line that gathers what is read
EDGE = -0.47  # columns from the middle of the first one to the line that leads past the cells
DATES, BELOW = READ - 0.55, READ - 1.0  # rows of words
COLUMNS = 4  # of the window, and of the forecast
WHOLE = 2 * COLUMNS  # columns


@dataclass(frozen=True)
class Sketch:
    """A network with its window, nothing open.

    topology   "many_to_many_direct", "many_to_one", "many_to_many_synced", "encoder_decoder", or "window": no cell, all steps
               at once
    cell       what a cell is called
    lookback   steps of the series in the window, of which a cell reads `segment` as one step of its own
    channels   numbers that are read at each step of the series
    perhaps    further ones, if the skip connection turns out to need them
    forcing    share of updates in which a decoder is told the true last value
    every      steps between two updates of truncated back-propagation
    back       steps that a gradient runs back, None where it runs through the whole window
    is_reset   whether the state is forgotten there too
    ends       first and last step of the window, first and last of the forecast, as people call them
    skip       what leads past the cells and is added to what they say, "" for nothing
    is_chosen  False where it is still to be chosen whether there is a skip connection
    """

    topology: str
    cell: str
    lookback: int
    channels: int
    hidden: int
    layers: int
    horizon: int
    segment: int = 1
    perhaps: int = 0
    is_bidirectional: bool = False
    forcing: float = 0.0
    every: int | None = None
    back: int | None = None
    is_reset: bool = False
    ends: tuple[str, str, str, str] | None = None
    skip: str = ""
    is_chosen: bool = True

    @property
    def reads(self) -> int:
        """Steps of the cell in a window."""
        return self.lookback // self.segment

    @property
    def says_at_every_step(self) -> bool:
        """Whether all steps ahead are said, while training, at each step of the window."""
        return self.topology == "many_to_many_direct" and not self.is_bidirectional


def dimensions(sketch: Sketch) -> str:
    """ "24 steps × 2 inputs → 16 units → 12 steps ahead"."""
    many = f"{sketch.layers} layers × " if sketch.layers > 1 else ""
    ways = ", read both ways" if sketch.is_bidirectional else ""
    ahead = f"{_count(sketch.horizon, 'step')} ahead"
    if sketch.topology in ("many_to_one", "many_to_many_synced") and sketch.horizon > 1:
        ahead += ", one at a time"
    inputs = _count(sketch.channels + sketch.perhaps, "input")
    if sketch.perhaps:
        inputs = f"{sketch.channels} or {inputs}"
    steps = f"{sketch.lookback} steps" + (f", {sketch.segment} at a time," if sketch.segment > 1 else "")
    return f"{steps} × {inputs} → {many}{_count(sketch.hidden, 'unit')}{ways} → {ahead}"


def topology_chart(sketch: Sketch, *, theme: Theme, colour: str) -> alt.LayerChart:
    """The sketch in the colour of its model."""
    marks = [
        *_window(sketch, theme, colour), *_forecast(sketch, theme, colour), *_cuts(sketch, theme), *_dates(sketch, theme),
        *_past_the_cells(sketch, theme),
    ]  # fmt: skip
    bottom = min([DATES, *(one.y for one in marks if isinstance(one, Words))]) - 0.25
    return shapes_chart(marks, Grid(WHOLE, bottom, (PAST if sketch.skip else SAID) + 0.7), theme)


# --- what is drawn --------------------------------------------------------------------------------------------------


def _window(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """What is read, and the cells that read it."""
    steps = _placed(sketch)
    first = next(iter(steps))
    for x, step in steps.items():
        if step is None:
            yield Words(x, READ, "…", theme.muted, 1)
        else:
            yield Box(x, READ, _values(step, sketch.segment), theme.parts["train"], theme.muted)
        if sketch.topology == "window" and step is not None:
            yield Arrow(((x, READ + TALL), (x, CELL - TALL)), theme.muted)
    if sketch.topology == "window":
        many = f"{sketch.layers} × " if sketch.layers > 1 else ""
        yield Box(first, CELL, f"{many}{sketch.hidden} units", *_look(theme, colour), right=COLUMNS - 1)
        return
    for x, step in steps.items():
        yield from _cell(x, step is not None, sketch.cell, theme, colour)
        if x > first:
            yield from _carried(x - 1, sketch, colour)
        if sketch.says_at_every_step and step is not None and x < COLUMNS - 1:
            yield Arrow(((x, CELL + TALL), (x, SAID - TALL)), theme.muted)
            said = "+1" if sketch.horizon == 1 else "+1…"
            yield Box(x, SAID, said, theme.parts["train"], theme.muted, is_open=True)


def _values(step: int, segment: int) -> str:
    """Which steps of the series a step of the cell reads."""
    return str(step) if segment == 1 else f"{(step - 1) * segment + 1}–{step * segment}"


def _cell(x: float, is_shown: bool, name: str, theme: Theme, colour: str, *, is_open: bool = False) -> Iterable[Mark]:
    """A cell over its input, or the ellipsis."""
    if is_shown:
        yield Box(x, CELL, name, *_look(theme, colour), is_open=is_open)
        yield Arrow(((x, READ + TALL), (x, CELL - TALL)), theme.muted)
    else:
        yield Words(x, CELL, "…", theme.muted, 1)


def _carried(x: float, sketch: Sketch, colour: str) -> Iterable[Mark]:
    """The state from column x to the next one, and back where the window is read from both ends."""
    if not sketch.is_bidirectional:
        yield Arrow(((x + WIDE, CELL), (x + 1 - WIDE, CELL)), colour)
        return
    yield Arrow(((x + WIDE, CELL + 0.12), (x + 1 - WIDE, CELL + 0.12)), colour)
    yield Arrow(((x + 1 - WIDE, CELL - 0.12), (x + WIDE, CELL - 0.12)), colour)


def _forecast(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """How the steps ahead come about."""
    draw = {"many_to_one": _moved_on, "many_to_many_synced": _synced, "encoder_decoder": _decoded}.get(
        sketch.topology, _at_once
    )
    return draw(sketch, theme, colour)


def _at_once(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """All steps from one reading."""
    steps = _shown(sketch.horizon)
    yield Arrow(((COLUMNS - 1 + WIDE, CELL), (COLUMNS - WIDE, CELL)), colour)
    said = f"{sketch.horizon} at once" if len(steps) > 1 else "out"
    yield Box(COLUMNS, CELL, said, theme.surface, colour, right=COLUMNS + len(steps) - 1)
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
    for line, text in enumerate(("the answer joins", "the window; read", f"{sketch.horizon} times in all")):
        yield Words(turn + 0.12, CELL + 0.3 * (1 - line), text, theme.ink, 3.1, "left")


def _synced(sketch: Sketch, theme: Theme, colour: str) -> Iterable[Mark]:
    """The next step at every step; beyond the window each answer is the next input."""
    for x, step in _placed(sketch).items():
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
                    yield Arrow(((x, BELOW + 0.15), (x, READ - TALL)), theme.problem, is_dashed=True)
    yield Words(-WIDE, CELL + 0.45, "encoder", theme.muted, 2, "left")
    yield Words(COLUMNS - WIDE, CELL - 0.45, "decoder", theme.muted, 0.9, "left")
    if sketch.forcing and sketch.horizon > 1:
        text = f"the truth, in {100 * sketch.forcing:.0f} % of updates"
        yield Words(COLUMNS + len(_shown(sketch.horizon)) - 1 + WIDE, BELOW, text, theme.problem, WHOLE, "right")


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


def _past_the_cells(sketch: Sketch, theme: Theme) -> Iterable[Mark]:
    """The skip connection, from what is read straight to every answer; dashed where it is still to be chosen."""
    if not sketch.skip:
        return
    answers = _answers(sketch)
    is_open = not sketch.is_chosen
    text = f"skip connection{' or none' if is_open else ''}: {sketch.skip}"
    steps = _placed(sketch)
    first = next(iter(steps))
    yield Box(first, PAST, text, theme.surface, theme.muted, right=max(answers), is_open=is_open)
    for x in (x for x, step in steps.items() if step is not None):
        yield Arrow(((x, READ - TALL), (x, UNDER)), theme.muted, is_open, has_head=False)
    around = ((COLUMNS - 1, UNDER), (first + EDGE, UNDER), (first + EDGE, PAST), (first - WIDE, PAST))
    yield Arrow(around, theme.muted, is_open, has_head=False)
    for x in answers:
        yield Arrow(((x, PAST - TALL), (x, SAID + TALL)), theme.muted, is_open)


def _answers(sketch: Sketch) -> Sequence[int]:
    """The columns of answers, those that teach besides where there are such; no ellipsis."""
    ahead = 1 if sketch.topology == "many_to_one" else sketch.horizon
    first = COLUMNS
    if sketch.topology == "many_to_many_synced":
        first -= 1
    found = [x for x, step in enumerate(_shown(ahead), first) if step is not None]
    if sketch.topology == "many_to_many_synced" or sketch.says_at_every_step:
        found = [x for x, step in _placed(sketch).items() if step is not None and x < COLUMNS - 1] + found
    return found


def _cuts(sketch: Sketch, theme: Theme) -> Iterable[Mark]:
    """Where gradients stop: a bar across what is carried on."""
    if sketch.back is None:
        return
    is_at_end = sketch.topology == "many_to_one"  # there is one answer a window, and so one update
    for x in (2.5,) if is_at_end else (0.5, 2.5):
        yield Arrow(((x, CELL - 0.34), (x, CELL + 0.34)), theme.problem, has_head=False)
    said = f"{'state and ' if sketch.is_reset else ''}gradient {_count(sketch.back, 'step')} back"
    yield Words(-WIDE, BELOW, said if is_at_end else f"update every {sketch.every}, {said}", theme.problem, WHOLE, "left")


def _dates(sketch: Sketch, theme: Theme) -> Iterable[Mark]:
    """When the window begins and ends, and when the forecast does, where there is room."""
    if sketch.ends is None:
        return
    first, last, *_, end = sketch.ends
    yield Words(-WIDE, DATES, first, theme.muted, 2, "left")
    yield Words(COLUMNS - 1 + WIDE, DATES, last, theme.muted, 2, "right")
    if sketch.topology != "many_to_one" and sketch.horizon > 1:
        right = COLUMNS - (1 if sketch.topology == "many_to_many_synced" else 0) + len(_shown(sketch.horizon)) - 1
        yield Words(right + WIDE, (PAST if sketch.skip else SAID) + 0.5, end, theme.muted, 3, "right")


def _placed(sketch: Sketch) -> dict[int, int | None]:
    """The steps of the cell in the window, by column: those that `_shown` shows, the last one next to the forecast."""
    steps = _shown(sketch.reads)
    return dict(enumerate(steps, COLUMNS - len(steps)))


def _shown(count: int) -> Sequence[int | None]:
    """The steps that are drawn, from 1; None for those that an ellipsis stands for."""
    return tuple(range(1, count + 1)) if count <= COLUMNS else (1, 2, None, count)


def _look(theme: Theme, colour: str) -> tuple[str, str]:
    """Fill and stroke of a cell; ink stays legible on it."""
    return mixed(colour, theme.surface, 0.82), colour


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
