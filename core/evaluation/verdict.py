"""What is said of models together, as sentences for a reader without statistics. It tests nothing and ranks nothing.

Three sentences: the answer to the run's question, the size of the errors, and which models are as good as the best. Shares and
intervals are those of the tests, so that no sentence contradicts another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.results import TaskResult
from core.evaluation.scores import ROUNDING, SAME
from core.metrics.registry import METRICS, score_key

SHORT = 0.15  # of a coverage: what intervals may fall short of it without a word, for origins are few
ENDS = 95  # percent of the intervals in the answer


@dataclass(frozen=True)
class Pair:
    """A model, a, against another, b, over n origins: a network against the rival, in runs of old the best against another.

    skill       1 − loss of a / loss of b, a fraction; None where b is exact, up to rounding
    low, high   the 95 % interval of the mean difference of the losses, as skill, which holds for all pairs of the run at once.
                It takes the loss of b as known, so that it never contradicts the test
    p           of this pair by itself;  p_adjusted: for all pairs at once, below 0.05 exactly where 0 is outside the interval
    reason      why there is no test; then statistic, p, p_adjusted, low and high are None. Against an exact b there is none
    statistic   of the Diebold-Mariano test: negative where a has the smaller loss
    p_holm      in runs of old, adjusted by Holm's rule
    over        what was drawn for low and high where no test gave them: "series and dates"; then `reason` says why none did
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
    p_adjusted: float | None = None
    over: str = ""

    @property
    def chance(self) -> float | None:
        """p, adjusted for all pairs of the run."""
        return self.p_holm if self.p_adjusted is None else self.p_adjusted

    @property
    def is_better(self) -> bool:
        """a is better than b, and chance is no good explanation."""
        return self.low is not None and self.low > 0

    @property
    def is_worse(self) -> bool:
        """a is worse than b, and chance is no good explanation."""
        return self.high is not None and self.high < 0


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
    """The answer where nothing is ranked."""
    if not done:
        return "No model could be fitted, so there is nothing to compare."
    if any(task.absent for task in done) and any(task.scores for task in done):
        return f"No model is ranked, because each lacks series that another has: {_coverage(done)}."
    reasons = [task.scores.absent["mae"] for task in done if task.scores and "mae" in task.scores.absent]
    if reasons:
        return f"No model could be scored: {reasons[0]}."
    return "Nothing says which model forecasts best, because there was no backtest; ask for past forecasts to be scored."


def lonely(only: TaskResult, score: str, fewer: Sequence[TaskResult]) -> str:
    """The answer where one model alone is ranked."""
    alone = "that is ranked, with" if fewer else "with a score,"
    start = f"{only.model.label} is the only model {alone} a {METRICS[score].label} of {shown(only.scores.values[score])}"
    return _sentence([f"{start}: there is nothing to compare it with", *_aside(only, fewer)])


def answer(pairs: Sequence[Pair], noun: str, ranked: Sequence[TaskResult], fewer: Sequence[TaskResult]) -> str:
    """Whether any challenger beats the rival: pairs, best first, each of them against it. noun: what the challengers are."""
    first, rival = pairs[0], pairs[0].b
    better, worse = [pair for pair in pairs if pair.is_better], [pair for pair in pairs if pair.is_worse]
    if first.low is None:
        said = [_untested(first)]
    elif better:
        also = [pair.a for pair in better[1:]]
        said = [f"{better[0].a} beats {rival} here: it is off by {_against(better[0])}"]
        said += [f"{joined(also)} {'beats' if len(also) == 1 else 'beat'} it too"] if also else []
        said += [f"{joined([pair.a for pair in worse])} {'is' if len(worse) == 1 else 'are'} worse"] if worse else []
    else:
        is_clear = len(worse) == len(pairs)
        if len(pairs) == 1:
            said = [f"{first.a} {'does not beat' if is_clear else 'is not shown to beat'} {rival} here: it is off by"]
        else:
            said = [f"No {noun} {'beats' if is_clear else 'is shown to beat'} {rival} here: the nearest, {first.a}, is off by"]
        said[0] = f"{said[0]} {_against(first)}"
        if worse and not is_clear:
            said.append(f"{joined([pair.a for pair in worse])} {'is' if len(worse) == 1 else 'are'} worse")
    return _sentence([*said, *_aside(ranked[0], fewer)])


