"""Scores of quantiles and intervals: by hand, as proper scoring rules, and against utilsforecast."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from utilsforecast import losses

from core.errors import DataError
from core.metrics.quantile import coverage, crps, pinball, width, winkler

ACTUAL = np.array([5.0, -3.0, 9.0, 1.0])
LOWER = np.array([2.0, -1.0, 6.0, 1.0])
UPPER = np.array([6.0, 4.0, 8.0, 3.0])  # inside, 2 below, 1 above, on the lower end

# −3 with probability 0.2, 1 with 0.5, 6 with 0.3: the distribution function is 0.2, 0.7, 1
DISCRETE = np.array([-3.0, -3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 6.0, 6.0, 6.0])
numbers = st.floats(-50, 50, allow_nan=False)
quick = settings(max_examples=60, deadline=None)


def test_pinball_weighs_the_two_sides_by_the_level():
    # level 0.1, q = 4 and −1: y − q = 1 and −2: 0.1·1 and 0.9·2
    assert pinball(np.array([5.0, -3.0]), np.array([[4.0, -1.0]]), (0.1,)) == pytest.approx(0.95)  # (0.1 + 1.8) / 2
    assert pinball(np.array([5.0, -3.0]), np.array([[4.0, -1.0]]), (0.9,)) == pytest.approx(0.55)  # (0.9 + 0.2) / 2


def test_pinball_is_the_mean_over_levels_too_whatever_the_shape():
    quantiles = np.array([[4.0, -1.0], [7.0, 2.0]])
    # 0.1: 0.1 and 1.8, as above; 0.75: y − q = −2 and −5: 0.25·2 and 0.25·5
    assert pinball(np.array([5.0, -3.0]), quantiles, (0.1, 0.75)) == pytest.approx(0.9125)  # (1.9 + 1.75) / 4
    deep = pinball(np.array([[5.0], [-3.0]]), quantiles[:, :, None], np.array([0.1, 0.75]))  # (2, 1) and (2, 2, 1)
    assert deep == pytest.approx(0.9125)


def test_crps_is_twice_the_pinball_loss():
    quantiles = np.array([[4.0, -1.0], [7.0, 2.0]])
    assert crps(np.array([5.0, -3.0]), quantiles, (0.1, 0.75)) == pytest.approx(1.825)  # 2 · 0.9125, as above


def test_crps_of_a_median_is_the_mean_absolute_error():
    assert crps(np.array([5.0, -3.0]), np.array([[4.0, 1.0]]), (0.5,)) == pytest.approx(2.5)  # (1 + 4) / 2


def test_crps_tends_to_the_closed_form_as_levels_grow_dense():
    """Uniform on [0, 1], y within it: ∫₀^y p² dp + ∫_y^1 (1 − p)² dp = (y³ + (1 − y)³) / 3."""
    levels = (np.arange(500) + 0.5) / 500  # the quantile of the uniform at a level is the level
    assert crps(np.array([0.3]), levels[:, None], levels) == pytest.approx((0.027 + 0.343) / 3, abs=1e-5)


def test_coverage_counts_the_ends_as_inside():
    assert coverage(ACTUAL, LOWER, UPPER) == pytest.approx(0.5)  # 5 and 1 of 5, −3, 9, 1
    assert coverage(np.array([6.0, 6.0, 6.1]), np.array([6.0, 2.0, 2.0]), np.array([7.0, 6.0, 6.0])) == pytest.approx(2 / 3)


def test_width_is_the_mean_distance_of_the_ends():
    assert width(LOWER, UPPER) == pytest.approx(3.25)  # (4 + 5 + 2 + 2) / 4


def test_winkler_adds_the_misses_to_the_width():
    # α = 0.2: 4, then 5 + 10·2, then 2 + 10·1, then 2
    assert winkler(ACTUAL, LOWER, UPPER, 0.8) == pytest.approx(10.75)  # (4 + 25 + 12 + 2) / 4
    # α = 0.5: 4, then 5 + 4·2, then 2 + 4·1, then 2
    square = (array.reshape(2, 2) for array in (ACTUAL, LOWER, UPPER))
    assert winkler(*square, 0.5) == pytest.approx(6.25)  # (4 + 13 + 6 + 2) / 4


def test_an_unobserved_actual_is_not_scored():
    actual = np.array([[5.0, -3.0, np.nan], [9.0, np.nan, 1.0]])
    lower = np.array([[2.0, -1.0, -80.0], [6.0, -1.0, 1.0]])
    upper = np.array([[6.0, 4.0, 90.0], [8.0, 70.0, 3.0]])
    assert coverage(actual, lower, upper) == pytest.approx(0.5)
    assert winkler(actual, lower, upper, 0.8) == pytest.approx(10.75)
    # level 0.2 of the lower ends, y − q = 3, −2, 3, 0: 0.2·3 + 0.8·2 + 0.2·3 + 0 = 2.8
    assert pinball(actual, lower[None], (0.2,)) == pytest.approx(0.7)
    assert crps(actual, lower[None], (0.2,)) == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("score", "label"),
    [
        (lambda actual, row: pinball(actual, row[None], (0.4,)), "pinball loss"),
        (lambda actual, row: crps(actual, row[None], (0.4,)), "CRPS"),
        (lambda actual, row: coverage(actual, row, row + 1), "coverage"),
        (lambda actual, row: winkler(actual, row, row + 1, 0.9), "Winkler score"),
    ],
)
def test_nothing_observed_is_refused(score, label):
    with pytest.raises(DataError, match=f"^{label} is undefined: none of the 2 actuals is observed; choose origins"):
        score(np.full(2, np.nan), np.array([1.0, -2.0]))


@pytest.mark.parametrize(("score", "label"), [(pinball, "pinball loss"), (crps, "CRPS")])
def test_a_forecast_without_quantiles_is_refused(score, label):
    with pytest.raises(DataError, match=f"^{label} is undefined: the forecast has 0 quantiles; ask for at least one"):
        score(ACTUAL, np.empty((0, 4)), ())


def test_an_interval_upside_down_is_a_defect():
    for score in (lambda: coverage(ACTUAL, UPPER, LOWER), lambda: winkler(ACTUAL, UPPER, LOWER, 0.8)):
        with pytest.raises(AssertionError, match="lower end lies above"):
            score()


@quick
@given(candidate=numbers)
def test_the_true_quantile_has_the_smallest_pinball_loss(candidate):
    """The 0.6-quantile of DISCRETE is 1, for 0.2 < 0.6 ≤ 0.7. Its loss: 0.2 · 0.4·4 + 0.5 · 0 + 0.3 · 0.6·5 = 1.22."""
    at_quantile = pinball(DISCRETE, np.full((1, 10), 1.0), (0.6,))
    assert at_quantile == pytest.approx(1.22)
    assert pinball(DISCRETE, np.full((1, 10), candidate), (0.6,)) >= at_quantile - 1e-12


@quick
@given(ends=st.tuples(numbers, numbers).map(sorted))
def test_the_true_quantiles_have_the_smallest_winkler_score(ends):
    """Coverage 0.5: the quantiles 0.25 and 0.75 of DISCRETE are 1 and 6. Score: 5 + 2/0.5 · 0.2·4 = 8.2."""
    at_quantiles = winkler(DISCRETE, np.full(10, 1.0), np.full(10, 6.0), 0.5)
    assert at_quantiles == pytest.approx(8.2)
    assert winkler(DISCRETE, np.full(10, ends[0]), np.full(10, ends[1]), 0.5) >= at_quantiles - 1e-12


@quick
@given(actual=numbers, ends=st.tuples(numbers, numbers).map(sorted), nominal=st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_winkler_is_a_sum_of_two_pinball_losses(actual, ends, nominal):
    """2/α · (pinball at α/2 of the lower end + pinball at 1 − α/2 of the upper)."""
    alpha = 1 - nominal
    both = pinball(np.array([actual]), np.array([[ends[0]], [ends[1]]]), (alpha / 2, 1 - alpha / 2))  # half their sum
    score = winkler(np.array([actual]), np.array([ends[0]]), np.array([ends[1]]), nominal)
    assert score == pytest.approx(2 / alpha * 2 * both, abs=1e-9)


@quick
@given(shift=numbers, stretch=st.floats(0.01, 100))
def test_scores_do_not_see_a_shift_and_stretch_with_the_unit(shift, stretch):
    moved, lower, upper = (shift + stretch * array for array in (ACTUAL, LOWER, UPPER))
    assert winkler(moved, lower, upper, 0.8) == pytest.approx(10.75 * stretch)
    both, levels = np.stack([lower, upper]), (0.1, 0.9)
    assert pinball(moved, both, levels) == pytest.approx(pinball(ACTUAL, np.stack([LOWER, UPPER]), levels) * stretch)


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """30 skewed actuals with three quantiles each, neither symmetric nor centred."""
    rng = np.random.default_rng(11)
    actual = rng.gamma(2.0, 5.0, 30) - 6
    center = actual + rng.normal(1.5, 4.0, 30)
    names = {"m-lo-80": center - rng.gamma(2.0, 2.0, 30), "m": center, "m-hi-80": center + rng.gamma(3.0, 1.0, 30)}
    return pd.DataFrame({"unique_id": "a", "ds": np.arange(30), "y": actual, **names})


def test_utilsforecast_agrees_on_quantiles(drawn):
    names, levels = ["m-lo-80", "m", "m-hi-80"], np.array([0.1, 0.5, 0.9])
    actual, quantiles = drawn["y"].to_numpy(), drawn[names].to_numpy().T
    alone = losses.quantile_loss(drawn, models={"m": "m-hi-80"}, q=0.9)["m"].item()
    assert pinball(actual, quantiles[2:], (0.9,)) == pytest.approx(alone, rel=1e-12)
    together = losses.mqloss(drawn, models={"m": names}, quantiles=levels)["m"].item()
    assert pinball(actual, quantiles, levels) == pytest.approx(together, rel=1e-12)
    # theirs is divided by the mean size of the actuals
    scaled = losses.scaled_crps(drawn, models={"m": names}, quantiles=levels)["m"].item()
    assert crps(actual, quantiles, levels) == pytest.approx(scaled * np.abs(actual).mean(), rel=1e-12)


def test_utilsforecast_agrees_on_intervals(drawn):
    actual, lower, upper = (drawn[name].to_numpy() for name in ("y", "m-lo-80", "m-hi-80"))
    assert 0 < coverage(actual, lower, upper) < 1
    assert coverage(actual, lower, upper) == pytest.approx(losses.coverage(drawn, models=["m"], level=80)["m"].item())
    expected = losses.winkler_score(drawn, models=["m"], level=80)["m"].item()
    assert winkler(actual, lower, upper, 0.8) == pytest.approx(expected, rel=1e-12)
    assert math.isclose(width(lower, upper), (drawn["m-hi-80"] - drawn["m-lo-80"]).mean())
