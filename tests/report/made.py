"""Outcomes of runs that were really computed, and some that were put together by hand."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from core.evaluation.design import design
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
    experiment = design(RunSpec((), models, **{"horizon": 6, "origins": 5} | more), panel)
    computed = design(RunSpec((), models[: len(names)], **{"horizon": 6, "origins": 5} | more), panel)
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
