"""What is said of models together, as sentences for a reader without statistics. It tests nothing and ranks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.results import Reference, TaskResult
from core.evaluation.scores import ROUNDING, SAME
from core.metrics.registry import METRICS, score_key
from core.models.registry import MODELS

CLEAR = 0.05
SHORT = 0.15  # of a coverage: what intervals may fall short of it without a word, for origins are few


@dataclass(frozen=True)
class Pair:
    """The best model, a, against another, b, over n origins.

    skill      1 − loss of a / loss of b, a fraction; None where b is exact, up to rounding
    low, high  the 95 % interval of the mean difference of the losses, as skill: 0 is outside exactly where p < 0.05. It takes
               the loss of b as known, so that it never contradicts the test
    reason     why there is no test; then statistic, p, p_holm, low and high are None. Against an exact b there is none
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
        return self.p_holm is not None and self.p_holm < CLEAR and self.skill is not None and self.skill > 0


def rounding(task: TaskResult, score: str) -> float:
    """The largest loss of a scored model that counts as none, in the unit of the score: "mase" has none, "mae" the series'."""
    if score == "mase":
        return ROUNDING
    return ROUNDING * max(float(np.abs(one.backtest.actual).max()) for one in task.series if one.backtest is not None)


def rank_key(task: TaskResult, score: str) -> float:
    """What models are sorted by: the score, which is one and the same for all that are exact."""
    return max(task.scores.values[score], rounding(task, score))


def is_less(value: float, bar: float, rounding: float) -> bool:
    """Whether a loss is below another by more than the rounding of single precision or of exact forecasts."""
    return bar - value > max(SAME * bar, rounding)


def unranked(done: Sequence[TaskResult]) -> str:
    """The verdict where nothing is ranked."""
    if not done:
        return "No model could be fitted, so there is nothing to compare."
    if any(task.absent for task in done) and any(task.scores for task in done):
        return f"No model is ranked, because each lacks series that another has: {_coverage(done)}."
    reasons = [task.scores.absent["mae"] for task in done if task.scores and "mae" in task.scores.absent]
    if reasons:
        return f"No model could be scored: {reasons[0]}."
    return "Nothing says which model forecasts best, for there was no backtest; ask for origins to have past forecasts scored."


def model_verdict(ranked: Sequence[TaskResult], score: str, pairs: Sequence[Pair], *, fewer: Sequence[TaskResult] = ()) -> str:
    """One sentence; its p are Holm's. The yardstick is the seasonal benchmark, or the second best.

    fewer: the models that do not rank because they lack series that these have.
    """
    aside = _aside(ranked[0], fewer)
    best, *others = (task.model.label for task in ranked)
    values, metric = [task.scores.values[score] for task in ranked], METRICS[score].label
    if not others:
        alone = "that is ranked, with" if fewer else "with a score,"
        start = f"{best} is the only model {alone} a {metric} of {_shown(values[0])}: there is nothing to compare it with"
        return "; ".join([start, *aside]) + "."
    nothing = rounding(ranked[0], score)
    equal = [label for label, value in zip(others, values[1:], strict=True) if not is_less(values[0], value, nothing)]
    if equal:
        start, subject = f"{_joined([best, *equal])} forecast equally well, with a {metric} of {_shown(values[0])}", best
        pairs = [pair for pair in pairs if pair.b not in equal or pair.p_holm is not None]  # equal losses need no more words
    else:
        rival = next((at for at, task in enumerate(ranked) if at and _is_yardstick(task)), 1)
        share = _share(values[0], values[rival])
        start = f"{best} forecasts best: its {metric} of {_shown(values[0])} is {share} below {others[rival - 1]}'s"
        subject = "it"
    return "; ".join([start, *_clauses(pairs, subject), *aside]) + "."


def _aside(ranked: TaskResult, fewer: Sequence[TaskResult]) -> list[str]:
    """What no score and no rank is about: series that all ranked models lack, and models that lack more than these."""
    lacking = len(ranked.absent)
    said = [f"{lacking} of {_whole(ranked)} series {'is' if lacking == 1 else 'are'} in no score"] if lacking else []
    if fewer:
        said.append(f"not ranked, because series are missing: {_coverage(fewer)}")
    return said


def _coverage(tasks: Sequence[TaskResult]) -> str:
    """ "AR (109 of 111 series), ETS (110 of 111 series)"."""
    return ", ".join(f"{task.model.label} ({len(task.series)} of {_whole(task)} series)" for task in tasks)


def _whole(task: TaskResult) -> int:
    return len(task.series) + len(task.absent)


def _is_yardstick(task: TaskResult) -> bool:
    model = MODELS.get(task.model.name)
    return model is not None and model.is_benchmark and model.is_seasonal


def narrow(best: TaskResult, coverages: Sequence[float]) -> str:
    """One sentence where intervals of the best model held clearly less than they say; otherwise empty."""
    values = best.scores.values if best.scores else {}
    held = [(one, values.get(score_key("coverage", one))) for one in coverages]
    wanting = [(one, value) for one, value in held if value is not None and one - value > SHORT]
    short = [
        f"those of {100 * one:g} % held {100 * value:.0f} %{'' if at else ' of what came'}"
        for at, (one, value) in enumerate(wanting)
    ]
    return f"{best.model.label}'s intervals were too narrow: {', '.join(short)}." if short else ""


def benchmark_wins(reference: Reference, best: TaskResult, score: str) -> str:
    """One sentence: a benchmark that nobody chose is better than the best model."""
    value, bar = reference.scores.values[score], best.scores.values[score]
    return (
        f"{reference.model.label}, for reference, would have been better: "
        f"its {METRICS[score].label} of {_shown(value)} is {_share(value, bar)} below {best.model.label}'s."
    )


def combination_verdict(combination: TaskResult, best: TaskResult, score: str, pair: Pair) -> str:
    """One sentence: whether the best combination is better than the best model."""
    value, bar = combination.scores.values[score], best.scores.values[score]
    label, metric = combination.model.label, METRICS[score].label
    if not is_less(value, bar, rounding(best, score)):
        return f"No combination beats {best.model.label}: the best of them, {label}, has a {metric} of {_shown(value)}."
    start = f"The best combination, {label}, is better still: its {metric} of {_shown(value)} is {_share(value, bar)} below"
    if pair.p_holm is None:
        chance = f"no test: {pair.reason}"
    else:
        chance = f"{'clearly so' if pair.is_clear else 'which may be chance'} ({_chance(pair.p_holm)})"
    return f"{start} {best.model.label}'s; {chance}."


def _share(less: float, more: float) -> str:
    share = 100 * (1 - less / more)
    return f"{share:.0f} %" if share >= 0.5 else "less than 1 %"


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


def _joined(labels: Sequence[str]) -> str:
    """At most three by name."""
    shown = [*labels[:2], f"{len(labels) - 2} others"] if len(labels) > 3 else list(labels)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


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
