"""The Theta method, its weights fitted by statsmodels' ThetaModel."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import FitError
from core.models.base import Look, Price, Workload, priced
from core.models.polynomial import deviations
from core.models.seriesfit import EXACT, NEGLIGIBLE, Equation, PerSeries, normal_quantiles
from core.parameters import param
from core.progress import Context
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.threads import one_thread

SEASONS = ("automatic", "none", "additive", "multiplicative")


@dataclass(frozen=True, eq=False)
class Line(Equation):
    """One fitted series, of its values less scaling[0], divided by scaling[1].

    weights (3,) slope of the line, weight α of the smoothing, deviation of one-step errors;  pattern (m,) its season;
    grows (1,) whether the season multiplies;  scaling (2,)
    """

    weights: np.ndarray
    pattern: np.ndarray
    grows: np.ndarray
    scaling: np.ndarray

    @property
    def label(self) -> str:
        return Theta.label

    @property
    def parameter_count(self) -> int:
        return 3 + (len(self.pattern) if len(self.pattern) > 1 else 0)

    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """After all of the history, smoothed with the weight as it is.

        Errors add up as those of simple smoothing with drift, which the method is: ψ_j = α for all j ≥ 1.
        Source: Hyndman & Billah 2003, Int. J. Forecasting 19(2), section 2.
        """
        slope, weight, deviation = self.weights.tolist()
        offset, spread = self.scaling
        length = len(history)
        phase = self.pattern[np.arange(length + horizon) % len(self.pattern)]
        scaled = (history.values - offset) / spread
        level = levels_of(scaled / phase[:length] if self.grows else scaled - phase[:length], weight)[-1]
        plain = slope / 2 * (np.arange(horizon) + leads(np.array([length]), weight)) + level
        errors = deviation * deviations(np.concatenate([[1.0], np.full(horizon - 1, weight)]))
        if self.grows:
            plain, errors = plain * phase[length:], errors * phase[length:]
        else:
            plain = plain + phase[length:]
        point = offset + spread * plain
        return point, normal_quantiles(point, spread * errors, levels)


@dataclass(frozen=True)
class Theta(PerSeries):
    """The mean of a straight line through the series and of its simple exponential smoothing, after the season is taken off.

    ŷ(T+h) = b/2 · (h − 1 + 1/α − (1−α)^T / α) + SES(T), with b the slope of the line and α the weight of the smoothing.
    Source: Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16(4); in this form Hyndman & Billah 2003, ibid. 19(2).
    """

    name: ClassVar[str] = "theta"
    label: ClassVar[str] = "Theta"
    family: ClassVar[str] = "classical"
    help: ClassVar[str] = "Half a straight line, half the newest level. It won the M3 competition, and costs nothing."
    is_best_guess: ClassVar[bool] = True
    look: ClassVar[Look] = Look("#179cc0", "#a0e1f5")
    equation: ClassVar[type[Equation]] = Line
    remedy: ClassVar[str] = "choose a shorter horizon"

    seasonal: str = param(
        "automatic", "Season", "How the season is taken off and put back. Automatic: additive, if the autocorrelation at one "
        "season is beyond chance. Multiplicative needs positive values.", choices=SEASONS, trait="season",
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(6, 2 * season) if self.seasonal in ("additive", "multiplicative") else 6

    def price(self, load: Workload) -> Price:
        share = 0.2 + load.length / 1_000
        return priced(load, fit=0.05 * share, forecast=0.0006 * share)

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Line, tuple[str, ...]]:  # noqa: ARG002
        grows = self.seasonal == "multiplicative"
        if grows and series.values.min() <= 0:
            raise FitError(f"Theta with a multiplicative season needs positive values, and series {series.id!r} has others")
        learned = Scaling.learn(series)
        scaling = np.array([0.0 if grows else learned.level, learned.spread])
        values = (series.values - scaling[0]) / scaling[1]
        pattern = self._pattern(values, series.season)
        phase = pattern[np.arange(len(values)) % len(pattern)]
        adjusted = values / phase if grows else values - phase
        slope, weight = _fitted(adjusted, series.id)
        weights = np.array([slope, weight, _deviation(adjusted, slope, weight, len(pattern))])
        return Line(weights, pattern, np.array([grows]), scaling), self._notes(series)

    def _notes(self, series: TimeSeries) -> tuple[str, ...]:
        if self.seasonal == "none" or series.season == 1 or len(series) >= 2 * series.season:
            return ()
        return (f"Theta needs {2 * series.season} training points for a season of {series.season} steps; it was left out",)

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
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.forecasting.theta import ThetaModel

    if np.ptp(values) < 1e-9:
        return 0.0, 0.5
    with one_thread(), warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            params = ThetaModel(values, period=1, deseasonalize=False).fit().params
        except (ValueError, np.linalg.LinAlgError) as error:
            raise FitError(f"Theta could not be fitted to series {name!r}: {error}") from error
    slope, weight = float(params["b0"]), float(params["alpha"])
    if not (math.isfinite(slope) and 0 <= weight <= 1):
        raise FitError(f"Theta could not be fitted to series {name!r}: its smoothing weight is {weight:g}")
    if caught and not _is_best(values, weight):
        raise FitError(f"Theta could not be fitted to series {name!r}: {caught[0].message}")
    return slope, weight


def _is_best(values: np.ndarray, weight: float) -> bool:
    """Whether no weight up to 0.1 away fits better than by rounding, or by a NEGLIGIBLE part of the log-likelihood."""
    near = np.clip([weight + change for size in (0.001, 0.01, 0.1) for change in (-size, size)], 0, 1)
    bar, *others = (float(np.sum((values[1:] - levels_of(values, one)[:-1]) ** 2)) for one in (weight, *near))
    if bar <= len(values) * (EXACT * float(values.std())) ** 2:
        return True
    return min(others) > bar * math.exp(-2 * NEGLIGIBLE / len(values))


def _deviation(values: np.ndarray, slope: float, weight: float, season: int) -> float:
    """Of the one-step errors in the training slice, less those that are spent on slope, weight and the season's pattern."""
    count = len(values) - 1
    points = levels_of(values, weight)[:-1] + slope / 2 * leads(np.arange(1, count + 1), weight)
    return float(np.sqrt(np.sum((values[1:] - points) ** 2) / max(1, count - 1 - season)))


def levels_of(values: np.ndarray, weight: float) -> np.ndarray:
    """(T,) the level after each value, the first value being the first level."""
    found = [float(values[0])]
    for value in values[1:].tolist():
        found.append(found[-1] + weight * (value - found[-1]))
    return np.array(found)


def leads(lengths: np.ndarray, weight: float) -> np.ndarray:
    """1/α − (1−α)^T / α for every T, which is T where α is 0."""
    if weight == 0:
        return lengths.astype(float)
    return np.full(len(lengths), 1.0) if weight == 1 else -np.expm1(lengths * math.log1p(-weight)) / weight
