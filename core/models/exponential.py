"""Exponential smoothing in innovations form (ETS), fitted by statsmodels' ETSModel."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from core.errors import FitError
from core.models.base import Look, Price, Workload, priced
from core.models.polynomial import deviations
from core.models.seriesfit import EXACT, LONGEST_SEASON, STUCK, Equation, PerSeries, is_usable, normal_quantiles, settled
from core.parameters import param
from core.progress import Context
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.threads import one_thread

DIGITS = 8  # of the scaled values: the solver stops elsewhere if the last digits differ, as they do after a shift
MOST_FITTED = 5_000  # newest values that the weights are learned from
PATHS = 2_000  # simulated futures where no formula gives the quantiles
TRENDS = {"none": (None, False), "additive": ("add", False), "damped": ("add", True)}  # ours -> statsmodels' trend, damped
SEASONS = {"none": None, "additive": "add", "multiplicative": "mul"}
CODES = tuple(product(TRENDS, SEASONS))


@dataclass(frozen=True, eq=False)
class Smoothing(Equation):
    """One fitted form, of the values less scaling[0], divided by scaling[1].

    params as statsmodels orders them: weights, then first states;  form (3,) its place in CODES, the season, the position in
    the series from which on it smooths;  scaling (2,);  deviation (1,) of one-step errors
    """

    params: np.ndarray
    form: np.ndarray
    scaling: np.ndarray
    deviation: np.ndarray

    @property
    def label(self) -> str:
        return ETS.label

    @property
    def parameter_count(self) -> int:
        return len(self.params)

    def forecast(self, history: TimeSeries, horizon: int, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """By smoothing over all of the history with the weights as they are."""
        code, season, start = self.form.tolist()
        trend, seasonal = CODES[code]
        level, spread = self.scaling
        with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            smoothed = _model((history.values[start:] - level) / spread, trend, seasonal, season).smooth(self.params)
            point = level + spread * np.asarray(smoothed.forecast(horizon))
            if not levels:
                return point, np.empty((0, horizon))
            if seasonal == "multiplicative":
                errors = self.deviation * np.random.default_rng(0).standard_normal((horizon, PATHS))
                paths = smoothed.simulate(horizon, anchor="end", repetitions=PATHS, random_errors=errors)
                return point, level + spread * np.quantile(np.asarray(paths).reshape(horizon, PATHS), levels, axis=1)
        errors = deviations(self._responses(trend, seasonal, season, horizon))
        return point, normal_quantiles(point, spread * self.deviation * errors, levels)

    def _responses(self, trend: str, seasonal: str, season: int, horizon: int) -> np.ndarray:
        """(H,) what is left of one error after 0, 1, … steps: 1, then α + β (φ + … + φ^j) + γ at whole seasons.

        statsmodels lets b(t) = φ b(t−1) + β ε(t), so β is that of the formula.
        Source: Hyndman, Koehler, Ord & Snyder 2008, table 6.1.
        """
        weights = iter(self.params.tolist())
        level = next(weights)
        slope = next(weights) if trend != "none" else 0.0
        swing = next(weights) if seasonal != "none" else 0.0
        fading = next(weights) if trend == "damped" else 1.0
        steps = np.arange(1, horizon)
        return np.concatenate([[1.0], level + slope * np.cumsum(fading**steps) + swing * (steps % season == 0)])


@dataclass(frozen=True)
class ETS(PerSeries):
    """Level, trend and season, each moved by a share of every one-step error, by maximum likelihood; errors are additive.

    y(t) = l(t−1) + φ b(t−1) + s(t−m) + ε(t);  l(t) = l(t−1) + φ b(t−1) + α ε(t);  b(t) = φ b(t−1) + β ε(t);
    s(t) = s(t−m) + γ ε(t). What is left open is chosen by the corrected AIC on the training slice.
    Source: Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing.
    """

    name: ClassVar[str] = "ets"
    label: ClassVar[str] = "ETS"
    family: ClassVar[str] = "classical"
    help: ClassVar[str] = "Level, trend and season that follow the series, the newest values counting most."
    is_best_guess: ClassVar[bool] = True
    look: ClassVar[Look] = Look("#18a671", "#3eeba5")
    equation: ClassVar[type[Equation]] = Smoothing
    remedy: ClassVar[str] = "choose a damped trend or a shorter horizon"

    trend: str = param(
        "automatic",
        "Trend",
        "A slope that goes on, or one that fades (damped).",
        choices=("automatic", *TRENDS),
    )
    seasonal: str = param(
        "automatic", "Season", "Swings of a fixed size, or of a size that grows with the level (multiplicative; never chosen "
        "by itself, and only for positive values). Seasons of up to 24 steps.", choices=("automatic", *SEASONS), trait="season",
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(12, 2 * season + 8) if self.seasonal in ("additive", "multiplicative") and is_usable(season) else 12

    def price(self, load: Workload) -> Price:
        share = 0.2 + min(load.length, MOST_FITTED) / 1_000
        return priced(load, fit=0.45 * share, forecast=0.035 * share)

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Smoothing, tuple[str, ...]]:  # noqa: ARG002
        """The best of the forms that the settings allow."""
        start = max(0, len(series) - MOST_FITTED)
        scaling = self._scaling(series)
        values = np.round((series.values[start:] - scaling[0]) / scaling[1], DIGITS)
        if np.ptp(values) == 0:
            plain = np.array([CODES.index(("none", "none")), 1, start])
            return Smoothing(np.array([0.5, values[0]]), plain, scaling, np.zeros(1)), ()
        forms, notes = self._forms(values, series)
        tried, words = [], []
        for number, (trend, seasonal) in enumerate(forms):
            found, message = _fitted(values, trend, seasonal, series.season)
            context.report((number + 1) / len(forms))
            if found is None:
                words.append(message)
                continue
            score, params, deviation = found
            form = np.array([CODES.index((trend, seasonal)), series.season if seasonal != "none" else 1, start])
            tried.append((score, Smoothing(params, form, scaling, np.array([deviation]))))
        if not tried:
            raise FitError(f"ETS did not converge on series {series.id!r}: {words[-1]}; choose another trend or season")
        return min(tried, key=lambda one: one[0])[1], notes

    def _scaling(self, series: TimeSeries) -> np.ndarray:
        """(2,) what is taken off and what it is divided by. Where swings grow with the level, nothing is taken off."""
        learned = Scaling.learn(series)
        return np.array([0.0 if self.seasonal == "multiplicative" else learned.level, learned.spread])

    def _forms(self, values: np.ndarray, series: TimeSeries) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """Trends and seasons to try, and why a season is not among them.  Raises FitError."""
        trends = tuple(TRENDS) if self.trend == "automatic" else (self.trend,)
        wanted = ("none", "additive") if self.seasonal == "automatic" else (self.seasonal,)
        season, notes = series.season, ()
        if season == 1 or wanted == ("none",):
            wanted = ("none",)
        elif season > LONGEST_SEASON:
            wanted, notes = ("none",), (f"a season of {season} steps is longer than the {LONGEST_SEASON} of ETS; left out",)
        elif len(values) < 2 * season + 8:
            needed = 2 * season + 8
            wanted, notes = ("none",), (f"ETS needs {needed} training points for a season of {season} steps; it was left out",)
        if "multiplicative" in wanted and values.min() <= 0:
            raise FitError(f"ETS with a multiplicative season needs positive values, and series {series.id!r} has others")
        return list(product(trends, wanted)), notes


def _model(values: np.ndarray, trend: str, seasonal: str, season: int) -> object:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    kind, is_damped = TRENDS[trend]
    return ETSModel(
        values, trend=kind, damped_trend=is_damped, seasonal=SEASONS[seasonal],
        seasonal_periods=season if seasonal != "none" else None,
    )  # fmt: skip


def _fitted(values: np.ndarray, trend: str, seasonal: str, season: int) -> tuple[tuple[float, np.ndarray, float] | None, str]:
    """Corrected AIC, parameters and deviation of one-step errors of one form; or nothing, and why the solver failed."""
    rounding = EXACT * float(values.std())
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = _model(values, trend, seasonal, season)
            result, has_converged = settled(
                lambda start: model.fit(start, disp=False, maxiter=500),
                lambda solution: solution.sse <= len(values) * rounding**2,
            )
        except (ValueError, np.linalg.LinAlgError) as error:
            return None, str(error)
        params, score = np.asarray(result.params, dtype=float), _criterion(result, len(values), rounding)
        square = float(result.sse) / max(1, len(values) - len(params))
    outcome = result.mle_retvals
    if not has_converged:
        why = "its line search found no better point" if outcome["warnflag"] == STUCK else "that is its limit"
        return None, f"the solver stopped after {outcome['iterations']} iterations, {why}"
    if not (np.isfinite(params).all() and np.isfinite(score)):
        return None, "the likelihood is not finite"
    return (score, params, square**0.5), ""


def _criterion(result: object, length: int, rounding: float) -> float:
    """The corrected AIC, one-step errors below `rounding` counted as `rounding`: of exact forms the shortest is best."""
    from statsmodels.tools.eval_measures import aicc

    most = -length / 2 * (np.log(2 * np.pi * rounding**2) + 1)
    return float(aicc(min(result.llf, most), length, result.df_model))
