"""A trained network as a forecaster, and as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from core.errors import ConfigError
from core.nets.device import one_thread
from core.nets.features import features
from core.nets.network import Network
from core.nets.settings import Settings
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A network and what it learned of the size of each series. Forecasting leaves both as they are."""

    settings: Settings
    network: Network
    horizon: int
    scalings: Mapping[str, Scaling]
    keeps_level: bool

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        if horizon > self.horizon:
            raise ConfigError(f"{self.settings.label} was trained for horizon {self.horizon}; {horizon} needs a new fit")
        scaling = self.scalings.get(history.id) or Scaling.learn(history)  # a series too short to train on, or a new one
        changes = self._changes(history.values, scaling)[:horizon]
        point = history.values[-1] + scaling.step * changes
        return Forecast(history.id, self.settings.label, history.future(horizon), point)

    @torch.no_grad()
    def _changes(self, values: np.ndarray, scaling: Scaling) -> np.ndarray:
        """(H,) scaled changes from the last value, read at the last step of the last window."""
        lookback, lags = self.settings.lookback, self.settings.skip
        recent = features(values[-(lookback + max(lags, 1)) :], scaling, lags, keeps_level=self.keeps_level)
        inputs = np.zeros((lookback, recent.inputs.shape[1]), np.float32)
        window = recent.inputs[-lookback:]
        inputs[lookback - len(window) :] = window
        linear = recent.linear[-1:].astype(np.float32)
        with one_thread():
            answer = self.network.last(torch.from_numpy(inputs)[None], torch.from_numpy(linear))
        return (answer * self.network.size).numpy()[0].astype(np.float64)

    def arrays(self) -> dict[str, np.ndarray]:
        weights = {f"network.{name}": value.numpy().copy() for name, value in self.network.state_dict().items()}
        scalings = np.array([(one.level, one.spread, one.step) for one in self.scalings.values()])
        return weights | {
            "ids": encode_ids(self.scalings),
            "scalings": scalings,
            "keeps_level": np.array([self.keeps_level]),
            "hidden": np.array(self.settings.hidden),
            "lookback": np.array(self.settings.lookback),
            "skip": np.array(self.settings.skip),
        }


def restore(settings: Settings, arrays: Mapping[str, np.ndarray]) -> FittedNetwork:
    """The fitted network whose `arrays()` these are."""
    weights = {name.removeprefix("network."): value for name, value in arrays.items() if name.startswith("network.")}
    horizon = len(weights["size"])
    network = settings.network(horizon)
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    scalings = (Scaling(*map(float, row)) for row in arrays["scalings"])
    by_id = dict(zip(decode_ids(arrays["ids"]), scalings, strict=True))
    return FittedNetwork(settings, network.eval(), horizon, by_id, bool(arrays["keeps_level"][0]))
