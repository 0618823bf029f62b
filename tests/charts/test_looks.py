"""Colours, dashes, thinning, labels: what all charts stand on."""

import itertools

import numpy as np
import pandas as pd
import pytest

from core.charts.direct import apart
from core.charts.labels import date_label, number_label, plain, shown
from core.charts.theme import DARK, LIGHT, style_of, styles, theme_of
from core.charts.thinning import thin
from core.evaluation.combination import RULES
from core.models.registry import MODELS
from core.models.spec import ModelSpec

PROTANOPIA = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
DEUTERANOPIA = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]])
# Source of both: Machado, Oliveira & Fernandes 2009, IEEE TVCG 15(6), severity 1.
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
GREYS = ("naive", "seasonal_naive", "mean", "drift")


def linear(colour):
    value = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour, sight):
    x = XYZ @ np.clip(sight @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def colours(theme):
    """That of each model by registry name."""
    return {name: style_of(name, theme).colour for name in MODELS}


def test_the_contrast_formula_is_the_known_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_line_can_be_seen_on_its_surface(theme):
    spares = itertools.chain.from_iterable(theme.spares.values())
    assert min(contrast(colour, theme.surface) for colour in [*colours(theme).values(), *spares, theme.now]) >= 3
    assert min(contrast(colour, theme.surface) for colour in (theme.ink, theme.muted, theme.problem)) >= 4.5
    assert min(contrast(theme.ink, fill) for fill in theme.parts.values()) >= 4.5


@pytest.mark.parametrize(("theme", "least"), [(LIGHT, 17), (DARK, 12)])
def test_models_differ_without_red_or_green_cones(theme, least):
    names = [name for name in MODELS if name not in GREYS[1:]]
    for sight in (np.eye(3), PROTANOPIA, DEUTERANOPIA):
        seen = {name: lab(colours(theme)[name], sight) for name in names}
        assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(names, 2)) >= least


def test_every_model_has_its_own_colour_and_greys_their_own_dash():
    for theme in (LIGHT, DARK):
        assert len(set(colours(theme).values())) == len(MODELS)
    looks = styles([ModelSpec(name, name) for name in GREYS], LIGHT)
    assert len({look.dash for look in looks.values()}) == 4


@pytest.mark.parametrize(("theme", "least"), [(LIGHT, 17), (DARK, 12)])
def test_combinations_share_a_colour_that_no_model_is_near_and_differ_by_their_dash(theme, least):
    looks = styles([ModelSpec(name, label) for name, label in RULES.items()], theme)
    (colour,) = {look.colour for look in looks.values()}
    assert len({look.dash for look in looks.values()} - {()}) == len(RULES)
    for sight in (np.eye(3), PROTANOPIA, DEUTERANOPIA):
        near = [np.linalg.norm(lab(colour, sight) - lab(other, sight)) for other in (*colours(theme).values(), theme.ink)]
        assert min(near) >= least


def test_a_model_looks_the_same_in_every_run_and_twins_differ():
    alone = styles([ModelSpec("lstm", "mine")], DARK)["mine"]
    run = styles([ModelSpec("ar", "AR"), ModelSpec("lstm", "small"), ModelSpec("lstm", "large")], DARK)
    assert run["small"] == alone
    assert run["large"].dash != alone.dash
    assert run["large"].colour != alone.colour
    assert contrast(run["large"].colour, DARK.surface) >= 3


def test_a_model_not_known_yet_gets_a_steady_colour():
    looks = [styles([ModelSpec("transformer", "T")], LIGHT)["T"] for _ in range(2)]
    assert looks[0] == looks[1]
    assert looks[0].colour in LIGHT.spares[""]


def test_the_theme_is_light_unless_dark_is_asked_for():
    assert [theme_of(name).name for name in (None, "light", "dark", "custom")] == ["light", "light", "dark", "light"]


