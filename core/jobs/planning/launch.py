"""What is decided before a run is queued: what it will cost, whether there is room, what it is called, which tasks it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import ConfigError, LimitError
from core.evaluation.design import Experiment
from core.evaluation.spec import RunSpec
from core.jobs.planning.allowance import wall_clock
from core.jobs.planning.cost import LEAST_MEMORY, CostModel, Prediction
from core.jobs.planning.limits import JobLimits
from core.store.records import NewTask
from core.store.store import Store

LONGEST_TITLE = 120
FINISH_COST = Prediction(0.1, LEAST_MEMORY)


@dataclass(frozen=True)
class Launch:
    """What a launch would do or has done. run_id: None for one that was only planned; warnings: what had to be given up."""

    run_id: str | None
    is_new: bool
    predictions: Mapping[str, Prediction]
    warnings: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Predicted seconds of all tasks, one after the other."""
        return sum(one.seconds for one in self.predictions.values())

    def wall_clock(self, workers: int) -> float:
        """Predicted seconds until the last task has ended, with so many at once, each taken up in its turn."""
        return wall_clock([one.seconds for one in self.predictions.values()], workers)


def planned(experiment: Experiment, cost: CostModel, jobs: JobLimits) -> Launch:
    """The launch of a designed run, with its costs.  Raises LimitError for a task that is too large."""
    predictions = {model.label: cost.predict(experiment, model) for model in experiment.spec.models}
    _refuse_too_large(predictions, jobs)
    return Launch(None, False, predictions, experiment.warnings)


def tasks_of(experiment: Experiment, launch: Launch) -> tuple[NewTask, ...]:
    """One task for each model, and the one that compares them."""
    costs = [(model, launch.predictions[model.label]) for model in experiment.spec.models]
    models = (NewTask("model", model.label, model, cost.seconds, cost.memory) for model, cost in costs)
    return (*models, NewTask("finish", "Comparison", None, FINISH_COST.seconds, FINISH_COST.memory))


def refuse_many_models(spec: RunSpec, jobs: JobLimits) -> None:
    """Raises LimitError."""
    if len(spec.models) > jobs.run_models:
        raise LimitError(f"there are {len(spec.models)} models, the limit is {jobs.run_models}; choose fewer")


def refuse_full_queue(store: Store, workspace: str, jobs: JobLimits) -> None:
    """Raises LimitError where one workspace, or all of them together, have as many unfinished runs as they may."""
    own, everybody = store.live_count(workspace)[0], store.live_count(None)[0]
    if own >= jobs.workspace_runs:
        raise LimitError(
            f"{own} of your runs are unfinished, the limit is {jobs.workspace_runs}; wait for one to finish or cancel one"
        )
    if everybody >= jobs.runs:
        raise LimitError(f"the queue is full: {everybody} runs are unfinished; try again in a few minutes")


def clean_name(name: str) -> str:
    """A name as it may be kept: without control and direction marks, with single spaces."""
    visible = "".join(mark if mark.isprintable() else " " for mark in name)
    return " ".join(visible.split())


def clean_title(title: str) -> str:
    """A title that somebody chose, cleaned.  Raises ConfigError where it is too long: it is not cut behind their back."""
    name = clean_name(title)
    if len(name) > LONGEST_TITLE:
        raise ConfigError(f"the title has {len(name):,} characters, the limit is {LONGEST_TITLE}; shorten it")
    return name


def title_of(experiment: Experiment) -> str:
    """What a run is called unless somebody says otherwise; a name of a series that is too long ends in an ellipsis."""
    names = [clean_name(series.id) for series in experiment.panel]
    of, end = names[0] if len(names) == 1 else f"{len(names)} series", f", next {experiment.spec.horizon}"
    room = LONGEST_TITLE - len(end)
    return (of if len(of) <= room else of[: room - 1] + "…") + end


def _refuse_too_large(predictions: Mapping[str, Prediction], jobs: JobLimits) -> None:
    for label, one in predictions.items():
        if one.memory > jobs.task_memory:
            raise LimitError(
                f"{label} would need about {one.memory / 2**20:,.0f} MB, the limit is {jobs.task_memory / 2**20:,.10g} MB "
                "(UNROLL_LIMITS_TASK_MEMORY); choose a smaller model or shorter series, or raise the limit"
            )
        if one.seconds > jobs.task_seconds:
            raise LimitError(
                f"{label} would take about {one.seconds:,.0f} seconds, the limit is {jobs.task_seconds:,} "
                "(UNROLL_LIMITS_TASK_SECONDS); choose fewer epochs, seeds or origins"
            )
