"""Seasonal ARIMA, fitted by statsmodels' SARIMAX; its orders by a bounded stepwise search."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from core.errors import FitError
from core.models.base import Fitted, Model, param
from core.progress import Context
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries
from core.threads import one_thread

MOST_FITTED = 1_000  # newest values that are fitted to, and filtered over: the state forgets what lies further back
LONGEST_SEASON = 24  # the state grows with it
STRONG_SEASON = 0.64  # strength of the season from which on it is differenced


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


@dataclass(frozen=True)
class ARIMA(Model):
    """φ(B) Φ(B^m) (1−B)^d (1−B^m)^D y(t) = c + θ(B) Θ(B^m) ε(t), by exact maximum likelihood (Kalman filter).

    What is left empty is searched for inside each fit: D by the strength of the season, d by KPSS tests, the others stepwise by
    the corrected AIC. Source: Box & Jenkins 1970; Hyndman & Khandakar 2008, J. Statistical Software 27(3).
    """

    name: ClassVar[str] = "arima"
    label: ClassVar[str] = "ARIMA"
    family: ClassVar[str] = "autoregressive"
    help: ClassVar[str] = "Past values and past errors, of differences where a series wanders. Seasons of up to 24 steps."

    p: int | None = param(None, "p", "Past values. Empty: searched for.", low=0, high=12, unit="lags")
    d: int | None = param(None, "d", "Differences, for a level that wanders. Empty: by KPSS tests.", low=0, high=2)
    q: int | None = param(None, "q", "Past errors. Empty: searched for.", low=0, high=12, unit="lags")
    sp: int | None = param(None, "Seasonal P", "Past values a season apart.", low=0, high=2, advanced=True)
    sd: int | None = param(None, "Seasonal D", "Differences over a season.", low=0, high=1, advanced=True)
    sq: int | None = param(None, "Seasonal Q", "Past errors a season apart.", low=0, high=2, advanced=True)
    tries: int = param(20, "Models tried", "Where the search ends at the latest.", low=1, high=200, advanced=True)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        plain = (self.p or 0) + (self.d or 0) + (self.q or 0)
        steps = season if is_usable(season) else 0
        seasonal = max((self.sp or 0) + (self.sd or 0), self.sq or 0) * steps
        return max(15, 2 * plain + seasonal + (self.sd or 0) * steps + 8)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        found = []
        for number, series in enumerate(train):
            self.require(series, horizon)
            part = context.part(number / len(train), 1 / len(train))
            part.report(0.0)
            found.append(self._equation(series, part))
        context.report(1.0)
        return FittedARIMA(self, tuple(series.id for series in train), tuple(found))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        ids = decode_ids(arrays["ids"])
        equations = []
        for number in range(len(ids)):
            *orders, constant, season = arrays[f"{number}.orders"].tolist()
            known = Orders(*orders, bool(constant))
            equations.append(Equation(known, season, arrays[f"{number}.params"], arrays[f"{number}.scaling"]))
        return FittedARIMA(self, ids, tuple(equations))

    def _equation(self, series: TimeSeries, context: Context) -> Equation:
        scaling = Scaling.learn(series)
        values = (series.values[-MOST_FITTED:] - scaling.level) / scaling.spread
        season = series.season if is_usable(series.season) and len(values) >= 2 * series.season + 8 else 1
        kept = np.array([scaling.level, scaling.spread])
        if np.ptp(values) == 0:
            return Equation(Orders(0, 1, 0, 0, 0, 0, False), 1, np.ones(1), kept)
        search = Search(self, values, season, context)
        orders, params = search.best(series.id)
        return Equation(orders, season, params, kept)


def is_usable(season: int) -> bool:
    """Whether a season is one that the state can hold."""
    return 1 < season <= LONGEST_SEASON


class Search:
    """From four starts to the neighbours of the best, until none is better or the tries are used up."""

    def __init__(self, model: ARIMA, values: np.ndarray, season: int, context: Context) -> None:
        self.model, self.values, self.season, self.context = model, values, season, context
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
            self.tried[top], self.said = _fitted(self.values, top, self.season, is_patient=True)
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
            p, q, sp, sq = (value + change for value, change in zip((top.p, top.q, top.sp, top.sq), step, strict=True))
            if 0 <= p <= 5 and 0 <= q <= 5 and 0 <= sp <= 2 and 0 <= sq <= 2:
                found.append(self._orders(p, q, sp, sq, constant=top.constant))
        return found

    def _top(self) -> Orders | None:
        fitted = {orders: one[0] for orders, one in self.tried.items() if one is not None}
        return min(fitted, key=fitted.get) if fitted else None

    def _try(self, orders: Orders) -> None:
        if orders in self.tried or len(self.tried) >= self.model.tries:
            return
        self.tried[orders], said = _fitted(self.values, orders, self.season)
        self.said = said or self.said
        self.context.report(min(0.99, len(self.tried) / self.model.tries), f"{len(self.tried)} models tried")

    def _seasonal_differences(self) -> int:
        if self.season < 2:
            return 0
        if self.model.sd is not None:
            return self.model.sd
        from statsmodels.tsa.seasonal import STL

        with one_thread(), np.errstate(all="ignore"):
            parts = STL(self.values, period=self.season, robust=False).fit()
        around = np.var(parts.resid + parts.seasonal)
        return int(around > 0 and 1 - np.var(parts.resid) / around > STRONG_SEASON)

    def _differences(self) -> int:
        """As many as it takes until a KPSS test at 5 % does not reject that the level stays."""
        if self.model.d is not None:
            return self.model.d
        from statsmodels.tsa.stattools import kpss

        rest = self.values[self.season :] - self.values[: -self.season] if self.seasonal_differences else self.values
        for count in (0, 1):
            if np.ptp(rest) < 1e-9 * (1 + np.abs(rest).max()):
                return count
            with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # p is interpolated, and said to be at an end of its table
                if kpss(rest, regression="c", nlags=int(3 * math.sqrt(len(rest)) / 13))[1] >= 0.05:
                    return count
            rest = np.diff(rest)
        return 2 - self.seasonal_differences


def _sarimax(values: np.ndarray, orders: Orders, season: int, *, is_differenced: bool = False) -> object:
    """is_differenced: the differences are taken first, and no state is needed for them; the parameters are the same."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    seasonal = (orders.sp, orders.sd, orders.sq, season) if season > 1 else (0, 0, 0, 0)
    trend = "c" if orders.constant else None
    return SARIMAX(values, order=orders[:3], seasonal_order=seasonal, trend=trend, simple_differencing=is_differenced)


