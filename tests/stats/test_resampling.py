"""The interval of a skill: by hand where it can be, and by simulation with effects of series and of dates."""

import math
import time

import numpy as np
import pytest
from scipy.stats import t

from core.errors import DataError
from core.stats.overlap import block_variance
from core.stats.resampling import skill_interval


def losses(
    seed: int, *, series: int, dates: int, overlap: int, effects: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(S, D) twice, a 10 % less than b on average over worlds; series of many sizes, effects of series, dates and noise."""
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=(2, dates + overlap - 1)) / math.sqrt(overlap)
    of_dates = np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=1).sum(axis=2)[:, None, :]
    of_series, noise = rng.normal(size=(2, series, 1)), rng.normal(size=(2, series, dates))
    logs = 0.35 * (effects[0] * of_series + effects[1] * of_dates + effects[2] * noise)
    first, second = np.exp(logs + 0.5 * rng.normal(size=(series, 1)))
    return 0.9 * first, second


def test_a_mean_over_dates_comes_before_that_over_series():
    a = np.array([[1.0, 1, 1, 1, np.nan], [4, np.nan, np.nan, np.nan, 2]])
    b = np.array([[2.0, 2, 2, 2, 9], [4, 8, np.nan, np.nan, np.nan]])
    # known to both: four dates of the first, 1 and 2; one of the second, 4 and 4: 1 − (1 + 4)/(2 + 4)
    found = skill_interval(a, b, horizon=1)
    assert found.skill == pytest.approx(1 / 6)
    assert (found.low, found.high) == (None, None)
    assert found.reason == "an interval over series needs at least 5 of them and there are 2"


def test_few_dates_say_so():
    a, b = losses(1, series=9, dates=20, overlap=6, effects=(1, 1, 1))
    found = skill_interval(a, b, horizon=12, stride=2)
    assert found.low is None
    assert found.reason.startswith(
        "an interval over dates needs at least 30, 5 times the 6 that share outcomes, and there are 20"
    )
    assert skill_interval(a, b, horizon=12, stride=3).low is not None


def test_without_dates_it_is_the_delta_method_over_series():
    """All dates are alike, so only series vary: the variance of log(Σa / Σb) is Σ(a/ā − b/b̄)² / S², by the delta method."""
    rng = np.random.default_rng(4)
    a, b = rng.uniform(1, 2, (2, 400, 1)) * np.ones(30)
    found = skill_interval(a, b, horizon=1)
    error = math.sqrt(np.square(a[:, 0] / a.mean() - b[:, 0] / b.mean()).sum()) / 400
    assert math.log((1 - found.low) / (1 - found.high)) / 2 == pytest.approx(t.ppf(0.975, 29) * error, rel=0.08)


def test_without_series_it_is_the_delta_method_over_dates():
    rng = np.random.default_rng(5)
    a, b = rng.uniform(1, 2, (2, 1, 60)) * np.ones((61, 1))
    found = skill_interval(a, b, horizon=1)
    error = math.sqrt(np.square(a[0] / a.mean() - b[0] / b.mean()).sum() / 60 / 59)
    assert math.log((1 - found.low) / (1 - found.high)) / 2 == pytest.approx(t.ppf(0.975, 59) * error, rel=0.08)


@pytest.mark.parametrize(
    ("series", "dates", "overlap", "effects"),
    [(30, 48, 6, (1, 1, 1)), (20, 60, 12, (0, 1, 1)), (60, 40, 4, (1, 0.3, 1))],
)
def test_the_interval_holds_the_truth(series, dates, overlap, effects):
    """100 worlds: 95 % less three standard errors are 88.5 %."""
    runs = [
        skill_interval(*losses(seed, series=series, dates=dates, overlap=overlap, effects=effects), overlap)
        for seed in range(100)
    ]
    assert np.mean([run.low <= 0.1 <= run.high for run in runs]) >= 0.89


def test_the_interval_ends_where_it_should_and_repeats():
    a, b = losses(7, series=40, dates=50, overlap=2, effects=(1, 1, 1))
    found = skill_interval(a, b, 2)
    assert found.low < found.skill < found.high
    assert skill_interval(a, b, 2) == found != skill_interval(a, b, 2, seed=1)
    assert skill_interval(1e-9 * a, 1e-9 * b, 2).low == pytest.approx(found.low)
    back = skill_interval(b, a, 2)
    assert (1 / (1 - back.high), 1 / (1 - back.low)) == pytest.approx((1 - found.low, 1 - found.high))


def test_series_that_lack_dates_are_drawn_too():
    a, b = losses(8, series=40, dates=50, overlap=2, effects=(1, 1, 1))
    a[:10, :30] = np.nan
    b[20:25, 10:] = np.nan
    found = skill_interval(a, b, 2)
    assert found.low < found.skill < found.high


@pytest.mark.parametrize(("origins", "block"), [(20, 4), (93, 11)])
def test_the_shortfall_is_that_of_drawn_blocks(origins, block):
    shocks = np.random.default_rng(9).normal(size=(3000, origins + block - 1))
    sums = np.lib.stride_tricks.sliding_window_view(shocks, block, axis=1).sum(axis=2)
    around = np.concatenate([sums, sums[:, : block - 1]], axis=1) - sums.mean(axis=1, keepdims=True)
    means = np.lib.stride_tricks.sliding_window_view(around, block, axis=1).mean(axis=2)  # of every circular block
    estimates = np.mean(means**2, axis=1) * block / origins
    found = block_variance(origins, block)
    assert sums.mean(axis=1).var() / estimates.mean() == pytest.approx(found.shortfall, rel=0.12)
    assert 2 * estimates.mean() ** 2 / estimates.var() == pytest.approx(found.degrees, rel=0.15)


def test_what_has_no_skill_is_refused_in_words():
    with pytest.raises(DataError, match="no series has losses of both models at the same date"):
        skill_interval(np.full((3, 4), np.nan), np.ones((3, 4)), 1)
    with pytest.raises(DataError, match="the mean losses are 1 and 0; a skill needs both above 0"):
        skill_interval(np.ones((9, 9)), np.zeros((9, 9)), 1)


def test_four_hundred_series_of_fifty_dates_take_half_a_second():
    a, b = losses(7, series=400, dates=50, overlap=4, effects=(1, 1, 1))
    skill_interval(a, b, 4)  # imports
    start = time.process_time()
    skill_interval(a, b, 4)
    assert time.process_time() - start < 0.5
