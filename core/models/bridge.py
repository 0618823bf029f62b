"""The bridge from AR to a recurrent network: what is left to gain behind the best linear rival, on the same series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.errors import ConfigError
from core.models.arx import ARX
from core.models.autoregression import AR
from core.models.base import Fitted, Look, Price, Workload, each_series
from core.models.network import Network
from core.models.recurrent import Recurrence
from core.parameters import param
from core.progress import Context, Progress
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import Panel, TimeSeries
from core.windows.settings import Beside

if TYPE_CHECKING:
    from core.windows.extras import Extras


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
    look: ClassVar[Look] = Look("#c85745", "#ef9a6f", dash=4)

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

    def price(self, load: Workload) -> Price:
        """That of a network for each series, and of its AR before."""
        price, once = super().price(load), replace(load, forecasts=0)
        return replace(price, seconds=price.seconds + AR(order=self.order).price(once).seconds)

    def fit(self, train: Panel, horizon: int, context: Context) -> Fitted:
        made, absent = each_series(train, context, partial(self._fit_one, horizon=horizon))
        networks = {name: network for name, (network, _) in made.items()}
        said = [note if len(train) == 1 else f"{name}: {note}" for name, (_, notes) in made.items() for note in notes]
        return FittedBridge(networks, tuple(said), absent)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Fitted:
        networks = {}
        for number, name in enumerate(decode_ids(arrays["ids"])):
            prefix = f"{number}."
            own = {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
            networks[name] = Network.restore(BesideAR(**self.config()), own)
        return FittedBridge(networks, decode_ids(arrays["notes"]))

    def _fit_one(self, series: TimeSeries, context: Context, *, horizon: int) -> tuple[Fitted, tuple[str, ...]]:
        from core.nets.losses import LOSSES
        from core.nets.training import fit
        from core.windows.extras import Extras
        from core.windows.linear import rolled

        self.require(series, horizon)
        settings = self.resolved(len(series), horizon, series.season)
        ahead, scaling = settings.ahead(horizon), Scaling.learn(series)
        extras = Extras.learn(Panel((series,)), settings, ahead, is_beside=True)
        seen = replace(series, inputs=series.inputs and series.inputs.only(extras.names))
        ar = AR(order=self.order).fit(Panel((seen,)), horizon, Context(context.seed)).equation(series.id)
        one_step, covariates = from_equation(ar, scaling, extras), len(extras.names)
        settings = BesideAR(**settings.config(), skip=len(one_step) - 2 - 2 * covariates)
        path = rolled(one_step, ahead, scaling.step / scaling.spread, keeps_level=not ar.differences, covariates=covariates)
        losses: list[float] = []

        def watch(progress: Progress) -> None:
            if progress.epoch is not None:
                losses.append(progress.epoch.validation_loss)
            context.watch(progress)

        fitted = fit(settings, Panel((series,)), horizon, replace(context, watch=watch), path=path)
        is_likelihood = LOSSES[self.loss].is_likelihood
        return fitted, (gained(ar.label, losses, is_likelihood=is_likelihood), *fitted.notes)


@dataclass(frozen=True)
class BesideAR(Beside, Bridge):
    """The network of one series: its linear path has as many lags as its AR."""


def from_equation(ar: ARX, scaling: Scaling, extras: Extras) -> np.ndarray:
    """(J + 2 K + 2,) the weights of the linear path's first step that say what the equation says.

    With lag features f(k) = (y(t−k) − y(t)) / step, f(0) = 0, the AR of u = (y − level) / spread is
    Δ = (spread / step) (c + (Σφ − 1) u(t)) + Σ φ(k+1) f(k), and that of differences Δ = c + Σ φ(k) (f(k−1) − f(k)).
    """
    now, then, constant = _on_covariates(ar, extras)
    constant += float(ar.fixed[0])
    if ar.differences:
        after, unit = np.append(ar.lags, 0.0), ar.scaling[1] / scaling.step  # φ(k+1)
        return np.concatenate([after[1:] - ar.lags, [0.0], unit * now, unit * then, [unit * constant]])
    unit = scaling.spread / scaling.step
    return np.concatenate([ar.lags[1:], [unit * (ar.lags.sum() - 1)], unit * now, unit * then, [unit * constant]])


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


def gained(ar: str, losses: list[float], *, is_likelihood: bool) -> str:
    """What training changed, in words: losses on the validation part, that of AR first, and those of all epochs.

    is_likelihood: they are − log densities in nats a value, near 0 or of either sign, of which a share means nothing.
    """
    start, best = losses[0], min(losses[1:])
    if start == 0 and not is_likelihood:
        return f"before training it forecasts as {ar} does, which makes no error on the validation part"
    way = "smaller" if best < start else "larger"
    if not math.isfinite(start):
        worth = "finite"
    elif is_likelihood:
        worth = f"{abs(start - best):.2g} nats a value {way}"
    else:
        worth = f"{100 * abs(start - best) / start:.0f} % {way}"
    return f"before training it forecasts as {ar} does; training made the validation loss {worth}"


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
