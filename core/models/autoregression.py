"""AR(p), fitted by statsmodels' AutoReg. No name of statsmodels leaves this file."""

from __future__ import annotations

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

MOST_FOR_ORDER = 10_000  # newest values that choose the order: more of them cost minutes and hardly change it
TRENDS = {"none": "n", "constant": "c", "linear": "ct"}  # ours -> statsmodels'


@dataclass(frozen=True)
class AR(Model):
    """y(t) = c + b·t + s(t mod m) + φ₁ y(t−1) + … + φ_p y(t−p) + ε(t), by conditional least squares.

    The order is chosen inside each fit, by an information criterion on the training slice alone, unless it is given.
    Source: Hamilton 1994, Time Series Analysis, chapter 5; Lütkepohl 2005, section 4.3 (criteria).
    """

    name: ClassVar[str] = "ar"
    label: ClassVar[str] = "AR"
    family: ClassVar[str] = "autoregressive"
    help: ClassVar[str] = "The next value as a weighted sum of the last p values. The linear rival of every recurrent network."

    order: int | None = param(
        None,
        "Order p",
        "How many past values are used. Empty: chosen by the criterion.",
        low=1,
        high=1000,
        unit="steps",
    )
    criterion: str = param(
        "aic",
        "Criterion",
        "What chooses the order: AIC leans to long, BIC to short ones.",
        choices=("aic", "bic", "hqic"),
    )
    trend: str = param("constant", "Trend", "Deterministic part beside the lags.", choices=tuple(TRENDS))
    seasonal: bool = param(False, "Seasonal terms", "One constant for each position in the season.", advanced=True)

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        order = self.order or 1
        terms = {"none": 0, "constant": 1, "linear": 2}[self.trend] + (season if self.seasonal else 0)
        return max(10, 2 * order + terms + 2)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        fits = []
        for number, series in enumerate(train):
            self.require(series, horizon)
            context.report(number / len(train))
            fits.append(self._equation(series))
        context.report(1.0)
        return FittedAR(self, tuple(series.id for series in train), tuple(fits))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        ids = decode_ids(arrays["ids"])
        equations = (
            Equation(*(arrays[f"{n}.{part}"] for part in ("trend", "seasonal", "lags", "scaling"))) for n in range(len(ids))
        )
        return FittedAR(self, ids, tuple(equations))

    def _equation(self, series: TimeSeries) -> Equation:
        from statsmodels.tsa.ar_model import AutoReg

        is_seasonal = self.seasonal and series.season > 1
        scaling = Scaling.learn(series) if self.trend != "none" else Scaling(0.0, 1.0, 1.0)
        values = (series.values - scaling.level) / scaling.spread  # the same equation, but a large level costs no digits
        terms = {"trend": TRENDS[self.trend], "seasonal": is_seasonal, "period": series.season if is_seasonal else None}
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a constant series is collinear with the constant; least squares copes
            try:
                order = self.order or self._chosen_order(values, series.season, terms)
                result = AutoReg(values, order, **terms).fit()
            except (ValueError, np.linalg.LinAlgError) as error:
                raise FitError(f"AR could not be fitted to series {series.id!r}: {error}") from error
        params = np.asarray(result.params)
        return Equation.of(params, TRENDS[self.trend], series.season if is_seasonal else 1, order, scaling)

    def _chosen_order(self, values: np.ndarray, season: int, terms: dict[str, object]) -> int:
        from statsmodels.tsa.ar_model import ar_select_order

        recent = values[-MOST_FOR_ORDER:]
        fixed = len(TRENDS[self.trend]) + (season if terms["seasonal"] else 0)
        longest = min(longest_order(len(recent), season), (len(recent) - fixed - 2) // 2)
        lags = ar_select_order(recent, max(1, longest), ic=self.criterion, **terms).ar_lags
        return max(lags) if lags else 1


def longest_order(length: int, season: int) -> int:
    """The longest order that is tried: Schwert's 12 · (T/100)^¼, and two seasons where those are not too long.

    Source: Schwert 1989, J. Business & Economic Statistics 7(2).
    """
    schwert = int(12 * (length / 100) ** 0.25)
    return max(schwert, min(2 * season + 1, 60) if season > 1 else 0)


@dataclass(frozen=True, eq=False)
class Equation:
    """One fitted AR of the values less scaling[0], divided by scaling[1].

    trend (2,) constant and slope, seasonal (m,) added by position in the season, lags (p,) φ₁ first, scaling (2,).
    """

    trend: np.ndarray
    seasonal: np.ndarray
    lags: np.ndarray
    scaling: np.ndarray

    @classmethod
    def of(cls, params: np.ndarray, trend: str, season: int, order: int, scaling: Scaling) -> Equation:
        """From statsmodels' parameter vector: constant, slope, seasonal dummies, lags.

        With a constant there is no dummy for the first position; the slope counts the training points from 1.
        """
        lags = params[len(params) - order :]
        constant = params[0] if "c" in trend else 0.0
        slope = params[len(trend) - 1] if "t" in trend else 0.0
        dummies = params[len(trend.replace("n", "")) : len(params) - order]
        seasonal = np.concatenate([np.zeros(season - len(dummies)), dummies]) if season > 1 else np.zeros(1)
        return cls(np.array([constant, slope]), seasonal, lags, np.array([scaling.level, scaling.spread]))

    def forecast(self, values: np.ndarray, horizon: int) -> np.ndarray:
        """(H,) by feeding each forecast back as the newest value."""
        order, length = len(self.lags), len(values)
        level, spread = self.scaling
        path = np.concatenate([(values[-order:] - level) / spread, np.empty(horizon)])
        for ahead in range(horizon):
            time = length + ahead  # 0-based position of the value that is forecast
            fixed = self.trend[0] + self.trend[1] * (time + 1) + self.seasonal[time % len(self.seasonal)]
            path[order + ahead] = fixed + self.lags @ path[ahead : ahead + order][::-1]
        return level + spread * path[order:]


@dataclass(frozen=True, eq=False)
class FittedAR:
    """An equation for each series of the training panel."""

    model: AR
    ids: tuple[str, ...]
    equations: tuple[Equation, ...]

    @property
    def parameter_count(self) -> int:
        return sum(int(np.count_nonzero(part)) for one in self.equations for part in (one.trend, one.seasonal, one.lags))

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        equation = self.equations[self.ids.index(history.id)]
        with np.errstate(over="ignore", invalid="ignore"):
            point = equation.forecast(history.values, horizon)
        if not np.isfinite(point).all():
            raise FitError(f"AR({equation.lags.size}) explodes within {horizon} steps; choose a shorter order or horizon")
        return Forecast(history.id, f"AR({equation.lags.size})", history.future(horizon), point)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.ids)}
        for number, one in enumerate(self.equations):
            arrays |= {f"{number}.trend": one.trend, f"{number}.seasonal": one.seasonal, f"{number}.lags": one.lags}
            arrays[f"{number}.scaling"] = one.scaling
        return arrays
