"""Forecasts that are fed back: the recursion worked once more by hand, and paths against the closed form of an AR(1)."""

from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from core.nets import fitted as fitting
from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.nets.window import extended
from core.series.scaling import Scaling
from core.windows.extras import Extras
from tests.bench.known import ar1, plain
from tests.nets.small import CHEAP, HORIZON, MODELS, fit, network_of, nothing, series_of, walk

TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
SCALING = Scaling(level=29.0, spread=3.5, step=2.2)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
stepwise = pytest.mark.parametrize("topology", ["many_to_one", "synced"])


def sizes_by_hand(y: list[float], window: int | None) -> list[float]:
    changes = [b - a for a, b in pairwise(y)]
    found = []
    for t in range(len(y)):
        last = changes[max(0, t - (window or 0)) : t]
        found.append(sqrt((sum(c * c for c in last) + 4 * 2.2**2) / (len(last) + 4)) if window else 2.2)
    return found


def rows_by_hand(y: list[float], size: list[float], holiday: np.ndarray, season: int) -> list[list[float]]:
    """Per step: last change, bounded level, last season's way on, whether it was filled in, the holiday now and next."""
    rows = []
    for t in range(len(y)):
        change, level = (y[t] - y[max(0, t - 1)]) / size[t], min(3.0, max(-3.0, (y[t] - 29.0) / 3.5))
        row = [change, level]
        if season:
            z = (holiday - 0.25) / 0.5
            row += [(y[max(0, t + 1 - season)] - y[t]) / size[t], float(t == 9), z[t], z[t + 1]]
        rows.append(row)
    return rows


def by_hand(fitted: FittedNetwork, series, horizon: int) -> list[float]:
    """Each step ahead reads the history grown by its own forecasts from scratch, on torch's own cell, in float64."""
    settings, weights = fitted.settings, {name: value.double() for name, value in fitted.network.state_dict().items()}
    channels = 2 + fitted.extras.width
    cell = TORCH[settings.cell](channels, settings.hidden, batch_first=True).double()
    cell.load_state_dict({name.removeprefix("reader.cell."): one for name, one in weights.items() if "reader" in name})
    y = series.values.tolist()
    for step in range(horizon):
        size = sizes_by_hand(y, settings.lookback if settings.normalisation == "window" else None)
        holiday = series.inputs.values[:, 0] if series.inputs else None
        rows = rows_by_hand(y, size, holiday, fitted.extras.season)
        length = settings.k2 if settings.bptt == "reset" else settings.lookback
        length += step if settings.topology == "synced" and settings.bptt != "reset" else 0  # the state is carried on
        window = [[0.0] * channels] * (length - len(y)) + rows[-length:]
        with torch.no_grad():
            state = cell(torch.tensor(window, dtype=torch.float64)[None])[0][0, -1]
        straight = [(y[max(0, len(y) - 1 - lag)] - y[-1]) / size[-1] for lag in (1, 2)] + [(y[-1] - 29.0) / 3.5]
        answer = weights["head.weight"][0] @ state + weights["head.bias"][0]
        answer += weights["linear.weight"][0] @ torch.tensor(straight).double() + weights["linear.bias"][0]
        y.append(y[-1] + size[-1] * float(weights["size"][0] * answer))
    return y[-horizon:]


@stepwise
@pytest.mark.parametrize("cell", TORCH)
@pytest.mark.parametrize("normalisation", ["series", "window"])
@pytest.mark.parametrize("bptt", ["full", "reset"])
@pytest.mark.parametrize("length", [31, 5], ids=["long", "shorter than the window"])
def test_a_forecast_is_fed_back_as_the_newest_value(topology, cell, normalisation, bptt, length):
    more = {"bptt": bptt, "k1": 2, "k2": 4} if bptt == "reset" else {}
    settings = replace(CHEAP, cell=cell, topology=topology, normalisation=normalisation, **more)
    fitted = FittedNetwork(settings, network_of(settings), 6, {"y": SCALING}, True, nothing(1))
    series = series_of(walk(length))
    np.testing.assert_allclose(fitted.forecast(series, 6).point, by_hand(fitted, series, 6), rtol=1e-5)


@stepwise
@pytest.mark.parametrize("normalisation", ["series", "window"])
def test_further_inputs_go_on_with_the_forecast(topology, normalisation):
    """The season refers to values that were fed back, the mask ends with the history, holidays are those of each step."""
    settings = replace(CHEAP, topology=topology, normalisation=normalisation)
    extras = Extras(3, True, (), (), np.empty((0, 2)), ("holiday",), np.array([[0.25, 0.5]]), 1)
    fitted = FittedNetwork(settings, network_of(settings, 6, known=1), 6, {"y": SCALING}, True, extras)
    holiday = np.random.default_rng(1).standard_normal(18)
    series = series_of(walk(12), known=holiday, observed=np.arange(12) != 9)
    point = fitted.forecast(series, 6).point
    np.testing.assert_allclose(point, by_hand(fitted, series, 6), rtol=1e-5)
    for ahead in range(6):
        other = holiday.copy()
        other[12 + ahead] += 2.0
        moved = fitted.forecast(series_of(walk(12), known=other, observed=np.arange(12) != 9), 6).point
        np.testing.assert_array_equal(moved[:ahead], point[:ahead])
        assert (moved[ahead:] != point[ahead:]).all()


