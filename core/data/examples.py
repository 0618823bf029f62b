"""The series that come with the program: measured ones from the data files of statsmodels, and simulated ones.

They are trusted and small, so they are read in this process. statsmodels is found, never imported.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.data import simulated
from core.data.choices import Choices
from core.data.draft import Dialect
from core.data.reading import Opened, understood
from core.data.table import Column, Notes, Table, letter
from core.data.tabulate import column_array
from core.data.understanding import Understanding, rebuilt
from core.errors import ConfigError, DataError
from core.series.timeseries import Panel


@dataclass(frozen=True)
class Example:
    """A built-in series: `build` gives its table of a time column and a value column called like the example."""

    name: str
    title: str
    description: str
    unit: str
    source: str
    build: Callable[[], Table]


def load_example(name: str, choices: Choices) -> Understanding:
    """A built-in series, understood under the choices.  Raises ConfigError for a name that is not there."""
    if name not in EXAMPLES:
        raise ConfigError(f"there is no example {name!r}; there are {', '.join(EXAMPLES)}")
    example = EXAMPLES[name]
    result = rebuilt(understood(Opened(example.build(), Dialect("example")), choices, Notes()))
    return replace(result, panel=Panel(tuple(replace(series, unit=example.unit) for series in result.panel)))


def examples_json() -> list[dict[str, object]]:
    """Every example for a list: name, title, description, n, start, end, freq, season, unit and source."""
    listed = []
    for example in EXAMPLES.values():
        (series,) = load_example(example.name, Choices()).series_json()
        size = {field: series[field] for field in ("n", "start", "end", "freq", "season")}
        words = {"name": example.name, "title": example.title, "description": example.description}
        listed.append(words | size | {"unit": example.unit, "source": example.source})
    return listed


def data_file(name: str) -> list[list[str]]:
    """The rows below the header of a data file of statsmodels."""
    package = importlib.util.find_spec("statsmodels")
    if package is None or not package.submodule_search_locations:
        raise DataError("this example is read from statsmodels, which is not installed; install it, or take another example")
    path = Path(package.submodule_search_locations[0]) / "datasets" / name / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


def table_of(times: list[str] | list[float], values: list[float | None], *, time: str, name: str) -> Table:
    columns = [Column(time, letter(0), column_array(times)), Column(name, letter(1), column_array(values))]
    return Table(tuple(columns), np.arange(len(times)) + 1, "row")


def number(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def sunspots() -> Table:
    rows = data_file("sunspots")
    return table_of([year for year, _ in rows], [number(value) for _, value in rows], time="year", name="sunspots")


def co2() -> Table:
    rows = data_file("co2")
    return table_of([date for date, _ in rows], [number(value) for _, value in rows], time="date", name="co2")


def co2_monthly() -> Table:
    """The mean of the weekly values that were observed in each month; months without one stay empty."""
    weeks: dict[str, list[float]] = {}
    for date, value in data_file("co2"):
        weeks.setdefault(f"{date[:4]}-{date[4:6]}", []).extend([float(value)] if value.strip() else [])
    means = [sum(values) / len(values) if values else None for values in weeks.values()]
    return table_of(list(weeks), means, time="month", name="co2_monthly")


def macro() -> Table:
    rows = data_file("macrodata")
    times = [f"{int(float(row[0]))}Q{int(float(row[1]))}" for row in rows]
    return table_of(times, [number(row[2]) for row in rows], time="quarter", name="macro")


def nile() -> Table:
    rows = data_file("nile")
    return table_of([year for year, _ in rows], [number(value) for _, value in rows], time="year", name="nile")


def elnino() -> Table:
    """The wide table of statsmodels, a row a year and a column a month, one after the other."""
    rows = data_file("elnino")
    times = [f"{int(float(year))}-{month:02d}" for year, *_ in rows for month in range(1, 13)]
    return table_of(times, [number(value) for _, *values in rows for value in values], time="month", name="elnino")


def stepped(values: np.ndarray, name: str) -> Table:
    return table_of([float(step) for step in range(len(values))], values.tolist(), time="step", name=name)


SIMULATED = "simulated with a fixed seed"
EXAMPLES = {
    example.name: example
    for example in (
        Example(
            "sunspots",
            "Sunspots",
            "Yearly sunspot numbers: cycles of about 11 years of uneven height.",
            "sunspots",
            "World Data Center SILSO, Royal Observatory of Belgium, and NOAA, through statsmodels (public domain)",
            sunspots,
        ),
        Example(
            "co2",
            "CO2 at Mauna Loa, weekly",
            "A trend with a yearly season, and 59 weeks without a measurement.",
            "ppm",
            "Keeling and Whorf 2004, Scripps Institution of Oceanography, through statsmodels (public domain)",
            co2,
        ),
        Example(
            "co2_monthly",
            "CO2 at Mauna Loa, monthly",
            "Monthly means of the weekly measurements: a smooth trend with a yearly season.",
            "ppm",
            "Keeling and Whorf 2004, Scripps Institution of Oceanography, through statsmodels (public domain)",
            co2_monthly,
        ),
        Example(
            "macro",
            "Real gross domestic product of the United States",
            "Quarterly and seasonally adjusted: growth with a few recessions.",
            "billion 2005 dollars",
            "Federal Reserve Bank of St. Louis, through statsmodels (public domain)",
            macro,
        ),
        Example(
            "nile",
            "Flow of the Nile at Aswan",
            "Yearly volume: noise around a level that falls once, near 1899.",
            "10^8 m3",
            "Durbin and Koopman 2001, Time Series Analysis by State Space Methods, through statsmodels (public domain)",
            nile,
        ),
        Example(
            "elnino",
            "Sea surface temperature off Peru",
            "Monthly means in the El Niño region 1+2: a yearly season, disturbed every few years.",
            "degrees Celsius",
            "National Oceanic and Atmospheric Administration, through statsmodels (public domain)",
            elnino,
        ),
        Example(
            "ar1",
            "Autoregression of first order",
            "Each value is 0.9 times the last plus noise: no model can beat the simplest one.",
            "",
            SIMULATED,
            lambda: stepped(simulated.first_order(), "ar1"),
        ),
        Example(
            "mackey_glass",
            "Mackey-Glass equation",
            "A chaotic series without noise: nonlinear models can be far better than linear ones.",
            "",
            "solved numerically; Mackey and Glass 1977, Science 197(4300)",
            lambda: stepped(simulated.mackey_glass(), "mackey_glass"),
        ),
        Example(
            "threshold_ar",
            "Threshold autoregression",
            "Two linear regimes with a switch at zero: a little that only a nonlinear model can see.",
            "",
            SIMULATED,
            lambda: stepped(simulated.threshold(), "threshold_ar"),
        ),
    )
}
