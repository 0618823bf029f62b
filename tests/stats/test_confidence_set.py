"""The model confidence set against arch itself, and by simulation."""

import time

import numpy as np
import pytest
from arch.bootstrap import MCS

from core.errors import DataError, TooShortError
from core.stats.confidence_set import _stretch, confidence_set


def overlapping(overlap: int, shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """(runs, O, M) of losses that are sums of `overlap` normal shocks along O."""
    runs, origins, models = shape
    shocks = np.random.default_rng(seed).normal(size=(runs, origins + overlap - 1, models))
    return np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=1).sum(axis=-1)


def test_without_overlap_it_is_nearly_the_set_of_arch():
    losses = np.random.default_rng(3).normal([1, 1.02, 1.1, 1.2, 1.5], 1, (400, 5))
    plain = MCS(losses, 0.1, reps=4000, block_size=1, method="max", bootstrap="moving block", seed=8)
    plain.compute()
    found = confidence_set(losses, block=1)
    assert found.included == tuple(plain.included)
    assert found.p == pytest.approx(plain.pvalues["Pvalue"].sort_index().to_numpy(), abs=0.04)
    assert 0 < len(found.included) < 5


def test_means_of_stretched_losses_vary_as_they_should():
    """The variance of bootstrapped means, by drawing blocks, against that of the means themselves; degrees make it wider."""
    losses = overlapping(4, (400, 60, 1), seed=2)[:, :, 0]
    starts = np.random.default_rng(1).integers(0, 60, (400, 15, 1))
    order = (starts + np.arange(4)).reshape(400, 60) % 60
    centred = losses - losses.mean(axis=1, keepdims=True)
    drawn = np.mean([np.var(row[order].mean(axis=1)) for row in centred])
    # at a tail of 0.2 Student's quantile is near the normal one: 13.5 degrees give 0.868 to 0.842
    assert _stretch(60, 4, 0.2) ** 2 * drawn / (0.868 / 0.842) ** 2 == pytest.approx(losses.mean(axis=1).var(), rel=0.2)
    assert _stretch(500, 1, 0.01) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("origins", "overlap"), [(93, 11), (200, 12)])
def test_six_equal_models_stay(origins, overlap):
    """60 runs; nominally 90 %, less three standard errors 78 %. Without the stretch all six stay in 62 to 66 %."""
    sets = [confidence_set(losses, overlap).included for losses in overlapping(overlap, (60, origins, 6), seed=3)]
    assert np.mean([len(found) == 6 for found in sets]) >= 0.78
    assert np.mean([0 in found for found in sets]) >= 0.93


def test_a_model_that_is_worse_leaves():
    losses = overlapping(3, (40, 120, 4), seed=5) + np.array([0, 0, 0, 3.0])
    sets = [confidence_set(run, 3).included for run in losses]
    assert np.mean([3 in found for found in sets]) < 0.1
    assert all(int(run.mean(axis=0).argmin()) in found for run, found in zip(losses, sets, strict=True))


def test_identical_models_are_one_and_the_order_and_the_unit_do_not_matter():
    losses = overlapping(2, (1, 60, 3), seed=6)[0] + np.array([0, 0.6, 2.5])
    alone = confidence_set(losses, 2)
    found = confidence_set(1e-200 * losses[:, [2, 0, 1, 0, 2]], 2)
    assert found.p == tuple(alone.p[column] for column in (2, 0, 1, 0, 2))
    assert found.included == tuple(place for place, column in enumerate((2, 0, 1, 0, 2)) if column in alone.included)
    assert confidence_set(losses[:, [1, 1]], 2).included == (0, 1)
    assert confidence_set(losses[:, [1]], 2).p == (1.0,)
    assert confidence_set(losses, 2) == alone


def test_what_cannot_be_told_is_refused_in_words():
    losses = np.random.default_rng(1).normal(size=(40, 3))
    with pytest.raises(
        TooShortError, match="needs at least 48 scored origins, 8 times the 6 that share outcomes, and there are 40"
    ):
        confidence_set(losses, 6)
    with pytest.raises(DataError, match="models 1 and 3 differ by the same at every origin"):
        confidence_set(np.column_stack([losses[:, 0], losses[:, 1], losses[:, 0] + 0.1]), 1)


def test_six_models_take_less_than_a_second():
    losses = overlapping(12, (1, 200, 6), seed=6)[0]
    confidence_set(losses, 12)  # imports
    start = time.process_time()
    confidence_set(losses, 12)
    assert time.process_time() - start < 1
