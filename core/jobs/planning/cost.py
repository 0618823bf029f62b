"""How long a task will take and how much memory it will need, before it starts.

Seconds = a factor of this machine × a factor of this model × the work that its settings ask for. The machine's factor is
measured once, by a small computation; the model's is corrected by what its tasks really took. Both are kept in a small file.
The work is counted in `core.jobs.planning.work`, in seconds on the machine on which its constants were measured.
"""

from __future__ import annotations

import json
import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.jobs.planning.work import memory, work
from core.models.spec import ModelSpec
from core.series.timeseries import Panel

REFERENCE_PROBE = 0.0036  # seconds of the probe on the machine of the constants
LEARNING = 0.3  # how far a factor moves towards what a task really took; the first task moves it most of the way
FIRST = 0.8
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
        self.machine, self.models = _remembered(place)  # by kind: the factor, and from how many tasks

    def clean(self) -> None:
        """Remove what a killed server left half-written. Only who has the home to itself may do so."""
        self.place.with_suffix(NEW).unlink(missing_ok=True)

    def predict(self, experiment: Experiment, model: ModelSpec) -> Prediction:
        """For one model of a run that is designed."""
        points = sum(len(series) for series in experiment.panel)
        with self.guard:
            factor = self._machine() * self._factor(model)
        seconds = factor * work(experiment.spec, model, points, len(experiment.panel))
        return Prediction(seconds, memory(experiment.spec, model, points))

    def scaled(self, price: Prediction) -> Prediction:
        """A price on the machine of the constants, as it is on this machine."""
        with self.guard:
            return Prediction(self._machine() * price.seconds, price.memory)

    def learn(self, payload: tuple[RunSpec, ModelSpec | None, Panel], seconds: float) -> None:
        """Correct the model's factor by what a task took."""
        spec, model, panel = payload
        if model is None or self.machine is None:
            return
        expected = self.machine * work(spec, model, sum(len(series) for series in panel), len(panel))
        with self.guard:
            seen, count = max(seconds, 1e-3) / expected, self.models.get(kind(model), (1.0, 0))[1]
            share = max(LEARNING, FIRST / (count + 1))
            factor = math.exp((1 - share) * math.log(self._factor(model)) + share * math.log(seen))
            self.models[kind(model)] = factor, count + 1
            self._remember()

    def _machine(self) -> float:
        """The factor of this machine, measured where it is not known."""
        if self.machine is None:
            self.machine = probe() / REFERENCE_PROBE
            self._remember()
        return self.machine

    def _factor(self, model: ModelSpec) -> float:
        """Of what this kind of model took; of one that was not seen yet, what is usual for the networks that were."""
        known = self.models.get(kind(model))
        if known is not None:
            return known[0]
        networks = [factor for name, (factor, _) in self.models.items() if " " in name]
        return float(np.median(networks)) if networks and " " in kind(model) else 1.0

    def _remember(self) -> None:
        text = json.dumps({"machine": self.machine, "models": self.models})
        beside = self.place.with_suffix(NEW)
        try:
            private(beside).write_text(text)
            beside.replace(self.place)
        except OSError:  # a full disk: it is measured again another time
            return


def kind(model: ModelSpec) -> str:
    """What a factor is learned for: a model, and for a network its topology too, each of which works differently."""
    if "learning_rate" not in model.config:
        return model.name
    return f"{model.name} {model.config.get('topology', 'window')}"


def _remembered(place: Path) -> tuple[float | None, dict[str, tuple[float, int]]]:
    """What the file holds; nothing if it is not there or not ours."""
    try:
        known = json.loads(place.read_text())
        machine = float(known["machine"]) if known["machine"] else None
        return machine, {
            str(name): (float(one), int(count)) for name, (one, count) in known["models"].items() if float(one) > 0
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, {}


def probe() -> float:
    """Processor seconds of a small recurrent computation in numpy: the best of five, whoever else computes meanwhile."""
    weights = np.random.default_rng(0).standard_normal((64, 64)) / 8  # a state that lives on: one that dies out is slow
    taken = []
    for _ in range(5):
        start, state = time.thread_time(), np.ones((32, 64))
        for _ in range(400):
            state = np.tanh(state @ weights + 0.1)
        taken.append(time.thread_time() - start)
    return min(taken)


def private(path: Path) -> Path:
    """The file, made if there is none, readable to its owner only.  Raises OSError."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path
