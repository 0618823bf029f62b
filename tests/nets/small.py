"""Tiny networks of every shape, with random weights, and series with covariates. Not a test."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
import torch

from core.models.feedforward import FeedForward
from core.models.network import FromLinear
from core.models.network import Network as Model
from core.models.recurrent import GRU, LSTM, RNN
from core.nets.examples import Examples
from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.nets.start import built
from core.nets.strip import Strip
from core.nets.training import Trainer
from core.progress import Context
from core.series.timeseries import Inputs, Panel, TimeSeries
from core.windows.ahead import Ahead
from core.windows.extras import Extras
from core.windows.scale import Scale
from core.windows.settings import SYNCED, TOPOLOGIES, Beside, Cells, Reading, Settings, Training
from core.windows.sight import Sight

HORIZON, LOOKBACK, WIDTH = 3, 7, 3
CLOSED = {
    "skip": "on", "lags": 4, "start": "direct", "log": "no", "mean": "no", "penalty": 0.1, "seasonal_lag": "no", "patience": 0
}  # fmt: skip
TINY = {"hidden": 3, "lookback": LOOKBACK, "epochs": 1, "batch": 8} | CLOSED


@dataclass(frozen=True)
class Closed(Beside, Training, Reading, Cells):
    """Settings of any cell, without a model around them: nothing is open, and nothing is checked."""

    cell: str = "gru"
    label: str = "GRU"
    hidden: int = 4
    lookback: int = LOOKBACK
    segment: int = 1
    batch: int = 32
    skip: str = "on"
    lags: int = 2
    start: str = "direct"
    log: str = "no"
    mean: str = "no"
    penalty: float = 0.1
    seasonal_lag: str = "no"
    patience: int = 0


CHEAP = Closed()
FROM_LINEAR = FromLinear(0.1, is_direct=True, is_log=False, keeps_mean=False)

# every shape that a network can have
MODELS: dict[str, Model] = {
    f"{cell.name} {topology}{' both ways' * both}": cell(**TINY, topology=topology, bidirectional=both)
    for cell in (RNN, LSTM, GRU)
    for topology in TOPOLOGIES
    for both in (False, True)
    if not (both and topology == SYNCED)
} | {"feedforward": FeedForward(**TINY)}
BY_TOPOLOGY = {topology: GRU(**TINY, topology=topology) for topology in TOPOLOGIES} | {"feedforward": FeedForward(**TINY)}
UNTOLD = Ahead((), np.empty((0, 2)), (), np.empty((0, 2)), (), 1)


def nothing(ahead: int) -> Extras:
    """No further channels."""
    return Extras(False, (), (), np.empty((0, 2)), (), np.empty((0, 2)), ahead)


def sight_of(
    settings: Settings, scale: Scale, *, horizon: int = HORIZON, keeps_mean: bool = False, extras: Extras | None = None,
    beside: Ahead = UNTOLD,
) -> Sight:  # fmt: skip
    """Of one series "y"."""
    ahead, lags = settings.ahead(horizon), max(settings.lags, scale.season)
    return Sight(settings, {"y": scale}, keeps_mean, lags, ahead, extras or nothing(ahead), beside, scale.is_log)


def network_of(settings: Settings, channels: int = 2, *, width: int = WIDTH, horizon: int = HORIZON, known: int = 0) -> Network:
    """With a random head and skip connection, which training does not start from; known: channels that tell of each step."""
    torch.manual_seed(1)
    ahead = settings.ahead(horizon)
    network = Network(settings, channels, width, ahead, known * ahead)
    torch.nn.init.normal_(network.head.weight)
    network.unit.copy_(torch.linspace(0.6, 1.4, ahead))
    return network.eval()


def batch(settings: Settings, channels: int = 2, *, rows: int = 3, seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """inputs (B, K, C), linear (B, K, F)"""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(rows, settings.reads, size, generator=generator) for size in (channels * settings.segment, WIDTH))


def every(name: str) -> Settings:
    """The settings of a model of MODELS, all closed."""
    return MODELS[name].resolved(60, HORIZON, 4)


class Doubled(Strip):
    """A strip in double precision, for gradients by finite differences."""

    @classmethod
    def of_strip(cls, strip: Strip) -> Strip:
        whole = {one.name: getattr(strip, one.name) for one in fields(strip)}
        return cls(**whole | {"inputs": strip.inputs.double()})

    def linear(self, rows: torch.Tensor) -> torch.Tensor:
        return super().linear(rows).double()

    def goal(self, rows: torch.Tensor, ahead: int) -> tuple[torch.Tensor, ...]:
        return tuple(part.double() for part in super().goal(rows, ahead))


def prepared(settings: Settings, *series: TimeSeries, horizon: int = HORIZON) -> tuple[Examples, tuple[np.ndarray, np.ndarray]]:
    """What is learned from whole series, and what a skip connection starts from."""
    panel, ahead = Panel(series), settings.ahead(horizon)
    sight = FROM_LINEAR.sight(settings, panel, horizon)
    strip = Strip.of(sight, series, [len(one) - ahead for one in series])
    return Examples.of(strip, ahead, strip.length), FROM_LINEAR.start(sight, panel, horizon)


def trainer_of(
    settings: Settings, *series: TimeSeries, seeds: Sequence[int] = (0,), horizon: int = HORIZON, exact: bool = False
) -> Trainer:
    """Before its first update; exact: in double precision."""
    examples, start = prepared(settings, *series, horizon=horizon)
    networks = built(settings, examples, start, seeds, "cpu")
    if exact:
        examples = replace(examples, strip=Doubled.of_strip(examples.strip))
        networks = [network.double() for network in networks]
    return Trainer(settings, networks, examples, seeds, Context(), settings.epochs)


def walk(length: int, *, seed: int = 3) -> np.ndarray:
    """A season of 4 and noise around a level that wanders."""
    steps, noise = np.arange(length), np.random.default_rng(seed).standard_normal((2, length))
    return 30 + 3 * np.sin(2 * np.pi * steps / 4) + noise[0] + 0.4 * np.cumsum(noise[1])


def series_of(
    values: np.ndarray, *, known: np.ndarray | None = None, past: np.ndarray | None = None, name: str = "y", **more
) -> TimeSeries:
    """known (T + F,), past (T,): one covariate of either role."""
    columns = {"holiday": ("known", known), "visits": ("past", past)}
    there = {key: (role, np.asarray(one, float)) for key, (role, one) in columns.items() if one is not None}
    rows = max([len(values), *(len(one) for _, one in there.values())])
    table = [np.pad(one, (0, rows - len(one)), constant_values=np.nan) for _, one in there.values()]
    inputs = Inputs(tuple(there), tuple(role for role, _ in there.values()), np.stack(table, 1)) if there else None
    whole = {"index": pd.RangeIndex(len(values)), "observed": np.ones(len(values), bool), "season": 4} | more
    return TimeSeries(name, values=values, inputs=inputs, **whole)


def fit(model: Model, *series: TimeSeries, horizon: int = HORIZON, seed: int = 0) -> FittedNetwork:
    return model.fit(Panel(series), horizon, Context(seed=seed))


def untrained(settings: Settings, *series: TimeSeries, horizon: int = HORIZON) -> FittedNetwork:
    """With random weights, for what does not hang on training."""
    source = FromLinear(0.1, is_direct=True, is_log=settings.log == "yes", keeps_mean=settings.mean == "yes")
    sight = source.sight(settings, Panel(series), horizon)
    width = sight.width if settings.skip == "on" else 0
    network = network_of(settings, sight.channels, width=width, horizon=horizon, known=len(sight.extras.known))
    for part in (network.head, network.skip):
        if part is not None:
            part.weight.data.mul_(0.3)
    return FittedNetwork(sight, network, horizon)


@torch.no_grad()
def stirred(fitted: FittedNetwork) -> FittedNetwork:
    """The same with a random head: a short training may end at its start, where the head is zero and nothing else counts."""
    torch.manual_seed(7)
    fitted.network.head.weight.add_(0.3 * torch.randn_like(fitted.network.head.weight))
    return fitted


def slopes(parameter: torch.Tensor, loss) -> list[float]:
    """The gradient of `loss()` by central differences, one number of a parameter in double precision after the other."""
    flat, found = parameter.data.view(-1), []
    for place in range(len(flat)):
        value = float(flat[place])
        flat[place] = value + 1e-6
        above = loss()
        flat[place] = value - 1e-6
        found.append((above - loss()) / 2e-6)
        flat[place] = value
    return found
