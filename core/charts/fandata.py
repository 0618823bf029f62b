"""The frames behind a fan chart: what was known, what the models forecast, what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.charts.canvas import Clock, like, numeric
from core.charts.labels import number_label, shown
from core.charts.thinning import thin
from core.series.timeseries import Index, TimeSeries

FEWEST_PAST = 24
MOST_BAND = 1.0  # of the span of what is seen: one wild band would make lines of everything else
ROOM = 0.14  # of the width, for labels at the ends of lines


@dataclass(frozen=True, eq=False)
class FanLine:
    """One model's forecast: point (H,) along index, and low and high (H,) by coverage."""

    label: str
    index: Index
    point: np.ndarray
    bands: Mapping[float, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Frames:
    """past: when, value, date, actual. ahead: when, until, model, point, low, high. outcome: when, value, date, actual.
    cells: a row a place that can be pointed at, from `left` to `right`, with the texts m0, m1, … of the models there.

    window: the places first seen. now: the last that was known, or None.
    """

    past: pd.DataFrame
    ahead: pd.DataFrame
    outcome: pd.DataFrame
    cells: pd.DataFrame
    window: tuple[object, object]
    now: object | None
    clock: Clock


def frames(
    lines: Sequence[FanLine],
    known: TimeSeries | None,
    actual: tuple[Index, np.ndarray] | None,
    *,
    coverage: float | None,
    zone: str | None,
    room: bool,
) -> Frames:
    """room: whether the window leaves room right of the forecasts."""
    whole = lines[0].index if known is None else known.index
    clocks = [Clock.of(line.index, zone, as_in=whole) for line in lines]
    past = _past(known)
    outcome = _outcome(actual, zone, whole)
    window = _window(clocks, known, room=room)
    now = past["when"].iloc[-1] if len(past) else None
    names = shown([line.label for line in lines])
    ahead = pd.concat([_ahead(line, clock, names[line.label], coverage) for line, clock in zip(lines, clocks, strict=True)])
    return Frames(past, ahead, outcome, _cells(lines, clocks, past, outcome), window, now, clocks[0])


def cut(data: Frames) -> tuple[Frames, bool]:
    """The same with bands no farther than MOST_BAND times the span of all else that is first seen, and whether one was cut."""
    recent = data.past["value"][data.past["when"] >= data.window[0]] if len(data.past) else []
    seen = np.concatenate([data.ahead["point"], recent, data.outcome["value"]]).astype(float)
    low, high = np.nanmin(seen), np.nanmax(seen)
    reach = MOST_BAND * (high - low)
    bands = data.ahead[["low", "high"]]
    kept = bands.clip(low - reach, high + reach) if reach else bands
    return replace(data, ahead=data.ahead.assign(**kept)), not kept.equals(bands)


def _past(known: TimeSeries | None) -> pd.DataFrame:
    if known is None:
        return pd.DataFrame({"when": [], "value": [], "date": [], "actual": []})
    clock, kept = Clock.of(known.index, known.zone), thin(known.values)
    texts = [number_label(value) for value in known.values[kept]]
    return pd.DataFrame({"when": clock.at[kept], "value": known.values[kept], "date": clock.labels[kept], "actual": texts})


def _outcome(actual: tuple[Index, np.ndarray] | None, zone: str | None, whole: Index) -> pd.DataFrame:
    if actual is None:
        return pd.DataFrame({"when": [], "value": [], "date": [], "actual": []})
    index, values = actual
    clock, values = Clock.of(index, zone, as_in=whole), np.asarray(values, dtype=float)
    texts = [number_label(value) for value in values]
    return pd.DataFrame({"when": clock.at, "value": values, "date": clock.labels, "actual": texts})


def _ahead(line: FanLine, clock: Clock, name: str, coverage: float | None) -> pd.DataFrame:
    """The forecast; low and high are NaN where the line has no band of that coverage."""
    nothing = np.full(len(line.point), np.nan)
    low, high = line.bands.get(coverage, (nothing, nothing))
    return pd.DataFrame({"when": clock.at, "model": name, "point": np.asarray(line.point, float), "low": low, "high": high})


def _window(clocks: Sequence[Clock], known: TimeSeries | None, *, room: bool) -> tuple[object, object]:
    """About 60 % history: two horizons, or two seasons if they are not too long, and never under 24 steps."""
    at = clocks[0].at
    starts, ends = min(clock.at[0] for clock in clocks), max(clock.at[-1] for clock in clocks)
    first, last = numeric(np.array([starts])), numeric(np.array([ends]))
    if known is not None:
        horizon = max(len(clock.at) for clock in clocks)
        steps = max(2 * horizon, min(2 * known.season, 4 * horizon), FEWEST_PAST)
        recent = Clock.of(known.index[-steps:], known.zone, as_in=known.index).at
        first = numeric(recent[:1])
    last = last + (ROOM / (1 - ROOM) if room else 0.01) * (last - first)
    return like(first, at)[0], like(last, at)[0]


def _cells(lines: Sequence[FanLine], clocks: Sequence[Clock], past: pd.DataFrame, outcome: pd.DataFrame) -> pd.DataFrame:
    """One row for every place of any forecast or outcome."""
    came = dict(zip(numeric(outcome["when"].to_numpy()), outcome["value"], strict=True)) if len(outcome) else {}
    rows: dict[float, dict[str, str]] = {}
    for number, (line, clock) in enumerate(zip(lines, clocks, strict=True)):
        for place, date, point in zip(numeric(clock.at), clock.labels, line.point, strict=True):
            value = came.get(place, np.nan)
            row = rows.setdefault(place, {"date": date, "actual": number_label(value)})
            error = f"  (error {signed(point - value)})" if np.isfinite(value) else ""
            row[f"m{number}"] = number_label(point) + error
    places = np.array(sorted(rows))
    frame = pd.DataFrame([rows[place] for place in places]).reindex(columns=["date", "actual", *_columns(lines)])
    before = (
        numeric(past["when"].to_numpy()[-1:]) if len(past) else places[:1] - (np.diff(places[:2]) if len(places) > 1 else 1)
    )
    edges = np.r_[before, places, 2 * places[-1] - np.r_[before, places][-2]]
    middle = (edges[1:] + edges[:-1]) / 2
    at = clocks[0].at
    return frame.fillna(number_label(None)).assign(
        when=like(places, at), left=like(middle[:-1], at), right=like(middle[1:], at)
    )


def _columns(lines: Sequence[FanLine]) -> list[str]:
    return [f"m{number}" for number in range(len(lines))]


def signed(value: float) -> str:
    """A difference with its sign."""
    return ("+" if value > 0 else "") + number_label(value)
