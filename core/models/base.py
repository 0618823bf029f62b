"""What a forecasting model is: a frozen dataclass of hyper-parameters that is fitted into something that forecasts.

Importing this and the registry is cheap: a model imports its engine (torch, statsmodels) inside `fit` and `restore`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import ClassVar, Protocol, Self

import numpy as np

from core.errors import ConfigError, TooShortError
from core.progress import Context
from core.series.forecast import Forecast
from core.series.timeseries import Panel, TimeSeries

Value = int | float | str | bool | None
KINDS = {"int": int, "float": float, "str": str, "bool": bool}
TRAITS = ("season", "gaps", "covariates", "dates")  # what a series can have that a setting is about


@dataclass(frozen=True)
class Parameter:
    """One hyper-parameter as a form shows it. `kind` is int, float, str or bool; `default` None means: chosen from the data.

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


class Fitted(Protocol):
    """A model that has learned: immutable, and cannot exist unfitted.

    It may have `notes: tuple[str, ...]`, what a person should know before trusting it.
    """

    @property
    def parameter_count(self) -> int:
        """How many numbers were learned, over all series."""

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        """The next `horizon` values after `history`, which starts where the training series did and may be longer.

        A model with `has_intervals` answers with its own quantiles at exactly these levels, unless its settings give it none.
        One without intervals of its own answers with no quantiles, whatever `levels` are asked for.
        """

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `Model.restore` needs."""


@dataclass(frozen=True)
class Model(ABC):
    """Hyper-parameters. Subclasses add fields made by `param` and the class attributes below."""

    name: ClassVar[str]
    label: ClassVar[str]
    family: ClassVar[str]
    help: ClassVar[str]
    scope: ClassVar[str] = "series"  # "panel": one fit learns from many series
    is_random: ClassVar[bool] = False  # whether the seed matters
    has_intervals: ClassVar[bool] = False  # whether its forecasts have quantiles of their own at the levels asked for

    def __post_init__(self) -> None:
        for parameter in parameters(type(self)):
            parameter.check(getattr(self, parameter.name), self.name)

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        """The same model with every setting closed that the training length alone decides.

        Raises ConfigError when its settings ask for more than `length` training points.
        """
        needed = self.needs(horizon, season)
        if needed > length:
            raise ConfigError(
                f"{self.label} needs {needed} training points with these settings and horizon {horizon}; there are {length}: "
                f"choose smaller settings, a shorter horizon or a longer series"
            )
        return self

    @abstractmethod
    def needs(self, horizon: int, season: int) -> int:
        """The fewest training points that `fit` accepts."""

    @abstractmethod
    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        """Learn from `train` alone.  Raises TooShortError, FitError, Cancelled."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        """The fitted model whose `arrays()` these are."""

    def require(self, series: TimeSeries, horizon: int) -> None:
        """Raises TooShortError when `series` is too short to be fitted."""
        needed = self.needs(horizon, series.season)
        if len(series) < needed:
            raise TooShortError(
                f"{self.label} needs at least {needed} training points for horizon {horizon}; "
                f"series {series.id!r} gives it {len(series)}: choose a shorter horizon or bring a longer series"
            )

    def config(self) -> dict[str, Value]:
        """The hyper-parameters as plain JSON."""
        return asdict(self)


def parameters(model: type[Model]) -> tuple[Parameter, ...]:
    """The hyper-parameters of a model class, in the order of its form."""
    found = []
    for one in fields(model):
        kind, _, optional = str(one.type).partition(" | ")
        assert one.default is not MISSING and kind in KINDS, f"{model.__name__}.{one.name} must be made by param()"
        found.append(Parameter(name=one.name, default=one.default, kind=kind, is_optional=optional == "None", **one.metadata))
    return tuple(found)


def with_settings(model: Model, settings: Mapping[str, str]) -> Model:
    """`model` with fields set from texts.  Raises ConfigError for an unknown field or a bad value."""
    known = {parameter.name: parameter for parameter in parameters(type(model))}
    for name in settings:
        if name not in known:
            choice = f"choose one of {', '.join(known)}" if known else "it has no settings"
            raise ConfigError(f"{model.name} has no setting {name!r}; {choice}")
    return replace(model, **{name: known[name].parse(text, model.name) for name, text in settings.items()})
