"""Conformal intervals of a panel: errors of all series, each in units of its series' size, where one series has too few.

The size of a series at an origin is, at each step ahead, a mean of two: of its own mean absolute error over the errors known
there, with the weight n, and of what a series of its scale usually errs, with the weight `PRIOR`. n counts its errors as if
they were independent (see `Clock.worth`): none leaves what is usual, many leave the series' own. What is usual is the median
over series of mean absolute error / scale, times the scale of this one. Errors over sizes are comparable between series, and
an interval is point ± quantile of these over all series × the size of this one. Each series weighs alike in that quantile,
however many origins it has. Its level is coverage · (1 + 1/N), N being what all errors are worth, as k = ⌈(n+1)·coverage⌉ is
of n errors. The size by which an error of the pool is divided leaves out the errors whose outcomes overlap its own, as
an interval is made without the outcomes that it is for; and n is for no interval larger than it is on average in the pool,
because a size that knows more of its series than those did would make the interval too wide.

If series are exchangeable, an interval covers with the probability that it claims, on average over series; it promises
nothing for one of them. Nothing is used that was not known at the origin, by the rule of `core.evaluation.clock`.
Source: Stankevičiūtė, Alaa & van der Schaar 2021, NeurIPS 34, who take series as exchangeable; Lei et al. 2018, J. American
Statistical Association 113(523), section 5.2, for errors over sizes; Efron & Morris 1975, J. American Statistical Association
70(350), for a mean of own and common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.backtest import outcomes
from core.evaluation.clock import ALWAYS, Clock, clock_of, stacked
from core.evaluation.conformal import exact, fewest, rolling_half_widths
from core.series.splits import Plan
from core.series.timeseries import Panel

PRIOR = 5.0  # how many errors of its own weigh as much as what is usual of a series of its scale
ROUNDING = 1e-9  # of a sum of weights
ENOUGH = 20_000  # errors at a step that a pool is made of; every k-th origin of a larger panel


def reaches(
    panel: Panel, plans: Mapping[str, Plan], errors: Mapping[str, np.ndarray], coverages: Mapping[str, Sequence[float]]
) -> dict[str, np.ndarray]:
    """(O + 1, K, H) by series id: half the width of each of its K intervals at each origin, and last, at the end.

    errors: (O, H) by series id, NaN where no actual was observed.  A coverage that the pool supports is of the pool, any other
    of the series alone, and NaN where neither supports it. At the end a coverage that neither supports, because a model lacks
    series that the pool was to be made of, reaches as far as the largest error of the pool.
    """
    every = tuple(sorted({coverage for some in coverages.values() for coverage in some}))
    pooled, enough = _pooled(panel, plans, errors, every) if every and _has_pool(panel, plans) else ({}, {})
    return {
        series.id: _reaches(
            plans[series.id], errors[series.id], tuple(coverages[series.id]), every,
            pooled.get(series.id), enough.get(series.id),
        ) for series in panel
    }  # fmt: skip


def _reaches(
    plan: Plan,
    errors: np.ndarray,
    coverages: tuple[float, ...],
    every: Sequence[float],
    pooled: np.ndarray | None,
    enough: np.ndarray | None,
) -> np.ndarray:
    """Of one series. pooled: (O + 1, len(every), H) by the pool, which held `enough` (O + 1,) errors; None without a pool."""
    origins = np.array(plan.origins, dtype=int)
    if pooled is None:
        return rolling_half_widths(origins, plan.horizon, np.append(origins, plan.length), errors, coverages)
    reach = pooled[:, [every.index(coverage) for coverage in coverages]]
    supported = enough[:, None] >= [fewest(coverage) for coverage in coverages]  # (O + 1, K)
    rows = np.flatnonzero(~supported.all(axis=1))
    own = rolling_half_widths(origins, plan.horizon, np.append(origins, plan.length)[rows], errors, coverages)
    if len(rows) and rows[-1] == len(origins):
        own[-1] = np.where(np.isnan(own[-1]), reach[-1], own[-1])
    reach[rows] = np.where(supported[rows, :, None], reach[rows], own)
    order = np.argsort(coverages)  # one of the pool may reach further than a higher one of the series alone
    reach[:, order] = np.maximum.accumulate(reach[:, order], axis=1)
    return reach


def worth(panel: Panel, plans: Mapping[str, Plan]) -> float:
    """How many independent errors the pool holds at the end, at the step with the fewest; 0 for a series that is alone."""
    if not _has_pool(panel, plans):
        return 0.0
    clock = clock_of(panel, plans)
    seen = stacked(clock, panel, plans, {one.id: outcomes(one.observed.astype(float), plans[one.id]) for one in panel}) == 1
    return float(_count(clock, seen, ALWAYS).min())


def _has_pool(panel: Panel, plans: Mapping[str, Plan]) -> bool:
    return len(panel) > 1 and any(plans[series.id].origins for series in panel)


def _count(clock: Clock, seen: np.ndarray, cutoff: int) -> np.ndarray:
    """(H,) what the errors known at a cutoff are worth, over all series; seen (S, R, H)."""
    known = (clock.known <= cutoff)[..., None] & seen
    return clock.worth(known[:, None]).sum(axis=(0, 1))


def _pooled(
    panel: Panel, plans: Mapping[str, Plan], errors: Mapping[str, np.ndarray], coverages: Sequence[float]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """By series id the same as `reaches`, of the pool alone, and (O + 1,) how many independent errors it held."""
    clock = clock_of(panel, plans)
    table = np.abs(stacked(clock, panel, plans, errors))  # (S, R, H)
    seen = ~np.isnan(table)
    absolute = np.where(seen, table, 0)
    cutoffs = clock.cutoffs()
    taken = [_pool(clock, absolute, seen, cutoff, coverages) for cutoff in cutoffs]
    usual, limit, quantiles, counts = (np.array(some) for some in zip(*taken, strict=True))
    at = clock.latest(cutoffs)  # (S, R + 1)
    known = clock.known[:, None] <= clock.now[:, :, None]  # (S, R + 1, R)
    mean, _ = _means(known, absolute, seen)
    weight = np.stack([clock.worth(known[:, [place], :, None] & seen[:, None])[:, 0] for place in range(known.shape[1])], 1)
    size = _mixed(mean, np.minimum(weight, limit[at]), usual[at], clock.scales)
    reach = quantiles[at] * size[:, :, None]  # (S, R + 1, K, H)
    found, enough = {}, {}
    for number, series in enumerate(panel):
        columns = [*plans[series.id].places, -1]
        found[series.id], enough[series.id] = reach[number, columns], counts[at[number, columns]]
    return found, enough


def _pool(
    clock: Clock, absolute: np.ndarray, seen: np.ndarray, cutoff: int, coverages: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """At one cutoff: (H,) the usual mean absolute error in units of the scale, (H,) the mean weight of a series' own errors in
    the sizes of the pool, (K, H) quantiles of errors over sizes, and how many independent errors there are."""
    known = clock.known <= cutoff
    mean, number = _means(known[:, None], absolute, seen)
    usual = _usual(mean[:, 0] / clock.scales[:, None], number[:, 0] > 0)
    rows = np.arange(known.shape[1])[:: -max(1, -(-int(clock.rows.sum()) // ENOUGH))]
    apart = np.abs(clock.places[:, rows, None] - clock.places[:, None]) >= clock.horizon  # (S, R', R)
    others, number = _means(apart & known[:, None], absolute, seen)  # (S, R', H)
    weight = np.where(number > 0, 1 + (number - 1) / np.arange(1, clock.horizon + 1), 0)
    size = _mixed(others, weight, usual, clock.scales)
    ratios = np.divide(absolute[:, rows], size, out=np.zeros_like(size), where=size > 0)
    there = seen[:, rows] & known[:, rows, None]
    alike = there / np.maximum(there.sum(axis=1, keepdims=True), 1)  # (S, R', H) each series weighs alike at each step
    limit = (weight * alike).sum(axis=(0, 1)) / np.maximum(alike.sum(axis=(0, 1)), 1)
    count = _count(clock, seen, cutoff)
    levels = np.array([float(exact(coverage)) for coverage in coverages])[:, None] * (1 + 1 / np.maximum(count, 1))
    return usual, limit, _quantiles(ratios, there, alike, levels), float(count.min())


def _means(known: np.ndarray, absolute: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (S, P, H) of what is known (S, P, R) of absolute (S, R, H), 0 of nothing, and how many errors there are."""
    number = known.astype(np.float64) @ seen.astype(np.float64)
    return (known.astype(np.float64) @ absolute) / np.maximum(number, 1), number


