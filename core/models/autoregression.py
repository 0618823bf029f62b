"""AR(p), whose order, difference and season are given or chosen from the training slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.errors import ConfigError, FitError
from core.models.arx import ARX, Summary
from core.models.base import Look, Price, Workload, priced
from core.models.forms import Candidate, Form, candidates, deterministic, open_forms, preferred
from core.models.lags import CRITERIA, FARTHEST, MOST_ELIMINATED, chosen_lags, dies_away, parsed_lags
from core.models.regression import MOST_FOR_ORDER, Regression
from core.models.seriesfit import FAR, Equation, FittedPerSeries, PerSeries, is_far
from core.models.terms import TRENDS, covariates_param
from core.parameters import param
from core.progress import Context
from core.series.timeseries import TimeSeries
from core.stats.season import calendar_season
from core.stats.stationarity import wanders
from core.threads import one_thread

SWITCH = {True: "yes", False: "no", "true": "yes", "false": "no"}  # what "seasonal" was before it could be automatic
UNSTABLE = "an order that the criterion prefers is unstable, or its lags say nearly the same, and was passed over"
NONE_STABLE = "every order is unstable: a forecast runs off the further it goes"


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
    What is left open is chosen inside each fit, on the training slice alone: order, difference and season together, by the
    criterion, and by forecasts of the last half where it hardly tells two forms apart. The season is waves, a constant for each
    position, lags a season back, or changes over a season. Where the order is given, two tests decide on the difference, and
    there is no season unless it is asked for. Equations that are unstable, whose columns are collinear or whose forecast runs
    off give way to the next best.
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
        "aicc",
        "Criterion",
        "What chooses the order: AIC leans to long, BIC to short ones, AICc is AIC with care on short series; rolling compares "
        "one-step errors over the last fifth.",
        choices=CRITERIA,
    )
    differences: int | None = param(
        None,
        "Differences",
        "1 models the changes of a level that wanders, 0 the level itself. Empty: chosen with the order; "
        "where that is given, 1 if two tests of stationarity agree on it.",
        low=0,
        high=1,
    )
    trend: str = param("constant", "Trend", "Deterministic part beside the lags; of differences, a drift.", choices=TRENDS)
    seasonal: str = param(
        "automatic",
        "Season",
        "Constants for each position in the season, or waves, beside the lags. Automatic: these, lags a season back or changes "
        "over a season, whichever the criterion prefers; none where order or lags are given.",
        choices=("automatic", "yes", "no"),
        advanced=True,
        trait="season",
    )
    harmonics: int | None = param(
        None,
        "Waves",
        "How many sines and cosines draw the season (Fourier terms), which takes fewer weights than a constant for each "
        "position. Empty: no waves, the constants.",
        low=1,
        high=60,
        advanced=True,
        when=(("seasonal", ("yes",)),),
    )
    lags: str | None = param(
        None, "Lags", "Which past values are used, such as 1,2,12. Empty: all up to the order.", advanced=True
    )
    sparse: bool = param(
        False, "Sparse lags", "Lags that say little are dropped, one by one, as long as the criterion gains.", advanced=True
    )
    covariates: bool = covariates_param()

    def __post_init__(self) -> None:
        if isinstance(self.seasonal, bool | str):
            object.__setattr__(self, "seasonal", SWITCH.get(self.seasonal, self.seasonal))
        super().__post_init__()
        given = self._given()
        if self.order is not None and given:
            raise ConfigError(f"ar.order is {self.order} and ar.lags is {self.lags!r}; give one of them")
        if self.harmonics is not None and self.seasonal != "yes":
            raise ConfigError(
                f"ar.harmonics is {self.harmonics} and ar.seasonal is {self.seasonal!r}; choose 'yes', or leave waves empty"
            )
        if self.sparse and max(self.order or 0, len(given)) > MOST_ELIMINATED:
            raise ConfigError(f"ar.sparse starts from {self.order or len(given)} lags; choose at most {MOST_ELIMINATED}")

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        lags = self._given() or tuple(range(1, (self.order or 1) + 1))
        fixed = len(deterministic(self._form(0), self.trend, season).names)
        return max(10, max(lags) + len(lags) + fixed + 2)

    @property
    def reads_covariates(self) -> bool:
        return self.covariates

    def price(self, load: Workload) -> Price:
        """The regressions that choose the order are on as many values at most."""
        return priced(load, fit=0.04 * (1 + min(load.length, MOST_FOR_ORDER) / 4_000))

    def fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[ARX, tuple[str, ...]]:  # noqa: ARG002
        try:
            if self.order is None and not self._given():
                return self._of_chosen(series, horizon)
            return self._of_given(series, horizon)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise FitError(f"AR could not be fitted to series {series.id!r}: {error}") from error

    def _of_given(self, series: TimeSeries, horizon: int) -> tuple[ARX, tuple[str, ...]]:
        """With the lags that are given, or some of them."""
        differences = self.differences
        if differences is None:
            differences = int(wanders(series.values, "linear" if self.trend == "linear" else "constant"))
        regression, notes = Regression.of(self, series, horizon, self._form(differences))
        lags = self._given() or tuple(range(1, self.order + 1))
        return regression.solved(self._eliminated(regression, lags) if self.sparse else lags, series.id), notes

    def _of_chosen(self, series: TimeSeries, horizon: int) -> tuple[ARX, tuple[str, ...]]:
        """The best of the sound equations whose forecast does not run off; where there is none, of those without a season."""
        regressions = {form: Regression.of(self, series, horizon, form) for form in self._forms(series)}
        with one_thread():
            ranked = self._ranked(regressions, series)
            best = preferred(ranked, lambda form: regressions[form][0].newest, series.season, horizon)
        if not ranked:  # too few values to choose from, and perhaps to be fitted at all
            regression, notes = regressions[self._form(self.differences or 0)]
            return regression.solved((1,), series.id), notes
        far = None
        for one in ([best] if best else []) + ranked:
            if not one.is_sound:
                continue
            regression, notes = regressions[one.form]
            found = regression.solved(one.lags, series.id)
            if _runs_off(found, series, horizon):
                far = far or found
                continue
            if not ranked[0].is_sound:
                notes = (*notes, UNSTABLE)
            if far is not None:
                notes = (*notes, f"{far.label} {FAR} within {horizon} steps, so {found.label} was fitted")
            return self._thinned(regression, found, series, horizon), notes
        plain = [one for one in ranked if one.is_plain] or [one for one in ranked if one.form == ranked[0].form]
        plain = [one for one in plain if one.form == plain[0].form]
        return self._of_unsound(plain, regressions[plain[0].form], series, horizon)

    def _of_unsound(
        self, ranked: list[Candidate], made: tuple[Regression, tuple[str, ...]], series: TimeSeries, horizon: int
    ) -> tuple[ARX, tuple[str, ...]]:
        """The best order of one form, or the best smaller one whose forecast does not run off.  Raises FitError."""
        regression, notes = made
        first = found = regression.solved(ranked[0].lags, series.id)
        shorter = ranked
        while _runs_off(found, series, horizon):
            shorter = [one for one in shorter if len(one.lags) < len(shorter[0].lags)]
            if not shorter:
                raise FitError(f"{first.label} {FAR} within {horizon} steps, and so does every smaller order")
            found = regression.solved(shorter[0].lags, series.id)
        if found is not first:
            notes = (*notes, f"{first.label} {FAR} within {horizon} steps, so {found.label} was fitted")
        return found, notes if dies_away(found.lags) else (*notes, NONE_STABLE)

    def _thinned(self, regression: Regression, found: ARX, series: TimeSeries, horizon: int) -> ARX:
        """With sparse lags, where they are asked for and as sound as all of them."""
        if not self.sparse or len(found.lags) > MOST_ELIMINATED:
            return found
        lags = tuple(int(lag) + 1 for lag in np.flatnonzero(found.lags))
        fewer = regression.solved(self._eliminated(regression, lags), series.id)
        return fewer if dies_away(fewer.lags) and not _runs_off(fewer, series, horizon) else found

    def _form(self, differences: int) -> Form:
        """Without a choice of season."""
        kind = "none" if self.seasonal != "yes" else "dummies" if self.harmonics is None else "fourier"
        return Form(differences, kind, self.harmonics or 0)

    def _forms(self, series: TimeSeries) -> tuple[Form, ...]:
        differences = (0, 1) if self.differences is None else (self.differences,)
        if self.seasonal != "automatic":
            return tuple(self._form(count) for count in differences)
        has_covariates = self.covariates and series.inputs is not None
        return tuple(open_forms(len(series), _lasting(series), differences, has_covariates=has_covariates))

    def _ranked(self, regressions: Mapping[Form, tuple[Regression, tuple[str, ...]]], series: TimeSeries) -> list[Candidate]:
        """All orders of all forms, the best first."""
        found = []
        for form, (regression, _) in regressions.items():
            found += candidates(
                form, *regression.newest, series.season, self.criterion,
                length=min(len(series), MOST_FOR_ORDER), repeats_season=self.seasonal == "automatic" and _lasting(series) > 1,
            )  # fmt: skip
        return sorted(found, key=lambda one: one.score)

    def _given(self) -> tuple[int, ...]:
        """The lags as they were typed, () for none."""
        return parsed_lags(self.lags, self.name) if self.lags and self.lags.strip() else ()

    def _eliminated(self, regression: Regression, lags: tuple[int, ...]) -> tuple[int, ...]:
        """Those of the lags that the criterion keeps."""
        values, fixed = regression.newest
        share = 0.8 if self.criterion == "rolling" else 1.0  # of the steps, on which every candidate must be estimable
        if share * (len(values) - lags[-1]) <= fixed.shape[1] + len(lags):
            return lags  # too few values to choose among them, and perhaps to be fitted at all
        with one_thread():
            return chosen_lags(values, fixed, lags, self.criterion)


def _lasting(series: TimeSeries) -> int:
    """The season, or 1 where the calendar has none for such steps: what repeats then is a cycle, and its phase drifts."""
    return 1 if series.freq and calendar_season(series.freq)[0] == 1 else series.season


def _runs_off(equation: ARX, series: TimeSeries, horizon: int) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return is_far(equation.forecast(series, horizon, ())[0], series.values)
