"""Whether what judges forecasts keeps its word: sizes, coverage and power by simulation, beside what is demanded.

    python -m tests.bench.judging              500 runs of each, 12 minutes
    python -m tests.bench.judging 2000

Two kinds of losses. `sums`: normal sums of as many shocks as origins overlap, equally weighted, the strongest overlap there is.
`paths`: the mean absolute error over the horizon of forecasts of a random walk, whose shocks two forecasters share by half. The
figure demanded leaves two standard errors of the simulation; a row that misses it is marked.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.stats.calibration import reliability
from core.stats.confidence_set import confidence_set
from core.stats.ranks import average_ranks
from core.stats.resampling import skill_interval
from core.stats.residual_checks import residual_checks
from core.stats.significance import DieboldMariano, diebold_mariano, simultaneous

RUNS, SEED = 500, 20_261
LEVELS = np.array([0.1, 0.5, 0.9])


@dataclass(frozen=True)
class Row:
    """A share of runs, in percent.  least, most: what is demanded, before the simulation's own error."""

    title: str
    share: float
    least: float = 0.0
    most: float = 100.0


def main(runs: int) -> None:
    print(f"{runs} runs of each{'':40} {'demanded':>12} {'found':>7}   percent of runs")
    for row in rows(runs):
        bound = row.most if row.most < 100 else row.least
        slack = 200 * math.sqrt(bound / 100 * (1 - bound / 100) / runs)
        is_kept = row.least - slack <= row.share <= row.most + slack
        words = f"≤ {row.most:.0f}" if row.most < 100 else f"≥ {row.least:.0f}" if row.least else ""
        print(f"{row.title:56} {words:>12} {row.share:7.1f}{'' if is_kept else '   MISSED'}", flush=True)


def rows(runs: int) -> Iterator[Row]:
    yield from pairs(runs)
    yield from together(runs)
    yield from sets(runs)
    yield from others(runs)


def pairs(runs: int) -> Iterator[Row]:
    """Diebold and Mariano's test of two forecasters."""
    for n, overlap in ((8, 1), (20, 4), (20, 12), (40, 12), (60, 12), (93, 12), (200, 12), (200, 4)):
        rejected = _share(diebold_mariano(run[0], overlap).p < 0.05 for run in sums(runs, 1, n, overlap))
        yield Row(f"pair, sums, {n} origins, overlap {overlap}: rejected", rejected, most=5)
    for n, horizon in ((20, 1), (20, 12), (40, 12), (93, 12), (200, 12)):
        for factor, word in ((1.0, "equal"), (0.8, "one 20 % better")):
            losses = paths(runs, 2, n, horizon)
            rejected = _share(diebold_mariano(factor * run[0] - run[1], horizon).p < 0.05 for run in losses)
            yield Row(f"pair, paths, {n} origins, horizon {horizon}, {word}", rejected, most=5 if factor == 1 else 100)


def together(runs: int) -> Iterator[Row]:
    """K forecasters against one rival: the share of runs in which any is said to differ, and to be better."""
    for kind, make in (("sums", sums), ("paths", paths)):
        for networks in (2, 6):
            for n in (20, 40, 60, 93, 200):
                found = [simultaneous(run[1:] - run[0], 12) for run in make(runs, networks + 1, n, 12)]
                title = f"{networks} against one, {kind}, {n} origins, horizon 12"
                yield Row(f"{title}: differ", _share(any(_differs(test) for test in run) for run in found), most=5)
                better = _share(any(_differs(test) and test.mean < 0 for test in run) for run in found)
                yield Row(f"{title}: better", better, most=5)
    for n in (93, 200):
        found = [simultaneous(np.vstack([0.8 * run[1:2], run[2:]]) - run[0], 12) for run in paths(runs, 7, n, 12)]
        yield Row(f"6 against one, paths, {n} origins, first 20 % better", _share(_differs(run[0]) for run in found))


