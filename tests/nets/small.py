"""Tiny networks of every shape, with random weights, and series with covariates. Not a test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from core.models.feedforward import FeedForward
from core.models.network import Network as Model
from core.models.recurrent import GRU, LSTM, RNN
from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.progress import Context
from core.series.timeseries import Inputs, Panel, TimeSeries
from core.windows.extras import Extras
from core.windows.settings import TOPOLOGIES, Beside, Cells, Reading, Settings, Training

HORIZON, LOOKBACK = 3, 7
TINY = {"hidden": 3, "lookback": LOOKBACK, "skip": 2, "epochs": 1, "batch": 8}


@dataclass(frozen=True)
class Closed(Beside, Training, Reading, Cells):
    """Settings of any cell, without a model around them: nothing is open, and nothing is checked."""

    cell: str = "gru"
    label: str = "GRU"
    hidden: int = 4
    lookback: int = LOOKBACK
    skip: int = 0
    batch: int = 32


CHEAP = Closed(skip=2)

# every shape that a network can have
MODELS: dict[str, Model] = {
    f"{cell.name} {topology}{' both ways' * both}": cell(**TINY, topology=topology, bidirectional=both)
    for cell in (RNN, LSTM, GRU)
    for topology in TOPOLOGIES
    for both in (False, True)
    if not (both and topology == "synced")
} | {"feedforward": FeedForward(**TINY)}
BY_TOPOLOGY = {topology: GRU(**TINY, topology=topology) for topology in TOPOLOGIES} | {"feedforward": FeedForward(**TINY)}


def nothing(ahead: int) -> Extras:
    """No further channels."""
    return Extras(0, False, (), (), np.empty((0, 2)), (), np.empty((0, 2)), ahead)


def network_of(settings: Settings, channels: int = 2, *, horizon: int = HORIZON, known: int = 0, seed: int = 1) -> Network:
    """With a random head and a random linear path, which training does not start from; known: channels that tell ahead."""
    torch.manual_seed(seed)
    ahead = settings.ahead(horizon)
    network = Network(settings, channels, settings.skip, ahead, known * ahead)
    torch.nn.init.normal_(network.head.weight)
    network.size.copy_(torch.linspace(0.6, 1.4, ahead))
    return network.eval()


def batch(settings: Settings, channels: int = 2, *, rows: int = 3, seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """inputs (B, L, C), linear (B, L, J + 1)"""
    generator = torch.Generator().manual_seed(seed)
    sizes = (channels, settings.skip + 1)
    return tuple(torch.randn(rows, settings.lookback, size, generator=generator) for size in sizes)


def every(name: str) -> Settings:
    """The settings of a model of MODELS."""
    return MODELS[name]


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
