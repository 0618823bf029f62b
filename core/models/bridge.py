"""The bridge from AR to a recurrent network: what is left to gain behind the best linear rival, on the same series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np

from core.models.arx import ARX
from core.models.autoregression import AR
from core.models.base import Fitted, Look, Model, Price, Workload, each_series
from core.models.network import Network
from core.models.recurrent import Recurrence
from core.parameters import param
from core.progress import Context
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries
from core.windows.ahead import Ahead
from core.windows.extras import Extras
from core.windows.scale import Scale
from core.windows.settings import HELD_OUT, Settings
from core.windows.sight import Sight


@dataclass(frozen=True)
class Bridge(Recurrence):
    """ŷ(t+h) = AR(p)'s forecast + U h(t): a recurrent network beside a skip connection that starts as the fitted AR(p).

    Before training its forecasts are those of AR(p); what training changes on held-out windows, memory and non-linearity are
    worth on this series.
    Source: the linear path of Lai et al. 2018, arXiv:1703.07015 (LSTNet, section 3.6), started at the least-squares fit.
    """

    name: ClassVar[str] = "bridge"
    label: ClassVar[str] = "AR → RNN"
    help: ClassVar[str] = (
        "Starts as the fitted AR and trains a recurrent network beside it: what it gains is what memory and non-linearity are "
        "worth on this series."
    )
    scope: ClassVar[str] = "series"
    look: ClassVar[Look] = Look("#c85745", "#ef9a6f", dash=4)

    cell: str = param("lstm", "Cell", "What learns what AR leaves.", choices=("lstm", "gru", "rnn"))
    order: int | None = param(
        None, "Order p", "How many past values AR uses. Empty: chosen by AIC.", low=1, high=500, unit="steps",
    )  # fmt: skip

    def needs(self, horizon: int, season: int) -> int:
        """What AR needs is left where a horizon and a quarter are held out."""
        equation = AR(order=self.order).needs(horizon, season)
        return max(super().needs(horizon, season), equation + horizon, math.ceil(equation / (1 - HELD_OUT)))

    def price(self, load: Workload) -> Price:
        """That of a network for each series, and of its AR before; what is open in a panel is as for the usual length."""
        if self.lookback is None:
            usual = max(int(load.length), self.needs(load.horizon, load.season))
            return self.resolved(usual, load.horizon, load.season).price(load)
        price, once = super().price(load), replace(load, forecasts=0)
        return replace(price, seconds=price.seconds + AR(order=self.order).price(once).seconds)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        made, absent = each_series(train, context, partial(self._fit_one, horizon=horizon))
        networks = {name: network for name, (network, _) in made.items()}
        said = [note if len(train) == 1 else f"{name}: {note}" for name, (_, notes) in made.items() for note in notes]
        return FittedBridge(networks, tuple(said), absent)

    def settled(self, train: Panel, horizon: int, context: Context, seeds: int = 1) -> Self:  # noqa: ARG002
        """Each series has a network of its own, whose epochs are chosen when it is fitted."""
        return self

    def fit_all(self, train: Panel, horizon: int, context: Context, seeds: int) -> list[Fitted]:
        return Model.fit_all(self, train, horizon, context, seeds)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        networks = {}
        for number, name in enumerate(decode_ids(arrays["ids"])):
            prefix = f"{number}."
            own = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
            networks[name] = Network.restore(self, own)
        return FittedBridge(networks, decode_ids(arrays["notes"]))

    def _fit_one(self, series: TimeSeries, context: Context, *, horizon: int) -> tuple[Fitted, tuple[str, ...]]:
        from core.nets.fitting import fit
        from core.nets.losses import LOSSES
        from core.nets.selection import select

        self.require(series, horizon)
        panel, source, seeds = Panel((series,)), FromAR(self.order), (context.seed,)
        closed = self.resolved(len(series), horizon, series.season)
        said = f"before training it forecasts as {source.equation(panel, horizon).label} does"
        if closed.patience:
            found = select(closed, source, panel, horizon, context.part(0.0, 0.6), seeds)
            closed = replace(closed, epochs=found.epochs, patience=0)
            said += gained(found.before, found.best, is_likelihood=LOSSES[self.loss].is_likelihood)
        (fitted,) = fit(closed, source, panel, horizon, context.part(0.6, 1.0), seeds)
        return fitted, (said, *fitted.notes)


@dataclass(frozen=True)
class FromAR:
    """Sight and start of the AR of one series, which has this order, or one that is chosen."""

    order: int | None

    def equation(self, panel: Panel, horizon: int, names: tuple[str, ...] = ()) -> ARX:
        """Fitted to the series of the panel, with these of its covariates."""
        (series,) = panel
        seen = replace(series, inputs=series.inputs and series.inputs.only(names))
        return AR(order=self.order, seasonal="no").fit(Panel((seen,)), horizon, Context()).equation(series.id)

    def sight(self, settings: Settings, panel: Panel, horizon: int) -> Sight:
        (series,) = panel
        ahead, scale = settings.ahead(horizon), Scale.learn(series, is_log=False, is_alone=True)
        extras = Extras.learn(panel, settings, ahead, is_beside=True)
        ar = self.equation(panel, horizon, extras.names)
        nothing = Ahead.learn(panel, 1, covariates=False, calendar=False)
        lags = len(ar.lags) + ar.differences
        return Sight(settings, {series.id: scale}, True, lags, ahead, extras, nothing, False)

    def start(self, sight: Sight, panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """ŷ(t+h) = Σ A(h,j) y(t−j) + b(h) is y(t) + Σ A(h,j) (y(t−j) − y(t)) + (ΣA(h) − 1) y(t) + b(h)."""
        (series,) = panel
        scale = sight.scales[series.id]
        lags, constants, covariates = rolled(self.equation(panel, horizon, sight.extras.names), sight.ahead, sight.extras)
        pull = lags.sum(axis=1) - 1
        weights = np.concatenate([lags[:, 1:], pull[:, None], covariates / scale.size], axis=1)
        return weights, (pull * scale.mean + constants) / scale.size


def rolled(ar: ARX, ahead: int, extras: Extras) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An equation fed back into itself: weights on the last J values (A, J), newest first, constants (A,), and weights on the
    covariates at t, t+1, …, t+A (A, (A + 1) · K), all in the units of the series.

    The AR of u = (y − o) / s is y(t+1) = o (1 − Σφ) + s c + Σ φ(j) y(t−j), that of differences y(t+1) = y(t) + s c + Σ φ(j)
    Δy(t−j).
    """
    origin, spread = ar.scaling
    now, then, constant = _on_covariates(ar, extras)
    if ar.differences:
        one_step = np.append(ar.lags, 0.0) - np.insert(ar.lags, 0, 0.0)
        one_step[0] += 1.0
        origin = 0.0
    else:
        one_step = ar.lags
    order, count = len(one_step), len(extras.names)
    lags, constants, covariates = np.zeros((ahead, order)), np.zeros(ahead), np.zeros((ahead, ahead + 1, count))
    for step in range(ahead):
        constants[step] = origin * (1 - one_step.sum()) + spread * (constant + float(ar.fixed[0]))
        covariates[step, step], covariates[step, step + 1] = spread * now, spread * then
        for back, weight in enumerate(one_step):
            if back < step:
                lags[step] += weight * lags[step - 1 - back]
                constants[step] += weight * constants[step - 1 - back]
                covariates[step] += weight * covariates[step - 1 - back]
            else:
                lags[step, back - step] += weight
    return lags, constants, covariates.reshape(ahead, -1)


