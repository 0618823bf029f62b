"""The scores of a backtest: overall, by step ahead, and averaged over series. A score is a number, or absent with a reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.evaluation.conformal import interval_ends
from core.metrics import point, quantile
from core.metrics.observed import Measured
from core.metrics.registry import score_key
from core.series.timeseries import TimeSeries


@dataclass(frozen=True)
class Scores:
    """values by metric; by_step: H values by metric, None where not defined; absent: why a metric has no value.

    counts: from how many origins an interval was scored, by the name of its coverage; the first origins know too few past
    errors for one.
    """

    values: dict[str, float]
    by_step: dict[str, list[float | None]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


ROUNDING = 1e-9  # of MASE's scale, or of the largest actual: a smaller loss is rounding, and the forecasts are exact
SAME = 1e-5  # relative: what agrees to five digits is equal, because networks compute in single precision
OWN = "own_"  # begins the names of scores of the intervals that a model itself claims: "own_coverage_80"
AT_ONCE = 2**21  # quantiles that are scored together: more than this saves no time and costs memory
SCALES = {"mase": point.mase_scale, "rmsse": point.rmsse_scale}


def score(backtest: Backtest, series: TimeSeries, coverages: Sequence[float], *, is_stepwise: bool = True) -> Scores:
    """All scores of one backtest, over all origins and steps at once, and if `is_stepwise` at each step ahead.

    Scale-free scores take their scale from what was known at the first scored origin.
    """
    return score_each([backtest], [series], [coverages], is_stepwise=is_stepwise)[0]


def score_each(
    backtests: Sequence[Backtest],
    series: Sequence[TimeSeries],
    coverages: Sequence[Sequence[float]],
    *,
    is_stepwise: bool = True,
) -> list[Scores]:
    """The `score` of each backtest, of its own series with coverages of its own; those of one shape are scored together."""
    groups = defaultdict(list)
    for place, (one, some) in enumerate(zip(backtests, coverages, strict=True)):
        groups[(one.quantiles.shape, one.levels, one.own is None, tuple(some))].append(place)
    found: dict[int, Scores] = {}
    for (shape, *_, some), places in groups.items():
        most = max(1, AT_ONCE // max(1, np.prod(shape, dtype=int)))
        for start in range(0, len(places), most):
            part = places[start : start + most]
            scored = _of_one_shape([backtests[at] for at in part], [series[at] for at in part], some, is_stepwise)
            found |= zip(part, scored, strict=True)
    return [found[place] for place in range(len(backtests))]


@dataclass(frozen=True, eq=False)
class Table:
    """S backtests of one shape as B rows to be scored: B = S over all origins and steps, B = S · H at each step ahead.

    actual     (B, n) NaN where none was observed;  point (B, n);  scales (B,) by metric
    quantiles  (B, Q, n) by the beginning of their scores' names: "" for conformal ones, `OWN` for those the models claim
    """

    actual: np.ndarray
    point: np.ndarray
    scales: dict[str, Measured]
    levels: tuple[float, ...]
    quantiles: dict[str, np.ndarray]

    @property
    def stepwise(self) -> Table:
        """The rows (S, O, H) of a table, not yet flattened, cut by step: (S · H, O)."""
        steps = self.actual.shape[-1]

        def cut(array: np.ndarray) -> np.ndarray:  # (S, ..., O, H) -> (S · H, ..., O)
            return np.moveaxis(array, -1, 1).reshape(-1, *array.shape[1:-1])

        scales = {name: scale.repeated(steps) for name, scale in self.scales.items()}
        quantiles = {name: cut(one) for name, one in self.quantiles.items()}
        return Table(cut(self.actual), cut(self.point), scales, self.levels, quantiles)

    @property
    def flat(self) -> Table:
        """The rows (S, O, H) of a table, over origins and steps at once: (S, O · H)."""

        def flatten(array: np.ndarray) -> np.ndarray:  # (S, ..., O, H) -> (S, ..., O · H)
            return array.reshape(*array.shape[:-2], -1)

        quantiles = {name: flatten(one) for name, one in self.quantiles.items()}
        return Table(flatten(self.actual), flatten(self.point), self.scales, self.levels, quantiles)


def _of_one_shape(
    backtests: Sequence[Backtest], series: Sequence[TimeSeries], coverages: Sequence[float], is_stepwise: bool
) -> list[Scores]:
    table = _stacked(backtests, series)
    found = [Scores({}, counts=_counts(one, coverages)) for one in backtests]
    for name, measured in _measured(table.flat, coverages):
        for row, (one, value) in enumerate(zip(found, measured.values.tolist(), strict=True)):
            if np.isnan(value):
                one.absent[name] = measured.reason(row)
            else:
                one.values[name] = value
    for name, measured in _measured(table.stepwise, coverages) if is_stepwise else ():
        steps = measured.values.reshape(len(found), -1)
        rows = np.where(np.isnan(steps), None, steps).tolist()
        for one, row in zip(found, rows, strict=True):
            one.by_step[name] = row
    return found


def _counts(backtest: Backtest, coverages: Sequence[float]) -> dict[str, int]:
    """From how many origins each interval is scored."""
    lows = {coverage: backtest.quantiles[:, backtest.levels.index(interval_ends((coverage,))[0])] for coverage in coverages}
    return {score_key("coverage", one): int((~np.isnan(low)).all(axis=1).sum()) for one, low in lows.items()}


def _stacked(backtests: Sequence[Backtest], series: Sequence[TimeSeries]) -> Table:
    """The backtests, all of one shape, as (S, O, H), with quantiles (S, Q, O, H)."""
    first = backtests[0]
    quantiles = {"": np.stack([np.moveaxis(one.quantiles, 1, 0) for one in backtests])}
    if first.own is not None:
        quantiles[OWN] = np.stack([np.moveaxis(_own_around_point(one), 1, 0) for one in backtests])
    scales = {name: _scales(of, backtests, series) for name, of in SCALES.items()}
    actual, points = (np.stack([getattr(one, name) for one in backtests]) for name in ("scorable", "point"))
    return Table(actual, points, scales, first.levels, quantiles)


def _scales(scale: Callable[..., float], backtests: Sequence[Backtest], series: Sequence[TimeSeries]) -> Measured:
    """Each series' scale, from what was known at its first scored origin."""
    values, reasons = np.full(len(series), np.nan), {}
    for row, (backtest, one) in enumerate(zip(backtests, series, strict=True)):
        known = int(backtest.origins[0])
        try:
            values[row] = scale(one.values[:known], one.observed[:known], one.season)
        except DataError as error:
            reasons[row] = str(error)
    return Measured(values, ((np.isnan(values), reasons.__getitem__),))


