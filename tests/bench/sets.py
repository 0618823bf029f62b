"""Sets of series with a training and a test part, and what was published about them. Not a test, and no part of the project.

The data lie in `../shared/data`, one row a value: unique_id, ds, y, split (train, test). Series of one horizon are one panel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.choices import Choices
from core.data.examples import EXAMPLES, load_example
from core.process import ROOT
from core.series.timeseries import Panel, TimeSeries

FOLDER = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Source:
    """One file of series. horizon 0: in a column "h".  published: mean sMAPE (NaN: not known) and mean MASE, by name."""

    title: str
    file: str
    horizon: int
    season: int
    published: Mapping[str, tuple[float, float]]

    def groups(self) -> Iterator[tuple[int, Panel, dict[str, np.ndarray]]]:
        """Each horizon with the training panel, and what came after it by series id."""
        path = FOLDER / self.file
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        for horizon, rows in table.groupby("h") if not self.horizon else [(self.horizon, table)]:
            train, after = [], {}
            for name, one in rows.groupby("unique_id"):
                parts = {part: one.loc[one["split"] == part, "y"].to_numpy(float) for part in ("train", "test")}
                train.append(_plain(str(name), parts["train"], self.season))
                after[str(name)] = parts["test"]
            yield int(horizon), Panel(tuple(train)), after


SETS = {
    "cif2016": Source("CIF 2016, monthly", "cif2016.csv", 0, 12, {
        "best recurrent (Hewamalage, Bergmeir & Bandara 2021)": (10.23, 0.802),
        "GRU, best configuration": (10.30, 0.819),
        "ETS": (11.88, 0.840), "ARIMA": (11.70, 0.929), "Theta": (13.05, 0.997),
    }),
    "m4_hourly": Source("M4, hourly", "m4_hourly.parquet", 48, 24, {
        "ES-RNN": (9.328, 0.893), "FFORMA": (11.51, 0.819), "organisers' RNN": (14.70, 3.05),
        "Theta": (18.138, 2.455), "ARIMA": (35.99, 13.557), "seasonal naive": (13.912, 1.193),
    }),
    "m3_quarterly": Source("M3, quarterly", "m3_quarterly.parquet", 8, 4, {
        "Theta": (np.nan, 1.117), "AutoTheta": (np.nan, 1.119), "DeepAR": (np.nan, 1.310),
        "TiRex, zero-shot": (np.nan, 1.154), "seasonal naive": (np.nan, 1.425),
    }),
    "tourism_quarterly": Source("Tourism, quarterly", "tourism_quarterly.parquet", 8, 4, {
        "N-BEATS": (14.45, 1.475), "DeepAR": (15.29, 1.597), "AutoARIMA": (np.nan, 1.597),
        "TiRex, zero-shot": (np.nan, 1.606), "seasonal naive": (np.nan, 1.699),
    }),
}  # fmt: skip


def examples() -> dict[str, TimeSeries]:
    """The built-in series, by name."""
    return {name: load_example(name, Choices()).panel.series[0] for name in EXAMPLES}


def _plain(name: str, values: np.ndarray, season: int) -> TimeSeries:
    return TimeSeries(name, pd.RangeIndex(len(values)), values, np.ones(len(values), bool), season)
