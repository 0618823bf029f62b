"""What past forecasts say of one model beside its scores: what its errors still hold, and whether its quantiles are true.

Errors are those one step ahead, the only ones that a good forecast leaves uncorrelated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.stats.calibration import Reliability, reliability
from core.stats.residual_checks import ResidualChecks, residual_checks


@dataclass(frozen=True, eq=False)
class Calibration:
    """found: how often the truth fell at or below each quantile; None where that cannot be said, and `reason` says why.

    is_own  of the quantiles that the model itself claims, not of the conformal ones
    is_all  over all steps ahead, not one step ahead alone
    """

    is_own: bool
    is_all: bool
    found: Reliability | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """origins (R,) from which a value was forecast that was observed.  residuals (R,) actual − point, one step ahead.

    missing  how many more origins there are, whose next value was not observed
    checks   of the residuals; None where they cannot be made, and `reason` says why
    """

    origins: np.ndarray
    residuals: np.ndarray
    missing: int
    checks: ResidualChecks | None
    reason: str
    calibrations: tuple[Calibration, ...]

    def calibration(self, *, is_own: bool, is_all: bool) -> Calibration | None:
        """None where the model claims no quantiles, or the run has none."""
        return next((one for one in self.calibrations if (one.is_own, one.is_all) == (is_own, is_all)), None)


def diagnose(past: Backtest, stride: int, season: int) -> Diagnosis:
    """Of one model on one series. Lags of the residuals count origins, so a season counts where the stride divides it."""
    seen = past.observed[:, 0]
    residuals = (past.actual - past.point)[seen, 0]
    checks, reason = None, ""
    try:
        checks = residual_checks(residuals, season // stride if season % stride == 0 else 1)
    except DataError as error:
        reason = str(error)
    quantiles = {False: past.quantiles}
    if past.own is not None and 0.5 in past.levels:
        quantiles[True] = np.insert(past.own, past.levels.index(0.5), past.point, axis=1)
    calibrations = [
        _calibration(past, some, stride, is_own=is_own, is_all=is_all)
        for is_own, some in quantiles.items()
        for is_all in ((False, True) if past.point.shape[1] > 1 else (False,))
        if len(past.levels) > 1
    ]
    return Diagnosis(past.origins[seen], residuals, int((~seen).sum()), checks, reason, tuple(calibrations))


def _calibration(past: Backtest, quantiles: np.ndarray, stride: int, *, is_own: bool, is_all: bool) -> Calibration:
    """quantiles (O, Q, H). All steps of all origins that share outcomes are one block.

    Wide intervals need more past errors than narrow ones; where too few origins have the widest, it is left out.
    """
    steps, levels, reason = past.point.shape[1] if is_all else 1, np.array(past.levels), ""
    actual, table = past.scorable[:, :steps].ravel(), np.moveaxis(quantiles[..., :steps], 1, 0).reshape(len(levels), -1)
    block = steps * math.ceil(steps / stride)
    for cut in range(len(levels) // 2):
        kept = slice(cut, len(levels) - cut)
        known = np.isfinite(actual) & np.isfinite(table[kept]).all(axis=0)
        try:
            return Calibration(is_own, is_all, reliability(actual[known], table[kept][:, known], levels[kept], block))
        except DataError as error:
            reason = str(error)
    return Calibration(is_own, is_all, None, reason)
