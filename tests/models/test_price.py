"""What a model costs, by hand from its own constants: seconds on the machine on which they were measured."""

import pytest

from core.models.arima import ARIMA
from core.models.autoregression import AR
from core.models.base import Workload
from core.models.bridge import Bridge
from core.models.exponential import ETS
from core.models.feedforward import FeedForward
from core.models.linear import Linear
from core.models.naive import Naive
from core.models.recurrent import GRU, LSTM

LOAD = Workload(horizon=6, season=12, series=5, points=2_000, fits=2, forecasts=24, trainings=1)
CLOSED = {"lookback": 20, "segment": 1, "hidden": 16, "batch": 8, "epochs": 40, "patience": 10}
SCALED = {"lags": 12, "start": "direct", "log": "no", "mean": "no", "penalty": 1.0}
UPDATE = 0.0014 + 1.2e-6 * 8 * 20  # of an LSTM, beside what the seeds share
ANSWER = 0.0008 + 0.3 * 1.2e-6 * 256 * 20  # at the windows that are held out


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
    """100 windows of 20 steps are 13 updates of 8, 75 of them 10 while epochs are chosen: 10 + 10 of 40. Two fits of 10 epochs
    with three seeds; each of five series is made ready three times, for 8 origins each."""
    load = Workload(horizon=6, season=1, series=5, points=2_000, fits=2, forecasts=24, trainings=3)
    fits = 2 * (0.02 + 10 * 13 * (0.001 + 3 * UPDATE))
    choice = 20 * (10 * (0.001 + 3 * UPDATE) + 3 * ANSWER)
    forecasts = 3 * 5 * 3 * (0.003 + 0.0008 + 0.3 * 1.2e-6 * 8 * 20)
    model = LSTM(**CLOSED, **SCALED, skip="on")
    assert model.price(load).seconds == pytest.approx(fits + choice + forecasts)
    settled = LSTM(**CLOSED | {"epochs": 10, "patience": 0}, **SCALED, skip="on")
    assert settled.price(load).seconds == pytest.approx(fits + forecasts)
    automatic = LSTM(**CLOSED, **SCALED)  # a third of the epochs once more
    assert automatic.price(load).seconds == pytest.approx(fits + choice * (20 + 40 / 3) / 20 + forecasts)
    opened = LSTM(**CLOSED, skip="on")
    assert opened.price(load).seconds == pytest.approx(fits + choice + forecasts + 0.35 + 1e-5 * 2_000)


def test_of_a_large_panel_epochs_are_chosen_with_one_seed():
    load = Workload(horizon=6, season=1, series=100, points=40_000, fits=2, forecasts=24, trainings=3)
    model = LSTM(**CLOSED, **SCALED, skip="on")
    settled = LSTM(**CLOSED | {"epochs": 10, "patience": 0}, **SCALED, skip="on")
    choice = model.price(load).seconds - settled.price(load).seconds
    assert choice == pytest.approx(20 * (50 * (0.001 + UPDATE) + ANSWER))  # 1,500 windows are 188 updates: 50 are the most


def test_one_network_for_each_series_trains_on_its_own_points():
    """400 points of each: 8 updates an epoch. Epochs are chosen in each of two fits; and an AR for each series."""
    epoch = 8 * (0.001 + 0.0014 + 1.2e-6 * 8 * 20)
    fits = 2 * (0.02 + 10 * epoch + 20 * (8 * (0.001 + 0.0014 + 1.2e-6 * 8 * 20) + ANSWER) + 0.04 * 1.1)
    each = fits + 3 * (0.003 + 0.0008 + 0.3 * 1.2e-6 * 8 * 20)
    assert Bridge(**CLOSED).price(LOAD).seconds == pytest.approx(5 * each)


def test_linear_pays_for_the_choice_once_and_for_each_fit():
    """Season 12, horizon 6, 2,000 values: by squares 0.35 + 0.045 · 6, by absolute deviations 0.0011 a value, and each once."""
    rest = 2 * (0.004 + 6e-6 * 2_000) + 5 * 24 * 0.001
    closed = Linear(window=12, ahead="direct", log="no", objective="squared", penalty=1.0, mean="no")
    assert closed.price(LOAD).seconds == pytest.approx(rest)
    assert Linear().price(LOAD).seconds == pytest.approx(rest + 0.35 + 0.045 * 6 + 0.0011 * 2_000 + 1e-5 * 2_000)
    assert Linear(objective="squared").price(LOAD).seconds == pytest.approx(rest + 0.35 + 0.045 * 6 + 1e-5 * 2_000)


def test_what_makes_a_network_work_differently_is_part_of_its_pace():
    assert [model.pace for model in (AR(), FeedForward(), GRU(topology="many_to_many_synced"), Bridge())] == [
        "ar", "feedforward window", "gru many_to_many_synced", "bridge many_to_many_direct",
    ]  # fmt: skip


def test_epochs_are_lowered_and_never_raised():
    assert LSTM(epochs=30).with_epochs(7).epochs == 7
    assert LSTM(epochs=30).with_epochs(99) == LSTM(epochs=30)
    assert (AR().epochs, AR().with_epochs(7)) == (None, AR())


@pytest.mark.parametrize("model", [AR, ARIMA, LSTM, FeedForward, Bridge, Linear])
def test_covariates_are_read_where_a_setting_says_so(model):
    assert model().reads_covariates
    assert not model(covariates=False).reads_covariates
    assert not ETS().reads_covariates
