import math

import numpy as np
import pytest

from core.errors import DataError, TooShortError
from core.stats.correlation import correlogram, most_lags, usual_lags

KNOWN = np.ones(8, bool)


def test_correlations_of_eight_values_by_hand():
    """Mean 5, deviations −4 0 2 −2 4 0 −1 1 with squares 42; products at lag 1: 0+0−4−8+0+0−1, at lag 2: −8+0+8+0−4+0."""
    found = correlogram(np.array([1.0, 5, 7, 3, 9, 5, 4, 6]), KNOWN, 2)
    assert found.acf == pytest.approx([1, -13 / 42, -4 / 42])
    r1, r2 = -13 / 42, -4 / 42
    assert found.pacf == pytest.approx([1, r1, (r2 - r1**2) / (1 - r1**2)])  # Durbin-Levinson at order 2
    assert found.acf_band == pytest.approx([0, 1.959964 / math.sqrt(8), 1.959964 * math.sqrt((1 + 2 * r1**2) / 8)], rel=1e-6)
    assert found.pacf_band == pytest.approx(1.959964 / math.sqrt(8), rel=1e-6)
    assert (found.n, found.filled) == (8, 0)


def test_an_autoregression_has_partial_correlations_at_its_own_lags_alone():
    rng, values = np.random.default_rng(5), [0.0, 0.0]
    for noise in rng.normal(size=4000):
        values.append(0.5 * values[-1] + 0.3 * values[-2] + noise)
    found = correlogram(np.array(values), np.ones(len(values), bool), 12)
    assert found.pacf[1] == pytest.approx(0.5 / 0.7, abs=0.03)
    assert found.pacf[2] == pytest.approx(0.3, abs=0.03)
    assert (np.abs(found.pacf[3:]) < 1.7 * found.pacf_band).all()


@pytest.mark.parametrize(("n", "season", "lags"), [(8, 1, 3), (100, 1, 20), (100, 12, 26), (1000, 12, 30), (60, 24, 29)])
def test_lags_go_back_two_seasons_as_far_as_the_values_allow(n, season, lags):
    assert usual_lags(n, season) == lags
    assert most_lags(n) == (n - 1) // 2


def test_filled_gaps_are_counted():
    observed = KNOWN.copy()
    observed[[2, 5]] = False
    assert correlogram(np.array([1.0, 5, 7, 3, 9, 5, 4, 6]), observed, 2).filled == 2


def test_what_has_no_autocorrelation_is_refused():
    with pytest.raises(TooShortError, match="need at least 8 values; this series has 7"):
        correlogram(np.arange(7.0), KNOWN[:7])
    with pytest.raises(DataError, match="all 8 values are 3, so it has no autocorrelation"):
        correlogram(np.full(8, 3.0), KNOWN)
    with pytest.raises(DataError, match="4 lags are too many for 8 values; choose at most 3"):
        correlogram(np.arange(8.0), KNOWN, 4)
