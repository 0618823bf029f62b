"""Seasonal ARIMA, fitted by statsmodels' SARIMAX; its orders by a bounded stepwise search."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, NamedTuple

import numpy as np

from core.errors import FitError, TooShortError
from core.models.base import Look, Price, Workload, priced
from core.models.seriesfit import EXACT, LONGEST_SEASON, Equation, PerSeries, is_usable, normal_quantiles, settled
from core.models.terms import Covariates, covariates_param
from core.parameters import Value, param
from core.progress import Context
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.stats.stationarity import keeps_level
from core.threads import one_thread

DIGITS = 8  # of scaled values: what lies behind them is rounding, which the optimiser would make a difference of
MOST_FITTED = 1_000  # newest values that are fitted to, and filtered over: the state forgets what lies further back
FARTHEST = (5, 5, 2, 2)  # p, q, P and Q that the search goes to
STRONG_SEASON = 0.64  # strength of the season from which on it is differenced
USUAL_TRIES = 25  # orders that a search tries at most before none is better
ONE_TRY = 0.3  # what orders that are given take, as a share of one try of a search


class Orders(NamedTuple):
    """(p, d, q)(P, D, Q), and whether a constant (with one difference: a drift) is fitted."""

    p: int
    d: int
    q: int
    sp: int
    sd: int
    sq: int
    constant: bool

    @property
    def text(self) -> str:
        """As it is written: (1,1,1)(0,1,1)."""
        seasonal = f"({self.sp},{self.sd},{self.sq})" if self.sp or self.sd or self.sq else ""
        return f"({self.p},{self.d},{self.q}){seasonal}"


@dataclass(frozen=True, eq=False)
class SARIMA(Equation):
    """One fitted ARIMA of the values less scaling[0], divided by scaling[1].

    form (8,) the orders, then the season;  params as statsmodels orders them;  scaling (2,)
    names bytes and covariates (4, C): places, delays, and two rows of sizes
    """

    form: np.ndarray
    params: np.ndarray
    scaling: np.ndarray
    names: np.ndarray
    covariates: np.ndarray

    @classmethod
    def of(cls, orders: Orders, season: int, params: np.ndarray, scaling: np.ndarray, covariates: Covariates) -> SARIMA:
        return cls(np.array([*map(int, orders), season]), params, scaling, *covariates.kept())

    @property
    def orders(self) -> Orders:
        *orders, constant, _ = self.form.tolist()
        return Orders(*orders, bool(constant))

    @property
    def label(self) -> str:
        return f"ARIMA{self.orders.text}"

    @property
    def parameter_count(self) -> int:
        return len(self.params)

    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """By filtering over the newest values; the state's own variance gives the quantiles."""
        level, spread = self.scaling
        covariates = Covariates.restored(self.names, self.covariates)
        start = max(covariates.lost, len(history) - MOST_FITTED)
        beside = covariates.columns(history, np.arange(start, len(history) + horizon))
        known, ahead = beside[:-horizon], beside[-horizon:]
        with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            values = (history.values[start:] - level) / spread
            filtered = _sarimax(values, known, self.orders, int(self.form[7])).filter(self.params)
            found = filtered.get_forecast(horizon, exog=ahead if ahead.size else None)
            point = level + spread * np.asarray(found.predicted_mean)
            deviation = spread * np.sqrt(np.asarray(found.var_pred_mean)) if levels else np.empty(horizon)
        return point, normal_quantiles(point, deviation, levels)


