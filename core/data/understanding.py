"""What was understood of an upload, ready to be shown: dialect, roles of columns, series, and what was repaired."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from core.data.draft import ColumnReading, Dialect, Draft, SeriesDraft
from core.series.timeseries import Inputs, Panel, TimeSeries, labels

DEFAULT_ANCHORS = {"YS-JAN": "YS", "YE-DEC": "YE", "QS-JAN": "QS", "QE-DEC": "QE"}  # pandas takes both


@dataclass(frozen=True, eq=False)
class Understanding:
    """The result of a reading.

    missing, duplicates  (S,) steps that were filled, and surplus rows, of each series of the panel
    doubled   (S,) positions of times that stood in the table more than once, 1,000 at most
    repairs   what was changed in the data, one sentence each;  warnings  what may need a choice
    """

    dialect: Dialect
    columns: tuple[ColumnReading, ...]
    panel: Panel
    missing: tuple[int, ...]
    duplicates: tuple[int, ...]
    doubled: tuple[tuple[int, ...], ...]
    repairs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The fields of `inspect`, as plain JSON."""
        return {
            "dialect": plain(self.dialect),
            "columns": [plain(column) for column in self.columns],
            "series": self.series_json(),
            "repairs": list(self.repairs),
            "warnings": list(self.warnings),
        }

    def series_json(self) -> list[dict[str, object]]:
        """One record a series; n counts the regular index with its filled gaps, start and end are ISO dates or steps."""
        return [
            {
                "id": series.id,
                "n": len(series),
                "start": ends[0],
                "end": ends[-1],
                "freq": frequency_name(series.freq),
                "season": series.season,
                "missing": missing,
                "duplicates": duplicates,
            }
            for series, missing, duplicates in zip(self.panel, self.missing, self.duplicates, strict=True)
            for ends in [end_labels(series)]
        ]


def plain(value: Dialect | ColumnReading) -> dict[str, object]:
    """The fields of a value with lists for tuples, as JSON has them."""
    return {name: list(field) if isinstance(field, tuple) else field for name, field in asdict(value).items()}


def end_labels(series: TimeSeries) -> list[str] | list[int]:
    """The first and the last entry of the index, written in one way."""
    if isinstance(series.index, pd.RangeIndex):
        return [int(series.index[0]), int(series.index[-1])]
    return labels(series.index[[0, -1]])


def frequency_name(freq: str | None) -> str | None:
    """A frequency without the anchor that goes without saying: YS for years from January."""
    return DEFAULT_ANCHORS.get(freq, freq)


def rebuilt(draft: Draft) -> Understanding:
    """The understanding of a draft: its arrays become TimeSeries."""
    return Understanding(
        dialect=draft.dialect,
        columns=draft.columns,
        panel=Panel(tuple(series_of(one, draft) for one in draft.series)),
        missing=tuple(one.missing for one in draft.series),
        duplicates=tuple(one.duplicates for one in draft.series),
        doubled=tuple(one.doubled for one in draft.series),
        repairs=draft.repairs,
        warnings=draft.warnings,
    )


def series_of(one: SeriesDraft, draft: Draft) -> TimeSeries:
    inputs = None if one.inputs is None else Inputs(draft.input_names, draft.input_roles, one.inputs)
    return TimeSeries(
        id=one.id,
        index=index_of(one.start, len(one.values), draft),
        values=one.values,
        observed=one.observed,
        season=one.season,
        zone=draft.zone,
        inputs=inputs,
    )


def index_of(start: str | int, length: int, draft: Draft) -> pd.DatetimeIndex | pd.RangeIndex:
    if not draft.freq:
        return pd.RangeIndex(int(start), int(start) + length * draft.step, draft.step)
    return pd.date_range(start, periods=length, freq=draft.freq, tz="UTC" if draft.is_utc else None, unit="us")
