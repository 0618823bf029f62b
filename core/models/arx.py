"""One fitted autoregression with terms beside its lags: its forecasts, its intervals, and what it says of the series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.models.lags import feedback
from core.models.polynomial import Root, deviations, inverse_roots, is_stable, responses
from core.models.seriesfit import Equation, normal_quantiles
from core.models.terms import SEASONS, TRENDS, Covariates, Deterministic
from core.series.ids import decode_ids
from core.series.timeseries import TimeSeries

TWO_SIDED = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Coefficient:
    """A row of the summary, in the units of the series: 95 % interval, and the two-sided p that it is 0.

    statistic and p are None where the standard error is 0, as it is where the equation is exact.
    """

    term: str
    estimate: float
    error: float
    low: float
    high: float
    statistic: float | None
    p: float | None


@dataclass(frozen=True)
class Summary:
    """One fitted AR as people read it. `deviation` is that of one-step errors; the roots are those of the lags alone.

    differences: how often the series was differenced, over a step or a season
    """

    label: str
    differences: int
    deviation: float
    coefficients: tuple[Coefficient, ...]
    roots: tuple[Root, ...]
    is_stable: bool


@dataclass(frozen=True, eq=False)
class ARX(Equation):
    """One fitted AR: u(t) = fixed · columns(t) + Σ lags[i] u(t−1−i) + ε(t), of u = (y − scaling[0]) / scaling[1], or of the
    differences of y divided by scaling[1]; or of the changes of either over a season.

    form (6,) trend, seasonal, season, harmonics, differences, seasonal differences
    fixed (K,) weights of deterministic terms, then of covariates;  lags (p,) φ₁ first, 0 for one left out
    scaling (2,);  deviation (1,) of ε
    names bytes and covariates (4, C): places, delays, and two rows of sizes;  terms  bytes: what every row of the table is
    table (K + used lags, 2) estimate and standard error of every term, in the units of the series
    """

    form: np.ndarray
    fixed: np.ndarray
    lags: np.ndarray
    scaling: np.ndarray
    deviation: np.ndarray
    names: np.ndarray
    covariates: np.ndarray
    terms: np.ndarray
    table: np.ndarray

    @property
    def label(self) -> str:
        used = len(self.table) - len(self.fixed)
        name = f"ARI({len(self.lags)},1)" if self.differences else f"AR({len(self.lags)})"
        name = name if used == len(self.lags) else f"{name} with {used} lags"
        if self.seasonal_differences:
            return f"{name} of changes over {self.form[2]} steps"
        return f"{name} + season" if SEASONS[self.form[1]] != "none" and self.form[2] > 1 else name

    @property
    def differences(self) -> int:
        return int(self.form[4])

    @property
    def seasonal_differences(self) -> int:
        """Of what was kept before there were any: 0."""
        return int(self.form[5]) if len(self.form) > 5 else 0

    @property
    def feedback(self) -> np.ndarray:
        """(P,) weights on the past values of u before its changes over a season are taken: the same equation, written out."""
        if not self.seasonal_differences:
            return self.lags
        return feedback(self.lags, int(self.form[2]))

    @property
    def parameter_count(self) -> int:
        return len(self.table)

    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """By feeding each forecast back as the newest value; the errors add up by the weights ψ."""
        level, spread = self.scaling
        weights, newest = self.feedback, history.values[-1]
        order = len(weights)
        known = np.diff(history.values[-order - 1 :]) if self.differences else history.values[-order:] - level
        path = np.concatenate([known / spread, np.empty(horizon)])
        ahead = self._columns(history, len(history) + np.arange(horizon)) @ self.fixed
        for step in range(horizon):
            path[order + step] = ahead[step] + weights @ path[step : step + order][::-1]
        point = newest + spread * np.cumsum(path[order:]) if self.differences else level + spread * path[order:]
        if not levels:
            return point, np.empty((0, horizon))
        errors = deviations(responses(weights, self.differences, horizon))
        return point, normal_quantiles(point, spread * self.deviation[0] * errors, levels)

    def summary(self) -> Summary:
        terms = decode_ids(self.terms)
        rows = tuple(_coefficient(term, *row) for term, row in zip(terms, self.table.tolist(), strict=True))
        deviation = float(self.scaling[1] * self.deviation[0])
        differences = self.differences + self.seasonal_differences
        return Summary(self.label, differences, deviation, rows, inverse_roots(self.lags), is_stable(self.lags))

    def _columns(self, history: TimeSeries, steps: np.ndarray) -> np.ndarray:
        trend, seasonal, season, harmonics, differences = self.form[:5].tolist()
        terms = Deterministic(TRENDS[trend], SEASONS[seasonal], season, harmonics)
        beside = Covariates.restored(self.names, self.covariates, is_differenced=bool(differences))
        return np.hstack([terms.columns(steps), beside.columns(history, steps)])


def _coefficient(term: str, estimate: float, error: float) -> Coefficient:
    low, high = estimate - TWO_SIDED * error, estimate + TWO_SIDED * error
    if error == 0:
        return Coefficient(term, estimate, error, low, high, None, None)
    statistic = estimate / error
    return Coefficient(term, estimate, error, low, high, statistic, math.erfc(abs(statistic) / math.sqrt(2)))
