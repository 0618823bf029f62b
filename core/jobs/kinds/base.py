"""What a kind of work is: a frozen dataclass of parameters with a pure function from bytes to bytes, limits and a price.

Two kinds make up a run and are queued in the store: `model` and `finish`. All others are interactive: a page asks a question
and waits for the answer, which is kept under what it was computed from. Importing a kind is cheap; it imports its engine
(torch, statsmodels) inside `compute`.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import ClassVar, Self

import numpy as np

from core.codec import Encoded, bundle, decode_arrays, encode_arrays, pack, unbundle, unpack
from core.evaluation.spec import RunSpec
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import MIB, JobLimits
from core.parameters import Value, parameters
from core.progress import Progress
from core.series.codec import decode_series, encode_series
from core.series.timeseries import Panel

Watch = Callable[[Progress], None]
NEEDS = ("spec", "outcomes", "weights")  # what a kind can need beside the series


@dataclass(frozen=True, eq=False)
class Request:
    """What a task computes from; what its kind does not need is empty.

    spec      of the run, with nothing left open
    label     the model of the run that it is about
    outcomes  of the run's models by label: the result, or why there is none
    weights   arrays of the fitted models of that label, as `TaskResult.arrays` names them
    """

    panel: Panel
    spec: RunSpec | None = None
    label: str = ""
    outcomes: Mapping[str, Encoded | str] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As bytes, from which `Request.decode` makes the same request."""
        series = {f"series/{number}": encode_series(one) for number, one in enumerate(self.panel)}
        results = {f"outcome/{label}": pack(one) for label, one in self.outcomes.items() if isinstance(one, Encoded)}
        weights = {"weights": encode_arrays(self.weights)}
        fields = {
            "spec": self.spec and self.spec.as_json(),
            "label": self.label,
            "series": len(self.panel),
            "outcomes": {label: one if isinstance(one, str) else None for label, one in self.outcomes.items()},
        }
        return bundle(fields, series | results | weights)

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """The request that was encoded.  Raises DamagedError."""
        fields, parts = unbundle(content)
        outcomes = {
            label: unpack(parts[f"outcome/{label}"]) if error is None else error for label, error in fields["outcomes"].items()
        }
        return cls(
            Panel(tuple(decode_series(parts[f"series/{number}"]) for number in range(fields["series"]))),
            fields["spec"] and RunSpec.of_json(fields["spec"]),
            fields["label"],
            outcomes,
            decode_arrays(parts["weights"]),
        )


@dataclass(frozen=True)
class WorkLimits:
    """What one task may take: seconds of wall clock while it is not paused, and bytes beyond what the libraries take."""

    seconds: float
    memory: int
    largest_file: int

    @classmethod
    def of_jobs(cls, limits: JobLimits) -> Self:
        """Those of a task of a run."""
        return cls(limits.task_seconds, limits.task_memory, limits.task_file)


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of work with its parameters, the fields of the dataclass, made by `param`.

    needs      which of NEEDS the request must hold beside the series
    version    goes up when the same request gives another result, so that stored answers are computed again
    too_long   what a person can do where it takes too much time;  too_large  where it takes too much memory
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    is_interactive: ClassVar[bool] = True
    version: ClassVar[int] = 1
    too_long: ClassVar[str] = "ask about a shorter series"
    too_large: ClassVar[str] = "ask about a shorter series"

    def __post_init__(self) -> None:
        for parameter in parameters(type(self)):
            parameter.check(getattr(self, parameter.name), self.name)

    @abstractmethod
    def compute(self, request: Request, watch: Watch) -> bytes:
        """The result. It depends on the parameters and the request alone.

        Raises AppError for what a person can mend, and Cancelled when `watch` does.
        """

    @abstractmethod
    def price(self, request: Request) -> Prediction:
        """Seconds on the machine of the constants in `core.models`, and bytes; no engine is imported."""

    def limits(self, jobs: JobLimits) -> WorkLimits:  # noqa: ARG002
        """What a task of this kind may take; for a person who waits, little."""
        return WorkLimits(seconds=30.0, memory=512 * MIB, largest_file=32 * MIB)

    def config(self) -> dict[str, Value]:
        """The parameters as plain JSON."""
        return asdict(self)

    def digest(self, source: str) -> str:
        """The name of the result of this question about `source`, which names content that never changes."""
        text = json.dumps([self.name, self.version, self.config(), source], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