@dataclass(frozen=True)
class ARIMA(PerSeries):
    """φ(B) Φ(B^m) (1−B)^d (1−B^m)^D (y(t) − β·x(t)) = c + θ(B) Θ(B^m) ε(t), by exact maximum likelihood (Kalman filter).

    What is left empty is searched for inside each fit: D by the strength of the season, d by KPSS tests, the others stepwise by
    the corrected AIC. Source: Box & Jenkins 1970; Hyndman & Khandakar 2008, J. Statistical Software 27(3).
    """

    name: ClassVar[str] = "arima"
    label: ClassVar[str] = "ARIMA"
    family: ClassVar[str] = "autoregressive"
    help: ClassVar[str] = "Past values and past errors, of differences where a series wanders. Seasons of up to 24 steps."
    look: ClassVar[Look] = Look("#2412ae", "#6570c5")
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = MappingProxyType({"quick": {"tries": 8}, "thorough": {"tries": 60}})
    equation: ClassVar[type[Equation]] = SARIMA
    remedy: ClassVar[str] = "choose other orders"

    p: int | None = param(None, "p", "Past values. Empty: searched for.", low=0, high=12, unit="lags")
    d: int | None = param(None, "d", "Differences, for a level that wanders. Empty: by KPSS tests.", low=0, high=2)
    q: int | None = param(None, "q", "Past errors. Empty: searched for.", low=0, high=12, unit="lags")
    sp: int | None = param(None, "Seasonal P", "Past values a season apart.", low=0, high=2, advanced=True, trait="season")
    sd: int | None = param(None, "Seasonal D", "Differences over a season.", low=0, high=1, advanced=True, trait="season")
    sq: int | None = param(None, "Seasonal Q", "Past errors a season apart.", low=0, high=2, advanced=True, trait="season")
    covariates: bool = covariates_param()
    tries: int = param(20, "Models tried", "Where the search ends at the latest.", low=1, high=200, advanced=True)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        plain = (self.p or 0) + (self.d or 0) + (self.q or 0)
        steps = season if is_usable(season) else 0
        seasonal = max((self.sp or 0) + (self.sd or 0), self.sq or 0) * steps
        return max(15, 2 * plain + seasonal + (self.sd or 0) * steps + 8)

    @property
    def reads_covariates(self) -> bool:
        return self.covariates

    def price(self, load: Workload) -> Price:
        """A search tries orders of any size, so that its seconds are known within a factor of two."""
        share, steps = min(load.length, MOST_FITTED) / 1_000, load.season if is_usable(load.season) else 1
        each = 0.03 + 0.05 * share if steps == 1 else 0.08 + (1 + steps / 24) * share**1.5
        is_open = None in (self.p, self.d, self.q)
        fit = (min(self.tries, USUAL_TRIES) if is_open else ONE_TRY) * each
        return priced(load, fit=fit, forecast=0.006 + 0.006 * share + (0.0 if steps == 1 else 0.01 * steps * share))

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[SARIMA, tuple[str, ...]]:
        wanted = series if self.covariates else replace(series, inputs=None)
        covariates, notes = Covariates.learn(wanted, horizon)
        start = max(covariates.lost, len(series) - MOST_FITTED)
        self._require_rows(len(series) - start, covariates, series)
        scaling = Scaling.learn(series)
        scaled = (series.values[start:] - scaling.level) / scaling.spread
        values, kept = scaled.round(DIGITS), np.array([scaling.level, scaling.spread])
        if np.ptp(values) == 0:
            return SARIMA.of(Orders(0, 1, 0, 0, 0, 0, False), 1, np.zeros(1), kept, Covariates.none()), notes
        beside = covariates.columns(series, np.arange(start, len(series)))
        season, left_out = self._season(series.season, len(values))
        orders, params = Search(self, values, beside, season, context).best(series.id)
        return SARIMA.of(orders, season, params, kept, covariates), (*left_out, *notes)

    def _season(self, season: int, length: int) -> tuple[int, tuple[str, ...]]:
        """The season that is fitted, 1 for none, and why it is not that of the series."""
        if season > LONGEST_SEASON:
            return 1, (f"a season of {season} steps is longer than the {LONGEST_SEASON} of ARIMA, and was left out",)
        if season > 1 and length < 2 * season + 8:
            return 1, (f"ARIMA's season of {season} steps needs {2 * season + 8} training points and was left out",)
        return season, ()

    def _require_rows(self, length: int, covariates: Covariates, series: TimeSeries) -> None:
        """Raises TooShortError where covariates leave too few steps."""
        needed = self.needs(1, series.season) + 2 * len(covariates.names)
        if covariates.names and length < needed:
            raise TooShortError(
                f"ARIMA with {len(covariates.names)} covariates needs at least {needed + covariates.lost} training points; "
                f"series {series.id!r} gives it {len(series)}: choose a shorter horizon or bring a longer series"
            )


