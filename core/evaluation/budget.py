"""A time budget becomes a number of epochs before training starts, so that a run stays a pure function of its specification.

Here by measurement, for the command line, which has torch at hand; by prediction in `core.jobs.planning.allowance`, without it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from core.errors import ConfigError
from core.evaluation.backtest import Rolling
from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.models.base import Model
from core.models.spec import ModelSpec
from core.progress import Context
from core.series.timeseries import Panel

RESERVE = 0.85  # of the budget is planned; the rest is for forecasts, scores and a machine that is busier later
TRIAL_EPOCHS = 3


def within_budget(experiment: Experiment, seconds: float, device: str = "cpu") -> Experiment:
    """The experiment with the networks' epochs lowered so that all their fits together take about `seconds`.

    Every network gets the same share; none gets more epochs than its settings say. Other models take what they take.
    Raises ConfigError where not even one epoch fits.
    """
    start = time.perf_counter()
    spec = experiment.spec
    trainable = [one for one in spec.models if one.build().is_random]
    if not trainable:
        return experiment
    train = Panel(tuple(series[: experiment.plans[series.id].train_end] for series in experiment.panel))
    rolling = Rolling(experiment.plans, spec.horizon, spec.refit)
    fits = spec.seeds * (rolling.fits + 1)
    costs = {one.label: _cost(one.build(), train, spec.horizon, device) for one in trainable}
    share = (RESERVE * seconds - (time.perf_counter() - start)) / len(trainable) / fits
    epochs = {one.label: _affordable(one, costs[one.label], share, seconds, fits) for one in trainable}
    return replace(experiment, spec=with_epochs(spec, epochs))


def with_epochs(spec: RunSpec, epochs: Mapping[str, int]) -> RunSpec:
    """The specification with so many epochs at most for the models of these labels."""
    models = tuple(
        replace(one, config=one.config | {"epochs": min(epochs[one.label], one.config["epochs"])})
        if one.label in epochs
        else one
        for one in spec.models
    )
    return replace(spec, models=models)


def _cost(model: Model, train: Panel, horizon: int, device: str) -> tuple[float, float]:
    """Seconds of a fit without its epochs, and of one epoch: measured by two short fits after one that warms up."""
    taken = []
    for epochs in (1, 1, 1 + TRIAL_EPOCHS):
        begin = time.perf_counter()
        replace(model, epochs=epochs).fit(train, horizon, Context(0, device))
        taken.append(time.perf_counter() - begin)
    epoch = max((taken[2] - taken[1]) / TRIAL_EPOCHS, 1e-4)
    return max(taken[1] - epoch, 0.0), epoch


def _affordable(spec: ModelSpec, cost: tuple[float, float], share: float, seconds: float, fits: int) -> int:
    fixed, epoch = cost
    affordable = int((share - fixed) / epoch)
    if affordable < 1:
        raise ConfigError(
            f"{seconds:g} seconds are too few for {spec.label}: {fits} fits of one epoch alone take about "
            f"{fits * (fixed + epoch):.2g} s of its share; choose a larger budget, fewer networks, fewer seeds or no refit"
        )
    return affordable
