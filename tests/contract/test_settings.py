"""Every model: its settings are bounded, described, and plain JSON."""

import json

import pytest

from core.errors import ConfigError
from core.models.base import with_settings
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.parameters import parameters
from tests.contract.small import HORIZON, KNOWN, build, every_model, point, series_of, wave


@every_model
def test_no_setting_beyond_its_bounds_is_accepted(name):
    for one in parameters(MODELS[name]):
        for bad, bound in ((one.low, one.low), (one.high, one.high)):
            if bound is None:
                continue
            outside = bad - 1 if bound == one.low else bad + 1
            with pytest.raises(ConfigError) as caught:
                ModelSpec(name, name, {one.name: outside}).build()
            assert f"{name}.{one.name} is {outside}" in str(caught.value)
            assert f"{bound:g}" in str(caught.value)
        with pytest.raises(ConfigError, match=rf"{name}\.{one.name} is \['x'\]; "):
            ModelSpec(name, name, {one.name: ["x"]}).build()
        if one.choices:
            with pytest.raises(ConfigError, match=f"{name}.{one.name} is 'x'; choose one of {', '.join(one.choices)}"):
                ModelSpec(name, name, {one.name: "x"}).build()


@every_model
def test_an_unknown_setting_is_named(name):
    with pytest.raises(ConfigError, match=f"{name} has no setting 'colour'"):
        ModelSpec(name, name, {"colour": 1}).build()
    with pytest.raises(ConfigError, match=f"{name} has no setting 'colour'"):
        with_settings(MODELS[name](), {"colour": "1"})


@every_model
def test_a_config_is_plain_json_and_builds_the_same_model(name):
    model = build(name)
    config = json.loads(json.dumps(model.config()))
    assert ModelSpec(name, "label", config).build() == model
    closed = model.resolved(KNOWN, HORIZON, 6)
    assert closed.resolved(KNOWN, HORIZON, 6) == closed
    assert point(closed, series_of(wave(KNOWN))) == pytest.approx(point(model, series_of(wave(KNOWN))), rel=0, abs=0)


@every_model
def test_models_are_described_for_people(name):
    model = MODELS[name]
    assert name == model.name
    assert model.label
    assert model.help.endswith(".")
    assert model.scope in ("series", "panel")
    for one in parameters(model):
        assert one.label
        assert one.help.endswith(".")
        assert one.default is not None or one.is_optional


@every_model
def test_what_a_setting_depends_on_is_another_one_with_such_values(name):
    every = {one.name: one for one in parameters(MODELS[name])}
    for one in every.values():
        for other, wanted in one.when:
            assert other != one.name
            kinds = every[other].choices or (True, False)
            assert set(wanted) < set(kinds) or len(kinds) == 1
