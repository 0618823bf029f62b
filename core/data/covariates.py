"""Covariates on the grid of a series: gaps filled with the last value, known ones reaching beyond its end."""

from __future__ import annotations

import numpy as np

from core.data.table import quoted
from core.errors import DataError


def input_rows(
    inputs: np.ndarray, places: np.ndarray, length: int, roles: tuple[str, ...]
) -> tuple[np.ndarray | None, int, int]:
    """Covariates (T + F, C) on the grid of a series of T steps with their gaps filled, F, and how many gaps there were.

    F reaches to the last row that has a known covariate. Every covariate has a value at step 0 or before it (`begin`).
    """
    if not roles:
        return None, 0, 0
    is_known = np.array([role == "known" for role in roles])
    has_known = ~np.isnan(inputs[:, is_known]).all(axis=1) if is_known.any() else np.zeros(len(inputs), bool)
    end = max(length, int(places[has_known].max(initial=-1)) + 1)
    grid = np.full((end, len(roles)), np.nan)
    inside = (places >= 0) & (places < end)
    grid[places[inside]] = inputs[inside]
    gaps = int(np.isnan(grid[:length]).sum() + np.isnan(grid[length:, is_known]).sum())
    for column, earlier in zip(grid.T, inputs[places < 0].T, strict=True):
        forward_fill(column, earlier)
    grid[length:, ~is_known] = np.nan
    return grid, end - length, gaps


def begin(inputs: np.ndarray, places: np.ndarray, names: tuple[str, ...]) -> tuple[int, str]:
    """The first place at which each covariate has a value or has had one, and the covariate that is the last to have it.

    inputs (R, C) on ascending places (R,).  Raises DataError for a covariate without any value.
    """
    has_value = ~np.isnan(inputs)
    if not has_value.any(axis=0).all():
        name = names[int(np.argmin(has_value.any(axis=0)))]
        raise DataError(f"the covariate {quoted(name)} has no value; fill it in, or leave the covariate out")
    firsts = places[has_value.argmax(axis=0)]
    return int(firsts.max()), names[int(firsts.argmax())]


def forward_fill(column: np.ndarray, earlier: np.ndarray) -> None:
    """Gaps of (T,) get the last value in place, those at the start the last one of `earlier`."""
    if np.isnan(column[0]):
        column[0] = earlier[~np.isnan(earlier)][-1]
    column[:] = column[np.maximum.accumulate(np.where(np.isnan(column), 0, np.arange(len(column))))]
