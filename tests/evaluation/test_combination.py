"""Combinations by hand, and the proof that none of them looks ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.backtest import backtest
from core.evaluation.combination import combine, inverse_error_weights
from core.evaluation.design import Experiment, design
from core.evaluation.results import SeriesResult, TaskResult
from core.evaluation.scores import averaged, score
from core.evaluation.spec import RunSpec
from core.experiment import finish, run
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.series.forecast import Forecast
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries

VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 9.0, 7.0, 12.0, 10.0, 13.0])
PLAN = Plan(10, 1, (4, 5), (6, 7, 8, 9))
ACTUAL = VALUES[4:, None]  # of the six origins, one step ahead
ERRORS = {  # actual − point
    "A": np.array([[1.0], [-2.0], [4.0], [1.0], [0.5], [-1.0]]),
    "B": np.array([[-3.0], [3.0], [-1.0], [2.0], [2.0], [3.0]]),
    "C": np.array([[6.0], [-6.0], [6.0], [-6.0], [6.0], [6.0]]),
}
NEXT = {"A": 14.0, "B": 20.0, "C": 8.0}


def series(values=VALUES, name="a", observed=None):
    seen = np.ones(len(values), bool) if observed is None else observed
    return TimeSeries(name, pd.RangeIndex(len(values)), values, seen)


def task(label, one, plan=PLAN, coverages=()):
    tested = backtest(one, plan, ACTUAL - ERRORS[label], coverages)
    scores = score(tested, one, coverages)
    final = Forecast(one.id, label, one.future(1), [NEXT[label]])
    return TaskResult(ModelSpec("naive", label), "done", 2.0, None, 3, (SeriesResult(one.id, final, tested, scores),), scores)


def experiment_of(one, *labels, coverages=()):
    spec = RunSpec((), tuple(ModelSpec("naive", label) for label in labels), 1, season=1)
    return Experiment(spec, Panel((one,)), {one.id: PLAN}, {one.id: coverages})


def combined(*labels, one=None, coverages=()):
    """By rule: what the combinations of these models give for the one series."""
    one = one or series()
    tasks = [task(label, one, coverages=coverages) for label in labels]
    found = combine(experiment_of(one, *labels, coverages=coverages), tasks, labels)
    return {each.result.model.name.removeprefix("combination_"): each for each in found}


def points_of(label, one):
    return task(label, one).series[0].backtest.point[:, 0]


def points(combination):
    past = combination.result.series[0].backtest
    return np.concatenate([past.earlier, past.point])[:, 0]


def test_mean_and_median_are_those_worked_by_hand():
    found = combined("A", "B", "C")
    assert (ACTUAL[:, 0] - points(found["mean"])).tolist() == pytest.approx([4 / 3, -5 / 3, 3, -1, 8.5 / 3, 8 / 3])
    assert (ACTUAL[:, 0] - points(found["median"])).tolist() == pytest.approx([1, -2, 4, 1, 2, 3])
    assert found["mean"].result.series[0].forecast.point.tolist() == pytest.approx([14])
    assert found["median"].result.series[0].forecast.point.tolist() == [14]
    assert (found["mean"].weights, found["median"].weights) == ({"a": (1 / 3, 1 / 3, 1 / 3)}, {})
    assert [one.label for one in found.values()] == ["Mean of all", "Median of all", "Inverse-error weighted"]


def test_inverse_error_weights_are_those_worked_by_hand():
    found = combined("A", "B")["inverse"]
    # mean absolute errors known at each origin, of A and of B: nothing; 1, 3; 1.5, 3; 7/3, 7/3; 2, 9/4; 1.7, 2.2; and at last
    # 9.5/6, 14/6. The weights are in inverse proportion.
    share = np.array([1 / 2, 3 / 4, 2 / 3, 1 / 2, 9 / 17, 22 / 39])
    expected = share * ERRORS["A"][:, 0] + (1 - share) * ERRORS["B"][:, 0]
    assert ACTUAL[:, 0] - points(found) == pytest.approx(expected)
    assert found.weights["a"] == pytest.approx((14 / 23.5, 9.5 / 23.5))
    assert found.result.series[0].forecast.point[0] == pytest.approx((14 * 14 + 9.5 * 20) / 23.5)


def test_errors_whose_outcomes_are_not_all_known_weigh_nothing():
    errors = np.array([[[1.0, 1], [1, 1], [8, 8]], [[2.0, 2], [2, 2], [0, 0]]])
    origins = np.array([10, 11, 12])
    assert inverse_error_weights(errors, origins, 2, 13).tolist() == pytest.approx([2 / 3, 1 / 3])  # 12 + 2 > 13
    assert inverse_error_weights(errors, origins, 2, 14).tolist() == pytest.approx([(4 / 3) / (14 / 3), (10 / 3) / (14 / 3)])
    assert inverse_error_weights(errors, origins, 2, 11).tolist() == [0.5, 0.5]  # nothing is known yet


def test_a_model_without_any_error_gets_nearly_all_the_weight_and_none_is_infinite():
    origins = np.array([3])
    assert inverse_error_weights(np.array([[[0.0]], [[5.0]]]), origins, 1, 9).tolist() == pytest.approx([1, 1e-6], rel=1e-5)
    assert inverse_error_weights(np.zeros((4, 1, 1)), origins, 1, 9).tolist() == [0.25] * 4
    assert inverse_error_weights(np.array([[[1e-300]], [[3e-300]]]), origins, 1, 9).tolist() == pytest.approx([0.75, 0.25])


def test_what_was_not_observed_weighs_nothing():
    errors = np.array([[[1.0, np.nan], [np.nan, 3.0]], [[4.0, np.nan], [np.nan, 4.0]]])
    assert inverse_error_weights(errors, np.array([1, 2]), 2, 9).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert inverse_error_weights(np.full((2, 2, 2), np.nan), np.array([1, 2]), 2, 9).tolist() == [0.5, 0.5]


def test_weights_find_the_better_of_two_unbiased_models():
    noise = np.random.default_rng(8).normal(size=(2, 40_000, 1)) * np.array([1.0, 2.0])[:, None, None]
    weights = inverse_error_weights(noise, np.arange(40_000), 1, 40_000)
    assert weights.tolist() == pytest.approx([2 / 3, 1 / 3], abs=0.01)  # mean absolute errors as 1 to 2
    assert np.square(weights @ noise[:, :, 0]).mean() == pytest.approx(4 / 9 + 4 / 9, rel=0.05)  # the better alone has 1


def test_a_combination_has_intervals_by_the_same_rule_and_scores():
    found = combined("A", "B", "C", coverages=(0.5,))["median"].result
    (one,) = found.series
    # past errors at origin 6: 1, 2; k = ⌈3 · 0.5⌉ = 2. At the end: 1, 2, 4, 1, 2, 3; k = ⌈7 · 0.5⌉ = 4 -> 2
    assert one.backtest.quantiles[0, :, 0].tolist() == [3 - 2, 3, 3 + 2]
    assert one.forecast.quantiles[:, 0].tolist() == [12, 14, 16]
    assert found.scores.values["mae"] == pytest.approx((4 + 1 + 2 + 3) / 4)
    assert found.scores.values["coverage_50"] == pytest.approx(2 / 4)  # widths 2, 2, 2, 2 and errors 4, 1, 2, 3
    assert (found.state, found.seconds, found.parameters, found.seed_scores) == ("done", 6.0, 9, (found.scores,))


def test_of_two_models_the_median_is_the_mean_and_is_left_out():
    assert list(combined("A", "B")) == ["mean", "inverse"]
    assert combined("A") == {}


def test_who_is_left_out_is_said():
    one = series()
    failed = TaskResult(ModelSpec("gru", "GRU"), "failed", 1.0, error="GRU diverged")
    wild = replace(task("C", one), model=ModelSpec("naive", "Wild"))
    tasks = [task("A", one), failed, task("B", one), wild]
    (mean, _) = combine(experiment_of(one, "A", "GRU", "B", "Wild"), tasks, ("B", "A"))
    assert mean.members == ("A", "B")
    assert mean.result.notes == (
        "made of A and B", "without GRU, which has no forecasts", "without Wild, which could not be scored on every series"
    )  # fmt: skip


def test_what_two_models_say_alike_counts_once():
    one = series()
    twin = replace(task("A", one), model=ModelSpec("gru", "Twin"))
    labels = ("A", "Twin", "B", "C")
    tasks = [task("A", one), twin, task("B", one), task("C", one)]
    found = {
        each.result.model.name.removeprefix("combination_"): each
        for each in combine(experiment_of(one, *labels), tasks, labels)
    }
    for rule, alone in combined("A", "B", "C").items():
        np.testing.assert_allclose(points(found[rule]), points(alone), rtol=1e-12)
    assert found["mean"].weights["a"] == pytest.approx((1 / 3, 0, 1 / 3, 1 / 3))
    assert found["inverse"].weights["a"][1] == 0
    said = ("made of A, Twin, B and C", "the next forecast of Twin repeats another's, and counts once with it")
    assert found["mean"].result.notes == said


def test_models_that_part_later_count_once_before_and_twice_after():
    one = series()
    (alike,) = task("A", one).series
    parted = alike.backtest.point.copy()
    parted[-1] += 6.0
    later = replace(alike, backtest=replace(alike.backtest, point=parted))
    other = replace(task("A", one), model=ModelSpec("gru", "Other"), series=(later,))
    labels = ("A", "Other", "B")
    (mean, *_) = combine(experiment_of(one, *labels), [task("A", one), other, task("B", one)], labels)
    np.testing.assert_array_equal(points(mean)[:-1], points(combined("A", "B")["mean"])[:-1])
    assert points(mean)[-1] == pytest.approx((2 * alike.backtest.point[-1, 0] + 6 + points_of("B", one)[-1]) / 3)


def test_results_that_were_stored_without_earlier_points_are_left_out():
    one = series()
    old = task("C", one)
    old = replace(old, series=(replace(old.series[0], backtest=replace(old.series[0].backtest, earlier=None)),))
    (mean, _) = combine(experiment_of(one, "A", "B", "C"), [task("A", one), task("B", one), old], ("A", "B", "C"))
    assert mean.result.notes[1] == "without C, whose result was stored before there were combinations"
    assert combine(experiment_of(one, "A", "C"), [task("A", one), old], ("A", "C")) == ()


def test_a_label_that_a_person_took_is_not_taken_twice():
    one = series()
    found = combine(experiment_of(one, "Mean of all", "A", "B"), [task("A", one), task("B", one)], ("A", "B"))
    assert [each.label for each in found] == ["Mean of all (combination)", "Inverse-error weighted"]


def real(values, *names, **more):
    models = tuple(ModelSpec(name, MODELS[name].label) for name in names)
    spec = RunSpec((), models, 4, season=1, **{"origins": 6, "coverages": (0.8,)} | more)
    return run(design(spec, Panel((series(values),))))


@pytest.mark.parametrize("refit", [False, True])
def test_values_after_an_origin_change_no_weight_and_no_combined_point_up_to_it(refit):
    noise = np.random.default_rng(5)
    values = np.cumsum(noise.normal(2, 3, 60))
    names = ("naive", "drift", "mean")
    before = real(values, *names, refit=refit)
    plan = before.experiment.plans["a"]
    for place, origin in enumerate(plan.origins):
        changed = values.copy()
        changed[origin:] = noise.normal(1e3, 1e2, 60 - origin)
        after = real(changed, *names, refit=refit)
        assert after.experiment.plans["a"] == plan
        for one, other in zip(before.comparison.combinations, after.comparison.combinations, strict=True):
            rows = [np.concatenate([each.earlier, each.point]) for each in (_past(one), _past(other))]
            assert (rows[0][: place + 1] == rows[1][: place + 1]).all(), (one.label, origin)
            bands = [_past(each).quantiles[: max(place + 1 - len(plan.calibration), 0)] for each in (one, other)]
            assert (bands[0] == bands[1]).all()


def _past(combination):
    return combination.result.series[0].backtest


def test_the_run_says_whether_the_best_combination_beats_the_best_model():
    steps = np.arange(80)
    high, low = 10 + 3 * np.sin(steps) + 4, 10 + 3 * np.sin(steps) - 4

    def halves(values):
        one = series(10 + 3 * np.sin(steps))
        plan = Plan(80, 1, tuple(range(40, 59)), tuple(range(60, 80)))
        tested = backtest(one, plan, values[list(plan.origins), None], ())
        scores = score(tested, one, ())
        return SeriesResult("a", Forecast("a", "x", one.future(1), [10.0]), tested, scores), one, plan

    (above, one, plan), (below, _, _) = halves(high + 0.1 * np.cos(steps * 7)), halves(low - 0.1 * np.cos(steps * 5))
    tasks = [
        TaskResult(ModelSpec("mean", label), "done", 1.0, series=(each,), scores=averaged([each.scores]))
        for label, each in (("High", above), ("Low", below))
    ]
    spec = RunSpec((), tuple(each.model for each in tasks), 1, season=1)
    found = finish(Experiment(spec, Panel((one,)), {"a": plan}, {"a": ()}), tasks)
    assert found.combined.startswith("The best combination, ")
    assert "is better still: its MASE of 0.0" in found.combined
    assert found.combined.endswith("'s; clearly so (p < 0.001).")
    assert found.best in ("High", "Low")
    assert {pair.b for pair in found.pairs} < {"High", "Low"}  # the tests are about the models that somebody chose


def test_the_run_says_that_no_combination_beats_the_best_model():
    found = real(np.cumsum(np.random.default_rng(2).normal(4, 1, 60)), "drift", "mean").comparison
    assert found.combined.startswith("No combination beats Drift: the best of them, Inverse-error weighted, has a MASE of ")
    assert found.ranking == ("Drift", "Mean")


def test_without_two_models_or_without_a_backtest_there_is_no_combination():
    walk = np.cumsum(np.random.default_rng(2).normal(4, 1, 60))
    for result in (real(walk, "drift"), real(walk, "drift", "mean", origins=0, coverages=None)):
        assert (result.comparison.combinations, result.comparison.combined) == ((), None)


def test_a_panel_is_combined_series_by_series():
    noise = np.random.default_rng(9)
    panel = Panel((series(np.cumsum(noise.normal(2, 1, 60))), series(noise.normal(9, 1, 50), "b")))
    models = tuple(ModelSpec(name, MODELS[name].label) for name in ("drift", "mean"))
    found = run(design(RunSpec((), models, 3, season=1, origins=4), panel)).comparison.combinations[-1]
    assert found.weights["a"][0] > 0.8 > 0.5 > found.weights["b"][0]  # a trend for the one, a level for the other
    assert sum(found.weights["b"]) == pytest.approx(1)
    each = [one.scores.values["mase"] for one in found.result.series]
    assert found.result.scores.values["mase"] == pytest.approx(sum(each) / 2)
