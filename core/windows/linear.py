"""The linear path of a network: an autoregression by ridge regression, rolled forward to all H steps in closed form.

Its F = J + 1 + (H + 1) K features at a step t are J lags, the level, and K covariates z(t) … z(t+H) that are known there
(`core.windows.extras`); its first step has weights on the lags, the level, z(t), z(t+1) and 1.

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
    """weights (F, H), bias (H,); `keeps_level` False if the level has no weight; K covariates."""

    weights: np.ndarray
    bias: np.ndarray
    keeps_level: bool
    covariates: int = 0

    def __call__(self, linear: np.ndarray) -> np.ndarray:
        """(N, F) features -> (N, H) scaled changes."""
        return linear @ self.weights + self.bias


@dataclass(frozen=True, eq=False)
class Rows:
    """Steps to learn from or to validate on: linear (N, F), targets (N, H), seen (N, H), and K."""

    linear: np.ndarray
    targets: np.ndarray
    seen: np.ndarray
    covariates: int = 0

    @property
    def lags(self) -> int:
        """J"""
        return self.linear.shape[1] - 1 - (self.targets.shape[1] + 1) * self.covariates

    @property
    def first(self) -> np.ndarray:
        """(N, J + 1 + 2 K): what the first step ahead is said from."""
        return self.linear[:, : self.lags + 1 + 2 * self.covariates]


def fit_linear(train: Rows, level_per_step: float, *, keeps_level: bool) -> LinearPath:
    """The path with or without the level.

    level_per_step: how much the level feature moves when the series moves by one scaled unit (step / spread).
    """
    one_step = _one_step(train, _order(train, keeps_level=keeps_level), keeps_level=keeps_level)
    horizon = train.targets.shape[1]
    return rolled(one_step, horizon, level_per_step, keeps_level=keeps_level, covariates=train.covariates)


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

    One QR factorisation of [1, level, covariates, lags, goal] has every residual sum of squares: what is left of the goal
    behind a column.
    """
    seen = np.flatnonzero(rows.seen[:, 0])[-MOST_FOR_ORDER:]
    lags, fixed, count = rows.lags, 1 + 2 * rows.covariates + keeps_level, len(seen)
    if count <= lags + fixed + 1:
        return lags
    linear, goal = rows.first[seen], rows.targets[seen, :1]
    beside = linear[:, lags if keeps_level else lags + 1 :]
    columns = [np.ones((count, 1)), beside, linear[:, :lags], goal]
    left = np.linalg.qr(np.concatenate(columns, axis=1), mode="r")[:, -1] ** 2
    rest = np.cumsum(left[::-1])[::-1][fixed : fixed + lags + 1]  # (J + 1,) residual sum of squares with 0 … J lags
    return int(np.argmin(count * np.log(np.maximum(rest, 1e-12 * rest[0] + 1e-300)) + 2 * np.arange(lags + 1)))


def _one_step(rows: Rows, order: int, *, keeps_level: bool) -> np.ndarray:
    """(J + 2 K + 2,) weights on lags, level, covariates and 1 that predict the first step ahead. The constant is not shrunk.

    Lags beyond the order have weight 0.
    """
    seen = rows.seen[:, 0]
    linear = rows.first[seen]
    design = np.column_stack([linear, np.ones(len(linear))])
    design[:, order : rows.lags] = 0.0
    if not keeps_level:
        design[:, rows.lags] = 0.0
    penalty = np.full(design.shape[1], RIDGE)
    penalty[-1] = 1e-6
    return np.linalg.solve(design.T @ design + np.diag(penalty), design.T @ rows.targets[seen, 0])


def rolled(one_step: np.ndarray, horizon: int, level_per_step: float, *, keeps_level: bool, covariates: int = 0) -> LinearPath:
    """All H steps from the one-step weights, each forecast fed back as the newest value.

    The path of y(t+k) − y(t), k = −J … H, is followed as a vector of weights on the features of step t, and 1.
    """
    lags = len(one_step) - 2 - 2 * covariates
    size = lags + 2 + (horizon + 1) * covariates
    basis, told = np.eye(size), one_step[lags + 1 : -1]  # (2 K,) on z(t), z(t+1)
    path = {0: np.zeros(size)} | {-j: basis[j - 1] for j in range(1, lags + 1)}
    for ahead in range(1, horizon + 1):
        now = path[ahead - 1]
        change = sum((one_step[j - 1] * (path[ahead - 1 - j] - now) for j in range(1, lags + 1)), np.zeros(size))
        level = basis[lags] + level_per_step * now
        path[ahead] = now + change + one_step[lags] * level + one_step[-1] * basis[-1]
        at = lags + 1 + (ahead - 1) * covariates
        path[ahead][at : at + 2 * covariates] += told
    weights = np.stack([path[ahead] for ahead in range(1, horizon + 1)], axis=1)  # (F + 1, H)
    return LinearPath(weights[:-1], weights[-1], keeps_level, covariates)


def stack(rows: Sequence[Rows]) -> Rows:
    """The rows of several series under each other."""
    parts = (np.concatenate([getattr(one, part) for one in rows]) for part in ("linear", "targets", "seen"))
    return Rows(*parts, rows[0].covariates)
