"""Ranking, tests and verdict from forecasts whose losses are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from core.evaluation.backtest import backtest
from core.evaluation.comparison import compare, completed
from core.evaluation.design import Experiment
from core.evaluation.results import Combination, Reference
from core.evaluation.scores import Scores, averaged, saved, score
from core.evaluation.spec import RunSpec
from core.evaluation.verdict import narrow
from core.experiment import SeriesResult, TaskResult
from core.models.spec import ModelSpec
from core.series.splits import Plan
from core.series.timeseries import Panel, TimeSeries

NAMES = {"GRU": "gru", "AR": "ar", "Seasonal naive": "seasonal_naive", "Naive": "naive"}
FIRST = 20  # of the scored origins
NOISE = np.random.default_rng(7).uniform(0, 1, (len(NAMES), 12))
ERRORS = {  # (O, 1) absolute errors of 12 origins, one step ahead
    "GRU": 2 + NOISE[0][:, None],
    "AR": 2.1 + NOISE[1][:, None],
    "Seasonal naive": 4 + NOISE[2][:, None],
    "Naive": 6 + NOISE[3][:, None],
}


def steps(origins=12, horizon=1, name="a", observed=None, scale=2.0):
    """A series that moves by `scale` at every step, so that this is MASE's scale; long enough for the origins."""
    length = FIRST + origins - 1 + horizon
    values = np.where(np.arange(length) % 2, scale, 0.0) + 50
    return TimeSeries(name, pd.RangeIndex(length), values, np.ones(length, bool) if observed is None else observed)


def experiment_of(*series, horizon=1, stride=1):
    spec = RunSpec((), tuple(ModelSpec(name, label) for label, name in NAMES.items()), horizon, stride=stride)
    return Experiment(spec, Panel(series), {}, {})


def task(label, errors, *series):
    """A finished task whose points miss the actuals by `errors` (O, H), above them."""
    each = []
    for one, missed in zip(series, errors if isinstance(errors, tuple) else (errors,), strict=True):
        origins, horizon = missed.shape
        plan = Plan(len(one), horizon, (), tuple(range(len(one) - horizon - origins + 1, len(one) - horizon + 1)))
        actual = np.lib.stride_tricks.sliding_window_view(one.values, horizon)[list(plan.scored)]
        tested = backtest(one, plan, actual + missed, ())
        each.append(SeriesResult(one.id, None, tested, score(tested, one, ())))
    return TaskResult(
        ModelSpec(NAMES[label], label), "done", 1.0, series=tuple(each), scores=averaged([one.scores for one in each])
    )


def compared(*labels, **more):
    one = steps()
    return compare(experiment_of(one, **more), [task(label, ERRORS[label], one) for label in labels])


def test_the_pair_of_two_models_is_that_worked_by_hand():
    one = steps()
    a, b = np.array([1.0, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]), np.array([3.0, 2, 4, 4, 3, 5, 2, 4, 3, 3, 2, 4])
    found = compare(experiment_of(one), [task("Naive", b[:, None], one), task("AR", a[:, None], one)])
    assert (found.ranking, found.best, found.score) == (("AR", "Naive"), "AR", "mase")
    (pair,) = found.pairs
    assert (pair.a, pair.b, pair.n, pair.loss) == ("AR", "Naive", 12, "absolute error, mean over steps, scaled by MASE's scale")
    assert pair.skill == pytest.approx(1 - 24 / 39)  # the sums of a and of b
    outside = ttest_1samp((a - b) / 2, 0)  # one step ahead it is the t-test; MASE's scale is 2
    assert (pair.statistic, pair.p, pair.p_holm) == pytest.approx((outside.statistic, outside.pvalue, outside.pvalue))
    interval = outside.confidence_interval(0.95)  # of the mean of a − b, which 39/12/2 turns into skill
    assert (pair.low, pair.high) == pytest.approx((-interval.high / 1.625, -interval.low / 1.625))
    assert pair.reason is None


def test_an_origins_loss_is_the_mean_over_its_observed_steps():
    observed = np.ones(32, bool)
    observed[[22, 30, 31]] = False  # of origins 20 … 29: [20] loses its third step, [21] its second, [22] its first, …
    one = steps(origins=10, horizon=3, observed=observed)
    errors = np.arange(1.0, 31).reshape(10, 3)
    (pair,) = compare(experiment_of(one, horizon=3), [task("AR", errors, one), task("Naive", errors + 8, one)]).pairs
    # rows 1 2 –, 4 – 6, – 8 9, then whole rows 11, 14, …, 26; the last two lose their last one and two steps
    losses = np.array([1.5, 5, 8.5, 11, 14, 17, 20, 23, 25.5, 28])
    assert pair.n == 10
    assert pair.skill == pytest.approx(1 - losses.mean() / (losses.mean() + 8))


