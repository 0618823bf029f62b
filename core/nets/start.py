"""Networks before their first update: first weights of their own, and a skip connection where it starts from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from core.nets.examples import Examples
from core.nets.losses import LOSSES
from core.nets.network import Network
from core.windows.settings import Settings

UNITS = 2_000  # rows that the unit of the answers is taken from
LEAST = 0.05  # of the size of the targets, below which no unit is


def built(
    settings: Settings, examples: Examples, start: tuple[np.ndarray, np.ndarray], seeds: Sequence[int], device: str
) -> list[Network]:
    """A network for each seed, with its own first weights."""
    strip, networks = examples.strip, []
    unit = _unit(examples, start, is_point=not LOSSES[settings.loss].has_intervals)
    width = strip.sight.width if settings.skip == "on" else 0
    for seed in seeds:
        torch.manual_seed(seed)
        network = Network(settings, strip.inputs.shape[1], width, examples.ahead, strip.sight.extras.told)
        network.start_from(*start, unit)
        networks.append(network.to(device))
    return networks


def _unit(examples: Examples, start: tuple[np.ndarray, np.ndarray], *, is_point: bool) -> np.ndarray:
    """(A,) the unit of answers: what the start misses where it is learned from, on average over all steps ahead if `is_point`,
    else the root of its mean square at each, so that a distribution of size one is about right.

    At least a share of the size of the targets: a start that misses nothing would leave a network without it millions to say.
    """
    strip = examples.strip
    some = np.concatenate([first + np.arange(count) for first, count in zip(strip.first, examples.steps, strict=True)])
    at = torch.from_numpy(some[:: max(1, len(some) // UNITS)]).to(strip.z.device)
    targets, seen = (part.cpu().numpy() for part in strip.goal(at, examples.ahead))
    weights, bias = start
    missed = strip.linear(at).cpu().numpy() @ weights.T + bias - targets
    left, whole = (_size(one, seen, is_point=is_point) for one in (missed, targets))
    unit = np.maximum(left, LEAST * whole)
    return np.where(np.isfinite(unit), np.maximum(unit, 1e-6), 1.0)


def _size(errors: np.ndarray, seen: np.ndarray, *, is_point: bool) -> np.ndarray:
    """(A,) of errors (N, A)."""
    count = np.maximum(seen.sum(axis=0), 1)
    if is_point:
        return np.full(len(count), ((np.abs(errors) * seen).sum(axis=0) / count).mean())
    return np.sqrt((errors**2 * seen).sum(axis=0) / count)
