"""The settings of models: what a form shows, what it says of a value, presets, the time budget."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.models.presets import SEEDS, best_guess
from core.models.registry import MODELS
from core.parameters import parameters
from core.report.settings import called
from core.series.timeseries import Inputs, Panel
from pages.parts import forms
from tests.faults.home import months
from tests.pages.test_train_page import launch_button
from tests.pages.visiting import alt, read, sound

LSTM = "train.card.lstm.1"


@pytest.fixture
def ready(visit, bench):
    """The page with a series at hand."""

    def go(workspace="settings", **query):
        bench.add_series(workspace, Panel((months(),)), "sales.csv")
        return sound(visit("train", workspace, **query))

    return go


@pytest.fixture
def opened(ready):
    """The page with the settings of a card open, some of them set."""

    def go(card="lstm.1", **values):
        at = ready()
        for name, value in values.items():
            at.session_state[f"train.card.{card}.{name}"] = value
        return sound(at.button(f"train.card.{card}.open").click().run())

    return go


def fields(at, card="lstm.1"):
    """The names of the fields that are drawn."""
    prefix = f"train.card.{card}."
    widgets = [*at.number_input, *at.selectbox, *at.toggle, *at.text_input]
    return {one.key.removeprefix(prefix) for one in widgets if (one.key or "").startswith(prefix)} - {"label"}


def test_what_means_nothing_is_not_drawn(opened):
    assert fields(opened()) & {"k1", "k2", "teacher_forcing", "bptt", "bidirectional"} == {"bptt", "bidirectional"}
    assert {"k1", "k2"} <= fields(opened(bptt="reset"))
    assert fields(opened(topology="many_to_many_synced")) & {"bidirectional", "bptt"} == {"bptt"}
    assert not fields(opened(bidirectional=True, bptt="reset")) & {"bptt", "k1", "k2"}
    assert "teacher_forcing" in fields(opened(topology="encoder_decoder"))
    assert "harmonics" not in fields(opened("ar.1"), "ar.1")
    assert "harmonics" in fields(opened("ar.1", seasonal="yes"), "ar.1")


def test_why_a_field_is_missing_is_said(opened):
    assert "Not in the synced topology: reading from the end" in read(opened(topology="many_to_many_synced"))
    assert "**Back-propagation** Full: a bidirectional or an encoder-decoder network" in read(opened(bidirectional=True))
    assert "Not in the synced" not in read(opened())


def test_what_the_series_has_nothing_for_is_not_offered(visit, bench):
    of_series = {"covariates", "mask", "calendar", "seasonal_lag"}

    def offered(workspace, series):
        bench.add_series(workspace, Panel((series,)), "sales.csv")
        return fields(sound(sound(visit("train", workspace)).button(f"{LSTM}.open").click().run())) & of_series

    assert offered("plain months", months()) == {"calendar", "seasonal_lag"}
    steps = replace(months(), index=pd.RangeIndex(96), values=np.random.default_rng(4).normal(0, 1, 96), season=1)
    assert offered("no season", steps) == set()
    prices = Inputs(("price",), ("past",), np.random.default_rng(5).normal(0, 1, (96, 1)))
    assert offered("more", replace(months(), observed=np.arange(96) != 40, inputs=prices)) == of_series


def test_choices_are_called_as_the_field_calls_them(opened):
    at = opened()
    assert at.selectbox(f"{LSTM}.topology").options == [
        "Many-to-many, direct", "Many-to-one", "Many-to-many, synced", "Encoder-decoder",
    ]  # fmt: skip
    assert at.selectbox(f"{LSTM}.skip").options == ["Automatic", "On", "Off"]
    assert at.selectbox(f"{LSTM}.log").options == ["Automatic", "Yes", "No"]
    assert opened("linear.1").selectbox("train.card.linear.1.ahead").options == ["Automatic", "Direct", "Fed back"]
    assert opened("encoder_decoder.1").selectbox("train.card.encoder_decoder.1.cell").options == ["GRU", "LSTM", "RNN"]


def test_no_choice_of_any_model_is_shown_as_code():
    choices = {one for model in MODELS.values() for each in parameters(model) for one in each.choices}
    assert {"many_to_many_direct", "one_cycle", "fed_back"} <= choices
    assert [one for one in choices if "_" in called(one) or not called(one)[0].isupper()] == []


def test_a_field_with_one_choice_is_not_drawn(opened):
    found = fields(opened("encoder_decoder.1"), "encoder_decoder.1")
    assert "topology" not in found
    assert {"cell", "teacher_forcing"} <= found


def test_what_means_nothing_is_not_computed_either(ready):
    at = ready()
    at.session_state[f"{LSTM}.bptt"] = "reset"
    at.session_state[f"{LSTM}.k1"] = 5
    at.session_state[f"{LSTM}.topology"] = "encoder_decoder"
    sound(at.run())
    assert "topology Encoder-decoder" in read(at)
    assert "back-propagation" not in read(at).lower()
    assert not launch_button(at).disabled


def test_advanced_settings_stand_under_headings(opened):
    said = [one.value for one in opened().markdown]
    headings = ["**Shape**", "**Reading**", "**Scale and skip connection**", "**Training**"]
    assert [one for one in said if one in headings] == headings


def test_every_help_teaches_and_tells_the_range():
    at = {one.name: forms._help(one) for one in parameters(MODELS["ar"])}
    assert at["order"].endswith("A whole number from 1 to 1000.")
    assert at["lags"].endswith("Empty: all up to the order.")
    assert not any("A word." in text for text in at.values())


def test_a_value_out_of_bounds_is_refused_beside_its_field_and_on_the_page(opened):
    at = opened(hidden=600)
    assert at.number_input(f"{LSTM}.hidden").value == 600
    assert "Hidden units is 600; choose a value from 1 to 512" in read(at)
    assert "The drawing comes back" in read(at)
    sound(at.run())
    assert "Hidden units of LSTM is 600; choose a value from 1 to 512" in read(at)
    assert launch_button(at).disabled


def test_settings_that_do_not_go_together_are_told_above_them(opened):
    said = read(opened(lookback=12, segment=5))
    assert "Segment of LSTM is 5, which does not divide the lookback, 12" in said


def test_a_name_that_another_model_has_is_said_beside_it(opened):
    assert "Another model is called GRU too; give each a name of its own." in read(opened(label="GRU"))
    assert "Another model" not in read(opened())


@pytest.mark.parametrize(
    ("values", "shapes", "sentence"),
    [
        ({}, "20 steps × 1 or 2 inputs → 64 units → 9 steps ahead", "The state after the last step says 9 steps ahead"),
        ({"topology": "many_to_one", "lookback": 10}, "10 steps × 1 or 2 inputs → 64 units → 9 steps ahead, one at a time",
         "Each answer then joins the window"),
        ({"topology": "many_to_many_synced", "calendar": True}, "20 steps × 3 or 4 inputs", "at every step of the window"),
        ({"topology": "encoder_decoder", "hidden": 5, "teacher_forcing": 0.2}, "→ 5 units →", "in 20 % of the updates"),
        ({"bidirectional": True}, "64 units, read both ways", "from both ends"),
        ({"mean": "yes", "seasonal_lag": "yes"}, "20 steps × 3 inputs", "all of them at once"),
        ({"mean": "no", "segment": 5}, "20 steps, 5 at a time, × 1 input", "reads 5 values as one step of its own"),
        ({"bptt": "reset"}, "20 steps", "Gradients run back 5 steps, and the state is forgotten there."),
    ],
)  # fmt: skip
def test_the_topology_is_drawn_with_the_shapes_of_the_window(opened, values, shapes, sentence):
    at = opened(**values)
    assert shapes in read(at)
    assert sentence in read(at)
    assert sentence in alt(at, -1)


def test_the_bridge_is_said_to_start_as_its_ar(opened):
    assert "The skip connection starts as the fitted AR(4)" in read(opened("bridge.1", order=4))
    said = read(opened("bridge.1"))
    assert "The skip connection starts as the fitted AR(p)" in said
    assert "20 steps × 2 inputs" in said
    assert "Inputs of each step: the last change, the distance from the mean." in said


def test_the_skip_connection_is_said_to_be_there_or_not_or_open(opened):
    assert "Held-out windows decide whether there is a skip connection: a linear map of the last values" in read(opened())
    assert "The skip connection is a linear map of the last values" in read(opened(skip="on"))
    said = read(opened(skip="off", lags=7))
    assert "Nothing leads past the cells" in said
    assert not fields(opened(skip="off")) & {"lags", "penalty"}
    assert {"lags", "penalty", "log", "mean"} <= fields(opened(skip="on"))


def test_a_model_that_is_no_network_has_no_drawing(opened):
    assert len(opened("ar.1").get("vega_lite_chart")) == len(opened().get("vega_lite_chart")) - 1


def test_a_preset_fills_all_cards_and_the_seeds(ready):
    at = ready()
    at.session_state[f"{LSTM}.hidden"] = 99
    sound(at.run())
    assert "hidden units 99" in read(at)
    sound(at.get("button_group")[-1].set_value("quick").run())
    assert at.session_state["train.preset"] == "quick"
    assert at.number_input("train.seeds").value == SEEDS["quick"]
    assert "hidden units 99" not in read(at)
    sound(at.button(f"{LSTM}.open").click().run())
    assert at.number_input(f"{LSTM}.hidden").value == 16
    assert at.number_input(f"{LSTM}.epochs").value == 20
    assert at.number_input(f"{LSTM}.lookback").value is None
    at.session_state[f"{LSTM}.lookback"] = 14
    sound(at.run())
    assert "lookback 14" in read(at)
    assert "hidden units" not in read(at).lower().replace("hidden units (", "")


def test_thorough_checks_for_look_ahead_unless_one_asks_otherwise(ready):
    at = ready()
    assert at.toggle("train.certify").value is False
    sound(at.get("button_group")[-1].set_value("thorough").run())
    assert at.toggle("train.certify").value is True
    sound(at.toggle("train.certify").set_value(False).run())
    assert at.toggle("train.certify").value is False
    sound(at.get("button_group")[-1].set_value("balanced").run())
    assert at.toggle("train.certify").value is False
    assert ready(preset="thorough").toggle("train.certify").value is True


def test_another_horizon_leaves_a_preset_and_what_was_set_by_hand(ready):
    at = ready(preset="quick")
    assert at.number_input("train.seeds").value == 1
    sound(at.button(f"{LSTM}.open").click().run())
    at.session_state[f"{LSTM}.hidden"] = 9
    sound(at.run())
    at.number_input("train.horizon").set_value(20)
    sound(at.run())
    sound(at.button(f"{LSTM}.open").click().run())
    assert at.number_input(f"{LSTM}.epochs").value == 20
    assert at.number_input(f"{LSTM}.hidden").value == 9


def test_the_best_guess_ticks_its_models_and_no_other(ready):
    at = ready()
    at.session_state[f"{LSTM}.hidden"] = 9
    sound(at.run())
    sound(at.button("train.guess").click().run())
    on = {box.key.split(".")[2] for box in at.checkbox if box.key.startswith("train.card.") and box.value}
    assert on == set(best_guess())
    assert {"ets", "theta", "lstm"} <= on
    assert "hidden units 9" in read(at)  # what was set stays
    assert at.session_state["train.preset"] == "balanced"


@pytest.mark.parametrize("rubbish", ["", "fast", "<b>"])
def test_an_address_with_another_preset_is_the_usual_one(ready, rubbish):
    assert ready(preset=rubbish).session_state["train.preset"] == "balanced"


def test_a_time_budget_lowers_epochs_in_words_and_the_run_has_them(ready, bench):
    at = ready("budget")
    at.session_state["train.budget"] = 1
    sound(at.run())
    said = read(at)
    assert "time budget of 1 second is too short" in said
    assert launch_button(at).disabled
    assert said.count("about ") >= 6  # what each model would need stands on its card all the same
    needed = int(said.partition("choose at least ")[2].partition(",")[0])
    at.session_state["train.budget"] = needed + 1
    for name in ("epochs", "patience"):
        at.session_state[f"{LSTM}.{name}"] = 5000
    sound(at.run())
    assert f"To keep {needed + 1} seconds, RNN trains" in read(at)
    lowered = int(read(at).partition("LSTM trains ")[2].partition(" of 5000 epochs")[0])
    sound(launch_button(at).click().run())
    (record,) = bench.runs("budget")
    bench.cancel("budget", record.id)
    assert 1 <= next(one.config["epochs"] for one in record.spec.models if one.name == "lstm") == lowered < 5000


@pytest.mark.parametrize("seconds", [0, -5])
def test_no_time_at_all_is_refused(ready, seconds):
    at = ready()
    at.session_state["train.budget"] = seconds
    sound(at.run())
    assert f"the time budget is {seconds} seconds; choose more than 0" in read(at).lower()
