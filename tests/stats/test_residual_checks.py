"""Checks of residuals by hand, against scipy, and by simulation."""

import numpy as np
import pytest
from scipy.stats import chi2, ttest_1samp

from core.errors import DataError, TooShortError
from core.stats.residual_checks import residual_checks


def test_ljung_and_box_by_hand():
    # 1, −1 six times and a 13th 0: mean 0, squares 12. Lags min(10, 13 / 5) = 2: products −11 and 10 (the 0 adds none).
    # Q = 13 · 15 · ((11/12)²/12 + (10/12)²/11) = 195 · (0.0700231 + 0.0631313) = 25.96511
    found = residual_checks(np.array([1.0, -1] * 6 + [0]))
    assert found.lags == 2
    assert found.statistic == pytest.approx(25.96511, abs=1e-4)
    assert found.p == pytest.approx(chi2.sf(25.96511, 2), rel=1e-4)
    assert found.correlogram.acf[1:3] == pytest.approx([-11 / 12, 10 / 12])


def test_the_mean_has_the_interval_of_the_t_test():
    residuals = np.random.default_rng(1).normal(0.5, 2, 50)
    found, outside = residual_checks(residuals), ttest_1samp(residuals, 0).confidence_interval(0.95)
    assert (found.mean_low, found.mean_high) == pytest.approx((outside.low, outside.high))
    assert found.mean == pytest.approx(residuals.mean())


def test_the_largest_misses_have_their_places():
    residuals = np.tile([0.1, -0.2, 0.1], 10)
    residuals[[4, 20]] = [-9, 5]
    found = residual_checks(residuals)
    assert [(miss.place, miss.residual) for miss in found.largest[:2]] == [(4, -9.0), (20, 5.0)]
    assert len(found.largest) == 5
    assert found.largest[0].deviations == pytest.approx((-9 - residuals.mean()) / residuals.std(ddof=1))


@pytest.mark.parametrize(("n", "season", "lags"), [(100, 1, 10), (30, 1, 6), (200, 12, 24), (60, 12, 12), (12, 1, 2)])
def test_lags_of_the_test(n, season, lags):
    assert residual_checks(np.random.default_rng(2).normal(size=n), season).lags == lags


def test_white_noise_passes_and_an_autoregression_does_not():
    noise = np.random.default_rng(3).normal(size=(500, 80))
    assert 0.02 < np.mean([residual_checks(row).p < 0.05 for row in noise]) < 0.08
    smooth = noise[:100, 1:] + 0.8 * noise[:100, :-1]
    assert np.mean([residual_checks(row).p < 0.05 for row in smooth]) > 0.9


def test_what_cannot_be_checked_is_refused_in_words():
    with pytest.raises(TooShortError, match="need at least 12 of them and there are 11; ask for more origins"):
        residual_checks(np.arange(11.0))
    with pytest.raises(DataError, match=r"the residuals are constant: all 12 are 0\.3, so there is nothing to check"):
        residual_checks(np.full(12, 0.3))
