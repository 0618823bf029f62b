"""Hyper-parameters as a form and a command line see them: what is read off a dataclass, and every error's text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.errors import ConfigError, TooShortError
from core.models.base import Model, with_settings
from core.models.naive import Naive
from core.parameters import Parameter, param, parameters
from tests.bench.known import plain


@dataclass(frozen=True)
class Sample(Model):
    name = "sample"
    label = "Sample"
    family = "fake"
    help = "One setting of every kind."

    size: int = param(8, "Size", "How large.", low=2, high=1024, unit="steps")
    memory: int | None = param(None, "Memory", "Empty: chosen.", low=1, high=50)
    rate: float = param(0.5, "Rate", "How fast.", low=0.25, high=2.0, step=0.25)
    kind: str = param("warm", "Kind", "Which one.", choices=("warm", "cold"), advanced=True)
    is_slow: bool = param(False, "Slow", "Take your time.")
    floor: float = param(1.0, "Floor", "Bounded on one side.", low=0.5)
    roof: int = param(3, "Roof", "Bounded on the other side.", high=9)

    def needs(self, horizon, season):
        return self.size + horizon

    def fit(self, train, horizon, context):
        self.require(train["y"], horizon)

    def restore(self, arrays):
        raise NotImplementedError


def test_parameters_are_read_off_the_fields_in_their_order():
    size, memory, rate, kind, is_slow, floor, roof = parameters(Sample)
    assert size == Parameter("size", "Size", "How large.", 8, "int", unit="steps", low=2, high=1024)
    assert memory == Parameter("memory", "Memory", "Empty: chosen.", None, "int", low=1, high=50, is_optional=True)
    assert rate == Parameter("rate", "Rate", "How fast.", 0.5, "float", low=0.25, high=2.0, step=0.25)
    assert kind == Parameter("kind", "Kind", "Which one.", "warm", "str", choices=("warm", "cold"), advanced=True)
    assert is_slow == Parameter("is_slow", "Slow", "Take your time.", False, "bool")
    assert (floor.low, floor.high, roof.low, roof.high) == (0.5, None, None, 9)


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        ("size", " 12 ", 12),
        ("memory", "auto", None),
        ("memory", "None", None),
        ("memory", "", None),
        ("memory", "7", 7),
        ("rate", "1e0", 1.0),
        ("rate", "1", 1.0),
        ("kind", "cold", "cold"),
        ("is_slow", "YES", True),
        ("is_slow", "0", False),
        ("floor", "1e9", 1e9),
        ("roof", "-4", -4),
    ],
)
def test_texts_are_read_by_the_kind_of_their_field(setting, text, value):
    found = getattr(with_settings(Sample(), {setting: text}), setting)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("setting", "text", "error"),
    [
        ("size", "many", "sample.size is 'many'; give a whole number from 2 to 1024"),
        ("size", "12.5", "sample.size is '12.5'; give a whole number from 2 to 1024"),
        ("size", "auto", "sample.size is 'auto'; give a whole number from 2 to 1024"),
        ("size", "1", "sample.size is 1; choose a value from 2 to 1024"),
        ("size", "1025", "sample.size is 1025; choose a value from 2 to 1024"),
        ("memory", "0", "sample.memory is 0; choose a value from 1 to 50"),
        ("rate", "fast", "sample.rate is 'fast'; give a number from 0.25 to 2"),
        ("rate", "0.1", "sample.rate is 0.1; choose a value from 0.25 to 2"),
        ("rate", "nan", "sample.rate is nan; give a number from 0.25 to 2"),
        ("rate", "-inf", "sample.rate is -inf; give a number from 0.25 to 2"),
        ("kind", "tepid", "sample.kind is 'tepid'; choose one of warm, cold"),
        ("is_slow", "maybe", "sample.is_slow is 'maybe'; give true or false"),
        ("floor", "0.25", "sample.floor is 0.25; choose a value of at least 0.5"),
        ("floor", "low", "sample.floor is 'low'; give a number of at least 0.5"),
        ("roof", "10", "sample.roof is 10; choose a value of at most 9"),
        ("colour", "red", "sample has no setting 'colour'; choose one of size, memory, rate, kind, is_slow, floor, roof"),
    ],
)
def test_an_error_says_value_bound_and_remedy(setting, text, error):
    with pytest.raises(ConfigError) as caught:
        with_settings(Sample(), {setting: text})
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("size", 8.0, "sample.size is 8.0; give a whole number from 2 to 1024"),
        ("size", True, "sample.size is True; give a whole number from 2 to 1024"),
        ("size", None, "sample.size is None; give a whole number from 2 to 1024"),
        ("rate", "1.0", "sample.rate is '1.0'; give a number from 0.25 to 2"),
        ("rate", False, "sample.rate is False; give a number from 0.25 to 2"),
        ("kind", 3, "sample.kind is 3; give one of warm, cold"),
        ("is_slow", 1, "sample.is_slow is 1; give true or false"),
    ],
)
def test_a_value_of_another_kind_is_refused(setting, value, error):
    with pytest.raises(ConfigError) as caught:
        Sample(**{setting: value})
    assert str(caught.value) == error


def test_a_whole_number_does_for_a_number():
    assert Sample(rate=1).rate == 1


def test_with_settings_leaves_the_other_fields_and_the_model_as_they_were():
    before = Sample(size=9)
    after = with_settings(before, {"kind": "cold", "rate": "2"})
    assert after == Sample(size=9, kind="cold", rate=2.0)
    assert before == Sample(size=9)


def test_a_model_without_settings_says_so():
    with pytest.raises(ConfigError) as caught:
        with_settings(Naive(), {"season": "4"})
    assert str(caught.value) == "naive has no setting 'season'; it has no settings"


def test_needs_are_checked_against_the_length():
    model = Sample(size=10)
    assert model.resolved(13, 3, 1) is model
    with pytest.raises(ConfigError) as caught:
        model.resolved(12, 3, 1)
    assert str(caught.value) == (
        "Sample needs 13 training points with these settings and horizon 3; there are 12: "
        "choose smaller settings, a shorter horizon or a longer series"
    )
    with pytest.raises(TooShortError) as caught:
        model.require(plain([1.0, 2.0, 4.0]), 3)
    assert str(caught.value) == (
        "Sample needs at least 13 training points for horizon 3; series 'y' gives it 3: "
        "choose a shorter horizon or bring a longer series"
    )
