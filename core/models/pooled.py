"""One set of linear weights for all series of a panel: how they are fitted under given settings, and how they forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from core.errors import ConfigError
from core.series.forecast import Forecast
from core.series.ids import decode_ids, encode_ids
from core.series.timeseries import Panel, TimeSeries
from core.windows.ahead import Ahead
from core.windows.lagged import Lens, Rows, panel_rows
from core.windows.regression import Normal, absolute
from core.windows.rolling import Windows
from core.windows.scale import Scale

ROWS = 50_000  # of a fit: more of them hardly change a few hundred weights


@dataclass(frozen=True)
class Shape:
    """The settings of a regression, all closed: `lags` values are read, and `penalty` is the strength of the ridge.

    is_direct: weights for each step ahead, or for the first one alone, which are fed back
    """

    lags: int
    is_direct: bool
    is_log: bool
    is_absolute: bool
    penalty: float
    keeps_mean: bool

    def steps(self, horizon: int) -> int:
        """How many steps ahead have weights of their own."""
        return horizon if self.is_direct else 1

    def columns(self, lags: int, beside: int) -> np.ndarray:
        """The places of its columns in rows of `lags` ≥ its own lags, a mean, the constant and `beside` more."""
        mean = [lags] if self.keeps_mean else []
        return np.array([*range(self.lags), *mean, *range(lags + 1, lags + 2 + beside)])

    def solve(self, rows: Rows, normal: Normal) -> np.ndarray:
        """(h, P) weights, 0 in the columns of `rows` that it does not have."""
        lags = rows.shared.shape[1] - 2
        kept = self.columns(lags, rows.ahead.shape[-1])
        squared = normal.solve(kept, self.penalty, lags + 1)
        return absolute(rows, kept, self.penalty, squared) if self.is_absolute else squared


@dataclass(frozen=True, eq=False)
class Pooled:
    """Fitted weights (h, W + 2 + C), and what was learned of the size of each series of the training panel."""

    label: str
    shape: Shape
    horizon: int
    weights: np.ndarray
    scales: Mapping[str, Scale]
    ahead: Ahead

    @property
    def parameter_count(self) -> int:
        return len(self.weights) * len(self.shape.columns(self.shape.lags, self.ahead.width))

    def forecast(self, history: TimeSeries, horizon: int, levels: tuple[float, ...] = ()) -> Forecast:  # noqa: ARG002
        """Raises ConfigError for a longer horizon than that of the fit, and where covariates do not reach."""
        if horizon > self.horizon:
            raise ConfigError(f"{self.label} was fitted for horizon {self.horizon}; {horizon} needs a new fit")
        self.ahead.require(history, horizon)
        point = self.points(history, np.array([len(history) - 1]))[0, :horizon]
        return Forecast(history.id, self.label, history.future(horizon), point)

    def points(self, series: TimeSeries, steps: np.ndarray) -> np.ndarray:
        """(N, H) forecasts from each of N steps of a series, in its units."""
        scale = self.scales.get(series.id) or Scale.learn(series, is_log=self.shape.is_log)  # too short to train on, or new
        windows = Windows.of(Lens(self.shape.lags, scale, self.ahead), series, steps, self.horizon)
        return windows.values(self.weights, is_direct=self.shape.is_direct)

    def arrays(self) -> dict[str, np.ndarray]:
        own = {
            "ids": encode_ids(self.scales),
            "scales": np.array([astuple(one) for one in self.scales.values()]),
            "shape": np.array(astuple(self.shape), float),
            "horizon": np.array(self.horizon),
            "weights": self.weights,
        }
        return own | self.ahead.arrays()

    @classmethod
    def of_arrays(cls, label: str, arrays: Mapping[str, np.ndarray]) -> Pooled:
        """The one whose `arrays()` these are."""
        lags, is_direct, is_log, is_absolute, penalty, keeps_mean = arrays["shape"].tolist()
        shape = Shape(int(lags), bool(is_direct), bool(is_log), bool(is_absolute), penalty, bool(keeps_mean))
        scales = [Scale(*row[:3], int(row[3])) for row in arrays["scales"].tolist()]
        by_id = dict(zip(decode_ids(arrays["ids"]), scales, strict=True))
        return cls(label, shape, int(arrays["horizon"]), np.asarray(arrays["weights"]), by_id, Ahead.of_arrays(arrays))


def learned_ahead(panel: Panel, horizon: int, *, is_direct: bool, covariates: bool, calendar: bool) -> Ahead:
    """What is shown of the step that is forecast; a fed back forecast reads past covariates one horizon late."""
    return Ahead.learn(panel, 1 if is_direct else horizon, covariates=covariates, calendar=calendar)


def learned_scales(panel: Sequence[TimeSeries], *, is_log: bool) -> dict[str, Scale]:
    """By series id; alone is a series that no other one long enough to have a row stands beside."""
    is_alone = sum(len(series) > series.season for series in panel) == 1
    return {series.id: Scale.learn(series, is_log=is_log, is_alone=is_alone) for series in panel}


def fit_pooled(label: str, shape: Shape, panel: Panel, horizon: int, ahead: Ahead) -> Pooled:
    """Weights from all of the panel's training slices."""
    scales = learned_scales(panel.series, is_log=shape.is_log)
    rows = panel_rows(panel.series, scales, ahead, shape.lags, shape.steps(horizon), most=ROWS)
    return Pooled(label, shape, horizon, shape.solve(rows, Normal.of(rows)), scales, ahead)
