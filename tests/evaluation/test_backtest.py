"""The backtest by hand, and the proof that it does not look ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.backtest import Rolling, backtest, past_errors, residuals, roll
from core.evaluation.scores import averaged, score
from core.models.naive import Drift, Naive
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.plans import plan_at

VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 9.0, 7.0, 12.0, 10.0, 13.0])


def series(values, name="a", observed=None, season=1):
    seen = np.ones(len(values), bool) if observed is None else observed
    return TimeSeries(name, pd.RangeIndex(len(values)), values, seen, season=season)


class Spy(Naive):
    """Remembers the longest prefix that it was ever shown."""

    def fit(self, train, horizon, context):
        SEEN.append(("fit", {one.id: len(one) for one in train}))
        return super().fit(train, horizon, context)


SEEN: list = []


def rolled(model, one, found):
    rolling = Rolling({one.id: found}, found.horizon)
    (points,), absent = roll(model, Panel((one,)), rolling, Context())
    assert absent == {}
    return points[one.id].point


def test_naive_points_and_actuals_are_those_worked_by_hand():
    one, found = series(VALUES), plan_at(10, 2, (4, 5, 7, 8))
    points = rolled(Naive(), one, found)
    assert points.tolist() == [[8, 8], [6, 6], [7, 7], [12, 12]]  # the last values of [:4], [:5], [:7], [:8]
    assert residuals(one, found, points).tolist() == [[-2, 1], [3, 1], [5, 3], [-2, 1]]
    tested = backtest(one, found, points, ())
    assert tested.origins.tolist() == [4, 5, 7, 8]
    assert tested.actual.tolist() == [[6, 9], [9, 7], [12, 10], [10, 13]]
    assert tested.quantiles[:, 0].tolist() == tested.point.tolist() == points.tolist()


def test_the_pool_of_an_origin_holds_only_errors_known_there():
    one, found = series(VALUES), plan_at(10, 2, (2, 3, 4, 5, 7, 8))
    points = rolled(Naive(), one, found)
    tested = backtest(one, found, points, (0.8,))
    assert np.isnan(tested.quantiles[:4, [0, 2]]).all()  # fewer than four errors are known at the first four origins
    # errors at origins 2..5: step one −1, 4, −2, 3; step two 3, 2, 1, 1. Of four, 80 % takes the largest.
    assert tested.levels == (0.1, 0.5, 0.9)
    assert tested.quantiles[4].tolist() == [[7 - 4, 7 - 3], [7, 7], [7 + 4, 7 + 3]]
    # origin 8 may not use origin 7, whose second actual comes at 8: 7 + 2 > 8
    assert tested.quantiles[5].tolist() == [[12 - 4, 12 - 3], [12, 12], [12 + 4, 12 + 3]]


@pytest.mark.parametrize("starts", [(0,), (0, 3), range(6)])
def test_values_after_an_origin_leave_its_forecast_bit_identical(starts):
    noise = np.random.default_rng(5)
    found = plan_at(60, 4, range(51, 57), starts=starts)
    values = np.cumsum(noise.normal(2, 3, 60))
    before = rolled(Drift(), series(values), found)
    for place, origin in enumerate(found.origins):
        changed = values.copy()
        changed[origin:] = noise.normal(1e3, 1e2, 60 - origin)
        after = rolled(Drift(), series(changed), found)
        assert (after[: place + 1] == before[: place + 1]).all()


def test_one_fit_at_the_start_of_each_block_sees_no_more_than_its_first_origin():
    SEEN.clear()
    points = rolled(Spy(), series(VALUES), plan_at(10, 2, (4, 5, 7, 8), starts=(0, 2)))
    assert SEEN == [("fit", {"a": 4}), ("fit", {"a": 7})]
    assert points.tolist() == [[8, 8], [6, 6], [7, 7], [12, 12]]


def test_a_series_without_origins_has_no_forecasts_and_joins_the_fits_of_models_that_learn_from_all():
    first, second = series(VALUES), series(VALUES[:8], "b")
    plans = {"a": plan_at(10, 2, (7, 8), starts=(0, 1)), "b": replace(plan_at(8, 2, ()), ends=(0, 3))}

    class Joint(Spy):
        scope = "panel"

    for model, seen in ((Spy(), [{"a": 7}, {"a": 8}]), (Joint(), [{"a": 7}, {"a": 8, "b": 3}])):
        SEEN.clear()
        (points,), absent = roll(model, Panel((first, second)), Rolling(plans, 2), Context())
        assert [one for _, one in SEEN] == seen
        assert (list(points), absent) == (["a"], {})


def test_unobserved_actuals_neither_score_nor_calibrate():
    observed = np.ones(10, bool)
    observed[[5, 8]] = False
    one, found = series(VALUES, observed=observed), plan_at(10, 2, (2, 3, 4, 5, 7, 8))
    points = rolled(Naive(), one, found)
    assert np.isnan(residuals(one, found, points)).tolist() == [
        [False, False], [False, False], [False, True], [True, False], [False, True], [True, False]
    ]  # fmt: skip
    assert past_errors(one, found) == 4  # at both steps
    tested = backtest(one, found, points, (0.6,))
    assert np.isnan(tested.quantiles[:3, 0]).all()  # 60 % needs two errors at every step
    # at 7 the first step has seen three errors, |−1|, |4| and |−2|, the second |3|, |2| and |1|; k = ⌈4 · 0.6⌉
    assert tested.quantiles[4].tolist() == [[7 - 4, 7 - 3], [7, 7], [7 + 4, 7 + 3]]
    scores = score(backtest(one, found, points, ()), one, ())
    errors = residuals(one, found, points)
    assert scores.values["mae"] == pytest.approx(np.nanmean(np.abs(errors)))
    assert scores.by_step["mae"] == pytest.approx(np.nanmean(np.abs(errors), axis=0))


def test_scores_by_hand_and_scale_from_before_the_first_scored_origin():
    one, found = series(VALUES), plan_at(10, 2, (7, 8))
    scores = score(backtest(one, found, rolled(Naive(), one, found), ()), one, ())
    # errors 5, 3, −2, 1; the first seven values change by 2, 1, 4, 2, 3, 2: mean 14/6
    assert scores.values["mae"] == pytest.approx(11 / 4)
    assert scores.values["mase"] == pytest.approx((11 / 4) / (14 / 6))
    assert scores.values["rmse"] == pytest.approx((39 / 4) ** 0.5)
    assert scores.values["bias"] == pytest.approx(-7 / 4)  # forecasts are too low
    assert scores.by_step["mae"] == [3.5, 2.0]
    assert "crps" not in scores.values


def test_a_score_that_is_not_defined_is_absent_with_its_reason():
    values = np.array([2.0, 0.0, 3.0, 5.0, 4.0, 0.0, 6.0])
    one, found = series(values), plan_at(7, 2, (5,))
    scores = score(backtest(one, found, rolled(Naive(), one, found), ()), one, ())
    assert "mape" not in scores.values
    assert "0" in scores.absent["mape"]
    assert scores.by_step["mape"] == [None, pytest.approx(100 * 2 / 6)]


def test_scores_are_averaged_over_the_series_where_they_are_defined():
    plain, zeros = series(VALUES), series(np.array([2.0, 0.0, 3.0, 5.0, 4.0, 0.0, 6.0]), "b")
    both = []
    for one, found in ((plain, plan_at(10, 2, (7, 8))), (zeros, plan_at(7, 2, (5,)))):
        both.append(score(backtest(one, found, rolled(Naive(), one, found), ()), one, ()))
    mean = averaged(both)
    assert mean.values["mae"] == pytest.approx((11 / 4 + (4 + 2) / 2) / 2)
    assert mean.values["mape"] == both[0].values["mape"]
    assert mean.absent["mape"].startswith("not defined for 1 of 2 series")


def test_an_interval_is_scored_from_the_first_origin_that_supports_it():
    one, found = series(VALUES), plan_at(10, 2, (2, 3, 4, 5, 7, 8))
    tested = backtest(one, found, rolled(Naive(), one, found), (0.8, 0.95))
    scores = score(tested, one, (0.8, 0.95))
    assert scores.counts == {"coverage_80": 2, "coverage_95": 0}
    # at 7 and 8, point ± (4, 3): 12 and 10 from 7 ± …, 10 and 13 from 12 ± …
    inside = [3 <= 12 <= 11, 4 <= 10 <= 10, 8 <= 10 <= 16, 9 <= 13 <= 15]
    assert scores.values["coverage_80"] == np.mean(inside)
    assert scores.by_step["coverage_80"] == [0.5, 1.0]
    assert scores.absent["coverage_95"] == "no origin has enough past errors for it"
    assert "crps" in scores.absent  # it is over all levels
