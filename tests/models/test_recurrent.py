"""How the settings of a recurrent network are closed, by the rules its form tells."""

import pytest

from core.errors import ConfigError
from core.models.recurrent import GRU, LSTM


@pytest.mark.parametrize(
    ("length", "horizon", "season", "hidden", "lookback", "skip"),
    [
        (300, 6, 1, 16, 24, 12),  # below 500 points 16 units; no season: 24 and 12 steps
        (500, 6, 12, 32, 24, 13),  # two seasons are 24; one and one more 13
        (900, 48, 24, 32, 48, 25),
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
    assert str(caught.value) == "lstm.skip is 11, more than the lookback; choose skip ≤ 10"
