"""Does a network forecast better than the linear rival, by how much, and who is as good as the best: what is said of models
together.

The question is fixed before the run: every network against the first of AR, Linear, ARIMA, ETS and Theta that was chosen, or
against the seasonal benchmark where none was; in a run without networks every model against that benchmark. The intervals of
all these differences hold at once, so that none was picked for being large. Which models are as good as the best is another
question, and has another answer: the model confidence set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.errors import DataError
from core.evaluation import verdict
from core.evaluation.backtest import Backtest
from core.evaluation.design import Experiment
from core.evaluation.losses import alike, in_order, losses_of, over_series, without_rounding
from core.evaluation.panels import PanelEvidence, across_series, borrowed
from core.evaluation.references import benchmark_name
from core.evaluation.results import Combination, Reference, TaskResult
from core.evaluation.verdict import Pair, Size, combination_verdict, rounding
from core.models.registry import MODELS
from core.stats.confidence_set import confidence_set
from core.stats.significance import diebold_mariano, simultaneous

RIVALS = ("ar", "linear", "arima", "ets", "theta")  # the first of them that was chosen
LOSSES = {  # what is tested, by the score that ranks
    "mase": "absolute error, mean over steps, scaled by MASE's scale",
    "mae": "absolute error, mean over steps",
}


@dataclass(frozen=True)
class Comparison:
    """ranking: labels, best first, of the models that are done and scored wherever any model is.

    score    what ranks: "mase", or "mae" where MASE is not defined for all of them; None where nothing is ranked
    pairs    every challenger against the rival, in the order of the ranking; in runs of old the best against each other model
    verdict  the answer, one sentence;  size: how large the errors are;  equals: which models are as good as the best

    rival    the label of what the challengers are compared with; it need not be a model of the run
    kept     the labels of the model confidence set, best first, without those that the answer calls worse; empty where it could
             not be computed
    chances  the p of each ranked model in it, by label
    reach    the share of the rival's loss by which the nearest challenger would have to differ for the tests to show it; None
             where they show a difference, or cannot be made

    combinations  of the models that rank; they rank among none of them
    combined      one sentence: whether the best combination is better than the best model; None where there is none
    references    the benchmarks that are not among the models
    panel         what the series of a panel say, each with one voice; None below 5 scored series, and in runs of old
    """

    ranking: tuple[str, ...]
    score: str | None
    pairs: tuple[Pair, ...]
    verdict: str
    combinations: tuple[Combination, ...] = ()
    combined: str | None = None
    references: tuple[Reference, ...] = ()
    size: str = ""
    equals: str = ""
    rival: str | None = None
    kept: tuple[str, ...] = ()
    chances: Mapping[str, float] = field(default_factory=dict)
    reach: float | None = None
    panel: PanelEvidence | None = None

    @property
    def best(self) -> str | None:
        return self.ranking[0] if self.ranking else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict: the answer, the size, and who is as good as the best."""
        return tuple(one for one in (self.verdict, self.size, self.equals) if one)


def compare(experiment: Experiment, tasks: Sequence[TaskResult], references: Sequence[Reference] = ()) -> Comparison:
    """Rank the models, and put the run's question to them.

    An origin's loss is the mean over the horizon of |actual − point| / MASE's scale, over observed actuals; for a panel the
    mean over the series' losses at the same origin. Origins without observed actuals are left out; that moves the others
    closer together, never apart, so the test still sees all that share outcomes. Where a panel has too few dates for the test,
    the answer takes the interval over other series and dates, if there is one.
    """
    done = [task for task in tasks if task.state == "done"]
    score, ranked = _ranked(done)
    if not ranked:
        return Comparison((), None, (), verdict.unranked(done), references=tuple(references))
    fewer = [task for task in done if task.absent and task not in ranked]  # they lack series that others have
    whole = {task.model.label: losses_of(experiment, _backtests(task), score) for task in ranked}
    table = {label: over_series(one) for label, one in whole.items()}
    nothing = rounding(ranked[0], score)
    found = Comparison(tuple(table), score, (), verdict.lonely(ranked[0], score, fewer), references=tuple(references))
    question = _question(ranked, references, experiment.spec.season)
    if question is None:
        panel = across_series(experiment.spec, whole, list(table), nothing=nothing)
        return replace(found, size=_size(experiment, ranked, (), references), panel=panel)
    rival, challengers = question
    if rival not in table:
        reference = next(one for one in references if one.model.label == rival)
        whole[rival] = losses_of(experiment, reference.backtests, score)
        table[rival] = over_series(whole[rival])
    panel = across_series(experiment.spec, whole, list(found.ranking), challengers, rival, nothing=nothing)
    pairs = _pairs(challengers, rival, table, experiment=experiment, score=score, nothing=nothing)
    pairs = tuple(borrowed(pair, panel) for pair in pairs)
    noun = "network" if _is_network(next(task for task in ranked if task.model.label == challengers[0])) else "model"
    kept, chances, equals = _equals(experiment, found.ranking, table, pairs, nothing)
    return replace(
        found,
        pairs=pairs,
        verdict=verdict.answer(pairs, noun, ranked, fewer),
        size=_size(experiment, ranked, (rival,), references),
        equals=equals,
        rival=rival,
        kept=kept,
        chances=chances,
        reach=_reach(pairs),
        panel=panel,
    )


