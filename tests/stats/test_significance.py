"""The Diebold-Mariano test by hand, against its special cases, and by simulation; Holm's adjustment."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from core.errors import DataError, TooShortError
from core.stats.significance import DieboldMariano, diebold_mariano, simultaneous

WAVE = 1 + 0.5 * np.cos(np.pi * (np.arange(1, 9) - 0.5) / 8)  # n = 8: 1 and half the first cosine


def overlapping(overlap: int, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """`shape` of sums of `overlap` normal shocks along the last axis, the strongest overlap there is; variance 1."""
    shocks = np.random.default_rng(seed).normal(size=(*shape[:-1], shape[-1] + overlap - 1))
    return np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=-1).sum(axis=-1) / math.sqrt(overlap)


def share(n: int, overlap: int) -> float:
    """What the cosines see of the variance of the mean, from the shocks themselves: d = box · shocks."""
    box = np.array([[1.0 if row <= column < row + overlap else 0.0 for column in range(n + overlap - 1)] for row in range(n)])
    cosines = [np.cos(np.pi * j * (np.arange(n) + 0.5) / n) * math.sqrt(2 / n) for j in range(1, min(n // overlap, n - 1) + 1)]
    return float(np.mean([np.square(cosine @ box).sum() for cosine in cosines]) / (np.square(box.sum(axis=0)).sum() / n))


def test_eight_origins_that_overlap_by_two_are_judged_as_worked_by_hand():
    # ν = 4 cosines. Of 1 + ½ · the first cosine, Λ_1 = √(2/8) · ½ · 8/2 = 1, the others 0: their mean square is 1/4.
    # The autocorrelation at lag 1 is 1/2. Expected squares 1 + (7 · cos(jπ/8) − 1)/8: with the cosines 0.923880, 0.707107,
    # 0.382683, 0 their mean is 0.875 + 0.875 · 0.503417 = 1.315490; n times the variance of the mean is 1 + 7/8 = 1.875.
    # Error √(1/4 / 8 / (1.315490 / 1.875)) = √0.0445414 = 0.211048, statistic 4.73826
    test = diebold_mariano(WAVE, horizon=2)
    assert (test.mean, test.error, test.degrees) == (pytest.approx(1), pytest.approx(0.211048, abs=1e-6), 4)
    assert test.statistic == pytest.approx(4.73826, abs=1e-4)
    reach = 2.776445 * 0.211048  # the 97.5 % point of Student's t with 4 degrees in printed tables
    assert (test.low, test.high) == (pytest.approx(1 - reach, abs=1e-5), pytest.approx(1 + reach, abs=1e-5))


def test_p_is_that_of_as_many_degrees_as_cosines():
    # Student t with 2 degrees has P(|T| > t) = 1 − t/√(2 + t²). As above, with Λ_2 = 0: the mean square is 1/2.
    test = diebold_mariano(WAVE, horizon=4)
    t = 1 / math.sqrt(1 / 2 / 8 / share(8, 4))
    assert (test.statistic, test.degrees) == (pytest.approx(t), 2)
    assert test.p == pytest.approx(1 - t / math.sqrt(2 + t**2))


@pytest.mark.parametrize(("n", "overlap"), [(20, 12), (25, 3), (40, 2), (93, 12)])
def test_the_error_is_unbiased_for_sums_of_shocks(n, overlap):
    differentials = overlapping(overlap, (20_000, n), seed=7)
    tests = [diebold_mariano(row, overlap) for row in differentials[:4000]]
    expected = float(np.var(differentials.mean(axis=1)))
    spread = math.sqrt(2 / tests[0].degrees / 4000 + 2 / 20_000)  # of the ratio of the two
    assert np.mean([test.error**2 for test in tests]) == pytest.approx(expected, rel=4 * spread)


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


@pytest.mark.parametrize(("n", "horizon"), [(40, 1), (40, 4), (20, 12), (20, 5), (8, 4), (93, 12), (200, 12)])
def test_a_true_null_is_rejected_as_often_as_claimed(n, horizon):
    rejected = np.mean([diebold_mariano(row, horizon).p < 0.05 for row in overlapping(horizon, (3000, n), seed=11)])
    assert rejected == pytest.approx(0.05, abs=0.0125)  # three standard errors


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


# --- several against one rival


def alike(rows: int, n: int, correlation: float, seed: int = 5) -> np.ndarray:
    """(rows, n) whose cosine transforms have exactly this correlation, and no row a mean."""
    raw = np.random.default_rng(seed).normal(size=(n, rows))
    raw -= raw.mean(axis=0)
    free = raw @ np.linalg.inv(np.linalg.cholesky(raw.T @ raw)).T * math.sqrt(n - 1)
    wanted = np.full((rows, rows), correlation) + (1 - correlation) * np.eye(rows)
    return (free @ np.linalg.cholesky(wanted).T).T


def critical(tests: list[DieboldMariano]) -> list[float]:
    return [(test.high - test.mean) / test.error for test in tests]


@pytest.mark.parametrize(("rows", "table"), [(2, 2.21), (3, 2.35), (4, 2.44), (6, 2.57)])
def test_it_gives_dunnetts_table(rows, table):
    """Dunnett 1964, Biometrics 20(3), table II: two-sided, 95 %, infinite degrees; rows that share a rival correlate by ½."""
    assert critical(simultaneous(alike(rows, 2000, 0.5), horizon=1)) == pytest.approx([table] * rows, abs=0.025)


@pytest.mark.parametrize("rows", [3, 12])
def test_rows_that_are_independent_multiply(rows):
    # 9 degrees: 10 origins; the chance that none of K independent |T| is above t is (1 − p)^K
    shifted = alike(rows, 10, 0.0)[:3] + 0.8 if rows == 3 else alike(12, 30, 0.0) + 0.5
    for single, together in zip([diebold_mariano(row, 1) for row in shifted], simultaneous(shifted, 1), strict=True):
        assert together.p == pytest.approx(1 - (1 - single.p) ** rows, abs=0.01)


def test_one_row_is_the_test_of_a_pair():
    row = overlapping(4, (40,), seed=3) + 0.4
    assert simultaneous(row[None], 4) == [diebold_mariano(row, 4)]
    assert simultaneous(row[None], 4, coverage=0.8) == [diebold_mariano(row, 4, coverage=0.8)]
    assert simultaneous(np.stack([row, np.zeros(40)]), 4)[0] == diebold_mariano(row, 4)


@pytest.mark.parametrize(("rows", "n", "horizon"), [(2, 20, 12), (6, 40, 12), (6, 93, 12), (9, 30, 1)])
def test_interval_and_p_never_contradict_each_other(rows, n, horizon):
    for seed in range(8):
        differentials = overlapping(horizon, (rows, n), seed) + np.linspace(0, 1.6, rows)[:, None]
        for coverage in (0.8, 0.95):
            tests = simultaneous(differentials, horizon, coverage=coverage)
            assert [(test.low <= 0 <= test.high) for test in tests] == [test.p >= 1 - coverage for test in tests]


def test_several_rows_widen_the_interval_and_leave_means_and_errors():
    differentials = overlapping(3, (6, 60), seed=2) + 0.3
    for row, test in zip(differentials, simultaneous(differentials, 3), strict=True):
        single = diebold_mariano(row, 3)
        assert (test.mean, test.error, test.statistic, test.degrees) == (
            single.mean, single.error, single.statistic, single.degrees,
        )  # fmt: skip
        assert single.p <= test.p <= min(1, 6 * single.p)
        assert test.low < single.low < single.high < test.high
    assert simultaneous(differentials, 3) == simultaneous(differentials, 3)


def test_a_row_that_cannot_be_tested_does_not_stop_the_others():
    row = np.random.default_rng(1).normal(0.5, 1, 20)
    tests = simultaneous(np.stack([np.zeros(20), row, np.full(20, 0.1), -2 * row]), 1)
    assert str(tests[0]) == "the losses are equal at all 20 origins, so there is no difference to test"
    assert str(tests[2]).startswith("the losses differ by 0.1, much the same at every origin")
    assert tests[1].statistic == pytest.approx(-tests[3].statistic)
    assert all(isinstance(test, TooShortError) for test in simultaneous(np.ones((3, 5)), 1))


@pytest.mark.parametrize(("rows", "n", "horizon"), [(2, 40, 12), (6, 93, 12)])
def test_better_is_seldom_said_of_equally_good_forecasters(rows, n, horizon):
    """Each row is a network's loss minus that of a rival all share; 100 runs: 5 % and three standard errors are 11.5 %."""
    losses = overlapping(horizon, (100, rows + 1, n), seed=8)
    runs = [simultaneous(run[1:] - run[0], horizon) for run in losses]
    assert 0.005 < np.mean([any(test.p < 0.05 for test in tests) for tests in runs]) < 0.115
