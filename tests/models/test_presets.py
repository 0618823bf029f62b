"""Presets: whatever the series, they give settings that its models take, and thorough asks for more than quick."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.models.network import Network
from core.models.presets import BEST_GUESS, NAMES, SEEDS, Facts, best_guess, preset
from core.models.registry import MODELS
from core.parameters import parameters

facts = st.builds(Facts, st.integers(2, 200_000), st.integers(1, 400), st.integers(1, 400))


def closed(name, model, seen):
    return model(**preset(name, model, seen)).resolved(seen.length, seen.horizon, seen.season)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@settings(max_examples=60, deadline=None)
@given(seen=facts)
def test_a_preset_is_taken_wherever_the_defaults_are(model, seen):
    try:
        closed("balanced", model, seen)
    except ConfigError:
        assume(False)
    for name in NAMES:
        assert set(preset(name, model, seen)) == {one.name for one in parameters(model)}
        found = closed(name, model, seen)
        assert found.needs(seen.horizon, seen.season) <= seen.length


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_balanced_is_every_model_as_it_comes(model):
    assert model(**preset("balanced", model, Facts(300, 12, 11))) == model()


@pytest.mark.parametrize("model", [one for one in MODELS.values() if issubclass(one, Network)], ids=lambda one: one.name)
@settings(max_examples=60, deadline=None)
@given(seen=st.builds(Facts, st.integers(120, 200_000), st.integers(1, 24), st.integers(1, 100)))
def test_each_preset_trains_longer_and_larger_networks_than_the_one_before(model, seen):
    sizes = [closed(name, model, seen) for name in NAMES]
    for field in ("lookback", "hidden", "epochs"):
        found = [getattr(one, field) for one in sizes]
        assert found == sorted(found)
    assert sizes[0].epochs < sizes[2].epochs
    assert all(one.patience <= one.epochs for one in sizes)


def test_the_best_guess_is_a_few_models_of_different_families_as_they_come():
    names = best_guess()
    families = [MODELS[name].family for name in names]
    assert len(set(families) - {"simple"}) >= 2
    assert sum(MODELS[name].is_random for name in names) == 1  # one network, and which one no data decide
    assert not any(MODELS[name].is_benchmark for name in names)
    assert BEST_GUESS not in NAMES


def test_the_sizes_of_a_known_series():
    """Sunspots: 309 years less 19 + 11 + 19 + 12 of the backtest, season 11. By hand from the rules."""
    seen = Facts(248, 12, 11)
    quick, thorough = (preset(name, MODELS["lstm"], seen) for name in ("quick", "thorough"))
    assert (quick["lookback"], quick["hidden"], quick["epochs"]) == (12, 8, 25)
    assert (thorough["lookback"], thorough["hidden"], thorough["epochs"], thorough["patience"]) == (48, 32, 200, 80)
    assert [preset(name, MODELS["arima"], seen)["tries"] for name in ("quick", "thorough")] == [8, 60]
    assert [SEEDS[name] for name in NAMES] == [1, 3, 5]


def test_a_long_series_is_not_trained_for_as_many_epochs():
    """Windows of 25 steps, 32 an update: 125 updates an epoch, so 240 take 2, and 8 are the fewest. Of 73: 42.8 an epoch."""
    assert preset("quick", MODELS["gru"], Facts(100_000, 12, 24))["epochs"] == 8
    assert preset("thorough", MODELS["gru"], Facts(100_000, 12, 24))["epochs"] == 187
