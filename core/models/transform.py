"""A run's transform: every model learns the logarithm, or a power, of the series, and its forecasts are turned back.

What is learned is learned inside `fit`, from the slice that it is given: the power of each series. A point that is a median of
the transformed values is one of the values too; a mean is not, and is left as it is, without a correction for its bias.
Quantiles are turned back exactly.
Source: Box & Cox 1964, J. Royal Statistical Society B 26(2); Guerrero 1993, J. Forecasting 12(1), the choice of the power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import FitError
from core.models.base import Fitted, Model
from core.progress import Context
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries

NONE, LOG, BOX_COX = "none", "log", "box_cox"
TRANSFORMS = (NONE, LOG, BOX_COX)
POWERS = np.linspace(0, 1, 21)  # beyond them little changes, and forecasts that are turned back run away
OF_ZEROS = 0.2  # the lowest power where values are 0
FEWEST = 2  # blocks, from which a power can be told
POWER, IDS = "transform.power", "transform.ids"  # names of arrays


def transformed(model: Model, kind: str) -> Model | Transformed:
    """The model as it learns under a transform; itself under none."""
    return model if kind == NONE else Transformed(model, kind)


def restored(model: Model, arrays: Mapping[str, np.ndarray]) -> Fitted:
    """The fit whose `arrays()` these are, be it under a transform."""
    fitted = model.restore({name: one for name, one in arrays.items() if name not in (POWER, IDS)})
    if POWER not in arrays:
        return fitted
    return FittedTransformed(fitted, dict(zip(decode_ids(arrays[IDS]), arrays[POWER].tolist(), strict=True)))


@dataclass(frozen=True)
class Transformed:
    """A model that learns transformed series. In all else it is the model."""

    model: Model
    kind: str

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def settled(self, train: Panel, horizon: int, context: Context, seeds: int = 1) -> Transformed:
        """As `Model.settled`."""
        return replace(self, model=self.model.settled(_panel(train, self._powers(train)), horizon, context, seeds))

    def fit_all(self, train: Panel, horizon: int, context: Context, seeds: int) -> list[FittedTransformed]:
        """As `Model.fit_all`."""
        powers = self._powers(train)
        fits = self.model.fit_all(_panel(train, powers), horizon, context, seeds)
        return [FittedTransformed(one, powers) for one in fits]

    def _powers(self, train: Panel) -> dict[str, float]:
        return {series.id: 0.0 if self.kind == LOG else power_of(series) for series in train}


@dataclass(frozen=True, eq=False)
class FittedTransformed:
    """What was learned of transformed series. powers: by series id, 0 for the logarithm."""

    fitted: Fitted
    powers: Mapping[str, float]

    @property
    def parameter_count(self) -> int:
        """Those of the model; the powers are not counted."""
        return self.fitted.parameter_count

    @property
    def notes(self) -> tuple[str, ...]:
        """What the fit said."""
        return getattr(self.fitted, "notes", ())

    @property
    def absent(self) -> Mapping[str, str]:
        """Why it could not learn some series."""
        return getattr(self.fitted, "absent", {})

    def scaled(self, series: TimeSeries) -> TimeSeries:
        """The series as the model sees it."""
        return _scaled(series, self.powers[series.id])

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        """As `Fitted.forecast`, in the units of the history."""
        found, power = self.fitted.forecast(self.scaled(history), horizon, levels), self.powers[history.id]
        quantiles = _back(found.quantiles, power, history.id) if found.levels else None
        return replace(found, point=_back(found.point, power, history.id), quantiles=quantiles)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `restored` needs."""
        return {**self.fitted.arrays(), POWER: np.array(list(self.powers.values())), IDS: encode_ids(tuple(self.powers))}

    def __getattr__(self, name: str) -> object:
        if name != "rolled":
            raise AttributeError(name)
        inner = self.fitted.rolled  # a model that cannot forecast from many origins at once has none

        def rolled(
            series: TimeSeries, origins: Sequence[int], horizon: int, levels: tuple[float, ...] = ()
        ) -> tuple[np.ndarray, np.ndarray]:
            power = self.powers[series.id]
            point, quantiles = inner(self.scaled(series), origins, horizon, levels)
            return _back(point, power, series.id), _back(quantiles, power, series.id)

        return rolled


def power_of(series: TimeSeries) -> float:
    """The power from 0, the logarithm, to 1, no transform, under which the size of changes depends least on the level.

    Guerrero's rule: of blocks of a season (two values at least), the variation of deviation / mean^(1 − power) is smallest.
    Where values are 0 there is no logarithm, and the power is a fifth at least.
    """
    length = max(2, series.season)
    blocks = len(series) // length
    values = series.values[len(series) - blocks * length :].reshape(blocks, length)
    means, deviations = values.mean(axis=1), values.std(axis=1, ddof=1)
    means, deviations = means[means > 0], deviations[means > 0]
    if len(means) < FEWEST or not (deviations > 0).any():
        return 1.0
    powers = POWERS if series.values.min() > 0 else POWERS[POWERS >= OF_ZEROS]
    ratios = deviations / means ** (1 - powers[:, None])  # (P, blocks)
    return float(powers[np.argmin(ratios.std(axis=1, ddof=1) / ratios.mean(axis=1))])


def _panel(panel: Panel, powers: Mapping[str, float]) -> Panel:
    return Panel(tuple(_scaled(series, powers[series.id]) for series in panel))


def _scaled(series: TimeSeries, power: float) -> TimeSeries:
    if (lowest := series.values.min()) < 0 or (lowest == 0 and power == 0):
        raise FitError(
            f"series {series.id!r} has values of {lowest:g}, of which there is no {_name(power)}; choose no transform"
        )
    values = np.log(series.values) if power == 0 else (series.values**power - 1) / power
    return replace(series, values=values)


def _back(values: np.ndarray, power: float, series_id: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        found = np.exp(values) if power == 0 else np.maximum(power * values + 1, 0) ** (1 / power)
    if not np.isfinite(found).all():
        raise FitError(f"forecasts of {series_id!r} grow beyond all numbers when they are turned back; choose no transform")
    return found


def _name(power: float) -> str:
    return "logarithm" if power == 0 else "power"
