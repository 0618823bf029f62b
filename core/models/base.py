"""What a forecasting model is: a frozen dataclass of hyper-parameters that is fitted into something that forecasts.

Importing this and the registry is cheap: a model imports its engine (torch, statsmodels) inside `fit` and `restore`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np

from core.errors import ConfigError, TooShortError
from core.parameters import Value, parameters
from core.progress import Context
from core.series.forecast import Forecast
from core.series.timeseries import Panel, TimeSeries


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


def with_settings(model: Model, settings: Mapping[str, str]) -> Model:
    """`model` with fields set from texts.  Raises ConfigError for an unknown field or a bad value."""
    known = {parameter.name: parameter for parameter in parameters(type(model))}
    for name in settings:
        if name not in known:
            choice = f"choose one of {', '.join(known)}" if known else "it has no settings"
            raise ConfigError(f"{model.name} has no setting {name!r}; {choice}")
    return replace(model, **{name: known[name].parse(text, model.name) for name, text in settings.items()})
