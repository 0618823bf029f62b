"""What a network must reach on series whose best possible forecast is known."""

import numpy as np
import pytest

from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import ar1, plain

COEFFICIENT, TRAINED, HORIZON, ORIGINS = 0.9, 2000, 12, 1500


@pytest.fixture(scope="module", params=["lstm", "gru"])
def ratios(request):
    """(H,) mean squared error by step ahead over that of the best predictor, φ^h y(t), on the same origins."""
    series = plain(ar1(TRAINED + ORIGINS + HORIZON, COEFFICIENT, seed=11))
    fitted = MODELS[request.param]().fit(Panel((series[:TRAINED],)), HORIZON, Context(seed=0))
    point, _ = fitted.rolled(series, range(TRAINED, TRAINED + ORIGINS), HORIZON)
    found, best = np.empty((ORIGINS, HORIZON)), np.empty((ORIGINS, HORIZON))
    for row in range(ORIGINS):
        origin = TRAINED + row
        actual = series.values[origin : origin + HORIZON]
        found[row] = point[row] - actual
        best[row] = COEFFICIENT ** np.arange(1, HORIZON + 1) * series.values[origin - 1] - actual
    return np.square(found).mean(0), np.square(best).mean(0)


def test_an_ar1_is_forecast_about_as_well_as_can_be(ratios):
    found, best = ratios
    assert found[0] <= 1.10 * best[0]
    assert found.mean() <= 1.05 * best.mean()


def test_the_next_step_is_forecast_far_better_than_the_last_one(ratios):
    # a head that reads a state from before the newest value makes every step as bad as the last: 1 against 4.8 here
    found, _ = ratios
    assert found[0] < found[-1] / 3


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_a_trend_goes_on_far_outside_the_range_of_training(name):
    steps = np.arange(174)
    truth = 100 + 3 * steps + 15 * np.sin(2 * np.pi * steps / 12)
    noisy = truth + np.random.default_rng(3).standard_normal(174)
    history = plain(noisy[:150], season=12)
    found = MODELS[name](epochs=20).fit(Panel((history,)), 24, Context()).forecast(history, 24).point
    assert truth[150:].max() > history.values.max() + 60
    np.testing.assert_allclose(found, truth[150:], rtol=0.01)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_what_is_not_linear_is_learned(name):
    # the logistic map at 3.8: white noise to every linear model, a parabola to who can see it
    values = [0.3]
    for _ in range(1100):
        values.append(3.8 * values[-1] * (1 - values[-1]))
    series, train = plain(np.array(values)), 1000
    fitted = MODELS[name](learning_rate=0.02).fit(Panel((series[:train],)), 1, Context())
    linear = MODELS["ar"]().fit(Panel((series[:train],)), 1, Context())
    errors = {
        label: np.mean([(one.forecast(series[:n], 1).point[0] - values[n]) ** 2 for n in range(train, 1100)])
        for label, one in (("network", fitted), ("ar", linear))
    }
    assert errors["network"] < 0.01 * errors["ar"]
