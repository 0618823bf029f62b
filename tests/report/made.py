"""Outcomes of runs that were really computed, and some that were put together by hand."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from core.evaluation.design import design
from core.evaluation.scores import averaged, score
from core.evaluation.spec import RunSpec
from core.experiment import TaskResult, run
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.report.outcome import Outcome
from core.report.summary import versions
from core.series.timeseries import Panel, TimeSeries

CREATED = datetime(2031, 5, 17, 12, tzinfo=UTC)


def months(name="sales", length=96, hidden=(), unit=""):
    steps = np.arange(length)
    values = 50 + 0.3 * steps + 8 * np.sin(2 * np.pi * steps / 12) + np.random.default_rng(1).normal(0, 2, length)
    index = pd.date_range("2010-01-01", periods=length, freq="MS")
    return TimeSeries(name, index, values, ~np.isin(steps, hidden), unit=unit)


def outcome_of(*names, panel=None, hidden=(), failed=(), missing=(), **more):
    """What a run of these models gave; failed and missing: labels, and reasons, of models that gave nothing."""
    panel = panel or Panel((months(hidden=hidden),))
    lost = [ModelSpec("naive", label) for label, _ in (*failed, *missing)]
    models = (*(ModelSpec(name, MODELS[name].label) for name in names), *lost)
    experiment = design(RunSpec((), models, **{"horizon": 6, "blocks": 1} | more), panel)
    computed = design(RunSpec((), models[: len(names)], **{"horizon": 6, "blocks": 1} | more), panel)
    result = run(computed)
    errors = tuple(TaskResult(ModelSpec("naive", label), "failed", 0.5, reason) for label, reason in failed)
    return Outcome(
        key="made",
        title="Sales",
        created=CREATED,
        spec=experiment.spec,
        versions=versions(),
        results=(*result.tasks, *errors),
        comparison=result.comparison,
        panel=panel,
        missing=dict(missing),
    )


def claiming(outcome, label):
    """The same outcome, its model `label` claiming intervals half as wide as the conformal ones."""
    results = tuple(_claims(one) if one.model.label == label else one for one in outcome.results)
    return replace(outcome, results=results)


def _claims(task):
    each = []
    for one in task.series:
        past, middle = one.backtest, one.backtest.levels.index(0.5)
        halved = [(array + point[..., None, :]) / 2 for array, point in ((past.quantiles, past.point),
                  (one.forecast.quantiles, one.forecast.point))]  # fmt: skip
        own = [np.delete(array, middle, axis=-2) for array in halved]
        tested = replace(past, own=own[0])
        coverages = sorted({round(high - low, 6) for low, high in zip(past.levels, past.levels[::-1], strict=True)} - {0})
        scores = score(tested, months(one.series_id), [one for one in coverages if one > 0])
        each.append(replace(one, own=own[1], backtest=tested, scores=scores))
    return replace(task, series=tuple(each), scores=averaged([one.scores for one in each]))
