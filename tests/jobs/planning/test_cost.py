import json

import pytest

from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.jobs.planning.cost import CostModel
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from tests.faults.home import months


def designed(**settings):
    models = (ModelSpec("lstm", "LSTM", {"epochs": 20, "hidden": 8} | settings), ModelSpec("naive", "Naive", {}))
    return design(RunSpec((), models, 6, origins=4, seeds=2), Panel((months(),)))


def test_more_work_costs_more(tmp_path):
    cost = CostModel(tmp_path / "machine.json")
    small, network = designed(), designed().spec.models[0]
    larger = designed(epochs=200, hidden=256)
    assert cost.predict(larger, larger.spec.models[0]).seconds > 4 * cost.predict(small, network).seconds
    assert cost.predict(larger, larger.spec.models[0]).memory > cost.predict(small, network).memory
    slow = designed(activation="relu")
    assert cost.predict(slow, slow.spec.models[0]).seconds > 2 * cost.predict(small, network).seconds
    assert cost.predict(small, small.spec.models[1]).seconds < cost.predict(small, network).seconds


def test_a_prediction_comes_closer_to_what_tasks_take_and_is_remembered(tmp_path):
    place, experiment = tmp_path / "machine.json", designed()
    cost, model = CostModel(place), experiment.spec.models[0]
    first = cost.predict(experiment, model).seconds
    for _ in range(20):
        cost.learn((experiment.spec, model, experiment.panel), 3 * first)
    assert cost.predict(experiment, model).seconds == pytest.approx(3 * first, rel=0.01)
    assert CostModel(place).predict(experiment, model).seconds == pytest.approx(3 * first, rel=0.01)
    assert cost.predict(experiment, experiment.spec.models[1]).seconds < first  # another model learns nothing from it
    assert list(tmp_path.iterdir()) == [place]


def panel_of(count):
    return Panel(tuple(months(name=f"s{place}", seed=place) for place in range(count)))


def seconds_of(name, count, cost):
    experiment = design(RunSpec((), (ModelSpec(name, name),), 6, origins=4, seeds=1), panel_of(count))
    return cost.predict(experiment, experiment.spec.models[0]).seconds


def test_a_network_for_each_series_costs_so_many_times_as_much_as_one_and_one_for_all_does_not():
    cost = CostModel()
    one, eight = (seconds_of("bridge", count, cost) for count in (1, 8))
    assert 7.5 < eight / one <= 8
    one, eight = (seconds_of("lstm", count, cost) for count in (1, 8))
    assert 1 < eight / one < 2


def test_without_a_place_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNROLL_HOME", str(tmp_path / "home"))
    cost, experiment = CostModel(), designed()
    first = cost.predict(experiment, experiment.spec.models[0]).seconds
    cost.learn((experiment.spec, experiment.spec.models[0], experiment.panel), 3 * first)
    cost.clean()
    assert cost.predict(experiment, experiment.spec.models[0]).seconds > 2 * first
    assert list(tmp_path.iterdir()) == []


def test_a_network_not_seen_yet_is_as_slow_as_those_seen(tmp_path):
    place, experiment = tmp_path / "machine.json", designed()
    place.write_text(
        json.dumps(
            {
                "probe": 2,
                "machine": 1.0,
                "models": {"gru many_to_many_synced": [4.0, 9], "rnn many_to_many_direct": [2.0, 9], "ar": [50, 9]},
            }
        )
    )
    network, naive = experiment.spec.models
    known, plain = CostModel(place), CostModel(tmp_path / "none.json")
    plain.machine = 1.0
    assert known.predict(experiment, network).seconds == pytest.approx(3 * plain.predict(experiment, network).seconds)
    assert known.predict(experiment, naive).seconds == plain.predict(experiment, naive).seconds


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"probe": 2, "machine": "x", "models": {}}', json.dumps({"machine": 7.0, "models": {"ar": [9, 9]}})],
)
def test_a_file_that_is_not_ours_is_measured_anew(tmp_path, text):
    place, experiment = tmp_path / "machine.json", designed()
    place.write_text(text)
    assert CostModel(place).predict(experiment, experiment.spec.models[0]).seconds > 0
    assert 0 < json.loads(place.read_text())["machine"] < 7
