"""Which past values an autoregression uses: its order by a criterion, and sparse lags by backward elimination."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.errors import ConfigError

CRITERIA = ("aic", "bic", "hqic", "rolling")
FARTHEST = 1_000  # steps back
MOST_ELIMINATED = 100  # lags that elimination starts from: its cost grows with their fourth power


def parsed_lags(text: str, owner: str) -> tuple[int, ...]:
    """(1, 2, 12) from "12, 1,2".  Raises ConfigError naming the value."""
    parts = [part.strip() for part in text.split(",")]
    lags = sorted({int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 4})
    if len(lags) < len(parts) or not 1 <= lags[0] <= lags[-1] <= FARTHEST:
        raise ConfigError(f"{owner}.lags is {text!r}; give whole numbers from 1 to {FARTHEST}, each once, such as 1,2,12")
    return tuple(lags)


def longest_order(length: int, season: int) -> int:
    """The longest order that is tried: Schwert's 12 · (T/100)^¼, and two seasons where those are not too long.

    Source: Schwert 1989, J. Business & Economic Statistics 7(2).
    """
    schwert = int(12 * (length / 100) ** 0.25)
    return max(schwert, min(2 * season + 1, 60) if season > 1 else 0)


def chosen_lags(
    values: np.ndarray, fixed: np.ndarray, lags: Sequence[int], criterion: str, *, is_nested: bool, is_sparse: bool
) -> tuple[int, ...]:
    """Those of the increasing `lags` whose regression the criterion likes best.

    values (T,) and fixed (T, K), the columns that every candidate has. All candidates are compared on the steps that have every
    lag. is_nested: lags[:1], lags[:2], … are candidates; otherwise all `lags`, and is_sparse adds those left when one after the
    other the least significant is dropped from all of them. "rolling": the squared one-step errors over the last fifth, with
    weights from before it; the others as Lütkepohl has them.
    Source: Lütkepohl 2005, sections 4.3 and 5.2.8; Brüggemann & Lütkepohl 2001 (elimination by t ratios).
    """
    most = max(lags)
    lagged = np.column_stack([values[most - lag : len(values) - lag] for lag in lags])
    regressors, target, base = np.hstack([fixed[most:], lagged]), values[most:], fixed.shape[1]
    rows = len(target) - max(1, len(target) // 5) if criterion == "rolling" else len(target)
    small = np.linalg.qr(np.column_stack([regressors, target])[:rows], mode="r")  # the same least squares, in few rows
    candidates = [list(range(count)) for count in range(1, len(lags))] if is_nested else []
    candidates += _eliminated(small, base, len(lags)) if is_sparse else [list(range(len(lags)))]

    def score(kept: list[int]) -> float:
        columns = [*range(base), *(base + place for place in kept)]
        weights = _weights(small, columns)
        if criterion == "rolling":
            return float(np.mean((target[rows:] - regressors[rows:, columns] @ weights) ** 2))
        left = float(np.sum((small[:, -1] - small[:, columns] @ weights) ** 2)) / rows
        return math.log(max(left, 1e-300)) + _penalty(criterion, rows) * len(columns) / rows

    return tuple(lags[place] for place in min(candidates, key=score))


def _penalty(criterion: str, rows: int) -> float:
    """What a parameter costs."""
    return {"aic": 2.0, "bic": math.log(rows), "hqic": 2 * math.log(math.log(rows))}[criterion]


def _weights(small: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    return np.linalg.lstsq(small[:, columns], small[:, -1], rcond=None)[0]


def _eliminated(small: np.ndarray, base: int, count: int) -> list[list[int]]:
    """All lags, then all but the one whose t ratio is smallest, and so on to the last."""
    kept = list(range(count))
    found = [kept]
    while len(kept) > 1:
        inverse = np.linalg.pinv(small[:, [*range(base), *(base + place for place in kept)]])
        ratios = (inverse @ small[:, -1]) ** 2 / np.maximum(np.sum(inverse**2, axis=1), 1e-300)
        least = int(np.argmin(ratios[base:]))
        kept = kept[:least] + kept[least + 1 :]
        found.append(kept)
    return found
