"""What a network is shown, by hand: size ½, a season of three, a mean."""

import numpy as np
import pytest

from core.series.timeseries import TimeSeries
from core.windows.features import Eye
from core.windows.scale import LEAST, Scale, began
from tests.bench.known import plain

VALUES = np.array([2.0, 5.0, 4.0, 11.0, -9.0])


def eye(*, season=1, mean=np.nan, has_season=False, keeps_mean=False) -> Eye:
    return Eye(Scale(0.5, mean, 0.0, season), has_season, keeps_mean)


def test_the_last_change_is_shown_and_no_more_than_far_out():
    found = eye().features(VALUES)
    np.testing.assert_allclose(found.inputs, [[0], [6], [-2], [10], [-10]])  # 14 and −40 are told as 10 and −10
    np.testing.assert_array_equal(found.z, VALUES)
    assert not found.distance.any()


def test_before_its_first_value_a_series_went_on_as_its_first_season():
    found = eye(season=3).features(np.array([2.0, 5.0, 4.0, 3.0]))
    np.testing.assert_allclose(found.inputs[:, 0], [-4, 6, -2, -2])  # before 2 it was 4
    np.testing.assert_allclose(eye(season=3).features(np.array([2.0, 5.0, 4.0]), period=2).inputs[0], [-6])  # or 5


def test_the_last_season_is_how_it_went_on_from_the_same_place():
    found = eye(season=3, has_season=True).features(np.array([3.0, 5.0, 4.0, 8.0, 6.0, 5.5, 9.0]))
    # step 3 is 8: a season before its next step was step 1, 5, and (5 − 8) / ½ = −6; before 3, 5, 4 it was 3, 5, 4 too
    np.testing.assert_allclose(found.inputs[:, 1], [4, -2, -2, -6, -4, 5, -6])


def test_the_distance_from_the_mean_of_all_so_far_or_of_the_training_slice():
    so_far = eye(keeps_mean=True).features(VALUES)
    np.testing.assert_allclose(so_far.distance, [0, 3, 2 / 3, 11, -23.2])  # means 2, 3½, 11/3, 5½, 13/5
    np.testing.assert_allclose(so_far.inputs[:, 1], [0, 3, 2 / 3, 10, -10])
    np.testing.assert_allclose(eye(keeps_mean=True, mean=3.0).features(VALUES).distance, [-2, 4, 2, 16, -24])


@pytest.mark.parametrize(
    ("season", "has_season", "keeps_mean", "width"), [(1, False, False, 1), (1, True, False, 1), (4, True, True, 3)]
)
def test_a_season_of_one_has_no_last(season, has_season, keeps_mean, width):
    shown = eye(season=season, has_season=has_season, keeps_mean=keeps_mean)
    assert shown.width == shown.features(VALUES).inputs.shape[1] == width


def test_no_feature_sees_what_comes_after_its_step():
    random = np.random.default_rng(1).standard_normal(30).cumsum()
    shown = eye(season=4, has_season=True, keeps_mean=True)
    whole = shown.features(random)
    for step in range(4, 30):
        other = random.copy()
        other[step:] += 50.0
        found = shown.features(other)
        for name in ("inputs", "mean", "distance"):
            np.testing.assert_array_equal(getattr(found, name)[:step], getattr(whole, name)[:step])
            assert name == "mean" or (getattr(found, name)[step] != getattr(whole, name)[step]).any()


def test_the_size_is_the_mean_change_from_season_to_season_of_what_was_observed():
    observed = np.array([True, True, True, False, True, True])
    values = np.array([1.0, 5.0, 2.0, 100.0, 8.0, 3.0])
    series = TimeSeries("y", plain(values).index, values, observed, 2)
    assert Scale.learn(series, is_log=False).size == pytest.approx((1 + 6) / 2)  # |2−1|, |8−2|; 100 was filled in
    assert Scale.learn(series, is_log=True).size == pytest.approx((np.log(2) + np.log(4)) / 2)
    repeated = Scale.learn(plain(np.tile([1.0, 7.0], 9), season=2), is_log=False)
    assert repeated.size == pytest.approx(LEAST * 3)  # the deviation of 1 and 7
    brief = Scale.learn(plain([4.0, 6.0, 9.0], season=5), is_log=False)
    assert brief.size == pytest.approx(2.5)  # shorter than a season: from step to step


def test_the_mean_of_a_series_alone_is_that_of_its_training_slice():
    assert Scale.learn(plain(VALUES), is_log=False, is_alone=True).mean == pytest.approx(13 / 5)
    assert np.isnan(Scale.learn(plain(VALUES), is_log=False).mean)


def test_a_start_is_as_long_as_asked_for():
    np.testing.assert_array_equal(began(np.array([1.0, 2.0, 3.0]), 4, 2), [1, 2, 1, 2, 1, 2, 3])
