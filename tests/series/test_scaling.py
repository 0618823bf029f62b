"""Scalings by hand."""

import numpy as np
import pandas as pd
import pytest

from core.series.scaling import Scaling, deviation
from core.series.timeseries import TimeSeries


def series(values, observed=None) -> TimeSeries:
    observed = np.ones(len(values), bool) if observed is None else np.array(observed, bool)
    return TimeSeries("a", pd.RangeIndex(len(values)), values, observed)


def test_mean_spread_and_step_are_those_of_values_and_differences():
    found = Scaling.learn(series([2.0, 4.0, 9.0, 1.0]))
    assert found.level == pytest.approx(4.0)
    assert found.spread == pytest.approx(np.sqrt(9.5))  # (4 + 0 + 25 + 9) / 4
    # differences 2, 5, −8 around −1/3: (49 + 256 + 529) / 9 / 3
    assert found.step == pytest.approx(np.sqrt(834 / 27))


def test_filled_values_and_their_differences_count_for_nothing():
    filled = Scaling.learn(series([2.0, 4.0, 777.0, 9.0, 1.0, 5.0], [1, 1, 0, 1, 1, 1]))
    assert filled.level == pytest.approx(4.2)  # 2, 4, 9, 1, 5
    assert filled.spread == pytest.approx(np.sqrt(38.8 / 5))  # 4.84 + 0.04 + 23.04 + 10.24 + 0.64
    assert filled.step == pytest.approx(np.sqrt(744 / 27))  # 2, −8, 4 around −2/3: (64 + 484 + 196) / 9 / 3


@pytest.mark.parametrize("value", [0.0, 5.0, -1e9])
def test_a_constant_series_has_deviations_of_one(value):
    assert Scaling.learn(series(np.full(6, value))) == Scaling(value, 1.0, 1.0)


def test_a_straight_line_has_a_spread_and_steps_of_one_size():
    found = Scaling.learn(series([1.0, 3.0, 5.0]))
    assert found.spread == pytest.approx(np.sqrt(8 / 3))
    assert found.step == 1.0  # its differences do not deviate


def test_a_single_value_and_a_series_never_observed_can_be_scaled():
    assert Scaling.learn(series([7.5])) == Scaling(7.5, 1.0, 1.0)
    assert Scaling.learn(series([7.0, 9.0], [0, 0])).level == pytest.approx(8.0)
    assert Scaling.learn(series([7.0, 9.0, 8.0], [1, 0, 1])).step == 1.0  # no neighbours were both observed


def test_rounding_is_not_taken_for_a_deviation():
    assert deviation(1e9 + np.array([0.0, 1e-7, 0.0])) == 1.0
    assert deviation(np.array([0.0, 1e-30])) == pytest.approx(0.5e-30)  # small, but not against its own size


def test_there_is_nothing_to_deviate_in_no_values():
    assert deviation(np.empty(0)) == 1.0
