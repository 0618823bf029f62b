"""Settings of an earlier version: every one of them becomes one of today, and those of today stay."""

import pytest

from core.evaluation.spec import RunSpec
from core.models.older import translated
from core.models.registry import MODELS
from core.models.spec import ModelSpec


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"topology": "one_to_many"}, {"topology": "many_to_many_direct"}),
        ({"topology": "synced"}, {"topology": "many_to_many_synced"}),
        ({"topology": "many_to_one"}, {"topology": "many_to_one"}),
        ({"topology": "encoder_decoder"}, {"topology": "encoder_decoder"}),
        ({"skip": 13}, {"skip": "on", "lags": 13}),
        ({"skip": 0}, {"skip": "off"}),
        ({"skip": None}, {"skip": "automatic"}),
        ({"seasonal_lag": True}, {"seasonal_lag": "yes"}),
        ({"seasonal_lag": False}, {"seasonal_lag": "no"}),
        ({"schedule": "plateau"}, {"schedule": "constant"}),
        ({"schedule": "one_cycle"}, {"schedule": "one_cycle"}),
        ({"normalisation": "window", "loss": "huber", "patience": 30}, {"loss": "huber", "patience": 30}),
        ({"skip": "off", "lags": 7, "seasonal_lag": "no"}, {"skip": "off", "lags": 7, "seasonal_lag": "no"}),
    ],
)
def test_a_setting_of_before_is_one_of_today(before, now):
    assert translated("gru", before) == now
    assert translated("gru", now) == now
    ModelSpec("gru", "GRU", now).build()


def test_each_model_keeps_what_it_has():
    path = {"skip": 5, "normalisation": "series", "topology": "synced"}
    assert translated("bridge", path) == {"topology": "many_to_many_synced"}  # its start is the AR that is fitted
    assert translated("feedforward", path) == {"skip": "on", "lags": 5}
    assert translated("naive", path) == {}
    assert translated("median_of_all", {"any": 1}) == {"any": 1}  # a combination is in no registry


@pytest.mark.parametrize("name", MODELS)
def test_settings_of_today_stay_as_they_are(name):
    config = MODELS[name]().config()
    assert translated(name, config) == config


def test_a_specification_of_before_is_read_and_written_in_those_of_today():
    before = RunSpec((), (ModelSpec("lstm", "LSTM", {"skip": 3, "topology": "synced"}),), 2).as_json()
    found = RunSpec.of_json(before)
    assert found.models == (ModelSpec("lstm", "LSTM", {"skip": "on", "lags": 3, "topology": "many_to_many_synced"}),)
    assert RunSpec.of_json(found.as_json()) == found
