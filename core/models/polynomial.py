"""What the lag weights φ₁ … φ_p of an autoregression imply: its answer to one shock, its roots, its cycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Root:
    """An inverse root of 1 − φ₁ z − … − φ_p z^p, in polar form.

    modulus   how much of it is left after a step; below 1 it dies away
    argument  angle in (−π, π], in radians
    cycle     steps of the swing that it makes, None for none: a positive real root
    """

    modulus: float
    argument: float
    cycle: float | None


def inverse_roots(lags: np.ndarray) -> tuple[Root, ...]:
    """The p inverse roots for the weights (p,), the largest first; those of weights that end in zeros are 0."""
    found = np.roots(np.concatenate([[1.0], -lags]))
    found = np.concatenate([found, np.zeros(len(lags) - len(found))])
    roots = [Root(float(abs(one)), float(np.angle(one)), None) for one in found]
    swinging = [Root(one.modulus, one.argument, 2 * np.pi / abs(one.argument)) if one.argument else one for one in roots]
    return tuple(sorted(swinging, key=lambda one: (-one.modulus, -one.argument)))


def is_stable(lags: np.ndarray) -> bool:
    """Whether every shock dies away: all inverse roots lie inside the unit circle."""
    return all(root.modulus < 1 for root in inverse_roots(lags))


def responses(lags: np.ndarray, differences: int, horizon: int) -> np.ndarray:
    """(H,) ψ₀ = 1, ψ₁, …: what is left of one shock after 0, 1, … steps, in the series that was differenced so often.

    Source: Box & Jenkins 1970, section 5.1.1, equation 5.2.3.
    """
    answer = np.zeros(horizon)
    answer[0] = 1.0
    for step in range(1, horizon):
        reach = min(step, len(lags))
        answer[step] = lags[:reach] @ answer[step - reach : step][::-1]
    for _ in range(differences):
        answer = np.cumsum(answer)
    return answer


def deviations(weights: np.ndarray) -> np.ndarray:
    """(H,) standard deviation of the error 1 … H steps ahead, for shocks of deviation 1: √(ψ₀² + … + ψ²_{h−1})."""
    return np.hypot.accumulate(np.abs(weights))  # no square overflows on the way
