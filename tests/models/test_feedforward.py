"""The feed-forward network: a forecast by numpy's products from the raw series, and its settings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.models.feedforward import FeedForward
from core.models.recurrent import GRU
from tests.contract.small import HORIZON, fit, series_of, wave

LOOKBACK, SEASON, LAGS = 7, 6, 8
TINY = {  # nothing is open, so that nothing is chosen
    "hidden": 3, "lookback": LOOKBACK, "epochs": 2, "patience": 0, "batch": 8, "skip": "on", "lags": LAGS, "log": "no",
    "mean": "yes", "penalty": 1.0, "seasonal_lag": "yes",
}  # fmt: skip
BENDS = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


@torch.no_grad()
def stirred(fitted):
    """The same with a random head: after a short training the head is nearly zero, and nothing else counts."""
    torch.manual_seed(7)
    fitted.network.head.weight.add_(0.3 * torch.randn_like(fitted.network.head.weight))
    return fitted


def by_hand(fitted, y: np.ndarray, bend, train: np.ndarray) -> np.ndarray:
    """(H,) from the arrays that are saved, in float64: the last changes, how the last season went on, and how far from the
    mean, in units of the mean change from season to season."""
    arrays = {name.removeprefix("network."): value.astype(float) for name, value in fitted.arrays().items()}
    size, mean = np.abs(train[SEASON:] - train[:-SEASON]).mean(), train.mean()
    longer = np.concatenate([y[:SEASON], y])  # as if it had always gone on as its first season did
    at = np.arange(len(y)) + SEASON
    channels = [longer[at] - longer[at - 1], longer[at + 1 - SEASON] - longer[at], longer[at] - mean]
    window = np.clip(np.stack(channels, axis=1) / size, -10, 10)[-LOOKBACK:]
    window = np.concatenate([np.zeros((LOOKBACK - len(window), 3)), window])
    seen = window.ravel()
    for layer in range(fitted.settings.layers):
        seen = bend(arrays[f"reader.layers.{layer}.weight"] @ seen + arrays[f"reader.layers.{layer}.bias"])
    lags = [*(longer[-1 - back] - y[-1] for back in range(1, LAGS)), y[-1] - mean]
    skip = arrays["skip.weight"] @ (np.array(lags) / size) + arrays["skip.bias"]
    return y[-1] + size * arrays["unit"] * (arrays["head.weight"] @ seen + arrays["head.bias"] + skip)


@pytest.mark.parametrize("activation", BENDS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("length", [40, 7])
def test_a_forecast_is_products_of_the_window_at_once(activation, layers, length):
    model = FeedForward(**TINY, layers=layers, activation=activation)
    fitted, y = stirred(fit(model, series_of(wave(40)))), wave(40)[:length]
    expected = by_hand(fitted, y, BENDS[activation], wave(40))
    np.testing.assert_allclose(fitted.forecast(series_of(y), HORIZON).point, expected, rtol=1e-5)


def test_it_carries_nothing_from_one_window_to_the_next():
    """Nothing that is told reaches further back than a season before the first step of the window."""
    y, other = wave(40), wave(40)
    other[: 40 - LOOKBACK - SEASON] = 99.0
    fitted = stirred(fit(FeedForward(**TINY), series_of(y)))
    found = fitted.forecast(series_of(other), HORIZON).point
    np.testing.assert_array_equal(found, fitted.forecast(series_of(y), HORIZON).point)


def test_the_order_of_the_window_counts():
    y, other = wave(40), wave(40)
    other[[36, 37]] = y[[37, 36]]
    fitted = stirred(fit(FeedForward(**TINY | {"skip": "off"}), series_of(y)))
    assert (fitted.forecast(series_of(other), HORIZON).point != fitted.forecast(series_of(y), HORIZON).point).all()


def test_its_weights_are_counted():
    # 3 · (7 steps · 3 inputs + 1) + head 5 · (3 + 1) + skip connection 5 · (7 lags + mean + 1)
    assert fit(FeedForward(**TINY), series_of(wave(40))).parameter_count == 66 + 20 + 45
    assert fit(FeedForward(**TINY | {"skip": "off"}), series_of(wave(40))).parameter_count == 66 + 20


def test_open_settings_are_closed_as_those_of_the_recurrent_networks():
    for length, horizon, season in ((300, 6, 1), (900, 48, 24), (28, 12, 12)):
        found, recurrent = (model().resolved(length, horizon, season) for model in (FeedForward, GRU))
        assert [getattr(found, name) for name in ("hidden", "lookback")] == [
            getattr(recurrent, name) for name in ("hidden", "lookback")
        ]


def test_a_lookback_that_the_length_cannot_feed_is_refused_with_the_most_it_can():
    with pytest.raises(ConfigError, match=r"feedforward\.lookback is 80; 100 training points and horizon 12 allow at most 76"):
        FeedForward(lookback=80).resolved(100, 12, 1)


def test_dropout_is_off_when_forecasting():
    series = series_of(wave(40))
    fitted = stirred(fit(replace(FeedForward(**TINY), layers=2, dropout=0.5), series))
    np.testing.assert_array_equal(fitted.forecast(series, HORIZON).point, fitted.forecast(series, HORIZON).point)
