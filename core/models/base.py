"""What a forecasting model is: a frozen dataclass of hyper-parameters that is fitted into something that forecasts.

Importing this and the registry is cheap: a model imports its engine (torch, statsmodels) inside `fit` and `restore`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Protocol, Self, TypeVar

import numpy as np

from core.errors import ConfigError, FitError, TooShortError
from core.parameters import Value, parameters
from core.progress import Context
from core.series.forecast import Forecast
from core.series.timeseries import Panel, TimeSeries

FORECAST = 0.001  # seconds of a forecast that is read off an equation
BYTES = 640  # of each value that an equation is fitted to
Made = TypeVar("Made")
MOST_COUNTED = 1_000_000  # values, from which on no more memory is needed


@dataclass(frozen=True)
class Workload:
    """What a run asks of one model, as far as seconds and memory depend on it.

    horizon, season   steps
    series, points    how many series, and the values of all of them together
    fits, forecasts   of one training: fits to all the series, and forecasts of each of them
    trainings         one for each seed of a model that is random, else 1
    """

    horizon: int
    season: int
    series: int
    points: int
    fits: int
    forecasts: int
    trainings: int

    @property
    def length(self) -> float:
        """Values of a series, on average."""
        return self.points / self.series


@dataclass(frozen=True)
class Price:
    """Seconds on the machine on which the constants were measured, and bytes, both beyond what every task takes."""

    seconds: float
    memory: int


def priced(load: Workload, *, fit: float = 0.0, forecast: float = FORECAST) -> Price:
    """The price of a model with an equation for each series; seconds of one fit and of one forecast."""
    each = load.fits * fit + load.forecasts * forecast
    return Price(load.trainings * load.series * each, BYTES * min(load.points, MOST_COUNTED))


@dataclass(frozen=True)
class Look:
    """A model's line: colours on a light and on a dark surface as "#rrggbb", and the place of its dash among those of charts.

    dash: 0 is a solid line; another one tells models apart that have nearly the same colour
    """

    light: str
    dark: str
    dash: int = 0


class Fitted(Protocol):
    """A model that has learned: immutable, and cannot exist unfitted.

    One that forecasts from many origins at once has `rolled(series, origins, horizon, levels)` -> point (O, H), quantiles
    (O, Q, H), as `forecast` gives them from the values before each. It may have
    `notes: tuple[str, ...]`, what a person should know before trusting it, and `absent: Mapping[str, str]`, why it
    could not learn some series of the panel, by id: these it does not forecast.
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
    """Hyper-parameters. Subclasses add fields made by `param` and the class attributes below.

    look        None: a spare colour of its family
    presets     settings that a preset changes, by the preset's name
    epochs      passes of a training at most, None for a model that has none; no annotation, so that it can become a field
    """

    name: ClassVar[str]
    label: ClassVar[str]
    family: ClassVar[str]
    help: ClassVar[str]
    scope: ClassVar[str] = "series"  # "panel": one fit learns from many series
    is_random: ClassVar[bool] = False  # whether the seed matters
    has_intervals: ClassVar[bool] = False  # whether its forecasts have quantiles of their own at the levels asked for
    is_benchmark: ClassVar[bool] = False  # scored for reference beside every comparison
    is_best_guess: ClassVar[bool] = False  # whether it is among the few that a person starts with who knows nothing better
    is_seasonal: ClassVar[bool] = False  # without a season it is another model, and not worth a line of its own
    look: ClassVar[Look | None] = None
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = MappingProxyType({})
    epochs = None

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

    def settled(self, train: Panel, horizon: int, context: Context, seeds: int = 1) -> Self:  # noqa: ARG002
        """The same with the settings closed that only the data can choose, on held-out windows of `train`; once for a run,
        before the first origin.
        """
        return self

    @abstractmethod
    def needs(self, horizon: int, season: int) -> int:
        """The fewest training points that `fit` accepts."""

    @property
    def reads_covariates(self) -> bool:
        """Whether it needs the covariates of a series, as far ahead as they are known, when it forecasts."""
        return False

    @property
    def pace(self) -> str:
        """What the factor between its price and its real seconds is learned for: its name.

        After a blank stands what makes it work differently, where a setting does; such models are taken to be alike until
        each has been seen.
        """
        return self.name

    def price(self, load: Workload) -> Price:
        """What a task of it takes, its settings closed. The default is that of a rule read off the history."""
        return priced(load)

    def with_epochs(self, most: int) -> Self:
        """The same model, trained for at most so many epochs; itself where it has none."""
        return self if self.epochs is None else replace(self, epochs=min(most, self.epochs))

    @abstractmethod
    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        """Learn from `train` alone.  Raises TooShortError, FitError, Cancelled.

        A model with an equation for each series raises the first two only where it can learn none of them.
        """

    def fit_all(self, train: Panel, horizon: int, context: Context, seeds: int) -> list[Fitted]:
        """One fit for each of so many seeds, from `context.seed` on; each is what `fit` gives with that seed."""
        parts = [context.part(number / seeds, (number + 1) / seeds) for number in range(seeds)]
        return [self.fit(train, horizon, replace(part, seed=context.seed + n)) for n, part in enumerate(parts)]

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


def each_series(
    train: Panel, context: Context, fit_one: Callable[[TimeSeries, Context], Made]
) -> tuple[dict[str, Made], dict[str, str]]:
    """What `fit_one` makes of every series, and why it makes nothing of some, both by id.

    Raises its first TooShortError or FitError where it makes nothing of any; and whatever else it raises.
    """
    made, errors = {}, {}
    for number, series in enumerate(train):
        part = context.part(number / len(train), (number + 1) / len(train))
        part.report(0.0)
        try:
            made[series.id] = fit_one(series, part)
        except (FitError, TooShortError) as error:
            errors[series.id] = error
    if not made:
        raise next(iter(errors.values()))
    return made, {name: str(error) for name, error in errors.items()}


def with_settings(model: Model, settings: Mapping[str, str]) -> Model:
    """`model` with fields set from texts.  Raises ConfigError for an unknown field or a bad value."""
    known = {parameter.name: parameter for parameter in parameters(type(model))}
    for name in settings:
        if name not in known:
            choice = f"choose one of {', '.join(known)}" if known else "it has no settings"
            raise ConfigError(f"{model.name} has no setting {name!r}; {choice}")
    return replace(model, **{name: known[name].parse(text, model.name) for name, text in settings.items()})
