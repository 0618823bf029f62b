"""A trained network as a forecaster, and as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import ConfigError
from core.nets.device import one_thread
from core.nets.losses import LOSSES
from core.nets.network import Network
from core.nets.window import Lens, Window, extended
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.windows.extras import Extras
from core.windows.settings import STEPWISE, Settings

PATHS = 512  # drawn where a forecast is fed back, for its quantiles; a power of two, as Sobol's sequence wants


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A network and what it learned of the size of each series. Forecasting leaves both as they are.

    notes: what a person should know of the training before trusting it.
    """

    settings: Settings
    network: Network
    horizon: int
    scalings: Mapping[str, Scaling]
    keeps_level: bool
    extras: Extras
    notes: tuple[str, ...] = ()

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:
        if horizon > self.horizon:
            raise ConfigError(f"{self.settings.label} was trained for horizon {self.horizon}; {horizon} needs a new fit")
        is_fed_back = self.settings.topology in STEPWISE
        self.extras.require(history, horizon if is_fed_back else self.horizon)
        loss = LOSSES[self.settings.loss]
        levels = levels if loss.has_intervals else ()
        lens = self._lens(history)
        with one_thread(), torch.no_grad():
            if is_fed_back:
                point, quantiles = self._fed_back(lens, history, horizon, levels)
            else:
                point, quantiles = self._direct(lens, history, horizon, levels)
        return Forecast(history.id, self.settings.label, history.future(horizon), point, levels, quantiles)

    def window(self, history: TimeSeries) -> Window:
        """What the network reads to forecast what follows `history`: one window of L steps."""
        return self._lens(history).window(history, history.values[None], self.settings.reach)

    def _lens(self, history: TimeSeries) -> Lens:
        scaling = self.scalings.get(history.id) or Scaling.learn(history)  # a series too short to train on, or a new one
        return Lens(self.settings, scaling, self.extras, self.keeps_level)

    def _direct(
        self, lens: Lens, history: TimeSeries, horizon: int, levels: tuple[float, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """point (H,), quantiles (Q, H): all steps ahead from one answer at the end of the window."""
        loss, window = LOSSES[self.settings.loss], lens.window(history, history.values[None], self.settings.reach)
        answers = self.network.last(window.inputs, window.linear)[0]  # (H, K)
        wanted = torch.tensor(levels, dtype=torch.float64)[:, None]
        spread = loss.quantiles(answers[None], wanted) if levels else answers.new_empty((0, self.horizon))
        found = torch.cat([loss.point(answers)[None], spread]) * self.network.size
        changes = window.size * found.numpy().astype(np.float64)[:, :horizon]
        return history.values[-1] + changes[0], history.values[-1] + np.maximum.accumulate(changes[1:], axis=0)

    def _fed_back(
        self, lens: Lens, history: TimeSeries, horizon: int, levels: tuple[float, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same, one step after another: the point from points fed back, the quantiles from paths of values drawn."""
        loss = LOSSES[self.settings.loss]
        point = self._path(lens, history, horizon, 1, lambda answers, _: loss.point(answers))[0]
        if not levels:
            return point, np.empty((0, horizon))
        draws = _levels(self.horizon)
        paths = self._path(lens, history, horizon, PATHS, lambda answers, step: loss.quantiles(answers, draws[step]))
        return point, np.quantile(paths, levels, axis=0)

    def _path(
        self, lens: Lens, history: TimeSeries, horizon: int, count: int, said: Callable[[Tensor, int], Tensor]
    ) -> np.ndarray:
        """(count, H) values; `said` makes (count,) of the answers (count, K) at a step."""
        frame, length, carried = extended(history, horizon - 1), len(history), None
        values = np.repeat(frame.values[None], count, axis=0)
        values = np.concatenate([values, values[:, -1:]], axis=1)
        rereads = self.settings.topology == "many_to_one" or self.settings.bptt == "reset"
        for step in range(horizon):
            known = values[:, : length + step]
            window = lens.window(frame, known, self.settings.reach if rereads or not step else 1)
            end = torch.tensor([-1])
            answers, carried = self.network(
                window.inputs, window.linear[:, None], None if rereads else carried, at=end
            )  # (P, 1, 1, K)
            change = said(answers[:, 0, 0], step) * self.network.size[0]
            values[:, length + step] = known[:, -1] + window.size * change.numpy().astype(np.float64)
        return values[:, length:]

    def arrays(self) -> dict[str, np.ndarray]:
        weights = {f"network.{name}": value.numpy().copy() for name, value in self.network.state_dict().items()}
        scalings = np.array([(one.level, one.spread, one.step) for one in self.scalings.values()])
        sizes = {name: np.array(getattr(self.settings, name) or 0) for name in CLOSED}
        more = {
            "format": np.array(2),
            "ids": encode_ids(self.scalings),
            "scalings": scalings,
            "keeps_level": np.array([self.keeps_level]),
            "notes": encode_ids(self.notes),
            "horizon": np.array(self.horizon),
            "channels": np.array(2 + self.extras.width),
        }
        return weights | sizes | more | self.extras.arrays()


def _levels(horizon: int) -> Tensor:
    """(H, PATHS) levels in (0, 1), the same every time, at which the steps of the paths are drawn.

    Evenly spread over each step and over steps together: every forecast has the same draws, so that what they miss by chance
    would be missed everywhere. The width of a band is wrong by 2 %, by 4 % with draws that are spread over each step alone.
    Source: Sobol 1967; scrambled by Matousek 1998, J. Complexity 14(4).
    """
    engine = torch.quasirandom.SobolEngine(horizon, scramble=True, seed=0)
    return engine.draw(PATHS, dtype=torch.float64).t() + 2.0**-32  # never 0, where no distribution has a quantile


CLOSED = ("hidden", "lookback", "skip", "k1", "k2")  # settings that a fit closes; 0 for none


def restore(settings: Settings, arrays: Mapping[str, np.ndarray]) -> FittedNetwork:
    """The fitted network whose `arrays()` these are; `settings` have what a fit closes already."""
    weights = {name.removeprefix("network."): value for name, value in arrays.items() if name.startswith("network.")}
    extras = Extras.of_arrays(arrays)
    ahead = len(weights["size"])
    network = Network(settings, int(arrays["channels"]), settings.skip, ahead, extras.told, extras.beside)
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    scalings = (Scaling(*map(float, row)) for row in arrays["scalings"])
    by_id = dict(zip(decode_ids(arrays["ids"]), scalings, strict=True))
    keeps_level = bool(arrays["keeps_level"][0])
    notes = decode_ids(arrays["notes"])
    return FittedNetwork(settings, network.eval(), int(arrays["horizon"]), by_id, keeps_level, extras, notes)
