"""The form of any model, drawn from the fields of its dataclass: label, unit, range, help; the advanced ones folded away."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.models.base import Model, Parameter, Value, parameters
from pages.parts import state


def draw(model: type[Model], key: str) -> None:
    """A widget for each hyper-parameter, under "<key>.<name>"."""
    plain = [one for one in parameters(model) if not one.advanced]
    folded = [one for one in parameters(model) if one.advanced]
    _columns(plain, key)
    if folded:
        with st.expander("Advanced"):
            _columns(folded, key)
    if not plain and not folded:
        st.caption("This model has no settings.")


def config(model: type[Model], key: str) -> dict[str, Value]:
    """The hyper-parameters as the form has them; the default where it was never opened."""
    return {one.name: _typed(one, state.get(f"{key}.{one.name}", one.default)) for one in parameters(model)}


def fill(model: type[Model], key: str, values: Mapping[str, Value]) -> None:
    """Put values into the form before it is drawn."""
    for one in parameters(model):
        state.put(f"{key}.{one.name}", values.get(one.name, one.default))


def changes(model: type[Model], key: str) -> list[str]:
    """What differs from the defaults, in words."""
    found = config(model, key)
    return [
        f"{one.label.lower()} {_words(found[one.name])}" for one in parameters(model) if found[one.name] != one.default
    ]  # fmt: skip


def _words(value: Value) -> str:
    if value is None:
        return "automatic"
    return (
        {True: "on", False: "off"}[value]
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _typed(parameter: Parameter, value: object) -> Value:
    if value is None:
        return None if parameter.is_optional else parameter.default
    return float(value) if parameter.kind == "float" else value


def _columns(some: list[Parameter], key: str) -> None:
    columns = st.columns(2, gap="medium")
    for place, parameter in enumerate(some):
        with columns[place % 2]:
            _widget(parameter, f"{key}.{parameter.name}")


def _widget(parameter: Parameter, key: str) -> None:
    label = f"{parameter.label} ({parameter.unit})" if parameter.unit else parameter.label
    state.start(key, parameter.default)
    common = {"key": key, "help": _help(parameter), "persist_state": "session"}
    if parameter.kind == "bool":
        st.toggle(label, **common)
    elif parameter.choices:
        st.selectbox(label, parameter.choices, **common)
    elif parameter.kind == "str":
        st.text_input(label, **common)
    else:
        _number(label, parameter, common)


def _number(label: str, parameter: Parameter, common: dict[str, object]) -> None:
    cast = int if parameter.kind == "int" else float
    low, high = (None if bound is None else cast(bound) for bound in (parameter.low, parameter.high))
    step = parameter.step or (1 if parameter.kind == "int" else (parameter.default or 1) / 10)
    st.number_input(
        label, low, high, value=None, step=cast(step), format=None if parameter.kind == "int" else "%g",
        placeholder="Automatic" if parameter.is_optional else None, **common,
    )  # fmt: skip


def _help(parameter: Parameter) -> str:
    return (
        f"{parameter.help} {parameter.expectation()[:1].upper()}{parameter.expectation()[1:]}."
        if not parameter.choices
        else parameter.help
    )
