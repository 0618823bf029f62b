"""A model is one file and one registry line: a file written here, and what finds it without another line."""

import importlib.util
import json
import sys

import pytest

from core.__main__ import main
from core.charts.theme import DARK, LIGHT, Style, style_of
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.jobs.planning.allowance import within_wall_clock
from core.jobs.planning.cost import CostModel
from core.models.base import Model
from core.models.presets import preset
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import parameters
from core.series.timeseries import Panel
from tests.contract import test_models, test_reproducible, test_settings
from tests.contract.small import every_model
from tests.faults.home import months

FILE = '''
"""The mean of the newest values."""
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.models.base import Look, Model, priced
from core.parameters import param
from core.series.forecast import Forecast


@dataclass(frozen=True)
class Means:
    model: Model
    parameter_count: ClassVar[int] = 0

    def forecast(self, history, horizon, levels=()):
        point = np.full(horizon, history.values[-self.model.width :].mean())
        return Forecast(history.id, self.model.label, history.future(horizon), point)

    def arrays(self):
        return {}


@dataclass(frozen=True)
class Recent(Model):
    name: ClassVar[str] = "recent"
    label: ClassVar[str] = "Recent mean"
    family: ClassVar[str] = "means"
    help: ClassVar[str] = "Repeats the mean of the newest values."
    look: ClassVar[Look] = Look("#123456", "#fedcba", dash=2)
    presets = {"quick": {"width": 3}}

    width: int = param(5, "Width", "How many values.", low=1, high=20)
    epochs: int = param(50, "Epochs", "Passes over them.", low=1, high=500)

    def needs(self, horizon, season):
        return self.width

    def price(self, load):
        return priced(load, fit=0.1 * self.epochs)

    def fit(self, train, horizon, context):
        for series in train:
            self.require(series, horizon)
        context.report(1.0)
        return Means(self)

    def restore(self, arrays):
        return Means(self)
'''
CONTRACT = (
    test_models.test_shapes_are_as_documented_and_quantiles_do_not_cross,
    test_models.test_a_panel_of_different_lengths_finds_every_series_by_id,
    test_reproducible.test_the_future_cannot_leak_in,
    test_settings.test_no_setting_beyond_its_bounds_is_accepted,
    test_settings.test_models_are_described_for_people,
)


@pytest.fixture(autouse=True)
def recent(tmp_path, monkeypatch) -> type[Model]:
    """The model of the file, with its line in the registry."""
    path = tmp_path / "recent.py"
    path.write_text(FILE)
    spec = importlib.util.spec_from_file_location("recent_of_a_test", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(MODELS, "recent", module.Recent)
    return module.Recent


def designed(*models):
    return design(RunSpec((), models, 6, origins=4), Panel((months(),)))


def test_a_form_a_preset_and_a_stored_run_find_it(recent):
    assert [(one.name, one.default, one.low, one.high) for one in parameters(MODELS["recent"])] == [
        ("width", 5, 1, 20), ("epochs", 50, 1, 500)
    ]  # fmt: skip
    assert preset("quick", MODELS["recent"]) == {"width": 3, "epochs": 50}
    assert ModelSpec("recent", "mine", {"width": 4}).build() == recent(width=4)


def test_its_price_is_predicted_and_a_time_budget_lowers_its_epochs(tmp_path):
    """A fit for each of three blocks and one to the end, 4 origins and the end: 4 · 50 · 0.1 s + 5 ms, and 70 ms a task."""
    (tmp_path / "machine.json").write_text('{"probe": 2, "machine": 1.0, "models": {}}')
    cost, experiment = CostModel(tmp_path / "machine.json"), designed(ModelSpec("recent", "mine"), ModelSpec("ar", "AR"))
    assert cost.predict(experiment, experiment.spec.models[0]).seconds == pytest.approx(20.075)
    lowered = within_wall_clock(experiment, 12, cost, 2).spec.models
    assert 1 < lowered[0].config["epochs"] < 50
    assert lowered[1] == experiment.spec.models[1]


def test_its_line_has_the_look_that_it_states_or_a_spare(recent, monkeypatch):
    assert style_of("recent", LIGHT) == Style("#123456", (2, 2))
    assert style_of("recent", DARK) == Style("#fedcba", (2, 2))
    monkeypatch.setattr(recent, "look", None)
    assert style_of("recent", LIGHT).colour in LIGHT.spares[""]
    monkeypatch.setattr(recent, "family", "classical")
    assert style_of("recent", LIGHT).colour in LIGHT.spares["classical"]


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda one: one.__name__)
def test_the_contract_holds_it_to_its_promises(promise):
    assert "recent" in every_model.args[1]
    promise("recent")


def test_the_command_line_lists_and_compares_it(capsys):
    assert main(["models"]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["label"] == "Recent mean"
    arguments = ["--horizon", "3", "--models", "naive,recent", "--set", "recent.width=1", "--origins", "4"]
    assert main(["compare", "example:nile", *arguments]) == 0
    naive, recent = json.loads(capsys.readouterr().out)["models"]
    assert (recent["label"], recent["state"]) == ("Recent mean", "done")
    assert recent["scores"]["mae"] == pytest.approx(naive["scores"]["mae"])  # the mean of one value
