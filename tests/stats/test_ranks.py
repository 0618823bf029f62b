"""Mean ranks by hand and against scipy; Nemenyi's distance against Demšar's table and example."""

import math

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from core.errors import DataError, TooShortError
from core.stats.ranks import average_ranks


def test_ranks_by_hand_with_a_tie():
    losses = np.array([[3.0, 1, 2], [5, 5, 1], [1, 2, 9], [2, 7, 8], [4, 4, 4]])
    # 3 1 2, 2.5 2.5 1, 1 2 3, 1 2 3, 2 2 2
    assert average_ranks(losses).ranks == pytest.approx([9.5 / 5, 9.5 / 5, 11 / 5])


@pytest.mark.parametrize(
    ("models", "quantile"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (9, 3.102), (10, 3.164)]
)
def test_the_distance_is_that_of_demsars_table(models, quantile):
    """Demšar 2006, table 5 (a): q at 0.05 over √2. With 6·S = M·(M + 1)·k the root is √(1 / k)."""
    losses = np.random.default_rng(1).uniform(size=(models * (models + 1), models))
    assert average_ranks(losses).distance == pytest.approx(quantile / math.sqrt(6), abs=0.001)


def test_demsars_example_of_four_classifiers_on_fourteen_sets():
    """Its critical distance is 1.25 at 0.05 and, with q 2.291, 1.12 at 0.10."""
    losses = np.random.default_rng(2).uniform(size=(14, 4))
    assert average_ranks(losses).distance == pytest.approx(1.25, abs=0.005)
    assert average_ranks(losses, size=0.10).distance == pytest.approx(1.12, abs=0.005)
    assert average_ranks(losses).half_width == pytest.approx(0.6265, abs=0.003)


def test_ranks_give_friedmans_statistic():
    losses = np.random.default_rng(3).normal([0, 0.2, 0.9], 1, (30, 3))
    ranks = average_ranks(losses).ranks
    assert 12 * 30 / (3 * 4) * (np.square(ranks).sum() - 3 * 4**2 / 4) == pytest.approx(friedmanchisquare(*losses.T).statistic)


def test_a_model_that_is_worse_is_marked_and_equal_ones_seldom():
    rng = np.random.default_rng(4)
    found = average_ranks(rng.normal([0, 0, 2], 1, (40, 3)))
    assert found.worse.tolist() == [False, False, True]
    apart = [np.ptp(run.ranks) > run.distance for run in map(average_ranks, rng.normal(size=(400, 25, 5)))]
    assert 0.01 < np.mean(apart) < 0.083  # 5 % and three standard errors


def test_what_cannot_be_ranked_is_refused_in_words():
    with pytest.raises(TooShortError, match="mean ranks need at least 5 series and there are 4; bring a panel of more"):
        average_ranks(np.ones((4, 3)))
    with pytest.raises(DataError, match="ranks compare at least 2 models and there is 1"):
        average_ranks(np.ones((9, 1)))