def _usual(scaled: np.ndarray, has: np.ndarray) -> np.ndarray:
    """(S, H) -> (H,) the median over the series that have errors; their mean where it is 0; NaN where none has."""
    found = np.full(scaled.shape[1], np.nan)
    for step in np.flatnonzero(has.any(axis=0)):
        some = scaled[has[:, step], step]
        found[step] = np.median(some) or np.mean(some)
    return found


def _mixed(mean: np.ndarray, weight: np.ndarray, usual: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Sizes (S, P, H): own means with their weights (S, P, H), and what is usual (..., H) of series with these scales (S,)."""
    return (weight * mean + PRIOR * scales[:, None, None] * usual) / (weight + PRIOR)


def _quantiles(values: np.ndarray, there: np.ndarray, weights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(K, H) weighted quantiles at levels (K, H) of values (S, R, H) where they are there."""
    kept = there.any(axis=2)
    if not kept.any():
        return np.full(levels.shape, np.nan)
    values, weights = np.where(there, values, np.inf)[kept], weights[kept]  # (N, H)
    order = np.argsort(values, axis=0)
    values = np.take_along_axis(values, order, axis=0)
    total = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    largest = np.maximum(np.isfinite(values).sum(axis=0) - 1, 0)  # (H,) the row of it
    rows = [np.minimum((total < (level - ROUNDING) * total[-1]).sum(axis=0), largest) for level in levels]
    return np.array([np.take_along_axis(values, row[None], axis=0)[0] for row in rows]).reshape(levels.shape)
