"""The states and gates of a trained recurrent network over one window of a series, from its stored weights.

The fused cells that train do not show their gates; their weights are loaded into the cell that is written out from its
equations, which gives the same states and every gate beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.errors import ConfigError
from core.nets.cells import ReferenceCell
from core.nets.device import one_thread
from core.nets.fitted import FittedNetwork
from core.nets.readers import CellReader
from core.series.timeseries import TimeSeries


@dataclass(frozen=True, eq=False)
class States:
    """What a network sees and holds over a window of L steps that ends at an origin.

    inputs  (K, p · C) what the cell reads at each of its K steps: the C channels of each of the p steps of the series that are
            one of its own, in the network's own units; p is 1 where the window is read value by value, and then K is L
    first   the position in the series of the first step of the window, so that step k of the cell reads first + k p and the
            p − 1 after it; negative where the window begins before the series does, and those inputs are 0
    parts   by name, each (N, K, D) for N layers of D units: "state", the gates of the cell, and for an LSTM "cell"
    """

    inputs: np.ndarray
    first: int
    parts: dict[str, np.ndarray]


def states_at(fitted: FittedNetwork, series: TimeSeries, origin: int) -> States:
    """The states of `fitted` over the window before `origin`, the number of known points.

    Raises ConfigError where the origin is outside the series, or the network has no cell that reads onward.
    """
    if not 1 <= origin <= len(series):
        raise ConfigError(f"origin is {origin}; choose a position from 1 to {len(series)}, the length of {series.id!r}")
    reader = fitted.network.reader
    if not isinstance(reader, CellReader):
        raise ConfigError(f"{fitted.settings.label} has no states that are read onward; choose an RNN, LSTM or GRU")
    with one_thread(), torch.no_grad():
        inputs = fitted.window(series[:origin])  # (1, K, p · C)
        layers = written_out(reader, fitted).gates(inputs)
    parts = {name: np.stack([layer[name][0].numpy() for layer in layers]) for name in layers[0]}
    return States(inputs[0].numpy(), origin - fitted.settings.reach, parts)


def written_out(reader: CellReader, fitted: FittedNetwork) -> ReferenceCell:
    """The reader's cell with every gate in sight, with the same weights."""
    settings, channels = fitted.settings, reader.cell.weight_ih_l0.shape[1]
    cell = ReferenceCell(settings.cell, channels, settings.hidden, settings.layers, 0.0, settings.activation)
    cell.load_state_dict(reader.cell.state_dict())
    return cell.eval()
