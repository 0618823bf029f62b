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
from core.series.timeseries import Panel, TimeSeries
from tests.plans import plan_at

VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 9.0, 7.0, 12.0, 10.0, 13.0])
PLAN = plan_at(10, 1, range(4, 10))
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


def points(combination):
    return combination.result.series[0].backtest.point[:, 0]


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
    """Two steps ahead from origins 4, 5, 6 and 7: at 7 the weights know the origins 4 and 5, at 6 the first alone."""
    values = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 9.0, 7.0, 12.0, 10.0])
    one, plan = series(values), plan_at(9, 2, (4, 5, 6, 7))
    errors = {"A": [[1.0, 1], [3, 3], [50, 50], [2, 2]], "B": [[2.0, 2], [4, 4], [0, 0], [8, 8]]}
    tasks = []
    for label, some in errors.items():
        past = np.lib.stride_tricks.sliding_window_view(values, 2)[4:] - np.array(some)
        tested = backtest(one, plan, past, ())
        final = Forecast("a", label, one.future(2), [1.0, 1.0])
        each = SeriesResult("a", final, tested, score(tested, one, ()))
        tasks.append(TaskResult(ModelSpec("naive", label), "done", 1.0, series=(each,), scores=each.scores))
    spec = RunSpec((), tuple(task.model for task in tasks), 2, season=1)
    found = combine(Experiment(spec, Panel((one,)), {"a": plan}, {"a": ()}), tasks, ("A", "B"))[-1]
    (tested,) = (each.backtest for each in found.result.series)
    off = np.lib.stride_tricks.sliding_window_view(values, 2)[4:] - tested.point
    # known at 4 and 5: nothing; at 6: 1 and 2, weights 2/3, 1/3; at 7: 2 and 3, weights 3/5, 2/5
    assert off[:, 0].tolist() == pytest.approx([1.5, 3.5, 50 * 2 / 3, 0.6 * 2 + 0.4 * 8])
    assert found.weights["a"] == pytest.approx((3.5 / 17.5, 14 / 17.5))  # at last 14 and 3.5


def weighed(*sizes, has=None):
    """The weights of models with these mean absolute errors."""
    table = np.array(sizes)
    return inverse_error_weights(table, np.ones(table.shape, bool) if has is None else np.array(has)).tolist()


def test_a_model_without_any_error_gets_nearly_all_the_weight_and_none_is_infinite():
    assert weighed(0.0, 5.0) == pytest.approx([1, 1e-6], rel=1e-5)
    assert weighed(0.0, 0.0, 0.0, 0.0) == [0.25] * 4
    assert weighed(1e-300, 3e-300) == pytest.approx([0.75, 0.25])
    assert weighed(np.nan, np.nan) == [0.5, 0.5]


def test_a_model_that_lacks_a_series_has_no_weight_there():
    assert weighed(2.0, 1.0, 6.0, has=[True, False, True]) == pytest.approx([0.75, 0, 0.25])
    assert weighed(np.nan, np.nan, np.nan, has=[True, False, True]) == [0.5, 0, 0.5]


def test_a_combination_has_intervals_by_the_same_rule_and_scores():
    found = combined("A", "B", "C", coverages=(0.5,))["median"].result
    (one,) = found.series
    # past errors at origin 5: 1, k = ⌈2 · 0.5⌉ = 1; at 6: 1, 2, k = 2. At the end: 1, 2, 4, 1, 2, 3; k = ⌈7 · 0.5⌉ = 4 -> 2
    assert np.isnan(one.backtest.quantiles[0, [0, 2], 0]).all()
    assert one.backtest.quantiles[1:3, :, 0].tolist() == [[11 - 1, 11, 11 + 1], [3 - 2, 3, 3 + 2]]
    assert one.forecast.quantiles[:, 0].tolist() == [12, 14, 16]
    assert found.scores.values["mae"] == pytest.approx((1 + 2 + 4 + 1 + 2 + 3) / 6)
    assert found.scores.values["coverage_50"] == pytest.approx(2 / 5)  # widths 1, 2, 2, 2, 2 and errors 2, 4, 1, 2, 3
    assert found.scores.counts == {"coverage_50": 5}
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


