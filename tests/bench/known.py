"""Series whose truth or whose figures are known: simulated AR(1), sunspots and CO2 as statsmodels ships them.

Not a test. Files are read where statsmodels is installed, without importing it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from core.series.timeseries import TimeSeries


def plain(values: np.ndarray, *, season: int = 1, name: str = "y", start: int = 0) -> TimeSeries:
    """A series of plain steps, all observed."""
    values = np.asarray(values, dtype=float)
    return TimeSeries(name, pd.RangeIndex(start, start + len(values)), values, np.ones(len(values), bool), season)


def ar1(length: int, coefficient: float, *, mean: float = 0.0, seed: int = 0) -> np.ndarray:
    """(length,) y(t) − mean = coefficient · (y(t−1) − mean) + ε(t), ε standard normal, after 300 steps of warming up."""
    noise = np.random.default_rng(seed).standard_normal(length + 300)
    values = np.empty(length + 300)
    values[0] = noise[0]
    for step in range(1, len(values)):
        values[step] = coefficient * values[step - 1] + noise[step]
    return mean + values[300:]


def sunspots() -> TimeSeries:
    """Yearly sunspot numbers, 1700 to 2008: 309 values."""
    frame = pd.read_csv(_datasets() / "sunspots" / "sunspots.csv")
    index = pd.date_range(f"{frame['YEAR'].iloc[0]}-01-01", periods=len(frame), freq="YS")
    values = frame["SUNACTIVITY"].to_numpy(float)
    return TimeSeries("sunspots", index, values, np.ones(len(values), bool), unit="spots")


def co2() -> TimeSeries:
    """Monthly means of CO2 at Mauna Loa, March 1958 to December 2001: 526 values, months without one filled by the last."""
    frame = pd.read_csv(_datasets() / "co2" / "co2.csv", dtype={"date": str})
    weekly = pd.Series(frame["co2"].to_numpy(float), pd.to_datetime(frame["date"], format="%Y%m%d"))
    monthly = weekly.resample("MS").mean()
    return TimeSeries("co2", monthly.index, monthly.ffill().to_numpy(), monthly.notna().to_numpy(), 12, "ppm")


def _datasets() -> Path:
    return Path(find_spec("statsmodels").submodule_search_locations[0]) / "datasets"
