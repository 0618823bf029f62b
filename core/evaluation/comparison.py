"""Which model forecasts best, by how much, and whether that could be chance: what is said of models together.

The best is chosen on the same origins that then judge it against each other model. Holm's adjustment pays for the number of
those tests, not for the choice: among models that are in truth equally good, the best is called clearly better than some
other somewhat too often (simulated, independent models: in 5 % of runs with two, 6 % with three, 13 % with eight).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.evaluation.design import Experiment
from core.evaluation.scores import Scores
from core.evaluation.spec import RunSpec
from core.metrics.point import mase_scale
from core.metrics.registry import METRICS
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.stats.significance import diebold_mariano, holm

CLEAR = 0.05
LOSSES = {  # what is tested, by the score that ranks
    "mase": "absolute error, mean over steps, scaled by MASE's scale",
    "mae": "absolute error, mean over steps",
}
SAME = 1e-9  # relative: losses that agree to nine digits are equal, and differ by rounding


class Outcome(Protocol):
    """What is read of a model's result on one series."""

    series_id: str
    backtest: Backtest | None
    scores: Scores | None


class Task(Protocol):
    """What is read of a model's result: a failed one has no series and no scores."""

    model: ModelSpec
    state: str
    series: Sequence[Outcome]
    scores: Scores | None


@dataclass(frozen=True)
class Pair:
    """The best model, a, against another, b, over n origins.

    skill      1 − loss of a / loss of b, a fraction; None where b makes no error at all
    low, high  the 95 % interval of the mean difference of the losses, as skill: 0 is outside exactly where p < 0.05. It takes
               the loss of b as known, so that it never contradicts the test
    reason     why there is no test; then statistic, p, p_holm, low and high are None
    statistic  of the Diebold-Mariano test: negative where a has the smaller loss
    """

    a: str
    b: str
    loss: str
    n: int
    skill: float | None = None
    statistic: float | None = None
    p: float | None = None
    p_holm: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None

    @property
    def is_clear(self) -> bool:
        """a is better than b, and chance is no good explanation."""
        return self.p_holm is not None and self.p_holm < CLEAR and self.skill > 0


@dataclass(frozen=True)
class Comparison:
    """ranking: labels, best first, of the models that are done and scored wherever any model is.

    score    what ranks: "mase", or "mae" where MASE is not defined for all of them; None where nothing is ranked
    pairs    the best against each of the others, in the order of the ranking
    verdict  one sentence
    """

    ranking: tuple[str, ...]
    score: str | None
    pairs: tuple[Pair, ...]
    verdict: str

    @property
    def best(self) -> str | None:
        return self.ranking[0] if self.ranking else None


def compare(experiment: Experiment, tasks: Sequence[Task]) -> Comparison:
    """Rank the models and test the best against each of the others.

    An origin's loss is the mean over the horizon of |actual − point| / MASE's scale, over observed actuals; for a panel the
    mean over the series' losses at the same place, counted from the last origin. Origins without observed actuals are left
    out; that moves the others closer together, never apart, so the test still sees all that share outcomes.
    """
    done = [task for task in tasks if task.state == "done"]
    score, ranked = _ranked(done)
    if not ranked:
        return Comparison((), None, (), _unranked(done))
    losses = {task.model.label: _losses(experiment.panel, task, score) for task in ranked}
    best, *others = losses
    pairs = _adjusted([_pair(best, other, losses, spec=experiment.spec, loss=LOSSES[score]) for other in others])
    return Comparison(tuple(losses), score, pairs, _verdict(ranked, score, pairs))


def _ranked(done: Sequence[Task]) -> tuple[str, list[Task]]:
    """The score that ranks, and the models in its order; equal ones stay in the order of the run."""
    by_mase, by_mae = _scored(done, "mase"), _scored(done, "mae")
    score, ranked = ("mase", by_mase) if len(by_mase) == len(by_mae) else ("mae", by_mae)
    return score, sorted(ranked, key=lambda task: task.scores.values[score])


def _scored(done: Sequence[Task], score: str) -> list[Task]:
    """The models whose score is defined for every series where that of any model is: a mean over fewer compares nothing."""
    found = [{one.series_id for one in task.series if one.scores and score in one.scores.values} for task in done]
    everywhere = set().union(*found)
    return [task for task, some in zip(done, found, strict=True) if some and some == everywhere]


