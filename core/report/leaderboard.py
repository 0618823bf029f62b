"""The models of a run as a table: scores, cost, and why a model has none."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.errors import ConfigError
from core.evaluation.scores import Scores
from core.experiment import TaskResult
from core.metrics.registry import Metric, described, score_key
from core.report.outcome import Outcome

POINT = ("mase", "rmse", "mae", "rmsse", "smape")


def leaderboard(outcome: Outcome, series_id: str | None = None) -> pd.DataFrame:
    """One row a model, best first, then those without a score, in the order of the run.

    Columns: model, best (bool), the scores of `columns`, seconds, parameters, note. series_id: the scores on one series
    alone; None: averaged over all. A score that is not defined is missing, and the note says why a model has none.
    """
    results = {one.model.label: one for one in outcome.results}
    ranking = outcome.comparison.ranking if outcome.comparison else ()
    labels = [*ranking, *(one.label for one in outcome.models if one.label not in ranking)]
    names = columns(outcome)
    rows = [_row(outcome, results.get(label), label, names, series_id) for label in labels]
    table = pd.DataFrame(rows, columns=["model", "best", *names, "seconds", "parameters", "note"])
    return table.astype(dict.fromkeys((*names, "seconds"), "float64") | {"parameters": "Int64"})


def columns(outcome: Outcome) -> tuple[str, ...]:
    """The scores that the table shows: of points, then of the narrowest interval and the others."""
    intervals = [score_key(name, one) for one in sorted(outcome.spec.coverages or ()) for name in ("coverage", "winkler")]
    return (*POINT, *intervals)


def _row(
    outcome: Outcome, result: TaskResult | None, label: str, names: tuple[str, ...], series_id: str | None
) -> Mapping[str, object]:
    best = outcome.comparison is not None and label == outcome.comparison.best
    if result is None:
        return {"model": label, "best": best, "note": outcome.missing.get(label, "not finished")}
    cost = {"seconds": result.seconds, "parameters": result.parameters}
    if result.state == "failed":
        return {"model": label, "best": best, **cost, "note": f"failed: {result.error}"}
    scores = _scores(result, series_id)
    values = {name: scores.values.get(name) for name in names} if scores else {}
    return {"model": label, "best": best, **values, **cost, "note": "; ".join((*_absent(scores, names), *result.notes))}


def _scores(result: TaskResult, series_id: str | None) -> Scores | None:
    if series_id is None:
        return result.scores
    return next((one.scores for one in result.series if one.series_id == series_id), None)


def _absent(scores: Scores | None, names: tuple[str, ...]) -> list[str]:
    if scores is None:
        return ["no past forecasts were scored"]
    return [f"{described(name)[0].label}: {scores.absent[name]}" for name in names if name in scores.absent]


def heading(name: str, unit: str) -> tuple[str, str]:
    """What stands over a score's column, and what its help says; `unit` is that of the series.  Raises ConfigError."""
    metric, coverage = described(name)
    label = metric.label if coverage is None else f"{metric.label} {100 * coverage:g} %"
    return label, f"{metric.help} {metric.formula}{_unit(metric, unit)}"


def _unit(metric: Metric, unit: str) -> str:
    if metric.unit == "in the series' unit":
        return f" In {unit}." if unit else " In the unit of the series."
    return " In percent." if metric.unit == "%" else ""


def best_of(table: pd.DataFrame, name: str) -> int | None:
    """The row with the best score in one column, None where none has one."""
    try:
        metric, coverage = described(name)
    except ConfigError:
        return None
    distances = table[name].dropna().map(lambda value: metric.distance(value, coverage))
    return None if distances.empty else int(distances.idxmin())
