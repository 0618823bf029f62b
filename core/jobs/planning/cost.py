"""How long a task will take and how much memory it will need, before it starts.

Seconds = a factor of this machine × a factor of this model × its price, in seconds on the machine on which the constants of
`core.models` were measured. The machine's factor is measured once, by a small computation; the model's is corrected by what its
tasks really took. Both are kept in a small file, where there is a place for it.
"""

from __future__ import annotations

import json
import math
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.bounds import MIB
from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.models.base import Price, Workload
from core.models.spec import ModelSpec
from core.series.timeseries import Panel

PROBE = 2  # which computation the probe is: factors of another one mean something else
REFERENCE_PROBE = 0.0048  # seconds of the probe on the machine of the constants
LEARNING = 0.3  # how far a factor moves towards what a task really took; the first task moves it most of the way
FIRST = 0.8
BOTTOM = 0.07  # seconds of a task whatever it does
LEAST_MEMORY = 64 * MIB
NEW = ".new"  # the end of the file that will take the place of the old one


@dataclass(frozen=True)
class Prediction:
    """Seconds of wall clock, and bytes beyond what the libraries take."""

    seconds: float
    memory: int


class CostModel:
    """Predicts, and learns from what tasks took. Safe from many threads.

    place: of the file that remembers both factors; None, and nothing is written.
    """

    def __init__(self, place: Path | None = None) -> None:
        self.place = place
        self.guard = threading.Lock()
        self.machine, self.models = _remembered(place) if place else (None, {})  # by pace: the factor, and from how many tasks

    def clean(self) -> None:
        """Remove what a killed server left half-written. Only who has the home to itself may do so."""
        if self.place is not None:
            self.place.with_suffix(NEW).unlink(missing_ok=True)

    def predict(self, experiment: Experiment, model: ModelSpec) -> Prediction:
        """For one model of a run that is designed."""
        price, pace = price_of(experiment.spec, model, experiment.panel), model.build().pace
        with self.guard:
            factor = self._machine() * self._factor(pace)
        return Prediction(factor * price.seconds, price.memory)

    def scaled(self, price: Prediction) -> Prediction:
        """A price on the machine of the constants, as it is on this machine."""
        with self.guard:
            return Prediction(self._machine() * price.seconds, price.memory)

    def learn(self, payload: tuple[RunSpec, ModelSpec | None, Panel], seconds: float) -> None:
        """Correct the model's factor by what a task took."""
        spec, model, panel = payload
        if model is None or self.machine is None:
            return
        expected, pace = self.machine * price_of(spec, model, panel).seconds, model.build().pace
        with self.guard:
            seen, count = max(seconds, 1e-3) / expected, self.models.get(pace, (1.0, 0))[1]
            share = max(LEARNING, FIRST / (count + 1))
            factor = math.exp((1 - share) * math.log(self._factor(pace)) + share * math.log(seen))
            self.models[pace] = factor, count + 1
            self._remember()

    def _machine(self) -> float:
        """The factor of this machine, measured where it is not known."""
        if self.machine is None:
            self.machine = probe() / REFERENCE_PROBE
            self._remember()
        return self.machine

    def _factor(self, pace: str) -> float:
        """What models of this pace took; where none was seen yet, what is usual where settings change the pace."""
        known = self.models.get(pace)
        if known is not None:
            return known[0]
        alike = [factor for name, (factor, _) in self.models.items() if " " in name]
        return float(np.median(alike)) if alike and " " in pace else 1.0

    def _remember(self) -> None:
        if self.place is None:
            return
        text = json.dumps({"probe": PROBE, "machine": self.machine, "models": self.models})
        beside = self.place.with_suffix(NEW)
        try:
            private(beside).write_text(text)
            beside.replace(self.place)
        except OSError:  # a full disk: it is measured again another time
            return


def price_of(spec: RunSpec, model: ModelSpec, panel: Panel) -> Price:
    """What a task costs on the machine of the constants, all included. spec and model: of a designed run, nothing open."""
    origins = len(spec.timetable.origins)
    built = model.build()
    load = Workload(
        horizon=spec.horizon,
        season=spec.season or 1,
        series=len(panel),
        points=sum(len(series) for series in panel),
        fits=len(spec.timetable.starts) + 1,
        forecasts=origins + 1,
        trainings=spec.seeds if built.is_random else 1,
    )
    price = built.price(load)
    rounds = 2 if spec.certify else 1  # a certificate computes the model once more
    return Price(BOTTOM + rounds * price.seconds, LEAST_MEMORY + price.memory)


def _remembered(place: Path) -> tuple[float | None, dict[str, tuple[float, int]]]:
    """What the file holds; nothing if it is not there, not ours, or from a program that probed in another way."""
    try:
        known = json.loads(place.read_text())
        if known["probe"] != PROBE:
            return None, {}
        machine = float(known["machine"]) if known["machine"] else None
        return machine, {
            str(name): (float(one), int(count)) for name, (one, count) in known["models"].items() if float(one) > 0
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, {}


def probe() -> float:
    """Processor seconds of a small recurrent computation in numpy: the best of five, because others may compute meanwhile."""
    weights = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32) / 8
    taken = []
    for _ in range(5):
        start, state = time.thread_time(), np.ones((32, 64), np.float32)
        for _ in range(400):
            state = state @ weights + 0.1
            state = state / (1 + np.abs(state))  # not tanh, of which numpy is six times as slow on some processors
        taken.append(time.thread_time() - start)
    return min(taken)


def private(path: Path) -> Path:
    """The file, made if there is none, readable to its owner only.  Raises OSError."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path