def completed(
    experiment: Experiment, tasks: Sequence[TaskResult], found: Comparison, combinations: tuple[Combination, ...]
) -> Comparison:
    """The comparison with the combinations, the best of which is tested against the best model.

    Its interval and p are Bonferroni's over all combinations, because it was chosen among them.
    """
    if found.best is None or not combinations:
        return replace(found, combinations=combinations)
    best = next(task for task in tasks if task.model.label == found.best)
    first = min((one.result for one in combinations), key=lambda one: one.scores.values[found.score])
    table = {one.model.label: over_series(losses_of(experiment, _backtests(one), found.score)) for one in (first, best)}
    nothing, coverage = rounding(best, found.score), 1 - 0.05 / len(combinations)
    labels = {"experiment": experiment, "score": found.score, "nothing": nothing}
    (pair,) = _pairs([first.model.label], found.best, table, coverage=coverage, **labels)
    said = combination_verdict(first, best, found.score, pair)
    return replace(found, combinations=combinations, combined=said)


def _question(ranked: Sequence[TaskResult], references: Sequence[Reference], season: int) -> tuple[str, list[str]] | None:
    """The label of the rival, and those of its challengers, best first; None where there is nothing to compare."""
    by_name = {task.model.name: task.model.label for task in reversed(ranked)}
    networks = [task.model.label for task in ranked if _is_network(task)]
    rival = next((by_name[name] for name in RIVALS if name in by_name), None) if networks else None
    if rival is None:
        benchmark = benchmark_name(season)
        computed = {one.model.name: one.model.label for one in references if one.backtests}
        rival = by_name.get(benchmark) or computed.get(benchmark)
    challengers = networks or [task.model.label for task in ranked if task.model.label != rival]
    return None if rival is None or not challengers else (rival, challengers)


def _is_network(task: TaskResult) -> bool:
    model = MODELS.get(task.model.name)
    return model is not None and model.is_random


def _pairs(
    challengers: Sequence[str],
    rival: str,
    table: Mapping[str, np.ndarray],
    *,
    experiment: Experiment,
    score: str,
    nothing: float,
    coverage: float = 0.95,
) -> tuple[Pair, ...]:
    """Each against the rival, with intervals that hold for all of them at once. nothing: the largest loss that is rounding.

    The interval divides by the loss of the rival; an exact one has neither.
    """
    spec = experiment.spec
    seen = ~np.isnan(np.stack([table[label] for label in (*challengers, rival)])).any(axis=0)
    theirs = table[rival][seen]
    level = float(theirs.mean())
    rows = []
    for label in challengers:
        own = table[label][seen]
        rows.append(without_rounding(own, theirs, nothing) - theirs)
    tests = simultaneous(np.stack(rows), spec.horizon, spec.stride or 1, coverage)
    pairs = []
    for label, row, test in zip(challengers, rows, tests, strict=True):
        skill = 0.0 if not row.any() else 1 - float(table[label][seen].mean()) / level if level > nothing else None
        pair = Pair(label, rival, LOSSES[score], len(theirs), skill=skill)
        if isinstance(test, DataError):
            pairs.append(replace(pair, reason=str(test)))
        elif skill is None:
            pairs.append(replace(pair, reason=f"{rival} makes no error, of which a share could be saved"))
        else:
            alone = diebold_mariano(row, spec.horizon, spec.stride or 1)
            low, high = -test.high / level, min(-test.low / level, 1.0)  # no loss is under 0, so no skill is over 1
            pairs.append(replace(pair, statistic=test.statistic, p=alone.p, p_adjusted=test.p, low=low, high=high))
    return tuple(pairs)


