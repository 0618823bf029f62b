"""The Theta method: as published by statsmodels' ThetaModel, or with its line weighed as the series asks for."""

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

LEAST_AND_MOST = (0.1, 1.0)  # weights of the smoothing that are tried
MOST_OF_LINE = 0.99  # of its slope: θ = 100
GRID, ROUNDS = 25, 4  # weights in a round; the last round's are 10⁻⁴ apart
SEASONS = ("automatic", "none", "additive", "multiplicative")


@dataclass(frozen=True, eq=False)
class Line(Equation):
    """One fitted series, of its values less scaling[0], divided by scaling[1].

    weights (4,) twice the slope that a forecast has, weight α of the smoothing, deviation of one-step errors, the level before
    the first value; without the last one the first value is the first level
    pattern (m,) its season;  grows (1,) whether the season multiplies;  scaling (2,)
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
        return len(self.weights) + (len(self.pattern) if len(self.pattern) > 1 else 0)

    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """After all of the history, smoothed with the weight as it is.

        Errors add up as those of simple smoothing with drift, which the method is: ψ_j = α for all j ≥ 1.
        Source: Hyndman & Billah 2003, Int. J. Forecasting 19(2), section 2.
        """
        slope, weight, deviation, *start = self.weights.tolist()
        offset, spread = self.scaling
        length = len(history)
        phase = self.pattern[np.arange(length + horizon) % len(self.pattern)]
        scaled = (history.values - offset) / spread
        level = levels_of(scaled / phase[:length] if self.grows else scaled - phase[:length], weight, *start)[-1]
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
    """A straight line through the series and simple exponential smoothing, weighed, after the season is taken off.

    ŷ(T+h) = w b · (h − 1 + 1/α − (1−α)^T / α) + SES(T), with b the slope of the line, α the weight of the smoothing and
    w = 1 − 1/θ that of the line. As published θ is 2, w a half, and SES starts at the first value; left open, w in [0, 0.99],
    α and the start of SES have the smallest squared one-step errors.
    Source: Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16(4); in this form Hyndman & Billah 2003, ibid. 19(2); with
    an open θ Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler 2016, ibid. 32(4).
    """

    name: ClassVar[str] = "theta"
    label: ClassVar[str] = "Theta"
    family: ClassVar[str] = "classical"
    help: ClassVar[str] = "A share of a straight line and the newest level. It won the M3 competition, and costs nothing."
    is_best_guess: ClassVar[bool] = True
    look: ClassVar[Look] = Look("#179cc0", "#a0e1f5")
    equation: ClassVar[type[Equation]] = Line
    remedy: ClassVar[str] = "choose a shorter horizon"

    seasonal: str = param(
        "automatic", "Season", "How the season is taken off and put back. Automatic: not at all, unless the autocorrelation at "
        "one season is beyond chance; multiplicative, where values are positive and it fits no worse; else additive. "
        "Multiplicative needs positive values.", choices=SEASONS, trait="season",
    )  # fmt: skip

    theta: float | None = param(
        None, "Theta", "How much of the line's slope a forecast has: 1 − 1/θ, so that 1 is none and 2 a half, as published. "
        "Empty: chosen with the weight of the smoothing.", low=1.0, high=100.0, step=0.5, advanced=True,
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(6, 2 * season) if self.seasonal in ("additive", "multiplicative") else 6

    def price(self, load: Workload) -> Price:
        share = 0.2 + load.length / 1_000
        return priced(load, fit=0.05 * share, forecast=0.0006 * share)

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Line, tuple[str, ...]]:  # noqa: ARG002
        is_positive = series.values.min() > 0
        if self.seasonal == "multiplicative" and not is_positive:
            raise FitError(f"Theta with a multiplicative season needs positive values, and series {series.id!r} has others")
        kinds = (self.seasonal,)
        if self.seasonal == "automatic":
            is_wanted = is_seasonal(series.values, series.season)
            kinds = ("none",) if not is_wanted else ("multiplicative", "additive") if is_positive else ("additive",)
        lines = [_line(series, kind, self.theta) for kind in kinds]
        return min(lines, key=lambda one: one[1])[0], self._notes(series)

    def _notes(self, series: TimeSeries) -> tuple[str, ...]:
        if self.seasonal == "none" or series.season == 1 or len(series) >= 2 * series.season:
            return ()
        return (f"Theta needs {2 * series.season} training points for a season of {series.season} steps; it was left out",)


def _line(series: TimeSeries, kind: str, theta: float | None) -> tuple[Line, float]:
    """With a season of one kind, and the sum of its squared one-step errors.  Raises FitError."""
    grows, learned = kind == "multiplicative", Scaling.learn(series)
    scaling = np.array([0.0 if grows else learned.level, learned.spread])
    values = (series.values - scaling[0]) / scaling[1]
    pattern = _pattern(values, series.season, kind)
    phase = pattern[np.arange(len(values)) % len(pattern)]
    adjusted = values / phase if grows else values - phase
    if theta is None:
        slope, weight, start = _weighed(adjusted)
    else:
        slope, weight = _fitted(adjusted, series.id)
        slope, start = 2 * (1 - 1 / theta) * slope, float(adjusted[0])
    errors = _errors(adjusted, slope, weight, start)
    spare = max(1, len(errors) - 1 - len(pattern))  # less those that are spent on slope, weight and the pattern
    weights = np.array([slope, weight, float(np.sqrt(np.sum(errors**2) / spare)), start])
    return Line(weights, pattern, np.array([grows]), scaling), float(np.sum((errors * phase[1:] if grows else errors) ** 2))


def _weighed(values: np.ndarray) -> tuple[float, float, float]:
    """Twice the slope of the forecast, the weight of the smoothing and its start, by least squares of one-step errors.

    For a weight α the errors are linear in start s and slope d: y(t+1) − SES₀(t) − (1−α)^t s − d (1 − (1−α)^t) / α, where SES₀
    starts at 0. Weights are tried on a grid that narrows around the best.
    """
    steps = np.arange(len(values))
    line = float(np.polynomial.polynomial.polyfit(steps, values, 1)[1])
    low, high = sorted((0.0, MOST_OF_LINE * line))
    best, (first, last) = (np.inf, 0.0, 0.5, float(values[0])), LEAST_AND_MOST
    for _ in range(ROUNDS):
        grid = np.linspace(first, last, GRID)
        level = np.zeros(GRID)
        rest = np.empty((len(values), GRID))
        for step, value in enumerate(values.tolist()):
            rest[step] = value - level
            level = level + grid * rest[step]
        for place, weight in enumerate(grid.tolist()):
            lead, fades = leads(steps, weight), (1 - weight) ** steps
            columns = np.column_stack([fades, lead])
            start, slope = np.linalg.lstsq(columns, rest[:, place], rcond=None)[0]
            slope = min(max(slope, low), high)
            start = float(fades @ (rest[:, place] - slope * lead) / (fades @ fades))
            square = float(np.sum((rest[:, place] - slope * lead - start * fades) ** 2))
            if square < best[0]:
                best = (square, 2 * slope, weight, start)
        reach = (last - first) / (GRID - 1)
        first, last = max(LEAST_AND_MOST[0], best[2] - reach), min(LEAST_AND_MOST[1], best[2] + reach)
    return best[1:]


def _pattern(values: np.ndarray, season: int, kind: str) -> np.ndarray:
    """(m,) what each position in the season adds, or multiplies by."""
    from statsmodels.tsa.seasonal import seasonal_decompose

    if season < 2 or len(values) < 2 * season or kind == "none":
        return np.ones(1) if kind == "multiplicative" else np.zeros(1)
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


def _errors(values: np.ndarray, slope: float, weight: float, start: float) -> np.ndarray:
    """(T − 1,) of the forecasts one step ahead in the training slice, after the first value."""
    points = levels_of(values, weight, start)[:-1] + slope / 2 * leads(np.arange(1, len(values)), weight)
    return values[1:] - points


def levels_of(values: np.ndarray, weight: float, start: float | None = None) -> np.ndarray:
    """(T,) the level after each value, from `start`, or from the first value."""
    level = float(values[0]) if start is None else start
    found = []
    for value in values.tolist():
        level += weight * (value - level)
        found.append(level)
    return np.array(found)


def leads(lengths: np.ndarray, weight: float) -> np.ndarray:
    """1/α − (1−α)^T / α for every T, which is T where α is 0."""
    if weight == 0:
        return lengths.astype(float)
    return np.full(len(lengths), 1.0) if weight == 1 else -np.expm1(lengths * math.log1p(-weight)) / weight
