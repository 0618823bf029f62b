"""Accuracy on real series: sunspots and CO2, fitted once before the first origin and rolled on without refit.

    python -m tests.bench.accuracy

Networks with default settings: mean and, behind ±, standard deviation of each score over the seeds, then the score of the
forecasts' median. Sunspots one step ahead: 1921 to 1955, trained on 1700 to 1920, where an AR(9) has MSE 189, and 129 is the
best that is reported for a recurrent network.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from core.metrics.point import mase, mase_scale
from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import co2, sunspots

NAMES = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
SEEDS = 5


@dataclass(frozen=True, eq=False)
class Task:
    """Forecasts of `series` from every origin in `origins`, with everything learned before the first of them."""

    title: str
    series: TimeSeries
    horizon: int
    origins: range


def main() -> None:
    spots, air = sunspots(), co2()
    for task in (
        Task("sunspots, horizon 12, 20 origins", spots, 12, range(309 - 12 - 19, 309 - 12 + 1)),
        Task("CO2 monthly, horizon 12, 24 origins", air, 12, range(len(air) - 12 - 23, len(air) - 12 + 1)),
        Task("sunspots, one step, 1921 to 1955", spots, 1, range(221, 256)),
    ):
        print(f"\n{task.title}")
        print(f"{'':16} {'MASE':>16} {'RMSE':>16} {'MSE':>18}   {'of the median: MASE':>19} {'MSE':>8} {'s/fit':>6}")
        for name in NAMES:
            report(task, name)


def report(task: Task, name: str) -> None:
    start = time.perf_counter()
    seeds = range(SEEDS if MODELS[name].is_random else 1)
    points = np.stack([rolled(task, name, seed) for seed in seeds])  # (R, O, H)
    seconds = (time.perf_counter() - start) / len(seeds)
    each = np.array([scores(task, one) for one in points])
    cells = [f"{mean:9.3f} ± {spread:<5.3f}" for mean, spread in zip(each.mean(0), each.std(0), strict=True)]
    median = scores(task, np.median(points, axis=0))
    print(f"{name:16} {cells[0]} {cells[1]} {cells[2]:>18}   {median[0]:19.3f} {median[2]:8.2f} {seconds:6.1f}", flush=True)


def rolled(task: Task, name: str, seed: int) -> np.ndarray:
    """(O, H) forecasts."""
    train = task.series[: task.origins[0]]
    fitted = MODELS[name]().fit(Panel((train,)), task.horizon, Context(seed=seed))
    return np.stack([fitted.forecast(task.series[:origin], task.horizon).point for origin in task.origins])


def scores(task: Task, points: np.ndarray) -> tuple[float, float, float]:
    """MASE, RMSE, MSE over all origins and steps whose actual was observed."""
    first = task.origins[0]
    rows = np.array(task.origins)[:, None] + np.arange(task.horizon)
    seen = task.series.observed[rows]
    actual, point = task.series.values[rows][seen], points[seen]
    scale = mase_scale(task.series.values[:first], task.series.observed[:first], task.series.season)
    squared = float(np.mean((actual - point) ** 2))
    return float(mase(actual, point, scale)), squared**0.5, squared


if __name__ == "__main__":
    main()
