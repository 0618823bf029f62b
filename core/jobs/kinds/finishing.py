"""The last task of a run: what compares its models, once all of them have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.codec import Encoded
from core.jobs.kinds.base import Kind, Request, Watch, WorkLimits
from core.jobs.planning.cost import Prediction
from core.jobs.planning.launch import FINISH_COST
from core.jobs.planning.limits import JobLimits


@dataclass(frozen=True)
class Finishing(Kind):
    """Ranking, significance, combinations and references over `request.outcomes`."""

    name: ClassVar[str] = "finish"
    needs: ClassVar[frozenset[str]] = frozenset({"spec", "outcomes"})
    is_interactive: ClassVar[bool] = False
    too_long: ClassVar[str] = "choose fewer models, series or origins"
    too_large: ClassVar[str] = "choose fewer models, series or origins"

    def compute(self, request: Request, watch: Watch) -> bytes:  # noqa: ARG002
        """The packed comparison."""
        from core.codec import pack
        from core.evaluation.design import design
        from core.evaluation.results import TaskResult
        from core.experiment import finish
        from core.store.codecs.results import decode_result
        from core.store.codecs.snapshots import encode_comparison

        experiment = design(request.spec, request.panel, is_accepted=True)
        tasks = []
        for model in experiment.spec.models:
            outcome = request.outcomes.get(model.label, "it was not computed")
            is_done = isinstance(outcome, Encoded)
            tasks.append(decode_result(outcome) if is_done else TaskResult(model, "failed", 0.0, outcome))
        return pack(encode_comparison(finish(experiment, tasks)))

    def price(self, request: Request) -> Prediction:  # noqa: ARG002
        return FINISH_COST

    def limits(self, jobs: JobLimits) -> WorkLimits:
        return WorkLimits.of_jobs(jobs)
