import numpy as np
import pytest

from core.stats.season import autocorrelation, calendar_season, propose_season


@pytest.mark.parametrize(
    ("freq", "steps"),
    [
        ("MS", 12), ("ME", 12), ("QS-JAN", 4), ("QE-DEC", 4), ("W-SAT", 52), ("D", 7), ("B", 5), ("h", 24), ("2h", 12),
        ("min", 60), ("15min", 96), ("30min", 48), ("s", 60), ("2MS", 6), ("YS-JAN", 1), ("YE-JUN", 1), ("3D", 1), (None, 1),
        ("5h", 1), ("500ms", 1),
    ],
)  # fmt: skip
def test_the_calendar_knows_the_season_of_a_frequency(freq, steps):
    assert calendar_season(freq)[0] == steps


def test_a_series_shorter_than_its_season_has_none():
    season = propose_season(np.array([3.0, 1, 4, 1, 5]), "MS")
    assert (season.length, season.reason) == (1, "a year has 12 months, but 5 steps do not make one season of 12")


def test_the_strength_is_the_autocorrelation_at_the_season():
    assert propose_season(np.tile([4.0, 1, 1, 1, 1, 2, 9], 40), "D").strength > 0.95
    assert abs(propose_season(np.random.default_rng(1).normal(size=400), "D").strength) < 0.15


def test_sunspots_have_eleven_years(sunspots):
    season = propose_season(np.asarray(getattr(sunspots, "values", sunspots)), "YS-JAN")
    assert season.length == 11
    assert "repeats itself every 11 steps" in season.reason


@pytest.mark.parametrize("period", [5, 12, 25, 50])
def test_a_noisy_cycle_without_a_calendar_is_found(period):
    steps = np.arange(400)
    noise = np.random.default_rng(period).normal(scale=0.6, size=400)
    assert propose_season(np.sin(2 * np.pi * steps / period) + 0.02 * steps + noise, None).length == period


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.9, 1.0])
def test_noise_and_autoregressions_have_no_season(coefficient):
    found = []
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(size=300)
        values = np.zeros(300)
        for t in range(1, 300):
            values[t] = coefficient * values[t - 1] + noise[t]
        found.append(propose_season(values, None).length)
    assert found.count(1) >= 49


@pytest.mark.parametrize("values", [np.full(30, 7.0), np.arange(30.0), np.array([5.0]), np.array([1e300, -1e300] * 20)[:3]])
def test_lines_constants_and_short_series_have_no_season(values):
    assert propose_season(values, None).length == 1


def test_the_autocorrelation_is_that_of_the_detrended_series():
    # 1, −1, 1, −1 around a line: by hand, the line through 1 −1 1 −1 has slope −0.4, the residuals are 0.4, −1.2, 1.2, −0.4
    expected = [3.2, 0.4 * -1.2 + -1.2 * 1.2 + 1.2 * -0.4, 0.4 * 1.2 + -1.2 * -0.4, 0.4 * -0.4]
    np.testing.assert_allclose(autocorrelation(np.array([1.0, -1, 1, -1])), np.array(expected) / 3.2, atol=1e-12)