@pytest.mark.parametrize("length", [10, 201, 1_000, 4_321])
def test_thinning_keeps_every_peak(length):
    values = np.random.default_rng(length).normal(size=length).cumsum()
    kept = thin(values, 100)
    assert len(kept) <= 100
    assert (np.diff(kept) > 0).all()
    assert [kept[0], kept[-1]] == [0, length - 1]
    width = -(-length // 49) if length > 100 else 1
    for start in range(0, length, width):
        stretch, inside = values[start : start + width], values[kept[(kept >= start) & (kept < start + width)]]
        assert [inside.min(), inside.max()] == [stretch.min(), stretch.max()]


def test_thinning_passes_over_missing_values():
    values = np.full(1_000, np.nan)
    values[500:] = np.arange(500.0)
    values[777] = -5.0
    kept = thin(values, 20)
    assert 777 in kept
    assert np.isnan(values[kept]).any()
    assert len(thin(np.full(1_000, np.nan), 20)) <= 20


@pytest.mark.parametrize(
    ("start", "freq", "expected"),
    [
        ("1988-01-01", "YS", ["1988", "1989"]),
        ("1988-12-31", "YE-DEC", ["1988", "1989"]),
        ("1988-07-01", "YS-JUL", ["Jul 1988", "Jul 1989"]),
        ("1988-01-01", "QS-JAN", ["1988 Q1", "1988 Q2"]),
        ("1988-03-31", "QE-DEC", ["1988 Q1", "1988 Q2"]),
        ("1988-01-01", "MS", ["Jan 1988", "Feb 1988"]),
        ("1988-01-31", "ME", ["Jan 1988", "Feb 1988"]),
        ("1988-01-03", "D", ["3 Jan 1988", "4 Jan 1988"]),
        ("1988-01-03", "W-SUN", ["3 Jan 1988", "10 Jan 1988"]),
        ("1988-01-03 14:00", "h", ["3 Jan 1988 14:00", "3 Jan 1988 15:00"]),
        ("1988-01-03 14:00:30", "s", ["3 Jan 1988 14:00:30", "3 Jan 1988 14:00:31"]),
    ],
)
def test_dates_are_told_in_their_own_frequency(start, freq, expected):
    assert date_label(pd.date_range(start, periods=2, freq=freq)) == expected


def test_steps_are_whole_numbers_and_a_piece_follows_its_whole():
    assert date_label(pd.RangeIndex(9_998, 10_002, 2)) == ["9,998", "10,000"]
    hours = pd.date_range("2020-01-01 06:00", periods=48, freq="h")
    assert date_label(hours[18:19], as_in=hours) == ["2 Jan 2020 00:00"]


def test_a_zone_is_dropped_for_its_wall_clock():
    times = pd.date_range("2026-07-01 22:00", periods=1, freq="h", tz="UTC")
    assert date_label(times, "Europe/Berlin") == ["2 Jul 2026 00:00"] or date_label(times, "Europe/Berlin") == ["2 Jul 2026"]
    assert date_label(times) == ["1 Jul 2026 22:00"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.3456, "12.35"),
        (1234567.8, "1,234,568"),
        (-0.5, "−0.5"),
        (0, "0"),
        (0.00001234, "1.234e−5"),
        (None, "–"),
        (np.nan, "–"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number_label(value) == text


def test_long_texts_are_cut_and_stay_different():
    assert plain("a\nb\t c") == "a b c"
    assert plain("y" * 99, 10) == "y" * 9 + "…"
    names = shown(["y" * 99, "y" * 98, "image", "Date", "AR"])
    assert len(set(names.values())) == 5
    assert {"image", "Date", "title"}.isdisjoint(names.values())


def test_labels_are_moved_apart_around_their_mean():
    assert apart(np.array([5.0, 1.0, 1.5]), 1.0).tolist() == [5.0, 0.75, 1.75]
    moved = np.sort(apart(np.array([0.0, 0.0, 0.0, 0.9]), 1.0))
    assert (np.diff(moved) >= 1 - 1e-9).all()
