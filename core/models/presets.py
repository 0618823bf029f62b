"""Presets that a person can start from: what each sets, by the length of the series.

quick      an answer in seconds: few units and epochs, one seed
balanced   the defaults of every model, three seeds
thorough   more units, epochs and seeds: what one would report

Windows, their segments and the skip connection are by the rules of the models, whatever the preset.

Besides, "best-guess" chooses the models, as they come: some of different kinds, whose combinations every run computes beside
them. They are fixed before any data are seen, so that no test part has a say.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.models.base import Model
from core.models.network import LONG, Network
from core.models.registry import MODELS
from core.parameters import Value, parameters

BEST_GUESS = "best-guess"
NAMES = ("quick", "balanced", "thorough")
SEEDS = {"quick": 1, "balanced": 3, "thorough": 5}


@dataclass(frozen=True)
class Facts:
    """What a preset looks at: training points of the longest series, horizon and season."""

    length: int
    horizon: int
    season: int


@dataclass(frozen=True)
class Size:
    """How large a network is made and how long it is trained: epochs at most, and how many without a better one.

    hidden     units of a series below 500 training points, and of a longer one
    """

    hidden: tuple[int, int]
    epochs: int
    patience: int


SIZES = {"quick": Size((8, 16), 20, 5), "thorough": Size((32, 64), 150, 30)}


def best_guess() -> tuple[str, ...]:
    """The names of the models of the preset "best-guess", in the order of the registry."""
    return tuple(name for name, model in MODELS.items() if model.is_best_guess)


def preset(name: str, model: type[Model], facts: Facts) -> dict[str, Value]:
    """All settings of a model under a preset; what stays None is closed by the model's own rules."""
    assert name in NAMES, name
    changed = model.presets.get(name, {})
    if issubclass(model, Network) and name in SIZES:
        size = SIZES[name]
        changed = {"hidden": size.hidden[facts.length >= LONG], "epochs": size.epochs, "patience": size.patience}
    return {one.name: changed.get(one.name, one.default) for one in parameters(model)}
