"""Exponential smoothing in innovations form (ETS), fitted by statsmodels' ETSModel."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
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

DIGITS = 8  # of the scaled values: the solver stops elsewhere if the last digits differ, as they do after a shift
MOST_FITTED = 5_000  # newest values that the weights are learned from
LONGEST_SEASON = 24  # a longer one has too many first states to estimate
TRENDS = {"none": (None, False), "additive": ("add", False), "damped": ("add", True)}  # ours -> statsmodels' trend, damped
SEASONS = {"none": None, "additive": "add", "multiplicative": "mul"}
CODES = tuple(product(TRENDS, SEASONS))


@dataclass(frozen=True)
class ETS(Model):
    """Level, trend and season, each moved by a share of every one-step error, by maximum likelihood; errors are additive.

    y(t) = l(t−1) + φ b(t−1) + s(t−m) + ε(t);  l(t) = l(t−1) + φ b(t−1) + α ε(t);  b(t) = φ b(t−1) + β ε(t);
    s(t) = s(t−m) + γ ε(t). What is left open is chosen by the corrected AIC on the training slice.
    Source: Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing.
    """

    name: ClassVar[str] = "ets"
    label: ClassVar[str] = "ETS"
    family: ClassVar[str] = "classical"
    help: ClassVar[str] = "Level, trend and season that follow the series, the newest values counting most."

    trend: str = param(
        "automatic",
        "Trend",
        "A slope that goes on, or one that fades (damped).",
        choices=("automatic", *TRENDS),
    )
    seasonal: str = param(
        "automatic", "Season", "Swings of a fixed size, or of a size that grows with the level (multiplicative; never chosen "
        "by itself, and only for positive values). Seasons of up to 24 steps.", choices=("automatic", *SEASONS),
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(12, 2 * season + 8) if self.seasonal in ("additive", "multiplicative") and _is_usable(season) else 12

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        found = []
        for number, series in enumerate(train):
            self.require(series, horizon)
            part = context.part(number / len(train), 1 / len(train))
            part.report(0.0)
            found.append(self._smoothing(series, part))
        context.report(1.0)
        return FittedETS(self, tuple(series.id for series in train), tuple(found))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        ids = decode_ids(arrays["ids"])
        found = (
            Smoothing(arrays[f"{n}.params"], *arrays[f"{n}.form"].tolist(), arrays[f"{n}.scaling"]) for n in range(len(ids))
        )
        return FittedETS(self, ids, tuple(found))

    def _smoothing(self, series: TimeSeries, context: Context) -> Smoothing:
        """The best of the forms that the settings allow.  Raises FitError, Cancelled."""
        start = max(0, len(series) - MOST_FITTED)
        scaling = self._scaling(series)
        values = np.round((series.values[start:] - scaling[0]) / scaling[1], DIGITS)
        if np.ptp(values) == 0:
            return Smoothing(np.array([0.5, values[0]]), CODES.index(("none", "none")), 1, start, scaling)
        tried, forms, words = [], self._forms(values, series), []
        for number, (trend, seasonal) in enumerate(forms):
            result, message = _fitted(values, trend, seasonal, series.season)
            context.report((number + 1) / len(forms))
            if result is None:
                words.append(message)
            else:
                code = CODES.index((trend, seasonal))
                tried.append(
                    (result[0], Smoothing(result[1], code, series.season if seasonal != "none" else 1, start, scaling))
                )
        if not tried:
            raise FitError(f"ETS could not be fitted to series {series.id!r}: {words[-1]}; choose another trend or season")
        return min(tried, key=lambda one: one[0])[1]

    def _scaling(self, series: TimeSeries) -> np.ndarray:
        """(2,) what is taken off and what it is divided by. Where swings grow with the level, nothing is taken off."""
        learned = Scaling.learn(series)
        return np.array([0.0 if self.seasonal == "multiplicative" else learned.level, learned.spread])

    def _forms(self, values: np.ndarray, series: TimeSeries) -> list[tuple[str, str]]:
        """Trends and seasons to try."""
        trends = tuple(TRENDS) if self.trend == "automatic" else (self.trend,)
        if not _is_usable(series.season) or len(values) < 2 * series.season + 8:
            seasons = ("none",)
        elif self.seasonal == "automatic":
            seasons = ("none", "additive")
        else:
            seasons = (self.seasonal,)
        if "multiplicative" in seasons and values.min() <= 0:
            raise FitError(f"ETS with a multiplicative season needs positive values, and series {series.id!r} has others")
        return list(product(trends, seasons))


def _is_usable(season: int) -> bool:
    return 1 < season <= LONGEST_SEASON


def _model(values: np.ndarray, trend: str, seasonal: str, season: int) -> object:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    kind, is_damped = TRENDS[trend]
    return ETSModel(
        values, trend=kind, damped_trend=is_damped, seasonal=SEASONS[seasonal],
        seasonal_periods=season if seasonal != "none" else None,
    )  # fmt: skip


def _fitted(values: np.ndarray, trend: str, seasonal: str, season: int) -> tuple[tuple[float, np.ndarray] | None, str]:
    """The corrected AIC and the parameters of one form; or nothing, and what the solver said."""
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = _model(values, trend, seasonal, season).fit(disp=False, maxiter=500)
        except (ValueError, np.linalg.LinAlgError) as error:
            return None, str(error)
    params, score = np.asarray(result.params, dtype=float), float(result.aicc)
    said = result.mle_retvals or {}
    if not (np.isfinite(params).all() and np.isfinite(score)) or said.get("warnflag") == 2:
        return None, str(said.get("task", "the likelihood is not finite"))
    return (score, params), ""


@dataclass(frozen=True, eq=False)
class Smoothing:
    """One fitted form, of the values less scaling[0], divided by scaling[1].

    params as statsmodels orders them: weights, then first states;  code  the form's place in CODES;  start  the position in the
    series from which on it smooths.
    """

    params: np.ndarray
    code: int
    season: int
    start: int
    scaling: np.ndarray

    def forecast(self, values: np.ndarray, horizon: int) -> np.ndarray:
        """(H,) after all of `values`, by smoothing over them with the weights as they are."""
        level, spread = self.scaling
        with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = _model((values[self.start :] - level) / spread, *CODES[self.code], self.season)
            return level + spread * np.asarray(model.smooth(self.params).forecast(horizon))


@dataclass(frozen=True, eq=False)
class FittedETS:
    """A form for each series of the training panel."""

    model: ETS
    ids: tuple[str, ...]
    forms: tuple[Smoothing, ...]

    @property
    def parameter_count(self) -> int:
        return sum(len(one.params) for one in self.forms)

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        form = self.forms[self.ids.index(history.id)]
        point = form.forecast(history.values, horizon)
        if not np.isfinite(point).all():
            raise FitError(f"ETS explodes within {horizon} steps; choose a damped trend or a shorter horizon")
        return Forecast(history.id, self.model.label, history.future(horizon), point)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.ids)}
        for number, one in enumerate(self.forms):
            arrays[f"{number}.params"], arrays[f"{number}.scaling"] = one.params, one.scaling
            arrays[f"{number}.form"] = np.array([one.code, one.season, one.start])
        return arrays
