"""Presets: whatever the series, they give settings that its models take, and thorough asks for more than quick."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.evaluation.facts import Facts
from core.models.network import Network
from core.models.presets import BEST_GUESS, NAMES, SEEDS, best_guess, preset
from core.models.registry import MODELS
from core.parameters import parameters

facts = st.builds(Facts, st.integers(2, 200_000), st.integers(1, 400), st.integers(1, 400))


def closed(name, model, seen):
    return model(**preset(name, model)).resolved(seen.length, seen.horizon, seen.season)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=60, deadline=None)
@given(seen=facts)
def test_a_preset_is_taken_wherever_the_defaults_are(model, seen):
    try:
        closed("balanced", model, seen)
    except ConfigError:
        assume(False)
    for name in NAMES:
        assert set(preset(name, model)) == {one.name for one in parameters(model)}
        found = closed(name, model, seen)
        assert found.needs(seen.horizon, seen.season) <= seen.length


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_balanced_is_every_model_as_it_comes(model):
    assert model(**preset("balanced", model)) == model()


@pytest.mark.parametrize("model", [one for one in MODELS.values() if issubclass(one, Network)], ids=lambda one: one.name)
@settings(max_examples=60, deadline=None)
@given(seen=st.builds(Facts, st.integers(120, 200_000), st.integers(1, 24), st.integers(1, 100)))
def test_each_preset_trains_longer_and_larger_networks_than_the_one_before(model, seen):
    sizes = [closed(name, model, seen) for name in NAMES]
    for field in ("hidden", "epochs", "patience"):
        found = [getattr(one, field) for one in sizes]
        assert found == sorted(set(found))
    assert len({(one.lookback, one.segment, one.skip) for one in sizes}) == 1  # by the rules of the model
    assert all(one.patience <= one.epochs for one in sizes)


def test_the_best_guess_is_a_few_models_of_different_families_as_they_come():
    names = best_guess()
    families = [MODELS[name].family for name in names]
    assert len(set(families) - {"simple"}) >= 2
    assert sum(MODELS[name].is_random for name in names) == 1  # one network, and which one no data decide
    assert names == ("linear", "ets", "theta", "lstm")
    assert not any(MODELS[name].is_benchmark for name in names)
    assert BEST_GUESS not in NAMES


def test_the_sizes_of_networks():
    quick, thorough = (preset(name, MODELS["lstm"]) for name in ("quick", "thorough"))
    assert (quick["hidden"], thorough["hidden"]) == (16, 96)
    assert [closed("balanced", MODELS["lstm"], Facts(length, 12, 11)).hidden for length in (248, 50_000, 50_001)] == [
        64,
        64,
        32,
    ]
    assert [(one["epochs"], one["patience"]) for one in (quick, thorough)] == [(20, 5), (150, 30)]
    assert [preset(name, MODELS["arima"])["tries"] for name in ("quick", "thorough")] == [8, 60]
    assert [SEEDS[name] for name in NAMES] == [1, 3, 5]


def test_long_windows_are_read_in_segments_whatever_the_preset():
    """A season of 48: four of them are 192 steps, in 24 segments of 8."""
    for name in NAMES:
        found = closed(name, MODELS["gru"], Facts(3_000, 12, 48))
        assert (found.lookback, found.segment) == (192, 8)
