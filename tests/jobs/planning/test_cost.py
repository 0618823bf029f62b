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


@pytest.mark.parametrize("text", ["", "[]", "{", '{"machine": "x", "models": {}}', json.dumps({"machine": 1.0})])
def test_a_file_that_is_not_ours_is_measured_anew(tmp_path, text):
    place, experiment = tmp_path / "machine.json", designed()
    place.write_text(text)
    assert CostModel(place).predict(experiment, experiment.spec.models[0]).seconds > 0
    assert json.loads(place.read_text())["machine"] > 0