def test_an_origin_without_observed_actuals_is_left_out():
    observed = np.ones(32, bool)
    observed[[22, 25]] = False
    one = steps(observed=observed)
    assert [pair.n for pair in compare(experiment_of(one), [task(label, ERRORS[label], one) for label in NAMES]).pairs] == [
        10
    ] * 3


def test_a_panel_is_judged_by_the_mean_of_scaled_losses_counted_from_the_last_origin():
    long, short = steps(origins=12), steps(origins=9, name="b", scale=5.0)
    a = (np.arange(1.0, 13)[:, None], np.arange(2.0, 11)[:, None])
    b = (a[0] + NOISE[0][:, None], a[1] + 3 * NOISE[1][:9, None])
    (pair,) = compare(experiment_of(long, short), [task("AR", a, long, short), task("Naive", b, long, short)]).pairs
    first, second = a[0][:, 0] / 2, np.concatenate([[np.nan] * 3, a[1][:, 0] / 5])
    other, another = b[0][:, 0] / 2, np.concatenate([[np.nan] * 3, b[1][:, 0] / 5])
    both, those = np.nanmean([first, second], axis=0), np.nanmean([other, another], axis=0)
    assert pair.n == 12
    assert pair.skill == pytest.approx(1 - both.mean() / those.mean())
    assert pair.p == pytest.approx(ttest_1samp(both - those, 0).pvalue)


def test_the_stride_of_the_run_tells_which_origins_overlap():
    one = steps(origins=12, horizon=3)
    tasks = [task(label, np.tile(ERRORS[label], (1, 3)), one) for label in ("GRU", "AR")]
    apart, near = (compare(experiment_of(one, horizon=3, stride=stride), tasks).pairs[0] for stride in (3, 1))
    assert apart.p == pytest.approx(ttest_1samp((ERRORS["GRU"] - ERRORS["AR"])[:, 0], 0).pvalue)
    assert near.p != apart.p


def test_the_interval_of_a_skill_ends_at_one():
    one = steps()
    rough = 10 * NOISE[0][:, None] ** 4  # few large errors: the mean is uncertain
    (pair,) = compare(experiment_of(one), [task("AR", 0.01 * NOISE[1][:, None], one), task("Naive", rough, one)]).pairs
    assert 0 < pair.low < pair.skill < pair.high == 1


def test_failed_models_and_models_without_a_score_never_rank():
    one = steps()
    diverged = task("Naive", np.full((12, 1), 1e200), one)
    failed = TaskResult(ModelSpec("gru", "GRU"), "failed", 1.0, error="GRU diverged at epoch 3")
    assert "beyond 1e+150" in diverged.scores.absent["mae"]
    others = [task(label, ERRORS[label], one) for label in ("Seasonal naive", "AR")]
    found = compare(experiment_of(one), [failed, diverged, *others])
    assert found.ranking == ("AR", "Seasonal naive")
    assert [(pair.a, pair.b) for pair in found.pairs] == [("AR", "Seasonal naive")]


def test_a_model_that_could_not_be_scored_on_every_series_does_not_rank():
    first, second = steps(), steps(name="b")
    half = task("GRU", (np.full((12, 1), 0.1), np.full((12, 1), 1e200)), first, second)
    whole = task("AR", (ERRORS["AR"], ERRORS["AR"]), first, second)
    assert half.scores.values["mase"] < whole.scores.values["mase"]  # the mean over the one series where it is defined
    assert compare(experiment_of(first, second), [half, whole]).ranking == ("AR",)


def test_where_mase_is_not_defined_mae_ranks_and_the_loss_has_the_series_unit():
    one = steps(scale=0.0)
    found = compare(experiment_of(one), [task(label, ERRORS[label], one) for label in ("Naive", "AR")])
    assert (found.ranking, found.score) == (("AR", "Naive"), "mae")
    assert found.pairs[0].loss == "absolute error, mean over steps"
    assert "its MAE of 2.6" in found.verdict


def test_holm_adjusts_over_the_pairs_that_could_be_tested():
    one = steps()
    same = task("Naive", ERRORS["GRU"], one)
    found = compare(experiment_of(one), [task(label, ERRORS[label], one) for label in list(NAMES)[:3]] + [same])
    by_name = {pair.b: pair for pair in found.pairs}
    assert by_name["Naive"].reason == "the losses are equal at all 12 origins, so there is no difference to test"
    assert (by_name["Naive"].p, by_name["Naive"].low, by_name["Naive"].skill) == (None, None, 0)
    assert by_name["Seasonal naive"].p_holm == pytest.approx(2 * by_name["Seasonal naive"].p)
    assert by_name["AR"].p_holm == by_name["AR"].p  # the larger of the two


