"""What all charts share: the time axis, the frame around the marks, and the menu that saves a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from core.charts.labels import date_label, grain, wall_clock
from core.charts.theme import Style, Theme
from core.series.timeseries import Index

MENU = {"embedOptions": {"actions": {"export": True, "source": False, "compiled": False, "editor": False}}}
MOST_ROWS = 6  # of a legend in one column
SECOND = 1000
DAY = 86_400 * SECOND
FINEST = {"year": 365 * DAY, "quarter": 90 * DAY, "month": 28 * DAY, "day": DAY, "minute": 60 * SECOND, "second": SECOND}
# Fixed text: nothing that a person wrote ever becomes part of an expression.
TICKS = (
    "hours(datum.value) || minutes(datum.value) || seconds(datum.value) ? "
    "timeFormat(datum.value, seconds(datum.value) ? '%H:%M:%S' : '%H:%M') : "
    "date(datum.value) != 1 ? timeFormat(datum.value, '%-d %b') : "
    "month(datum.value) != 0 ? timeFormat(datum.value, '%b') : timeFormat(datum.value, '%Y')"
)
YEARS = "timeFormat(datum.value, '%Y')"
QUARTERS = "month(datum.value) != 0 ? 'Q' + quarter(datum.value) : timeFormat(datum.value, '%Y')"
NUMBERS = (
    "abs(datum.value) >= 1e9 || (datum.value != 0 && abs(datum.value) < 1e-3) ? format(datum.value, '~s') : "
    "format(datum.value, ',~r')"
)
STEPS = "format(datum.value, ',')"


@dataclass(frozen=True, eq=False)
class Clock:
    """The places of an index on the horizontal axis.

    at      (n,) what is drawn: wall-clock times without a zone, in milliseconds, or steps
    labels  (n,) the same for people
    grain   how finely times are told
    """

    at: np.ndarray
    labels: np.ndarray
    grain: str

    @classmethod
    def of(cls, index: Index, zone: str | None = None, *, as_in: Index | None = None) -> Clock:
        at = np.asarray(index) if isinstance(index, pd.RangeIndex) else wall_clock(index, zone).to_numpy("datetime64[ms]")
        labels = np.array(date_label(index, zone, as_in=as_in), dtype=object)
        return cls(at, labels, grain(index if as_in is None else as_in, zone))

    @property
    def letter(self) -> str:
        """Altair's letter for the type of the axis: quantitative or temporal."""
        return "Q" if self.grain == "step" else "T"

    def x(self, name: str = "when") -> alt.X:
        """Column `name` on the axis that another layer describes."""
        return alt.X(f"{name}:{self.letter}")

    def axis(self, name: str = "when", **scale: object) -> alt.X:
        """The horizontal axis over column `name`; ticks never finer than the grain."""
        ticks = {"step": STEPS, "year": YEARS, "quarter": QUARTERS}.get(self.grain, TICKS)
        finest = 1 if self.grain == "step" else FINEST[self.grain]
        axis = alt.Axis(labelExpr=ticks, tickMinStep=finest, tickCount=8, grid=False, labelOverlap=True, labelFlush=False)
        options = {"nice": False, "zero": False} if self.grain == "step" else {"nice": False}
        return alt.X(f"{name}:{self.letter}", title="step" if self.grain == "step" else None, axis=axis).scale(
            **options, **scale
        )


def numeric(at: np.ndarray) -> np.ndarray:
    """Places as floats: milliseconds since 1970, or steps."""
    return at.astype("datetime64[ms]").astype(np.int64).astype(float) if at.dtype.kind == "M" else at.astype(float)


