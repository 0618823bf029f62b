"""Every model: the same numbers from the same past, whatever else changes, and nothing else changed by it."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import torch

from core.models.registry import MODELS
from core.parameters import parameters
from tests.contract.small import HORIZON, KNOWN, build, every_model, fit, point, series_of, wave


@every_model
def test_the_same_seed_gives_the_same_numbers_whatever_ran_before(name):
    model, series = build(name), series_of(wave(KNOWN))
    first = point(model, series, seed=7)
    torch.manual_seed(123)
    torch.rand(10)
    fit(model, series, seed=8)
    np.testing.assert_array_equal(point(model, series, seed=7), first)


def chaos(length):
    """The logistic map x → 3.8 x (1 − x)."""
    values = [0.3]
    while len(values) < length:
        values.append(3.8 * values[-1] * (1 - values[-1]))
    return 40 + 10 * np.array(values)


@every_model
def test_the_seed_matters_only_where_a_model_says_so(name):
    longer = {"epochs": 25, "learning_rate": 0.03} if MODELS[name].is_random else {}
    model, series = build(name, **longer), series_of(chaos(KNOWN))  # no linear start is good there, and training leaves it
    differs = not np.array_equal(point(model, series, seed=1), point(model, series, seed=2))
    assert differs == model.is_random


@every_model
def test_the_future_cannot_leak_in(name):
    values, observed = wave(KNOWN + 20), np.ones(KNOWN + 20, bool)
    observed[[11, 12, 30]] = False
    noisy, hidden = values.copy(), observed.copy()
    noisy[KNOWN:] = 1e3 * np.random.default_rng(9).standard_normal(20)
    hidden[KNOWN:] = False
    series, changed = series_of(values, observed=observed), series_of(noisy, observed=hidden)
    fitted, refitted = fit(build(name), series[: KNOWN - 4]), fit(build(name), changed[: KNOWN - 4])
    for origin in (KNOWN - 4, KNOWN):  # at the end of training, and rolled on without refit
        expected = fitted.forecast(series[:origin], HORIZON).point
        np.testing.assert_array_equal(refitted.forecast(changed[:origin], HORIZON).point, expected)


@every_model
def test_a_forecast_leaves_the_fitted_model_as_it_was(name):
    series = series_of(wave(KNOWN + 9))
    fitted = fit(build(name), series[:KNOWN])
    before = {key: value.copy() for key, value in fitted.arrays().items()}
    first = fitted.forecast(series[:KNOWN], HORIZON).point
    fitted.forecast(series, HORIZON)
    np.testing.assert_array_equal(fitted.forecast(series[:KNOWN], HORIZON).point, first)
    for key, value in fitted.arrays().items():
        np.testing.assert_array_equal(value, before[key], strict=True)


@every_model
@pytest.mark.parametrize("settings", ["small", "open"])
def test_a_fitted_model_survives_the_way_through_bytes(name, settings):
    # left open, a setting is closed inside fit, and restoring must find what it was closed to
    epochs = {"epochs": 2} if "epochs" in {one.name for one in parameters(MODELS[name])} else {}
    model = build(name) if settings == "small" else MODELS[name](**epochs)
    panel = [series_of(wave(KNOWN), name="first"), series_of(3 - wave(KNOWN - 9, seed=4), name="ü/2")]
    fitted = fit(model, *panel)
    restored = model.restore(safetensors.numpy.load(safetensors.numpy.save(fitted.arrays())))
    assert restored.parameter_count == fitted.parameter_count
    for series in panel:
        original, again = fitted.forecast(series, HORIZON), restored.forecast(series, HORIZON)
        np.testing.assert_array_equal(again.point, original.point)
        assert again.label == original.label


@every_model
def test_fitting_leaves_the_worlds_random_state_and_threads_alone(name):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
        point(build(name), series_of(wave(KNOWN)))
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), torch_state)
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    finally:
        torch.set_num_threads(threads)


FRESH = """
import json, sys
import numpy as np, pandas as pd
from core.models.spec import ModelSpec
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
task = json.load(sys.stdin)
values = np.array(task["values"])
series = TimeSeries("y", pd.RangeIndex(len(values)), values, np.ones(len(values), bool), 6)
for name, config in task["models"].items():
    fitted = ModelSpec(name, name, config).build().fit(Panel((series,)), task["horizon"], Context(seed=5))
    print(json.dumps([name, fitted.forecast(series, task["horizon"]).point.tolist()]))
"""


def test_a_fresh_process_gives_the_same_numbers():
    values = wave(KNOWN)
    task = {"values": values.tolist(), "horizon": HORIZON, "models": {name: build(name).config() for name in MODELS}}
    done = subprocess.run(
        [sys.executable, "-c", FRESH], input=json.dumps(task), capture_output=True, text=True, check=True, timeout=60
    )
    found = dict(json.loads(line) for line in done.stdout.splitlines())
    assert set(found) == set(MODELS)
    for name in MODELS:
        np.testing.assert_array_equal(point(build(name), series_of(values), seed=5), found[name], err_msg=name)


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].is_random])
def test_the_number_of_threads_does_not_change_a_forecast(name):
    threads, series = torch.get_num_threads(), series_of(wave(KNOWN))
    fitted = fit(replace(build(name), hidden=64), series)
    try:
        found = []
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(fitted.forecast(series, HORIZON).point)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(*found)
