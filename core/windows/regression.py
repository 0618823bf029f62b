"""Pooled regressions on windows: least squares and least absolute deviations, both with ridge, for all H steps at once.

Step h has weights B(:, h) on the shared columns of a row and C(:, h) on what is known of that step alone. Least squares make
Σ w r² + λ |B|² small, least absolute deviations Σ w |r| / a(h) + λ/2 |B|², with a(h) the mean |r| that the least squares
leave, so that λ means about the same in both. The constant is not shrunk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.windows.lagged import Rows

CONSTANT = 1e-9  # the ridge of the constant: enough to solve for it where there is no row at all
ROUNDS = 60  # of the absolute regression at most
RELAXED = 1.7  # over-relaxation
CLOSE = 1e-3  # of the mean error: a round that moves the fitted values by less, on average, is the last


@dataclass(frozen=True, eq=False)
class Normal:
    """The normal equations of some rows: gram (H, P, P), or (1, P, P) where it is the same for all steps, and cross (H, P).

    P = W + 2 + C. Smaller windows are a part of it, so that all of them are solved from one pass over the rows.
    """

    gram: np.ndarray
    cross: np.ndarray

    @classmethod
    def of(cls, rows: Rows) -> Normal:
        """All in one product; where some targets of a row were not seen, with that row added step by step."""
        horizon, beside = rows.targets.shape[1], rows.ahead.shape[-1]
        weighted = rows.shared * rows.weights[:, None]
        cross = (weighted.T @ np.where(rows.seen, rows.targets, 0.0)).T
        if rows.seen.all() and not beside:
            return cls((weighted.T @ rows.shared)[None], cross)
        whole = rows.seen.all(axis=1)
        common = weighted[whole].T @ rows.shared[whole]
        gram = np.empty((horizon, rows.shared.shape[1] + beside, rows.shared.shape[1] + beside))
        more = np.empty((horizon, beside))
        for step in range(horizon):
            partly = rows.seen[:, step] & ~whole
            some = rows.seen[:, step]
            ahead = rows.ahead[some, step]
            mixed = weighted[some].T @ ahead
            own = (ahead * rows.weights[some, None]).T
            first = common + weighted[partly].T @ rows.shared[partly]
            gram[step] = np.block([[first, mixed], [mixed.T, own @ ahead]])
            more[step] = own @ rows.targets[some, step]
        return cls(gram, np.concatenate([cross, more], axis=1))

    def solve(self, kept: np.ndarray, penalty: float, constant: int) -> np.ndarray:
        """(H, P) weights, 0 in the columns that are not kept; `constant` is the place of the 1 among all columns."""
        found = np.zeros(self.cross.shape)
        system = self.gram[:, kept[:, None], kept] + np.diag(_ridge(kept, penalty, constant))
        if len(system) == 1:
            found[:, kept] = np.linalg.solve(system[0], self.cross[:, kept].T).T
        else:
            found[:, kept] = np.linalg.solve(system, self.cross[:, kept, None])[..., 0]
        return found


def _ridge(kept: np.ndarray, penalty: float, constant: int) -> np.ndarray:
    return np.where(kept == constant, CONSTANT, max(penalty, CONSTANT))


def fitted_values(shared: np.ndarray, ahead: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(N, H) for rows shared (N, W + 2), ahead (N, H, C) and weights (H, P)."""
    width = shared.shape[1]
    found = shared @ weights[:, :width].T
    return found + np.einsum("nhc,hc->nh", ahead, weights[:, width:]) if ahead.shape[-1] else found


def absolute(
    rows: Rows, kept: np.ndarray, penalty: float, start: np.ndarray, *, rounds: int = ROUNDS, close: float = CLOSE
) -> np.ndarray:
    """(H, P) weights of least absolute deviations, from those of least squares.

    By the alternating direction method of multipliers: every round is one product with the rows for all steps at once, and one
    with matrices that are inverted once.  Source: Boyd and others 2011, Foundations and Trends in ML 3(1), section 6.1.
    """
    width, constant = rows.shared.shape[1], rows.shared.shape[1] - 1
    seen, weights = rows.seen, rows.weights[:, None]
    own = kept[kept < width]
    narrow = replace(rows, shared=np.ascontiguousarray(rows.shared[:, own]))
    left = np.where(seen, np.abs(rows.targets - fitted_values(rows.shared, rows.ahead, start)), 0.0) * weights
    unit = np.maximum(left.sum(axis=0) / np.maximum((seen * weights).sum(axis=0), CONSTANT), 1e-12)  # (H,) a(h)
    goal = np.where(seen, rows.targets / unit, 0.0)
    gram = Normal.of(narrow).gram
    inverse = np.linalg.inv(gram + np.diag(_ridge(kept, penalty, constant)))
    beta = start[:, kept] / unit[:, None]
    fitted = fitted_values(narrow.shared, rows.ahead, beta)
    dual = np.zeros(goal.shape)
    for _ in range(rounds):
        error = fitted - goal + dual
        target = np.clip(error, -1.0, 1.0)
        shrunk = error - target
        dual = np.where(seen, target, 0.0)
        pulled = np.where(seen, goal + shrunk - dual, 0.0) * weights
        moment = _moments(narrow, pulled)  # (H, P')
        beta = moment @ inverse[0] if len(inverse) == 1 else (inverse @ moment[..., None])[..., 0]
        before, values = fitted, fitted_values(narrow.shared, rows.ahead, beta)
        fitted = RELAXED * values + (1 - RELAXED) * (shrunk + goal)
        if np.abs(np.where(seen, fitted - before, 0.0)).mean() < close:
            break
    found = np.zeros(start.shape)
    found[:, kept] = beta * unit[:, None]
    return found


def _moments(rows: Rows, pulled: np.ndarray) -> np.ndarray:
    """(H, P') the columns times what pulls at them (N, H)."""
    shared = pulled.T @ rows.shared
    return np.concatenate([shared, np.einsum("nhc,nh->hc", rows.ahead, pulled)], axis=1) if rows.ahead.shape[-1] else shared