def _on_covariates(ar: ARX, extras: Extras) -> tuple[np.ndarray, np.ndarray, float]:
    """(K,) weights of an equation on z(t) and (K,) on z(t+1), and what they add to its constant.

    z is less the mean m, divided by the deviation d; the equation's own column is (x − o) / s, or that of the changes of x.
    """
    scales = np.concatenate([extras.past_scale, extras.known_scale])
    now, then, constant = np.zeros(len(extras.names)), np.zeros(len(extras.names)), 0.0
    names = decode_ids(ar.names)
    weights = ar.fixed[len(ar.fixed) - len(names) :]
    for name, weight, (offset, size) in zip(names, weights, ar.covariates[2:].T, strict=True):
        place = extras.names.index(name)
        mean, deviation = scales[place]
        then[place] = weight * deviation / size
        constant += weight * ((0.0 if ar.differences else mean) - offset) / size
    return (-then if ar.differences else now), then, constant


def gained(before: float, after: float, *, is_likelihood: bool) -> str:
    """What training changed, in words, from the loss on held-out windows before it and after the best epoch.

    is_likelihood: they are − log densities in nats a value, near 0 or of either sign, of which a share means nothing.
    """
    if before == 0 and not is_likelihood:
        return ", which makes no error on held-out windows"
    way = "smaller" if after < before else "larger"
    if not math.isfinite(before):
        worth = "finite"
    elif is_likelihood:
        worth = f"{abs(before - after):.2g} nats a value {way}"
    else:
        worth = f"{100 * abs(before - after) / before:.0f} % {way}"
    return f"; training made the loss on held-out windows {worth}"


@dataclass(frozen=True, eq=False)
class FittedBridge:
    """A network for each series, by id.  absent: why some have none, by id; it does not travel with the arrays."""

    networks: Mapping[str, Fitted]
    notes: tuple[str, ...]
    absent: Mapping[str, str] = field(default_factory=dict)

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
