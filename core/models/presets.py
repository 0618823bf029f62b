"""Presets that a person can start from: what each sets.

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
from core.models.network import Network
from core.models.registry import MODELS
from core.parameters import Value, parameters

BEST_GUESS = "best-guess"
NAMES = ("quick", "balanced", "thorough")
SEEDS = {"quick": 1, "balanced": 3, "thorough": 5}
BLOCKS = {"quick": 1, "balanced": 3, "thorough": 6}
CERTIFIED = frozenset({"thorough"})  # with which a run is checked for look-ahead unless one asks otherwise


@dataclass(frozen=True)
class Size:
    """How large a network is made and how long it is trained: epochs at most, and how many without a better one."""

    hidden: int
    epochs: int
    patience: int


SIZES = {"quick": Size(16, 20, 5), "thorough": Size(96, 150, 30)}


def best_guess() -> tuple[str, ...]:
    """The names of the models of the preset "best-guess", in the order of the registry."""
    return tuple(name for name, model in MODELS.items() if model.is_best_guess)


def preset(name: str, model: type[Model]) -> dict[str, Value]:
    """All settings of a model under a preset; what stays None is closed by the model's own rules."""
    assert name in NAMES, name
    changed = model.presets.get(name, {})
    if issubclass(model, Network) and name in SIZES:
        size = SIZES[name]
        changed = {"hidden": size.hidden, "epochs": size.epochs, "patience": size.patience}
    return {one.name: changed.get(one.name, one.default) for one in parameters(model)}
