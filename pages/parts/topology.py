"""The topology of a network, drawn with the shapes of the series at hand, and in a sentence."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.charts.labels import date_label
from core.charts.theme import styles
from core.charts.topology import Sketch, dimensions, topology_chart
from core.models.bridge import Bridge
from core.models.network import Network
from core.models.presets import Facts
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from core.windows.extras import Extras
from core.windows.settings import Settings
from pages.parts import frame
from pages.parts.text import count, safe

CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "window": ""}


def show(model: Network, panel: Panel, facts: Facts) -> None:
    """The drawing. model: as it was set; its open settings are closed as a launch would.  Raises ConfigError."""
    closed = model.resolved(facts.length, facts.horizon, facts.season)
    seen = _seen(closed, panel, facts)
    sketch = replace(_sketch(closed, 2 + seen.width, max(panel, key=len), facts.horizon), linear=_linear(closed))
    colour = styles([ModelSpec(model.name, model.label)], frame.theme())[model.label].colour
    said = f"{_learned(closed, facts.horizon)} {_cut(closed)}{_beside(closed, seen)}"
    st.markdown(f"**{safe(dimensions(sketch), 200)}**")
    frame.chart(
        ("topology", model.name, sketch), lambda: topology_chart(sketch, theme=frame.theme(), colour=colour), said
    )  # fmt: skip
    st.caption(f"{safe(said, 1000)} {safe(_inputs(seen), 400)}")


def _sketch(settings: Settings, channels: int, series: TimeSeries, horizon: int) -> Sketch:
    """With the last window of the series, which the forecast continues."""
    is_encoder = settings.topology == "encoder_decoder"
    is_cut = settings.bptt != "full"
    return Sketch(
        topology="window" if settings.cell == "window" else settings.topology,
        cell=CELLS[settings.cell],
        lookback=settings.lookback,
        channels=channels,
        hidden=settings.hidden,
        layers=settings.layers,
        horizon=horizon,
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
    """What is read beside the last change and the level."""
    train = Panel(tuple(replace(series, season=facts.season)[: facts.length] for series in panel))
    return Extras.learn(train, settings, settings.ahead(facts.horizon), is_beside=True)


def _inputs(seen: Extras) -> str:
    """The inputs of a step in words."""
    named = ["the last change", "the level"]
    named += ["how the last season went on"] if seen.season else []
    named += ["whether the value was filled in"] if seen.has_mask else []
    named += [f"two waves for the {term}" for term in seen.calendar]
    named += seen.past
    named += [f"{name}, then and {count(seen.ahead, 'step')} ahead" for name in seen.known]
    return f"Inputs: {', '.join(named)}."


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
            "Learns the next value at the window's end alone; each answer then joins the window, which is read anew, until "
            f"{steps} {'have' if horizon > 1 else 'has'} been said."
        )
    if settings.topology == "synced":
        return (
            f"Learns the next value at every step of the window; {steps} ahead come about by feeding each answer back as the "
            "next input, the state carried on."
        )
    if settings.topology == "encoder_decoder":
        return (
            f"One cell reads the window into a state, a second one starts from it and says {steps} in turn. {_told(settings)}"
        )
    if settings.bidirectional:
        return f"Reads the window from both ends, and learns from one answer a window: {steps} ahead, {once}."
    return (
        f"The state after the last step says {steps} ahead, {once}. While training every step is taken as the end of a "
        f"window, so that one reading gives {settings.lookback} answers to learn from."
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
    return f"Gradients run back {count(settings.k2, 'step')}, {forgets}. "


def _beside(model: Network, seen: Extras) -> str:
    """What is added to the answers of the network."""
    covariates = f" and {', '.join(seen.names)}" if seen.names else ""
    if isinstance(model, Bridge):
        return f"To it the forecast of {_linear(model)} is added, as fitted at first and then trained with the network."
    return f"A linear path over the last {model.skip} values{covariates} is added to it." if _linear(model) else ""


def _linear(model: Network) -> str:
    """The linear path beside the network in a word or two."""
    if isinstance(model, Bridge):
        return f"AR({model.order or 'p'})"
    return f"linear, {count(model.skip, 'lag')}" if model.skip else ""