def _untested(pair: Pair) -> str:
    """Where there is no test, be it that the forecasts are equal."""
    if pair.skill is None:
        return f"{pair.b} makes no error here, so no model can beat it"
    if abs(pair.skill) <= SAME:
        return f"{pair.a} and {pair.b} forecast equally well here"
    off = f"{pair.a} is off by {_share(-pair.skill)} than {pair.b} here"
    return f"{off}, and nothing says whether that is chance: {pair.reason}"


def _against(pair: Pair) -> str:
    """ "8 % more (95 %: 1 to 15 % more)"."""
    least, most = -pair.high, -pair.low  # as shares of b's loss that a adds
    if least >= 0 or most <= 0:
        low, high = sorted((abs(least), abs(most)))
        interval = f"{_percent(low)} to {_percent(high)} % {'more' if least >= 0 else 'less'}"
    else:
        interval = f"{_share(least)} to {_share(most)}"
    return f"{_share(-pair.skill)} ({ENDS} %{f', over {pair.over}' if pair.over else ''}: {interval})"


def _share(added: float) -> str:
    """ "8 % more", "3 % less"."""
    return f"{_percent(abs(added))} % {'less' if added < 0 else 'more'}"


def _percent(share: float) -> str:
    value = 100 * share
    return f"{value:.0f}" if value >= 0.95 or value < 0.05 else f"{value:.1f}"


@dataclass(frozen=True)
class Size:
    """How far a model is off. label: its name; errors: by series id its mean absolute error in the series' unit."""

    label: str
    errors: Mapping[str, float]


def size(sizes: Sequence[Size], usual: Mapping[str, float], unit: str) -> str:
    """How large the errors are, the best model's first. usual: by series id the mean absolute actual over the scored steps."""
    if not sizes or not sizes[0].errors:
        return ""
    best, *others = sizes
    if len(usual) == 1:
        (name,) = usual
        of_usual = f", {_percent(best.errors[name] / usual[name])} % of the usual value" if usual[name] > 0 else ""
        start = f"{best.label} is off by {shown(best.errors[name])}{f' {unit}' if unit else ''} on average{of_usual}"
        rest = [f"{one.label} by {shown(one.errors[name])}" for one in others if name in one.errors]
    else:
        start = f"In the median series {best.label} is off by {_of_usual(best, usual)} of the usual value"
        rest = [f"{one.label} by {_of_usual(one, usual)}" for one in others if one.errors]
    return _sentence([start, ", ".join(rest)] if rest else [start])


def _of_usual(one: Size, usual: Mapping[str, float]) -> str:
    shares = [error / usual[name] for name, error in one.errors.items() if usual.get(name, 0) > 0]
    return f"{_percent(float(np.median(shares)))} %" if shares else "–"


def equals(kept: Sequence[str], reason: str | None, forecasts: int, independent: float) -> str:
    """Which models are as good as the best. kept: their labels, best first; reason: why they are not known."""
    few = round(independent)
    known = f"As far as {forecasts:,} past forecasts (about {few:,} independent {'one' if few == 1 else 'ones'}) can tell"
    if reason is not None:
        return f"Which models are as good as the best cannot be told: {reason}."
    if len(kept) == 1:
        return f"{known}, {kept[0]} alone is best."
    return f"{known}, {joined(kept)} are equally good."


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


def combination_verdict(combination: TaskResult, best: TaskResult, score: str, pair: Pair) -> str:
    """One sentence: whether the best combination is better than the best model."""
    value, bar = combination.scores.values[score], best.scores.values[score]
    label, metric = combination.model.label, METRICS[score].label
    if not is_less(value, bar, rounding(best, score)):
        return f"No combination beats {best.model.label}: the best of them, {label}, has a {metric} of {shown(value)}."
    start = f"The best combination, {label}, is better still: it is off by {_share(value / bar - 1)} than {best.model.label}"
    if pair.reason is not None:
        return f"{start}; whether that is chance cannot be told: {pair.reason}."
    return f"{start}, {'and chance is no good explanation' if pair.is_better else 'which may be chance'}."


def joined(labels: Sequence[str]) -> str:
    """At most three by name."""
    shown = [*labels[:2], f"{len(labels) - 2} others"] if len(labels) > 3 else list(labels)
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]


def shown(value: float) -> str:
    """A number as it is read: three digits, whole above a thousand."""
    return f"{value:,.0f}" if 1000 <= value < 1e9 else f"{value:.3g}"


def _sentence(clauses: Sequence[str]) -> str:
    return "; ".join(clauses) + "."


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
