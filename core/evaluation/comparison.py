"""Which model forecasts best, by how much, and whether that could be chance: what is said of models together.

The best is chosen on the same origins that then judge it against each other model. Holm's adjustment pays for the number of
those tests, not for the choice: among models that are in truth equally good, the best is called clearly better than some
other somewhat too often (simulated, independent models: in 5 % of runs with two, 6 % with three, 13 % with eight).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import DataError
from core.evaluation.design import Experiment
from core.evaluation.results import Combination, Reference, TaskResult
from core.evaluation.scores import SAME
from core.evaluation.spec import RunSpec
from core.evaluation.verdict import (
    Pair,
    benchmark_wins,
    combination_verdict,
    is_less,
    model_verdict,
    rank_key,
    rounding,
    unranked,
)
from core.metrics.point import mase_scale
from core.stats.significance import diebold_mariano, holm

LOSSES = {  # what is tested, by the score that ranks
    "mase": "absolute error, mean over steps, scaled by MASE's scale",
    "mae": "absolute error, mean over steps",
}


@dataclass(frozen=True)
class Comparison:
    """ranking: labels, best first, of the models that are done and scored wherever any model is.

    score    what ranks: "mase", or "mae" where MASE is not defined for all of them; None where nothing is ranked
    pairs    the best against each of the others, in the order of the ranking
    verdict  one sentence; one more where a benchmark that nobody chose is better

    combinations  of the models that rank; they rank among none of them
    combined      one sentence: whether the best combination is better than the best model; None where there is none
    references    the benchmarks that are not among the models
    """

    ranking: tuple[str, ...]
    score: str | None
    pairs: tuple[Pair, ...]
    verdict: str
    combinations: tuple[Combination, ...] = ()
    combined: str | None = None
    references: tuple[Reference, ...] = ()

    @property
    def best(self) -> str | None:
        return self.ranking[0] if self.ranking else None


def compare(experiment: Experiment, tasks: Sequence[TaskResult]) -> Comparison:
    """Rank the models and test the best against each of the others.

    An origin's loss is the mean over the horizon of |actual − point| / MASE's scale, over observed actuals; for a panel the
    mean over the series' losses at the same origin. Origins without observed actuals are left
    out; that moves the others closer together, never apart, so the test still sees all that share outcomes.
    """
    done = [task for task in tasks if task.state == "done"]
    score, ranked = _ranked(done)
    if not ranked:
        return Comparison((), None, (), unranked(done))
    losses = {task.model.label: _losses(experiment, task, score) for task in ranked}
    best, *others = losses
    nothing = rounding(ranked[0], score)
    pairs = _adjusted([_pair(best, one, losses, spec=experiment.spec, score=score, nothing=nothing) for one in others])
    return Comparison(tuple(losses), score, pairs, model_verdict(ranked, score, pairs, fewer=_fewer(done, ranked)))


def completed(
    experiment: Experiment,
    tasks: Sequence[TaskResult],
    found: Comparison,
    combinations: tuple[Combination, ...],
    references: tuple[Reference, ...],
) -> Comparison:
    """The comparison with what stands beside the models, and what is to be said of it.

    The best combination is tested against the best model; its p is Bonferroni's over all combinations.
    """
    whole = replace(found, combinations=combinations, references=references)
    if found.best is None:
        return whole
    best = next(task for task in tasks if task.model.label == found.best)
    better = _better_reference(best, references, found.score)
    verdict = found.verdict if better is None else f"{found.verdict} {benchmark_wins(better, best, found.score)}"
    if not combinations:
        return replace(whole, verdict=verdict)
    first = min((one.result for one in combinations), key=lambda one: one.scores.values[found.score])
    losses = {one.model.label: _losses(experiment, one, found.score) for one in (first, best)}
    nothing = rounding(best, found.score)
    pair = _pair(first.model.label, found.best, losses, spec=experiment.spec, score=found.score, nothing=nothing)
    if pair.p is not None:  # it is the best of several, and that choice is paid for by all of them
        pair = replace(pair, p_holm=min(1.0, len(combinations) * pair.p))
    return replace(whole, verdict=verdict, combined=combination_verdict(first, best, found.score, pair))


def _better_reference(best: TaskResult, references: Sequence[Reference], score: str) -> Reference | None:
    """The best of the benchmarks that are better than the best model on all series that this is scored on."""
    bar = best.scores.values[score]
    wanted = {one.series_id for one in best.series if one.scores and score in one.scores.values}
    whole = [one for one in references if {name for name, some in one.series.items() if score in some.values} == wanted]
    first = min(whole, key=lambda one: one.scores.values[score], default=None)
    return first if first is not None and is_less(first.scores.values[score], bar, rounding(best, score)) else None


def _ranked(done: Sequence[TaskResult]) -> tuple[str, list[TaskResult]]:
    """The score that ranks, and the models in its order; equal and exact ones stay in the order of the run."""
    by_mase, by_mae = _scored(done, "mase"), _scored(done, "mae")
    score, ranked = ("mase", by_mase) if len(by_mase) == len(by_mae) else ("mae", by_mae)
    return score, sorted(ranked, key=lambda task: rank_key(task, score))


def _scored(done: Sequence[TaskResult], score: str) -> list[TaskResult]:
    """The models whose score is defined for every series where that of any model is: a mean over fewer compares nothing."""
    found = [{one.series_id for one in task.series if one.scores and score in one.scores.values} for task in done]
    everywhere = set().union(*found)
    return [task for task, some in zip(done, found, strict=True) if some and some == everywhere]


def _fewer(done: Sequence[TaskResult], ranked: Sequence[TaskResult]) -> list[TaskResult]:
    """The models that do not rank because they lack series that others have."""
    return [task for task in done if task.absent and task not in ranked]


def _losses(experiment: Experiment, task: TaskResult, score: str) -> np.ndarray:
    """(R,) the loss at each of the run's origins, NaN where nothing was observed: the mean over the series that have it."""
    places = [plan.places for plan in experiment.plans.values()]
    table = np.full((len(task.series), max(some[-1] + 1 for some in places if some)), np.nan)
    for row, one in enumerate(task.series):
        if one.scores is None or score not in one.scores.values:
            continue
        errors = np.abs(one.backtest.scorable - one.backtest.point)  # (O, H)
        if score == "mase":
            history = experiment.panel[one.series_id][: int(one.backtest.origins[0])]
            errors = errors / mase_scale(history.values, history.observed, history.season)
        table[row, list(experiment.plans[one.series_id].places)] = _mean_over_rows(errors.T)
    return _mean_over_rows(table)


