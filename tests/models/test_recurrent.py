"""How the settings of a recurrent network are closed, by the rules its form tells, and what does not go together."""

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.models.recurrent import GRU, LSTM, RNN, EncoderDecoder
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.settings import STEPWISE, TOPOLOGIES
from tests.contract.small import HORIZON, fit, series_of, wave

TINY = {  # nothing is open, so that nothing is chosen
    "hidden": 3, "lookback": 7, "epochs": 2, "patience": 0, "batch": 8, "skip": "on", "lags": 3, "log": "no", "mean": "no",
    "penalty": 1.0,
}  # fmt: skip


@torch.no_grad()
def stirred(fitted):
    """The same with a random head: after a short training the head is nearly zero, and nothing else counts."""
    torch.manual_seed(7)
    fitted.network.head.weight.add_(0.3 * torch.randn_like(fitted.network.head.weight))
    return fitted


@pytest.mark.parametrize(
    ("length", "horizon", "season", "hidden", "lookback", "segment"),
    [
        (300, 6, 1, 64, 24, 1),  # 24 steps at least
        (399, 6, 12, 64, 24, 1),  # two seasons
        (500, 6, 23, 64, 46, 1),
        (50_001, 6, 23, 32, 46, 1),  # beyond 50,000 points 32 units
        (900, 48, 24, 64, 96, 4),  # four seasons of 24 steps and more, in 24 segments
        (900, 12, 35, 64, 138, 6),  # 140 / 24 is 5.8: 6, of which 23 are 138
        (9000, 96, 336, 64, 192, 8),  # four seasons would be 1,344: 192 at most
        (40, 12, 12, 64, 8, 1),  # 40 − 24 = 16 steps to learn from: half of them
        (28, 12, 12, 64, 4, 1),  # the shortest series that is accepted
    ],
)
def test_open_settings_are_closed_by_length_horizon_and_season(length, horizon, season, hidden, lookback, segment):
    closed = LSTM().resolved(length, horizon, season)
    assert (closed.hidden, closed.lookback, closed.segment) == (hidden, lookback, segment)
    assert closed.resolved(length, horizon, season) == closed


