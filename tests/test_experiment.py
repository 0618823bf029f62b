"""A run from specification to result: what is closed, what is refused, what fails alone, what is reproducible."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.errors import Cancelled, ConfigError, DataError, FitError, TooShortError
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run, run_task
from core.models.naive import Naive
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.report import forecasts, summary
from core.series.timeseries import Inputs, Panel, TimeSeries

QUICK = {"epochs": 2, "hidden": 4}


def months(length=96, name="sales", seed=1, observed=None, start="2010-01-01"):
    noise, time = np.random.default_rng(seed).normal(0, 2, length), np.arange(length)
    values = 50 + 0.3 * time + 8 * np.sin(2 * np.pi * time / 12) + noise
    index = pd.date_range(start, periods=length, freq="MS")
    return TimeSeries(name, index, values, np.ones(length, bool) if observed is None else observed)


def spec_of(*names, **more):
    models = tuple(ModelSpec(name, MODELS[name].label, QUICK if MODELS[name].is_random else {}) for name in names)
    return RunSpec((), models, **{"horizon": 6, **more})


def test_design_closes_what_the_length_decides_and_the_task_the_rest():
    experiment = design(spec_of("lstm", "ar", "naive"), Panel((months(),)))
    spec = experiment.spec
    assert (spec.season, spec.origins, spec.coverages) == (12, 33, (0.8, 0.95))
    assert (spec.stride, spec.blocks) == (1, 3)
    assert experiment.plans["sales"].ends == (58, 69, 80)  # 60 % of 96, and 33 origins in three blocks
    assert spec.models[0].config["lookback"] == 23  # half of the 58 − 2 · 6 that the horizon leaves
    assert spec.series == (months().key,)
    opened = {name for name, value in spec.models[0].config.items() if value in (None, "automatic")}
    assert opened == {"skip", "lags", "start", "log", "mean", "penalty", "seasonal_lag"}  # on held-out windows, once a run
    settled = run_task(experiment, spec.models[0]).model
    assert not [name for name, value in settled.config.items() if value in (None, "automatic")]
    assert {name: settled.config[name] for name in ("hidden", "lookback")} == {
        name: spec.models[0].config[name] for name in ("hidden", "lookback")
    }
    assert RunSpec.of_json(json.loads(json.dumps(spec.as_json()))) == spec
    again = design(spec, Panel((months(),)), is_accepted=True)
    assert again.spec == spec
    assert again.plans == experiment.plans


def test_a_specification_without_intervals_survives_json():
    spec = design(spec_of("naive", origins=0, coverages=()), Panel((months(),))).spec
    assert spec.coverages == ()
    assert RunSpec.of_json(json.loads(json.dumps(spec.as_json()))) == spec


def test_the_closed_specification_of_a_panel_gives_the_same_experiment_again():
    panel = Panel((months(), months(60, "returns", seed=4, start="2013-01-01"), months(26, "repairs", seed=5)))
    first = design(spec_of("lstm", "naive"), panel)
    assert first.plans["repairs"].origins == ()  # it ended in 2012
    assert first.warnings[0] == ("series 'repairs' is not long enough after the first origin to be scored, and only forecast")
    assert first.coverages == {"sales": (0.8, 0.95), "returns": (0.8, 0.95), "repairs": (0.8,)}
    again = design(first.spec, panel, is_accepted=True)
    assert (again.spec, again.plans, again.coverages) == (first.spec, first.plans, first.coverages)


def test_a_season_without_calendar_is_proposed_from_before_the_first_origin_only():
    time = np.arange(300)
    values = 10 + 5 * np.sin(2 * np.pi * time / 9) + np.random.default_rng(2).normal(0, 0.5, 300)
    steps = TimeSeries("s", pd.RangeIndex(300), values, np.ones(300, bool))
    experiment = design(spec_of("seasonal_naive"), Panel((steps,)))
    assert experiment.spec.season == 9
    values[experiment.plans["s"].train_end :] = np.random.default_rng(3).normal(0, 100, 300 - experiment.plans["s"].train_end)
    changed = TimeSeries("s", pd.RangeIndex(300), values, np.ones(300, bool))
    assert design(spec_of("seasonal_naive"), Panel((changed,))).spec.season == 9


def test_a_coverage_that_was_asked_for_is_refused_where_a_default_one_is_left_out():
    tiny = months(20)
    experiment = design(spec_of("naive", origins=4), Panel((tiny,)))
    assert experiment.coverages["sales"] == (0.8,)
    assert any("coverage 95 % needs 19 past errors; series 'sales' has" in line for line in experiment.warnings)
    with pytest.raises(ConfigError, match=r"coverage 95 % needs 19 past errors; series 'sales' has \d+"):
        design(spec_of("naive", origins=4, coverages=(0.95,)), Panel((tiny,)))
    with pytest.raises(
        ConfigError, match="series 'sales' has 4 to hold out: ask for a shorter horizon or a coverage that they"
    ):
        design(spec_of("naive", origins=0, coverages=(0.95,), horizon=9), Panel((tiny,)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"horizon": 0}, "horizon is 0; choose a whole number from 1 to 10,000"),
        ({"seeds": 0}, "seeds is 0"),
        ({"coverages": (1.2,)}, "coverage 1.2 is not between 0 and 1"),
    ],
)
def test_a_bad_setting_is_named_with_its_bound(change, words):
    with pytest.raises(ConfigError, match=words):
        spec_of("naive", **change)


def test_two_models_need_two_labels():
    with pytest.raises(ConfigError, match="2 models are called 'AR'; give each a label of its own"):
        RunSpec((), (ModelSpec("ar", "AR"), ModelSpec("ar", "AR", {"order": 3})), 3)


def test_refusals_say_what_is_needed():
    with pytest.raises(TooShortError, match="30 points, too few: LSTM needs 44 to train on with horizon 20, and 20 more"):
        design(spec_of("lstm", horizon=20), Panel((months(30),)))
    with pytest.raises(TooShortError, match="LSTM needs 44 to train on with horizon 20; bring at least 44 points"):
        design(spec_of("lstm", horizon=20, origins=0), Panel((months(30),)))
    with pytest.raises(ConfigError, match=r"lstm\.lookback is 90; \d+ training points and horizon 6 allow at most \d+"):
        design(RunSpec((), (ModelSpec("lstm", "LSTM", {"lookback": 90}),), 6), Panel((months(),)))
    flat = TimeSeries("flat", pd.RangeIndex(30), np.full(30, 5.0), np.ones(30, bool))
    with pytest.raises(DataError, match="series 'flat' is constant: all 30 values are 5"):
        design(spec_of("naive"), Panel((flat,)))


def test_errors_that_gaps_hide_support_no_interval():
    observed = np.ones(140, bool)
    assert design(spec_of("naive", origins=19), Panel((months(140, observed=observed),))).coverages["sales"] == (0.8, 0.95)
    observed[120] = False  # of nineteen errors at each step, eighteen are known
    assert design(spec_of("naive", origins=19), Panel((months(140, observed=observed),))).coverages["sales"] == (0.8,)


def test_a_season_that_only_the_whole_series_shows_is_said_and_not_used():
    noise = np.random.default_rng(2).normal(0, 1, 160)
    values = np.where(np.arange(160) < 112, 3 * noise, 10 * np.sin(2 * np.pi * np.arange(160) / 8) + 0.3 * noise)
    steps = TimeSeries("s", pd.RangeIndex(160), values, np.ones(160, bool))
    experiment = design(spec_of("seasonal_naive"), Panel((steps,)))
    assert experiment.spec.season == 1
    assert any("the whole series suggests 8: set it" in line for line in experiment.warnings)


def test_little_to_train_on_is_said():
    experiment = design(spec_of("naive", origins=80), Panel((months(),)))
    assert any("only 11 of the 96 points of series 'sales' are left for training" in line for line in experiment.warnings)


def test_settings_that_leave_fewer_past_forecasts_say_so():
    def said(**more):
        models = (ModelSpec("naive", "Naive"), ModelSpec("lstm", "my LSTM", {"lookback": 60}))
        return design(RunSpec((), models, 6, **more), Panel((months(),))).warnings

    assert "my LSTM needs 72 training points as it is set, which leaves 19 past forecasts; there could be 33" in said()
    assert not any("as it is set" in line for line in said(origins=5))
    assert design(spec_of("lstm", "naive"), Panel((months(),))).warnings == ()


def with_prices(rows):
    prices = np.random.default_rng(5).normal(0, 1, (96 + rows, 1))
    return Panel((replace(months(), inputs=Inputs(("price",), ("known",), prices)),))


@pytest.mark.parametrize("name", ["ar", "arima", "lstm"])
def test_covariates_that_end_before_the_forecast_are_refused_before_anything_is_computed(name):
    assert design(spec_of(name), with_prices(6)).spec.horizon == 6
    with pytest.raises(ConfigError, match="known covariate 'price' ends 2 rows before the 6 steps that are forecast"):
        design(spec_of(name), with_prices(4))
    without = RunSpec((), (ModelSpec(name, name, {"covariates": False}), ModelSpec("naive", "Naive")), 6)
    assert design(without, with_prices(4)).spec.horizon == 6


def test_seeds_are_summed_up_by_their_median_and_kept_apart():
    """As long as the number of epochs is given: three seeds choose it together."""
    given = ModelSpec("gru", "GRU", QUICK | {"skip": "on", "patience": 0})
    spec = spec_of("gru", "naive", seeds=3, origins=4)
    experiment = design(replace(spec, models=(given, spec.models[1])), Panel((months(),)))
    each = [replace(spec_of("gru", seeds=1, seed=seed, origins=4), models=(given,)) for seed in range(3)]
    alone = [run(design(one, Panel((months(),)))) for one in each]
    together = run(experiment)
    task = together.tasks[0]
    points = np.median([one.tasks[0].series[0].backtest.point for one in alone], axis=0)
    assert (task.series[0].backtest.point == points).all()
    assert [one.values["mae"] for one in task.seed_scores] == [one.tasks[0].scores.values["mae"] for one in alone]
    assert len(together.tasks[1].seed_scores) == 1  # nothing random: one run


def test_the_same_specification_gives_the_same_numbers():
    first, second = (run(design(spec_of("lstm", "ar", origins=3), Panel((months(),)))) for _ in range(2))
    for one, other in zip(first.tasks, second.tasks, strict=True):
        assert one.scores == other.scores
        assert (one.series[0].forecast.quantiles == other.series[0].forecast.quantiles).all()


def test_the_final_forecast_continues_the_series_with_ordered_quantiles():
    task = run(design(spec_of("ar"), Panel((months(),)))).tasks[0]
    forecast = task.series[0].forecast
    assert forecast.index[0] == pd.Timestamp("2018-01-01")
    assert forecast.levels == (0.025, 0.1, 0.5, 0.9, 0.975)
    assert (np.diff(forecast.quantiles, axis=0) >= 0).all()


def test_a_model_that_fails_is_told_and_the_others_go_on(monkeypatch):
    def failing(*_):
        raise FitError("Naive diverged at epoch 3; choose a lower learning rate")

    monkeypatch.setattr(Naive, "fit", failing)
    result = run(design(spec_of("naive", "mean"), Panel((months(),))))
    assert [(task.state, task.error) for task in result.tasks] == [
        ("failed", "Naive diverged at epoch 3; choose a lower learning rate"), ("done", None)
    ]  # fmt: skip
    written = summary.as_json(result, [{"id": "sales"}])
    assert (written["combinations"], written["combined"]) == ([], None)
    assert [one["label"] for one in written["references"]] == ["Seasonal naive", "Drift"]
    assert written["models"][0]["scores"] == {}
    assert written["models"][0]["forecast"] is None


def growing(name="grows", length=96):
    """It grows by two fifths at every step: over 12 steps a forecast is 56 times as large as all that was known."""
    return replace(months(length, name), values=1.4 ** np.arange(length))


def test_a_series_that_a_model_cannot_forecast_leaves_its_panel_by_name():
    panel = Panel((growing(), months(), growing("grows too")))
    result = run(design(spec_of("naive", "ar", "mean", horizon=12, origins=3), panel))
    naive, ar, _ = result.tasks
    assert [one.series_id for one in naive.series] == ["grows", "sales", "grows too"]
    assert [one.series_id for one in ar.series] == ["sales"]
    assert set(ar.absent) == {"grows", "grows too"}
    assert all("leaves the known values by more than 10 times their range within 12 steps" in why for why in ar.absent.values())
    why = "ARI(1,1) leaves the known values by more than 10 times their range within 12 steps, and so does every smaller order"
    assert ar.notes[0] == f"without 2 of 3 series: 'grows' ({why}) and 1 more"
    alone = run(design(spec_of("ar", horizon=12, origins=3, season=result.experiment.spec.season), Panel((months(),)))).tasks[0]
    assert ar.scores.values == alone.series[0].scores.values
    assert (ar.series[0].forecast.quantiles == alone.series[0].forecast.quantiles).all()
    assert set(result.comparison.ranking) == {"Naive", "Mean"}
    assert "not ranked, because series are missing: AR (1 of 3 series)" in result.comparison.verdict
    assert result.comparison.combinations[0].members == ("Naive", "Mean")
    written = summary.as_json(result, [{"id": one.id} for one in panel])
    assert written["models"][1]["left_out"] == dict(ar.absent)
    table = forecasts.table(result.tasks)
    assert table.groupby("label").unique_id.nunique().to_dict() == {"Naive": 3, "AR": 1, "Mean": 3}


def test_a_model_fails_where_no_series_is_left_and_members_share_what_all_have():
    none = run_task(design(spec_of("ar", horizon=12, origins=2), Panel((growing(), growing("b")))), ModelSpec("ar", "AR"))
    assert none.state == "failed"
    assert "leaves the known values by more than 10 times their range within 12 steps" in none.error
    models = tuple(ModelSpec("ar", label) for label in ("AR", "Twin"))
    spec = RunSpec((), models, 12, origins=3, blocks=1, season=1)
    comparison = run(design(spec, Panel((growing(), months())))).comparison
    assert set(comparison.ranking) == {"AR", "Twin"}
    assert [one.series_id for one in comparison.combinations[0].result.series] == ["sales"]
    assert set(comparison.combinations[0].result.absent) == {"grows"}


def test_a_series_that_only_the_backtest_or_only_the_end_cannot_forecast_is_absent_altogether(monkeypatch):
    whole = Naive.point

    def point(self, history, horizon):
        if (history.id, len(history)) in {("a", 84), ("b", 96)}:
            raise FitError(f"{history.id} burst at {len(history)}; choose less")
        return whole(self, history, horizon)

    monkeypatch.setattr(Naive, "point", point)
    panel = Panel(tuple(months(name=name, seed=seed) for seed, name in enumerate("abc")))
    for refit in (False, True):
        task = run(design(spec_of("naive", horizon=6, origins=8, refit=refit), panel)).tasks[0]
        assert [one.series_id for one in task.series] == ["c"]
        assert task.absent == {"b": "b burst at 96; choose less", "a": "a burst at 84; choose less"}
        assert task.notes == ("without 2 of 3 series: 'b' (b burst at 96) and 1 more",)


def test_cancelling_stops_a_task_within_an_epoch():
    experiment, epochs = design(spec_of("rnn", origins=2), Panel((months(),))), []

    def watch(progress):
        if progress.epoch is not None:
            epochs.append(progress.epoch)
            raise Cancelled

    with pytest.raises(Cancelled):
        run_task(experiment, experiment.spec.models[0], watch)
    assert len(epochs) == 1


def test_progress_never_goes_back_and_ends_at_one():
    seen = []
    run(
        design(spec_of("lstm", "naive", "ar", seeds=2, origins=2), Panel((months(),))),
        lambda one: seen.append(one.fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_panel_is_compared_series_by_series_and_averaged():
    panel = Panel((months(), months(72, "returns", seed=4, start="2012-01-01")))
    result = run(design(spec_of("naive", "lstm", origins=3, seeds=1), panel))
    for task in result.tasks:
        each = [one.scores.values["mase"] for one in task.series]
        assert task.scores.values["mase"] == pytest.approx(sum(each) / 2)
    assert summary.as_json(result, [{"id": "sales"}, {"id": "returns"}])["models"][0]["backtest"] is None
    table = forecasts.table(result.tasks)
    assert set(table.unique_id) == {"sales", "returns"}


def test_the_table_of_forecasts_has_every_origin_and_the_final_one(tmp_path):
    result = run(design(spec_of("naive", origins=2), Panel((months(),))))
    forecasts.write(result.tasks, tmp_path / "all.parquet")
    table = pd.read_parquet(tmp_path / "all.parquet")
    assert list(table) == [
        "unique_id", "ds", "label", "name", "origin", "step", "actual", "point"
    ]  # fmt: skip
    assert table.origin.fillna(-1).value_counts().to_dict() == {89: 6, 90: 6, -1: 6}
    first = table[(table.origin == 89) & (table.step == 1)].iloc[0]
    assert first.ds == pd.Timestamp("2017-06-01")
    assert first.point == months().values[88]


def test_the_summary_is_strict_json_and_hides_actuals_that_were_not_observed():
    observed = np.ones(96, bool)
    observed[91] = False
    result = run(design(spec_of("naive", origins=2), Panel((months(observed=observed),))))
    written = json.loads(json.dumps(summary.as_json(result, [{"id": "sales"}]), allow_nan=False))
    assert written["models"][0]["backtest"]["actual"][0][2] is None
    assert written["models"][0]["backtest"]["origins"] == [89, 90]


def test_a_run_ends_with_a_comparison_and_the_summary_tells_it():
    result = run(design(spec_of("naive", "seasonal_naive", "ar", origins=16), Panel((months(),))))
    written = json.loads(json.dumps(summary.as_json(result, [{"id": "sales"}]), allow_nan=False))
    assert written["ranking"] == ["AR", "Seasonal naive", "Naive"]
    assert written["verdict"] == result.comparison.verdict
    assert written["verdict"].startswith("No model is shown to beat Seasonal naive here: the nearest, AR, is off by ")
    assert written["size"].startswith("AR is off by 1.")
    assert (written["rival"], written["confidence_set"]) == ("Seasonal naive", [])  # 16 origins are not eight blocks of six
    assert [(one["a"], one["b"], one["n"]) for one in written["significance"]] == [
        ("AR", "Seasonal naive", 16), ("Naive", "Seasonal naive", 16)
    ]  # fmt: skip
    for one in written["significance"]:
        assert list(one) == ["a", "b", "loss", "statistic", "p", "p_holm", "p_adjusted", "skill", "low", "high", "n"]
        assert one["low"] <= one["skill"] <= one["high"]


def test_the_summary_says_why_there_is_no_p_and_is_null_where_nothing_was_compared():
    few = run(design(spec_of("naive", "drift", origins=3), Panel((months(),))))
    pair, _ = summary.as_json(few, [{"id": "sales"}])["significance"]
    assert (pair["p"], pair["n"]) == (None, 3)
    assert pair["reason"] == "the test needs at least 8 scored origins and there are 3; ask for more origins"
    for alone in (
        run(design(spec_of(*names, origins=o), Panel((months(),))))
        for names, o in ((("seasonal_naive",), 9), (("naive", "ar"), 0))
    ):
        assert summary.as_json(alone, [{"id": "sales"}])["significance"] is None


def test_what_happens_after_a_date_in_any_series_moves_no_forecast_made_up_to_it():
    """Unequal series, a model that learns from all of them, one for each, and a combination: bit for bit."""
    starts = {"a": (96, "2010-01-01"), "b": (60, "2013-01-01"), "c": (70, "2010-06-01"), "d": (14, "2016-11-01")}
    whole = {name: months(length, name, seed, start=start) for seed, (name, (length, start)) in enumerate(starts.items())}
    spec = spec_of("lstm", "linear", "ar", "theta", horizon=4, origins=9, blocks=3, seeds=2, season=12)

    def told(after):
        noise = np.random.default_rng(8)
        series = [
            replace(one, values=np.where(one.index > after, noise.normal(80, 20, len(one)), one.values))
            for one in whole.values()
        ]
        return run(design(spec, Panel(tuple(series))))

    before = told(pd.Timestamp("2100-01-01"))
    plans = before.experiment.plans
    assert [len(plan.origins) for plan in plans.values()] == [9, 9, 0, 0]
    assert plans["d"].ends[-1] > 0  # and yet it is learned from
    for place in (0, 3, 8):
        date = whole["a"].index[plans["a"].origins[place] - 1]
        after = told(date)
        every = zip(
            (*before.tasks, *(one.result for one in before.comparison.combinations)),
            (*after.tasks, *(one.result for one in after.comparison.combinations)),
            strict=True,
        )
        for task, other in every:
            for one, changed in zip(task.series[:2], other.series[:2], strict=True):
                for name in ("point", "quantiles"):
                    first, second = (getattr(each.backtest, name)[: place + 1] for each in (one, changed))
                    np.testing.assert_array_equal(first, second, err_msg=f"{task.model.label} {name} {place}")
        assert (before.tasks[0].series[0].forecast.point != after.tasks[0].series[0].forecast.point).any()
