"""A trained network as a forecaster, and as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.errors import ConfigError
from core.nets.answers import direct, fed_back
from core.nets.device import one_thread
from core.nets.losses import LOSSES
from core.nets.network import Network
from core.nets.strip import Strip
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import TimeSeries
from core.windows.settings import STEPWISE, Settings
from core.windows.sight import Sight

PATHS = 512  # drawn where a forecast is fed back, for its quantiles; a power of two, as Sobol's sequence wants
FORMAT = 2  # of the arrays; those of a network that was stored before have no such number


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A network and how it sees series. Forecasting leaves both as they are.

    notes: what a person should know of the training before trusting it.
    """

    sight: Sight
    network: Network
    horizon: int
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        """Of the network, with nothing open."""
        return self.sight.settings

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        levels = levels if LOSSES[self.settings.loss].has_intervals else ()
        point, quantiles = self.rolled(history, (len(history),), horizon, levels)
        return Forecast(history.id, self.settings.label, history.future(horizon), point[0], levels, quantiles[0])

    def rolled(
        self, series: TimeSeries, origins: Sequence[int], horizon: int, levels: tuple[float, ...] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """point (O, H) and quantiles (O, Q, H) from many origins at once, each as `forecast` gives it from what is before it.

        No quantiles where the network has none of its own.
        """
        if horizon > self.horizon:
            raise ConfigError(f"{self.settings.label} was trained for horizon {self.horizon}; {horizon} needs a new fit")
        if len(origins) > 1 and (series.id not in self.sight.scales or min(origins) < series.season):
            parts = [
                self.rolled(series, (origin,), horizon, levels) for origin in origins
            ]  # each has a scale or start of its own
            return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
        history, is_fed_back = series[: max(origins)], self.settings.topology in STEPWISE
        sight = self.sight.knowing(history)
        sight.require(history, horizon if is_fed_back else self.horizon)
        levels = levels if LOSSES[self.settings.loss].has_intervals else ()
        with one_thread(), torch.no_grad():
            seen = extended(history, horizon - 1) if is_fed_back else history
            strip = Strip.of(sight, (seen,), (len(seen),), period=min(len(history), history.season))
            ends = torch.from_numpy(strip.first[0] + np.array(origins) - 1)
            found = self._fed_back(strip, ends, horizon, levels) if is_fed_back else self._direct(strip, ends, levels)
        values = strip.eye.scale.back(found)[..., :horizon]  # (O, 1 + Q, H)
        return values[:, 0], np.maximum.accumulate(values[:, 1:], axis=1)

    def window(self, history: TimeSeries) -> Tensor:
        """(1, K, C) what the cell reads to forecast what follows `history`."""
        strip = Strip.of(self.sight.knowing(history), (history,), (len(history),))
        return strip.windows(torch.from_numpy(strip.first + len(history) - 1), self.settings.reach)

    def _direct(self, strip: Strip, ends: Tensor, levels: tuple[float, ...]) -> np.ndarray:
        """(O, 1 + Q, H) z of the point and the quantiles: all steps ahead from one answer at the end of a window."""
        loss, answers = LOSSES[self.settings.loss], direct(self.network, strip, ends)  # (O, H, K)
        found = [loss.point(answers)]
        for level in levels:
            found.append(loss.quantiles(answers, torch.tensor(level, dtype=torch.float64).expand(answers.shape[:-1])))
        units = (torch.stack(found, 1) * self.network.unit).numpy().astype(np.float64)
        return strip.back(ends, units)

    def _fed_back(self, strip: Strip, ends: Tensor, horizon: int, levels: tuple[float, ...]) -> np.ndarray:
        """The same, one step after another: the point from points fed back, the quantiles from paths of values drawn."""
        loss = LOSSES[self.settings.loss]
        point = fed_back(self.network, strip, ends, horizon, lambda answers, _: loss.point(answers[:, 0]))
        if not levels:
            return point
        draws, each = _levels(self.horizon), []
        for end in ends.split(1):
            paths = fed_back(
                self.network, strip, end, horizon, lambda answers, step: loss.quantiles(answers[:, 0], draws[step]), PATHS
            )
            each.append(np.quantile(paths[0], levels, axis=0))
        return np.concatenate([point, np.stack(each)], axis=1)

    def arrays(self) -> dict[str, np.ndarray]:
        weights = {f"network.{name}": value.numpy().copy() for name, value in self.network.state_dict().items()}
        more = {"format": np.array(FORMAT), "horizon": np.array(self.horizon), "notes": encode_ids(self.notes)}
        return weights | more | self.sight.arrays()


def extended(series: TimeSeries, horizon: int) -> TimeSeries:
    """The series with so many steps more, as a frame for paths that go on there: the values are the last one, repeated."""
    if isinstance(series.index, pd.RangeIndex):
        index = pd.RangeIndex(series.index.start, series.future(horizon).stop, series.index.step)
    else:
        index = pd.date_range(series.index[0], periods=len(series) + horizon, freq=series.index.freq)
    values = np.concatenate([series.values, np.full(horizon, series.values[-1])])
    observed = np.concatenate([series.observed, np.ones(horizon, bool)])
    inputs = series.inputs
    if inputs is not None and len(inputs.values) < len(index):  # past ones alone end with the series
        inputs = replace(
            inputs, values=np.pad(inputs.values, ((0, len(index) - len(inputs.values)), (0, 0)), constant_values=np.nan)
        )
    return TimeSeries(series.id, index, values, observed, series.season, series.unit, series.zone, inputs)


def _levels(horizon: int) -> Tensor:
    """(H, PATHS) levels in (0, 1), the same every time, at which the steps of the paths are drawn.

    Evenly spread over each step and over steps together: every forecast has the same draws, so that what they miss by chance
    would be missed everywhere. The width of a band is wrong by 2 %, by 4 % with draws that are spread over each step alone.
    Source: Sobol 1967; scrambled by Matousek 1998, J. Complexity 14(4).
    """
    engine = torch.quasirandom.SobolEngine(horizon, scramble=True, seed=0)
    return engine.draw(PATHS, dtype=torch.float64).t() + 2.0**-32  # never 0, where no distribution has a quantile


def restore(settings: Settings, arrays: Mapping[str, np.ndarray]) -> FittedNetwork:
    """The fitted network whose `arrays()` these are; what the settings left open is found there."""
    weights = {name.removeprefix("network."): value for name, value in arrays.items() if name.startswith("network.")}
    sight = Sight.of_arrays(settings, arrays)
    width = weights["skip.weight"].shape[1] if "skip.weight" in weights else 0
    network = Network(sight.settings, sight.channels, width, len(weights["unit"]), sight.extras.told)
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    return FittedNetwork(sight, network.eval(), int(arrays["horizon"]), decode_ids(arrays["notes"]))
