"""Every model at a size that fits in milliseconds, and series to fit it to. Not a test."""

import numpy as np
import pandas as pd
import pytest

from core.models.base import Model
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import parameters
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries

HORIZON = 5
KNOWN = 70  # values before the origin
SMALL = {  # where a model has such a setting, with such a value
    "hidden": 4, "lookback": 9, "epochs": 3, "batch": 8, "tries": 3,
    "skip": "on", "start": "direct", "log": "no", "mean": "yes", "lags": 7, "window": 7, "penalty": 1.0, "objective": "squared",
    "seasonal": "additive", "errors": "additive",
}  # fmt: skip

every_model = pytest.mark.parametrize("name", MODELS)


def build(name: str, **settings) -> Model:
    every = {one.name: one for one in parameters(MODELS[name])}
    small = {key: value for key, value in SMALL.items() if key in every and value in (every[key].choices or (value,))}
    if "lags" in every and every["lags"].kind == "str":  # of AR they are a list
        del small["lags"]
    return ModelSpec(name, MODELS[name].label, small | settings).build()


def wave(length: int, *, seed: int = 3) -> np.ndarray:
    """A season of 6, a slope, and noise: nothing in it is symmetric, zero or exact."""
    steps = np.arange(length)
    noise = np.random.default_rng(seed).standard_normal(length)
    return 40 + 0.3 * steps + 5 * np.sin(2 * np.pi * steps / 6) + 2.5 * noise


def series_of(values, *, index=None, observed=None, season=6, name="y") -> TimeSeries:
    index = pd.RangeIndex(len(values)) if index is None else index
    observed = np.ones(len(values), bool) if observed is None else observed
    return TimeSeries(name, index, values, observed, season)


def fit(model: Model, *series: TimeSeries, horizon: int = HORIZON, seed: int = 0):
    return model.fit(Panel(series), horizon, Context(seed=seed))


def point(model: Model, series: TimeSeries, *, seed: int = 0) -> np.ndarray:
    return fit(model, series, seed=seed).forecast(series, HORIZON).point
