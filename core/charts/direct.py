"""Labels at the ends of lines, moved apart so that none covers another."""

from __future__ import annotations

import numpy as np

GAP = 15.0  # pixels between two labels


def apart(places: np.ndarray, gap: float) -> np.ndarray:
    """The (n,) places moved as little as need be, in order, so that no two are nearer than `gap`: those that touch are
    spread evenly around their mean."""
    order = np.argsort(places, kind="stable")
    groups: list[list[float]] = []  # of places, ascending
    for place in places[order]:
        groups.append([float(place)])
        while len(groups) > 1 and _low(groups[-1], gap) - _high(groups[-2], gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = np.concatenate([_low(group, gap) + gap * np.arange(len(group)) for group in groups])
    result = np.empty(len(places))
    result[order] = moved
    return result


def _low(group: list[float], gap: float) -> float:
    return float(np.mean(group)) - gap * (len(group) - 1) / 2


def _high(group: list[float], gap: float) -> float:
    return float(np.mean(group)) + gap * (len(group) - 1) / 2
