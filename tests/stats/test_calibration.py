"""Reliability by hand, its band against scipy's binomial test, and by simulation with overlap."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from core.errors import TooShortError
from core.stats.calibration import reliability

LEVELS = np.array([0.1, 0.5, 0.9])


def test_fractions_and_counts_by_hand():
    actual = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    quantiles = np.array([[1.0], [3.5], [7.5]]) * np.ones(8)
    found = reliability(actual, quantiles, LEVELS)
    assert found.observed == pytest.approx([1 / 8, 3 / 8, 7 / 8])  # 1 equals the first quantile and counts at or below it
    assert found.counts.tolist() == [1, 2, 4, 1]
    assert found.expected == pytest.approx([0.8, 3.2, 3.2, 0.8])


def test_quantiles_that_are_equal_have_nothing_between_them():
    found = reliability(np.arange(10.0), np.full((3, 10), 4.0), LEVELS)
    assert found.counts.tolist() == [5, 0, 0, 5]
    assert found.observed == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(("n", "block"), [(40, 1), (97, 4)])
def test_the_band_is_what_a_binomial_test_does_not_reject_on_either_side(n, block):
    found = reliability(np.zeros(n), np.zeros((3, n)), LEVELS, block)
    blocks = n // block
    assert found.blocks == blocks
    for level, low, high in zip(LEVELS, found.low * blocks, found.high * blocks, strict=True):
        inside = [
            k
            for k in range(blocks + 1)
            if min(binomtest(k, blocks, level, alternative=side).pvalue for side in ("less", "greater")) >= 0.025
        ]
        assert (round(low), round(high)) == (inside[0], inside[-1])


@pytest.mark.parametrize(("n", "overlap"), [(60, 1), (96, 12), (100, 3)])
def test_a_true_forecast_stays_in_its_band(n, overlap):
    shocks = np.random.default_rng(5).normal(size=(400, n + overlap - 1)) / math.sqrt(overlap)
    actuals = np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=1).sum(axis=2)
    quantiles = norm.ppf(LEVELS)[:, None] * np.ones(n)
    runs = [reliability(actual, quantiles, LEVELS, overlap) for actual in actuals]
    inside = np.mean([(run.low <= run.observed) & (run.observed <= run.high) for run in runs], axis=0)
    assert (inside >= 0.95 - 0.033).all()  # three standard errors
    narrow = [reliability(actual, quantiles / 3, LEVELS, overlap) for actual in actuals]
    assert np.mean([run.observed[0] > run.high[0] for run in narrow]) > 0.3


def test_too_few_forecasts_are_refused_in_words():
    with pytest.raises(TooShortError, match="needs at least 32 forecasts, 8 times the 4 that share outcomes, and there are 31"):
        reliability(np.zeros(31), np.zeros((3, 31)), LEVELS, 4)
