"""What difference a run that is not started yet could show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.codec import decode, encode, pack, unpack
from core.errors import ConfigError
from core.jobs.kinds.base import Kind, Request, Watch
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import MIB
from core.parameters import param
from core.progress import Context, Progress
from core.series.splits import Timetable


@dataclass(frozen=True)
class Planned(Kind):
    """Of the only series of the request, and a run on it. Its answer is read by `Planned.read`."""

    name: ClassVar[str] = "planned"

    horizon: int = param(1, "Horizon", "Steps ahead.", low=1, high=10_000)
    first: int = param(1, "First origin", "How many values are known there.", low=1)
    count: int = param(1, "Origins", "How many there are.", low=1, high=10_000)
    stride: int = param(1, "Stride", "Steps between two origins.", low=1, high=10_000)
    season: int = param(1, "Season", "Steps in a season.", low=1, high=10_000)
    networks: int = param(1, "Networks", "How many are compared with the rival.", low=1, high=100)

    def compute(self, request: Request, watch: Watch) -> bytes:
        from core.evaluation.planning import seasonal
        from core.evaluation.power import power

        (series,) = seasonal(request.panel, self.season)
        last = self.first + (self.count - 1) * self.stride
        if last > len(series):
            raise ConfigError(f"the last origin is {last}, beyond the {len(series)} values of series {series.id!r}")
        watch(Progress(0.0, "what this plan can show"))
        found = Timetable(self.horizon, tuple(range(self.first, last + 1, self.stride)), (0,), 1)
        answer = power(series, found, self.networks, Context(watch=watch))
        return pack(encode({"share": answer.share, "correlation": answer.correlation}, {"none": np.zeros(0)}))

    def price(self, request: Request) -> Prediction:
        points = sum(len(series) for series in request.panel)
        return Prediction(3.0 + 2e-3 * points, 64 * MIB + 2_000 * points)

    @staticmethod
    def read(content: bytes) -> tuple[float, float]:
        """The share, and the correlation that it assumes, as `core.evaluation.power.Power` has them.  Raises DamagedError."""
        fields, _ = decode(unpack(content))
        return fields["share"], fields["correlation"]