@pytest.mark.parametrize(
    ("given", "lookback", "segment"),
    [
        ({"lookback": 95}, 95, 1),
        ({"lookback": 96}, 96, 4),
        ({"lookback": 100}, 100, 4),  # 100 / 24 is 4.2, and of its divisors 4 is nearest
        ({"lookback": 97}, 97, 1),  # which nothing else divides
        ({"lookback": 96, "segment": 1}, 96, 1),
        ({"lookback": 20, "segment": 5}, 20, 5),
        ({"segment": 7}, 21, 7),  # the whole segments of 24 steps
        ({"lookback": 96, "bptt": "reset"}, 96, 1),  # k1 and k2 count single steps
        *(({"lookback": 96, "topology": topology}, 96, 1) for topology in STEPWISE),
        ({"lookback": 96, "topology": "encoder_decoder"}, 96, 4),
    ],
)
def test_long_windows_are_read_in_segments_where_nothing_is_fed_back(given, lookback, segment):
    closed = GRU(**given).resolved(900, 6, 12)
    assert (closed.lookback, closed.segment, closed.reads) == (lookback, segment, lookback // segment)


def test_segments_that_do_not_fit_the_window_are_refused():
    with pytest.raises(ConfigError, match=r"^gru\.segment is 7, which does not divide the lookback, 24$"):
        GRU(lookback=24, segment=7).resolved(900, 6, 12)
    with pytest.raises(
        ConfigError, match=r"^gru\.segment is 3; where a forecast is fed back, the cell reads value by value: 1$"
    ):
        GRU(segment=3, topology="many_to_one").resolved(900, 6, 12)
    with pytest.raises(ConfigError, match=r"^gru\.segment is 90; 100 training points and horizon 6 allow at most 88$"):
        GRU(segment=90).resolved(100, 6, 12)


def test_what_was_given_is_kept():
    closed = GRU(hidden=3, lookback=50, skip="off", lags=9).resolved(400, 6, 12)
    assert (closed.hidden, closed.lookback, closed.skip, closed.lags) == (3, 50, "off", 9)


def test_a_lookback_that_the_length_cannot_feed_is_refused_with_the_most_it_can():
    with pytest.raises(ConfigError) as caught:
        LSTM(lookback=80).resolved(100, 12, 1)
    assert str(caught.value) == "lstm.lookback is 80; 100 training points and horizon 12 allow at most 76"
    assert LSTM(lookback=76).resolved(100, 12, 1).lookback == 76


@pytest.mark.parametrize("model", [RNN, LSTM, GRU])
def test_a_synced_network_cannot_read_from_the_end(model):
    with pytest.raises(ConfigError) as caught:
        model(topology="many_to_many_synced", bidirectional=True)
    assert str(caught.value) == (
        f"{model.label} cannot be bidirectional in the synced topology: reading from the end, it would see at each step the "
        "very value that it is to say there; choose many_to_many_direct, many_to_one or encoder_decoder"
    )


@pytest.mark.parametrize("bptt", ["detached", "reset"])
@pytest.mark.parametrize(
    ("build", "settings", "what"),
    [
        (LSTM, {"bidirectional": True}, "bidirectional"),
        (GRU, {"topology": "encoder_decoder"}, "an encoder-decoder"),
        (EncoderDecoder, {}, "an encoder-decoder"),
    ],
)
def test_a_window_that_is_read_as_one_piece_is_not_truncated(bptt, build, settings, what):
    with pytest.raises(ConfigError) as caught:
        build(bptt=bptt, **settings)
    assert str(caught.value) == (
        f"{build.name}.bptt is '{bptt}', and {what} network reads its window as one piece; choose full, or another topology "
        "that reads onward only"
    )


@pytest.mark.parametrize(
    ("given", "closed"),
    [
        ({"bptt": "detached"}, (6, 6)),  # a quarter of 24
        ({"bptt": "reset", "k1": 4}, (4, 4)),
        ({"bptt": "detached", "k1": 4, "k2": 12}, (4, 12)),
        ({"bptt": "detached", "lookback": 4}, (1, 1)),
        ({"k1": 4, "k2": 12}, (24, 24)),  # full back-propagation has no pieces
    ],
)
def test_pieces_are_closed_by_the_lookback(given, closed):
    found = RNN(**given).resolved(300, 6, 1)
    assert (found.k1, found.k2) == closed
    assert found.resolved(300, 6, 1) == found


@pytest.mark.parametrize(
    ("given", "k1", "k2"), [({"k1": 4, "k2": 10}, 4, 10), ({"k1": 4, "k2": 28}, 4, 28), ({"k1": 25}, 25, 25), ({"k2": 8}, 6, 8)]
)
def test_pieces_that_do_not_fit_the_window_are_refused(given, k1, k2):
    with pytest.raises(ConfigError) as caught:
        RNN(bptt="detached", lookback=24, **given).resolved(300, 6, 1)
    assert str(caught.value) == (
        f"rnn.k2 is {k2} and k1 {k1}; choose for k2 a multiple of k1 that is at most the lookback, 24 steps of the cell"
    )


@pytest.mark.parametrize("loss", ["huber", "mae", "mse", "quantile", "gaussian", "student_t"])
def test_intervals_of_its_own_come_from_a_loss_that_knows_how_uncertain_a_forecast_is(loss):
    model = GRU(**TINY, loss=loss)
    assert model.has_intervals == (loss in ("quantile", "gaussian", "student_t"))
    found = fit(model, series_of(wave(40))).forecast(series_of(wave(40)), HORIZON, (0.1, 0.9))
    assert found.levels == ((0.1, 0.9) if model.has_intervals else ())


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_the_encoder_decoder_is_a_cell_in_that_topology(cell):
    series = series_of(wave(40))
    one, other = (
        stirred(fit(model, series)).forecast(series, HORIZON).point
        for model in (EncoderDecoder(**TINY, cell=cell.name), cell(**TINY, topology="encoder_decoder"))
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("topology", STEPWISE)
def test_a_network_that_says_the_next_value_is_fed_back_to_the_horizon(topology):
    """The first step of a longer horizon is the forecast of a horizon of one, from the same network."""
    series, model = series_of(wave(60)), GRU(**TINY, topology=topology)
    fitted = stirred(fit(model, series, horizon=6))
    assert fitted.network.ahead == 1
    whole = fitted.forecast(series, 6).point
    assert whole.shape == (6,)
    np.testing.assert_array_equal(fitted.forecast(series, 1).point, whole[:1])


@pytest.mark.parametrize("seasonal_lag", ["yes", "no"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_new_series_is_seen_in_units_of_its_own(topology, seasonal_lag):
    """A network trained on one series says of a new one, shifted and stretched, what it says of it as it is."""
    model = GRU(**TINY | {"mean": "yes"}, topology=topology, seasonal_lag=seasonal_lag, loss="gaussian")
    fitted, other = stirred(fit(model, series_of(wave(60)))), wave(45, seed=9)
    plain, moved = series_of(other, name="new"), series_of(500 + 20 * other, name="moved")
    expected, found = (fitted.forecast(one, HORIZON, (0.1, 0.9)) for one in (plain, moved))
    np.testing.assert_allclose(found.point, 500 + 20 * expected.point, rtol=1e-6)
    np.testing.assert_allclose(found.quantiles, 500 + 20 * expected.quantiles, rtol=1e-6)


def test_in_logarithms_stretching_a_new_series_stretches_its_forecast():
    """And a series that is twice as large grows by twice as much: nothing but its logarithms moves."""
    model = GRU(**TINY | {"log": "yes"}, loss="gaussian")
    fitted, other = stirred(fit(model, series_of(wave(60)))), wave(45, seed=9)
    plain, moved = series_of(other, name="new"), series_of(20 * other, name="moved")
    expected, found = (fitted.forecast(one, HORIZON, (0.1, 0.9)) for one in (plain, moved))
    np.testing.assert_allclose(found.point, 20 * expected.point, rtol=1e-5)
    np.testing.assert_allclose(found.quantiles, 20 * expected.quantiles, rtol=1e-5)
    assert (found.quantiles > 0).all()


def test_settling_closes_everything_and_is_settled_once():
    """What is settled fits as it stands: the same epochs, nothing held out, and the same forecast."""
    series = series_of(wave(90))
    model = LSTM(hidden=3, lookback=8, epochs=6, patience=2)
    settled = model.settled(Panel((series,)), HORIZON, Context(seed=3), seeds=2)
    opened = {name for name, value in settled.config().items() if value is None or value == "automatic"}
    assert not opened
    assert settled.patience == 0
    assert 1 <= settled.epochs <= 6
    assert settled.settled(Panel((series,)), HORIZON, Context(seed=3), seeds=2) == settled
    each = [one.fit_all(Panel((series,)), HORIZON, Context(seed=3), 2) for one in (model, settled)]
    for one, other in zip(*each, strict=True):
        np.testing.assert_array_equal(one.forecast(series, HORIZON).point, other.forecast(series, HORIZON).point)


def test_seeds_together_are_what_each_is_alone():
    series = series_of(wave(60))
    for settings in ({}, {"dropout": 0.3, "layers": 2}, {"topology": "encoder_decoder"}):
        model = GRU(**TINY, **settings)
        together = model.fit_all(Panel((series,)), HORIZON, Context(seed=4), 3)
        alone = [model.fit(Panel((series,)), HORIZON, Context(seed=seed)) for seed in (4, 5, 6)]
        points = [one.forecast(series, HORIZON).point for one in together]
        assert len({one.tobytes() for one in points}) == 3
        for one, other in zip(points, alone, strict=True):
            np.testing.assert_allclose(one, other.forecast(series, HORIZON).point, rtol=1e-6)
