"""What a plan could show: from the training part alone, and what the finished run then shows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from core.errors import TooShortError
from core.evaluation.power import independent, power
from core.progress import Context
from core.series.splits import Timetable
from core.series.timeseries import TimeSeries
from core.stats.significance import critical_value


def steps(values):
    return TimeSeries("a", pd.RangeIndex(len(values)), values, np.ones(len(values), bool))


def walk(length=300, seed=3):
    noise = np.random.default_rng(seed).normal(0, 1, length)
    values = np.zeros(length)
    for at in range(2, length):
        values[at] = 0.8 * values[at - 1] - 0.3 * values[at - 2] + noise[at] + 0.8 * np.tanh(values[at - 1])
    return values + 50


def table(first, count, stride=1, horizon=1):
    return Timetable(horizon, tuple(range(first, first + count * stride, stride)), (0,), 1)


def test_what_comes_after_the_first_origin_changes_nothing():
    values = walk()
    changed = values.copy()
    changed[200:] = 1e6
    first, second = (power(steps(one), table(200, 90), 3, Context()) for one in (values, changed))
    assert first == second
    assert 0.01 < first.share < 1
    assert -1 <= first.correlation <= 1


def test_four_times_as_many_independent_forecasts_show_half_as_much():
    few, many = (power(steps(walk()), table(200, count), 1, Context()).share for count in (24, 96))
    expected = np.sqrt(24 / 96) * t.ppf(0.975, 95) / t.ppf(0.975, 23)
    assert many / few == pytest.approx(expected)


def test_forecasts_that_share_outcomes_count_less():
    assert independent(93, table(206, 93, horizon=11)) == pytest.approx(1 + 92 / 11)
    assert independent(10, table(100, 10, stride=12, horizon=6)) == 10
    assert critical_value(93, 11) == pytest.approx(t.ppf(0.975, 8))
    assert critical_value(93, 11, 1, 3) == pytest.approx(t.ppf(1 - 0.05 / 6, 8))


def test_too_little_to_train_on_is_refused_in_words():
    with pytest.raises(TooShortError, match="points are too few"):
        power(steps(walk(40)), table(10, 20), 1, Context())