@pytest.mark.parametrize("horizon", [0, 1, 5])
@pytest.mark.parametrize("freq", ["h", "D", "B", "W-SUN", "MS", "QE", "YS", None])
def test_a_history_goes_on_by_its_own_frequency(freq, horizon):
    index = pd.RangeIndex(10, 10 + 7 * 5, 5) if freq is None else pd.date_range("2024-01-06", periods=7, freq=freq)
    series = series_of(walk(7), index=index, known=np.arange(12.0))
    found = extended(series, horizon)
    assert list(found.index) == [*index, *(series.future(horizon) if horizon else ())]
    assert found.freq == series.freq
    assert len(found) == 7 + horizon
    assert found.inputs is series.inputs


def autoregression(coefficient: float, loss: str, topology: str) -> FittedNetwork:
    """y(t+1) − 29 = coefficient · (y(t) − 29) + an error of deviation 2.2 · 0.5, by its linear path alone."""
    settings = replace(CHEAP, topology=topology, skip=0, loss=loss)
    network = Network(settings, 2, 0, 1)
    slope = (coefficient - 1) * SCALING.spread / SCALING.step  # level is told in spreads, changes in steps
    network.start_from(np.array([[slope]]), np.zeros(1), np.array([0.5]))
    return FittedNetwork(settings, network.eval(), 8, {"y": SCALING}, True, nothing(1))


@stepwise
@pytest.mark.parametrize("loss", ["gaussian", "quantile"])
def test_paths_spread_as_the_closed_form_of_an_ar1_says(topology, loss, monkeypatch):
    monkeypatch.setattr(fitting, "PATHS", 20_000)
    found = autoregression(0.8, loss, topology).forecast(plain([31.0, 33.5, 37.0]), 8, LEVELS)
    ahead = np.arange(1, 9)
    mean = 29 + 0.8**ahead * 8
    deviation = 1.1 * np.sqrt([sum(0.8 ** (2 * j) for j in range(h)) for h in ahead])
    np.testing.assert_allclose(found.point, mean, rtol=1e-5)
    # 5 standard errors of a quantile of 20,000 draws at 5 %, where its density is 0.103
    bound = 5 * sqrt(0.05 * 0.95 / 20_000) / 0.103
    expected = stats.norm.ppf(np.array(LEVELS)[:, None], mean, deviation)
    assert np.abs((found.quantiles - expected) / deviation).max() < bound
    np.testing.assert_allclose(
        found.quantiles[:, 0], expected[:, 0], atol=3e-3 * 1.1
    )  # one step ahead by strata, not by chance


@stepwise
def test_the_usual_number_of_paths_is_enough_for_a_band(topology):
    found = autoregression(0.8, "gaussian", topology).forecast(plain([31.0, 33.5, 37.0]), 8, (0.1, 0.9))
    width = 2 * 1.2816 * 1.1 * np.sqrt([sum(0.8 ** (2 * j) for j in range(h)) for h in range(1, 9)])
    np.testing.assert_allclose(found.quantiles[1] - found.quantiles[0], width, rtol=0.06)


def test_paths_of_students_t_are_sums_of_students_t(monkeypatch):
    monkeypatch.setattr(fitting, "PATHS", 20_000)
    found = autoregression(1.0, "student_t", "synced").forecast(plain([31.0, 33.5, 37.0]), 2, LEVELS).quantiles - 37.0
    one = 1.1 * sqrt(6 / 8) * stats.t.ppf(LEVELS, 8)
    np.testing.assert_allclose(found[:, 0], one, atol=0.02)
    draws = 1.1 * sqrt(6 / 8) * np.random.default_rng(8).standard_t(8, (2, 400_000))
    np.testing.assert_allclose(found[:, 1], np.quantile(draws.sum(0), LEVELS), atol=0.09)


@stepwise
def test_paths_are_the_same_every_time_and_for_every_horizon(topology):
    fitted, series = autoregression(0.8, "gaussian", topology), plain([31.0, 33.5, 37.0])
    first = fitted.forecast(series, 8, LEVELS)
    np.testing.assert_array_equal(fitted.forecast(series, 8, LEVELS).quantiles, first.quantiles)
    np.testing.assert_array_equal(fitted.forecast(series, 3, LEVELS).quantiles, first.quantiles[:, :3])


@pytest.mark.parametrize("name", ["gru one_to_many", "gru synced"])
@pytest.mark.parametrize("loss", ["quantile", "gaussian", "student_t"])
def test_a_trained_network_covers_what_it_says(name, loss):
    """The share of what an AR(1) may do next that lies in the interval, exactly, and averaged over origins after training."""
    values, length = ar1(900, 0.7, mean=20.0, seed=11), 800
    fitted, ahead = fit(replace(MODELS[name], loss=loss, epochs=2), plain(values[:length])), np.arange(1, HORIZON + 1)
    deviation, covered = np.sqrt(np.cumsum(0.7 ** (2 * (ahead - 1)))), []
    for origin in range(length, 900, 5):
        interval = fitted.forecast(plain(values[:origin]), HORIZON, (0.1, 0.9)).quantiles
        low, high = (interval - 20 - 0.7**ahead * (values[origin - 1] - 20)) / deviation
        covered.append(stats.norm.cdf(high) - stats.norm.cdf(low))
    np.testing.assert_allclose(np.mean(covered, axis=0), 0.8, atol=0.04)