def _losses(panel: Panel, task: Task, score: str) -> np.ndarray:
    """(O,) the loss at each origin, the last one at the end, NaN where nothing was observed."""
    each = []
    for one in task.series:
        if score not in one.scores.values:
            continue
        errors = np.abs(one.backtest.scorable - one.backtest.point)  # (O, H)
        if score == "mase":
            history = panel[one.series_id][: int(one.backtest.origins[0])]
            errors = errors / mase_scale(history.values, history.observed, history.season)
        each.append(_mean_over_rows(errors.T))
    most = max(len(losses) for losses in each)
    return _mean_over_rows(np.stack([np.pad(one, (most - len(one), 0), constant_values=np.nan) for one in each]))


def _mean_over_rows(table: np.ndarray) -> np.ndarray:
    """(R, C) -> (C,), the mean of each column without its NaN; NaN where it holds nothing else."""
    seen = ~np.isnan(table)
    count = seen.sum(axis=0)
    return np.divide(np.where(seen, table, 0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def _pair(best: str, other: str, losses: Mapping[str, np.ndarray], *, spec: RunSpec, loss: str) -> Pair:
    a, b = losses[best], losses[other]
    seen = ~(np.isnan(a) | np.isnan(b))
    a, b = a[seen], b[seen]
    level = float(b.mean())
    pair = Pair(best, other, loss, len(a), skill=1 - float(a.mean()) / level if level else None)
    differential = np.where(np.abs(a - b) <= SAME * (a + b), 0, a - b)
    try:
        test = diebold_mariano(differential, spec.horizon, spec.stride)
    except DataError as error:
        return replace(pair, reason=str(error))
    low, high = -test.high / level, min(-test.low / level, 1.0)  # no loss is under 0, so no skill is over 1
    return replace(pair, statistic=test.statistic, p=test.p, low=low, high=high)


def _adjusted(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs with Holm's adjusted p, over those that could be tested."""
    adjusted = iter(holm([pair.p for pair in pairs if pair.p is not None]))
    return tuple(pair if pair.p is None else replace(pair, p_holm=next(adjusted)) for pair in pairs)


def _unranked(done: Sequence[Task]) -> str:
    """The verdict where nothing is ranked."""
    if not done:
        return "No model could be fitted, so there is nothing to compare."
    reasons = [task.scores.absent["mae"] for task in done if task.scores and "mae" in task.scores.absent]
    if reasons:
        return f"No model could be scored: {reasons[0]}."
    return "Nothing says which model forecasts best, for there was no backtest; ask for origins to have past forecasts scored."


def _verdict(ranked: Sequence[Task], score: str, pairs: Sequence[Pair]) -> str:
    """One sentence for a reader without statistics; its p are Holm's. The yardstick is seasonal naive, or the second best."""
    best, *others = (task.model.label for task in ranked)
    values, metric = [task.scores.values[score] for task in ranked], METRICS[score].label
    if not others:
        return f"{best} is the only model with a score, a {metric} of {_shown(values[0])}: there is nothing to compare it with."
    if values[1] - values[0] <= SAME * values[1]:
        start, subject = f"{best} and {others[0]} forecast equally well, with a {metric} of {_shown(values[0])}", best
    else:
        rival = next((at for at, task in enumerate(ranked) if at and task.model.name == "seasonal_naive"), 1)
        less = 100 * (1 - values[0] / values[rival])
        share = f"{less:.0f} %" if less >= 0.5 else "less than 1 %"
        start = f"{best} forecasts best: its {metric} of {_shown(values[0])} is {share} below {others[rival - 1]}'s"
        subject = "it"
    return "; ".join([start, *_clauses(pairs, subject)]) + "."


def _clauses(pairs: Sequence[Pair], subject: str) -> list[str]:
    """What the tests add: whom the best does not clearly beat, or else whom it does; and what could not be tested."""
    tested = [pair for pair in pairs if pair.p_holm is not None]
    doubtful = [pair for pair in tested if not pair.is_clear]
    said = []
    if doubtful:
        said.append(f"{subject} is not clearly better than {_named(doubtful, 'or')}")
    elif tested:
        said.append(f"{subject} is clearly better than {_named(tested, 'and')}")
    for reason in dict.fromkeys(pair.reason for pair in pairs if pair.reason):
        said.append(f"no test against {_named([pair for pair in pairs if pair.reason == reason], 'or')}: {reason}")
    return said


def _named(pairs: Sequence[Pair], word: str) -> str:
    """The other models, at most three by name: "AR (p = 0.21), GRU (p = 0.3) and 2 others"."""
    named = [pair.b if pair.p_holm is None else f"{pair.b} ({_chance(pair.p_holm)})" for pair in pairs]
    if len(named) > 3:
        named = [*named[:2], f"{len(named) - 2} others"]
    *first, last = named
    return f"{', '.join(first)} {word} {last}" if first else last


def _chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p >= 0.1 else f"p = {p:.3f}"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= value < 1e9 else f"{value:.3g}"
