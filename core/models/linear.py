"""A linear regression on a window, with one set of weights for all series of a panel. Plain numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from core.models.base import FORECAST, Look, Model, Price, Workload
from core.models.pooled import Pooled, Shape, fit_pooled, learned_ahead
from core.models.terms import covariates_param
from core.models.windowchoice import PENALTIES, Grid, choice_seconds, chosen
from core.parameters import param
from core.progress import Context
from core.series.timeseries import Panel
from core.threads import one_thread

AUTOMATIC = "automatic"
LONGEST = 2_000  # steps of a window
FIT, ROW = 0.004, 6e-6  # seconds of a fit once its settings are chosen, and for each value
BYTES = 3_000  # for each row


@dataclass(frozen=True)
class Linear(Model):
    """ŷ(t+1 … t+H) = level(t) + size · (W · window(t) + b), in units of the series or of its logarithm.

    level(t) is the mean of the last season, size that of the changes from season to season, window(t) the last values less the
    level, divided by the size. What is left open is chosen on the last part of the training slice, by the mean absolute error
    in units of each series' size.
    Sources: Montero-Manso & Hyndman 2021, Int. J. Forecasting 37(4) (pooling); Toner & Darlow 2024, ICML (the regression that
    linear networks are).
    """

    name: ClassVar[str] = "linear"
    label: ClassVar[str] = "Linear"
    family: ClassVar[str] = "autoregressive"
    scope: ClassVar[str] = "panel"
    help: ClassVar[str] = "One regression on a window for all series. Most published networks do not beat it."
    look: ClassVar[Look] = Look("#0a0af5", "#b6ff0a")
    is_best_guess: ClassVar[bool] = True

    window: int | None = param(
        None, "Window", "How many past values a forecast reads. Empty: chosen, up to eight seasons.", low=1, high=LONGEST,
        unit="steps",
    )  # fmt: skip
    ahead: str = param(
        AUTOMATIC, "Steps ahead", "Direct has weights of its own for each step ahead; fed back has those of the first step, "
        "and reads its own forecasts as if they had happened.", choices=(AUTOMATIC, "direct", "fed_back"),
    )  # fmt: skip
    log: str = param(
        AUTOMATIC, "Logarithms", "Works in logarithms where all values of a series are positive: for growth in percent.",
        choices=(AUTOMATIC, "yes", "no"),
    )  # fmt: skip
    objective: str = param(
        AUTOMATIC, "Objective", "What the fit makes small: squared errors, or absolute ones, which do not run after outliers.",
        choices=(AUTOMATIC, "squared", "absolute"),
    )  # fmt: skip
    penalty: float | None = param(
        None, "Penalty", "Pulls the weights towards 0, as much as so many rows of the size of one. Empty: chosen.", low=0.0,
        high=1e9, advanced=True,
    )  # fmt: skip
    mean: str = param(
        AUTOMATIC, "Returns to its mean", "Also reads how far the level is from the mean of the training part.",
        choices=(AUTOMATIC, "yes", "no"), advanced=True,
    )  # fmt: skip
    calendar: bool = param(
        False, "Calendar inputs", "Also reads the hour, the day of the week and the day of the year that is forecast, where "
        "they vary.", advanced=True, trait="dates",
    )  # fmt: skip
    covariates: bool = covariates_param()

    @property
    def reads_covariates(self) -> bool:
        return self.covariates

    def needs(self, horizon: int, season: int) -> int:  # noqa: ARG002
        """A season, and a few steps after it."""
        return max(8, season + 4)

    def price(self, load: Workload) -> Price:
        rows = min(load.points, 50_000)
        choice = 0.0 if self._is_closed else choice_seconds(load, is_absolute=self.objective != "squared")
        seconds = choice + load.fits * (FIT + ROW * rows) + load.series * load.forecasts * FORECAST
        return Price(load.trainings * seconds, BYTES * rows)

    def settled(self, train: Panel, horizon: int, context: Context, seeds: int = 1) -> Self:  # noqa: ARG002
        if self._is_closed:
            return self
        self.require(max(train, key=len), horizon)
        shape = chosen(self._grid(), train, horizon, context)
        return replace(
            self,
            window=shape.lags,
            ahead="direct" if shape.is_direct else "fed_back",
            log=_answer(shape.is_log),
            objective="absolute" if shape.is_absolute else "squared",
            penalty=shape.penalty,
            mean=_answer(shape.keeps_mean),
        )

    def fit(self, train: Panel, horizon: int, context: Context) -> Pooled:
        self.require(max(train, key=len), horizon)
        context.report(0.0)
        model = self.settled(train, horizon, context.part(0.0, 0.7))
        is_direct, columns = model.ahead == "direct", {"covariates": self.covariates, "calendar": self.calendar}
        shape = Shape(
            model.window, is_direct, model.log == "yes", model.objective == "absolute", model.penalty, model.mean == "yes"
        )
        with one_thread():
            fitted = fit_pooled(
                self.label, shape, train, horizon, learned_ahead(train, horizon, is_direct=is_direct, **columns)
            )
        context.report(1.0)
        return fitted

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Pooled:
        return Pooled.of_arrays(self.label, arrays)

    @property
    def _is_closed(self) -> bool:
        return AUTOMATIC not in (self.ahead, self.log, self.objective, self.mean) and None not in (self.window, self.penalty)

    def _grid(self) -> Grid:
        """What is left to choose: one value of each setting that is closed."""
        return Grid(
            () if self.window is None else (self.window,),
            _open(self.ahead, "direct", (True, False)),
            _open(self.log, "yes", (True, False)),
            _open(self.objective, "absolute", (False, True)),
            PENALTIES if self.penalty is None else (self.penalty,),
            _open(self.mean, "yes", (False, True)),
            self.covariates,
            self.calendar,
        )


def _answer(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _open(value: str, affirmative: str, both: tuple[bool, bool]) -> tuple[bool, ...]:
    return both if value == AUTOMATIC else (value == affirmative,)
