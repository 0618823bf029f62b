"""What a model costs, by hand from its own constants: seconds on the machine on which they were measured."""

import pytest

from core.models.arima import ARIMA
from core.models.autoregression import AR
from core.models.base import Workload
from core.models.bridge import Bridge
from core.models.exponential import ETS
from core.models.feedforward import FeedForward
from core.models.naive import Naive
from core.models.recurrent import GRU, LSTM

LOAD = Workload(horizon=6, season=12, series=5, points=2_000, fits=2, forecasts=24, trainings=1)
CLOSED = {"lookback": 20, "hidden": 16, "batch": 8, "epochs": 40, "patience": 10, "skip": 12}


def test_what_is_read_off_an_equation_costs_a_millisecond_a_forecast():
    price = Naive().price(LOAD)
    assert price.seconds == pytest.approx(5 * 24 * 0.001)
    assert price.memory == 640 * 2_000


@pytest.mark.parametrize(
    ("model", "fit", "forecast"),
    [
        (AR(), 0.04 * 1.1, 0.001),  # 400 of 4,000 values
        (ETS(), 0.45 * 0.6, 0.035 * 0.6),  # 0.2 + 400 of 1,000
        (ARIMA(p=1, d=1, q=0), 0.3 * (0.08 + 1.5 * 0.4**1.5), 0.006 + 0.006 * 0.4 + 0.01 * 12 * 0.4),
        (ARIMA(tries=4), 4 * (0.08 + 1.5 * 0.4**1.5), 0.006 + 0.006 * 0.4 + 0.01 * 12 * 0.4),
    ],
)
def test_an_equation_for_each_series_is_fitted_to_each(model, fit, forecast):
    assert model.price(LOAD).seconds == pytest.approx(5 * (2 * fit + 24 * forecast))


def test_a_network_by_hand():
    """85 windows of 20 steps, 11 updates of 8 in each of 20 epochs; 5 · 24 forecasts; three trainings."""
    load = Workload(horizon=6, season=1, series=5, points=2_000, fits=2, forecasts=24, trainings=3)
    update = 0.0023 + 5e-7 * 8 * 20
    assert LSTM(**CLOSED).price(load).seconds == pytest.approx(3 * (2 * (0.05 + 20 * 11 * update) + 120 * 0.001))


def test_one_network_for_each_series_trains_on_its_own_points():
    """400 points of each: 17 windows of 20 steps, 8 updates in each of 20 epochs, and an AR for each series."""
    closed = {name: value for name, value in CLOSED.items() if name != "skip"}
    update = 0.0023 + 5e-7 * 8 * 20
    each = 2 * (0.05 + 20 * 8 * update + 0.04 * 1.1) + 24 * 0.001
    assert Bridge(**closed).price(LOAD).seconds == pytest.approx(5 * each)


def test_what_makes_a_network_work_differently_is_part_of_its_pace():
    assert [model.pace for model in (AR(), FeedForward(), GRU(topology="synced"), Bridge())] == [
        "ar", "feedforward window", "gru synced", "bridge one_to_many",
    ]  # fmt: skip


def test_epochs_are_lowered_and_never_raised():
    assert LSTM(epochs=30).with_epochs(7).epochs == 7
    assert LSTM(epochs=30).with_epochs(99) == LSTM(epochs=30)
    assert (AR().epochs, AR().with_epochs(7)) == (None, AR())


@pytest.mark.parametrize("model", [AR, ARIMA, LSTM, FeedForward, Bridge])
def test_covariates_are_read_where_a_setting_says_so(model):
    assert model().reads_covariates
    assert not model(covariates=False).reads_covariates
    assert not ETS().reads_covariates