def test_differences_by_rounding_are_no_differences():
    one = steps()
    rounded = ERRORS["AR"] * (1 + 1e-13 * NOISE[0][:, None])
    (pair,) = compare(experiment_of(one), [task("AR", ERRORS["AR"], one), task("GRU", rounded, one)]).pairs
    assert "the losses are equal" in pair.reason


def test_exact_forecasts_have_no_skill_over_one_another():
    one = steps()
    (pair,) = compare(experiment_of(one), [task(label, np.zeros((12, 1)), one) for label in ("AR", "GRU")]).pairs
    assert (pair.skill, pair.p) == (None, None)


@pytest.mark.parametrize("missed", [0.0, 1e-12])  # MASE's scale is 2, actuals are about 50
def test_a_combination_is_compared_with_an_exact_model_without_an_interval(missed):
    one = steps()
    experiment, tasks = experiment_of(one), [task("AR", np.full((12, 1), missed), one), task("GRU", ERRORS["GRU"], one)]
    mixed = replace(task("Naive", ERRORS["GRU"] / 2, one), model=ModelSpec("combination_mean", "Mean of all"))
    found = completed(experiment, tasks, compare(experiment, tasks), (Combination(mixed, ("AR", "GRU"), {}),), ())
    assert found.ranking == ("AR", "GRU")
    assert (found.pairs[0].skill, found.pairs[0].high) == (pytest.approx(1), pytest.approx(1))
    assert found.combined.startswith("No combination beats AR: the best of them, Mean of all, has a MASE of 0.")


@pytest.mark.parametrize("scale", [2.0, 0.0])  # where the history never moves, MAE ranks
def test_models_that_are_exact_to_rounding_are_equal_in_the_order_of_the_run(scale):
    one = steps(scale=scale)
    exact = {"AR": 3e-14, "GRU": 1e-14, "Naive": 0.0}
    tasks = [task("Seasonal naive", ERRORS["Seasonal naive"], one)]
    tasks += [task(label, np.full((12, 1), missed), one) for label, missed in exact.items()]
    found = compare(experiment_of(one), tasks)
    assert found.score == ("mase" if scale else "mae")
    assert found.ranking == ("AR", "GRU", "Naive", "Seasonal naive")
    assert found.verdict.startswith("AR, GRU and Naive forecast equally well")
    assert [pair.skill for pair in found.pairs] == [None, None, pytest.approx(1)]
    assert ["the losses are equal" in (pair.reason or "") for pair in found.pairs] == [True, True, False]


def test_a_benchmark_that_is_exact_as_the_best_model_is_no_better():
    one = steps()
    tasks = [task("AR", np.full((12, 1), 1e-13), one), task("GRU", ERRORS["GRU"], one)]
    drift = task("Naive", np.zeros((12, 1)), one)
    reference = Reference(ModelSpec("drift", "Drift"), drift.scores, {"a": drift.scores})
    found = completed(experiment_of(one), tasks, compare(experiment_of(one), tasks), (), (reference,))
    assert "for reference" not in found.verdict
    assert saved(tasks[0].scores, reference.scores, "mase") is None


def test_the_verdict_names_whom_the_best_does_not_clearly_beat():
    found = compared(*NAMES)
    assert found.best == "GRU"
    p = {pair.b: pair.p_holm for pair in found.pairs}
    assert p["AR"] > 0.05 > p["Seasonal naive"]
    mase = {label: errors.mean() / 2 for label, errors in ERRORS.items()}
    less = 100 * (1 - mase["GRU"] / mase["Seasonal naive"])
    assert found.verdict == (
        f"GRU forecasts best: its MASE of {mase['GRU']:.3g} is {less:.0f} % below Seasonal naive's; "
        f"it is not clearly better than AR (p = {p['AR']:.2g})."
    )


def test_intervals_that_held_far_too_little_are_told():
    scores = Scores({"coverage_80": 0.46, "coverage_95": 0.81, "coverage_99": 0.8}, {}, {})
    best = TaskResult(ModelSpec("gru", "GRU"), "done", 1.0, scores=scores)
    assert narrow(best, (0.8, 0.95)) == "GRU's intervals were too narrow: those of 80 % held 46 % of what came."
    assert narrow(best, (0.8, 0.99)).endswith(": those of 80 % held 46 % of what came, those of 99 % held 80 %.")
    assert narrow(best, (0.95,)) == narrow(replace(best, scores=None), (0.8,)) == ""