def _reach(pairs: Sequence[Pair]) -> float | None:
    """Half of the nearest challenger's interval, where nothing is shown."""
    nearest = pairs[0]
    if nearest.low is None or nearest.over:
        return None
    if nearest.low is None or any(pair.is_better for pair in pairs) or all(pair.is_worse for pair in pairs):
        return None
    return (nearest.high - nearest.low) / 2


def _equals(
    experiment: Experiment, ranking: Sequence[str], table: Mapping[str, np.ndarray], pairs: Sequence[Pair], nothing: float
) -> tuple[tuple[str, ...], dict[str, float], str]:
    """The confidence set, its p by label, and the sentence."""
    if len(ranking) < 2:
        return (), {}, ""
    losses = np.stack([table[label] for label in ranking], axis=1)
    losses = alike(losses[~np.isnan(losses).any(axis=1)], nothing)
    stride = experiment.spec.stride or 1
    block = math.ceil(experiment.spec.horizon / stride)
    independent = 1 + (len(losses) - 1) * stride / experiment.spec.horizon
    try:
        found = confidence_set(losses, block)
    except DataError as error:
        return (), {}, verdict.equals((), str(error), len(losses), independent)
    agreed = _agreeing({ranking[place] for place in found.included}, pairs)
    kept = tuple(label for label in ranking if label in agreed)
    chances = dict(zip(ranking, found.p, strict=True))
    return kept, chances, verdict.equals(kept, None, len(losses), min(independent, len(losses))) if kept else ""


def _agreeing(kept: set[str], pairs: Sequence[Pair]) -> set[str]:
    """The labels of the confidence set as far as the answer agrees: without what this calls worse, and of two models of which
    it calls neither better, with both or with none."""
    worse = {pair.a if pair.is_worse else pair.b for pair in pairs if pair.is_worse or pair.is_better}
    kept = kept - worse
    for pair in (*pairs, *pairs):  # twice, because the rival may come in by a later one
        if not (pair.is_better or pair.is_worse) and not worse & {pair.a, pair.b} and kept & {pair.a, pair.b}:
            kept = kept | {pair.a, pair.b}
    return kept


def _size(experiment: Experiment, ranked: Sequence[TaskResult], rival: Sequence[str], references: Sequence[Reference]) -> str:
    """How far the best model, the rival and the seasonal benchmark are off."""
    benchmark = benchmark_name(experiment.spec.season)
    errors = {task.model.label: {one.series_id: one.scores for one in task.series} for task in ranked}
    errors |= {one.model.label: dict(one.series) for one in references}
    names = [task.model.label for task in ranked if task.model.name == benchmark]
    names += [one.model.label for one in references if one.model.name == benchmark]
    labels = dict.fromkeys((ranked[0].model.label, *rival, *names[:1]))
    sizes = [
        Size(label, {name: one.values["mae"] for name, one in errors[label].items() if one and "mae" in one.values})
        for label in labels
    ]
    usual = {name: float(np.nanmean(np.abs(one.scorable))) for name, one in _backtests(ranked[0]).items() if one.observed.any()}
    return verdict.size(sizes, usual, experiment.panel.series[0].unit)


def _ranked(done: Sequence[TaskResult]) -> tuple[str, list[TaskResult]]:
    """The score that ranks, and the models in its order; equal and exact ones stay in the order of the run."""
    by_mase, by_mae = _scored(done, "mase"), _scored(done, "mae")
    score, ranked = ("mase", by_mase) if len(by_mase) == len(by_mae) else ("mae", by_mae)
    return score, in_order(ranked, score)


def _scored(done: Sequence[TaskResult], score: str) -> list[TaskResult]:
    """The models whose score is defined for every series where that of any model is: a mean over fewer compares nothing."""
    found = [{one.series_id for one in task.series if one.scores and score in one.scores.values} for task in done]
    everywhere = set().union(*found)
    return [task for task, some in zip(done, found, strict=True) if some and some == everywhere]


def _backtests(task: TaskResult) -> dict[str, Backtest]:
    return {one.series_id: one.backtest for one in task.series if one.backtest is not None}
