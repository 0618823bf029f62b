"""Ranking, tests and verdict from forecasts whose losses are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from core.evaluation import verdict
from core.evaluation.backtest import backtest
from core.evaluation.comparison import _agreeing, compare, completed
from core.evaluation.design import Experiment
from core.evaluation.results import Combination, Reference
from core.evaluation.scores import averaged, score
from core.evaluation.spec import RunSpec
from core.evaluation.verdict import Pair, Size
from core.experiment import SeriesResult, TaskResult
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from tests.plans import plan_at

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


def experiment_of(*series, horizon=1, stride=1, season=1):
    """The series end together; a shorter one lacks the first origins."""
    spec = RunSpec((), tuple(ModelSpec(name, label) for label, name in NAMES.items()), horizon, season=season, stride=stride)
    most = max(len(one) for one in series)
    plans = {}
    for one in series:
        plan = plan_at(len(one), horizon, range(FIRST, len(one) - horizon + 1))
        plans[one.id] = replace(plan, places=tuple(place + most - len(one) for place in plan.places))
    return Experiment(spec, Panel(series), plans, {})


def task(label, errors, *series):
    """A finished task whose points miss the actuals by `errors` (O, H), above them."""
    each = []
    for one, missed in zip(series, errors if isinstance(errors, tuple) else (errors,), strict=True):
        origins, horizon = missed.shape
        plan = plan_at(len(one), horizon, range(len(one) - horizon - origins + 1, len(one) - horizon + 1))
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
    assert (pair.statistic, pair.p, pair.p_adjusted) == pytest.approx((outside.statistic, outside.pvalue, outside.pvalue))
    assert pair.p_holm is None
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
    found = compare(experiment_of(one), [task(label, ERRORS[label], one) for label in NAMES])
    assert [pair.n for pair in found.pairs] == [10]


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
    found = compare(experiment_of(one, season=4), [failed, diverged, *others])
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
    assert found.size == "AR is off by 2.62 on average, 5 % of the usual value; Naive by 6.49."


def test_intervals_of_several_networks_hold_at_once():
    one = steps()
    tasks = [task(label, ERRORS[label], one) for label in ("GRU", "AR")]
    second = replace(task("GRU", 1.3 + ERRORS["Naive"] / 8, one), model=ModelSpec("lstm", "LSTM"))
    alone = compare(experiment_of(one), tasks).pairs[0]
    pairs = {pair.a: pair for pair in compare(experiment_of(one), [*tasks, second]).pairs}
    assert set(pairs) == {"GRU", "LSTM"}
    assert {pair.b for pair in pairs.values()} == {"AR"}
    assert alone.p_adjusted == alone.p == pairs["GRU"].p < pairs["GRU"].p_adjusted
    assert pairs["GRU"].low < alone.low < alone.high < pairs["GRU"].high
    for pair in pairs.values():
        assert (pair.p_adjusted < 0.05) == (pair.is_better or pair.is_worse)


def test_a_network_that_forecasts_as_the_rival_does_is_not_tested():
    one = steps()
    found = compare(experiment_of(one), [task("AR", ERRORS["AR"], one), task("GRU", ERRORS["AR"], one)])
    assert found.pairs[0].reason == "the losses are equal at all 12 origins, so there is no difference to test"
    assert (found.pairs[0].p, found.pairs[0].low, found.pairs[0].skill) == (None, None, 0)
    assert found.verdict == "GRU and AR forecast equally well here."


def test_differences_by_rounding_are_no_differences():
    one = steps()
    rounded = ERRORS["AR"] * (1 + 1e-13 * NOISE[0][:, None])
    (pair,) = compare(experiment_of(one), [task("AR", ERRORS["AR"], one), task("GRU", rounded, one)]).pairs
    assert "the losses are equal" in pair.reason


@pytest.mark.parametrize("missed", [0.0, 1e-12])  # MASE's scale is 2, actuals are about 50
def test_a_combination_is_compared_with_an_exact_model_without_an_interval(missed):
    one = steps()
    experiment, tasks = experiment_of(one), [task("AR", np.full((12, 1), missed), one), task("GRU", ERRORS["GRU"], one)]
    mixed = replace(task("Naive", ERRORS["GRU"] / 2, one), model=ModelSpec("combination_mean", "Mean of all"))
    found = completed(experiment, tasks, compare(experiment, tasks), (Combination(mixed, ("AR", "GRU"), {}),))
    assert found.ranking == ("AR", "GRU")
    assert (found.pairs[0].skill, found.pairs[0].high) == (None, None)
    assert found.verdict == "AR makes no error here, so no model can beat it."
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
    assert found.verdict == "GRU and AR forecast equally well here."
    assert found.kept == ("AR", "GRU", "Naive")


def reference(label, name, errors, *series):
    computed = task(label, errors, *series)
    backtests = {one.series_id: one.backtest for one in computed.series}
    return Reference(ModelSpec(name, label), computed.scores, {one.series_id: one.scores for one in computed.series},
                     backtests=backtests)  # fmt: skip


def test_without_a_linear_model_networks_are_compared_with_the_benchmark_though_nobody_chose_it():
    one = steps()
    drift = reference("Naive", "naive", ERRORS["Naive"], one)
    found = compare(experiment_of(one), [task("GRU", ERRORS["GRU"], one)], (drift,))
    assert (found.rival, found.ranking) == ("Naive", ("GRU",))
    assert found.verdict.startswith("GRU beats Naive here: it is off by 6")
    assert found.equals == ""


def test_the_rival_is_the_first_of_a_fixed_list_and_not_the_one_that_did_best():
    one = steps()
    theta = replace(task("AR", ERRORS["AR"] - 1, one), model=ModelSpec("theta", "Theta"))
    found = compare(experiment_of(one), [theta, task("GRU", ERRORS["GRU"], one), task("AR", ERRORS["AR"], one)])
    assert (found.best, found.rival) == ("Theta", "AR")
    assert {pair.a for pair in found.pairs} == {"GRU"}


def test_without_a_network_every_model_is_compared_with_the_seasonal_benchmark():
    one = steps()
    found = compare(
        experiment_of(one, season=4), [task(label, ERRORS[label], one) for label in ("AR", "Seasonal naive", "Naive")]
    )
    assert [(pair.a, pair.b) for pair in found.pairs] == [("AR", "Seasonal naive"), ("Naive", "Seasonal naive")]
    assert found.verdict.startswith("AR beats Seasonal naive here: it is off by ")
    assert found.verdict.endswith("; Naive is worse.")


def pair(a, skill, low, high, **more):
    return Pair(a, "AR", "loss", 93, skill=skill, low=low, high=high, **more)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (
            [pair("GRU", -0.08, -0.15, -0.01), pair("RNN", -0.2, -0.3, -0.1)],
            "No network beats AR here: the nearest, GRU, is off by 8 % more (95 %: 1 to 15 % more).",
        ),
        ([pair("GRU", -0.08, -0.15, -0.01)], "GRU does not beat AR here: it is off by 8 % more (95 %: 1 to 15 % more)."),
        (
            [pair("GRU", 0.03, -0.07, 0.12), pair("RNN", -0.2, -0.3, -0.1)],
            ("No network is shown to beat AR here: the nearest, GRU, is off by 3 % less (95 %: 12 % less to 7 % more); "
            "RNN is worse."),
        ),
        (
            [pair("GRU", 0.03, -0.07, 0.12)],
            "GRU is not shown to beat AR here: it is off by 3 % less (95 %: 12 % less to 7 % more).",
        ),
        (
            [pair("GRU", 0.12, 0.04, 0.2), pair("LSTM", 0.1, 0.004, 0.2), pair("RNN", 0.01, -0.1, 0.2)],
            "GRU beats AR here: it is off by 12 % less (95 %: 4 to 20 % less); LSTM beats it too.",
        ),
        (
            [pair("GRU", 0.12, None, None, reason="the test needs more")],
            "GRU is off by 12 % less than AR here, and nothing says whether that is chance: the test needs more.",
        ),
    ],
)  # fmt: skip
def test_the_answer_says_what_the_intervals_say(pairs, words):
    one = task("AR", ERRORS["AR"], steps())
    assert verdict.answer(pairs, "network", [one], ()) == words


def test_the_size_of_the_errors_is_in_the_unit_of_the_series_and_in_percent_of_the_usual_value():
    sizes = [Size("AR", {"a": 16.04, "b": 1.0}), Size("Seasonal naive", {"a": 28.3, "b": 3.0})]
    assert verdict.size(sizes, {"a": 64.0}, "sunspots") == (
        "AR is off by 16 sunspots on average, 25 % of the usual value; Seasonal naive by 28.3."
    )
    assert verdict.size(sizes, {"a": 64.16, "b": 10.0}, "") == (
        "In the median series AR is off by 18 % of the usual value; Seasonal naive by 37 %."
    )
    assert verdict.size(sizes, {"a": 0.0}, "") == "AR is off by 16 on average; Seasonal naive by 28.3."


def test_the_confidence_set_names_no_model_that_the_answer_calls_worse():
    noise = np.random.default_rng(3).normal(0, 0.3, (3, 60))
    one = steps(origins=60)
    errors = {"AR": 2 + noise[0], "Naive": 2 + noise[1], "GRU": 2.02 + noise[0] + 0.01 * noise[2]}
    found = compare(experiment_of(one), [task(label, some[:, None], one) for label, some in errors.items()])
    assert found.pairs[0].is_worse
    assert set(found.kept) == {"AR", "Naive"}
    assert found.equals == (
        "As far as 60 past forecasts (about 60 independent ones) can tell, "
        f"{found.kept[0]} and {found.kept[1]} are equally good."
    )


def test_a_model_alone_is_not_best_where_the_answer_leaves_it_open():
    """The set excludes at 90 % what the answer, at 95 % for all networks at once, does not call worse."""
    close = [pair("GRU", 0.08, -0.02, 0.18), pair("RNN", -0.2, -0.3, -0.1)]
    assert _agreeing({"GRU"}, close) == {"GRU", "AR"}
    assert _agreeing({"GRU", "RNN"}, close) == {"GRU", "AR"}
    assert _agreeing({"GRU", "AR"}, [pair("GRU", 0.2, 0.1, 0.3), pair("LSTM", 0.05, -0.1, 0.2)]) == {"GRU"}
    assert _agreeing({"Theta"}, close) == {"Theta"}


def test_what_difference_these_forecasts_could_show():
    found = compared("GRU", "AR")
    (only,) = found.pairs
    assert not only.is_better
    assert found.reach == pytest.approx((only.high - only.low) / 2)
    assert compared("AR", "Naive").reach is None  # a difference is shown


def test_the_verdict_of_few_origins_says_why_there_is_no_test():
    one = steps(origins=5)
    found = compare(experiment_of(one), [task(label, ERRORS[label][:5], one) for label in ("AR", "Naive")])
    assert found.pairs[0].skill > 0
    assert found.verdict.endswith(
        " less than Naive here, and nothing says whether that is chance: the test needs at least 8 scored origins and there "
        "are 5; ask for more origins."
    )
    assert found.equals.startswith(
        "Which models are as good as the best cannot be told: a model confidence set needs at least 8"
    )


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
        "Nothing says which model forecasts best, because there was no backtest"
    )


def test_the_verdict_where_no_actual_was_observed():
    observed = np.ones(32, bool)
    observed[20:] = False
    one = steps(observed=observed)
    found = compare(experiment_of(one), [task("AR", ERRORS["AR"], one)])
    assert found.ranking == ()
    assert found.verdict.startswith("No model could be scored: MAE is undefined: none of the 12 actuals is observed")
