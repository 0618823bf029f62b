"""How the settings of a recurrent network are closed, by the rules its form tells, and what does not go together."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigError
from core.models.recurrent import GRU, LSTM, RNN, EncoderDecoder
from tests.nets.small import BY_TOPOLOGY, HORIZON, TINY, fit, series_of, stirred, walk


@pytest.mark.parametrize(
    ("length", "horizon", "season", "hidden", "lookback", "skip"),
    [
        (300, 6, 1, 16, 24, 12),  # below 500 points 16 units; no season: 24 and 12 steps
        (399, 6, 12, 16, 25, 13),  # two seasons and one step, and one and one
        (500, 6, 12, 32, 25, 25),  # long enough for two seasons of lags
        (900, 48, 24, 32, 49, 49),
        (9000, 96, 336, 32, 192, 192),  # two seasons would be 672: 192 at most, and no lag beyond the lookback
        (40, 12, 12, 16, 8, 8),  # 40 − 24 = 16 steps to learn from: half of them
        (28, 12, 12, 16, 4, 4),  # the shortest series that is accepted
    ],
)
def test_open_settings_are_closed_by_length_horizon_and_season(length, horizon, season, hidden, lookback, skip):
    closed = LSTM().resolved(length, horizon, season)
    assert (closed.hidden, closed.lookback, closed.skip) == (hidden, lookback, skip)


def test_what_was_given_is_kept():
    closed = GRU(hidden=3, lookback=50, skip=0).resolved(400, 6, 12)
    assert (closed.hidden, closed.lookback, closed.skip) == (3, 50, 0)


def test_a_lookback_that_the_length_cannot_feed_is_refused_with_the_most_it_can():
    with pytest.raises(ConfigError) as caught:
        LSTM(lookback=80).resolved(100, 12, 1)
    assert str(caught.value) == "lstm.lookback is 80; 100 training points and horizon 12 allow at most 76"
    assert LSTM(lookback=76).resolved(100, 12, 1).lookback == 76


def test_more_lags_than_lookback_are_refused():
    with pytest.raises(ConfigError) as caught:
        LSTM(lookback=10, skip=11).resolved(100, 12, 1)
    assert str(caught.value) == "lstm.skip is 11, more than the lookback; choose at most 10"


@pytest.mark.parametrize("model", [RNN, LSTM, GRU])
def test_a_synced_network_cannot_read_from_the_end(model):
    with pytest.raises(ConfigError) as caught:
        model(topology="synced", bidirectional=True)
    assert str(caught.value) == (
        f"{model.label} cannot be bidirectional in the synced topology: reading from the end, it would see at each step the "
        "very value that it is to say there; choose many_to_one, one_to_many or encoder_decoder"
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
        ({"bptt": "detached", "lookback": 4, "skip": 0}, (1, 1)),
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
    assert str(caught.value) == (f"rnn.k2 is {k2} and k1 {k1}; choose for k2 a multiple of k1 that is at most the lookback, 24")


@pytest.mark.parametrize("loss", ["huber", "mae", "mse", "quantile", "gaussian", "student_t"])
def test_intervals_of_its_own_come_from_a_loss_that_knows_how_uncertain_a_forecast_is(loss):
    model = GRU(**TINY, loss=loss)
    assert model.has_intervals == (loss in ("quantile", "gaussian", "student_t"))
    found = fit(model, series_of(walk(40))).forecast(series_of(walk(40)), HORIZON, (0.1, 0.9))
    assert found.levels == ((0.1, 0.9) if model.has_intervals else ())


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_the_encoder_decoder_is_a_cell_in_that_topology(cell):
    series = series_of(walk(40))
    one, other = (
        stirred(fit(model, series)).forecast(series, HORIZON).point
        for model in (EncoderDecoder(**TINY, cell=cell.name), cell(**TINY, topology="encoder_decoder"))
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("topology", ["many_to_one", "synced"])
def test_a_network_that_says_the_next_value_is_fed_back_to_the_horizon(topology):
    """The first step of a longer horizon is the forecast of a horizon of one, from the same network."""
    series, model = series_of(walk(60)), GRU(**TINY, topology=topology)
    fitted = stirred(fit(model, series, horizon=6))
    assert fitted.network.ahead == 1
    whole = fitted.forecast(series, 6).point
    assert whole.shape == (6,)
    np.testing.assert_array_equal(fitted.forecast(series, 1).point, whole[:1])


@pytest.mark.parametrize("normalisation", ["series", "window"])
@pytest.mark.parametrize("topology", BY_TOPOLOGY)
def test_normalising_is_undone(topology, normalisation):
    """A network trained on one series says of a new one, shifted and stretched, what it says of it as it is."""
    model = replace(BY_TOPOLOGY[topology], normalisation=normalisation, seasonal_lag=True, loss="gaussian")
    fitted, other = stirred(fit(model, series_of(walk(60)))), walk(45, seed=9)
    plain, moved = series_of(other, name="new"), series_of(500 + 20 * other, name="moved")
    expected, found = (fitted.forecast(one, HORIZON, (0.1, 0.9)) for one in (plain, moved))
    np.testing.assert_allclose(found.point, 500 + 20 * expected.point, rtol=1e-6)
    np.testing.assert_allclose(found.quantiles, 500 + 20 * expected.quantiles, rtol=1e-6)


def test_a_window_keeps_pace_with_a_series_that_grows_wilder():
    """What comes after training moves thirty times as far: only a network that is told so spreads its quantiles."""
    calm, wild = np.random.default_rng(2).standard_normal((2, 60)).cumsum(axis=1)
    series, width = series_of(np.concatenate([calm, calm[-1] + 30 * wild]), season=1), {}
    for normalisation in ("series", "window"):
        fitted = fit(GRU(**TINY, normalisation=normalisation, loss="gaussian"), series[:60])
        low, high = fitted.forecast(series, 1, (0.1, 0.9)).quantiles[:, 0]
        width[normalisation] = (high - low) / (2 * 1.2816)
    assert 0.5 < width["series"] < 2
    assert 15 < width["window"] < 45