def _fitted(
    values: np.ndarray, orders: Orders, season: int, *, is_patient: bool = False
) -> tuple[tuple[float, np.ndarray] | None, str]:
    """The corrected AIC and the parameters; or nothing, and what the solver said.

    is_patient: where the gradient leads nowhere, a simplex searches on, which takes long.
    """
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = _sarimax(values, orders, season, is_differenced=True)
            result = model.fit(disp=False, maxiter=100)
            if is_patient and not result.mle_retvals["converged"]:
                result = model.fit(result.params, disp=False, method="nm", maxiter=200 * (1 + len(result.params)))
        except (ValueError, IndexError, np.linalg.LinAlgError) as error:
            return None, str(error)
        params, score = np.asarray(result.params, dtype=float), float(result.aicc)
    if not result.mle_retvals["converged"]:
        return None, f"the solver stopped after {result.mle_retvals['iterations']} iterations"
    if not (np.isfinite(params).all() and math.isfinite(score)):
        return None, "the likelihood is not finite"
    return (score, params), ""


@dataclass(frozen=True, eq=False)
class Equation:
    """One fitted ARIMA of the values less scaling[0], divided by scaling[1]; params as statsmodels orders them."""

    orders: Orders
    season: int
    params: np.ndarray
    scaling: np.ndarray

    def forecast(self, values: np.ndarray, horizon: int) -> np.ndarray:
        """(H,) after the newest of `values`, by filtering over them with the parameters as they are."""
        level, spread = self.scaling
        with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = _sarimax((values[-MOST_FITTED:] - level) / spread, self.orders, self.season)
            return level + spread * np.asarray(model.filter(self.params).forecast(horizon))


@dataclass(frozen=True, eq=False)
class FittedARIMA:
    """An equation for each series of the training panel."""

    model: ARIMA
    ids: tuple[str, ...]
    equations: tuple[Equation, ...]

    @property
    def parameter_count(self) -> int:
        return sum(len(one.params) for one in self.equations)

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        equation = self.equations[self.ids.index(history.id)]
        point = equation.forecast(history.values, horizon)
        if not np.isfinite(point).all():
            raise FitError(f"ARIMA{equation.orders.text} explodes within {horizon} steps; choose other orders")
        return Forecast(history.id, f"ARIMA{equation.orders.text}", history.future(horizon), point)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.ids)}
        for number, one in enumerate(self.equations):
            arrays[f"{number}.orders"] = np.array([*map(int, one.orders), one.season])
            arrays[f"{number}.params"], arrays[f"{number}.scaling"] = one.params, one.scaling
        return arrays
