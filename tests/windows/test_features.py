"""Features and targets by hand: level 3, spread 2, step ½."""

import numpy as np

from core.series.scaling import Scaling
from core.series.timeseries import TimeSeries
from core.windows.features import PRIOR, features, sizes, targets
from tests.bench.known import plain

SCALING = Scaling(level=3.0, spread=2.0, step=0.5)


def found_in(values, lags, *, keeps_level):
    return features(np.array(values), SCALING, np.full(len(values), SCALING.step), lags, keeps_level=keeps_level)


def test_inputs_are_the_last_change_and_the_bounded_level():
    found = found_in([2.0, 5.0, 4.0, 11.0, -9.0], 0, keeps_level=True)
    np.testing.assert_allclose(found.inputs[:, 0], [0, 6, -2, 14, -40])  # (5 − 2) / ½ …
    np.testing.assert_allclose(found.inputs[:, 1], [-0.5, 1, 0.5, 3, -3])  # (11 − 3) / 2 = 4 is told as 3
    np.testing.assert_allclose(found.linear, [[-0.5], [1], [0.5], [4], [-6]])  # the linear path is told all of it


def test_lags_are_differences_from_the_steps_own_value_and_stand_still_before_the_start():
    found = found_in([2.0, 5.0, 4.0], 2, keeps_level=True)
    np.testing.assert_allclose(found.linear, [[0, 0, -0.5], [-6, -6, 1], [2, -4, 0.5]])


def test_a_series_that_does_not_keep_its_level_is_not_told_it():
    found = found_in([2.0, 5.0, 4.0], 1, keeps_level=False)
    assert not found.inputs[:, 1].any()
    assert not found.linear[:, -1].any()
    np.testing.assert_allclose(found.linear[:, 0], [0, -6, 2])


def test_targets_are_changes_from_the_steps_own_value():
    goal, seen = targets(plain([2.0, 5.0, 4.0, 4.5]), np.full(4, 0.5), 2)
    np.testing.assert_allclose(goal, [[6, 4], [-2, -1]])
    assert seen.all()


def test_a_filled_gap_is_no_target():
    gap = np.array([True, True, False, True, True])
    series = TimeSeries("y", plain(np.zeros(5)).index, [2.0, 5.0, 5.0, 4.5, 6.0], gap)
    _, seen = targets(series, np.full(5, 0.5), 2)
    assert seen.tolist() == [[True, False], [False, True], [True, True]]


def test_the_size_of_changes_follows_the_window_and_leans_on_that_of_the_series():
    values = np.array([1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 4.0])
    found = sizes(values, SCALING, 3)
    prior = PRIOR * 0.25
    counts = np.array([0, 1, 2, 3, 3, 3, 3])
    np.testing.assert_allclose(found, np.sqrt((np.array([0, 0, 9, 9, 9, 0, 0]) + prior) / (counts + PRIOR)))
    np.testing.assert_allclose(sizes(values, SCALING, None), 0.5)


def test_many_paths_have_the_features_of_each():
    paths = np.random.default_rng(0).standard_normal((4, 9)).cumsum(1)
    size = sizes(paths, SCALING, 3)
    together = features(paths, SCALING, size, 2, keeps_level=True)
    for number, path in enumerate(paths):
        np.testing.assert_array_equal(size[number], sizes(path, SCALING, 3))
        alone = features(path, SCALING, size[number], 2, keeps_level=True)
        np.testing.assert_array_equal(together.inputs[number], alone.inputs)
        np.testing.assert_array_equal(together.linear[number], alone.linear)
