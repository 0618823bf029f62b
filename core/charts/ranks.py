"""Which models rank apart over the series of a panel: mean ranks with intervals, as in the M competitions."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from core.charts.canvas import framed
from core.charts.labels import shown
from core.charts.theme import Style, Theme

ROW, AROUND, LINE = 30, 90, 15  # pixels


def ranks_chart(
    ranks: Mapping[str, float], distance: float, series: int, *, styles: Mapping[str, Style], theme: Theme
) -> alt.LayerChart:
    """Mean rank ± half the critical distance, the best model on top, its interval as a shade behind all rows.

    A model whose interval does not reach the shade ranks worse than the best one; it is drawn hollow.
    """
    ordered = sorted(ranks, key=ranks.__getitem__)
    names, best = shown(ordered), ranks[ordered[0]]
    frame = pd.DataFrame(
        {
            "model": [names[label] for label in ordered],
            "rank": [ranks[label] for label in ordered],
            "low": [ranks[label] - distance / 2 for label in ordered],
            "high": [ranks[label] + distance / 2 for label in ordered],
            "apart": ["yes" if ranks[label] - best > distance else "no" for label in ordered],
        }
    )
    ends = [min(frame["low"].min(), 1.0), max(frame["high"].max(), float(len(ranks)))]
    x = alt.X(
        "rank:Q",
        title=f"mean rank over {series:,} series, 1 is the best",
        axis=alt.Axis(tickMinStep=1, tickCount=6, format=",~r"),
    ).scale(domain=[round(one, 4) for one in ends], nice=False, zero=False)
    rows = alt.Y(
        "model:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=130, labelColor=theme.ink)
    )
    looks = [styles.get(label, Style(theme.muted, ())).colour for label in ordered]
    domain = list(names.values())
    colour = alt.Color("model:N", legend=None).scale(domain=domain, range=looks)
    edge = alt.Stroke("model:N", legend=None).scale(domain=domain, range=looks)
    told = [alt.Tooltip("model:N", title="Model"), alt.Tooltip("rank:Q", title="Mean rank", format=".2f")]
    told.append(alt.Tooltip("apart:N", title="Worse than the best"))
    shade = alt.Chart(frame.head(1)).mark_rect(color=theme.parts["test"], opacity=0.45, aria=False)
    apart = frame["apart"] == "yes"
    lines = alt.Chart(frame).mark_rule(strokeWidth=3, strokeCap="butt")
    hollow = alt.Chart(frame[apart]).mark_point(filled=True, fill=theme.surface, strokeWidth=2, size=90, opacity=1, aria=False)
    layers = [
        shade.encode(alt.X("low:Q"), alt.X2("high")),
        lines.encode(alt.X("low:Q"), alt.X2("high"), rows, color=colour, tooltip=told),
        alt.Chart(frame[~apart]).mark_point(filled=True, size=90, opacity=1).encode(x, rows, color=colour, tooltip=told),
        hollow.encode(x, rows, stroke=edge, tooltip=told),
    ]
    notes = ["shade: the interval of the best", "lines that reach it may be as good"]
    notes += ["hollow: ranks worse"] if apart.any() else []
    return framed(
        alt.layer(*layers), theme, AROUND + ROW * len(ordered) + LINE * len(notes), title="Mean rank over series", notes=notes
    )
