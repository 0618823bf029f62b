"""Autocorrelation and partial autocorrelation of one kept series."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from core.codec import decode, encode, pack, unpack
from core.jobs.kinds.base import Kind, Request, Watch
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import MIB
from core.parameters import param
from core.progress import Progress
from core.stats.correlation import Correlogram, correlogram

ARRAYS = ("acf", "acf_band", "pacf")


@dataclass(frozen=True)
class Autocorrelation(Kind):
    """Of the only series of the request. Its answer is read by `Autocorrelation.read`."""

    name: ClassVar[str] = "autocorrelation"

    lags: int | None = param(
        None, "Lags", "How far back. Empty: two seasons, at least 10 log10 n.", low=1, high=5000, unit="steps"
    )

    def compute(self, request: Request, watch: Watch) -> bytes:
        (series,) = request.panel
        watch(Progress(0.0, "autocorrelations"))
        found = asdict(correlogram(series.values, series.observed, self.lags, series.season))
        arrays = {name: found.pop(name) for name in ARRAYS}
        return pack(encode(found, arrays))

    def price(self, request: Request) -> Prediction:
        points, lags = sum(len(series) for series in request.panel), self.lags or 60
        return Prediction(0.02 + 2e-6 * points + 1e-8 * points * lags, 16 * MIB + 200 * points)

    @staticmethod
    def read(content: bytes) -> Correlogram:
        """The answer as values.  Raises DamagedError."""
        fields, arrays = decode(unpack(content))
        return Correlogram(**fields, **arrays)
