"""Fitted networks of every topology, loss and kind of input: the same bits from their arrays, and from a second training."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.nets.losses import LOSSES
from tests.nets.small import BY_TOPOLOGY, HORIZON, fit, series_of, stirred, walk

EXTRAS = {
    "plain": {},
    "everything": {"seasonal_lag": "yes", "calendar": True, "mean": "yes", "log": "yes"},
    "cut short": {"bptt": "detached", "k1": 2, "k2": 4, "clip_by": "value", "optimizer": "sgd"},
    "reset": {"bptt": "reset", "k1": 2, "skip": "off", "schedule": "one_cycle"},
}
CASES = [
    (topology, loss, list(EXTRAS)[(first + second) % 2 + 2 * (second // 2 % 2)])
    for first, topology in enumerate(BY_TOPOLOGY)
    for second, loss in enumerate(LOSSES)
]


@pytest.mark.parametrize(("topology", "loss", "extras"), CASES)
def test_a_network_that_is_restored_or_trained_again_forecasts_the_same_bits(topology, loss, extras):
    random = np.random.default_rng(4)
    series = series_of(
        walk(50), known=random.standard_normal(50 + HORIZON), past=random.standard_normal(50),
        observed=np.arange(50) % 13 != 4, index=pd.date_range("2024-01-30", periods=50, freq="D"),
    )  # fmt: skip
    more = EXTRAS[extras]
    if topology in ("encoder_decoder", "feedforward"):
        more = {name: value for name, value in more.items() if name not in ("bptt", "k1", "k2")}
    model = replace(BY_TOPOLOGY[topology], loss=loss, hidden=None, layers=2, **more)
    fitted, again = (stirred(fit(model, series, seed=3)) for _ in range(2))
    restored = model.restore(fitted.arrays())
    expected = fitted.forecast(series, HORIZON, (0.1, 0.5, 0.9))
    assert expected.levels == ((0.1, 0.5, 0.9) if LOSSES[loss].has_intervals else ())
    for other in (restored, again):
        found = other.forecast(series, HORIZON, (0.1, 0.5, 0.9))
        np.testing.assert_array_equal(found.point, expected.point)
        np.testing.assert_array_equal(found.quantiles, expected.quantiles)
    assert restored.settings == fitted.settings
