"""What the series of a panel say of its models, each with one voice: the share won, the skill over other series, mean ranks.

A test over dates asks whether a difference would last; this asks whether it holds from series to series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import DataError
from core.evaluation.losses import without_rounding
from core.evaluation.spec import RunSpec
from core.evaluation.verdict import Pair
from core.stats.ranks import FEWEST, average_ranks
from core.stats.resampling import skill_interval, skill_over_series

BOTH, ALONE = "series and dates", "series alone"


@dataclass(frozen=True)
class AcrossSeries:
    """A model, a, against the rival, b, over a panel. The losses of a series are averaged over its dates before all series are.

    series     how many both have losses of;  won: the share of these on which a has the smaller loss, equal ones count half
    skill      the share of b's loss that a saves, None where one of them is exact
    low, high  its 95 % interval, for all rows at once by Bonferroni's rule; None where there is none
    over       what was drawn for the interval: "series and dates", or "series alone" at these very dates
    reason     why it is not over series and dates; empty where it is
    """

    a: str
    b: str
    series: int
    won: float
    skill: float | None = None
    low: float | None = None
    high: float | None = None
    over: str = ""
    reason: str = ""

    @property
    def chance(self) -> float | None:
        """Always None: an interval was computed, and no p."""
        return None


@dataclass(frozen=True)
class PanelEvidence:
    """series: how many are scored.  rows: every challenger against the rival, in the order of the ranking.

    ranks     the mean rank of each ranked model over the series, 1 the best, by label in the order of the ranking; ties share
    distance  the critical distance: models whose mean ranks lie farther apart differ, 95 % for all at once; None with one model
    """

    series: int
    rows: tuple[AcrossSeries, ...] = ()
    ranks: Mapping[str, float] | None = None
    distance: float | None = None


def across_series(
    spec: RunSpec,
    table: Mapping[str, np.ndarray],
    ranking: Sequence[str],
    challengers: Sequence[str] = (),
    rival: str = "",
    *,
    nothing: float,
) -> PanelEvidence | None:
    """What a panel says; None below 5 scored series.

    table: losses (S, R) of series and dates by label, NaN where there is none; nothing: the largest loss that is rounding.
    """
    losses = np.stack([table[label] for label in ranking])  # (M, S, R)
    losses = np.where(np.isnan(losses).any(axis=0), np.nan, losses)
    scored = ~np.isnan(losses[0]).all(axis=1)
    if scored.sum() < FEWEST:
        return None
    rows = tuple(
        _against(label, rival, table, spec=spec, coverage=1 - 0.05 / len(challengers), nothing=nothing) for label in challengers
    )
    found = PanelEvidence(int(scored.sum()), tuple(row for row in rows if row is not None))
    if len(ranking) < 2:
        return found
    means = np.nanmean(losses[:, scored], axis=2).T  # (S, M)
    ranks = average_ranks(_tied(means, nothing))
    return replace(found, ranks=dict(zip(ranking, ranks.ranks.tolist(), strict=True)), distance=ranks.distance)


def borrowed(pair: Pair, panel: PanelEvidence | None) -> Pair:
    """The pair; where nothing tests it, with the skill and interval over series and dates, if the panel has one."""
    row = next((one for one in panel.rows if one.a == pair.a), None) if panel else None
    if pair.low is not None or not pair.skill or row is None or row.over != BOTH:
        return pair
    return replace(pair, skill=row.skill, low=row.low, high=row.high, over=row.over)


def panel_of(fields: Mapping) -> PanelEvidence:
    """The evidence that `asdict` made plain."""
    return PanelEvidence(**{**fields, "rows": tuple(AcrossSeries(**one) for one in fields["rows"])})


def _against(
    a: str, b: str, table: Mapping[str, np.ndarray], *, spec: RunSpec, coverage: float, nothing: float
) -> AcrossSeries | None:
    """One challenger against the rival; None where they share no series."""
    known = ~np.isnan(table[a]) & ~np.isnan(table[b])
    shared = known.any(axis=1)
    if not shared.any():
        return None
    own, theirs = (np.where(known, table[label], np.nan)[shared] for label in (a, b))
    own = without_rounding(own, theirs, nothing)
    first, second = np.nanmean(own, axis=1), np.nanmean(theirs, axis=1)
    first = without_rounding(first, second, nothing)
    row = AcrossSeries(a, b, int(shared.sum()), float(np.mean(np.where(first == second, 0.5, first < second))))
    if min(first.mean(), second.mean()) <= nothing:
        return replace(row, reason=f"{a if first.mean() <= nothing else b} makes no error, so there is no share of one")
    stride = spec.stride or 1
    try:
        found, over = skill_interval(own, theirs, spec.horizon, stride, coverage=coverage), BOTH
    except DataError as error:
        return replace(row, reason=str(error))
    reason = found.reason
    if found.low is None:
        found, over = skill_over_series(own, theirs, coverage=coverage), ALONE
    return replace(
        row, skill=found.skill, low=found.low, high=found.high, over="" if found.low is None else over, reason=reason
    )


def _tied(means: np.ndarray, nothing: float) -> np.ndarray:
    """The mean losses (S, M), on each series the lowest one in place of all that are equal to it, and so on upwards."""
    found = means.copy()
    for row in found:
        order = np.argsort(row, kind="stable")
        lowest = row[order[0]]
        for place in order:
            lowest = float(without_rounding(row[place], np.float64(lowest), nothing))
            row[place] = lowest
    return found
