"""The form of any model, drawn from the fields of its dataclass: label, unit, range, help; the advanced ones folded away.

A form starts from a preset. The session holds what a person set otherwise, so that the rest follows the preset and the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import streamlit as st

from core.errors import ConfigError
from core.models.base import Model
from core.models.network import Network
from core.parameters import Parameter, Value, parameters
from core.report.settings import called, worded
from core.windows.settings import Beside, Reading, Training
from pages.parts import frame, state

SHAPE = "Shape"
PARTS: Mapping[str, type] = {  # what heads the advanced fields of a network
    "Reading": Reading, "Scale and skip connection": Beside, "Training": Training,
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """The settings of one card, whose widgets keep their values under "<key>.<name>"; `base` is all that its preset sets.

    traits: what the series have that a setting can be about
    """

    model: type[Model]
    key: str
    base: Mapping[str, Value]
    traits: frozenset[str]

    def place(self, parameter: Parameter) -> str:
        return f"{self.key}.{parameter.name}"

    def value(self, parameter: Parameter) -> Value:
        """As it was set, whether or not it means anything."""
        return _typed(parameter, state.get(self.place(parameter), self.base[parameter.name]), self.base[parameter.name])


def relevant(form: Form) -> list[Parameter]:
    """The parameters that mean something as the others are set, and that leave a choice."""
    every = {one.name: one for one in parameters(form.model)}
    return [one for one in _offered(form) if _matters(one, every, form)]


def _offered(form: Form) -> list[Parameter]:
    """The parameters that leave a choice for the series at hand."""
    return [one for one in parameters(form.model) if len(one.choices) != 1 and (not one.trait or one.trait in form.traits)]


def _matters(parameter: Parameter, every: Mapping[str, Parameter], form: Form) -> bool:
    """Whether the settings that it depends on have such values; one that means nothing itself counts at its default."""

    def effective(one: Parameter) -> Value:
        return form.value(one) if _matters(one, every, form) else one.default

    return all(effective(every[name]) in wanted for name, wanted in parameter.when if name in every)


def config(form: Form) -> dict[str, Value]:
    """All hyper-parameters: as the form has them, as the preset has them where it was never opened, and at their default where
    they mean nothing."""
    shown = relevant(form)
    return {one.name: form.value(one) if one in shown else one.default for one in parameters(form.model)}


def fill(form: Form, values: Mapping[str, Value]) -> None:
    """Put values into the form before it is drawn; those left out as the preset has them."""
    for one in parameters(form.model):
        state.put(form.place(one), values.get(one.name, form.base[one.name]))


def keep_changes(form: Form) -> None:
    """Forget what is as the preset has it, so that it follows when the preset or the series changes."""
    for one in parameters(form.model):
        if state.get(form.place(one), form.base[one.name]) == form.base[one.name]:
            state.take(form.place(one))


def changes(form: Form) -> list[str]:
    """What differs from the preset, in words."""
    found = config(form)
    return [
        f"{one.label.lower()} {worded(found[one.name])}" for one in relevant(form) if found[one.name] != form.base[one.name]
    ]  # fmt: skip


def is_sound(form: Form) -> bool:
    """Whether every setting by itself is one that its model takes."""
    return all(_wrong(one, form) is None for one in relevant(form))


def _wrong(parameter: Parameter, form: Form) -> ConfigError | None:
    try:
        parameter.check(form.value(parameter), form.model.name)
    except ConfigError as error:
        return error
    return None


def draw(form: Form) -> None:
    """A widget for each hyper-parameter that means something, and a word where one could be missed."""
    shown = [one for one in _offered(form) if one.otherwise or one in relevant(form)]
    folded = [one for one in shown if one.advanced]
    with st.container():  # one place, however many rows: what follows would be made anew, and fold itself
        _rows([one for one in shown if not one.advanced], form)
    if folded:
        with st.expander("Advanced"):
            _headed(folded, form)
    if not shown:
        st.caption("This model has no settings.")


def _headed(folded: list[Parameter], form: Form) -> None:
    """The advanced fields of a network under small headings, those of other models as they come."""
    if not issubclass(form.model, Network):
        _rows(folded, form)
        return
    for title in (SHAPE, *PARTS):
        some = [one for one in folded if _part(one.name) == title]
        if some:
            st.markdown(f"**{title}**")
            _rows(some, form)


def _part(name: str) -> str:
    """Which heading a field of a network stands under, by the class that it comes from."""
    return next((title for title, part in PARTS.items() if name in {one.name for one in fields(part)}), SHAPE)


def _rows(some: list[Parameter], form: Form) -> None:
    """Two fields side by side; row by row, so that a narrow page has them in the same order."""
    for first in range(0, len(some), 2):
        for column, parameter in zip(st.columns(2, gap="medium"), some[first : first + 2], strict=False):
            with column:
                _field(parameter, form)


def _field(parameter: Parameter, form: Form) -> None:
    """The widget, and beside it what is wrong with its value: a value that was typed is refused in words, never put back."""
    if parameter not in relevant(form):
        st.caption(f"**{parameter.label}** {parameter.otherwise}")
        return
    _widget(parameter, form)
    error = _wrong(parameter, form)
    if error is not None:
        frame.problem(ConfigError(str(error).replace(f"{form.model.name}.{parameter.name}", parameter.label)))


def _widget(parameter: Parameter, form: Form) -> None:
    label = f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label
    state.start(form.place(parameter), form.base[parameter.name])
    common = {"key": form.place(parameter), "help": _help(parameter), "persist_state": "session"}
    if parameter.kind == "bool":
        st.toggle(label, **common)
    elif parameter.choices:
        st.selectbox(label, parameter.choices, format_func=called, **common)
    elif parameter.kind == "str":
        st.text_input(label, placeholder=_empty(parameter, form), **common)
    else:
        _number(label, parameter, form, common)


def _number(label: str, parameter: Parameter, form: Form, common: dict[str, object]) -> None:
    """Without bounds of its own: a browser would drop what lies outside them, and say nothing once it is left."""
    is_whole = parameter.kind == "int"
    step = parameter.step or (1 if is_whole else (parameter.default or 1) / 10)
    st.number_input(
        label, value=None, step=int(step) if is_whole else float(step), format=None if is_whole else "%g",
        placeholder=_empty(parameter, form), **common,
    )  # fmt: skip


def _empty(parameter: Parameter, form: Form) -> str:
    """What an empty field stands for."""
    return "Automatic" if parameter.is_optional else worded(form.base[parameter.name])


def _typed(parameter: Parameter, value: object, base: Value) -> Value:
    if value is None or (parameter.is_optional and isinstance(value, str) and not value.strip()):
        return None if parameter.is_optional else base
    return float(value) if parameter.kind == "float" else value


def _help(parameter: Parameter) -> str:
    if parameter.kind not in ("int", "float"):
        return parameter.help
    wanted = parameter.expectation()
    return f"{parameter.help} {wanted[:1].upper()}{wanted[1:]}."
