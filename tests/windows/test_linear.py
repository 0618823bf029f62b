"""The linear path against recursions worked by hand."""

import numpy as np
import pytest

from core.series.scaling import Scaling
from core.windows.features import features, targets
from core.windows.linear import Rows, fit_linear, keeps_level, stack
from tests.bench.known import ar1, plain

HORIZON = 6


def rows_of(values, scaling, lags):
    series, size = plain(values), np.full(len(values), scaling.step)
    linear = features(series.values, scaling, size, lags, keeps_level=True).linear
    goal, seen = targets(series, size, HORIZON)
    return Rows(linear[: len(goal)], goal, seen)


def seen(values, scaling, lags, *, keeps_level):
    return features(values, scaling, np.full(len(values), scaling.step), lags, keeps_level=keeps_level)


def path_of(values, lags):
    scaling = Scaling.learn(plain(values))
    rows = rows_of(values, scaling, lags)
    border = len(rows.targets) * 4 // 5
    train = Rows(rows.linear[lags:border], rows.targets[lags:border], rows.seen[lags:border])
    held = Rows(rows.linear[border:], rows.targets[border:], rows.seen[border:])
    per_step = scaling.step / scaling.spread
    return fit_linear(train, per_step, keeps_level=keeps_level(train, held, per_step)), scaling


def ar2(length):
    """Noiseless: y(t) = 8 + 1.2 y(t−1) − y(t−2), an oscillation around 10 that never fades."""
    values = [3.0, 14.0]
    for _ in range(length - 2):
        values.append(8 + 1.2 * values[-1] - values[-2])
    return np.array(values)


def test_a_noiseless_ar_of_order_two_is_followed():
    values = ar2(40_000)
    path, scaling = path_of(values[:-HORIZON], 1)
    known = values[:-HORIZON]
    step = seen(known, scaling, 1, keeps_level=True).linear[-1:]
    found = known[-1] + scaling.step * path(step)[0]
    # the pull of ten rows towards "no change" is felt by 1 / 3,000 of the swing
    np.testing.assert_allclose(found, values[-HORIZON:], atol=3e-3 * np.ptp(values))


@pytest.mark.parametrize("lags", [1, 2, 5])
@pytest.mark.parametrize("kind", ["stationary", "walk"])
def test_all_steps_are_the_first_one_fed_back(kind, lags):
    values = ar1(400, 0.6, mean=20.0, seed=4) if kind == "stationary" else 5 + np.cumsum(ar1(400, 0.4, seed=4))
    path, scaling = path_of(values, lags)
    one_step, bias = path.weights[:, 0], path.bias[0]
    known = list(values[:300])
    start = seen(values[:300], scaling, lags, keeps_level=True).linear[-1:]
    for _ in range(HORIZON):  # the first step's weights, on the newest values, one forecast after the other
        last = known[-1]
        change = bias + one_step[-1] * (last - scaling.level) / scaling.spread
        change += sum(one_step[j - 1] * (known[-1 - j] - last) / scaling.step for j in range(1, lags + 1))
        known.append(last + scaling.step * change)
    found = values[299] + scaling.step * path(start)[0]
    np.testing.assert_allclose(found, known[300:], rtol=1e-9)


def test_the_level_is_kept_where_the_series_returns_to_it_and_only_there():
    returning, _ = path_of(ar1(600, 0.5, mean=40.0, seed=1), 3)
    assert returning.keeps_level
    assert returning.weights[-1, -1] < 0  # above the level it goes down
    climbing, _ = path_of(3.0 * np.arange(600) + ar1(600, 0.5, seed=1), 3)
    assert not climbing.keeps_level
    assert not climbing.weights[-1].any()


def test_a_drift_goes_on_far_outside_the_range_of_training():
    values = 7 + 0.25 * np.arange(206) + 1e-3 * ar1(206, 0.0, seed=2)
    path, scaling = path_of(values[:100], 2)
    start = seen(values[:200], scaling, 2, keeps_level=path.keeps_level).linear[-1:]
    np.testing.assert_allclose(values[199] + scaling.step * path(start)[0], values[200:], rtol=1e-3)


def test_targets_in_filled_gaps_teach_nothing():
    rows = rows_of(ar1(300, 0.7, mean=9.0, seed=6), Scaling(9.0, 1.4, 1.1), 2)
    seen = rows.seen.copy()
    seen[40:90] = False
    wrong = rows.targets.copy()
    wrong[40:90] = 1e6
    train = Rows(rows.linear[:240], rows.targets[:240], seen[:240])
    spoilt = Rows(rows.linear[:240], wrong[:240], seen[:240])
    found, expected = (fit_linear(part, 0.8, keeps_level=True).weights for part in (spoilt, train))
    np.testing.assert_array_equal(found, expected)


def test_no_more_lags_than_earn_their_weight():
    for order, seed in ((1, 1), (2, 2), (5, 3)):  # y(t) hangs on y(t − order) and noise alone: lags 1 … order − 1 are needed
        noise = ar1(3000, 0.0, seed=seed)
        values = noise.copy()
        for step in range(order, len(values)):
            values[step] += -0.7 * values[step - order]
        path, _ = path_of(values, 8)
        used = np.flatnonzero(np.abs(path.weights[:-1, 0]) > 0)
        assert order - 1 <= len(used) <= order + 2  # AIC may keep one or two too many
        assert used.tolist() == list(range(len(used)))


def test_rows_are_stacked_in_order():
    one, two = (Rows(np.full((n, 2), n), np.full((n, 3), -n), np.full((n, 3), n == 2)) for n in (2, 4))
    both = stack([one, two])
    assert both.linear[:, 0].tolist() == [2, 2, 4, 4, 4, 4]
    assert both.targets[:, 2].tolist() == [-2, -2, -4, -4, -4, -4]
    assert both.seen[:, 1].tolist() == [True, True, False, False, False, False]
