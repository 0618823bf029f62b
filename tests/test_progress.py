"""When training has gained something over what it started from."""

import math

import pytest

from core.progress import is_gain


@pytest.mark.parametrize(
    ("start", "best", "expected"),
    [
        (1.0, 0.94, True),
        (1.0, 0.96, False),  # under a twentieth: luck does as much
        (1.0, 1.0, False),
        (-1.0, -1.06, True),  # a log likelihood may be below zero
        (-1.0, -1.04, False),
        (math.inf, 2.0, True),  # a linear path that explodes is no start to keep
        (math.inf, math.inf, False),
    ],
)
def test_a_gain_is_a_twentieth_of_the_loss_that_training_starts_from(start, best, expected):
    assert is_gain(start, best) is expected
