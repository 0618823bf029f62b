"""The feed-forward network: a forecast by numpy's products from the raw series, and its settings."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigError
from core.models.feedforward import FeedForward
from core.models.recurrent import GRU
from tests.nets.small import HORIZON, LOOKBACK, TINY, fit, series_of, stirred, walk

BENDS = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


def by_hand(fitted, y: np.ndarray, bend) -> np.ndarray:
    """(H,) from the arrays that are saved, in float64."""
    arrays = {name.removeprefix("network."): value.astype(float) for name, value in fitted.arrays().items()}
    level, spread, step = arrays["scalings"][0]
    returns = bool(arrays["keeps_level"][0])
    change = np.diff(y, prepend=y[0]) / step
    height = (y - level) / spread * returns
    window = np.stack([change, np.clip(height, -3, 3)], 1)[-LOOKBACK:]
    window = np.concatenate([np.zeros((LOOKBACK - len(window), 2)), window])
    seen = window.ravel()
    for layer in range(fitted.settings.layers):
        seen = bend(arrays[f"reader.layers.{layer}.weight"] @ seen + arrays[f"reader.layers.{layer}.bias"])
    lags = [(y[-2] - y[-1]) / step, (y[-3] - y[-1]) / step, height[-1]]
    answer = arrays["head.weight"] @ seen + arrays["head.bias"] + arrays["linear.weight"] @ lags + arrays["linear.bias"]
    return y[-1] + step * arrays["size"] * answer


@pytest.mark.parametrize("activation", BENDS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("length", [40, 4])
def test_a_forecast_is_products_of_the_window_at_once(activation, layers, length):
    model = FeedForward(**TINY, layers=layers, activation=activation)
    fitted, y = stirred(fit(model, series_of(walk(40)))), walk(40)[:length]
    np.testing.assert_allclose(fitted.forecast(series_of(y), HORIZON).point, by_hand(fitted, y, BENDS[activation]), rtol=1e-5)


def test_it_carries_nothing_from_one_window_to_the_next():
    y, other = walk(40), walk(40)
    other[: 40 - LOOKBACK - 1] = 99.0
    fitted = stirred(fit(FeedForward(**TINY), series_of(y)))
    found = fitted.forecast(series_of(other), HORIZON).point
    np.testing.assert_array_equal(found, fitted.forecast(series_of(y), HORIZON).point)


def test_the_order_of_the_window_counts():
    y, other = walk(40), walk(40)
    other[[36, 37]] = y[[37, 36]]
    fitted = stirred(fit(FeedForward(**TINY | {"skip": 0}), series_of(y)))
    assert (fitted.forecast(series_of(other), HORIZON).point != fitted.forecast(series_of(y), HORIZON).point).all()


def test_its_weights_are_counted():
    # 3 · (7 steps · 2 inputs + 1) + head 3 · (3 + 1) + linear path 3 · (2 lags + level + 1)
    assert fit(FeedForward(**TINY), series_of(walk(40))).parameter_count == 45 + 12 + 12


def test_open_settings_are_closed_as_those_of_the_recurrent_networks():
    for length, horizon, season in ((300, 6, 1), (900, 48, 24), (28, 12, 12)):
        found, recurrent = (model().resolved(length, horizon, season) for model in (FeedForward, GRU))
        assert [getattr(found, name) for name in ("hidden", "lookback", "skip")] == [
            getattr(recurrent, name) for name in ("hidden", "lookback", "skip")
        ]


def test_a_lookback_that_the_length_cannot_feed_is_refused_with_the_most_it_can():
    with pytest.raises(ConfigError, match=r"feedforward\.lookback is 80; 100 training points and horizon 12 allow at most 76"):
        FeedForward(lookback=80).resolved(100, 12, 1)


def test_dropout_is_off_when_forecasting():
    series = series_of(walk(40))
    fitted = stirred(fit(replace(FeedForward(**TINY), layers=2, dropout=0.5), series))
    np.testing.assert_array_equal(fitted.forecast(series, HORIZON).point, fitted.forecast(series, HORIZON).point)
