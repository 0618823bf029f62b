"""The models of a run as a table: scores, cost, and why a model has none."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from core.errors import ConfigError
from core.evaluation.losses import in_order
from core.evaluation.references import benchmark_of, scores_by_series, skill
from core.evaluation.results import Reference, TaskResult
from core.evaluation.scores import OWN, SAME, Scores, saved
from core.evaluation.verdict import is_less, rank_key, rounding
from core.metrics.registry import SKILL, Metric, described, score_key
from core.report.outcome import Outcome

POINT = ("mase", SKILL.name, "rmse", "mae", "rmsse", "smape", "bias")
PLAIN = ("mase", "rmse", "mae")


def leaderboard(outcome: Outcome, series_id: str | None = None) -> pd.DataFrame:
    """One row a model or combination, best first, then those without a score, in the order of the run.

    Columns: model, best (bool; of the models alone, for nobody chose the combinations), the scores of `columns`, seconds,
    parameters, lacks (how many of these series it has no forecast of), exact (bool; its errors are rounding), kind ("model" or
    "combination"), note. series_id: the scores on one series alone; None: averaged over all that it does not lack. A score that
    is not defined is missing, and the note says why a model has none.
    """
    names = columns(outcome)
    rows = [_row(outcome, result, label, names, series_id) for label, result in _ordered(outcome)]
    table = pd.DataFrame(rows, columns=["model", "best", *names, "seconds", "parameters", "lacks", "exact", "kind", "note"])
    table["exact"] = table["exact"].eq(True)
    return table.astype(dict.fromkeys((*names, "seconds"), "float64") | {"parameters": "Int64", "lacks": "Int64"})


def references(outcome: Outcome, series_id: str | None = None) -> pd.DataFrame:
    """The benchmarks that nobody chose, best first. Columns: model, mase, rmse, mae, saved (the share of its error that the
    best model saves, negative where the benchmark is better), note. series_id as in `leaderboard`."""
    found = outcome.comparison.references if outcome.comparison else ()
    table = pd.DataFrame([_reference(outcome, one, series_id) for one in found], columns=["model", *PLAIN, "saved", "note"])
    table = table.astype(dict.fromkeys((*PLAIN, "saved"), "float64"))
    score = outcome.comparison.score if outcome.comparison else None
    return table.sort_values(score or "mae", kind="stable", na_position="last", ignore_index=True)


def _ordered(outcome: Outcome) -> list[tuple[str, TaskResult | None]]:
    """Whatever has a row, by label; combinations where their score places them, behind models with the same one, and last where
    nothing is scored."""
    results = {one.model.label: one for one in outcome.results}
    comparison = outcome.comparison
    ranking = comparison.ranking if comparison else ()
    combined = [(one.model.label, one) for one in outcome.combinations]
    others = [(one.label, results.get(one.label)) for one in outcome.models if one.label not in ranking]
    if not ranking:  # nothing was scored, of the combinations neither
        return others + combined
    ranked = [results[label] for label in ranking]
    for one in reversed(in_order([result for _, result in combined], comparison.score)):
        own = rank_key(one, comparison.score)
        behind = [at for at, result in enumerate(ranked) if is_less(own, rank_key(result, comparison.score), 0.0)]
        ranked.insert(behind[0] if behind else len(ranked), one)
    return [(result.model.label, result) for result in ranked] + others


def columns(outcome: Outcome) -> tuple[str, ...]:
    """The scores that the table shows: of points, of the intervals from the narrowest, and of those that models claim."""
    coverages = sorted(outcome.spec.coverages or ()) if outcome.spec.origins != 0 else ()  # without origins none is scored
    intervals = [score_key(name, one) for one in coverages for name in ("coverage", "winkler")]
    known = {name for one in outcome.done if one.scores for name in one.scores.values}
    return (*POINT, *intervals, *(own for name in intervals if (own := f"{OWN}{name}") in known))


def _row(
    outcome: Outcome, result: TaskResult | None, label: str, names: tuple[str, ...], series_id: str | None
) -> Mapping[str, object]:
    kind = "combination" if result in outcome.combinations else "model"
    whose = {"model": label, "best": outcome.comparison is not None and label == outcome.comparison.best, "kind": kind}
    if result is None:
        return {**whose, "note": outcome.missing.get(label, "not finished")}
    lacks = len(result.absent) if series_id is None else int(series_id in result.absent)
    cost = {"seconds": result.seconds, "parameters": result.parameters, "lacks": lacks}
    if result.state == "failed":
        return {**whose, **cost, "note": f"failed: {result.error}"}
    if series_id in result.absent:
        return {**whose, **cost, "note": f"left out: {result.absent[series_id]}"}
    scores = scores_of(result, series_id)
    if scores is None:
        return {**whose, **cost, "note": "; ".join((*_absent(None, names), *result.notes))}
    share, is_exact = _skill(outcome, result, series_id), scores.values.get("mae", math.inf) <= rounding(result, "mae")
    values = {name: scores.values.get(name) for name in names} | {SKILL.name: None if isinstance(share, str) else share}
    why = [f"{SKILL.label}: {share}"] if isinstance(share, str) and outcome.comparison else []
    return {**whose, **values, **cost, "exact": is_exact, "note": "; ".join((*_absent(scores, names), *why, *result.notes))}


def _skill(outcome: Outcome, result: TaskResult, series_id: str | None) -> float | str:
    """What a model saves of the seasonal benchmark's error, over all series that both have or on one; or why there is none."""
    others = outcome.comparison.references if outcome.comparison else ()
    own, benchmark = scores_by_series(result), benchmark_of(outcome.done, others, outcome.spec.season or 1)
    return skill({name: one for name, one in own.items() if series_id in (None, name)}, benchmark)


