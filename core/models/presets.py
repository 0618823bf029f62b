"""Presets that a person can start from: what each sets, from the length of the series, its season and the horizon.

quick      an answer in seconds: short windows, few units and updates, one seed
balanced   the defaults of every model, three seeds
thorough   longer windows, more units, updates and seeds: what one would report

Besides, "best-guess" chooses the models, as they come: some of different kinds, whose combinations every run computes beside
them. They are fixed before any data are seen, so that no test part has a say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.models.base import Model
from core.models.network import Network
from core.models.registry import MODELS
from core.parameters import Value, parameters
from core.windows.settings import SHORTEST_LOOKBACK

BEST_GUESS = "best-guess"
NAMES = ("quick", "balanced", "thorough")
SEEDS = {"quick": 1, "balanced": 3, "thorough": 5}
WINDOWS = 32  # in one update
LEAST_UPDATES = 8  # of an epoch, however short the series


@dataclass(frozen=True)
class Facts:
    """What a preset looks at: training points of the longest series, horizon and season."""

    length: int
    horizon: int
    season: int


@dataclass(frozen=True)
class Size:
    """How large a network is made and how long it is trained.

    lookback   fewest steps of a window, then how many seasons it holds, and most steps
    hidden     units below 500 training points, and from there on
    updates    about how many a fit takes, in epochs between the fewest and the most
    """

    lookback: tuple[int, float, int]
    hidden: tuple[int, int]
    updates: int
    epochs: tuple[int, int]


SIZES = {
    "quick": Size((12, 1, 96), (8, 16), 240, (8, 25)),
    "thorough": Size((48, 3, 384), (32, 64), 8_000, (100, 200)),
}  # fmt: skip


def best_guess() -> tuple[str, ...]:
    """The names of the models of the preset "best-guess", in the order of the registry."""
    return tuple(name for name, model in MODELS.items() if model.is_best_guess)


def preset(name: str, model: type[Model], facts: Facts) -> dict[str, Value]:
    """All settings of a model under a preset; what stays None is closed by the model's own rules."""
    assert name in NAMES, name
    sized = issubclass(model, Network) and name in SIZES
    changed = _network(SIZES[name], facts) if sized else model.presets.get(name, {})
    return {one.name: changed.get(one.name, one.default) for one in parameters(model)}


def _network(size: Size, facts: Facts) -> dict[str, Value]:
    """At most half of what can be a window's start: the other half is left to learn from."""
    fewest, seasons, most = size.lookback
    longest = max(SHORTEST_LOOKBACK, (facts.length - 2 * facts.horizon) // 2)
    lookback = min(max(fewest, round(seasons * facts.season) + 1), longest, most)
    an_epoch = max(LEAST_UPDATES, facts.length / lookback / WINDOWS)
    epochs = min(max(math.ceil(size.updates / an_epoch), size.epochs[0]), size.epochs[1])
    hidden = size.hidden[facts.length >= 500]
    return {"lookback": lookback, "hidden": hidden, "epochs": epochs, "patience": max(1, math.ceil(0.4 * epochs))}
