"""AR, ARIMA, ETS and Theta beside statsforecast's automatic ones, and AR beside seasonal naive on simulated series.

    python -m tests.bench.classical [sets] [simulated] [--every 1] [--models ar,arima,ets,theta] [--cut]

sets       mean MASE on CIF 2016, M3 quarterly and tourism quarterly of every n-th series (`--every n`), each model beside
           statsforecast's automatic one, which has an environment of its own (`.bench/statsforecast`: it needs pandas below 3).
           `--cut` takes a horizon off the training part and forecasts that: decisions are made so, the test part scores once.
simulated  AR as it comes on six linear families, lengths 40 to 1,000, 12 steps ahead from 12 origins: geometric mean of its
           mean absolute error over that of seasonal naive, its own coverage of 80 %, and how many of the fits have a note.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy as np

from core.errors import AppError
from core.metrics.point import mase, mase_scale
from core.models.registry import model_class
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import plain
from tests.bench.peers.process import FOLDER, ROOT
from tests.bench.sets import SETS

PINS = ("statsforecast==2.1.1", "pandas==2.3.3")
FOREIGN = ("arima", "ets", "theta")
NAMES = ("cif2016", "m3_quarterly", "tourism_quarterly")
LENGTHS, ORIGINS, HORIZON = (40, 60, 96, 200, 400, 1_000), 12, 12
SHORTEST = 16  # of a training part that was cut


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.classical", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="sets|simulated", help="both without one")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--models", default="ar,arima,ets,theta")
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    if not given.parts or "sets" in given.parts:
        for name in NAMES:
            beside(name, given.models.split(","), given.every, is_cut=given.cut)
    if not given.parts or "simulated" in given.parts:
        simulated(given.repeats)


def beside(name: str, models: list[str], every: int, *, is_cut: bool) -> None:
    """Mean MASE of each model and of its namesake."""
    rows = []
    for horizon, train, after in SETS[name].groups():
        for series in list(train)[::every]:
            known = series[: len(series) - horizon] if is_cut else series
            if len(known) >= SHORTEST or not is_cut:
                rows.append((known, series.values[len(known) :] if is_cut else after[series.id], horizon))
    print(f"\n{SETS[name].title}: {len(rows)} series{', a horizon cut off' if is_cut else ''}")
    namesakes = [one for one in FOREIGN if one in models]
    theirs = dict(zip(namesakes, foreign(rows, namesakes), strict=True)) if namesakes else {}
    print(f"{'':16} {'ours':>8} {'theirs':>8} {'failed':>7} {'seconds':>8}")
    for model in ["seasonal_naive", *models]:
        start = time.perf_counter()
        points = [_forecast(model, known, horizon) for known, _, horizon in rows]
        lacking = [place for place, one in enumerate(points) if one is None]
        ours = _mean(rows, points, lacking)
        other = f"{_mean(rows, theirs[model], lacking):8.3f}" if model in theirs else f"{'':8}"
        print(f"{model:16} {ours:8.3f} {other} {len(lacking):7} {time.perf_counter() - start:8.0f}", flush=True)


def foreign(rows: list, models: list[str]) -> list[list]:
    """Forecasts of statsforecast, by model and series."""
    asked = {"models": models, "series": [[known.values.tolist(), known.season, horizon] for known, _, horizon in rows]}
    command = [str(environment()), "-m", "tests.bench.peers.statsforecast_auto"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"statsforecast failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def environment() -> Path:
    """The python of statsforecast's environment, which is made where it is missing or has other versions."""
    folder = FOLDER / "statsforecast"
    python, done = folder / "bin" / "python", folder / "pins.txt"
    if not done.exists() or done.read_text(encoding="utf-8").split() != list(PINS):
        print(f"making an environment with {', '.join(PINS)}: a minute", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS], check=True)
        done.write_text("\n".join(PINS), encoding="utf-8")
    return python


def simulated(repeats: int) -> None:
    """A row for each family and length."""
    print(f"\n{'AR':14} {'points':>7} {'to naive':>9} {'worst':>7} {'covers':>7} {'noted':>6}")
    for family in MADE:
        for length in LENGTHS:
            ratios, inside, noted = zip(*(_beside_naive(family, length, seed) for seed in range(repeats)), strict=True)
            ratio, worst = np.exp(np.mean(np.log(ratios))), max(ratios)
            print(f"{family:14} {length:7} {ratio:9.2f} {worst:7.2f} {np.mean(inside):7.2f} {np.mean(noted):6.2f}", flush=True)


def _beside_naive(family: str, length: int, seed: int) -> tuple[float, float, bool]:
    random = np.random.default_rng([seed, length, list(MADE).index(family)])
    values, season = MADE[family](length + ORIGINS + HORIZON, random)
    series = plain(values, season=season)
    fitted = model_class("ar")().fit(Panel((series[:length],)), HORIZON, Context())
    errors, inside = [], []
    for origin in range(length, length + ORIGINS):
        forecast, truth = fitted.forecast(series[:origin], HORIZON, (0.1, 0.9)), values[origin : origin + HORIZON]
        last = values[origin - season : origin]
        errors.append((np.abs(forecast.point - truth).mean(), np.abs(np.resize(last, HORIZON) - truth).mean()))
        inside.append(np.mean((forecast.quantiles[0] <= truth) & (truth <= forecast.quantiles[1])))
    ours, theirs = np.mean(errors, axis=0)
    return ours / theirs, float(np.mean(inside)), bool(fitted.notes)


def _autoregressive(count: int, random: np.random.Generator, weights: tuple[float, ...]) -> np.ndarray:
    path = [0.0] * len(weights)
    for shock in random.standard_normal(count + 100):
        path.append(float(np.dot(weights, path[: -len(weights) - 1 : -1])) + shock)
    return np.array(path[-count:])


def _waves(count: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(count) / 12
    return 5 * np.sin(angle) + 3 * np.cos(2 * angle)


def _drifting(count: int, random: np.random.Generator) -> np.ndarray:
    return np.cumsum(0.1 + 0.02 * np.cumsum(random.standard_normal(count)))


MADE = {
    "AR(1)": lambda count, random: (30 + _autoregressive(count, random, (0.8,)), 1),
    "AR(3)": lambda count, random: (30 + _autoregressive(count, random, (1.2, -0.5, 0.1)), 1),
    "no season": lambda count, random: (30 + _autoregressive(count, random, (1.2, -0.5, 0.1)), 12),
    "seasonal": lambda count, random: (50 + _waves(count) + _autoregressive(count, random, (0.6,)), 12),
    "clear season": lambda count, random: (50 + 2 * _waves(count) + random.standard_normal(count), 12),
    "trending": lambda count, random: (
        40 + _drifting(count, random) + _waves(count) + _autoregressive(count, random, (0.6,)), 12
    ),
}  # fmt: skip


def _forecast(name: str, known: TimeSeries, horizon: int) -> np.ndarray | None:
    """Nothing where the model refuses the series."""
    try:
        return model_class(name)().fit(Panel((known,)), horizon, Context()).forecast(known, horizon).point
    except AppError:
        return None


def _mean(rows: list, points: list, lacking: list[int]) -> float:
    """Mean MASE of the series that are not lacking."""
    left = set(lacking)
    return float(np.mean([
        mase(after, np.asarray(point), mase_scale(known.values, known.observed, known.season))
        for place, ((known, after, _), point) in enumerate(zip(rows, points, strict=True)) if place not in left
    ]))  # fmt: skip


if __name__ == "__main__":
    main()
