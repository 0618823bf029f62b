"""Intervals that a model claims itself: asked for where forecasts are scored, kept beside the conformal ones, scored alike."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.evaluation.backtest import Rolling, backtest, roll
from core.evaluation.conformal import interval_ends
from core.evaluation.design import design
from core.evaluation.scores import score
from core.evaluation.spec import RunSpec
from core.experiment import run_task
from core.models.naive import Naive, Rule
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.progress import Context
from core.series.forecast import Forecast
from core.series.timeseries import Panel, TimeSeries
from tests.plans import plan_at

VALUES = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 9.0, 7.0, 12.0, 10.0, 13.0])
PLAN = plan_at(10, 2, (7, 8))


@dataclass(frozen=True)
class Claim(Rule):
    """The last value, ± what the normal law says of a random walk with standard deviation `spread`."""

    spread: float
    asked: list
    notes: tuple[str, ...] = ()

    def forecast(self, history, horizon, levels=()):
        self.asked.append((len(history), levels))
        point = self.model.point(history, horizon)
        reach = self.spread * np.sqrt(np.arange(1, horizon + 1))
        answered = levels if self.spread else ()
        with np.errstate(over="ignore"):
            quantiles = [point + NormalDist().inv_cdf(level) * reach for level in answered] or None
        return Forecast(history.id, "Claiming", history.future(horizon), point, answered, quantiles)


@dataclass(frozen=True)
class Claiming(Naive):
    """Its spread is that of its settings, and grows with the seed."""

    name: ClassVar[str] = "claiming"
    label: ClassVar[str] = "Claiming"
    has_intervals: ClassVar[bool] = True
    asked: ClassVar[list] = []
    spread: ClassVar[float] = 1.0

    def fit(self, train, horizon, context):
        return Claim(self, self.spread + context.seed if self.spread else 0, self.asked, (f"spread {self.spread}",))


class Several(Claiming):
    is_random: ClassVar[bool] = True


@pytest.fixture
def claiming(monkeypatch):
    """Registers a claiming model, and gives the class."""

    def registered(model=Claiming, spread=1.0):
        monkeypatch.setitem(MODELS, "claiming", model)
        monkeypatch.setattr(model, "spread", spread)
        monkeypatch.setattr("core.experiment._device", lambda *_: "cpu")
        return model

    return registered


def series(values=VALUES, observed=None):
    seen = np.ones(len(values), bool) if observed is None else observed
    return TimeSeries("a", pd.RangeIndex(len(values)), values, seen)


def told(one=None, **more):
    """What the registered model gives on a series."""
    models = (ModelSpec("claiming", "Claiming"),)
    spec = RunSpec((), models, **{"horizon": 2, "season": 1, "origins": 7, "coverages": (0.5, 0.8), "floor": False} | more)
    experiment = design(spec, Panel((one or series(),)))
    return run_task(experiment, experiment.spec.models[0])


def test_levels_are_the_ends_of_the_intervals():
    assert interval_ends((0.8, 0.95)) == (0.025, 0.1, 0.9, 0.975)
    assert interval_ends(()) == ()


def test_own_quantiles_are_asked_for_at_scored_origins_alone(monkeypatch):
    monkeypatch.setattr(Claiming, "asked", [])
    rolled = roll(Claiming(), Panel((series(),)), Rolling({"a": PLAN}, 2, levels={"a": (0.1, 0.9)}), Context())[0][0]["a"]
    assert Claiming.asked == [(7, (0.1, 0.9)), (8, (0.1, 0.9))]
    assert rolled.point[:, 0].tolist() == [7, 12]
    z = 1.2815515655446004  # of a normal table
    assert rolled.own == pytest.approx(
        np.array([[[7 - z, 7 - z * 2**0.5], [7 + z, 7 + z * 2**0.5]], [[12 - z, 12 - z * 2**0.5], [12 + z, 12 + z * 2**0.5]]])
    )
    held = plan_at(10, 2, (7, 8), is_scored=False)
    monkeypatch.setattr(Claiming, "asked", [])
    rolled = roll(Claiming(), Panel((series(),)), Rolling({"a": held}, 2, levels={"a": (0.1, 0.9)}), Context())[0][0]["a"]
    assert Claiming.asked == [(7, ()), (8, ())]
    assert rolled.own is None


def test_scores_of_own_intervals_by_hand():
    points = np.array([[7.0, 7], [12, 12]])
    own = np.array([[[6.0, 9], [12, 14]], [[9, 9], [11, 12]]])  # actuals 12, 10 and 10, 13: in, in, in, above by 1
    found = score(backtest(series(), PLAN, points, (0.8,), own), series(), (0.8,))
    assert found.values["own_coverage_80"] == 0.75
    assert found.values["own_width_80"] == (6 + 5 + 2 + 3) / 4
    assert found.values["own_winkler_80"] == pytest.approx((6 + 5 + 2 + 3 + 2 / 0.2 * 1) / 4)
    # twice the mean pinball loss over 0.1, 0.5 (the point) and 0.9, as for conformal intervals
    low = 0.1 * np.array([12 - 6, 10 - 9, 10 - 9, 13 - 9])
    middle = 0.5 * np.array([12 - 7, 10 - 7, 12 - 10, 13 - 12])
    high = np.array([0.1 * 0, 0.1 * (14 - 10), 0.1 * (11 - 10), 0.9 * (13 - 12)])
    assert found.values["own_crps"] == pytest.approx(2 * (low + middle + high).sum() / 12)
    assert found.by_step["own_coverage_80"] == [1.0, 0.5]
    assert "own_crps" not in score(backtest(series(), PLAN, points, (0.8,)), series(), (0.8,)).values


def test_unobserved_actuals_do_not_score_own_intervals():
    observed = np.ones(10, bool)
    observed[9] = False  # the one that was missed
    one = series(observed=observed)
    own = np.array([[[6.0, 9], [12, 14]], [[9, 9], [11, 12]]])
    found = score(backtest(one, PLAN, np.full((2, 2), 8.0), (0.5,), own), one, (0.5,))
    assert (found.values["own_coverage_50"], found.values["own_width_50"]) == (1.0, (6 + 5 + 2) / 3)


def test_a_true_claim_covers_as_often_as_it_says(claiming):
    claiming(spread=2.0)
    walk = np.cumsum(np.random.default_rng(11).normal(0, 2, 1300))
    found = told(series(walk), horizon=1, origins=1000, coverages=(0.5, 0.8, 0.95)).scores.values
    for coverage in (0.5, 0.8, 0.95):
        sigma = (coverage * (1 - coverage) / 1000) ** 0.5
        assert found[f"own_coverage_{100 * coverage:g}"] == pytest.approx(coverage, abs=4 * sigma)


def test_a_result_keeps_own_quantiles_beside_the_conformal_ones(claiming):
    claiming()
    (one,) = told().series
    assert one.forecast.levels == one.backtest.levels == (0.1, 0.25, 0.5, 0.75, 0.9)
    assert (one.own.shape, one.backtest.own.shape) == ((4, 2), (7, 4, 2))
    z = np.array([-1.2815515655, -0.6744897502, 0.6744897502, 1.2815515655])
    assert one.own == pytest.approx(13 + z[:, None] * [1, 2**0.5])
    assert one.forecast.quantiles[2].tolist() == [13, 13]


def test_over_seeds_own_quantiles_are_averaged_level_by_level(claiming):
    claiming(Several)
    task = told(seeds=3)  # spreads 1, 2, 3: the mean of the quantiles is that of spread 2
    z = np.array([-1.2815515655, -0.6744897502, 0.6744897502, 1.2815515655])
    (one,) = task.series
    assert one.own == pytest.approx(13 + 2 * z[:, None] * [1, 2**0.5])
    assert one.backtest.own[5] == pytest.approx(7 + 2 * z[:, None] * [1, 2**0.5])
    widths = [each.values["own_width_80"] for each in task.seed_scores]
    assert widths == pytest.approx([2 * 1.2815515655 * (1 + 2**0.5) / 2 * spread for spread in (1, 2, 3)])
    assert task.scores.values["own_width_80"] == pytest.approx(widths[1])


def test_settings_may_leave_a_model_without_intervals(claiming):
    claiming(spread=0)
    task = told()
    assert (task.series[0].own, task.series[0].backtest.own) == (None, None)
    assert not [name for name in task.scores.values if name.startswith("own_")]


def test_without_coverages_nothing_is_asked(claiming):
    claiming()
    assert told(coverages=()).series[0].own is None


def test_claims_beyond_all_numbers_fail_in_words(claiming):
    claiming(spread=1e308)
    task = told(series(VALUES * 1e3))
    assert task.state == "failed"
    assert task.error.startswith(
        "Claiming's own intervals of series 'a' grow beyond all numbers within 2 steps; choose a shorter"
    )


def test_notes_of_a_fit_are_those_of_the_result_once(claiming):
    claiming(Several)
    assert told(seeds=3).notes == ("spread 1.0",)


def test_values_after_an_origin_change_no_claim_up_to_it():
    noise = np.random.default_rng(3)
    values = np.cumsum(noise.normal(0, 1, 30))
    found = plan_at(30, 3, (12, 13, 20, 22, 24))
    rolling = Rolling({"a": found}, 3, levels={"a": (0.05, 0.95)})
    before = roll(Claiming(), Panel((series(values),)), rolling, Context())[0][0]["a"].own
    for place, origin in enumerate(found.scored):
        changed = np.concatenate([values[:origin], noise.normal(50, 1, 30 - origin)])
        after = roll(Claiming(), Panel((series(changed),)), rolling, Context())[0][0]["a"].own
        assert (after[: place + 1] == before[: place + 1]).all()
