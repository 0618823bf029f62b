"""When training has gained something over what it started from."""

import math

import pytest

from core.nets.training import is_gain, is_gain_of_likelihood


@pytest.mark.parametrize(
    ("start", "best", "windows", "expected"),
    [
        (1.0, 0.94, 100, True),
        (1.0, 0.96, 100, False),  # under a twentieth: luck does as much
        (1.0, 0.96, 1e9, False),
        (1.0, 0.76, 4, False),  # few windows have more luck: a half by the root of their number
        (1.0, 0.74, 4, True),
        (1.0, 0.6, 1, False),
        (1.0, 0.4, 0.2, True),  # less than one window is one
        (math.inf, 2.0, 1, True),  # a linear path that explodes is no start to keep
        (math.inf, math.inf, 1, False),
    ],
)
def test_a_gain_is_more_than_luck_in_so_many_independent_windows(start, best, windows, expected):
    assert is_gain(start, best, windows) is expected


@pytest.mark.parametrize("level", [2.0, 0.01, 0.0, -0.01, -2.0])
@pytest.mark.parametrize(
    ("nats", "windows", "expected"),
    [
        (0.03, 100, True),
        (0.02, 100, False),  # under 0.0256: a variance smaller by a twentieth gains as much, − ½ log 0.95
        (0.15, 4, True),
        (0.14, 4, False),  # − ½ log 0.75 = 0.1438
        (0.3, 1, False),  # − ½ log 0.5 = 0.3466
        (math.inf, 1, True),
    ],
)
def test_likelihoods_are_judged_by_their_difference_wherever_they_lie(level, nats, windows, expected):
    start = math.inf if math.isinf(nats) else level
    assert is_gain_of_likelihood(start, level if math.isinf(nats) else start - nats, windows) is expected