def test_the_verdict_says_what_is_clear():
    assert compared("Naive", "AR").verdict.endswith("% below Naive's; it is clearly better than Naive (p < 0.001).")
    assert (
        "it is clearly better than Seasonal naive (p < 0.001) and Naive (p < 0.001)."
        in compared("Naive", "AR", "Seasonal naive").verdict
    )


def test_the_verdict_of_few_origins_says_why_there_is_no_test():
    one = steps(origins=5)
    found = compare(experiment_of(one), [task(label, ERRORS[label][:5], one) for label in ("AR", "Naive")])
    assert found.pairs[0].skill > 0
    assert found.verdict.endswith(
        "no test against Naive: the test needs at least 8 scored origins and there are 5; ask for more origins."
    )


def test_the_verdict_of_equal_forecasts():
    one = steps()
    found = compare(experiment_of(one), [task("Naive", ERRORS["AR"], one), task("AR", ERRORS["AR"], one)])
    assert found.verdict == f"Naive and AR forecast equally well, with a MASE of {ERRORS['AR'].mean() / 2:.3g}."
    assert "equal at all 12 origins" in found.pairs[0].reason
    more = [task(label, ERRORS["AR"], one) for label in NAMES]
    assert compare(experiment_of(one), more[:3]).verdict.startswith("GRU, AR and Seasonal naive forecast equally well, with")
    assert compare(experiment_of(one), more).verdict.startswith("GRU, AR and 2 others forecast equally well, with")


def lacking(one, *names):
    return replace(one, absent=dict.fromkeys(names, "it explodes"))


def test_a_model_without_the_hard_series_does_not_win_by_the_easy_ones():
    easy, hard = steps(), steps(name="b")
    both = [task(label, (ERRORS[label], 9 + ERRORS[label]), easy, hard) for label in ("GRU", "Naive")]
    only = lacking(task("AR", 0.1 * ERRORS["AR"], easy), "b")
    found = compare(experiment_of(easy, hard), [only, *both])
    assert only.scores.values["mase"] < both[0].scores.values["mase"]
    assert found.ranking == ("GRU", "Naive")
    assert found.verdict.endswith("; not ranked, because series are missing: AR (1 of 2 series).")
    alone = compare(experiment_of(easy, hard), [only, both[0]])
    assert alone.verdict.startswith("GRU is the only model that is ranked, with a MASE of ")
    assert alone.verdict.endswith(
        "there is nothing to compare it with; not ranked, because series are missing: AR (1 of 2 series)."
    )


def test_models_that_lack_the_same_series_rank_over_the_others():
    one = steps()
    tasks = [lacking(task(label, ERRORS[label], one), "b", "c") for label in ("AR", "Naive")]
    found = compare(experiment_of(one, steps(name="b"), steps(name="c")), tasks)
    assert found.ranking == ("AR", "Naive")
    assert found.verdict.endswith("; 2 of 3 series are in no score.")


def test_where_each_model_lacks_another_series_none_ranks():
    one, other = steps(), steps(name="b")
    tasks = [lacking(task("AR", ERRORS["AR"], one), "b"), lacking(task("GRU", ERRORS["GRU"], other), "a")]
    found = compare(experiment_of(one, other), tasks)
    assert (found.ranking, found.pairs) == ((), ())
    assert found.verdict == (
        "No model is ranked, because each lacks series that another has: AR (1 of 2 series), GRU (1 of 2 series)."
    )


def test_the_verdict_of_one_model_of_none_and_without_a_backtest():
    one = steps()
    failed = TaskResult(ModelSpec("gru", "GRU"), "failed", 1.0, error="GRU diverged at epoch 3")
    alone = compared("AR")
    assert alone.pairs == ()
    assert (
        alone.verdict
        == f"AR is the only model with a score, a MASE of {ERRORS['AR'].mean() / 2:.3g}: there is nothing to compare it with."
    )
    nothing = compare(experiment_of(one), [failed])
    assert (nothing.ranking, nothing.best, nothing.score, nothing.pairs) == ((), None, None, ())
    assert nothing.verdict == "No model could be fitted, so there is nothing to compare."
    bare = TaskResult(ModelSpec("ar", "AR"), "done", 1.0, series=(SeriesResult("a", None, None, None),))
    assert compare(experiment_of(one), [bare]).verdict.startswith(
        "Nothing says which model forecasts best, for there was no backtest"
    )


def test_the_verdict_where_no_actual_was_observed():
    observed = np.ones(32, bool)
    observed[20:] = False
    one = steps(observed=observed)
    found = compare(experiment_of(one), [task("AR", ERRORS["AR"], one)])
    assert found.ranking == ()
    assert found.verdict.startswith("No model could be scored: MAE is undefined: none of the 12 actuals is observed")
