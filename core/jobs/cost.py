"""How long a task will take and how much memory it will need, before it starts.

Seconds = a factor of this machine × a factor of this model × the work that its settings ask for. The machine's factor is
measured once, by a small computation; the model's is corrected by what its tasks really took. Both are kept in a small file.
The work is counted in seconds on the machine on which the constants below were measured.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.jobs.lock import private
from core.models.base import Value
from core.models.spec import ModelSpec
from core.series.timeseries import Panel

MIB = 1 << 20
REFERENCE_PROBE = 0.0083  # seconds of the probe on the machine of the constants
UPDATE = {"rnn": 0.0006, "lstm": 0.0008, "gru": 0.0013}  # seconds of an update without its arithmetic
STEP = {"rnn": 5e-7, "lstm": 1.5e-7, "gru": 5e-7}  # seconds for a step of a window in a batch, at 16 hidden units
FIT = 0.03  # seconds of a fit without its epochs
FORECAST = 0.0006  # seconds of one forecast from one origin
WRITTEN_OUT = {"rnn": 0.0010, "lstm": 0.0032, "gru": 0.0034}  # the same where no fused cell has the activation
CLASSICAL = {  # seconds of a fit, and of a forecast from one origin, at 1,000 values; from how many values on they grow no more
    "arima": (9.0, 0.06, 1_000),
    "ets": (0.25, 0.02, 5_000),
    "theta": (0.02, 0.0003, 100_000),
}
BOTTOM = 0.05  # seconds of a task whatever it does
LEARNING = 0.3  # how far a factor moves towards what a task really took
LEAST_MEMORY = 64 * MIB
NEW = ".new"  # the end of the file that will take the place of the old one


@dataclass(frozen=True)
class Prediction:
    """Seconds of wall clock, and bytes beyond what the libraries take."""

    seconds: float
    memory: int


class CostModel:
    """Predicts, and learns from what tasks took. Safe from many threads."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.guard = threading.Lock()
        self.machine, self.models = _remembered(place)

    def clean(self) -> None:
        """Remove what a killed server left half-written. Only who has the home to itself may do so."""
        self.place.with_suffix(NEW).unlink(missing_ok=True)

    def predict(self, experiment: Experiment, model: ModelSpec) -> Prediction:
        """For one model of a run that is designed."""
        points = sum(len(series) for series in experiment.panel)
        with self.guard:
            if self.machine is None:
                self.machine = probe() / REFERENCE_PROBE
                self._remember()
            factor = self.machine * self.models.get(model.name, 1.0)
        seconds = factor * work(experiment.spec, model, points, len(experiment.panel))
        return Prediction(seconds, memory(experiment.spec, model, points))

    def learn(self, payload: tuple[RunSpec, ModelSpec | None, Panel], seconds: float) -> None:
        """Correct the model's factor by what a task took."""
        spec, model, panel = payload
        if model is None or self.machine is None:
            return
        expected = self.machine * work(spec, model, sum(len(series) for series in panel), len(panel))
        with self.guard:
            known = self.models.get(model.name, 1.0)
            seen = max(seconds, 1e-3) / expected
            self.models[model.name] = math.exp((1 - LEARNING) * math.log(known) + LEARNING * math.log(seen))
            self._remember()

    def _remember(self) -> None:
        text = json.dumps({"machine": self.machine, "models": self.models})
        beside = self.place.with_suffix(NEW)
        try:
            private(beside).write_text(text)
            beside.replace(self.place)
        except OSError:  # a full disk: it is measured again another time
            return


def _remembered(place: Path) -> tuple[float | None, dict[str, float]]:
    """What the file holds; nothing if it is not there or not ours."""
    try:
        known = json.loads(place.read_text())
        machine = float(known["machine"]) if known["machine"] else None
        return machine, {str(name): float(value) for name, value in known["models"].items() if float(value) > 0}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, {}


def probe() -> float:
    """Processor seconds of a small recurrent computation in numpy: the best of five, whoever else computes meanwhile."""
    weights = np.linspace(-0.1, 0.1, 64 * 64).reshape(64, 64)
    taken = []
    for _ in range(5):
        start, state = time.thread_time(), np.ones((32, 64))
        for _ in range(1000):
            state = np.tanh(state @ weights)
        taken.append(time.thread_time() - start)
    return min(taken)


def work(spec: RunSpec, model: ModelSpec, points: int, series: int) -> float:
    """Seconds of a task on the machine of the constants."""
    origins = (spec.origins or 0) + 19 if spec.origins else 0
    fits = (origins if spec.refit else min(origins, 1)) + 1
    forecasts = series * (origins + 1) * FORECAST
    if model.name in UPDATE:
        return BOTTOM + spec.seeds * (forecasts + fits * (FIT + _training(model.name, model.config, points)))
    length = points / series
    if model.name == "ar":
        return BOTTOM + forecasts + fits * series * 0.02 * (1 + min(length, 10_000) / 2_000)
    if model.name in CLASSICAL:
        fit, forecast, longest = CLASSICAL[model.name]
        share = min(length, longest) / 1_000
        return BOTTOM + fits * series * fit * (0.2 + share) + series * (origins + 1) * forecast * (0.2 + share)
    return BOTTOM + forecasts


def _training(cell: str, config: Mapping[str, Value], points: int) -> float:
    """Seconds of all epochs of one fit: updates, and the steps of their windows."""
    lookback, batch = int(config["lookback"] or 24), int(config["batch"])
    windows = max(1, int(0.8 * points) // lookback)
    batch = min(batch, max(4, windows))
    updates = int(config["epochs"]) * max(8, math.ceil(windows / batch))
    hidden = int(config["hidden"] or 32)
    size = max(1.0, hidden / 16) * max(1.0, hidden / 64)
    layers = int(config["layers"])
    is_fused = config.get("activation", "tanh") == "tanh" or (cell == "rnn" and config["activation"] == "relu")
    update = UPDATE[cell] if is_fused else WRITTEN_OUT[cell]
    return updates * (update * (1 + 0.6 * (layers - 1)) * lookback / 24 + STEP[cell] * size * layers * batch * lookback)


def memory(spec: RunSpec, model: ModelSpec, points: int) -> int:
    """Bytes of a task beyond what the libraries take: the features of all points, and the activations of one batch."""
    if model.name not in UPDATE:
        return LEAST_MEMORY + 8 * 80 * min(points, 1_000_000)
    config = model.config
    lookback, hidden = int(config["lookback"] or 24), int(config["hidden"] or 32)
    rows = points * 4 * (int(config["skip"] or 0) + 2 * spec.horizon + 4) * 4
    batch = int(config["batch"]) * lookback * hidden * int(config["layers"]) * 4 * 20
    window = 512 * lookback * hidden * int(config["layers"]) * 4 * 6
    return LEAST_MEMORY + rows + batch + window