class Search:
    """From four starts to the neighbours of the best, until none is better or the tries are used up."""

    def __init__(self, model: ARIMA, values: np.ndarray, beside: np.ndarray, season: int, context: Context) -> None:
        self.model, self.values, self.beside, self.season, self.context = model, values, beside, season, context
        self.unexplained = _less_covariates(values, beside)
        self.seasonal_differences = self._seasonal_differences()
        self.differences = self._differences()
        self.tried: dict[Orders, tuple[float, np.ndarray] | None] = {}
        self.said = "no order was tried"

    def best(self, name: str) -> tuple[Orders, np.ndarray]:
        """Raises FitError if nothing converges, Cancelled."""
        for start in ((2, 2, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1)):
            self._try(self._orders(*start, constant=True))
        while (top := self._top()) is not None and len(self.tried) < self.model.tries:
            before = len(self.tried)
            for near in self._neighbours(top):
                self._try(near)
            if self._top() == top or len(self.tried) == before:
                break
        if (top := self._top()) is None:
            top = self._orders(1, 0, 0, 0, constant=True)
            self.tried[top], self.said = _fitted(self.values, self.beside, top, self.season, is_patient=True)
        if self.tried[top] is None:
            raise FitError(f"ARIMA did not converge on series {name!r}: {self.said}; choose smaller orders, or another d")
        return top, self.tried[top][1]

    def _orders(self, p: int, q: int, sp: int, sq: int, *, constant: bool) -> Orders:
        """What the settings fix, and the wish where they leave it open."""
        model, has_season = self.model, self.season > 1
        given = [wish if fixed is None else fixed for fixed, wish in ((model.p, p), (model.q, q))]
        seasonal = [(wish if fixed is None else fixed) if has_season else 0 for fixed, wish in ((model.sp, sp), (model.sq, sq))]
        total = self.differences + self.seasonal_differences
        return Orders(
            given[0], self.differences, given[1], seasonal[0], self.seasonal_differences, seasonal[1], constant and total < 2
        )

    def _neighbours(self, top: Orders) -> list[Orders]:
        """One step away from the best, in one order or in p and q together."""
        steps = [(1, 0, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0), (0, -1, 0, 0), (1, 1, 0, 0), (-1, -1, 0, 0)]
        steps += [(0, 0, 1, 0), (0, 0, -1, 0), (0, 0, 0, 1), (0, 0, 0, -1)]
        found = [self._orders(top.p, top.q, top.sp, top.sq, constant=not top.constant)]
        for step in steps:
            wishes = [value + change for value, change in zip((top.p, top.q, top.sp, top.sq), step, strict=True)]
            if self._is_within(wishes):
                found.append(self._orders(*wishes, constant=top.constant))
        return found

    def _is_within(self, wishes: Sequence[int]) -> bool:
        """Whether the search may go to p, q, P and Q. It bounds only what the settings leave open."""
        fixed = (self.model.p, self.model.q, self.model.sp, self.model.sq)
        bounded = zip(fixed, wishes, FARTHEST, strict=True)
        return all(0 <= wish <= most for given, wish, most in bounded if given is None)

    def _top(self) -> Orders | None:
        fitted = {orders: one[0] for orders, one in self.tried.items() if one is not None}
        return min(fitted, key=fitted.get) if fitted else None

    def _try(self, orders: Orders) -> None:
        if orders in self.tried or len(self.tried) >= self.model.tries:
            return
        self.tried[orders], said = _fitted(self.values, self.beside, orders, self.season)
        self.said = said or self.said
        self.context.report(min(0.99, len(self.tried) / self.model.tries), f"{len(self.tried)} models tried")

    def _seasonal_differences(self) -> int:
        if self.season < 2:
            return 0
        if self.model.sd is not None:
            return self.model.sd
        from statsmodels.tsa.seasonal import STL

        with one_thread(), np.errstate(all="ignore"):
            parts = STL(self.unexplained, period=self.season, robust=False).fit()
        around = np.var(parts.resid + parts.seasonal)
        return int(around > 0 and 1 - np.var(parts.resid) / around > STRONG_SEASON)

    def _differences(self) -> int:
        """As many as it takes until a KPSS test at 5 % does not reject that the level stays."""
        if self.model.d is not None:
            return self.model.d
        rest = self.unexplained
        if self.seasonal_differences:
            rest = rest[self.season :] - rest[: -self.season]
        for count in (0, 1):
            is_flat = np.ptp(rest) < 1e-9 * (1 + np.abs(rest).max())
            if is_flat or keeps_level(rest, int(3 * math.sqrt(len(rest)) / 13)):
                return count
            rest = np.diff(rest)
        return 2 - self.seasonal_differences


def _less_covariates(values: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """(n,) what a least squares line on the covariates (n, C) leaves; by it differences are decided."""
    regressors = np.column_stack([np.ones(len(values)), beside])
    return values - beside @ np.linalg.lstsq(regressors, values, rcond=None)[0][1:]


def _sarimax(values: np.ndarray, beside: np.ndarray, orders: Orders, season: int, *, is_differenced: bool = False) -> object:
    """is_differenced: the differences are taken first, and no state is needed for them; the parameters are the same."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    seasonal = (orders.sp, orders.sd, orders.sq, season) if season > 1 else (0, 0, 0, 0)
    trend = "c" if orders.constant else None
    exog = beside if beside.size else None
    return SARIMAX(values, exog, order=orders[:3], seasonal_order=seasonal, trend=trend, simple_differencing=is_differenced)


def _fitted(
    values: np.ndarray, beside: np.ndarray, orders: Orders, season: int, *, is_patient: bool = False
) -> tuple[tuple[float, np.ndarray] | None, str]:
    """The corrected AIC and the parameters; or nothing, and what the solver said.

    is_patient: where the gradient leads nowhere, a simplex searches on, which takes long.
    """
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = _sarimax(values, beside, orders, season, is_differenced=True)
            result, has_converged = settled(
                lambda start: model.fit(start, disp=False, maxiter=100),
                lambda solution: solution.params[-1] <= EXACT**2,  # the variance of one-step errors
            )
            if is_patient and not has_converged:
                result = model.fit(result.params, disp=False, method="nm", maxiter=200 * (1 + len(result.params)))
                has_converged = result.mle_retvals["converged"]
        except (ValueError, IndexError, np.linalg.LinAlgError) as error:
            return None, str(error)
        params, score = np.asarray(result.params, dtype=float), float(result.aicc)
    if not has_converged:
        return None, f"the solver stopped after {result.mle_retvals['iterations']} iterations"
    if not (np.isfinite(params).all() and math.isfinite(score)):
        return None, "the likelihood is not finite"
    return (score, params), ""
