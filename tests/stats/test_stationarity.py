"""How often a simulated series is said to wander."""

import numpy as np
import pytest

from core.stats.stationarity import has_unit_root, keeps_level, wanders
from tests.bench.known import ar1


def walk(length, seed):
    return np.random.default_rng(seed).standard_normal(length).cumsum()


def share(make, *, trend="constant"):
    return np.mean([wanders(make(seed), trend) for seed in range(40)])


def test_what_returns_to_its_level_is_left_alone():
    assert share(lambda seed: ar1(120, 0.5, seed=seed)) == 0
    assert share(lambda seed: ar1(120, 0.9, seed=seed)) <= 0.25
    assert share(lambda seed: ar1(400, 0.9, seed=seed)) <= 0.05


def test_a_walk_wanders():
    assert share(lambda seed: walk(400, seed)) >= 0.7
    assert share(lambda seed: walk(120, seed) + 0.3 * np.arange(120)) >= 0.9


def test_a_line_is_drift_beside_a_constant_and_nothing_beside_a_line():
    def line(seed):
        return 0.1 * np.arange(150) + ar1(150, 0.5, seed=seed)

    assert share(line) >= 0.95
    assert share(line, trend="linear") <= 0.1


@pytest.mark.parametrize("length", [221, 280, 309])
def test_sunspots_do_not_wander(sunspots, length):
    assert not wanders(sunspots.values[:length])


def test_the_documented_tests_of_sunspots_are_reached(sunspots):
    # statsmodels' notebook on stationarity: Dickey and Fuller's p is 0.053; KPSS' is 0.047 with 7 lags
    assert has_unit_root(sunspots.values)
    assert not keeps_level(sunspots.values, 7)


@pytest.mark.parametrize("values", [np.full(30, 4.0), np.full(30, 0.0)])
def test_a_constant_does_not_wander(values):
    assert not wanders(values)


def test_an_exact_line_does():
    assert wanders(np.arange(30.0))


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_size_and_level_do_not_matter(factor):
    for seed in range(6):
        values = ar1(80, 0.9, seed=seed)
        assert wanders(factor * values - 3e7 * factor) == wanders(values)
