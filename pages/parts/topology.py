"""The topology of a network, drawn with the shapes of the series at hand, and in a sentence."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.charts.labels import date_label
from core.charts.theme import styles
from core.charts.topology import Sketch, dimensions, topology_chart
from core.evaluation.facts import Facts
from core.models.bridge import Bridge
from core.models.network import Network
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from core.windows.extras import Extras, shared_names
from core.windows.settings import AUTOMATIC, SYNCED, Settings
from pages.parts import frame
from pages.parts.text import count, safe

CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "window": ""}


def show(model: Network, panel: Panel, facts: Facts) -> None:
    """The drawing. model: as it was set; its open settings are closed as a launch would.  Raises ConfigError."""
    closed = model.resolved(facts.length, facts.horizon, facts.season)
    seen, values = _seen(closed, panel, facts), _values(closed, len(panel), facts.season)
    sketch = replace(
        _sketch(closed, max(panel, key=len), facts.horizon),
        channels=len(values) + seen.width,
        perhaps=int(_mean(closed) == AUTOMATIC),
        skip=_skip(closed),
        is_chosen=closed.skip != AUTOMATIC,
    )
    colour = styles([ModelSpec(model.name, model.label)], frame.theme())[model.label].colour
    said = " ".join(one for one in (_learned(closed, facts.horizon), _cut(closed), _beside(closed, panel)) if one)
    st.markdown(f"**{safe(dimensions(sketch), 200)}**")
    frame.chart(
        ("topology", model.name, sketch), lambda: topology_chart(sketch, theme=frame.theme(), colour=colour), said
    )  # fmt: skip
    st.caption(f"{safe(said, 1000)} {safe(_inputs(closed, values, seen), 600)}")


def _sketch(settings: Settings, series: TimeSeries, horizon: int) -> Sketch:
    """With the last window of the series, which the forecast continues."""
    is_encoder = settings.topology == "encoder_decoder"
    is_cut = settings.bptt != "full"
    return Sketch(
        topology="window" if settings.cell == "window" else settings.topology,
        cell=CELLS[settings.cell],
        lookback=settings.lookback,
        channels=0,
        hidden=settings.hidden,
        layers=settings.layers,
        horizon=horizon,
        segment=settings.segment,
        is_bidirectional=settings.bidirectional,
        forcing=settings.teacher_forcing if is_encoder else 0.0,
        every=settings.k1 if is_cut else None,
        back=settings.k2 if is_cut else None,
        is_reset=settings.bptt == "reset",
        ends=_ends(series, settings.lookback, horizon),
    )


def _ends(series: TimeSeries, lookback: int, horizon: int) -> tuple[str, str, str, str]:
    read, ahead = series.index[-lookback:], series.future(horizon)
    at = (read[:1], read[-1:], ahead[:1], ahead[-1:])
    first, last, begin, end = (date_label(one, series.zone, as_in=series.index)[0] for one in at)
    return first, last, begin, end


def _seen(settings: Settings, panel: Panel, facts: Facts) -> Extras:
    """What is read beside the values."""
    train = Panel(tuple(replace(series, season=facts.season)[: facts.length] for series in panel))
    return Extras.learn(train, settings, settings.ahead(facts.horizon), is_beside=isinstance(settings, Bridge))


def _values(settings: Settings, count: int, season: int) -> list[str]:
    """What is read of the values at each step for certain, in words; count: of the series."""
    is_seasonal = settings.seasonal_lag == "yes" or (settings.learns_season_from(count) and not isinstance(settings, Bridge))
    named = ["the last change"]
    named += ["how the last season went on"] if is_seasonal and season > 1 else []
    return named + (["the distance from the mean"] if _mean(settings) == "yes" else [])


def _mean(settings: Settings) -> str:
    """Whether the distance from the mean is read: an AR has a mean to return to."""
    return "yes" if isinstance(settings, Bridge) else settings.mean


def _inputs(settings: Settings, values: list[str], seen: Extras) -> str:
    """The inputs of a step in words."""
    named = list(values)
    named += ["whether the value was filled in"] if seen.has_mask else []
    named += [f"two waves for the {term}" for term in seen.calendar]
    named += seen.past
    named += [f"{name}, then and {count(seen.ahead, 'step')} ahead" for name in seen.known]
    perhaps = "; where held-out windows say so, the distance from the mean too" if _mean(settings) == AUTOMATIC else ""
    return f"Inputs of each step: {', '.join(named)}{perhaps}."


def _learned(settings: Settings, horizon: int) -> str:
    """What is learned, and how the steps ahead come about."""
    steps = count(horizon, "step")
    once = "all of them at once" if horizon > 1 else "it"
    if settings.cell == "window":
        return (
            f"Sees all {settings.lookback} steps at once, without memory or order, and learns to say {steps} ahead from them."
        )
    if settings.topology == "many_to_one":
        return (
            "Learns the next value at the window's end alone. Each answer then joins the window, which is read again, until "
            f"{steps} {'have' if horizon > 1 else 'has'} been said."
        )
    if settings.topology == SYNCED:
        return (
            f"Learns the next value at every step of the window. {steps} ahead come about by feeding each answer back as the "
            "next input, the state carried on."
        )
    segments = f"The cell reads {settings.segment} values as one step of its own. " if settings.segment > 1 else ""
    if settings.topology == "encoder_decoder":
        return (
            f"{segments}One cell reads the window into a state, a second one starts from it and says {steps} in turn. "
            f"{_told(settings)}"
        )
    if settings.bidirectional:
        return f"{segments}Reads the window from both ends, and learns from one answer a window: {steps} ahead, {once}."
    return (
        f"{segments}The state after the last step says {steps} ahead, {once}. While training every step is taken as the end "
        f"of a window, so that one reading gives {settings.reads} answers to learn from."
    )


def _told(settings: Settings) -> str:
    """What a decoder hears."""
    if settings.teacher_forcing == 0:
        return "It always hears its own last answer."
    share = f"{100 * settings.teacher_forcing:.0f} %"
    return f"It hears its own last answer; in {share} of the updates, while training, the true one (teacher forcing)."


def _cut(settings: Settings) -> str:
    """How far gradients run, where not through the whole window."""
    if settings.bptt == "full":
        return ""
    forgets = "and the state is forgotten there" if settings.bptt == "reset" else "while the state is carried on"
    return f"Gradients run back {count(settings.k2, 'step')}, {forgets}."


def _beside(model: Network, panel: Panel) -> str:
    """What leads past the cells."""
    if model.skip == "off":
        return "Nothing leads past the cells: all that is said comes from their state."
    if isinstance(model, Bridge):
        return f"The skip connection starts as the fitted {_skip(model)}; it and the network are then trained together."
    names = [name for role in ("past", "known") for name in shared_names(panel, role)] if model.covariates else []
    covariates = f", and of {', '.join(names)}," if names else ""
    found = f"a linear map of the last values{covariates} that is added to every answer and trained together with the cells"
    if model.skip == AUTOMATIC:
        return f"Held-out windows decide whether there is a skip connection: {found}."
    return f"The skip connection is {found}."


def _skip(model: Network) -> str:
    """The skip connection in a few words, "" for none."""
    if model.skip == "off":
        return ""
    if isinstance(model, Bridge):
        return f"AR({model.order or 'p'})"
    return f"linear, {count(model.lags, 'lag')}" if model.lags else "linear"