def test_every_model_counts_as_what_it_is_even_where_two_say_the_same():
    one = series()
    twin = replace(task("A", one), model=ModelSpec("gru", "Twin"))
    labels = ("A", "Twin", "B")
    (mean, median, _) = combine(experiment_of(one, *labels), [task("A", one), twin, task("B", one)], labels)
    assert mean.weights["a"] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert points(mean).tolist() == pytest.approx((2 * past_of("A", one) + past_of("B", one)) / 3)
    assert points(median).tolist() == past_of("A", one).tolist()
    assert mean.result.notes == ("made of A, Twin and B",)


def past_of(label, one):
    return task(label, one).series[0].past[:, 0]


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
            np.testing.assert_array_equal(_past(one).point[: place + 1], _past(other).point[: place + 1])
            np.testing.assert_array_equal(_past(one).quantiles[: place + 1], _past(other).quantiles[: place + 1])


def _past(combination):
    return combination.result.series[0].backtest


def test_the_run_says_whether_the_best_combination_beats_the_best_model():
    steps = np.arange(80)
    high, low = 10 + 3 * np.sin(steps) + 4, 10 + 3 * np.sin(steps) - 4

    def halves(values):
        one = series(10 + 3 * np.sin(steps))
        plan = plan_at(80, 1, range(60, 80))
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
    assert f" is better still: it is off by 99 % less than {found.best}, and chance is no good explan" in found.combined
    assert found.best in ("High", "Low")
    assert {pair.a for pair in found.pairs} == {"High", "Low"}  # the tests are about the models that somebody chose


def test_the_run_says_that_no_combination_beats_the_best_model():
    found = real(np.cumsum(np.random.default_rng(2).normal(4, 1, 60)), "drift", "mean").comparison
    assert found.combined.startswith("No combination beats Drift: the best of them, Inverse-error weighted, has a MASE of ")
    assert found.ranking == ("Drift", "Mean")


def test_one_model_is_no_combination():
    found = real(np.cumsum(np.random.default_rng(2).normal(4, 1, 60)), "drift").comparison
    assert (found.combinations, found.combined) == ((), None)


def test_without_a_backtest_the_next_forecasts_are_combined_and_weighed_by_what_was_held_out():
    walk = np.cumsum(np.random.default_rng(2).normal(4, 1, 60))
    found = real(walk, "drift", "mean", origins=0, coverages=None)
    mean, inverse = found.comparison.combinations
    finals = [task.series[0].forecast.point for task in found.tasks]
    (one,) = mean.result.series
    assert one.forecast.point == pytest.approx(sum(finals) / 2)
    assert one.forecast.levels == (0.025, 0.1, 0.5, 0.9, 0.975)
    assert (one.backtest, one.scores, mean.result.scores, found.comparison.combined) == (None, None, None, None)
    plan = found.experiment.plans["a"]
    held = np.lib.stride_tricks.sliding_window_view(walk, 4)[list(plan.origins)]
    sizes = [np.abs(held - task.series[0].held_out).mean() for task in found.tasks]
    assert inverse.weights["a"] == pytest.approx((sizes[1] / sum(sizes), sizes[0] / sum(sizes)))


def test_a_series_too_short_to_hold_anything_out_is_combined_without_intervals():
    found = real(np.array([3.0, 5, 4, 8, 6]), "drift", "mean", origins=0, coverages=None)
    for one in found.comparison.combinations:
        assert one.result.series[0].forecast.levels == (0.5,)
        assert one.weights["a"] == (0.5, 0.5)


def panel_of_two():
    noise = np.random.default_rng(9)
    return Panel((series(np.cumsum(noise.normal(2, 1, 60))), series(noise.normal(9, 1, 50), "b")))


