"""Settings as a form shows them: fields of a frozen dataclass that carry label, help and bounds, and how a value is checked.

Beneath everything else, so that whatever has settings can make its fields with `param`.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, field, fields

from core.errors import ConfigError

Value = int | float | str | bool | None
KINDS = {"int": int, "float": float, "str": str, "bool": bool}
TRAITS = ("season", "gaps", "covariates", "dates")  # what a series can have that a setting is about


@dataclass(frozen=True)
class Parameter:
    """One setting as a form shows it. `kind` is int, float, str or bool; `default` None means: chosen from the data.

    when: settings and the values that each of them must have for this one to mean anything, such as (("bptt", ("reset",)),).
    otherwise: why it means nothing where they have not, where that is worth a word
    trait: which of TRAITS a series must have for it to mean anything
    """

    name: str
    label: str
    help: str
    default: Value
    kind: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    is_optional: bool = False
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    otherwise: str = ""
    trait: str = ""

    def check(self, value: Value, owner: str) -> None:
        """Raises ConfigError unless `value` is of the kind and inside the bounds."""
        name = f"{owner}.{self.name}"
        if value is None and self.is_optional:
            return
        kinds = (int, float) if self.kind == "float" else (KINDS[self.kind],)
        if not isinstance(value, kinds) or (isinstance(value, bool) and self.kind != "bool"):
            raise ConfigError(f"{name} is {value!r}; give {self.expectation()}")
        if self.choices and value not in self.choices:
            raise ConfigError(f"{name} is {value!r}; choose one of {', '.join(self.choices)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{name} is {value}; give {self.expectation()}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ConfigError(f"{name} is {value}; choose a value{self._bounds()}")

    def expectation(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}[self.kind]
        return words + self._bounds()

    def _bounds(self) -> str:
        if self.low is not None and self.high is not None:
            return f" from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f" of at least {self.low:g}"
        return "" if self.high is None else f" of at most {self.high:g}"

    def parse(self, text: str, owner: str) -> Value:
        """The value that `text` from a command line means.  Raises ConfigError."""
        low = text.strip().lower()
        if self.is_optional and low in ("none", "auto", ""):
            return None
        try:
            if self.kind == "bool":
                return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[low]
            return KINDS[self.kind](text.strip())
        except (KeyError, ValueError):
            raise ConfigError(f"{owner}.{self.name} is {text!r}; give {self.expectation()}") from None


def param(
    default: Value, label: str, help: str, *, low: float | None = None, high: float | None = None, **more: object
) -> Value:
    """A dataclass field that carries what a form needs; `more` are the other fields of `Parameter`."""
    return field(default=default, metadata={"label": label, "help": help, "low": low, "high": high, **more})


def parameters(owner: type) -> tuple[Parameter, ...]:
    """The settings of a dataclass whose fields are all made by `param`, in the order of its form."""
    found = []
    for one in fields(owner):
        kind, _, optional = (one.type.__name__ if isinstance(one.type, type) else str(one.type)).partition(" | ")
        assert one.default is not MISSING and kind in KINDS, f"{owner.__name__}.{one.name} must be made by param()"
        found.append(Parameter(name=one.name, default=one.default, kind=kind, is_optional=optional == "None", **one.metadata))
    return tuple(found)
