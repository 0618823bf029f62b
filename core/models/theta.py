"""The Theta method, its weights fitted by statsmodels' ThetaModel."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import FitError
from core.models.base import Fitted, Model, param
from core.progress import Context
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries
from core.threads import one_thread

SEASONS = ("automatic", "none", "additive", "multiplicative")


@dataclass(frozen=True)
class Theta(Model):
    """The mean of a straight line through the series and of its simple exponential smoothing, after the season is taken off.

    ŷ(T+h) = b/2 · (h − 1 + 1/α − (1−α)^T / α) + SES(T), with b the slope of the line and α the weight of the smoothing.
    Source: Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16(4); in this form Hyndman & Billah 2003, ibid. 19(2).
    """

    name: ClassVar[str] = "theta"
    label: ClassVar[str] = "Theta"
    family: ClassVar[str] = "classical"
    help: ClassVar[str] = "Half a straight line, half the newest level. It won the M3 competition, and costs nothing."

    seasonal: str = param(
        "automatic", "Season", "How the season is taken off and put back. Automatic: additive, if the autocorrelation at one "
        "season is beyond chance. Multiplicative needs positive values.", choices=SEASONS,
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(6, 2 * season) if self.seasonal in ("additive", "multiplicative") else 6

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        found = []
        for number, series in enumerate(train):
            self.require(series, horizon)
            context.report(number / len(train))
            found.append(self._line(series))
        context.report(1.0)
        return FittedTheta(self, tuple(series.id for series in train), tuple(found))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        ids = decode_ids(arrays["ids"])
        found = (
            Line(*arrays[f"{n}.weights"].tolist(), arrays[f"{n}.pattern"], bool(arrays[f"{n}.grows"]), arrays[f"{n}.scaling"])
            for n in range(len(ids))
        )
        return FittedTheta(self, ids, tuple(found))

    def _line(self, series: TimeSeries) -> Line:
        """Raises FitError."""
        grows = self.seasonal == "multiplicative"
        if grows and series.values.min() <= 0:
            raise FitError(f"Theta with a multiplicative season needs positive values, and series {series.id!r} has others")
        learned = Scaling.learn(series)
        scaling = np.array([0.0 if grows else learned.level, learned.spread])
        values = (series.values - scaling[0]) / scaling[1]
        pattern = self._pattern(values, series.season)
        phase = pattern[np.arange(len(values)) % len(pattern)]
        slope, weight = _fitted(values / phase if grows else values - phase, series.id)
        return Line(slope, weight, pattern, grows, scaling)

    def _pattern(self, values: np.ndarray, season: int) -> np.ndarray:
        """(m,) what each position in the season adds, or multiplies by."""
        from statsmodels.tsa.seasonal import seasonal_decompose

        grows = self.seasonal == "multiplicative"
        is_wanted = is_seasonal(values, season) if self.seasonal == "automatic" else self.seasonal != "none"
        if season < 2 or len(values) < 2 * season or not is_wanted:
            return np.ones(1) if grows else np.zeros(1)
        kind = "multiplicative" if grows else "additive"
        return np.asarray(seasonal_decompose(values, model=kind, period=season).seasonal[:season])


def is_seasonal(values: np.ndarray, season: int) -> bool:
    """Whether the autocorrelation at one season is beyond its 90 % limit.  Source: Assimakopoulos & Nikolopoulos 2000."""
    if season < 2 or len(values) < 2 * season or np.ptp(values) == 0:
        return False
    centred = values - values.mean()
    known = np.array([centred[lag:] @ centred[: len(centred) - lag] for lag in range(1, season + 1)]) / (centred @ centred)
    limit = 1.645 * math.sqrt((1 + 2 * float(known[:-1] @ known[:-1])) / len(values))
    return bool(abs(known[-1]) > limit)


def _fitted(values: np.ndarray, name: str) -> tuple[float, float]:
    """Slope and smoothing weight of values without a season.  Raises FitError."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    if np.ptp(values) < 1e-9:
        return 0.0, 0.5
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            params = ThetaModel(values, period=1, deseasonalize=False).fit().params
        except (ValueError, np.linalg.LinAlgError) as error:
            raise FitError(f"Theta could not be fitted to series {name!r}: {error}") from error
    slope, weight = float(params["b0"]), float(params["alpha"])
    if not (math.isfinite(slope) and 0 <= weight <= 1):
        raise FitError(f"Theta could not be fitted to series {name!r}: its smoothing weight is {weight:g}")
    return slope, weight


@dataclass(frozen=True, eq=False)
class Line:
    """One fitted series, of its values less scaling[0], divided by scaling[1]; `pattern` (m,) is its season."""

    slope: float
    weight: float
    pattern: np.ndarray
    grows: bool
    scaling: np.ndarray

    def forecast(self, values: np.ndarray, horizon: int) -> np.ndarray:
        """(H,) after all of `values`, smoothed with the weight as it is."""
        offset, spread = self.scaling
        length, season = len(values), len(self.pattern)
        phase = self.pattern[np.arange(length + horizon) % season]
        scaled = (values - offset) / spread
        level = self._smoothed(scaled / phase[:length] if self.grows else scaled - phase[:length])
        drift = self.slope / 2 * (np.arange(horizon) + self._lead(length))
        plain = drift + level
        return offset + spread * (plain * phase[length:] if self.grows else plain + phase[length:])

    def _smoothed(self, values: np.ndarray) -> float:
        """The level after the last value, the first value being the first level."""
        level = values[0]
        for value in values.tolist():
            level += self.weight * (value - level)
        return level

    def _lead(self, length: int) -> float:
        """1/α − (1−α)^T / α, which is T where α is 0."""
        if self.weight == 0:
            return float(length)
        return 1.0 / self.weight if self.weight == 1 else -math.expm1(length * math.log1p(-self.weight)) / self.weight


@dataclass(frozen=True, eq=False)
class FittedTheta:
    """A line for each series of the training panel."""

    model: Theta
    ids: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def parameter_count(self) -> int:
        return sum(3 + (len(one.pattern) if len(one.pattern) > 1 else 0) for one in self.lines)

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        point = self.lines[self.ids.index(history.id)].forecast(history.values, horizon)
        return Forecast(history.id, self.model.label, history.future(horizon), point)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.ids)}
        for number, one in enumerate(self.lines):
            arrays[f"{number}.weights"] = np.array([one.slope, one.weight])
            arrays[f"{number}.pattern"], arrays[f"{number}.scaling"] = one.pattern, one.scaling
            arrays[f"{number}.grows"] = np.array(one.grows)
        return arrays
