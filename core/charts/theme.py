"""The colours of charts, light and dark, and what a model's line looks like everywhere.

A model states its look beside its name (`core.models.base.Look`), the same on every page: benchmarks are grey, classical models
cool, networks warm. Every line has a contrast of 3:1 or more with the surface, and any two models differ for eyes without red
or green cones too: by 17 (light) and 12 (dark) in CIE Lab at least. Greys lie closer together and are told apart by dashes; so
are combinations of models, which share one colour that is far from all others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from core.evaluation.combination import INVERSE, MEAN, MEDIAN, RULES
from core.models.registry import MODELS
from core.models.spec import ModelSpec

DASHES: tuple[tuple[int, ...], ...] = ((), (7, 3), (2, 2), (9, 3, 2, 3), (14, 4), (4, 2, 1, 2))
COMBINATION = "combination"  # a family of its own among the spares
COMBINED = {MEAN: 1, MEDIAN: 2, INVERSE: 3}  # their dashes
SHADE = 0.15  # how far a twin's colour lies from that of the first, towards ink


@dataclass(frozen=True)
class Theme:
    """What a chart is drawn with. Colours are "#rrggbb".

    ink      actual values and titles
    muted    ticks, notes and what is beside the point
    gap      the shade over values that were filled into gaps
    now      the thin line between what was known and what is forecast
    parts    fills of the parts of a series: train, hold out, test and forecast
    spares   colours of models without a look of their own, by family, and of combinations; "" for a family not known here
    """

    name: str
    ink: str
    muted: str
    grid: str
    surface: str
    gap: str
    now: str
    problem: str
    parts: Mapping[str, str]
    spares: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Style:
    """A model's line; an empty dash is a solid line."""

    colour: str
    dash: tuple[int, ...]


LIGHT = Theme(
    name="light",
    ink="#1f2430",
    muted="#646b78",
    grid="#e8eaee",
    surface="#ffffff",
    gap="#c9a227",
    now="#646b78",
    problem="#b3261e",
    parts=MappingProxyType({"train": "#e9ecf1", "hold out": "#cfe3f1", "test": "#9cc7e4", "forecast": "#fbdcc2"}),
    spares=MappingProxyType(
        {
            "simple": ("#7d7d7d", "#888e99"),
            "autoregressive": ("#24639b", "#2d7f9d"),
            "classical": ("#2f7d5b", "#3a7ca5"),
            "recurrent": ("#b8503a", "#b0457b"),
            COMBINATION: ("#8866ff",),
            "": ("#6f6a9c", "#5f7a3a"),
        }
    ),
)
DARK = Theme(
    name="dark",
    ink="#f2f4f8",
    muted="#a0a7b4",
    grid="#262b36",
    surface="#12161c",
    gap="#e0bc4a",
    now="#a0a7b4",
    problem="#ff8a80",
    parts=MappingProxyType({"train": "#1f2530", "hold out": "#1d3a52", "test": "#2c5f86", "forecast": "#5c3a1f"}),
    spares=MappingProxyType(
        {
            "simple": ("#9a9a9a", "#a0a6b0"),
            "autoregressive": ("#7fb2e5", "#6cc3d9"),
            "classical": ("#6fcf97", "#86bfe0"),
            "recurrent": ("#ff9e80", "#f48fb1"),
            COMBINATION: ("#9d8cff",),
            "": ("#b0a8e0", "#a8c47a"),
        }
    ),
)


def theme_of(name: str | None) -> Theme:
    """The theme called `name`; light for None and for any other."""
    return DARK if name == "dark" else LIGHT


def styles(models: Sequence[ModelSpec], theme: Theme) -> dict[str, Style]:
    """The look of each model by label. A second model of the same registry name gets another dash and a slight shade."""
    seen: Counter[str] = Counter()
    looks = {}
    for model in models:
        twin = seen[model.name]
        seen[model.name] += 1
        first = style_of(model.name, theme)
        dash = DASHES[(DASHES.index(first.dash) + twin) % len(DASHES)]
        looks[model.label] = Style(mixed(first.colour, theme.ink, SHADE * min(twin, 3)), dash)
    return looks


def style_of(name: str, theme: Theme) -> Style:
    """The line of the first model of a registry name, or of a combination; steady for a name that is not known here."""
    model = MODELS.get(name)
    if model is not None and model.look is not None:
        look = model.look
        return Style(look.dark if theme.name == DARK.name else look.light, DASHES[look.dash % len(DASHES)])
    family = model.family if model is not None else COMBINATION if name in RULES else ""
    spares = theme.spares.get(family, theme.spares[""])
    return Style(spares[hashlib.sha256(name.encode()).digest()[0] % len(spares)], DASHES[COMBINED.get(name, 0)])


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with `share` of `other` mixed in."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round((1 - share) * a + share * b) for a, b in pairs).hex()
