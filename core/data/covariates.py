"""Covariates on the grid of a series: gaps filled with the last value, known ones reaching beyond its end."""

from __future__ import annotations

import numpy as np


def input_rows(
    inputs: np.ndarray, places: np.ndarray, length: int, roles: tuple[str, ...]
) -> tuple[np.ndarray | None, int, int]:
    """Covariates (T + F, C) on the grid of a series of T steps with their gaps filled, F, and how many gaps there were.

    F reaches to the last row that has a known covariate. A covariate without any value is zero throughout.
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
    for column in grid.T:
        forward_fill(column)
    grid[length:, ~is_known] = np.nan
    return grid, end - length, gaps


def forward_fill(column: np.ndarray) -> None:
    """Gaps of (T,) get the last value in place, those at the start the first one, all of them 0 if there is none."""
    present = ~np.isnan(column)
    if not present.any():
        column[:] = 0.0
        return
    last = np.maximum.accumulate(np.where(present, np.arange(len(column)), -1))
    column[:] = column[np.where(last < 0, int(np.argmax(present)), last)]