def _mean_over_rows(table: np.ndarray) -> np.ndarray:
    """(R, C) -> (C,), the mean of each column without its NaN; NaN where it holds nothing else."""
    seen = ~np.isnan(table)
    count = seen.sum(axis=0)
    return np.divide(np.where(seen, table, 0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def _pair(best: str, other: str, losses: Mapping[str, np.ndarray], *, spec: RunSpec, score: str, nothing: float) -> Pair:
    """nothing: the largest loss that is rounding. The interval divides by the loss of `other`; an exact one has neither."""
    a, b = losses[best], losses[other]
    seen = ~(np.isnan(a) | np.isnan(b))
    a, b = a[seen], b[seen]
    level = float(b.mean())
    skill = 1 - float(a.mean()) / level if level > nothing else None
    pair = Pair(best, other, LOSSES[score], len(a), skill=skill)
    differential = np.where(np.abs(a - b) <= np.maximum(SAME * (a + b), nothing), 0, a - b)
    try:
        test = diebold_mariano(differential, spec.horizon, spec.stride)
    except DataError as error:
        return replace(pair, reason=str(error))
    if skill is None:
        return replace(pair, reason=f"{other} makes no error, of which a share could be saved")
    low, high = -test.high / level, min(-test.low / level, 1.0)  # no loss is under 0, so no skill is over 1
    return replace(pair, statistic=test.statistic, p=test.p, low=low, high=high)


def _adjusted(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs with Holm's adjusted p, over those that could be tested."""
    adjusted = iter(holm([pair.p for pair in pairs if pair.p is not None]))
    return tuple(pair if pair.p is None else replace(pair, p_holm=next(adjusted)) for pair in pairs)
