"""A time budget becomes epochs by prediction, before a run starts: it needs neither torch nor a trial, and is the one rule of
pages and command line."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import ConfigError
from core.evaluation.design import Experiment
from core.jobs.planning.cost import CostModel
from core.jobs.planning.fairness import in_turn
from core.models.spec import ModelSpec

AROUND = 2.0  # seconds of a run beside its models: workers start, the comparison is made and kept
PLANNED = 0.7  # of the rest of a budget: predictions are off by some
HALVINGS = 40


@dataclass(frozen=True)
class Epochs:
    """What a network is predicted to take: `first` seconds with one epoch, and `each` for every further one; at most `most`."""

    first: float
    each: float
    most: int

    def seconds(self, count: int) -> float:
        return self.first + self.each * (count - 1)

    def within(self, bound: float) -> int:
        """As many epochs as take no longer than `bound` seconds, but at least one."""
        return max(1, min(self.most, 1 + math.floor((bound - self.first) / self.each)))


@dataclass(frozen=True)
class Demand:
    """What a run asks for: its networks by label, seconds of each other model, and who shares the machine.

    crowd: how many times as long everything takes, for others compute too.
    """

    networks: dict[str, Epochs]
    others: tuple[float, ...]
    workers: int
    crowd: float

    def taken(self, bound: float) -> float:
        """Seconds that may pass until the run has ended, where no network trains longer than `bound`."""
        each = [*self.others, *(one.seconds(one.within(bound)) for one in self.networks.values())]
        return self.crowd * (AROUND + wall_clock(each, self.workers) / PLANNED)

    def bound(self, seconds: float) -> float:
        """The largest bound with which the run is over within so many seconds; infinite where none is needed."""
        low, high = 0.0, max((one.seconds(one.most) for one in self.networks.values()), default=0.0)
        if self.taken(high) <= seconds:
            return math.inf
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.taken(middle) <= seconds else (low, middle)
        return low


def within_wall_clock(
    experiment: Experiment, seconds: float, cost: CostModel, workers: int, *, crowd: float = 1.0
) -> Experiment:  # fmt: skip
    """The experiment with the epochs of its costliest networks lowered until the run should end within `seconds` of its start;
    its warnings say by how much. All networks share one bound: what trains faster than that keeps its epochs.

    Raises ConfigError where not even one epoch of each fits, with the seconds that do.
    """
    if seconds <= 0:
        raise ConfigError(f"the time budget is {seconds:g} seconds; choose more than 0, or leave it empty")
    demand = _demand(experiment, cost, workers, crowd)
    least = demand.taken(0)
    if least > seconds:
        unit = "second" if seconds == 1 else "seconds"
        bare = "even with one epoch a network, " if demand.networks else ""
        raise ConfigError(
            f"a time budget of {seconds:g} {unit} is too short: {bare}this run may take {least:.0f} seconds; choose at least "
            f"{math.ceil(least)}, or fewer models, seeds or past forecasts"
        )
    bound = demand.bound(seconds)
    if bound == math.inf:
        return experiment
    kept = {label: one.within(bound) for label, one in demand.networks.items()}
    said = [f"{label} trains {count} of {demand.networks[label].most} epochs" for label, count in kept.items()]
    models = tuple(_lowered(one, kept[one.label]) if one.label in kept else one for one in experiment.spec.models)
    spec = replace(experiment.spec, models=models)
    return replace(experiment, spec=spec, warnings=(*experiment.warnings, f"to keep {seconds:g} seconds, {', '.join(said)}"))


def crowding() -> float:
    """How many times as long everything takes on this machine, by how many wanted each core in the last minute; in halves.

    One of each core may have been our own workers: what they take is known.
    """
    wanting = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1.0, math.ceil(2 * wanting / (os.cpu_count() or 1)) / 2)


def wall_clock(each: Sequence[float], workers: int) -> float:
    """Seconds until the last of tasks of `each` so many seconds has ended, with so many at once, each taken up in its turn."""
    busy = [0.0] * workers
    for at in in_turn(each, workers):
        busy[busy.index(min(busy))] += each[at]
    return max(busy)


def _demand(experiment: Experiment, cost: CostModel, workers: int, crowd: float) -> Demand:
    models = experiment.spec.models
    networks = {one.label: _epochs(experiment, one, cost) for one in models if one.build().epochs is not None}
    others = tuple(cost.predict(experiment, one).seconds for one in models if one.label not in networks)
    return Demand(networks, others, workers, crowd)


def _epochs(experiment: Experiment, model: ModelSpec, cost: CostModel) -> Epochs:
    """By two predictions: the price of a network grows by as much with each epoch."""
    one, two = (cost.predict(experiment, _lowered(model, most)).seconds for most in (1, 2))
    return Epochs(one, two - one, model.build().epochs)


def _lowered(model: ModelSpec, most: int) -> ModelSpec:
    return model.closed(model.build().with_epochs(most))
