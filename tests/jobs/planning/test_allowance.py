"""A time budget: epochs by prediction, refused with the seconds that would do."""

import os

import pytest

from core.errors import ConfigError
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.jobs.planning import allowance
from core.jobs.planning.allowance import AROUND, PLANNED, Demand, Epochs, crowding, wall_clock, within_wall_clock
from core.jobs.planning.cost import CostModel
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from tests.faults.home import months


@pytest.fixture
def cost(tmp_path):
    """A machine as fast as that of the constants."""
    (tmp_path / "machine.json").write_text('{"probe": 2, "machine": 1.0, "models": {}}')
    return CostModel(tmp_path / "machine.json")


def designed(*models, **more):
    settings = {"origins": 4, "blocks": 1, "seeds": 2} | more
    return design(RunSpec((), models, 6, **settings), Panel((months(),)))


def network(name, label=None, **config):
    return ModelSpec(name, label or name, {"epochs": 400, "patience": 400, "hidden": 8} | config)


def epochs(experiment):
    return [one.config.get("epochs") for one in experiment.spec.models]


def predicted(experiment, cost, workers):
    """What the budget is held against: seconds of all tasks with room for errors."""
    each = [cost.predict(experiment, one).seconds for one in experiment.spec.models]
    return AROUND + wall_clock(each, workers) / PLANNED


def test_a_budget_that_is_enough_changes_nothing(cost):
    experiment = designed(network("lstm"), ModelSpec("naive", "naive"))
    assert within_wall_clock(experiment, 10_000, cost, 2) is experiment


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("seconds", [6, 9, 20])
def test_the_lowered_run_is_predicted_to_keep_the_budget_and_to_use_it(cost, workers, seconds):
    experiment = designed(*(network(name) for name in ("rnn", "lstm", "gru")), ModelSpec("ar", "ar"))
    lowered = within_wall_clock(experiment, seconds, cost, workers)
    assert 0.9 * seconds < predicted(lowered, cost, workers) <= seconds
    assert min(epochs(lowered)[:3]) < 400
    assert epochs(lowered)[3] is None
    lstm = epochs(lowered)[1]
    assert (
        f"to keep {seconds} seconds, rnn trains {epochs(lowered)[0]} of 400 epochs, lstm trains {lstm} of"
        in lowered.warnings[-1]
    )


def test_what_trains_fast_keeps_its_epochs(cost):
    experiment = designed(network("lstm", "short", epochs=3), network("lstm", "long"))
    short, long = epochs(within_wall_clock(experiment, 8, cost, 1))
    assert short == 3 < long < 400


def test_a_crowded_machine_leaves_fewer_epochs(cost):
    experiment = designed(network("gru"))
    alone, beside = (epochs(within_wall_clock(experiment, 12, cost, 1, crowd=crowd))[0] for crowd in (1.0, 2.0))
    assert 1 < beside < 0.6 * alone


def test_too_little_is_refused_with_what_would_do(cost):
    experiment = designed(network("lstm"), network("gru"), refit=True)
    with pytest.raises(
        ConfigError, match=r"a time budget of 2 seconds is too short: even with one epoch .* at least (\d+),"
    ) as told:
        within_wall_clock(experiment, 2, cost, 2)
    needed = int(str(told.value).partition("at least ")[2].partition(",")[0])
    assert epochs(within_wall_clock(experiment, needed, cost, 2))[0] >= 1
    with pytest.raises(ConfigError):
        within_wall_clock(experiment, needed - 1, cost, 2)


@pytest.mark.parametrize("seconds", [0, -3])
def test_nothing_is_no_budget(cost, seconds):
    with pytest.raises(ConfigError, match=f"the time budget is {seconds} seconds; choose more than 0, or leave it empty"):
        within_wall_clock(designed(network("lstm")), seconds, cost, 1)


def test_without_networks_there_is_nothing_to_lower(cost):
    experiment = designed(*(ModelSpec("arima", f"arima {n}") for n in range(9)), refit=True)
    with pytest.raises(ConfigError, match="a time budget of 3 seconds is too short: this run may take"):
        within_wall_clock(experiment, 3, cost, 1)


def test_the_largest_bound_by_hand():
    """Two networks, 1 + 1 s an epoch and 1 + 2 s, one worker, 7 s of training: bounds of 3 s buy 3 + 2 epochs, 3 + 3 s."""
    demand = Demand({"a": Epochs(1, 1, 9), "b": Epochs(1, 2, 9)}, (), 1, 1.0)
    bound = demand.bound(AROUND + 7 / PLANNED)
    assert [one.within(bound) for one in demand.networks.values()] == [4, 2]
    assert demand.taken(bound) == pytest.approx(AROUND + 7 / PLANNED)


@pytest.mark.parametrize(("load", "cores", "times"), [(0, 4, 1.0), (2, 2, 1.0), (2.2, 2, 1.5), (9, 4, 2.5)])
def test_crowding_is_how_many_want_a_core(monkeypatch, load, cores, times):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0, 0))
    monkeypatch.setattr(allowance.os, "cpu_count", lambda: cores)
    assert crowding() == times
