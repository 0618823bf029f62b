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
ERRORS = ("additive", "multiplicative")
SEASONS = {"none": None, "additive": "add", "multiplicative": "mul"}
Form = tuple[str, str, str]  # trend, season, errors
STAGES = 3
CODES = tuple(product(TRENDS, SEASONS))


@dataclass(frozen=True, eq=False)
class Smoothing(Equation):
    """One fitted form, of the values less scaling[0], divided by scaling[1].

    params as statsmodels orders them: weights, then first states;  form (4,) its place in CODES, the season, the position in
    the series from which on it smooths, whether its errors are shares of the level, which older ones do not say
    scaling (2,);  deviation (1,) of one-step errors
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
        code, season, start, *shares = self.form.tolist()
        (trend, seasonal), errors = CODES[code], ERRORS[shares[0] if shares else 0]
        level, spread = self.scaling
        with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            values = (history.values[start:] - level) / spread
            smoothed = _model(values, trend, seasonal, season, errors).smooth(self.params)
            point = level + spread * np.asarray(smoothed.forecast(horizon))
            if not levels:
                return point, np.empty((0, horizon))
            if "multiplicative" in (seasonal, errors):
                shocks = self.deviation * np.random.default_rng(0).standard_normal((horizon, PATHS))
                paths = smoothed.simulate(horizon, anchor="end", repetitions=PATHS, random_errors=shocks)
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
    """Level, trend and season, each moved by a share of every one-step error, by maximum likelihood.

    y(t) = l(t−1) + φ b(t−1) + s(t−m) + ε(t);  l(t) = l(t−1) + φ b(t−1) + α ε(t);  b(t) = φ b(t−1) + β ε(t);
    s(t) = s(t−m) + γ ε(t); or with a season that multiplies, or errors that are shares of the forecast. What is left open is
    chosen by the corrected AIC on the training slice: the season with and without a slope, then whether that is damped, then
    whether errors are shares, the last two of the best so far alone. Shares and multiples only of positive values.
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
        "automatic", "Season", "Swings of a fixed size, or of a size that grows with the level (multiplicative, only for "
        "positive values). Seasons of up to 24 steps.", choices=("automatic", *SEASONS), trait="season",
    )  # fmt: skip
    errors: str = param(
        "automatic", "Errors", "Of a fixed size, or shares of the forecast (multiplicative, only for positive values). "
        "Automatic: of a fixed size where trend and season are given.", choices=("automatic", *ERRORS), advanced=True,
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        return max(12, 2 * season + 8) if self.seasonal in ("additive", "multiplicative") and is_usable(season) else 12

    def price(self, load: Workload) -> Price:
        share = 0.2 + min(load.length, MOST_FITTED) / 1_000
        return priced(load, fit=0.45 * share, forecast=0.035 * share)

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Smoothing, tuple[str, ...]]:  # noqa: ARG002
        """The best of the forms that the settings allow."""
        start = max(0, len(series) - MOST_FITTED)
        if np.ptp(_scaled(series, "none")[0]) == 0:
            values, scaling = _scaled(series, "none")
            plain = np.array([CODES.index(("none", "none")), 1, start])
            return Smoothing(np.array([0.5, values[0]]), plain, scaling, np.zeros(1)), ()
        forms, notes = self._forms(series)
        tried: dict[Form, tuple[float, Smoothing]] = {}
        words, best = "", None
        for stage in range(STAGES):
            for form in self._stage(stage, forms, best, series):
                found, message = self._fit_form(series, *form)
                tried |= {form: found} if found else {}
                words = message or words
            best = min(tried, key=lambda form: tried[form][0]) if tried else None
            context.report((stage + 1) / STAGES)
        if best is None:
            raise FitError(f"ETS did not converge on series {series.id!r}: {words}; choose another trend or season")
        return tried[best][1], notes

    def _stage(self, stage: int, forms: list[tuple[str, str]], best: Form | None, series: TimeSeries) -> list[Form]:
        """What is tried: first every form but damped slopes, unless they are asked for; then those, and then errors that are
        shares, of the best so far.  Raises FitError.
        """
        is_positive = series.values[-MOST_FITTED:].min() > 0
        if self.errors == "multiplicative" and not is_positive:
            raise FitError(f"ETS with multiplicative errors needs positive values, and series {series.id!r} has others")
        plain = "multiplicative" if self.errors == "multiplicative" else "additive"
        if stage == 0:
            return [(*form, plain) for form in forms if form[0] != "damped" or self.trend != "automatic"]
        if best is None:
            return []
        if stage == 1:
            return [("damped", best[1], plain)] if self.trend == "automatic" else []
        is_open = self.errors == "automatic" and "automatic" in (self.trend, self.seasonal)
        return [(*best[:2], "multiplicative")] if is_open and is_positive else []

    def _fit_form(
        self, series: TimeSeries, trend: str, seasonal: str, errors: str
    ) -> tuple[tuple[float, Smoothing] | None, str]:
        """The corrected AIC and the equation of one form; or nothing, and why the solver failed."""
        values, scaling = _scaled(series, "multiplicative" if "multiplicative" in (seasonal, errors) else "none")
        found, message = _fitted(values, trend, seasonal, series.season, errors)
        if found is None:
            return None, message
        score, params, deviation = found
        start, season = max(0, len(series) - MOST_FITTED), series.season if seasonal != "none" else 1
        form = np.array([CODES.index((trend, seasonal)), season, start, ERRORS.index(errors)])
        return (score, Smoothing(params, form, scaling, np.array([deviation]))), ""

    def _forms(self, series: TimeSeries) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
        """Trends and seasons to try, and why a season is not among them.  Raises FitError."""
        is_positive, length = series.values[-MOST_FITTED:].min() > 0, min(len(series), MOST_FITTED)
        trends = tuple(TRENDS) if self.trend == "automatic" else (self.trend,)
        wanted = (self.seasonal,)
        if self.seasonal == "automatic":
            wanted = ("none", "additive", "multiplicative") if is_positive else ("none", "additive")
        season, notes = series.season, ()
        if season == 1 or wanted == ("none",):
            wanted = ("none",)
        elif season > LONGEST_SEASON:
            wanted, notes = ("none",), (f"a season of {season} steps is longer than the {LONGEST_SEASON} of ETS; left out",)
        elif length < 2 * season + 8:
            needed = 2 * season + 8
            wanted, notes = ("none",), (f"ETS needs {needed} training points for a season of {season} steps; it was left out",)
        if "multiplicative" in wanted and not is_positive:
            raise FitError(f"ETS with a multiplicative season needs positive values, and series {series.id!r} has others")
        return list(product(trends, wanted)), notes


def _scaled(series: TimeSeries, seasonal: str) -> tuple[np.ndarray, np.ndarray]:
    """The newest values, and scaling (2,). Where swings grow with the level, nothing is taken off."""
    learned = Scaling.learn(series)
    scaling = np.array([0.0 if seasonal == "multiplicative" else learned.level, learned.spread])
    return np.round((series.values[-MOST_FITTED:] - scaling[0]) / scaling[1], DIGITS), scaling


def _model(values: np.ndarray, trend: str, seasonal: str, season: int, errors: str) -> object:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    kind, is_damped = TRENDS[trend]
    return ETSModel(
        values, error="mul" if errors == "multiplicative" else "add", trend=kind, damped_trend=is_damped,
        seasonal=SEASONS[seasonal], seasonal_periods=season if seasonal != "none" else None,
    )  # fmt: skip


def _fitted(
    values: np.ndarray, trend: str, seasonal: str, season: int, errors: str
) -> tuple[tuple[float, np.ndarray, float] | None, str]:
    """Corrected AIC, parameters and deviation of one-step errors of one form; or nothing, and why the solver failed."""
    rounding = EXACT * float(values.std())
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = _model(values, trend, seasonal, season, errors)
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
