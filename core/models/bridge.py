"""The bridge from AR to a recurrent network: what is left to gain behind the best linear rival, on the same series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.errors import ConfigError
from core.models.arx import ARX
from core.models.autoregression import AR
from core.models.base import Fitted, Value, param
from core.models.recurrent import Recurrence
from core.progress import Context, Progress
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries


@dataclass(frozen=True)
class Bridge(Recurrence):
    """ŷ(t+h) = AR(p)'s forecast + U h(t): a recurrent network beside a linear path that starts as the fitted AR(p).

    Before training its forecasts are those of AR(p); whatever training gains on the validation part, memory and
    non-linearity are worth on this series. AR has seen the validation part, so that what is gained is not flattered.
    Source: the linear path of Lai et al. 2018, arXiv:1703.07015 (LSTNet, section 3.6), started at the least-squares fit.
    """

    name: ClassVar[str] = "bridge"
    label: ClassVar[str] = "AR → RNN"
    help: ClassVar[str] = (
        "Starts as the fitted AR and trains a recurrent network beside it: what it gains is what memory and non-linearity are "
        "worth on this series."
    )
    scope: ClassVar[str] = "series"

    cell: str = param("lstm", "Cell", "What learns what AR leaves.", choices=("lstm", "gru", "rnn"))
    order: int | None = param(
        None, "Order p", "How many past values AR uses. Empty: chosen by AIC.", low=1, high=500, unit="steps",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.normalisation != "series":
            raise ConfigError("bridge.normalisation is 'window', in whose units AR is not linear; choose series")

    def needs(self, horizon: int, season: int) -> int:
        return max(super().needs(horizon, season), AR(order=self.order).needs(horizon, season))

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        networks, notes = {}, []
        for number, series in enumerate(train):
            self.require(series, horizon)
            part = context.part(number / len(train), (number + 1) / len(train))
            networks[series.id], said = self._fit_one(series, horizon, part)
            notes += [note if len(train) == 1 else f"{series.id}: {note}" for note in said]
        return FittedBridge(networks, tuple(notes))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        networks = {}
        for number, name in enumerate(decode_ids(arrays["ids"])):
            prefix = f"{number}."
            own = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
            networks[name] = super().restore(own)
        return FittedBridge(networks, decode_ids(arrays["notes"]))

    def settings(self) -> dict[str, Value]:
        return {name: value for name, value in super().settings().items() if name != "order"}

    def _fit_one(self, series: TimeSeries, horizon: int, context: Context) -> tuple[Fitted, tuple[str, ...]]:
        from core.nets.linear import rolled
        from core.nets.settings import Settings
        from core.nets.training import fit

        ar = AR(order=self.order, covariates=False).fit(Panel((series,)), horizon, Context(context.seed)).equation(series.id)
        scaling = Scaling.learn(series)
        one_step = from_equation(ar, scaling)
        closed = self.resolved(len(series), horizon, series.season)
        settings = Settings(**closed.settings() | {"skip": len(one_step) - 2})
        path = rolled(one_step, settings.ahead(horizon), scaling.step / scaling.spread, keeps_level=not ar.differences)
        losses: list[float] = []
        is_learned = False

        def watch(progress: Progress) -> None:
            nonlocal is_learned
            if progress.epoch is not None:
                losses.append(progress.epoch.validation_loss)
            is_learned = is_learned or bool(progress.is_learned)
            context.watch(progress)

        fitted = fit(settings, Panel((series,)), horizon, replace(context, watch=watch), path=path)
        return fitted, (gained(ar.label, losses, is_learned=is_learned), *fitted.notes)


def from_equation(ar: ARX, scaling: Scaling) -> np.ndarray:
    """(J + 2,) the weights of the linear path's first step, on lags, level and 1, that say what the equation says.

    With lag features f(k) = (y(t−k) − y(t)) / step, f(0) = 0, the AR of u = (y − level) / spread is
    Δ = (spread / step) (c + (Σφ − 1) u(t)) + Σ φ(k+1) f(k), and that of differences Δ = c + Σ φ(k) (f(k−1) − f(k)).
    """
    constant = float(ar.fixed[0]) if len(ar.fixed) else 0.0
    if ar.differences:
        after = np.append(ar.lags, 0.0)  # φ(k+1)
        return np.concatenate([after[1:] - ar.lags, [0.0, constant * ar.scaling[1] / scaling.step]])
    unit = scaling.spread / scaling.step
    return np.concatenate([ar.lags[1:], [unit * (ar.lags.sum() - 1), unit * constant]])


def gained(ar: str, losses: list[float], *, is_learned: bool) -> str:
    """What training was worth, in words: losses on the validation part, that of AR first."""
    if not is_learned:
        return (
            f"before training it forecasts as {ar} does, and no epoch was clearly better on the validation part: it stays {ar}"
        )
    share = 100 * (losses[0] - min(losses)) / abs(losses[0])
    return f"before training it forecasts as {ar} does; training made the validation loss {share:.0f} % smaller"


@dataclass(frozen=True, eq=False)
class FittedBridge:
    """A network for each series, by id."""

    networks: Mapping[str, Fitted]
    notes: tuple[str, ...]

    @property
    def parameter_count(self) -> int:
        return sum(one.parameter_count for one in self.networks.values())

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        return self.networks[history.id].forecast(history, horizon, levels)

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"ids": encode_ids(self.networks), "notes": encode_ids(self.notes)}
        for number, one in enumerate(self.networks.values()):
            arrays |= {f"{number}.{name}": array for name, array in one.arrays().items()}
        return arrays
