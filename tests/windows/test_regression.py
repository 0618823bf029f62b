"""Pooled regressions against statsmodels' OLS and QuantReg, and rows against values worked by hand."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from core.series.timeseries import Panel, TimeSeries
from core.windows.ahead import Ahead
from core.windows.lagged import Lens, Rows, panel_rows
from core.windows.regression import Normal, absolute
from core.windows.scale import Scale, began


def series_of(values, *, season=1, observed=None, name="y"):
    values = np.asarray(values, float)
    observed = np.ones(len(values), bool) if observed is None else observed
    return TimeSeries(name, pd.RangeIndex(len(values)), values, observed, season)


def nothing_ahead(series):
    return Ahead.learn(Panel((series,)), 1, covariates=False, calendar=False)


def planted(beside=0, missing=0.0):
    """Rows whose errors have long tails; a share of the targets is missing."""
    random = np.random.default_rng(5)
    shared = np.column_stack([random.standard_normal((400, 3)), np.ones(400)])
    ahead = random.standard_normal((400, 2, beside))
    targets = shared @ random.standard_normal((4, 2)) + ahead.sum(-1) + random.standard_t(2, (400, 2))
    seen = random.random((400, 2)) >= missing
    return Rows(shared, ahead, np.where(seen, targets, 0.0), seen, random.uniform(0.5, 1.5, 400))


def whole(rows, step):
    return np.column_stack([rows.shared, rows.ahead[:, step]])[rows.seen[:, step]]


@pytest.mark.parametrize(("beside", "missing"), [(0, 0.0), (0, 0.2), (2, 0.2)])
def test_squares_are_those_of_weighted_least_squares(beside, missing):
    rows = planted(beside, missing)
    found = Normal.of(rows).solve(np.arange(4 + beside), 0.0, 3)
    for step in range(2):
        seen = rows.seen[:, step]
        outside = sm.WLS(rows.targets[seen, step], whole(rows, step), weights=rows.weights[seen]).fit()
        np.testing.assert_allclose(found[step], outside.params, atol=1e-6)


@pytest.mark.parametrize(("beside", "missing"), [(0, 0.0), (0, 0.2), (2, 0.2)])
def test_absolute_deviations_are_those_of_a_median_regression(beside, missing):
    rows = planted(beside, missing)
    rows = Rows(rows.shared, rows.ahead, rows.targets, rows.seen, np.ones(400))
    kept = np.arange(4 + beside)
    squared = Normal.of(rows).solve(kept, 0.0, 3)
    found = absolute(rows, kept, 0.0, squared, rounds=3000, close=1e-9)
    for step in range(2):
        outside = sm.QuantReg(rows.targets[rows.seen[:, step], step], whole(rows, step)).fit(q=0.5)
        np.testing.assert_allclose(found[step], outside.params, atol=2e-3)
        assert np.abs(found[step] - squared[step]).max() > 0.01


def test_a_column_that_is_not_kept_has_no_weight():
    rows, kept = planted(), np.array([0, 2, 3])
    for found in (Normal.of(rows).solve(kept, 1.0, 3), absolute(rows, kept, 1.0, Normal.of(rows).solve(kept, 1.0, 3))):
        assert (found[:, 1] == 0).all()
        assert (found[:, kept] != 0).all()


def test_a_row_by_hand():
    series = series_of([3.0, 5.0, 4.0, 9.0, 7.0, 6.0], season=2)
    scale = Scale.learn(series, is_log=False)
    assert scale.size == pytest.approx((1 + 4 + 3 + 3) / 4)  # |4−3|, |9−5|, |7−4|, |6−9|
    rows = Lens(3, scale, nothing_ahead(series)).rows(series, np.array([3]), 2)
    assert rows.shared[0] * scale.size == pytest.approx([2.5, -2.5, -1.5, 6.5 - 5.25, scale.size])  # level (4+9)/2, mean 21/4
    assert rows.targets[0] * scale.size == pytest.approx([0.5, -0.5])


def test_before_its_start_a_series_was_as_its_first_season():
    np.testing.assert_array_equal(began(np.array([3.0, 5.0, 4.0]), 3, 2), [5.0, 3.0, 5.0, 3.0, 5.0, 4.0])
    np.testing.assert_array_equal(began(np.array([3.0]), 2, 4), [3.0, 3.0, 3.0])


def test_logarithms_are_undone_and_a_value_without_one_is_taken_for_the_floor():
    series = series_of([2.0, 8.0, 4.0])
    scale = Scale.learn(series, is_log=True)
    np.testing.assert_allclose(scale.back(scale.to(series.values)), series.values)
    assert scale.back(scale.to(np.array([-5.0]))) == pytest.approx([1.0])  # half the least
    assert not Scale.learn(series_of([2.0, 0.0, 4.0]), is_log=True).is_log


def test_a_filled_value_is_no_target():
    observed = np.ones(40, bool)
    observed[20] = False
    series = series_of(np.random.default_rng(1).standard_normal(40), observed=observed)
    scales = {"y": Scale.learn(series, is_log=False)}
    rows = panel_rows([series], scales, nothing_ahead(series), 2, 3, most=100)
    steps = np.arange(len(rows))
    assert not rows.seen[steps == 19, 0].any()
    assert not rows.seen[steps == 17, 2].any()
    assert (~rows.seen).sum() == 3 + 1 + 2  # the gap three times, and what lies beyond the end


def test_rows_are_thinned_over_all_phases_of_the_season():
    series = series_of(np.arange(2000.0), season=6)
    scales = {"y": Scale.learn(series, is_log=False)}
    rows = panel_rows([series], scales, nothing_ahead(series), 2, 1, most=500)
    assert 200 < len(rows) <= 500
