"""Accuracy on sets of series beside published scores, and on the built-in examples: one default for all. Reported, not tuned.

    python -m tests.bench.accuracy [SET …] [--models NAME,…]

Sets with a test part (`tests.bench.sets`): one panel model learns from all series of a horizon at once. Mean over series of
sMAPE in percent and of MASE; random models by the median of 3 seeds, with the lowest and highest single seed behind it; then
the mean and the median of all models that were run. The test part is used once, for the score.

sunspots   one step ahead, 1921 to 1955, trained on 1700 to 1920, where an AR(9) has MSE 189, and 129 is the best that is
           reported for a recurrent network
examples   the built-in series 12 steps and one step ahead from 20 origins, as a run computes them: MASE
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np

from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import run
from core.metrics.point import mase, mase_scale, smape
from core.models.registry import MODELS, model_class
from core.models.spec import ModelSpec
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import sunspots
from tests.bench.sets import FOLDER, SETS, Source, examples

NAMES = ("seasonal_naive", "ar", "linear", "ets", "theta", "lstm", "gru")
OTHERS = ("sunspots", "examples")
SEEDS = 3
SPOTS = range(221, 256)  # origins of 1921 to 1955


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.accuracy", description="Accuracy beside published scores.")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join((*SETS, *OTHERS))}; all without one")
    parser.add_argument("--models", default=",".join(NAMES), help="names, with commas between them")
    given = parser.parse_args(arguments)
    names = tuple(given.models.split(","))
    for name in names:
        if name not in MODELS:
            parser.error(f"there is no model {name!r}; choose from {', '.join(MODELS)}")
    for name in given.sets:
        if name not in (*SETS, *OTHERS):
            parser.error(f"there is no set {name!r}; choose from {', '.join((*SETS, *OTHERS))}")
    for name in given.sets or (*SETS, *OTHERS):
        if name in SETS:
            report(SETS[name], names)
        else:
            {"sunspots": report_sunspots, "examples": report_examples}[name](names)


def report(source: Source, names: Sequence[str]) -> None:
    """A row for each published score, model and combination."""
    print(f"\n{source.title}")
    if not (FOLDER / source.file).exists():
        print(f"{FOLDER / source.file} is not there; this benchmark is run where the data are")
        return
    print(f"{'':54} {'sMAPE':>7} {'MASE':>7} {'seconds':>8}   single seeds")
    for name, (percent, scaled) in source.published.items():
        print(f"{name:54} {percent:7.2f} {scaled:7.3f}   (published)")
    groups = list(source.groups())
    points: dict[str, list[np.ndarray]] = {}
    for name in names:
        start = time.perf_counter()
        each = [forecasts(name, horizon, train) for horizon, train, _ in groups]  # (R, S, H) of each group
        seconds = time.perf_counter() - start
        points[name] = [np.median(some, axis=0) for some in each]
        seeds = [score(groups, [some[seed] for some in each]) for seed in range(len(each[0]))]
        spread = " to ".join(f"{low:.2f} / {scaled:.3f}" for low, scaled in (min(seeds), max(seeds))) if len(seeds) > 1 else ""
        line(MODELS[name].label, score(groups, points[name]), f"{seconds:8.1f}   {spread}")
    if len(names) > 1:
        for title, combine in (("mean", np.mean), ("median", np.median)):
            line(f"{title} of these", score(groups, [combine(some, axis=0) for some in zip(*points.values(), strict=True)]))


def line(title: str, scores: tuple[float, float], more: str = "") -> None:
    print(f"{title:54} {scores[0]:7.2f} {scores[1]:7.3f} {more}", flush=True)


def forecasts(name: str, horizon: int, train: Panel) -> np.ndarray:
    """(R, S, H) of each seed and series."""
    seeds = SEEDS if MODELS[name].is_random else 1
    model = model_class(name)().settled(train, horizon, Context(), seeds)
    fitted = model.fit_all(train, horizon, Context(), seeds)
    return np.stack([[one.forecast(series, horizon).point for series in train] for one in fitted])


def score(groups: Sequence, points: Sequence[np.ndarray]) -> tuple[float, float]:
    """Mean sMAPE and MASE over the series of all groups."""
    found = [
        (smape(after[one.id], point), mase(after[one.id], point, mase_scale(one.values, one.observed, one.season)))
        for (_, train, after), group in zip(groups, points, strict=True)
        for one, point in zip(train, group, strict=True)
    ]
    percent, scaled = np.mean(found, axis=0).tolist()
    return percent, scaled


def report_sunspots(names: Sequence[str]) -> None:
    """One step ahead without refit: mean squared error of the median of the seeds."""
    series = sunspots()
    train = Panel((series[: SPOTS[0]],))
    print(f"\nsunspots, one step, 1921 to 1955\n{'':16} {'MSE':>8} {'seconds':>8}   single seeds")
    for name in names:
        start, seeds = time.perf_counter(), SEEDS if MODELS[name].is_random else 1
        model = model_class(name)().settled(train, 1, Context(), seeds)
        fitted = model.fit_all(train, 1, Context(), seeds)
        points = np.array([[one.forecast(series[:origin], 1).point[0] for origin in SPOTS] for one in fitted])
        errors = np.mean((points - series.values[list(SPOTS)]) ** 2, axis=1)
        median = float(np.mean((np.median(points, axis=0) - series.values[list(SPOTS)]) ** 2))
        single = f"   {errors.min():.0f} to {errors.max():.0f}" if seeds > 1 else ""
        print(f"{name:16} {median:8.1f} {time.perf_counter() - start:8.1f}{single}", flush=True)


def report_examples(names: Sequence[str]) -> None:
    """MASE of each model on each built-in series, and the mean over series."""
    models = tuple(ModelSpec(name, MODELS[name].label, {}) for name in names)
    for horizon in (12, 1):
        print(f"\nbuilt-in examples, horizon {horizon}, 20 origins, MASE\n{'':16}" + "".join(f"{name:>16}" for name in names))
        rows = []
        for title, series in examples().items():
            spec = RunSpec((series.key,), models, horizon, origins=20, seeds=SEEDS)
            tasks = run(design(spec, Panel((series,)))).tasks
            rows.append([task.scores.values["mase"] if task.scores else np.nan for task in tasks])
            print(f"{title:16}" + "".join(f"{one:16.3f}" for one in rows[-1]), flush=True)
        print(f"{'mean':16}" + "".join(f"{one:16.3f}" for one in np.mean(rows, axis=0)), flush=True)


if __name__ == "__main__":
    main()
