"""Which models take part, as cards by family; each with its settings, and as often as one likes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.charts.labels import plain
from core.jobs.cost import Prediction
from core.models.base import Model
from core.models.registry import MODELS
from core.models.spec import LONGEST_LABEL, ModelSpec
from pages.parts import forms, state
from pages.parts.text import duration, megabytes, safe

CARDS, WANTED = "train.cards", "train.models"
TWIN = r"[a-z_]+\.[1-9][0-9]?"  # the id of a card
FIRST = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
FAMILIES = {"naive": "Simple", "autoregressive": "Autoregressive", "classical": "Classical", "recurrent": "Recurrent"}


@dataclass(frozen=True)
class Card:
    """One model that could take part: "lstm.1" is the first LSTM."""

    id: str
    name: str

    @property
    def key(self) -> str:
        """Where its widgets keep their values."""
        return f"train.card.{self.id}"

    @property
    def model(self) -> type[Model]:
        return MODELS[self.name]

    @property
    def label(self) -> str:
        """What it is called in the run."""
        return plain(str(state.get(f"{self.key}.label") or ""), LONGEST_LABEL) or self.first_label

    @property
    def first_label(self) -> str:
        number = self.id.rpartition(".")[2]
        return self.model.label if number == "1" else f"{self.model.label} {number}"


def cards() -> tuple[Card, ...]:
    """All cards, in the order of the registry, twins after the first."""
    wanted = _wanted()
    every = [f"{name}.1" for name in MODELS]
    known = str(state.get(CARDS) or " ".join([*every, *(one for one in wanted if one not in every)])).split()
    found = [Card(one, one.rpartition(".")[0]) for one in known]
    order = list(MODELS)
    for card in found:
        state.start(f"{card.key}.on", card.id in wanted if wanted else card.name in FIRST or not card.id.endswith(".1"))
    return tuple(sorted(found, key=lambda card: (order.index(card.name), int(card.id.rpartition(".")[2]))))


def _wanted() -> list[str]:
    """The cards that the address names, which are those that take part when a session begins."""
    return [one for one in str(state.get(WANTED) or "").split() if re.fullmatch(TWIN, one) and one.rpartition(".")[0] in MODELS]


def chosen() -> tuple[ModelSpec, ...]:
    """The models that take part."""
    found = [card for card in cards() if state.get(f"{card.key}.on")]
    state.put(WANTED, " ".join(card.id for card in found))
    return tuple(ModelSpec(card.name, card.label, forms.config(card.model, card.key)) for card in found)


def fill(models: Sequence[ModelSpec]) -> None:
    """Choose just these models with these settings, as for a run that is to be changed a little."""
    state.forget("train.card.")
    ids: list[str] = [f"{name}.1" for name in MODELS]
    seen: dict[str, int] = {}
    for name in MODELS:
        state.put(f"train.card.{name}.1.on", False)
    for model in models:
        seen[model.name] = seen.get(model.name, 0) + 1
        card = Card(f"{model.name}.{seen[model.name]}", model.name)
        if card.id not in ids:
            ids.append(card.id)
        state.put(f"{card.key}.on", True)
        state.put(f"{card.key}.label", model.label)
        forms.fill(card.model, card.key, model.config)
    state.put(CARDS, " ".join(ids))


def show(costs: Mapping[str, Prediction]) -> None:
    """The cards. costs: what each model that takes part is predicted to need, by label."""
    everything = cards()
    for family in dict.fromkeys(card.model.family for card in everything):
        st.markdown(f"**{FAMILIES.get(family, family.capitalize())}**")
        with st.grid(min_column_width=230, gap="small", key=f"family.{family}"):
            for card in everything:
                if card.model.family == family:
                    with st.container(border=True, height="stretch", gap="xsmall"):
                        _card(card, costs.get(card.label))


def _card(card: Card, cost: Prediction | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.checkbox(f"**{safe(card.label, 30)}**", key=f"{card.key}.on", persist_state="session")
        with st.container(horizontal=True, width="content", gap=None):
            if forms.config(card.model, card.key) and st.button(
                "", key=f"{card.key}.open", icon=":material/tune:", type="tertiary", help=f"Settings of {safe(card.label, 30)}"
            ):
                _settings(card)
            if card.id.endswith(".1"):
                if forms.config(card.model, card.key) and st.button(
                    "",
                    key=f"{card.key}.twin",
                    icon=":material/add:",
                    type="tertiary",
                    help="The same model once more, with other settings",
                ):
                    _add_twin(card)
            elif st.button("", key=f"{card.key}.drop", icon=":material/close:", type="tertiary", help="Take this one away"):
                _drop(card)
    st.caption(card.model.help)
    told = [safe(one, 60) for one in forms.changes(card.model, card.key)]
    if cost is not None and state.get(f"{card.key}.on"):
        told.append(f"about {duration(cost.seconds)}, {megabytes(cost.memory)}")
    if told:
        st.caption(" · ".join(told))


def _add_twin(card: Card) -> None:
    ids = [one.id for one in cards()]
    number = next(number for number in range(2, 100) if f"{card.name}.{number}" not in ids)
    twin = Card(f"{card.name}.{number}", card.name)
    forms.fill(card.model, twin.key, forms.config(card.model, card.key))
    state.put(f"{twin.key}.on", True)
    state.put(CARDS, " ".join([*ids, twin.id]))
    st.rerun()


def _drop(card: Card) -> None:
    state.put(CARDS, " ".join(one.id for one in cards() if one.id != card.id))
    state.forget(f"{card.key}.")
    st.rerun()


@st.dialog("Settings", width="medium", on_dismiss="rerun")
def _settings(card: Card) -> None:
    state.start(f"{card.key}.label", card.first_label)
    st.text_input("Name in this run", key=f"{card.key}.label", max_chars=LONGEST_LABEL, persist_state="session")
    st.caption(card.model.help)
    forms.draw(card.model, card.key)
    with st.container(horizontal=True):
        if st.button("Done", type="primary", key=f"{card.key}.done"):
            st.rerun()
        st.button("Back to defaults", key=f"{card.key}.reset", on_click=forms.fill, args=(card.model, card.key, {}))
