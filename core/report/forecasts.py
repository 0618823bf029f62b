"""All forecasts of a run as one long table, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import DataError
from core.evaluation.results import SeriesResult, TaskResult
from core.series.timeseries import Index

CALIBRATED, CLAIMED = "q", "own_q"  # begin the names of columns of quantiles


def table(tasks: Sequence[TaskResult]) -> pd.DataFrame:
    """unique_id, ds, label, name, origin (known points; null for the final forecast), step, actual, point, q0.1, q0.9, ...

    Where a model has intervals of its own, own_q0.1, own_q0.9, ... follow: those that it claims itself.
    ds is a date, or a step where the series has no dates. A quantile that a series does not have is null, and so is an actual
    that was not observed or lies ahead.
    """
    frames = [_frame(task, one) for task in tasks for one in task.series]
    if not frames:
        raise DataError("no model gave a forecast, so there is none to write")
    whole = pd.concat(frames, ignore_index=True).astype({"origin": "Int64"})
    names = [name for name in whole if name.startswith((CALIBRATED, CLAIMED))]
    quantiles = sorted(names, key=lambda name: (name.startswith(CLAIMED), float(name.rpartition("q")[2])))
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
    for at, origin in enumerate(() if past is None else past.origins.tolist()):
        columns = _quantiles(past.levels, past.quantiles[at], None if past.own is None else past.own[at])
        rows.append(_rows(origin, result.index_at(origin), past.point[at], past.scorable[at], columns))
    nothing = np.full(len(final.point), np.nan)
    rows.append(_rows(None, final.index, final.point, nothing, _quantiles(final.levels, final.quantiles, result.own)))
    frame = pd.concat(rows, ignore_index=True)
    return frame.assign(unique_id=result.series_id, label=task.model.label, name=task.model.name)


def _quantiles(levels: tuple[float, ...], quantiles: np.ndarray, own: np.ndarray | None) -> dict[str, np.ndarray]:
    """Columns (H,) by name; the level 0.5 is the point."""
    ends = [level for level in levels if level != 0.5]
    found = {f"{CALIBRATED}{level:.10g}": quantiles[levels.index(level)] for level in ends}
    claimed = () if own is None else zip(ends, own, strict=True)
    return found | {f"{CLAIMED}{level:.10g}": row for level, row in claimed}


def _rows(
    origin: int | None, index: Index, point: np.ndarray, actual: np.ndarray, columns: dict[str, np.ndarray]
) -> pd.DataFrame:
    fixed = {"ds": index, "step": np.arange(1, len(point) + 1), "actual": actual, "point": point}
    frame = pd.DataFrame(fixed | columns)
    return frame.assign(origin=pd.array([origin] * len(point), dtype="Int64"))