def sets(runs: int) -> Iterator[Row]:
    """The model confidence set of six equal models, and of five and one that is worse."""
    for n, overlap in ((93, 11), (200, 12)):
        for kind, make in (("sums", sums), ("paths", paths)):
            found = [confidence_set(run.T, overlap).included for run in make(runs, 6, n, overlap)]
            yield Row(
                f"set of 6 equal, {kind}, {n} origins, overlap {overlap}: one stays",
                _share(0 in result for result in found),
                87,
            )
            yield Row(
                f"set of 6 equal, {kind}, {n} origins, overlap {overlap}: all", _share(len(result) == 6 for result in found), 87
            )
        worse = np.array([1.0, 1, 1, 1, 1, 1.25])
        found = [confidence_set(run.T * worse, overlap).included for run in paths(runs, 6, n, overlap)]
        yield Row(f"set of 6, paths, {n} origins, one 25 % worse: it leaves", _share(5 not in result for result in found))


def others(runs: int) -> Iterator[Row]:
    """Ranks, skill, reliability, residuals."""
    rng = np.random.default_rng(SEED)
    apart = _share(np.ptp(result.ranks) > result.distance for result in map(average_ranks, rng.normal(size=(runs, 30, 6))))
    yield Row("mean ranks of 6 equal models on 30 series: any apart", apart, most=5)
    for series, dates, overlap in ((100, 50, 1), (30, 48, 6), (20, 60, 12), (10, 40, 4)):
        for effects in ((1.0, 1.0), (0.0, 1.0), (1.0, 0.0)):
            found = [skill_interval(*panel(rng, series, dates, overlap, effects), overlap) for _ in range(runs)]
            title = f"skill, {series} × {dates}, overlap {overlap}, effects {effects[0]:.0f} {effects[1]:.0f}: held"
            yield Row(title, _share(result.low <= 0.1 <= result.high for result in found), 95)
    for n, overlap in ((60, 1), (96, 12)):
        quantiles = np.array([-1.2815516, 0, 1.2815516])[:, None] * np.ones(n)
        found = [reliability(run[0], quantiles, LEVELS, overlap) for run in sums(runs, 1, n, overlap)]
        inside = _share((result.low <= result.observed) & (result.observed <= result.high) for result in found)
        yield Row(f"reliability, {n} forecasts, overlap {overlap}: inside the band", inside, 95)
    noise = _share(residual_checks(row).p < 0.05 for row in rng.normal(size=(runs, 80)))
    yield Row("residuals, 80 of white noise: Ljung and Box reject", noise, most=5)


def sums(runs: int, rows: int, n: int, overlap: int) -> np.ndarray:
    """(runs, rows, n) of variance 1."""
    shocks = np.random.default_rng([SEED, n, rows]).normal(size=(runs, rows, n + overlap - 1))
    return np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=-1).sum(axis=-1) / math.sqrt(overlap)


def paths(runs: int, rows: int, n: int, horizon: int) -> np.ndarray:
    """(runs, rows, n): mean over steps of |sum of the shocks up to a step|; half of a shock's variance is shared."""
    rng = np.random.default_rng([SEED, n, rows])
    shocks = rng.normal(size=(runs, rows, n + horizon - 1)) + rng.normal(size=(runs, 1, n + horizon - 1))
    losses = np.zeros((runs, rows, n))
    errors = np.zeros((runs, rows, n))
    for step in range(horizon):
        errors += shocks[:, :, step : step + n]
        losses += np.abs(errors) / horizon
    return losses


def panel(rng: np.random.Generator, series: int, dates: int, overlap: int, effects: tuple[float, float]) -> list[np.ndarray]:
    """Two (S, D) of losses, the first 10 % less, with effects of series, of dates that overlap, and noise."""
    shocks = rng.normal(size=(2, 1, dates + overlap - 1))
    of_dates = np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=-1).sum(axis=-1) / math.sqrt(overlap)
    logs = effects[0] * rng.normal(size=(2, series, 1)) + effects[1] * of_dates + rng.normal(size=(2, series, dates))
    first, second = np.exp(0.35 * logs + 0.5 * rng.normal(size=(series, 1)))
    return [0.9 * first, second]


def _differs(test: DieboldMariano) -> bool:
    return test.p < 0.05


def _share(flags: Iterator[object]) -> float:
    return 100 * float(np.mean(list(flags)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
