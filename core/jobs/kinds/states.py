"""What a stored network holds at each step of a window: its states, and the gates of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.codec import decode, encode, pack, unpack
from core.errors import ConfigError
from core.jobs.kinds.base import Kind, Request, Watch
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import MIB
from core.models.transform import FittedTransformed, restored
from core.parameters import param
from core.progress import Progress


@dataclass(frozen=True)
class States(Kind):
    """Of the model `request.label` of a finished run, over the window before an origin. Read by `States.read`."""

    name: ClassVar[str] = "states"
    needs: ClassVar[frozenset[str]] = frozenset({"spec", "weights"})

    series: str = param("", "Series", "The id of a series of the run.")
    origin: int = param(1, "Origin", "How many points are known where the window ends.", low=1)
    seed: int = param(0, "Seed", "The seed of the fit.", low=0)

    def compute(self, request: Request, watch: Watch) -> bytes:
        from core.insight.states import states_at

        watch(Progress(0.0, "states"))
        model = next(one for one in request.spec.models if one.label == request.label).build()
        prefix = f"{self.seed}/"
        arrays = {name.removeprefix(prefix): array for name, array in request.weights.items() if name.startswith(prefix)}
        if not arrays or self.series not in {one.id for one in request.panel}:
            raise ConfigError(f"the run has no fit of {request.label!r} with seed {self.seed} for series {self.series!r}")
        if not model.is_random:
            raise ConfigError(f"{request.label} is no network, so it has no states; choose an RNN, LSTM or GRU")
        fitted, series = restored(model, arrays), request.panel[self.series]
        if isinstance(fitted, FittedTransformed):
            fitted, series = fitted.fitted, fitted.scaled(series)
        fitted = getattr(fitted, "networks", {}).get(self.series, fitted)  # a bridge has a network for each series
        found = states_at(fitted, series, self.origin)
        parts = {f"part/{name}": part for name, part in found.parts.items()}
        return pack(encode({"first": found.first}, {"inputs": found.inputs} | parts))

    def price(self, request: Request) -> Prediction:
        weights = sum(array.nbytes for array in request.weights.values())
        return Prediction(0.1 + 1e-8 * weights, 64 * MIB + 4 * weights)

    @staticmethod
    def read(content: bytes) -> tuple[int, np.ndarray, dict[str, np.ndarray]]:
        """first, inputs (K, p · C), and by name each part (N, K, D), as `core.insight.states.States` has them."""
        fields, arrays = decode(unpack(content))
        parts = {name.removeprefix("part/"): part for name, part in arrays.items() if name.startswith("part/")}
        return fields["first"], arrays["inputs"], parts
