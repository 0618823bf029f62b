"""A run's result as plain JSON: what the command line prints. NaN never appears: a number is there, or null."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from core.evaluation.backtest import Backtest
from core.evaluation.comparison import Pair
from core.evaluation.references import benchmark_of, scores_by_series
from core.evaluation.references import skill as skill_of
from core.evaluation.results import Combination, LogEntry, Reference, SeriesResult, TaskResult
from core.evaluation.scores import Scores, saved
from core.experiment import RunResult
from core.series.forecast import Forecast
from core.series.timeseries import labels

PACKAGES = ("torch", "statsmodels", "numpy", "pandas")


def as_json(result: RunResult, series: list[dict], warnings: Iterable[str] = ()) -> dict[str, object]:
    """The fields of `compare`; `series` is what `inspect` says of them.

    With one series the arrays of its backtest and forecast are included; those of a panel are left to the Parquet file.
    """
    comparison, is_alone = result.comparison, len(series) == 1
    spec, seasons = result.experiment.spec, {one.id: one.season for one in result.experiment.panel}
    return {
        "spec": spec.as_json(),
        "series": [one | {"season": seasons[one["id"]]} for one in series],
        "models": [_model(task, with_arrays=is_alone) | _skill(task, result) for task in result.tasks],
        "combinations": [
            _combination(one, with_arrays=is_alone) | _skill(one.result, result) for one in comparison.combinations
        ],
        "references": [_reference(one, result) for one in comparison.references],
        "ranking": list(comparison.ranking),
        "verdict": comparison.verdict,
        "size": comparison.size,
        "equals": comparison.equals,
        "rival": comparison.rival,
        "confidence_set": list(comparison.kept),
        "reach": comparison.reach,
        "combined": comparison.combined,
        "significance": [_pair(one) for one in comparison.pairs] or None,
        "panel": comparison.panel and asdict(comparison.panel),
        "certificate": certificates(result.tasks),
        "warnings": [*warnings, *result.experiment.warnings],
        "versions": versions(),
        "seconds": result.seconds,
    }


def versions() -> dict[str, str]:
    """What computed this, without importing any of it."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def certificates(tasks: Iterable[TaskResult]) -> dict[str, object] | None:
    """The certificate of each model that has one, by label; None where none has."""
    return {one.model.label: asdict(one.certificate) for one in tasks if one.certificate} or None


def _pair(pair: Pair) -> dict[str, object]:
    """The test's fields, all null where there was none, and then the reason; `over` says what low and high rest on instead."""
    names = ("a", "b", "loss", "statistic", "p", "p_holm", "p_adjusted", "skill", "low", "high", "n")
    more = {"reason": pair.reason, "over": pair.over or None}
    return {name: getattr(pair, name) for name in names} | {name: one for name, one in more.items() if one is not None}


def _model(task: TaskResult, *, with_arrays: bool) -> dict[str, object]:
    only = task.series[0] if with_arrays and task.series else None
    return {
        "name": task.model.name,
        "label": task.model.label,
        "state": task.state,
        "error": task.error,
        "notes": list(task.notes),
        "left_out": dict(task.absent),
        "seconds": task.seconds,
        "parameters": task.parameters,
        "scores": scores_of(task.scores),
        "absent": task.scores.absent if task.scores else {},
        "seed_scores": [scores_of(one) for one in task.seed_scores],
        "by_step": task.scores.by_step if task.scores else {},
        "backtest": _backtest(only.backtest) if only and only.backtest else None,
        "forecast": _forecast(only) if only else None,
        "log": [_entry(one) for one in task.log],
    }


def _skill(task: TaskResult, result: RunResult) -> dict[str, float | None]:
    """What it saves of the error of the seasonal benchmark; null where that is not known."""
    benchmark = benchmark_of(result.tasks, result.comparison.references, result.experiment.spec.season or 1)
    found = skill_of(scores_by_series(task), benchmark)
    return {"skill": None if isinstance(found, str) else found}


def _combination(one: Combination, *, with_arrays: bool) -> dict[str, object]:
    """The fields of a model, and what it is made of: the weights of the next forecast, by series and label."""
    weights = {name: dict(zip(one.members, some, strict=True)) for name, some in one.weights.items()}
    return _model(one.result, with_arrays=with_arrays) | {"members": list(one.members), "weights": weights or None}


def _reference(one: Reference, result: RunResult) -> dict[str, object]:
    """skill: the share of its error that the best model saves."""
    best = next((task for task in result.tasks if task.model.label == result.comparison.best), None)
    skill = saved(best.scores, one.scores, result.comparison.score) if best and one.scores else None
    return {
        "name": one.model.name,
        "label": one.model.label,
        "error": one.error,
        "scores": scores_of(one.scores),
        "absent": one.scores.absent if one.scores else {},
        "skill": skill,
    }


def scores_of(scores: Scores | None) -> dict[str, float | None]:
    """Every score by name, null where it is not defined."""
    return {} if scores is None else scores.values | {name: None for name in scores.absent if name not in scores.values}


def _backtest(one: Backtest) -> dict[str, object]:
    return {
        "origins": one.origins.tolist(),
        "actual": [[value if seen else None for value, seen in zip(*row, strict=True)] for row in _rows(one)],
        "point": one.point.tolist(),
        "levels": list(one.levels),
        "quantiles": np.where(np.isnan(one.quantiles), None, one.quantiles).tolist(),
        "own": _own(one.levels, one.own),
    }


def _own(levels: tuple[float, ...], own: np.ndarray | None) -> dict[str, object] | None:
    """The quantiles that the model itself claims."""
    return None if own is None else {"levels": [level for level in levels if level != 0.5], "quantiles": own.tolist()}


def _rows(one: Backtest) -> Iterable[tuple[list[float], list[bool]]]:
    return zip(one.actual.tolist(), one.observed.tolist(), strict=True)


def _forecast(result: SeriesResult) -> dict[str, object]:
    forecast: Forecast = result.forecast
    return {
        "index": labels(forecast.index),
        "point": forecast.point.tolist(),
        "levels": list(forecast.levels),
        "quantiles": forecast.quantiles.tolist(),
        "own": _own(forecast.levels, result.own),
    }


def _entry(entry: LogEntry) -> dict[str, object]:
    fields = {name: value if np.isfinite(value) else None for name, value in asdict(entry.epoch).items()}
    return {"seed": entry.seed, "fit": entry.fit} | fields
