"""All forecasts of a run as one long table, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import DataError
from core.experiment import SeriesResult, TaskResult
from core.series.timeseries import Index


def table(tasks: Sequence[TaskResult]) -> pd.DataFrame:
    """unique_id, ds, label, name, origin (known points; null for the final forecast), step, actual, point, q0.1, q0.9, ...

    ds is a date, or a step where the series has no dates. A quantile that a series does not have is null, and so is an actual
    that was not observed or lies ahead.
    """
    frames = [_frame(task, one) for task in tasks for one in task.series]
    if not frames:
        raise DataError("no model gave a forecast, so there is none to write")
    whole = pd.concat(frames, ignore_index=True).astype({"origin": "Int64"})
    quantiles = sorted((name for name in whole if name.startswith("q")), key=lambda name: float(name[1:]))
    return whole[["unique_id", "ds", "label", "name", "origin", "step", "actual", "point", *quantiles]]


def write(tasks: Sequence[TaskResult], path: Path) -> None:
    """Write the table as Parquet.  Raises DataError when the place cannot be written."""
    try:
        table(tasks).to_parquet(path, index=False)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}; choose another place") from error


def _frame(task: TaskResult, result: SeriesResult) -> pd.DataFrame:
    final, past = result.forecast, result.backtest
    rows = []
    if past is not None:
        rows = [
            _rows(int(origin), result.index_at(int(origin)), past.point[at], past.levels, past.quantiles[at], past.scorable[at])
            for at, origin in enumerate(past.origins)
        ]
    rows.append(_rows(None, final.index, final.point, final.levels, final.quantiles, np.full(len(final.point), np.nan)))
    frame = pd.concat(rows, ignore_index=True)
    return frame.assign(unique_id=result.series_id, label=task.model.label, name=task.model.name)


def _rows(
    origin: int | None, index: Index, point: np.ndarray, levels: tuple[float, ...], quantiles: np.ndarray, actual: np.ndarray
) -> pd.DataFrame:
    columns = {f"q{level:.10g}": quantiles[at] for at, level in enumerate(levels) if level != 0.5}
    fixed = {"ds": index, "step": np.arange(1, len(point) + 1), "actual": actual, "point": point}
    frame = pd.DataFrame(fixed | columns)
    return frame.assign(origin=pd.array([origin] * len(point), dtype="Int64"))
