"""AR(p), fitted by statsmodels' AutoReg. No name of statsmodels leaves this file."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.errors import ConfigError, FitError, TooShortError
from core.models.arx import ARX, Summary
from core.models.base import Look, Price, Workload, priced
from core.models.lags import CRITERIA, FARTHEST, MOST_ELIMINATED, chosen_lags, longest_order, parsed_lags
from core.models.seriesfit import FAR, Equation, FittedPerSeries, PerSeries, is_far
from core.models.terms import SEASONS, TRENDS, Covariates, Deterministic, covariates_param
from core.parameters import param
from core.progress import Context
from core.series.ids import encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.stats.stationarity import wanders
from core.threads import one_thread

MOST_FOR_ORDER = 10_000  # newest values that choose the order: more of them cost seconds and hardly change it


@dataclass(frozen=True, eq=False)
class FittedAR(FittedPerSeries):
    """An AR for each series of the training panel."""

    def summary(self, series_id: str) -> Summary:
        """Coefficients, roots and stability of one series."""
        return self.equation(series_id).summary()


@dataclass(frozen=True)
class AR(PerSeries):
    """y(t) = c + b·t + s(t mod m) + β·x(t) + φ₁ y(t−1) + … + φ_p y(t−p) + ε(t), by conditional least squares.

    A series that wanders is differenced first, its covariates with it, and c is then a drift; there is no slope of a slope.
    Differences and lags are chosen inside each fit, on the training slice alone, unless they are given. An order that was
    chosen gives way to the best smaller one where its forecast runs off, by the bound that all equations have.
    Source: Hamilton 1994, Time Series Analysis, chapter 5; Lütkepohl 2005, section 4.3 (criteria).
    """

    name: ClassVar[str] = "ar"
    label: ClassVar[str] = "AR"
    family: ClassVar[str] = "autoregressive"
    help: ClassVar[str] = "The next value as a weighted sum of the last p values. The linear rival of every recurrent network."
    look: ClassVar[Look] = Look("#0072b2", "#56b4e9")
    equation: ClassVar[type[Equation]] = ARX
    fitted: ClassVar[type[FittedPerSeries]] = FittedAR
    remedy: ClassVar[str] = "choose a shorter order or horizon"

    order: int | None = param(
        None,
        "Order p",
        "How many past values are used. Empty: chosen by the criterion.",
        low=1,
        high=FARTHEST,
        unit="steps",
    )
    criterion: str = param(
        "aic",
        "Criterion",
        "What chooses the order: AIC leans to long, BIC to short ones; rolling compares one-step errors over the last fifth.",
        choices=CRITERIA,
    )
    differences: int | None = param(
        None,
        "Differences",
        "1 models the changes of a level that wanders, 0 the level itself. Empty: 1 if two tests of stationarity agree on it.",
        low=0,
        high=1,
    )
    trend: str = param("constant", "Trend", "Deterministic part beside the lags; of differences, a drift.", choices=TRENDS)
    seasonal: bool = param(
        False, "Seasonal terms", "One constant for each position in the season, or waves.", advanced=True, trait="season"
    )
    harmonics: int | None = param(
        None,
        "Waves",
        "How many sines and cosines draw the season (Fourier terms), which takes fewer weights than a constant for each "
        "position. Empty: no waves, the constants.",
        low=1,
        high=60,
        advanced=True,
        when=(("seasonal", (True,)),),
    )
    lags: str | None = param(
        None, "Lags", "Which past values are used, such as 1,2,12. Empty: all up to the order.", advanced=True
    )
    sparse: bool = param(
        False, "Sparse lags", "Lags that say little are dropped, one by one, as long as the criterion gains.", advanced=True
    )
    covariates: bool = covariates_param()

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self._given()
        if self.order is not None and given:
            raise ConfigError(f"ar.order is {self.order} and ar.lags is {self.lags!r}; give one of them")
        if self.harmonics is not None and not self.seasonal:
            raise ConfigError(f"ar.harmonics is {self.harmonics} and ar.seasonal is off; switch it on, or leave waves empty")
        if self.sparse and max(self.order or 0, len(given)) > MOST_ELIMINATED:
            raise ConfigError(f"ar.sparse starts from {self.order or len(given)} lags; choose at most {MOST_ELIMINATED}")

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        lags = self._given() or tuple(range(1, (self.order or 1) + 1))
        fixed = len(self.beside(self.trend, season).names)
        return max(10, max(lags) + len(lags) + fixed + 2)

    @property
    def reads_covariates(self) -> bool:
        return self.covariates

    def price(self, load: Workload) -> Price:
        """The regressions that choose the order are on as many values at most."""
        return priced(load, fit=0.04 * (1 + min(load.length, MOST_FOR_ORDER) / 4_000))

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[ARX, tuple[str, ...]]:  # noqa: ARG002
        regression, notes = Regression.of(self, series, horizon)
        try:
            lags = self._chosen(regression, series.season)
            first = found = regression.solved(lags, series.id)
            while self._is_open and _runs_off(found, series, horizon):
                if lags[-1] == 1:
                    raise FitError(f"{first.label} {FAR} within {horizon} steps, and so does every smaller order")
                lags = self._chosen(regression, series.season, lags[-1] - 1)
                found = regression.solved(lags, series.id)
            if found is not first:
                notes = (*notes, f"{first.label} {FAR} within {horizon} steps, so {found.label} was fitted")
            return found, notes
        except (ValueError, np.linalg.LinAlgError) as error:
            raise FitError(f"AR could not be fitted to series {series.id!r}: {error}") from error

    def beside(self, trend: str, season: int) -> Deterministic:
        """The terms beside the lags that the step alone decides."""
        kind = "none" if not self.seasonal else "dummies" if self.harmonics is None else "fourier"
        return Deterministic(trend, kind, season, self.harmonics or 0)

    def _given(self) -> tuple[int, ...]:
        """The lags as they were typed, () for none."""
        return parsed_lags(self.lags, self.name) if self.lags and self.lags.strip() else ()

    @property
    def _is_open(self) -> bool:
        """Whether the order is chosen here, so that another may be."""
        return self.order is None and not self._given()

    def _chosen(self, regression: Regression, season: int, longest: int = FARTHEST) -> tuple[int, ...]:
        """The lags, of orders up to `longest` where they are chosen."""
        given = self._given() or tuple(range(1, (self.order or 0) + 1))
        if given and not self.sparse:
            return given
        values, fixed = (part[regression.lost :][-MOST_FOR_ORDER:] for part in (regression.values, regression.columns))
        share = 0.8 if self.criterion == "rolling" else 1.0  # of the steps, on which every candidate must be estimable
        most = int((share * len(values) - fixed.shape[1] - 2) / (1 + share))
        longest = max(1, min(longest_order(len(values), season), most, longest))
        candidates = given or tuple(range(1, longest + 1))
        if share * (len(values) - candidates[-1]) <= fixed.shape[1] + len(candidates):
            return candidates  # too few values to choose among them, and perhaps to be fitted at all
        with one_thread():
            return chosen_lags(values, fixed, candidates, self.criterion, is_nested=not given, is_sparse=self.sparse)


@dataclass(frozen=True, eq=False)
class Regression:
    """One series as it is regressed on its lags and on columns (n, K) beside them.

    values   (n,) less scaling[0], divided by scaling[1]; or differences of the series, divided by scaling[1]
    """

    terms: Deterministic
    covariates: Covariates
    is_differenced: bool
    scaling: np.ndarray
    values: np.ndarray
    columns: np.ndarray

    @classmethod
    def of(cls, model: AR, series: TimeSeries, horizon: int) -> tuple[Self, tuple[str, ...]]:
        """With what there is to tell.  Raises ConfigError where covariates do not reach."""
        is_differenced = bool(model.differences)
        if model.differences is None:
            is_differenced = wanders(series.values, "linear" if model.trend == "linear" else "constant")
        trend = "constant" if is_differenced and model.trend == "linear" else model.trend
        terms = model.beside(trend, series.season)
        covariates, notes = Covariates.learn(
            series if model.covariates else replace(series, inputs=None),
            horizon, is_centred=trend != "none", is_differenced=is_differenced,
        )  # fmt: skip
        if model.seasonal and series.season == 1:
            notes = ("there is no season, and AR was fitted without seasonal terms", *notes)
        steps = np.arange(int(is_differenced), len(series))
        columns = np.hstack([terms.columns(steps), covariates.columns(series, steps)])
        return cls(terms, covariates, is_differenced, *_scaled(series, trend, is_differenced), columns), notes

    @property
    def lost(self) -> int:
        """The first of the values, for which some covariate has none."""
        return self.covariates.lost - self.is_differenced

    def solved(self, lags: tuple[int, ...], name: str) -> ARX:
        """By least squares over the values that have all lags and covariates.  Raises TooShortError, ValueError."""
        from statsmodels.tsa.ar_model import AutoReg

        start, beside, used = max(self.lost, lags[-1]), self.columns.shape[1], len(lags)
        if len(self.values) - start <= beside + used:
            needed = start + beside + used + 1 + self.is_differenced
            raise TooShortError(
                f"AR with {beside + used} weights needs at least {needed} training points; series {name!r} gives it "
                f"{len(self.values) + self.is_differenced}: choose fewer terms, a shorter horizon or a longer series"
            )
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a constant series is collinear with the constant; least squares copes
            exog = self.columns if beside else None
            result = AutoReg(self.values, list(lags), trend="n", exog=exog, hold_back=start).fit()
            params, covariance = np.asarray(result.params), np.asarray(result.cov_params())
            square = float(np.sum(np.square(result.resid))) / (len(self.values) - start - beside - used)
        order = [*range(used, used + beside), *range(used)]  # statsmodels has the lags first
        params, covariance = params[order], covariance[np.ix_(order, order)]
        dense = np.zeros(lags[-1])
        dense[np.array(lags) - 1] = params[beside:]
        names, table = self.covariates.kept()
        terms = (*self.terms.names, *self.covariates.names, *(f"lag {lag}" for lag in lags))
        return ARX(
            form=self._form(),
            fixed=params[:beside],
            lags=dense,
            scaling=self.scaling,
            deviation=np.array([np.sqrt(square)]),
            names=names,
            covariates=table,
            terms=encode_ids(terms),
            table=self._table(params, covariance),
        )

    def _form(self) -> np.ndarray:
        terms = self.terms
        return np.array(
            [TRENDS.index(terms.trend), SEASONS.index(terms.seasonal), terms.season, terms.harmonics, self.is_differenced]
        )

    def _table(self, params: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """(K + p, 2) estimates and standard errors in the units of the series, which is a linear map of those of the scaled."""
        (level, spread), taken = self.scaling, self.covariates.sizes
        fixed, beside = len(self.terms.names), self.columns.shape[1]
        units = np.concatenate([np.full(fixed, spread), spread / taken[1], np.ones(len(params) - beside)])
        change, shift = np.diag(units), np.zeros(len(params))
        if self.terms.trend != "none":
            shift[0] = level
            change[0, fixed:beside] = -units[fixed:beside] * taken[0]
            change[0, beside:] = -level
        variances = np.diag(change @ covariance @ change.T)
        return np.column_stack([change @ params + shift, np.sqrt(np.maximum(variances, 0.0))])


def _runs_off(equation: ARX, series: TimeSeries, horizon: int) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return is_far(equation.forecast(series, horizon, ())[0], series.values)


def _scaled(series: TimeSeries, trend: str, is_differenced: bool) -> tuple[np.ndarray, np.ndarray]:
    """Scaling (2,) and the values: the same equation, but a large level costs no digits."""
    learned = Scaling.learn(series)
    if is_differenced:
        return np.array([0.0, learned.step]), np.diff(series.values) / learned.step
    level, spread = (learned.level, learned.spread) if trend != "none" else (0.0, 1.0)
    return np.array([level, spread]), (series.values - level) / spread
