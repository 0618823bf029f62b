"""Whether a model is better than another, or lucky: the share of its loss that it saves, with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import altair as alt
import pandas as pd

from core.charts.canvas import framed
from core.charts.labels import ABSENT, shown
from core.charts.theme import Style, Theme

ROW, AROUND, LINE = 34, 64, 15  # pixels
LOWEST = -1.0  # where the picture is cut: intervals may reach far into the negative, and would press all else together


class Contest(Protocol):
    """What is read of core.evaluation.verdict.Pair: a against b, as shares of b's loss."""

    a: str
    b: str
    skill: float | None
    low: float | None
    high: float | None
    chance: float | None


def skill_chart(pairs: Sequence[Contest], *, is_of_best: bool, styles: Mapping[str, Style], theme: Theme) -> alt.LayerChart:
    """The share of b's loss that each a saves, with the 95 % interval, one row a pair.

    Rows are named after a; where all pairs are of the best model, a, after b. A pair without a test is a hollow point. Pairs
    without a skill are left out.
    """
    drawn = [pair for pair in pairs if pair.skill is not None]
    labels = [pair.b if is_of_best else pair.a for pair in drawn]
    names = shown(labels)
    frame = _frame(drawn, [names[label] for label in labels])
    rows = alt.Y(
        "model:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=130, labelColor=theme.ink)
    )
    x = alt.X("skill:Q", title="loss saved", axis=alt.Axis(format=".0%", tickCount=5)).scale(domain=_domain(drawn), nice=False)
    domain, looks = list(names.values()), [styles.get(label, Style(theme.muted, ())).colour for label in names]
    colour = alt.Color("model:N", legend=None).scale(domain=domain, range=looks)
    edge = alt.Stroke("model:N", legend=None).scale(domain=domain, range=looks)
    told = [alt.Tooltip("model:N", title="Against" if is_of_best else "Model"), alt.Tooltip("saved:N", title="Loss saved")]
    told += [alt.Tooltip("interval:N", title="95 % interval"), alt.Tooltip("chance:N", title="p, adjusted")]
    zero = alt.Chart(pd.DataFrame({"skill": [0.0]})).mark_rule(color=theme.now, strokeDash=[3, 3])
    tested = alt.Chart(frame[frame["low"].notna()])
    untested = alt.Chart(frame[frame["low"].isna()])
    hollow = untested.mark_point(filled=True, fill=theme.surface, strokeWidth=2, size=90, aria=False)
    notes = _notes(drawn, is_of_best)
    layers = [
        zero.encode(x),
        tested.mark_rule(strokeWidth=3, strokeCap="butt", clip=True).encode(
            alt.X("low:Q"), alt.X2("high"), rows, color=colour, tooltip=told
        ),
        tested.mark_point(filled=True, size=90, opacity=1).encode(x, rows, color=colour, tooltip=told),
        hollow.encode(x, rows, stroke=edge, tooltip=told),
    ]
    return framed(alt.layer(*layers), theme, AROUND + ROW * max(1, len(drawn)) + LINE * len(notes), notes=notes)


def _frame(pairs: Sequence[Contest], names: Sequence[str]) -> pd.DataFrame:
    columns = ["model", "skill", "low", "high", "saved", "interval", "chance"]
    rows = [
        (
            name,
            pair.skill,
            pair.low,
            pair.high,
            _percent(pair.skill),
            "no test" if pair.low is None else f"{_percent(pair.low)} to {_percent(pair.high)}",
            ABSENT if pair.chance is None else f"{pair.chance:.2g}",
        )
        for pair, name in zip(pairs, names, strict=True)
    ]
    return pd.DataFrame(rows, columns=columns).astype({"skill": float, "low": float, "high": float})


def _domain(pairs: Sequence[Contest]) -> list[float]:
    """From -100 % at the lowest, unless a point lies below, to a little beyond the highest."""
    ends = [end for pair in pairs for end in (pair.skill, pair.low, pair.high) if end is not None]
    low = max(min([-0.1, *ends]), min([LOWEST, *(pair.skill for pair in pairs)]))
    return [math.floor(1000 * low) / 1000, math.ceil(1000 * max([0.1, *ends])) / 1000]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %".replace("-", "−")


def _notes(pairs: Sequence[Contest], is_of_best: bool) -> list[str]:
    """Short lines, because they must fit a phone."""
    said = [f"right of 0 {'the best' if is_of_best else 'it'} is better"] if pairs else []
    if any(pair.low is not None for pair in pairs):
        cut = any(pair.low is not None and pair.low < _domain(pairs)[0] for pair in pairs)
        said.append("lines: 95 % intervals" + (", longer than shown at the left edge" if cut else ""))
    return said + (["hollow: no test"] if any(pair.low is None for pair in pairs) else [])
