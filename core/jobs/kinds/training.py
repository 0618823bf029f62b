"""One model of a run: its backtest and its forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.errors import FitError
from core.jobs.kinds.base import Kind, Request, Watch, WorkLimits
from core.jobs.planning.cost import Prediction, price_of
from core.jobs.planning.limits import JobLimits


@dataclass(frozen=True)
class Training(Kind):
    """The model that `request.label` names, with all its seeds, series and origins."""

    name: ClassVar[str] = "model"
    needs: ClassVar[frozenset[str]] = frozenset({"spec"})
    is_interactive: ClassVar[bool] = False
    too_long: ClassVar[str] = "choose fewer epochs, seeds or origins"
    too_large: ClassVar[str] = "choose a shorter lookback, fewer hidden units, a smaller batch or a shorter season"

    def compute(self, request: Request, watch: Watch) -> bytes:
        """The packed result of the task.  Raises FitError with the reason where the model failed."""
        from core.codec import pack
        from core.evaluation.design import design
        from core.experiment import run_task
        from core.store.codecs.results import encode_result

        experiment = design(request.spec, request.panel, is_accepted=True)
        model = next(one for one in experiment.spec.models if one.label == request.label)
        result = run_task(experiment, model, watch)
        if result.state == "failed":
            raise FitError(result.error)
        return pack(encode_result(result))

    def price(self, request: Request) -> Prediction:
        model = next(one for one in request.spec.models if one.label == request.label)
        price = price_of(request.spec, model, request.panel)
        return Prediction(price.seconds, price.memory)

    def limits(self, jobs: JobLimits) -> WorkLimits:
        return WorkLimits.of_jobs(jobs)
