"""Which past values an autoregression uses: orders scored by a criterion, and sparse lags by backward elimination."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import ConfigError

CRITERIA = ("aicc", "aic", "bic", "hqic", "rolling")
FARTHEST = 1_000  # steps back
COLLINEAR = 1e-6  # of a column's size: what is left of it beside the columns before it, below which they say the same
EXACT = 1e-18  # of the sum of squares: a smaller one that is left is rounding
ON_THE_CIRCLE = 1e-6  # a root that lies less than this outside is rounding: an exact wave goes on for ever
MOST_ELIMINATED = 100  # lags that elimination starts from: its cost grows with their fourth power


def parsed_lags(text: str, owner: str) -> tuple[int, ...]:
    """(1, 2, 12) from "12, 1,2".  Raises ConfigError naming the value."""
    parts = [part.strip() for part in text.split(",")]
    lags = sorted({int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 4})
    if len(lags) < len(parts) or not 1 <= lags[0] <= lags[-1] <= FARTHEST:
        raise ConfigError(f"{owner}.lags is {text!r}; give whole numbers from 1 to {FARTHEST}, each once, such as 1,2,12")
    return tuple(lags)


def longest_order(length: int, season: int) -> int:
    """The longest order that is tried: Schwert's 12 · (T/100)^¼ or two seasons, whichever is longer, but at most T/4.

    Source: Schwert 1989, J. Business & Economic Statistics 7(2).
    """
    schwert = int(12 * (length / 100) ** 0.25)
    return max(1, min(max(schwert, min(2 * season + 1, 60) if season > 1 else 0), length // 4))


@dataclass(frozen=True, eq=False)
class Prefix:
    """The first of some lags, in any order, and how the criterion likes their regression: a smaller score is better.

    small  triangular: the regression on all lags in few rows, its last column the target;  beside: columns that are no lags
    """

    lags: tuple[int, ...]
    score: float
    small: np.ndarray
    beside: int

    @property
    def is_collinear(self) -> bool:
        """Whether some column is nearly a weighted sum of those before it."""
        square = self._square
        sizes = np.linalg.norm(square, axis=0)
        return bool((np.abs(np.diag(square)) <= COLLINEAR * sizes).any())

    @property
    def is_unstable(self) -> bool:
        """Whether a root of the lags lies outside the unit circle.  The columns must not be collinear."""
        weights = np.linalg.solve(self._square, self.small[: len(self._square), -1])[self.beside :]
        dense = np.zeros(max(self.lags))
        dense[np.array(self.lags) - 1] = weights
        return not dies_away(dense / (1 + ON_THE_CIRCLE) ** np.arange(1, len(dense) + 1))

    @property
    def _square(self) -> np.ndarray:
        count = self.beside + len(self.lags)
        return self.small[:count, :count]


def prefixes(
    table: np.ndarray, lags: Sequence[int], sizes: Sequence[int], criterion: str, *, unseen: np.ndarray | None = None
) -> list[Prefix]:
    """The regressions on the first `sizes` of `lags`, each on the rows of the table and with all columns that are no lags.

    table (N, K + len(lags) + 1): K columns beside the lags, the lagged values, the target.  unseen, of as many columns: the
    steps whose squared one-step errors are the score by "rolling"; by the others it is a criterion per step, such as
    ln σ² + 2k / (N − k − 1). Sizes that leave no step to spare are left out.
    Source: Hurvich & Tsai 1989, Biometrika 76(2), of AICc; Lütkepohl 2005, section 4.3, of the others.
    """
    rows, beside = len(table), table.shape[1] - len(lags) - 1
    small = np.linalg.qr(table, mode="r")  # the same least squares, in few rows
    left = np.append(np.cumsum(small[::-1, -1] ** 2)[::-1], 0.0)
    left = np.maximum(left, max(EXACT * left[0], 1e-300))  # of exact regressions the shortest is best
    found = []
    for size in sizes:
        count = beside + size
        if rows - count - 2 <= 0:
            break
        if criterion == "rolling":
            weights = _weights(small, range(count))
            score = math.log(max(float(np.mean((unseen[:, -1] - unseen[:, :count] @ weights) ** 2)), 1e-300))
        else:
            score = math.log(float(left[count]) / rows) + _penalty(criterion, rows, count)
        found.append(Prefix(tuple(lags[:size]), score, small, beside))
    return found


def dies_away(lags: np.ndarray) -> bool:
    """Whether all inverse roots of the weights (p,) lie inside the unit circle: no partial correlation reaches 1.

    Source: the recursion of Levinson and Durbin backwards, as in Monahan 1984, Biometrika 71(2).
    """
    while len(lags):
        partial = lags[-1]
        if not abs(partial) < 1:
            return False
        lags = (lags[:-1] + partial * lags[-2::-1]) / (1 - partial**2)
    return True


def feedback(lags: np.ndarray, season: int) -> np.ndarray:
    """(p + m,) weights on past values of an equation with weights (p,) on their changes over a season of m steps."""
    change = np.zeros(season + 1)
    change[0], change[-1] = 1.0, -1.0
    return -np.convolve(np.concatenate([[1.0], -lags]), change)[1:]


def chosen_lags(values: np.ndarray, fixed: np.ndarray, lags: Sequence[int], criterion: str) -> tuple[int, ...]:
    """Those of the increasing `lags` that the criterion likes best while one after the other the least significant is dropped.

    values (T,) and fixed (T, K), the columns that every candidate has. All candidates are compared on the steps that have every
    lag. "rolling": the squared one-step errors over the last fifth, with weights from before it.
    Source: Lütkepohl 2005, section 5.2.8; Brüggemann & Lütkepohl 2001 (elimination by t ratios).
    """
    most = max(lags)
    lagged = np.column_stack([values[most - lag : len(values) - lag] for lag in lags])
    regressors, target, base = np.hstack([fixed[most:], lagged]), values[most:], fixed.shape[1]
    rows = len(target) - max(1, len(target) // 5) if criterion == "rolling" else len(target)
    small = np.linalg.qr(np.column_stack([regressors, target])[:rows], mode="r")  # the same least squares, in few rows

    def score(kept: list[int]) -> float:
        columns = [*range(base), *(base + place for place in kept)]
        weights = _weights(small, columns)
        if criterion == "rolling":
            return float(np.mean((target[rows:] - regressors[rows:, columns] @ weights) ** 2))
        left = float(np.sum((small[:, -1] - small[:, columns] @ weights) ** 2)) / rows
        return math.log(max(left, 1e-300)) + _penalty(criterion, rows, len(columns))

    return tuple(lags[place] for place in min(_eliminated(small, base, len(lags)), key=score))


def _penalty(criterion: str, rows: int, count: int) -> float:
    """What `count` parameters cost, per step."""
    if criterion == "aicc":  # the variance is one more
        return 2 * (count + 1) / (rows - count - 2) if rows > count + 2 else math.inf
    return {"aic": 2.0, "bic": math.log(rows), "hqic": 2 * math.log(math.log(rows))}[criterion] * count / rows


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
