"""Forecasts that are fed back: the recursion worked once more by hand, and paths against the closed form of an AR(1)."""

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from core.nets import fitted as fitting
from core.nets.fitted import FittedNetwork, extended
from core.nets.network import Network
from core.windows.ahead import Ahead
from core.windows.extras import Extras
from core.windows.scale import Scale
from core.windows.settings import SYNCED
from tests.bench.known import ar1, plain
from tests.nets.small import CHEAP, HORIZON, MODELS, fit, network_of, series_of, sight_of, walk

TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SEASON = 3
PLAIN, SEASONAL = Scale(2.2, np.nan, 0.0, 1), Scale(2.2, np.nan, 0.0, SEASON)
LOGS = Scale(0.1, np.nan, 12.0, SEASON)
stepwise = pytest.mark.parametrize("topology", ["many_to_one", SYNCED])


def rows_by_hand(
    z: list[float], known: int, scale: Scale, holiday: list[float] | None
) -> tuple[list[list[float]], list[float]]:
    """What the cell reads at each step, and the skip connection at the last, the first `known` values from the history.

    The mean is of them, and does not follow what was said.
    """
    m, rows = scale.season, []
    before = {t: z[t % min(m, known)] for t in range(-40, 0)} | dict(enumerate(z))
    for t in range(len(z)):
        row = [(before[t] - before[t - 1]) / scale.size]
        row += [(before[t + 1 - m] - before[t]) / scale.size] if m > 1 else []
        row.append((z[t] - np.mean(z[: min(t + 1, known)])) / scale.size)
        row = [max(-10.0, min(10.0, one)) for one in row]
        rows.append(row + ([float(t == 9), holiday[t], holiday[t + 1]] if holiday else []))
    last = len(z) - 1
    straight = [(before[last - lag] - z[-1]) / scale.size for lag in range(1, max(2, m))]
    straight.append((z[-1] - np.mean(z[:known])) / scale.size)
    return rows, straight + ([holiday[last + 1], sum(holiday[last + 1 - m : last + 1]) / m] if holiday else [])


def by_hand(fitted: FittedNetwork, series, horizon: int) -> list[float]:
    """Each step ahead reads the history grown by its own forecasts from scratch, on torch's own cell, in float64."""
    settings, weights = fitted.settings, {name: value.double() for name, value in fitted.network.state_dict().items()}
    cell, scale = (
        TORCH[settings.cell](fitted.sight.channels, settings.hidden, batch_first=True).double(),
        fitted.sight.scales["y"],
    )
    cell.load_state_dict({name.removeprefix("reader.cell."): one for name, one in weights.items() if "reader" in name})
    z = [log(max(one, scale.floor)) if scale.floor else one for one in series.values.tolist()]
    holiday = ((series.inputs.values[:, 0] - 0.25) / 0.5).tolist() if series.inputs else None
    low, high = min(z) - 10 * max(np.ptp(z), scale.size), max(z) + 10 * max(np.ptp(z), scale.size)
    for step in range(horizon):
        rows, straight = rows_by_hand(z, len(series), scale, holiday)
        length = settings.k2 if settings.bptt == "reset" else settings.lookback
        length += step if settings.topology == SYNCED and settings.bptt != "reset" else 0  # the state is carried on
        window = [[0.0] * len(rows[0])] * (length - len(z)) + rows[-length:]
        with torch.no_grad():
            state = cell(torch.tensor(window, dtype=torch.float64)[None])[0][0, -1]
        answer = weights["head.weight"][0] @ state + weights["head.bias"][0]
        answer += weights["skip.weight"][0] @ torch.tensor(straight).double() + weights["skip.bias"][0]
        z.append(min(high, max(low, z[-1] + scale.size * float(weights["unit"][0] * answer))))
    return [exp(one) if scale.floor else one for one in z[-horizon:]]


def fitted_of(settings, scale: Scale, **more) -> FittedNetwork:
    sight = sight_of(settings, scale, keeps_mean=True, **more)
    network = network_of(settings, sight.channels, width=sight.width)
    return FittedNetwork(sight, network, 6)


@stepwise
@pytest.mark.parametrize("cell", TORCH)
@pytest.mark.parametrize("scale", [PLAIN, SEASONAL, LOGS], ids=["plain", "season", "log"])
@pytest.mark.parametrize("bptt", ["full", "reset"])
@pytest.mark.parametrize("length", [31, 5, 2], ids=["long", "shorter than the window", "shorter than the season"])
def test_a_forecast_is_fed_back_as_the_newest_value(topology, cell, scale, bptt, length):
    more = {"bptt": bptt, "k1": 2, "k2": 4} if bptt == "reset" else {}
    shown = "yes" if scale.season > 1 else "no"
    fitted = fitted_of(replace(CHEAP, cell=cell, topology=topology, seasonal_lag=shown, **more), scale)
    series = series_of(walk(length), season=scale.season)
    np.testing.assert_allclose(fitted.forecast(series, 6).point, by_hand(fitted, series, 6), rtol=1e-5)


@stepwise
@pytest.mark.parametrize("scale", [SEASONAL, LOGS], ids=["plain", "log"])
def test_further_inputs_go_on_with_the_forecast(topology, scale):
    """The season refers to values that were fed back, the mask ends with the history, holidays are those of each step."""
    settings = replace(CHEAP, topology=topology, seasonal_lag="yes")
    table, none = np.array([[0.25, 0.5]]), np.empty((0, 2))
    extras = Extras(True, (), (), none, ("holiday",), table, 1)
    fitted = fitted_of(settings, scale, extras=extras, beside=Ahead((), none, ("holiday",), table, (), 6))
    holiday = np.random.default_rng(1).standard_normal(18)
    shape = {"observed": np.arange(12) != 9, "season": SEASON}
    series = series_of(walk(12), known=holiday, **shape)
    point = fitted.forecast(series, 6).point
    np.testing.assert_allclose(point, by_hand(fitted, series, 6), rtol=1e-5)
    for ahead in range(6):
        other = holiday.copy()
        other[12 + ahead] += 2.0
        moved = fitted.forecast(series_of(walk(12), known=other, **shape), 6).point
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
    """y(t+1) − 29 = coefficient · (y(t) − 29) + an error of deviation 2.2 · 0.5, by its skip connection alone."""
    settings = replace(CHEAP, topology=topology, lags=1, loss=loss)
    sight = sight_of(settings, Scale(2.2, 29.0, 0.0, 1), keeps_mean=True)
    network = Network(settings, sight.channels, sight.width, 1)
    network.start_from(np.array([[coefficient - 1]]), np.zeros(1), np.array([0.5]))
    return FittedNetwork(sight, network.eval(), 8)


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
    found = autoregression(1.0, "student_t", SYNCED).forecast(plain([31.0, 33.5, 37.0]), 2, LEVELS).quantiles - 37.0
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


@pytest.mark.parametrize("name", ["gru many_to_many_direct", f"gru {SYNCED}"])
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
