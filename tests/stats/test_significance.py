"""The Diebold-Mariano test by hand, against its special cases, and by simulation; Holm's adjustment."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

from core.errors import DataError, TooShortError
from core.stats.significance import diebold_mariano, holm

UP_AND_DOWN = np.tile([1.0, 1.0, -1.0, -1.0], 5)  # n = 20, mean 0


def test_the_statistic_of_twenty_origins_that_overlap_by_two_is_that_worked_by_hand():
    # γ_0 = 20/20 = 1. Of the 19 neighbours 10 are alike (1·1 or −1·−1) and 9 are not: γ_1 = (10 − 9)/20 = 1/20.
    # Long-run variance 1 + 2/20 = 1.1, of the mean 1.1/20 = 0.055.
    # Correction (n + 1 − 2h + h(h − 1)/n)/n = (20 + 1 − 4 + 2/20)/20 = 17.1/20 = 0.855: error √(0.055/0.855) = 0.253628
    # With a mean of 0.530843 the statistic is 2.0930, the 97.5 % point of Student's t with 19 degrees in printed tables.
    test = diebold_mariano(UP_AND_DOWN + 0.530843, horizon=2)
    assert test.error == pytest.approx(0.253628, abs=1e-6)
    assert test.statistic == pytest.approx(2.0930, abs=1e-4)
    assert test.degrees == 19
    assert test.p == pytest.approx(0.05, abs=1e-5)
    assert test.low == pytest.approx(0, abs=1e-4)
    assert test.high == pytest.approx(2 * 0.530843, abs=1e-4)


def test_few_origins_are_judged_by_cosines_as_worked_by_hand():
    # n = 8 of overlap 4 leave ν = 2 cosines. Let d be 1 + c·(the first cosine): Λ_1 = √(2/n)·c·n/2 = c·√(n/2) = 2c, Λ_2 = 0,
    # long-run variance (4c² + 0)/2 = 2c², of the mean 2c²/8: error c/2 = 0.25 for c = 0.5, statistic 1/0.25 = 4.
    # Student t with 2 degrees has P(|T| > t) = 1 − t/√(2 + t²).
    wave = 1 + 0.5 * np.cos(np.pi * (np.arange(1, 9) - 0.5) / 8)
    test = diebold_mariano(wave, horizon=4)
    assert (test.statistic, test.degrees) == (pytest.approx(4), 2)
    assert test.p == pytest.approx(1 - 4 / math.sqrt(18))


def test_a_variance_that_is_not_positive_is_replaced_by_that_of_the_cosines():
    # 3, 1, 3, 1, …: γ_0 = 1, γ_1 = −19/20, so that 1 − 2·19/20 is under 0; ν = ⌊20/2⌋ = 10
    test = diebold_mariano(np.tile([3.0, 1.0], 10), horizon=2)
    assert test.degrees == 10
    assert test.error > 0


@pytest.mark.parametrize(("n", "horizon", "stride"), [(8, 1, 1), (9, 3, 3), (40, 1, 1), (25, 4, 7)])
def test_without_overlap_it_is_the_t_test_of_the_mean(n, horizon, stride):
    # h = 1: variance of the mean Σ(d − d̄)²/n², correction (n − 1)/n; their ratio is Σ(d − d̄)²/((n − 1)·n) = s²/n
    differential = np.random.default_rng(n).normal(0.3, 2, n)
    test, outside = diebold_mariano(differential, horizon, stride), ttest_1samp(differential, 0)
    assert (test.statistic, test.p) == (pytest.approx(outside.statistic), pytest.approx(outside.pvalue))
    assert (test.low, test.high) == pytest.approx(tuple(outside.confidence_interval(0.95)))


def test_a_stride_leaves_the_lags_that_still_overlap():
    differential = np.random.default_rng(3).normal(0.2, 1, 40)
    assert diebold_mariano(differential, 12, 5) == diebold_mariano(differential, 3)  # ⌈12 / 5⌉ = 3
    assert diebold_mariano(differential, 12, 4) == diebold_mariano(differential, 3)


@pytest.mark.parametrize("unit", [1e-170, 1e150])
def test_the_unit_does_not_matter(unit):
    differential = np.random.default_rng(3).normal(0.2, 1, 40)
    plain, other = diebold_mariano(differential, 3), diebold_mariano(unit * differential, 3)
    assert other.p == pytest.approx(plain.p)
    assert (other.low / unit, other.high / unit) == pytest.approx((plain.low, plain.high))


@pytest.mark.parametrize(("n", "horizon", "most"), [(40, 1, 0.065), (40, 4, 0.09), (20, 12, 0.1), (20, 5, 0.105), (8, 4, 0.11)])
def test_a_true_null_is_rejected_about_as_often_as_claimed(n, horizon, most):
    """Differentials are sums of `horizon` shocks, the strongest overlap there is: MA(horizon − 1) with equal weights."""
    shocks = np.random.default_rng(11).normal(size=(3000, n + horizon - 1))
    differentials = np.lib.stride_tricks.sliding_window_view(shocks, horizon, axis=1).sum(axis=2)
    rejected = np.mean([diebold_mariano(one, horizon).p < 0.05 for one in differentials])
    assert 0.03 < rejected < most


def test_a_real_difference_is_found_and_has_its_sign():
    shocks = np.random.default_rng(12).normal(-1, 1, size=(500, 43))
    tests = [diebold_mariano(one, 4) for one in np.lib.stride_tricks.sliding_window_view(shocks, 4, axis=1).mean(axis=2)]
    assert np.mean([test.p < 0.05 for test in tests]) > 0.95
    assert all(test.statistic < 0 for test in tests)
    assert np.mean([test.low < -1 < test.high for test in tests]) > 0.88


@pytest.mark.parametrize(
    ("differential", "horizon", "kind", "words"),
    [
        (np.arange(7.0), 1, TooShortError, "the test needs at least 8 scored origins and there are 7; ask for more origins"),
        (np.array([]), 1, TooShortError, "at least 8 scored origins and there are 0"),
        (np.arange(20.0), 24, TooShortError, r"all 20 scored origins share outcomes, for they lie 1 apart .* needs 24 origins"),
        (np.zeros(20), 1, DataError, "the losses are equal at all 20 origins, so there is no difference to test"),
        (np.full(20, 0.1), 1, DataError, "the losses differ by 0.1, much the same at every origin"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(differential, horizon, kind, words):
    with pytest.raises(kind, match=words):
        diebold_mariano(differential, horizon)


def test_holm_by_hand():
    # sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, 0.04, and the last may not fall below the one before
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.7, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_agrees_with_statsmodels():
    p = np.random.default_rng(4).uniform(size=30) ** 4
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
