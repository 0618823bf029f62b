"""Which forms an autoregression may have, and what speaks for each: a criterion, and forecasts of the last half."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.models.lags import Prefix, dies_away, longest_order, prefixes
from core.models.terms import Deterministic

WAVES = (1, 2, 3, 4, 6, 10)  # how many are tried, below what a constant for each position amounts to
MOST_POSITIONS = 60  # steps of a season up to which a constant for each position is tried
ORIGINS = 48  # at most, of the forecasts of the last half
NEAR, CLEARLY = 10.0, 0.1  # how far in score a form may lie behind the best, and how much smaller its errors must be
PAIRS = 7  # lags at most that are repeated one season earlier
UNIT_ROOT = 3.0  # what an equation without any difference costs, in units of −2 log likelihood


@dataclass(frozen=True)
class Form:
    """What stands beside the lags, and what the lags are of: the values, their changes, their changes over a season or both."""

    differences: int = 0
    seasonal: str = "none"
    harmonics: int = 0
    seasonal_differences: int = 0

    def trend(self, trend: str) -> str:
        """What is left of a trend: the slope of changes is a constant, that of changes of changes is nothing."""
        count = self.differences + self.seasonal_differences
        return "none" if count == 2 else "constant" if count == 1 and trend == "linear" else trend

    def values(self, values: np.ndarray, season: int) -> np.ndarray:
        """The values that the lags are of, `lost` fewer than there are."""
        values = np.diff(values) if self.differences else values
        return values[season:] - values[:-season] if self.seasonal_differences else values

    def undone(self, errors: np.ndarray, season: int) -> np.ndarray:
        """(O, H) errors of the series, from those (O, H) of forecasts of the differences."""
        errors = errors.copy()
        for step in range(season, errors.shape[1] if self.seasonal_differences else 0):
            errors[:, step] += errors[:, step - season]
        return np.cumsum(errors, axis=1) if self.differences else errors

    def lost(self, season: int) -> int:
        return self.differences + season * self.seasonal_differences


@dataclass(frozen=True, eq=False)
class Candidate:
    """A form with its lags; a smaller score is better, and scores of all forms of one series are comparable."""

    form: Form
    prefix: Prefix
    score: float

    @property
    def kind(self) -> tuple[int, int, bool, bool]:
        """Candidates of one kind differ in their order and in the number of waves alone."""
        form = self.form
        return form.differences, form.seasonal_differences, form.seasonal != "none", self.prefix.lags[0] > 1

    @property
    def is_plain(self) -> bool:
        """Whether no season is in it, but that of lags 1 … p."""
        return self.form == Form(self.form.differences) and self.prefix.lags[0] == 1

    @property
    def lags(self) -> tuple[int, ...]:
        return tuple(sorted(self.prefix.lags))

    @property
    def is_sound(self) -> bool:
        """Whether its columns say different things, and every shock dies away, in the differences if there are any."""
        return not self.prefix.is_collinear and not self.prefix.is_unstable


def open_forms(length: int, season: int, differences: Sequence[int], *, has_covariates: bool) -> Iterator[Form]:
    """All that are tried where the season is left to choose.

    Changes over a season are not tried beside covariates, which would have to be differenced with them. A season is given two
    and four more steps, below which no form of it can be told from chance.
    """
    for count in differences:
        yield Form(count)
        if season == 1 or length < 2 * season + 4:
            continue
        yield from (Form(count, "fourier", waves) for waves in WAVES if 2 * waves < season - 1)
        if season <= MOST_POSITIONS:
            yield Form(count, "dummies")
        if not has_covariates:
            yield Form(count, seasonal_differences=1)


def candidates(
    form: Form, values: np.ndarray, columns: np.ndarray, season: int, criterion: str, *, length: int, repeats_season: bool
) -> Iterator[Candidate]:
    """One form with every order: lags 1 … p; where repeats_season also with those a season earlier.

    values (T,), in units of the series; columns (T, K);  length: of the series, which bounds the order.

    Differencing does not change the density of a value given its past, so the criterion per step compares forms too, times the
    steps of the series. A unit root is the exception: twice the gain in likelihood of the root over the difference exceeds 2,
    which is what AIC asks for it, in every second random walk. So a form without differences costs UNIT_ROOT more. With
    that, of 200 each, an AR(1) of 0.9 is differenced in 1 % of 400 steps and 30 % of 100, a random walk in 74 and 60 %.
    Source: Dickey & Fuller 1979, J. American Statistical Association 74, of what the gain is distributed as.
    """
    longest = min(longest_order(length, season), max(1, (len(values) - columns.shape[1] - 3) // 2))
    plain = range(1, longest + 1)
    families = [(plain, plain)]
    if repeats_season and season > 1 and form.seasonal == "none" and length >= 2 * season + 4:
        count = min(PAIRS, season - 1, (len(values) - season) // 6)
        if form.seasonal_differences:
            families.append(([season, *range(1, count + 1)], range(2, count + 2)))
        else:
            both = [lag for near in range(1, count + 1) for lag in (near, season + near)]
            families.append(([season, *both], range(3, 2 * count + 2, 2)))
    is_level = form.differences + form.seasonal_differences == 0 and criterion != "rolling"
    for lags, sizes in families:
        if not sizes:
            continue
        seen, unseen = _tables(values, columns, lags, criterion)
        if len(seen) > columns.shape[1] + 2:
            for prefix in prefixes(seen, lags, sizes, criterion, unseen=unseen):
                yield Candidate(form, prefix, length * prefix.score + UNIT_ROOT * is_level)


def preferred(
    ranked: Sequence[Candidate], parts: Callable[[Form], tuple[np.ndarray, np.ndarray]], season: int, horizon: int
) -> Candidate | None:
    """The first sound candidate, or one of another kind near it that would have forecast the last half clearly better.

    ranked: the best first;  parts: values and columns of a form, as in `candidates`.  Nothing where no candidate is sound.

    The criterion is about one step. On training parts of CIF 2016, M3 and tourism, cut back by a horizon, and on simulated
    series of 60 to 300 steps errors of all steps were the better guide between forms that it hardly tells apart, and a worse
    one between all forms.
    """
    kinds: dict[tuple, Candidate] = {}
    for one in ranked:
        if kinds and one.score > next(iter(kinds.values())).score + NEAR:
            break
        if one.kind not in kinds and one.is_sound:
            kinds[one.kind] = one
    if len(kinds) < 2:
        return next(iter(kinds.values()), None)
    first, *others = kinds.values()
    errors = {one.kind: _rolled_error(one, *parts(one.form), season, horizon) for one in kinds.values()}
    best = min(others, key=lambda one: errors[one.kind])
    return best if errors[best.kind] < (1 - CLEARLY) * errors[first.kind] else first


def _rolled_error(one: Candidate, values: np.ndarray, columns: np.ndarray, season: int, horizon: int) -> float:
    """Mean absolute error of forecasts of the last half, with weights from the first half alone; infinite if not stable."""
    most, lags, before = max(one.lags), np.array(one.lags), len(values) // 2
    horizon = min(horizon, len(values) - before)
    rows = np.arange(most, before)
    if len(rows) <= columns.shape[1] + len(lags):
        return np.inf
    table = np.column_stack([columns[rows], values[rows[:, None] - lags]])
    weights = np.linalg.lstsq(table, values[rows], rcond=None)[0]
    fixed, dense = weights[: columns.shape[1]], np.zeros(most)
    dense[lags - 1] = weights[columns.shape[1] :]
    if not dies_away(dense):
        return np.inf
    last = len(values) - horizon
    origins = np.unique(np.linspace(before, last, min(ORIGINS, last - before + 1)).round().astype(int))
    path = np.column_stack([values[origins[:, None] + np.arange(-most, 0)], np.empty((len(origins), horizon))])
    for step in range(horizon):
        path[:, most + step] = path[:, step : most + step] @ dense[::-1] + columns[origins + step] @ fixed
    errors = path[:, most:] - values[origins[:, None] + np.arange(horizon)]
    return float(np.abs(one.form.undone(errors, season)).mean())


def _tables(
    values: np.ndarray, columns: np.ndarray, lags: Sequence[int], criterion: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """Columns, lagged values and target of all steps; by "rolling" less the last fifth, and that."""
    most = max(lags)
    lagged = np.column_stack([values[most - lag : len(values) - lag] for lag in lags])
    table = np.column_stack([columns[most:], lagged, values[most:]])
    held = max(1, len(values) // 5) if criterion == "rolling" else 0
    return (table[:-held], table[-held:]) if held else (table, None)


def deterministic(form: Form, trend: str, season: int) -> Deterministic:
    """The terms beside the lags that the step alone decides."""
    return Deterministic(form.trend(trend), form.seasonal, season, form.harmonics)
