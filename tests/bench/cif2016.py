"""Accuracy on the 72 short monthly series of the CIF 2016 competition, beside published scores. Reported, not tuned.

    python -m tests.bench.cif2016 [MODEL …]

One network learns from all series of a horizon at once; autoregressive models are fitted series by series. Scores as in the
competition: mean over series of sMAPE in percent, and of MASE with season 12. The test part is used once, for the score. The
data are not part of the project: `../shared/data/cif2016.csv`, columns unique_id, ds, y, split, h.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from core.metrics.point import mase, mase_scale, smape
from core.models.registry import MODELS
from core.process import ROOT
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries

DATA = ROOT.parent / "shared" / "data" / "cif2016.csv"
NAMES = ("naive", "seasonal_naive", "ar", "ets", "theta", "rnn", "lstm", "gru", "encoder_decoder", "feedforward")
SEEDS = 3
SEASON = 12
PUBLISHED = {  # mean sMAPE, mean MASE
    "best recurrent (Hewamalage, Bergmeir & Bandara 2021)": (10.23, 0.802),
    "ETS": (11.88, 0.840),
    "ARIMA": (11.70, 0.929),
    "Theta": (13.05, 0.997),
}


def main() -> None:
    if not DATA.exists():
        raise SystemExit(f"{DATA} is not there; this benchmark is run where the data are")
    groups = panels(DATA)
    print(f"{'':54} {'sMAPE':>7} {'MASE':>7} {'seconds':>8}")
    for name, (percent, scaled) in PUBLISHED.items():
        print(f"{name:54} {percent:7.2f} {scaled:7.3f}   (published)")
    for name in sys.argv[1:] or NAMES:
        start = time.perf_counter()
        found = np.concatenate([scores(name, horizon, *group) for horizon, group in groups.items()])
        percent, scaled = found.mean(axis=0)
        print(f"{MODELS[name].label:54} {percent:7.2f} {scaled:7.3f} {time.perf_counter() - start:8.1f}", flush=True)


def panels(path: Path) -> dict[int, tuple[Panel, dict[str, np.ndarray]]]:
    """By horizon: the training panel, and what came after it by series id."""
    table = pd.read_csv(path)
    found = {}
    for horizon, group in table.groupby("h"):
        train, after = [], {}
        for name, rows in group.groupby("unique_id"):
            values = rows.loc[rows["split"] == "train", "y"].to_numpy(float)
            train.append(TimeSeries(name, pd.RangeIndex(len(values)), values, np.ones(len(values), bool), SEASON))
            after[name] = rows.loc[rows["split"] == "test", "y"].to_numpy(float)
        found[int(horizon)] = Panel(tuple(train)), after
    return found


def scores(name: str, horizon: int, panel: Panel, after: dict[str, np.ndarray]) -> np.ndarray:
    """(S, 2) sMAPE and MASE of each series; networks by the median of their seeds."""
    points = []
    for seed in range(SEEDS if MODELS[name].is_random else 1):
        fitted = MODELS[name]().fit(panel, horizon, Context(seed=seed))
        points.append([fitted.forecast(series, horizon).point for series in panel])
    median = np.median(points, axis=0)
    return np.array([
        (smape(after[one.id], point), mase(after[one.id], point, mase_scale(one.values, one.observed, SEASON)))
        for one, point in zip(panel, median, strict=True)
    ])  # fmt: skip


if __name__ == "__main__":
    main()