def _reference(outcome: Outcome, one: Reference, series_id: str | None) -> Mapping[str, object]:
    if one.error is not None:
        return {"model": one.model.label, "note": f"failed: {one.error}"}
    scores = one.scores if series_id is None else one.series.get(series_id)
    if scores is None:
        return {"model": one.model.label, "note": "no past forecasts were scored"}
    best = next((task for task in outcome.results if task.model.label == outcome.comparison.best), None)
    bar = best and scores_of(best, series_id)
    values = {name: scores.values.get(name) for name in PLAIN}
    share = saved(bar, scores, outcome.comparison.score) if bar else None
    return {"model": one.model.label, **values, "saved": share, "note": "; ".join(_absent(scores, PLAIN))}


def scores_of(result: TaskResult, series_id: str | None) -> Scores | None:
    """Its scores over all series, or of one."""
    if series_id is None:
        return result.scores
    return next((one.scores for one in result.series if one.series_id == series_id), None)


def _absent(scores: Scores | None, names: tuple[str, ...]) -> list[str]:
    if scores is None:
        return ["no past forecasts were scored"]
    return [f"{heading(name, '')[0]}: {scores.absent[name]}" for name in names if name in scores.absent]


def heading(name: str, unit: str) -> tuple[str, str]:
    """What stands over a score's column, and what its help says; `unit` is that of the series.  Raises ConfigError."""
    metric, coverage = described(name.removeprefix(OWN))
    label = metric.label if coverage is None else f"{metric.label} {100 * coverage:g} %"
    help = f"{metric.help} {metric.formula}{_unit(metric, unit)}"
    if not name.startswith(OWN):
        return label, help
    return f"{label}, own", f"Of the intervals that the model itself claims, not calibrated. {help}"


def _unit(metric: Metric, unit: str) -> str:
    if metric.unit == "in the series' unit":
        return f" In {unit}." if unit else " In the unit of the series."
    return " In percent." if metric.unit == "%" else ""


def best_of(table: pd.DataFrame, name: str) -> tuple[int, ...]:
    """The rows with the best score in one column, none where none has one; of the rows that lack the fewest series, because a
    mean over fewer is of other series. Scores that agree to five digits are equal, and so are all errors of exact forecasts."""
    try:
        metric, coverage = described(name.removeprefix(OWN))
    except ConfigError:
        return ()
    whole = table[table["lacks"].eq(table.loc[table[name].notna(), "lacks"].min()).fillna(False)]
    distances = whole[name].dropna().map(lambda value: metric.distance(value, coverage))
    if distances.empty:
        return ()
    if metric.aim in ("lowest", "zero") and "exact" in table:
        distances = distances.mask(whole["exact"].reindex(distances.index), 0.0)
    best = distances.min()
    return tuple(int(row) for row in distances.index[distances - best <= SAME * abs(best)])
