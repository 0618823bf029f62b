"""A forecast of one series from one origin, whatever the model was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.timeseries import Index, frozen_array


@dataclass(frozen=True, eq=False)
class Forecast:
    """The next H values of a series.

    index      (H,) continues the history
    point      (H,) finite
    levels     (Q,) strictly increasing in (0, 1); Q may be 0
    quantiles  (Q, H) non-decreasing along Q
    """

    series_id: str
    label: str
    index: Index
    point: np.ndarray
    levels: tuple[float, ...] = ()
    quantiles: np.ndarray | None = None

    def __post_init__(self) -> None:
        quantiles = np.empty((0, len(self.index))) if self.quantiles is None else self.quantiles
        object.__setattr__(self, "point", frozen_array(self.point, np.float64))
        object.__setattr__(self, "quantiles", frozen_array(quantiles, np.float64))
        assert self.point.shape == (len(self.index),) and np.isfinite(self.point).all()
        assert self.quantiles.shape == (len(self.levels), len(self.index))
        assert all(0 < level < 1 for level in self.levels) and (np.diff(self.levels) > 0).all()
        assert (self.quantiles[1:] >= self.quantiles[:-1]).all(), "quantiles cross"
