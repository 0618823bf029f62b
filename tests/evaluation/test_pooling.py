"""Intervals of a panel: what they cover, what they are worth, and the rule worked by hand."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.backtest import residuals
from core.evaluation.design import design
from core.evaluation.judging import Judge
from core.evaluation.pooling import reaches, worth
from core.evaluation.spec import RunSpec
from core.experiment import run
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from tests.plans import plan_at


def steps(name, values, season=1):
    return TimeSeries(name, pd.RangeIndex(len(values)), values, np.ones(len(values), bool), season=season)


def test_a_series_alone_has_no_pool_and_keeps_the_rule_of_one_series():
    noise = np.random.default_rng(1)
    one, plan = steps("a", noise.normal(5, 2, 40)), plan_at(40, 2, (*range(20, 25), 27, 30))
    points = noise.normal(5, 1, (7, 2))
    errors = {"a": residuals(one, plan, points)}
    found = reaches(Panel((one,)), {"a": plan}, errors, {"a": (0.8, 0.5)})["a"]
    past = np.sort(np.abs(errors["a"][:5]), axis=0)  # at 27 five are known: k = ⌈4.8⌉ = 5, ⌈3⌉ = 3
    assert np.isnan(found[0]).all()
    assert found[5].tolist() == [past[4].tolist(), past[2].tolist()]
    whole = np.sort(np.abs(errors["a"]), axis=0)  # at the end seven: k = ⌈6.4⌉ = 7, ⌈4⌉ = 4
    assert found[7].tolist() == [whole[6].tolist(), whole[3].tolist()]
    assert worth(Panel((one,)), {"a": plan}) == 0


def test_the_rule_by_hand():
    """Three series, one step ahead, at the third origin: |errors| 1, 3; 8, 4; 30, 10; scales 2, 4, 20."""
    scales, errors = {"a": 2.0, "b": 4.0, "c": 20.0}, {"a": [1, -3], "b": [-8, 4], "c": [30, 10]}
    panel, plan = [], plan_at(9, 1, (5, 6, 7))
    for name, scale in scales.items():
        panel.append(steps(name, np.cumsum([0, *(scale, -scale) * 4]) + 7.0))
    table = {name: np.array([*some, 99.0])[:, None] for name, some in errors.items()}
    found = reaches(Panel(tuple(panel)), dict.fromkeys(scales, plan), table, dict.fromkeys(scales, (0.5,)))
    # the usual: the median of 2/2, 6/4, 20/20 is 1. Sizes in the pool mix in the other error with weight 1 against 5:
    ratios = {
        1 / ((3 + 5 * 2) / 6): 1 / 6, 3 / ((1 + 5 * 2) / 6): 1 / 6, 8 / ((4 + 5 * 4) / 6): 1 / 6,
        4 / ((8 + 5 * 4) / 6): 1 / 6, 30 / ((10 + 5 * 20) / 6): 1 / 6, 10 / ((30 + 5 * 20) / 6): 1 / 6,
    }  # fmt: skip
    # six errors, of origins side by side and one step ahead, are worth six: 0.5 · 7/6 = 3.5/6, so the fourth smallest
    quantile = sorted(ratios)[3]
    # two errors are known of each series, and their mean weighs no more than one error does in the pool
    sizes = {"a": (2 + 5 * 2) / 6, "b": (6 + 5 * 4) / 6, "c": (20 + 5 * 20) / 6}
    assert {name: found[name][2, 0, 0] for name in scales} == pytest.approx({one: quantile * sizes[one] for one in sizes})


def test_a_pool_gives_coverages_that_no_series_supports_alone():
    noise = np.random.default_rng(2)
    panel = Panel(tuple(steps(f"s{n}", np.cumsum(noise.normal(0, 1 + n, 24))) for n in range(30)))
    spec = RunSpec((), (ModelSpec("naive", "Naive"),), 4, season=1, origins=5)
    assert design(spec, Panel(panel.series[:1])).coverages == {"s0": (0.8,)}
    assert set(design(spec, panel).coverages.values()) == {(0.8, 0.95)}


def drawn(series, calibration, scored, horizon):
    """Panel, plans and points whose errors are skewed, heavy-tailed, alike within a series and of very different sizes."""
    noise = np.random.default_rng(7)
    first = 30 + calibration - 1 + horizon
    length = first + scored - 1 + horizon
    plan = plan_at(length, horizon, (*range(30, 30 + calibration), *range(first, first + scored)))
    panel, points = [], {}
    for number in range(series):
        size = noise.lognormal(2, 2)
        panel.append(steps(f"s{number}", size * noise.normal(3, 1, length)))
        shocks = noise.standard_t(4, length + horizon) * size * noise.lognormal(0, 0.3)
        means = np.lib.stride_tricks.sliding_window_view(shocks, horizon)[list(plan.origins)]  # neighbours share shocks
        sums = np.cumsum(means, axis=1)
        actual = np.lib.stride_tricks.sliding_window_view(panel[-1].values, horizon)[list(plan.origins)]
        points[f"s{number}"] = actual - sums
    return Panel(tuple(panel)), dict.fromkeys(points, plan), points


@pytest.mark.parametrize(("calibration", "horizon"), [(4, 6), (19, 6), (19, 14)])
def test_intervals_hold_what_they_claim_over_many_series(calibration, horizon):
    panel, plans, points = drawn(500, calibration, 2, horizon)
    judge = Judge(panel, plans, dict.fromkeys(points, (0.8, 0.95)))
    scores = judge.scores(points, {}, is_stepwise=False).values()
    for coverage, near in ((0.8, 0.03), (0.95, 0.015)):
        held = np.mean([one.values[f"coverage_{100 * coverage:g}"] for one in scores])
        assert held == pytest.approx(coverage, abs=near)


def test_with_many_errors_of_its_own_a_series_has_its_own_size():
    """One series of forty errs ten times as much as its scale says: with few errors it is taken for usual, with many not."""
    ratios = {}
    for calibration in (4, 300):
        panel, plans, points = drawn(40, calibration, 1, 1)
        actual = panel["s0"].values[list(plans["s0"].origins)][:, None]
        points["s0"] = actual - 10 * (actual - points["s0"])
        errors = {one.id: residuals(one, plans[one.id], points[one.id]) for one in panel}
        found = reaches(panel, plans, errors, dict.fromkeys(points, (0.8,)))["s0"][calibration, 0, 0]
        ratios[calibration] = found / np.quantile(np.abs(errors["s0"]), 0.8)
    assert ratios[4] < 0.8
    assert ratios[300] == pytest.approx(1, abs=0.15)


def test_intervals_at_a_date_know_no_error_of_any_series_that_came_later():
    noise = np.random.default_rng(3)
    begins = [pd.Timestamp("2021-01-01") + pd.Timedelta(days=int(days)) for days in noise.integers(0, 20, 12)]
    days = [pd.date_range(start, "2021-04-30", freq="D") for start in begins]
    walks = [np.cumsum(noise.normal(0, 2, len(some))) for some in days]

    def told(after):
        panel = Panel(
            tuple(
                TimeSeries(f"s{n}", some, np.where(some > after, 40 * np.sin(walk), walk), np.ones(len(some), bool))
                for n, (some, walk) in enumerate(zip(days, walks, strict=True))
            )
        )
        spec = RunSpec((), (ModelSpec("drift", "Drift"),), 3, season=1, origins=12, coverages=(0.8,))
        return run(design(spec, panel)).tasks[0].series

    whole = told(pd.Timestamp("2030-01-01"))
    origins = [whole[0].index_at(origin)[0] - pd.Timedelta(days=1) for origin in whole[0].backtest.origins]
    for place in (5, 8, 11):
        for one, other in zip(whole, told(origins[place]), strict=True):
            np.testing.assert_array_equal(one.backtest.quantiles[: place + 1], other.backtest.quantiles[: place + 1])
    assert not np.isnan(whole[0].backtest.quantiles[8]).any()
    assert (whole[0].forecast.quantiles != told(origins[5])[0].forecast.quantiles).any()


def test_without_origins_a_panel_has_intervals_from_what_is_held_out():
    noise = np.random.default_rng(6)
    panel = Panel(tuple(steps(f"s{n}", np.cumsum(noise.normal(1, 2, 30))) for n in range(25)))
    result = run(design(RunSpec((), (ModelSpec("drift", "Drift"),), 6, season=1, origins=0), panel))
    assert result.experiment.warnings == (
        "without origins nothing is scored; intervals come from forecasts of the last values, held out for them once",
    )
    (task,) = result.tasks
    assert task.scores is None
    for one in task.series:
        assert one.backtest is None
        assert one.held_out.shape == (10, 6)  # 30 − 6 + 1 − 15, half of the series is left for training
        assert one.forecast.levels == (0.025, 0.1, 0.5, 0.9, 0.975)
        assert (np.diff(one.forecast.quantiles, axis=0) > 0).all()
