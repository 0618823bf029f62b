"""The simple benchmarks beside every comparison: those that nobody chose are scored all the same, for reference.

They are rules read off the history, so this takes milliseconds. They are scored at the same origins as the models, have no
intervals, and never rank among them.
"""

from __future__ import annotations

from core.errors import AppError
from core.evaluation.backtest import Rolling, roll
from core.evaluation.design import Experiment
from core.evaluation.judging import Judge
from core.evaluation.results import Reference
from core.evaluation.scores import averaged
from core.evaluation.spec import RunSpec
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.progress import Context


def references(experiment: Experiment) -> tuple[Reference, ...]:
    """The benchmarks that are not among the run's models; none where nothing is backtested.

    One that the training part is too short for says so in its error.
    """
    if not any(plan.scored for plan in experiment.plans.values()):
        return ()
    return tuple(_scored(experiment, name) for name in _unchosen(experiment.spec))


def _unchosen(spec: RunSpec) -> list[str]:
    """Without a season, a seasonal one is another benchmark."""
    chosen = {model.name for model in spec.models}
    benchmarks = [name for name, model in MODELS.items() if model.is_benchmark and (spec.season > 1 or not model.is_seasonal)]
    return [name for name in benchmarks if name not in chosen]


def _scored(experiment: Experiment, name: str) -> Reference:
    spec = ModelSpec(name, MODELS[name].label)
    rolling = Rolling(experiment.plans, experiment.spec.horizon, lowest=experiment.lowest)
    try:
        (rolled,), _ = roll(spec.build(), experiment.panel, rolling, Context())
    except AppError as error:
        return Reference(spec, None, error=str(error))
    judge = Judge(experiment.panel, experiment.plans, {series.id: () for series in experiment.panel})
    points = {name: one.point for name, one in rolled.items()}
    found = judge.scores(points, {}, is_stepwise=False)
    return Reference(spec, averaged(list(found.values())), found, backtests=judge.backtests(points, {}))
