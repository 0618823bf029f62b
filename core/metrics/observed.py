"""Which values a metric scores: those whose actual was observed. Every metric takes its arrays through here first."""

from __future__ import annotations

import numpy as np

from core.errors import DataError

LARGEST = 1e150  # the square of anything larger may be no number any more


def at_observed(metric: str, actual: np.ndarray, *forecasts: np.ndarray) -> tuple[np.ndarray, ...]:
    """actual (n,) and each forecast (..., n), at the n steps where actual is observed.

    actual of any shape, NaN where not observed; a forecast has that shape, or that shape behind axes of its own.
    Raises DataError where nothing is observed, or where values are too large to be scored.
    """
    for forecast in forecasts:
        assert forecast.shape[forecast.ndim - actual.ndim :] == actual.shape, (forecast.shape, actual.shape)
        assert np.isfinite(forecast).all(), "a forecast is finite"
    observed = ~np.isnan(actual)
    if not observed.any():
        raise DataError(
            f"{metric} is undefined: none of the {actual.size} actuals is observed; "
            "choose origins with observed values after them"
        )
    scored = tuple(array[..., observed] for array in (actual, *forecasts))
    require_computable(metric, *scored)
    return scored


def require_computable(metric: str, *arrays: np.ndarray) -> None:
    """Raises DataError where values are so large that a metric of them would be no number."""
    largest = max(np.abs(array).max(initial=0) for array in arrays)
    if largest > LARGEST:
        raise DataError(
            f"{metric} cannot be computed: values reach {largest:.3g}, beyond {LARGEST:g}; "
            "either the model diverged, or the series needs a larger unit"
        )
