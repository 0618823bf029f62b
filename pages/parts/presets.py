"""Quick, balanced or thorough: what all cards start from, for the series and the horizon at hand; and models to start with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from core.errors import AppError
from core.evaluation.facts import Facts, facts_of, traits_of
from core.evaluation.spec import RunSpec
from core.models.presets import BLOCKS, CERTIFIED, NAMES, SEEDS, best_guess, preset
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import Value
from core.series.timeseries import Panel
from pages.parts import state

CHOSEN = "train.preset"
USUAL = "balanced"
HELP = {
    "quick": "An answer in seconds: few units and epochs, one seed, one fit before the test.",
    "balanced": "Every model as it comes, networks with three seeds, three fits over the test.",
    "thorough": "More units and epochs, five seeds, six fits, checked for look-ahead: what one would report. It takes several "
    "times as long.",
}


@dataclass(frozen=True, eq=False)
class Basis:
    """What the cards start from. facts: None where the series is too short for the models that take part.

    traits: what the series have that a setting can be about
    """

    panel: Panel
    facts: Facts | None
    settings: Mapping[str, Mapping[str, Value]]  # all of each model, by its name
    traits: frozenset[str]


def name() -> str:
    """The preset that is chosen; an address can hold anything."""
    state.among(CHOSEN, NAMES, USUAL)
    return str(state.get(CHOSEN))


def ask(fill: Callable[[], None], choose: Callable[[Collection[str]], None]) -> None:
    """Which preset; a change is followed by `fill`, which brings it into the cards. The button lets `choose` tick models."""
    chosen = name()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.segmented_control(
            "Settings of all models", NAMES, format_func=str.capitalize, key=CHOSEN, required=True, persist_state="session",
            on_change=_taken, args=(fill,), label_visibility="collapsed", width="content",
        )  # fmt: skip
        guessed = ", ".join(MODELS[one].label for one in best_guess())
        st.button(
            "Best guess", key="train.guess", icon=":material/auto_awesome:", on_click=choose, args=(best_guess(),),
            help=f"Choose {guessed}, and nothing else: models of different kinds, which are good starting points. The run "
            "computes their combinations too.",
        )  # fmt: skip
        st.caption(HELP[chosen], width="content")


def _taken(fill: Callable[[], None]) -> None:
    state.put("train.seeds", SEEDS[name()])
    state.put("train.blocks", BLOCKS[name()])
    state.put("train.certify", name() in CERTIFIED)
    fill()


def basis(keys: tuple[str, ...], panel: Panel, names: tuple[str, ...]) -> Basis:
    """What the cards start from. keys: of the panel's series; names: of the models that take part."""
    asked = tuple(state.get(f"train.{field}") for field in ("horizon", "season", "origins"))
    found = _facts(keys, tuple(dict.fromkeys(names)), asked, state.get("train.stride"), panel)
    settings = {one: preset(name(), model) for one, model in MODELS.items()}
    return Basis(panel, found, settings, _traits(keys, panel.series[0].season if found is None else found.season, panel))


@st.cache_data(show_spinner=False, max_entries=64)
def _traits(keys: tuple[str, ...], season: int, _panel: Panel) -> frozenset[str]:  # noqa: ARG001
    return traits_of(_panel, season)


@st.cache_data(show_spinner=False, max_entries=64)
def _facts(
    keys: tuple[str, ...], names: tuple[str, ...], asked: tuple[int | None, ...], stride: int, _panel: Panel  # noqa: ARG001
) -> Facts | None:  # fmt: skip
    """Of the run that is asked for, its models as they come: what a card is set to shall not change what it starts from."""
    horizon, season, origins = asked
    models = tuple(ModelSpec(one, one) for one in names or ("naive",))
    try:
        return facts_of(RunSpec((), models, horizon, season=season, origins=origins, stride=stride), _panel)
    except AppError:  # which the page says of the run itself
        return None