def _own_around_point(backtest: Backtest) -> np.ndarray:
    """(O, Q, H): the model's own quantiles, with the point for the level 0.5, as conformal quantiles have it, so that the
    CRPS of both is over the same levels."""
    middle = backtest.levels.index(0.5)
    return np.insert(backtest.own, middle, backtest.point, axis=1)


def _measured(table: Table, coverages: Sequence[float]) -> Iterator[tuple[str, Measured]]:
    """Every score of a table's rows, by name."""
    actual, points = table.actual, table.point
    yield "mae", point.maes(actual, points)
    yield "rmse", point.rmses(actual, points)
    yield "mase", point.mases(actual, points, table.scales["mase"])
    yield "rmsse", point.rmsses(actual, points, table.scales["rmsse"])
    yield "smape", point.smapes(actual, points)
    yield "wape", point.wapes(actual, points)
    yield "mape", point.mapes(actual, points)
    yield "bias", point.biases(actual, points)
    for start, quantiles in table.quantiles.items() if len(table.levels) > 1 else ():
        yield f"{start}crps", _where_there(actual, quantiles, lambda seen, some: quantile.each_crps(seen, some, table.levels))
        for coverage in coverages:
            ends = quantiles[:, [table.levels.index(end) for end in interval_ends((coverage,))]]  # (B, 2, n)
            for name, metric in _interval_metrics(coverage).items():
                yield f"{start}{score_key(name, coverage)}", _where_there(actual, ends, metric)


def _interval_metrics(coverage: float) -> dict[str, Callable[[np.ndarray, np.ndarray], Measured]]:
    """Metrics of actuals (B, n) and both ends of an interval (B, 2, n)."""
    return {
        "coverage": lambda actual, ends: quantile.coverages(actual, ends[:, 0], ends[:, 1]),
        "width": lambda actual, ends: quantile.widths(actual, ends[:, 0], ends[:, 1]),
        "winkler": lambda actual, ends: quantile.winklers(actual, ends[:, 0], ends[:, 1], coverage),
    }


def _where_there(actual: np.ndarray, quantiles: np.ndarray, metric: Callable[[np.ndarray, np.ndarray], Measured]) -> Measured:
    """The metric where all of these quantiles (B, Q, n) are there; with its own reason where they are nowhere."""
    lacking = np.isnan(quantiles).any(axis=1)  # (B, n)
    found = metric(np.where(lacking, np.nan, actual), np.nan_to_num(quantiles))
    bare = lacking.all(axis=1)
    return Measured(found.values, ((bare, lambda _: "no origin has enough past errors for it"), *found.faults))


def saved(best: Scores, other: Scores, name: str) -> float | None:
    """Skill: the share of the other's error that the best saves, 1 − a / b, negative where the other is better.

    None where the score called `name` is not defined for both, or the other makes no error but rounding.
    """
    a, b = best.values.get(name), other.values.get(name)
    return None if a is None or b is None or b <= (ROUNDING if name == "mase" else 0) else 1 - a / b


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean over series, each metric over the series where it is defined; a metric that is nowhere defined is absent."""
    if len(scores) == 1:
        return scores[0]
    names = list(dict.fromkeys(name for one in scores for name in (*one.values, *one.absent)))
    counts: Counter[str] = Counter()
    for one in scores:
        counts.update(one.counts)
    values, by_step, absent = {}, {}, {}
    for name in names:
        defined = [one.values[name] for one in scores if name in one.values]
        if defined:
            values[name] = float(np.mean(defined))
        if len(defined) < len(scores):
            reason = next((one.absent[name] for one in scores if name in one.absent), "not supported there")
            absent[name] = f"not defined for {len(scores) - len(defined)} of {len(scores)} series: {reason}"
        if rows := [one.by_step[name] for one in scores if name in one.by_step]:
            by_step[name] = _averaged_steps(rows)
    return Scores(values, by_step, absent, dict(counts))


def _averaged_steps(rows: Sequence[Sequence[float | None]]) -> list[float | None]:
    most = max(len(row) for row in rows)
    assert all(len(row) == most for row in rows), "one horizon"
    table = np.array(rows, dtype=np.float64)  # None becomes NaN
    seen = ~np.isnan(table)
    counts = seen.sum(axis=0)
    sums = np.where(seen, table, 0).sum(axis=0).tolist()
    return [total / count if count else None for total, count in zip(sums, counts.tolist(), strict=True)]
