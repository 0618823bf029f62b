"""Split conformal intervals: point ± the k-th smallest of n past absolute errors, k = ⌈(n+1)·coverage⌉.

If the n past errors and the next one are exchangeable, the interval covers with probability ≥ coverage, and exactly
k/(n+1) where no two are equal. The rule asks nothing else of model or errors. It does not adapt to drift; where k > n,
no finite interval has that guarantee: such a coverage is refused, never approximated.
Source: Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World; Lei et al. 2018, J. American Statistical
Association 113(523), section 2.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from core.errors import ConfigError

DECIMALS = 10  # of a coverage; what lies beyond is the rounding of a computation, such as 1 − 0.05


@lru_cache(maxsize=4096)  # exact fractions are slow, and every origin of a backtest asks for the same ones
def rank(n: int, coverage: float) -> int:
    """k = ⌈(n+1)·coverage⌉, the rank of the absolute error that the interval must reach; k > n where n are too few.

    Exact in decimals: rank(99, 0.55) is 55, though 100 * 0.55 is 55.00000000000001 in binary.
    Raises ConfigError where coverage is not between 0 and 1.
    """
    assert n >= 0
    return math.ceil((n + 1) * exact(coverage))


def exact(coverage: float) -> Fraction:
    """The coverage as the decimal that was meant: Fraction(0.8) exceeds 4/5, so that ⌈5 · Fraction(0.8)⌉ is 5.

    Raises ConfigError where it is not between 0 and 1.
    """
    decimal = round(float(coverage), DECIMALS)
    if not 0 < decimal < 1:
        raise ConfigError(f"coverage {coverage:g} is not between 0 and 1; write 0.95 for 95 %")
    return Fraction(str(decimal))


def fewest(coverage: float) -> int:
    """The smallest n with rank(n, coverage) ≤ n, that is ⌈coverage/(1 − coverage)⌉: 4 for 80 %, 19 for 95 %."""
    decimal = exact(coverage)
    return math.ceil(decimal / (1 - decimal))


def supported(n: int, coverages: Sequence[float]) -> tuple[float, ...]:
    """Those of the coverages, in their order, that n past errors can support; n of the step that has the fewest."""
    return tuple(coverage for coverage in coverages if fewest(coverage) <= n)


def pool(origins: np.ndarray, horizon: int, origin: int) -> np.ndarray:
    """(O,) bool: the origins c whose errors may calibrate `origin`, as all were known there: c + horizon ≤ origin."""
    return np.asarray(origins) + horizon <= origin


def half_width(residuals: np.ndarray, coverage: float) -> float:
    """Half the width of the interval: the k-th smallest absolute residual, k = rank(n, coverage).

    residuals: (n,) finite.  Raises ConfigError where n are too few for the coverage.
    """
    assert residuals.ndim == 1
    assert np.isfinite(residuals).all()
    return float(half_widths(residuals[:, None], (coverage,))[0, 0])


def half_widths(residuals: np.ndarray, coverages: Sequence[float]) -> np.ndarray:
    """(K, H) for each coverage and step ahead: the k-th smallest absolute residual of those there are.

    residuals: (n, H), NaN where the actual was not observed.  Raises ConfigError where a step has too few for a coverage.
    """
    counts = np.count_nonzero(~np.isnan(residuals), axis=0)  # (H,)
    ordered = np.sort(np.abs(residuals), axis=0) if len(coverages) else residuals  # NaN comes last
    found = np.empty((len(coverages), residuals.shape[1]))
    for row, coverage in enumerate(coverages):
        ranks = np.array([rank(n, coverage) for n in range(len(residuals) + 1)])[counts]
        if (ranks > counts).any():
            raise ConfigError(_too_few(counts, coverage))
        found[row] = np.take_along_axis(ordered, ranks[None] - 1, axis=0)[0]
    return found


def rolling_half_widths(
    origins: np.ndarray, horizon: int, at: np.ndarray, errors: np.ndarray, coverages: Sequence[float]
) -> np.ndarray:
    """(A, K, H) the `half_widths` at each of the moments `at` (A,), of the errors that were known there.

    errors: (O, H) from the origins (O,), NaN where the actual was not observed. NaN for a coverage that these do not support at
    every step.
    """
    found = np.full((len(at), len(coverages), horizon), np.nan)
    for row, moment in enumerate(at):
        known = errors[pool(origins, horizon, moment)]
        counts = np.count_nonzero(~np.isnan(known), axis=0)
        places = [place for place, coverage in enumerate(coverages) if fewest(coverage) <= counts.min()]
        if places:
            found[row, places] = half_widths(known, [coverages[place] for place in places])
    return found


def interval_ends(coverages: Sequence[float]) -> tuple[float, ...]:
    """(2C,) increasing: the levels (1 ∓ coverage)/2 of every interval, exact in decimals: 0.1 and 0.9 for 0.8."""
    return tuple(sorted({end for coverage in coverages for end in _ends(coverage)}))


def interval_quantiles(
    point: np.ndarray, residuals: np.ndarray, coverages: Sequence[float]
) -> tuple[tuple[float, ...], np.ndarray]:
    """levels (Q,) increasing, and quantiles (Q, H) non-decreasing along Q: the ends of every interval around the point.

    point: (H,); residuals: (n, H) per step ahead, NaN where the actual was not observed, and then not used.
    The levels are 0.5, which is the point itself, and those of `interval_ends`.
    Raises ConfigError where a step has too few residuals for a coverage.
    """
    assert residuals.shape == (len(residuals), len(point)), (residuals.shape, point.shape)
    levels, quantiles = around(point[None], half_widths(residuals, coverages)[None], coverages)
    return levels, quantiles[0]


def around(point: np.ndarray, reaches: np.ndarray, coverages: Sequence[float]) -> tuple[tuple[float, ...], np.ndarray]:
    """levels (Q,), and quantiles (O, Q, H): the ends of intervals that reach so far (O, K, H) around points (O, H)."""
    rows = {0.5: point}
    for place, coverage in enumerate(coverages):
        low, high = _ends(coverage)
        rows |= {low: point - reaches[:, place], high: point + reaches[:, place]}
    levels = tuple(sorted(rows))
    return levels, np.stack([rows[level] for level in levels], axis=1)  # reaches grow with the coverage: rows cannot cross


def _ends(coverage: float) -> tuple[float, float]:
    decimal = exact(coverage)
    return float((1 - decimal) / 2), float((1 + decimal) / 2)


def _too_few(counts: np.ndarray, coverage: float) -> str:
    n = int(counts.min())
    where = f" at step {counts.argmin() + 1} of {len(counts)}" if len(counts) > 1 else ""
    lower = f"coverage ≤ {100 * n // (n + 1)} % or " if n else ""
    return (
        f"an interval of {100 * coverage:.10g} % needs {fewest(coverage)} past errors and there "
        f"{'is' if n == 1 else 'are'} {n}{where}; choose {lower}more origins"
    )
