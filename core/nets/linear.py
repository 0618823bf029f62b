"""The linear path of a network: an autoregression by ridge regression, rolled forward to all H steps in closed form.

It is where training starts, so that a network spends its capacity on what is not linear, and it carries a forecast where a
network alone extrapolates badly. Here it is also settled whether a series keeps its level: both ways are tried on a part that
is left out for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_FOR_ORDER = 10_000  # newest rows that choose the order: more of them hardly change it
RIDGE = 10.0  # strength of the pull towards "the last value stays": that of ten training rows


@dataclass(frozen=True, eq=False)
class LinearPath:
    """weights (J + 1, H) on lags and level, bias (H,); `keeps_level` False if the level has no weight."""

    weights: np.ndarray
    bias: np.ndarray
    keeps_level: bool

    def __call__(self, linear: np.ndarray) -> np.ndarray:
        """(N, J + 1) features -> (N, H) scaled changes."""
        return linear @ self.weights + self.bias


@dataclass(frozen=True, eq=False)
class Rows:
    """Steps to learn from or to validate on: linear (N, J + 1), targets (N, H), seen (N, H)."""

    linear: np.ndarray
    targets: np.ndarray
    seen: np.ndarray


def fit_linear(train: Rows, level_per_step: float, *, keeps_level: bool) -> LinearPath:
    """The path with or without the level.

    level_per_step: how much the level feature moves when the series moves by one scaled unit (step / spread).
    """
    one_step = _one_step(train, _order(train, keeps_level=keeps_level), keeps_level=keeps_level)
    return rolled(one_step, train.targets.shape[1], level_per_step, keeps_level=keeps_level)


def keeps_level(train: Rows, held_out: Rows, level_per_step: float) -> bool:
    """Whether a path that knows the level, fitted to `train`, is at least as good on `held_out` as one that does not."""
    if not len(train.linear):
        return False
    errors = [_error(fit_linear(train, level_per_step, keeps_level=keeps), held_out) for keeps in (True, False)]
    return errors[0] <= errors[1]


def _error(path: LinearPath, rows: Rows) -> float:
    """Mean absolute error, each step ahead in units of the size of its change; infinite where none can be measured."""
    if not rows.seen.any():
        return np.inf
    size = np.maximum(np.abs(rows.targets).mean(axis=0), 1e-12)
    with np.errstate(over="ignore", invalid="ignore"):
        error = float((np.abs(path(rows.linear) - rows.targets) / size)[rows.seen].mean())
    return error if np.isfinite(error) else np.inf


def _order(rows: Rows, *, keeps_level: bool) -> int:
    """How many of the J lags earn their weight, by AIC over the newest rows, all orders on the same rows.

    One QR factorisation of [1, level, lags, goal] has every residual sum of squares: what is left of the goal behind a column.
    """
    seen = np.flatnonzero(rows.seen[:, 0])[-MOST_FOR_ORDER:]
    lags, fixed, count = rows.linear.shape[1] - 1, 1 + keeps_level, len(seen)
    if count <= lags + fixed + 1:
        return lags
    linear, goal = rows.linear[seen], rows.targets[seen, :1]
    columns = [np.ones((count, 1)), *([linear[:, -1:]] if keeps_level else []), linear[:, :-1], goal]
    left = np.linalg.qr(np.concatenate(columns, axis=1), mode="r")[:, -1] ** 2
    rest = np.cumsum(left[::-1])[::-1][fixed : fixed + lags + 1]  # (J + 1,) residual sum of squares with 0 … J lags
    return int(np.argmin(count * np.log(np.maximum(rest, 1e-12 * rest[0] + 1e-300)) + 2 * np.arange(lags + 1)))


def _one_step(rows: Rows, order: int, *, keeps_level: bool) -> np.ndarray:
    """(J + 2,) weights on lags, level and 1 that predict the first step ahead. The constant is not shrunk.

    Lags beyond the order have weight 0.
    """
    seen = rows.seen[:, 0]
    linear = rows.linear[seen]
    design = np.column_stack([linear, np.ones(len(linear))])
    design[:, order:-2] = 0.0
    if not keeps_level:
        design[:, -2] = 0.0
    penalty = np.full(design.shape[1], RIDGE)
    penalty[-1] = 1e-6
    return np.linalg.solve(design.T @ design + np.diag(penalty), design.T @ rows.targets[seen, 0])


def rolled(one_step: np.ndarray, horizon: int, level_per_step: float, *, keeps_level: bool) -> LinearPath:
    """All H steps from the one-step weights, each forecast fed back as the newest value.

    The path of y(t+k) − y(t), k = −J … H, is followed as a vector of weights on the J + 2 features of step t.
    """
    size = len(one_step)
    basis = np.eye(size)
    lags = size - 2
    path = {0: np.zeros(size)} | {-j: basis[j - 1] for j in range(1, lags + 1)}
    for ahead in range(1, horizon + 1):
        now = path[ahead - 1]
        change = sum((one_step[j - 1] * (path[ahead - 1 - j] - now) for j in range(1, lags + 1)), np.zeros(size))
        level = basis[-2] + level_per_step * now
        path[ahead] = now + change + one_step[-2] * level + one_step[-1] * basis[-1]
    weights = np.stack([path[ahead] for ahead in range(1, horizon + 1)], axis=1)  # (J + 2, H)
    return LinearPath(weights[:-1], weights[-1], keeps_level)


def stack(rows: Sequence[Rows]) -> Rows:
    """The rows of several series under each other."""
    return Rows(*(np.concatenate([getattr(one, part) for one in rows]) for part in ("linear", "targets", "seen")))
