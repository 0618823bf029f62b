"""When training has gained something over what it started from."""

import math

import pytest

from core.nets.training import is_gain


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
        (-1.0, -1.06, 100, True),  # a log likelihood may be below zero
        (-1.0, -1.04, 100, False),
        (math.inf, 2.0, 1, True),  # a linear path that explodes is no start to keep
        (math.inf, math.inf, 1, False),
    ],
)
def test_a_gain_is_more_than_luck_in_so_many_independent_windows(start, best, windows, expected):
    assert is_gain(start, best, windows) is expected
