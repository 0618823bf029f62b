"""The simple benchmarks beside every comparison: those that nobody chose are scored all the same, for reference.

They are rules read off the history, so this takes milliseconds. They are scored at the same origins as the models, have no
intervals, and never rank among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import AppError
from core.evaluation.backtest import Rolling, roll
from core.evaluation.design import Experiment
from core.evaluation.judging import Judge
from core.evaluation.results import Reference, TaskResult
from core.evaluation.scores import ROUNDING, Scores, averaged
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


def benchmark_of(tasks: Sequence[TaskResult], others: Sequence[Reference], season: int) -> Mapping[str, Scores]:
    """By series id the scores of the benchmark that skill is measured by, be it chosen or a reference; none if it has none."""
    name = benchmark_name(season)
    for one in (*tasks, *others):
        if one.model.name == name:
            return scores_by_series(one)
    return {}


def benchmark_name(season: int) -> str:
    """The registry name of what repeats the last season, or the last value where there is no season."""
    return "seasonal_naive" if season > 1 else "naive"


def scores_by_series(one: TaskResult | Reference) -> dict[str, Scores]:
    """The scores of each series that has some, by id."""
    if isinstance(one, Reference):
        return dict(one.series)
    return {each.series_id: each.scores for each in one.series if each.scores is not None}


def skill(own: Mapping[str, Scores], benchmark: Mapping[str, Scores]) -> float | str:
    """1 − mean MASE / mean MASE of the benchmark, over the series where both have one; or the reason why there is none."""
    if not benchmark:
        return "the benchmark has no scores in this run"
    shared = [name for name, one in own.items() if "mase" in one.values and "mase" in benchmark.get(name, Scores({})).values]
    if not shared:
        return "MASE is not defined for both"
    total, bar = (sum(some[name].values["mase"] for name in shared) for some in (own, benchmark))
    return "the benchmark makes no error" if bar <= ROUNDING * len(shared) else 1 - total / bar
