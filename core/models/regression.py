"""One series as an AR regresses it, fitted by statsmodels' AutoReg. No name of statsmodels leaves this file."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from core.errors import TooShortError
from core.models.arx import ARX
from core.models.forms import Form, deterministic
from core.models.terms import SEASONS, TRENDS, Covariates, Deterministic
from core.series.ids import encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.threads import one_thread

MOST_FOR_ORDER = 10_000  # newest values that choose the order: more of them cost seconds and hardly change it


class Settings(Protocol):
    """What is read of the settings of AR."""

    trend: str
    seasonal: str
    covariates: bool


@dataclass(frozen=True, eq=False)
class Regression:
    """One series as it is regressed on its lags and on columns (n, K) beside them.

    values   (n,) less scaling[0], divided by scaling[1]; or differences of the series, divided by scaling[1]; or the changes
             of either over a season
    """

    form: Form
    terms: Deterministic
    covariates: Covariates
    scaling: np.ndarray
    values: np.ndarray
    columns: np.ndarray

    @classmethod
    def of(cls, model: Settings, series: TimeSeries, horizon: int, form: Form) -> tuple[Self, tuple[str, ...]]:
        """With what there is to tell.  Raises ConfigError where covariates do not reach."""
        terms = deterministic(form, model.trend, series.season)
        is_centred = form.trend(model.trend) != "none"
        covariates, notes = Covariates.learn(
            series if model.covariates else replace(series, inputs=None),
            horizon, is_centred=is_centred, is_differenced=bool(form.differences),
        )  # fmt: skip
        if model.seasonal == "yes" and series.season == 1:
            notes = ("there is no season, and AR was fitted without seasonal terms", *notes)
        steps = np.arange(form.lost(series.season), len(series))
        columns = np.hstack([terms.columns(steps), covariates.columns(series, steps)])
        scaling, values = _scaled(series, form, is_centred=is_centred)
        return cls(form, terms, covariates, scaling, values, columns), notes

    @property
    def lost(self) -> int:
        """The first of the values, for which some covariate has none."""
        return self.covariates.lost - self.form.differences

    @property
    def newest(self) -> tuple[np.ndarray, np.ndarray]:
        """The values in units of the series and the columns, of steps that have all covariates: what chooses form and order."""
        return self.values[self.lost :][-MOST_FOR_ORDER:] * self.scaling[1], self.columns[self.lost :][-MOST_FOR_ORDER:]

    def solved(self, lags: tuple[int, ...], name: str) -> ARX:
        """By least squares over the values that have all lags and covariates.  Raises TooShortError, ValueError."""
        from statsmodels.tsa.ar_model import AutoReg

        start, beside, used = max(self.lost, lags[-1]), self.columns.shape[1], len(lags)
        if len(self.values) - start <= beside + used:
            spent = self.form.lost(self.terms.season)
            needed = start + beside + used + 1 + spent
            raise TooShortError(
                f"AR with {beside + used} weights needs at least {needed} training points; series {name!r} gives it "
                f"{len(self.values) + spent}: choose fewer terms, a shorter horizon or a longer series"
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
        terms, form = self.terms, self.form
        kinds = [TRENDS.index(terms.trend), SEASONS.index(terms.seasonal)]
        return np.array([*kinds, terms.season, terms.harmonics, form.differences, form.seasonal_differences])

    def _table(self, params: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """(K + p, 2) estimates and standard errors in the units of the series, which is a linear map of those of the scaled."""
        (level, spread), taken = self.scaling, self.covariates.sizes
        fixed, beside = len(self.terms.names), self.columns.shape[1]
        units = np.concatenate([np.full(fixed, spread), spread / taken[1], np.ones(len(params) - beside)])
        change, shift = np.diag(units), np.zeros(len(params))
        if self.terms.trend != "none" and not self.form.seasonal_differences:  # which take the level off
            shift[0] = level
            change[0, fixed:beside] = -units[fixed:beside] * taken[0]
            change[0, beside:] = -level
        variances = np.diag(change @ covariance @ change.T)
        return np.column_stack([change @ params + shift, np.sqrt(np.maximum(variances, 0.0))])


def _scaled(series: TimeSeries, form: Form, *, is_centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """Scaling (2,) and the values: the same equation, but a large level costs no digits."""
    learned = Scaling.learn(series)
    if form.differences:
        level, spread = 0.0, learned.step
    else:
        level, spread = (learned.level, learned.spread) if is_centred else (0.0, 1.0)
    return np.array([level, spread]), form.values(series.values - level, series.season) / spread
