"""Models that are fitted series by series: an equation for each, found again by the id of the history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from statistics import NormalDist
from typing import ClassVar, Protocol

import numpy as np

from core.errors import FitError
from core.models.base import Model, each_series
from core.progress import Context
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries

EXACT = 1e-6  # of a series' spread: smaller one-step errors are rounding, and make the likelihood as large as one likes
NEGLIGIBLE = 0.01  # of the log-likelihood: models that differ by less are equally good
RESTARTS = 5  # of a solver that got stuck
STUCK = 2  # statsmodels' warning flag of L-BFGS: the line search found no better point
FARTHEST = 10  # times the range of the values known: a forecast further beyond them is refused
FAR = f"leaves the known values by more than {FARTHEST} times their range"
LONGEST_SEASON = 24  # steps; a longer one has too many first states to estimate, and a state that large is slow


def is_usable(season: int) -> bool:
    """Whether a season is one that the state of an equation can hold."""
    return 1 < season <= LONGEST_SEASON


def is_far(point: np.ndarray, known: np.ndarray) -> bool:
    """Whether a forecast (H,) lies below min − 10 · range or above max + 10 · range of the known values, or is no number.

    Values that are all the same have no range, and bound nothing.
    """
    low, high = known.min(), known.max()
    reach = FARTHEST * (high - low) if high > low else np.inf
    return not ((low - reach <= point) & (point <= high + reach)).all()


@dataclass(frozen=True, eq=False)
class Equation(ABC):
    """What was learned of one series. Every field is an array: so it is kept, and restored."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The model as it was fitted, such as AR(9)."""

    @property
    @abstractmethod
    def parameter_count(self) -> int:
        """How many numbers were learned."""

    @abstractmethod
    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """Point (H,) and quantiles (Q, H) after `history`, with the weights as they are; not finite where it explodes."""


@dataclass(frozen=True, eq=False)
class FittedPerSeries:
    """An equation for each series of the training panel that could be fitted.

    notes: what a person should know before trusting them.  absent: why a series has none, by id.
    """

    model: PerSeries
    ids: tuple[str, ...]
    equations: tuple[Equation, ...]
    notes: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameter_count(self) -> int:
        return sum(one.parameter_count for one in self.equations)

    def equation(self, series_id: str) -> Equation:
        """That of the series called `series_id`.  Raises FitError where it has none."""
        if series_id in self.absent:
            raise FitError(self.absent[series_id])
        return self.equations[self.ids.index(series_id)]

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        """Raises FitError where a number is not finite, or the point is far beyond all that `history` has been."""
        equation = self.equation(history.id)
        with np.errstate(over="ignore", invalid="ignore"):
            point, quantiles = equation.forecast(history, horizon, levels)
        if not (np.isfinite(point).all() and np.isfinite(quantiles).all()):
            raise FitError(f"{equation.label} explodes within {horizon} steps; {self.model.remedy}")
        if is_far(point, history.values):
            raise FitError(f"{equation.label} {FAR} within {horizon} steps; {self.model.remedy}")
        return Forecast(history.id, equation.label, history.future(horizon), point, levels, quantiles)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.ids), "notes": encode_ids(self.notes)}
        arrays |= {"absent": encode_ids(self.absent), "absent.why": encode_ids(self.absent.values())}
        for number, one in enumerate(self.equations):
            arrays |= {f"{number}.{part.name}": getattr(one, part.name) for part in fields(one)}
        return arrays


@dataclass(frozen=True)
class PerSeries(Model):
    """A model of which every series has an equation of its own, learned from itself alone."""

    has_intervals: ClassVar[bool] = True
    equation: ClassVar[type[Equation]]
    fitted: ClassVar[type[FittedPerSeries]] = FittedPerSeries
    remedy: ClassVar[str]  # what to do where a forecast explodes

    @abstractmethod
    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Equation, tuple[str, ...]]:
        """The equation of one series, long enough, and what to tell of it.  Raises FitError, ConfigError, Cancelled."""

    def fit(self, train: Panel, horizon: int, context: Context) -> FittedPerSeries:
        def fit_one(series: TimeSeries, part: Context) -> tuple[Equation, tuple[str, ...]]:
            self.require(series, horizon)
            return self.fit_one(series, horizon, part)

        made, absent = each_series(train, context, fit_one)
        context.report(1.0)
        told: dict[str, list[str]] = {}
        for series_id, (_, notes) in made.items():
            for note in notes:
                told.setdefault(note, []).append(series_id)
        notes = tuple(f"{note} ({_whose(ids)})" for note, ids in told.items())
        return self.fitted(self, tuple(made), tuple(equation for equation, _ in made.values()), notes, absent)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> FittedPerSeries:
        ids = decode_ids(arrays["ids"])
        names = [part.name for part in fields(self.equation)]
        equations = (self.equation(**{name: arrays[f"{number}.{name}"] for name in names}) for number in range(len(ids)))
        absent = {}  # what was kept before series could be missing does not say so
        if "absent" in arrays:
            absent = dict(zip(decode_ids(arrays["absent"]), decode_ids(arrays["absent.why"]), strict=True))
        return self.fitted(self, ids, tuple(equations), decode_ids(arrays["notes"]), absent)


def _whose(ids: list[str]) -> str:
    """One note for all series that it is true of."""
    return f"series {ids[0]!r}" if len(ids) == 1 else f"series {ids[0]!r} and {len(ids) - 1} more"


def normal_quantiles(point: np.ndarray, deviation: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """(Q, H) quantiles at increasing `levels` of normal errors around `point` (H,) with `deviation` (H,) ≥ 0."""
    return point + np.array([NormalDist().inv_cdf(level) for level in levels]).reshape(-1, 1) * deviation


class Solution(Protocol):
    """What is read of a statsmodels result."""

    params: np.ndarray
    llf: float
    mle_retvals: Mapping[str, object]


def settled(solve: Callable[[np.ndarray | None], Solution], is_exact: Callable[[Solution], bool]) -> tuple[Solution, bool]:
    """The solution that L-BFGS finds, and whether it has converged.

    solve: from the given parameters, or from its own start.  is_exact: whether the errors of a solution are rounding.

    A line search finds no better point at an optimum, but also where the estimated curvature has gone wrong. So the solver
    starts again from there, along the gradient alone. It has converged once that gains next to nothing. Where the fit is exact
    the likelihood has no maximum and its gradient is noise, and there is nothing left to gain in the fit.
    """
    solution = solve(None)
    for _ in range(RESTARTS):
        if solution.mle_retvals["converged"] or is_exact(solution):
            return solution, True
        if solution.mle_retvals["warnflag"] != STUCK:
            return solution, False
        before, solution = solution, solve(solution.params)
        gain = solution.llf - before.llf
        if not gain >= NEGLIGIBLE:  # nor where the second start led to a likelihood that is no number
            return (solution if gain > 0 else before), True
    return solution, bool(solution.mle_retvals["converged"] or is_exact(solution))
