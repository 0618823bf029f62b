"""Settings in words: what a value is called, and what a run settled of those that were left to it."""

from __future__ import annotations

from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import Parameter, Value, parameters
from core.windows.settings import AUTOMATIC, DIRECT, SYNCED

SPELLED = {  # choices that are not their own words
    DIRECT: "Many-to-many, direct", SYNCED: "Many-to-many, synced", "many_to_one": "Many-to-one", "student_t": "Student t",
    "adamw": "AdamW", "adam": "Adam", "sgd": "SGD", "mae": "MAE", "mse": "MSE", "aic": "AIC", "bic": "BIC", "hqic": "HQIC",
    "relu": "ReLU", "detached": "Truncated, state carried on", "reset": "Truncated, state reset",
    "full": "Full, through the window",
}  # fmt: skip
CELLS = {name: model.label for name, model in MODELS.items() if model.is_random}  # choices of a cell, and a topology


def called(choice: str) -> str:
    """What a choice is called in a list: "Many-to-one" for "many_to_one", "One cycle" for "one_cycle"."""
    return SPELLED.get(choice) or CELLS.get(choice) or choice.replace("_", " ").capitalize()


def worded(value: Value) -> str:
    """A value as people read it within a sentence."""
    if value is None:
        return AUTOMATIC
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return called(value) if value in SPELLED or value in CELLS else value.replace("_", " ")
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}"


def in_words(model: ModelSpec) -> str:
    """All settings of a model; those that this version does not know, by their names."""
    known = {one.name: one for one in parameters(MODELS[model.name])} if model.name in MODELS else {}
    return ", ".join(
        _told(known[name], value) if name in known else f"{name} {worded(value)}" for name, value in model.config.items()
    )


def settled(asked: ModelSpec, found: ModelSpec, *, is_whole: bool = False) -> tuple[str, ...]:
    """What a run chose of the settings that were left to it, such as "skip connection on", "14 epochs"; the main ones first.

    asked: the model as the run was ordered; found: as it was fitted. Nothing where both are the same, as in runs of old.
    is_whole: the advanced ones too
    """
    if found.name not in MODELS or found.config == asked.config:
        return ()
    known = sorted(parameters(MODELS[found.name]), key=lambda one: one.advanced)
    changed = [one for one in known if _value(found, one) != _value(asked, one)]
    is_searched = any(one.name == "patience" for one in changed)  # the number of epochs was open, even if it came out the same
    return tuple(
        _told(one, _value(found, one))
        for one in known
        if (is_whole or not one.advanced)
        and ((one in changed and one.name != "patience") or (one.name == "epochs" and is_searched))
    )


def _value(model: ModelSpec, parameter: Parameter) -> Value:
    return model.config.get(parameter.name, parameter.default)


def _told(parameter: Parameter, value: Value) -> str:
    noun = parameter.label.lower()
    if isinstance(value, int) and parameter.kind == "int" and noun.endswith("s"):
        return f"{value:,} {noun[:-1] if value == 1 else noun}"
    return f"{noun} {worded(value)}"
