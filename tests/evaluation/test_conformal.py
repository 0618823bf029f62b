"""The order-statistic rule by hand, by simulation, and in what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.evaluation.conformal import fewest, half_width, interval_quantiles, pool, rank, supported


@pytest.mark.parametrize(
    ("n", "coverage", "k"),
    [
        (19, 0.95, 19),  # 20 · 0.95 = 19
        (9, 0.9, 9),  # 10 · 0.9 = 9
        (4, 0.8, 4),  # 5 · 0.8 = 4, where the binary 0.8 is a little above and would give 5
        (39, 0.975, 39),  # 40 · 0.975 = 39
        (99, 0.55, 55),  # 100 · 0.55 = 55, which is 55.00000000000001 in floating point
        (12, 0.8, 11),  # 13 · 0.8 = 10.4
        (20, 0.95, 20),  # 21 · 0.95 = 19.95
        (10, 0.95, 11),  # 11 · 0.95 = 10.45: more than there are
        (0, 0.8, 1),
        (19, 1 - 0.05, 19),
        (4, 0.1 + 0.7, 4),  # 0.7999999999999999
        (9, np.float64(0.9), 9),
    ],
)
def test_rank_is_exact_in_decimals(n, coverage, k):
    assert rank(n, coverage) == k


@pytest.mark.parametrize(
    ("coverage", "n"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.975, 39), (0.99, 99), (0.85, 6), (0.1, 1)]
)
def test_fewest_is_the_first_that_suffices(coverage, n):
    assert fewest(coverage) == n  # e.g. 0.85: 6 · 0.85 = 5.1 > 5, but 7 · 0.85 = 5.95 ≤ 6
    assert rank(n, coverage) <= n
    assert rank(n - 1, coverage) > n - 1


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 95, float("nan"), 1 - 1e-12])
def test_what_is_no_coverage_is_refused(coverage):
    with pytest.raises(ConfigError, match=r"coverage .* is not between 0 and 1; write 0.95 for 95 %"):
        rank(9, coverage)


def test_half_width_is_the_kth_smallest_distance():
    residuals = np.array([3.0, -1.0, 0.5, -7.0, 2.0])
    assert half_width(residuals, 0.5) == 2.0  # k = 6 · 0.5 = 3 of 0.5, 1, 2, 3, 7
    assert half_width(residuals, 0.8) == 7.0  # k = ⌈4.8⌉ = 5


@pytest.mark.parametrize(
    ("n", "coverage", "text"),
    [
        (12, 0.95, "an interval of 95 % needs 19 past errors and there are 12; choose coverage ≤ 92 % or more origins"),
        (8, 0.9, "an interval of 90 % needs 9 past errors and there are 8; choose coverage ≤ 88 % or more origins"),
        (1, 0.975, "an interval of 97.5 % needs 39 past errors and there is 1; choose coverage ≤ 50 % or more origins"),
        (0, 0.8, "an interval of 80 % needs 4 past errors and there are 0; choose more origins"),
    ],
)
def test_too_few_residuals_are_refused_with_the_number_needed(n, coverage, text):
    with pytest.raises(ConfigError) as refusal:
        half_width(np.arange(1.0, n + 1), coverage)
    assert str(refusal.value) == text


@given(n=st.integers(1, 500), coverage=st.floats(0.001, 0.999))
@settings(max_examples=200, deadline=None)
def test_the_coverage_offered_instead_can_be_had(n, coverage):
    offered = 100 * n // (n + 1) / 100
    assert fewest(offered) <= n
    assert (fewest(coverage) <= n) == (rank(n, coverage) <= n)


def test_supported_keeps_what_the_step_with_the_fewest_errors_allows():
    assert supported(12, (0.95, 0.8, 0.9)) == (0.8, 0.9)
    assert supported(19, (0.8, 0.95)) == (0.8, 0.95)
    assert supported(3, (0.8, 0.95)) == ()


def test_the_quantiles_lie_around_the_point_step_by_step():
    residuals = np.array(
        [
            [1.0, -10.0],
            [-2.0, 40.0],
            [3.0, np.nan],
            [-4.0, -20.0],
            [-9.0, 30.0],
        ]
    )
    levels, quantiles = interval_quantiles(np.array([100.0, -50.0]), residuals, (0.8, 0.5))
    assert levels == (0.1, 0.25, 0.5, 0.75, 0.9)
    # step 1, n = 5: 0.8 -> k = ⌈4.8⌉ = 5 -> 9; 0.5 -> k = 3 -> 3
    # step 2, n = 4: 0.8 -> k = 4 -> 40; 0.5 -> k = ⌈2.5⌉ = 3 -> 30
    np.testing.assert_array_equal(quantiles, [[91.0, -90.0], [97.0, -80.0], [100.0, -50.0], [103.0, -20.0], [109.0, -10.0]])


def test_levels_are_the_decimals_that_were_meant():
    levels, _ = interval_quantiles(np.array([1.0]), np.arange(1.0, 40.0)[:, None], (0.95, 0.8, 0.975, 0.9))
    assert levels == (0.0125, 0.025, 0.05, 0.1, 0.5, 0.9, 0.95, 0.975, 0.9875)


def test_without_coverages_there_is_the_point_alone():
    levels, quantiles = interval_quantiles(np.array([3.0, -4.0]), np.empty((0, 2)), ())
    assert levels == (0.5,)
    np.testing.assert_array_equal(quantiles, [[3.0, -4.0]])


def test_a_step_with_too_few_observed_errors_is_named():
    residuals = np.arange(1.0, 28.0).reshape(9, 3)
    residuals[[2, 5], 1] = np.nan
    text = "an interval of 90 % needs 9 past errors and there are 7 at step 2 of 3; choose coverage ≤ 87 % or more origins"
    with pytest.raises(ConfigError) as refusal:
        interval_quantiles(np.array([1.0, 2.0, 3.0]), residuals, (0.8, 0.9))
    assert str(refusal.value) == text


def test_the_pool_holds_origins_whose_targets_were_all_known():
    origins = np.array([80, 85, 90, 95, 100])
    np.testing.assert_array_equal(pool(origins, 5, 95), [True, True, True, False, False])  # 90 + 5 ≤ 95
    np.testing.assert_array_equal(pool(origins, 6, 95), [True, True, False, False, False])
    np.testing.assert_array_equal(pool(origins, 5, 105), [True] * 5)  # the final forecast, at the series' end


@given(
    residuals=st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=19, max_size=40),
    point=st.floats(-1e9, 1e9, allow_nan=False),
    coverages=st.lists(st.sampled_from([0.05, 0.5, 0.55, 0.8, 0.9, 0.95]), min_size=1, max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_quantiles_never_cross_and_half_widths_grow_with_the_coverage(residuals, point, coverages):
    errors = np.array(residuals)
    widths = [half_width(errors, coverage) for coverage in sorted(coverages)]
    assert widths == sorted(widths)
    levels, quantiles = interval_quantiles(np.array([point]), errors[:, None], coverages)
    assert len(levels) == 1 + 2 * len(set(coverages))
    assert (np.diff(levels) > 0).all()
    assert (np.diff(quantiles, axis=0) >= 0).all()


DRAWS = 50_000


@pytest.mark.parametrize(
    ("n", "coverage", "k"),
    [
        (4, 0.8, 4),
        (9, 0.8, 8),
        (9, 0.9, 9),
        (19, 0.8, 16),
        (19, 0.9, 18),
        (19, 0.95, 19),
        (30, 0.8, 25),  # 31 · 0.8 = 24.8
        (30, 0.9, 28),  # 31 · 0.9 = 27.9
        (30, 0.95, 30),  # 31 · 0.95 = 29.45
    ],
)
def test_exchangeable_errors_are_covered_k_times_in_n_plus_one(n, coverage, k):
    """Skewed errors, dependent through a common scale yet exchangeable; every draw is a step of one long horizon."""
    rng = np.random.default_rng(2026)
    errors = (rng.gamma(1.5, 2.0, (n + 1, DRAWS)) - 2) * rng.lognormal(0.0, 0.5, DRAWS)
    point = np.full(DRAWS, -7.0)
    _, (lower, _, upper) = interval_quantiles(point, errors[:n], (coverage,))
    actual = point + errors[n]
    covered = np.mean((lower <= actual) & (actual <= upper))
    expected = k / (n + 1)
    assert expected >= coverage
    assert covered == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / DRAWS))


def test_missing_errors_cost_no_coverage():
    """Of 12 errors each is missing with probability 0.2, where at least 4 are left: then k/(n+1) ≥ 0.8 for each n."""
    rng = np.random.default_rng(5)
    errors = rng.gamma(1.5, 2.0, (13, DRAWS)) - 2
    errors[:12][rng.random((12, DRAWS)) < 0.2] = np.nan
    counts = np.count_nonzero(~np.isnan(errors[:12]), axis=0)
    errors, counts = errors[:, counts >= 4], counts[counts >= 4]
    _, (lower, _, upper) = interval_quantiles(np.zeros(len(counts)), errors[:12], (0.8,))
    covered = np.mean((lower <= errors[12]) & (errors[12] <= upper))
    by_hand = {4: 4 / 5, 5: 5 / 6, 6: 6 / 7, 7: 7 / 8, 8: 8 / 9, 9: 8 / 10, 10: 9 / 11, 11: 10 / 12, 12: 11 / 13}
    expected = np.mean([by_hand[count] for count in counts.tolist()])
    assert covered == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(counts)))


@pytest.mark.parametrize(("n", "coverage"), [(3, 0.8), (8, 0.9), (18, 0.95), (9, 0.95), (4, 0.9)])
def test_what_no_finite_interval_can_cover_is_refused(n, coverage):
    with pytest.raises(ConfigError, match=f"needs {fewest(coverage)} past errors and there are {n} at step 1 of 2;"):
        interval_quantiles(np.zeros(2), np.ones((n, 2)), (coverage,))