def like(places: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Floats back to the type of `at`."""
    return places.round().astype("int64").astype("datetime64[ms]") if at.dtype.kind == "M" else places


def framed(
    chart: alt.LayerChart | alt.Chart, theme: Theme, height: int, *, title: str | None = None, notes: Sequence[str] = ()
) -> alt.LayerChart | alt.Chart:
    """The chart as wide as its place, of fixed height, titled, in the colours of the theme. Notes without a title stand in
    its place, small.

    The properties are plain values, for Altair's setters copy and check the whole chart at each call (60 ms here); to_dict
    checks it once more at the end.
    """
    framed = chart.copy(deep=False)
    notes = [note[0].upper() + note[1:] for note in notes]
    framed.width, framed.height, framed.background = "container", height, theme.surface
    framed.autosize = {"type": "fit", "contains": "padding"}
    if title:
        framed.title = {"text": title, "subtitle": list(notes)}
    elif notes:
        framed.title = {"text": list(notes), "fontSize": 12, "fontWeight": "normal", "color": theme.muted}
    framed.config = _config(theme)
    return framed


def _config(theme: Theme) -> dict[str, object]:
    quiet = {"labelColor": theme.muted, "titleColor": theme.muted, "titleFontWeight": "normal", "titlePadding": 8}
    lines = {"gridColor": theme.grid, "domainColor": theme.grid, "tickColor": theme.grid}
    title = {"anchor": "start", "color": theme.ink, "fontSize": 15, "fontWeight": 600, "offset": 10}
    subtitle = {"subtitleColor": theme.muted, "subtitleFontSize": 12, "subtitlePadding": 4}
    return {
        "axis": {**quiet, **lines, "labelFontSize": 12, "titleFontSize": 12, "labelPadding": 6, "labelFlush": False},
        "padding": {"left": 4, "right": 12, "top": 4, "bottom": 6},
        "view": {"stroke": None},
        "title": {**title, **subtitle},
        "legend": {"labelColor": theme.ink, "labelFontSize": 12, "symbolStrokeWidth": 2.5, "offset": 8},
    }


def saveable(chart: alt.LayerChart | alt.Chart) -> alt.LayerChart | alt.Chart:
    """The chart with a menu that saves it as PNG or SVG, and that leads nowhere else."""
    chart.usermeta = MENU
    return chart


def vertical(column: str, title: str, **scale: object) -> alt.Y:
    """The vertical axis of a number; it need not begin at 0."""
    axis = alt.Axis(tickCount=5, titleAnchor="middle", labelExpr=NUMBERS)
    return alt.Y(f"{column}:Q", title=title, axis=axis).scale(**({"zero": False} | scale))


def edge(place: object) -> alt.DateTime | float:
    """A place as an end of the axis: a wall-clock time as its parts, for Vega reads bare numbers as UTC."""
    if not isinstance(place, (pd.Timestamp, np.datetime64)):
        return float(place)
    stamp = pd.Timestamp(place)
    return alt.DateTime(
        year=stamp.year, month=stamp.month, date=stamp.day, hours=stamp.hour, minutes=stamp.minute, seconds=stamp.second
    )


def moment(place: object) -> str:
    """The same as text of an expression; made of numbers only."""
    if not isinstance(place, (pd.Timestamp, np.datetime64)):
        return repr(float(place))
    stamp = pd.Timestamp(place)
    parts = (stamp.year, stamp.month - 1, stamp.day, stamp.hour, stamp.minute, stamp.second)
    return f"datetime({', '.join(map(str, parts))})"


def model_channels(names: Mapping[str, str], styles: Mapping[str, Style], theme: Theme) -> tuple[alt.Color, alt.StrokeDash]:
    """Colour and dash of column `model`, in one legend. names: what stands for each label, in the order of the legend."""
    looks = [styles.get(label, Style(theme.muted, ())) for label in names]
    domain = list(names.values())
    wide = 44 + 7 * max((len(name) for name in domain), default=1)  # pixels of an entry
    fewest = 2 if len(domain) > MOST_ROWS else 1  # columns: on a phone rows would push the legend out of the picture
    columns = f"max({fewest}, floor((width - 10) / {wide}))"
    legend = alt.Legend(
        title=None,
        orient="top",
        columns=alt.ExprRef(columns),
        symbolType="stroke",
        symbolSize=260,
        symbolOpacity=1,
        labelLimit=alt.ExprRef(f"max(80, width / {columns} - 40)"),
    )
    colour = alt.Color("model:N", legend=legend).scale(domain=domain, range=[look.colour for look in looks])
    dashes = [list(look.dash) or [1, 0] for look in looks]
    return colour, alt.StrokeDash("model:N", legend=legend).scale(domain=domain, range=dashes)
