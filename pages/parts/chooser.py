"""Which models take part, as cards by family; each with its settings, and as often as one likes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.charts.labels import plain
from core.errors import ConfigError
from core.jobs.planning.cost import Prediction
from core.models.base import Model
from core.models.network import Network
from core.models.registry import MODELS
from core.models.spec import LONGEST_LABEL, ModelSpec
from pages.parts import forms, frame, state, topology
from pages.parts.forms import Form
from pages.parts.presets import Basis
from pages.parts.text import duration, megabytes, safe

CARDS, WANTED = "train.cards", "train.models"
TWIN = r"[a-z_]+\.[1-9][0-9]?"  # the id of a card
FIRST = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
FAMILIES = {
    "simple": "Simple", "autoregressive": "Autoregressive", "classical": "Classical", "feed-forward": "Neural networks",
    "recurrent": "Neural networks",
}  # fmt: skip


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
    def heading(self) -> str:
        """What it stands under."""
        return FAMILIES.get(self.model.family, self.model.family.capitalize())

    @property
    def label(self) -> str:
        """What it is called in the run."""
        return plain(str(state.get(f"{self.key}.label") or ""), LONGEST_LABEL) or self.first_label

    @property
    def first_label(self) -> str:
        number = self.id.rpartition(".")[2]
        return self.model.label if number == "1" else f"{self.model.label} {number}"

    @property
    def is_on(self) -> bool:
        """Whether it takes part."""
        return bool(state.get(f"{self.key}.on"))

    def form(self, basis: Basis) -> Form:
        """Its settings, which start from those of its model."""
        return Form(self.model, self.key, basis.settings[self.name], basis.traits)


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


def names() -> tuple[str, ...]:
    """The registry names of the models that take part; the address follows."""
    found = [card for card in cards() if card.is_on]
    state.put(WANTED, " ".join(card.id for card in found))
    return tuple(card.name for card in found)


def chosen(basis: Basis) -> tuple[ModelSpec, ...]:
    """The models that take part."""
    for card in cards():
        forms.keep_changes(card.form(basis))
    return tuple(
        ModelSpec(card.name, card.label, forms.config(card.form(basis))) for card in cards() if card.is_on
    )  # fmt: skip


def start_anew() -> None:
    """Forget what was set on any card but its name and whether it takes part."""
    for card in cards():
        kept = {f"{card.key}.{name}": state.get(f"{card.key}.{name}") for name in ("on", "label")}
        state.forget(f"{card.key}.")
        for key, value in kept.items():
            if value is not None:
                state.put(key, value)


def choose(wanted: Collection[str]) -> None:
    """Let just the models of these names take part, each once."""
    for card in cards():
        state.put(f"{card.key}.on", card.name in wanted and card.id.endswith(".1"))


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
        for name, value in model.config.items():
            state.put(f"{card.key}.{name}", value)
    state.put(CARDS, " ".join(ids))


def show(costs: Mapping[str, Prediction], basis: Basis) -> None:
    """The cards. costs: what each model that takes part is predicted to need, by label."""
    everything = cards()
    for heading in dict.fromkeys(card.heading for card in everything):
        st.markdown(f"**{heading}**")
        with st.grid(min_column_width=230, gap="small", key=f"family.{heading}"):
            for card in everything:
                if card.heading == heading:
                    with st.container(border=True, height="stretch", gap="xsmall"):
                        _card(card, costs.get(card.label), basis)


def _card(card: Card, cost: Prediction | None, basis: Basis) -> None:
    form = card.form(basis)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.checkbox(f"**{safe(card.label, 30)}**", key=f"{card.key}.on", persist_state="session")
        with st.container(horizontal=True, width="content", gap=None):
            _buttons(card, form, basis)
    st.caption(card.model.help)
    told = [safe(one, 60) for one in forms.changes(form)]
    if cost is not None and card.is_on:
        told.append(f"about {duration(cost.seconds)}, {megabytes(cost.memory)}")
    if told:
        st.caption(" · ".join(told))


def _buttons(card: Card, form: Form, basis: Basis) -> None:
    common = {"label": "", "type": "tertiary"}
    if form.base:
        if st.button(**common, key=f"{card.key}.open", icon=":material/tune:", help=f"Settings of {safe(card.label, 30)}"):
            st.dialog(f"Settings of {safe(card.label, 30)}", width="medium", on_dismiss="rerun")(_settings)(card, basis)
        if card.id.endswith(".1"):
            words = "The same model once more, with other settings"
            if st.button(**common, key=f"{card.key}.twin", icon=":material/add:", help=words):
                _add_twin(card, form)
    is_twin = not card.id.endswith(".1")
    if is_twin and st.button(**common, key=f"{card.key}.drop", icon=":material/close:", help="Take this one away"):
        _drop(card)


def _add_twin(card: Card, form: Form) -> None:
    ids = [one.id for one in cards()]
    number = next(number for number in range(2, 100) if f"{card.name}.{number}" not in ids)
    twin = Card(f"{card.name}.{number}", card.name)
    forms.fill(replace(form, key=twin.key), forms.config(form))
    state.put(f"{twin.key}.on", True)
    state.put(CARDS, " ".join([*ids, twin.id]))
    st.rerun()


def _drop(card: Card) -> None:
    state.put(CARDS, " ".join(one.id for one in cards() if one.id != card.id))
    state.forget(f"{card.key}.")
    st.rerun()


def _settings(card: Card, basis: Basis) -> None:
    form = card.form(basis)
    state.start(f"{card.key}.label", card.first_label)
    st.text_input("Name in this run", key=f"{card.key}.label", max_chars=LONGEST_LABEL, persist_state="session")
    with st.container(gap="xsmall"):
        if any(other.label == card.label for other in cards() if other.id != card.id and (other.is_on or card.is_on)):
            st.error(f"Another model is called {safe(card.label, 60)} too; give each a name of its own.")
        st.caption(card.model.help)
    with st.container():
        _pictured(form, basis)
    forms.draw(form)
    with st.container(horizontal=True):
        if st.button("Done", type="primary", key=f"{card.key}.done"):
            st.rerun()
        st.button("Back to the preset", key=f"{card.key}.reset", on_click=forms.fill, args=(form, {}))


def _pictured(form: Form, basis: Basis) -> None:
    """The drawing of a network; or what is wrong with the settings together, where each by itself is right."""
    try:
        model = form.model(**forms.config(form))
        if basis.facts is not None and isinstance(model, Network):
            topology.show(model, basis.panel, basis.facts)
    except ConfigError as error:
        if forms.is_sound(form):
            frame.problem(error)
        else:
            st.caption("The drawing comes back as soon as every setting lies within its range.")