def test_a_panel_is_combined_series_by_series_with_weights_between_its_own_and_the_panels():
    models = tuple(ModelSpec(name, MODELS[name].label) for name in ("drift", "mean"))
    result = run(design(RunSpec((), models, 3, season=1, origins=4), panel_of_two()))
    found = result.comparison.combinations[-1]
    own, scaled, count = {}, [], {}
    for name in ("a", "b"):
        one, plan = result.experiment.panel[name], result.experiment.plans[name]
        actual = np.lib.stride_tricks.sliding_window_view(one.values, 3)[list(plan.origins)]
        sizes = [
            np.abs(actual - next(each for each in task.series if each.series_id == name).past).mean() for task in result.tasks
        ]
        own[name] = sizes[1] / sum(sizes)  # of two, the inverse shares
        scaled.append(np.array(sizes) / np.abs(np.diff(one.values[: plan.origins[0]])).mean())
        count[name] = 1 + (plan.origins[-1] - plan.origins[0]) / 3
    common = np.mean(scaled, axis=0)
    theirs = common[1] / common.sum()
    for name in ("a", "b"):
        expected = (count[name] * own[name] + 5 * theirs) / (count[name] + 5)
        assert found.weights[name] == pytest.approx((expected, 1 - expected))
    assert found.weights["a"][0] > found.weights["b"][0]  # a trend for the one, a level for the other
    each = [one.scores.values["mase"] for one in found.result.series]
    assert found.result.scores.values["mase"] == pytest.approx(sum(each) / 2)


def test_a_series_that_a_model_lacks_is_combined_of_the_others():
    models = tuple(ModelSpec(name, MODELS[name].label) for name in ("drift", "mean", "naive"))
    result = run(design(RunSpec((), models, 3, season=1, origins=4), panel_of_two()))
    drift, *others = result.tasks
    lacking = [replace(drift, series=drift.series[:1]), *others]
    mean, median, inverse = combine(result.experiment, lacking, ("Drift", "Mean", "Naive"))
    assert mean.weights == {"a": pytest.approx((1 / 3, 1 / 3, 1 / 3)), "b": (0, 0.5, 0.5)}
    assert inverse.weights["b"][0] == 0
    of_b = [task.series[1].forecast.point for task in others]
    for one in (mean, median):
        assert one.result.series[1].forecast.point == pytest.approx(sum(of_b) / 2)
    lonely = [replace(drift, series=drift.series[:1]), replace(others[0], series=others[0].series[:1])]
    alone = combine(result.experiment, lonely, ("Drift", "Mean"))
    assert [one.series_id for one in alone[0].result.series] == ["a"]


def test_in_a_panel_what_one_series_does_later_moves_no_weight_and_no_interval_of_another():
    models = tuple(ModelSpec(name, MODELS[name].label) for name in ("drift", "mean", "naive"))
    noise = np.random.default_rng(4)
    days = [pd.date_range(end="2030-03-01", periods=length, freq="D") for length in (60, 52, 47, 60, 60, 60)]
    values = [np.cumsum(noise.normal(1, 1 + place, len(index))) for place, index in enumerate(days)]

    def told(some):
        panel = Panel(
            tuple(
                TimeSeries(f"s{place}", index, each, np.ones(len(index), bool))
                for place, (index, each) in enumerate(zip(days, some, strict=True))
            )
        )
        return run(design(RunSpec((), models, 3, season=1, origins=6, coverages=(0.8,)), panel))

    before = told(values)
    last = before.experiment.plans["s0"].scored[-1]
    changed = [each.copy() for each in values]
    changed[3][last:] += 500.0  # after the last origin of all
    after = told(changed)
    pairs = [*zip(before.tasks, after.tasks, strict=True)]
    pairs += [(one.result, other.result) for one, other in zip(
        before.comparison.combinations, after.comparison.combinations, strict=True)]  # fmt: skip
    for one, other in pairs:
        for mine, theirs in zip(one.series, other.series, strict=True):
            np.testing.assert_array_equal(mine.backtest.point, theirs.backtest.point)
            np.testing.assert_array_equal(mine.backtest.quantiles, theirs.backtest.quantiles)
    assert (pairs[0][0].series[0].forecast.quantiles != pairs[0][1].series[0].forecast.quantiles).any()  # known at the end
