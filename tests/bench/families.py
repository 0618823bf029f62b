"""Simulated series of known kinds and lengths: networks beside Linear and AR, as ratios of mean absolute errors.

    python -m tests.bench.families [--lengths 60,200,600,2000] [--repeats 8] [--models lstm,gru]

Each series is fitted once and forecast 6 steps ahead from 24 origins behind the training part. A ratio is the geometric mean
over repeats, with the 95 % interval of that mean behind it; below 1 the network is better. Families marked * are not linear.
Every network with its skip connection as it comes ("automatic") and without one ("off").
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np

from core.models.registry import model_class
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import plain

HORIZON, ORIGINS, SEEDS, WARM = 6, 24, 2, 100
LINEAR, CURVED = ("ar", "seasonal", "trending"), ("threshold", "mackey_glass", "level_shift")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.families", description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", default="60,200,600,2000")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--models", default="lstm,gru")
    given = parser.parse_args()
    found: dict[tuple[str, str], list[float]] = {}
    print(f"{'':14} {'points':>7} {'AR':>16}", *(f"{name + ' ' + way:>22}" for name, way in _ways(given.models)))
    for family in (*LINEAR, *CURVED):
        for length in map(int, given.lengths.split(",")):
            start = time.perf_counter()
            rows = [_ratios(simulated(family, length, seed), length, given.models) for seed in range(given.repeats)]
            cells = [_cell([row[key] for row in rows]) for key in rows[0]]
            for row in rows:
                for key, value in row.items():
                    found.setdefault((family, key), []).append(value)
            title = family + " *" * (family in CURVED)
            seconds = f"  {time.perf_counter() - start:.0f} s"
            print(f"{title:14} {length:7} {cells[0]:>16}", *(f"{one:>22}" for one in cells[1:]), seconds, flush=True)
    for title, families in (("linear", LINEAR), ("not linear", CURVED)):
        keys = list(dict.fromkeys(key for _, key in found))
        cells = [_cell([value for family in families for value in found[family, key]]) for key in keys]
        print(f"{'all ' + title:22} {cells[0]:>16}", *(f"{one:>22}" for one in cells[1:]))


def simulated(family: str, length: int, seed: int) -> TimeSeries:
    """`length` points to train on, and those that are forecast behind them."""
    random = np.random.default_rng([seed, length, (*LINEAR, *CURVED).index(family)])
    whole = length + ORIGINS + HORIZON
    values = MADE[family](whole, random)
    return plain(values, season=12 if family in ("seasonal", "trending") else 1)


def _ar(count: int, random: np.random.Generator) -> np.ndarray:
    """Order 3, a slow cycle."""
    return 30 + _recursion(count, random, lambda past: 1.2 * past[-1] - 0.5 * past[-2] + 0.1 * past[-3])


def _seasonal(count: int, random: np.random.Generator) -> np.ndarray:
    steps = np.arange(count)
    season = 5 * np.sin(2 * np.pi * steps / 12) + 3 * np.cos(4 * np.pi * steps / 12)
    return 50 + season + _recursion(count, random, lambda past: 0.6 * past[-1])


def _trending(count: int, random: np.random.Generator) -> np.ndarray:
    """A drifting slope and a season."""
    slope = 0.1 + 0.02 * np.cumsum(random.standard_normal(count))
    return 40 + np.cumsum(slope) + _seasonal(count, random) - 50


def _threshold(count: int, random: np.random.Generator) -> np.ndarray:
    """Two regimes, of which each returns to the other."""
    return _recursion(
        count, random, lambda past: (0.9 * past[-1] + 0.5) if past[-1] < 0 else (-0.9 * past[-1] + 0.5), noise=0.4
    )


def _mackey_glass(count: int, random: np.random.Generator) -> np.ndarray:
    """Delay 17, a value every 6 units of time, with a hundredth of noise.  Source: Mackey & Glass 1977, Science 197."""
    step, delay = 0.1, 170
    path = [1.2 + 0.05 * random.standard_normal()] * (delay + 1)
    for _ in range(60 * (count + WARM)):
        late = path[-delay - 1]
        path.append(path[-1] + step * (0.2 * late / (1 + late**10) - 0.1 * path[-1]))
    values = np.array(path[-60 * count :: 60])
    return values + 0.01 * values.std() * random.standard_normal(count)


def _shifting(count: int, random: np.random.Generator) -> np.ndarray:
    """An AR(1) around a level that jumps about every 40 steps between two."""
    level = np.where(np.cumsum(random.random(count) < 1 / 40) % 2, 6.0, 0.0)
    return 20 + level + _recursion(count, random, lambda past: 0.5 * past[-1])


def _recursion(count: int, random: np.random.Generator, after, noise: float = 1.0) -> np.ndarray:
    path = [0.0, 0.0, 0.0]
    for shock in noise * random.standard_normal(count + WARM):
        path.append(after(path) + shock)
    return np.array(path[-count:])


def _ways(models: str) -> Iterator[tuple[str, str]]:
    return ((name, way) for name in models.split(",") for way in ("automatic", "off"))


def _ratios(series: TimeSeries, length: int, models: str) -> dict[str, float]:
    """log of the mean absolute error of each as a ratio to Linear's."""
    errors = {name: _error(name, {}, series, length) for name in ("linear", "ar")}
    errors |= {f"{name} {way}": _error(name, {"skip": way}, series, length) for name, way in _ways(models)}
    return {key: float(np.log(error / errors["linear"])) for key, error in errors.items() if key != "linear"}


def _error(name: str, settings: dict, series: TimeSeries, length: int) -> float:
    train, origins = Panel((series[:length],)), list(range(length, length + ORIGINS))
    model = model_class(name)(**settings)
    seeds = SEEDS if model.is_random else 1
    fitted = model.settled(train, HORIZON, Context(), seeds).fit_all(train, HORIZON, Context(), seeds)
    points = np.median([_rolled(one, series, origins) for one in fitted], axis=0)
    actual = np.array([series.values[origin : origin + HORIZON] for origin in origins])
    return float(np.abs(points - actual).mean())


def _rolled(fitted, series: TimeSeries, origins: list[int]) -> np.ndarray:
    if hasattr(fitted, "rolled"):
        return fitted.rolled(series, origins, HORIZON)[0]
    return np.array([fitted.forecast(series[:origin], HORIZON).point for origin in origins])


MADE = {
    "ar": _ar, "seasonal": _seasonal, "trending": _trending,
    "threshold": _threshold, "mackey_glass": _mackey_glass, "level_shift": _shifting,
}  # fmt: skip


def _cell(logs: list[float]) -> str:
    mean, error = float(np.mean(logs)), float(np.std(logs, ddof=1) / np.sqrt(len(logs)))
    return f"{np.exp(mean):.2f} ({np.exp(mean - 1.96 * error):.2f}-{np.exp(mean + 1.96 * error):.2f})"


if __name__ == "__main__":
    main()
