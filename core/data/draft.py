"""What the limited child hands to the process that asked: series as plain arrays, and all that is to be said about them.

The child is not trusted, so nothing is pickled: one JSON header, then float64 in the machine's order. Rebuilding checks sizes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Dialect:
    """How a file was read. Empty text where a matter does not arise.

    kind      csv, xlsx, parquet or example
    date_format, date_example   how dates are written, and one of them spelled out
    header_line   of the column names, 0 if there are none
    skipped   lines before them that were left out
    """

    kind: str
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    date_format: str = ""
    date_example: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_line: int = 0
    skipped: tuple[str, ...] = ()
    frequency: str = ""


@dataclass(frozen=True)
class ColumnReading:
    """One column as understood: role (time, target, id, past, known, ignored), type, how sure (0 to 1), why, first values."""

    name: str
    letter: str
    role: str
    type: str
    confidence: float
    reason: str
    first: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SeriesDraft:
    """One series on its grid: start (ISO date or step), values (T,), observed (T,), inputs (T + F, C) or None.

    duplicates  surplus rows;  doubled  the first 1,000 positions of those
    """

    id: str
    start: str | int
    values: np.ndarray
    observed: np.ndarray
    season: int
    missing: int
    duplicates: int
    doubled: tuple[int, ...] = ()
    inputs: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Draft:
    """The whole of a reading. `freq` is a pandas alias or "" for plain steps `step` apart."""

    dialect: Dialect
    columns: tuple[ColumnReading, ...]
    series: tuple[SeriesDraft, ...]
    freq: str
    step: int
    is_utc: bool
    zone: str | None
    input_names: tuple[str, ...]
    input_roles: tuple[str, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]


def packed(draft: Draft) -> bytes:
    """The draft as bytes: a line of JSON, then for every series its values, observed flags and inputs as float64."""
    series = [
        {
            "id": one.id,
            "start": one.start,
            "length": len(one.values),
            "rows": 0 if one.inputs is None else len(one.inputs),
            "season": one.season,
            "missing": one.missing,
            "duplicates": one.duplicates,
            "doubled": one.doubled,
        }
        for one in draft.series
    ]
    plain = {name: getattr(draft, name) for name in PLAIN}
    header = plain | {"dialect": asdict(draft.dialect), "columns": [asdict(c) for c in draft.columns], "series": series}
    arrays = [array for one in draft.series for array in (one.values, one.observed, one.inputs) if array is not None]
    body = b"".join(np.ascontiguousarray(array, dtype=np.float64).tobytes() for array in arrays)
    return json.dumps(header).encode() + b"\n" + body


PLAIN = ("freq", "step", "is_utc", "zone", "input_names", "input_roles", "repairs", "warnings")


def unpacked(content: bytes) -> Draft:
    """The draft in bytes that `packed` made."""
    head, _, body = content.partition(b"\n")
    header = json.loads(head)
    numbers = np.frombuffer(body, dtype=np.float64)
    width, position, series = len(header["input_names"]), 0, []
    for one in header["series"]:
        length, rows = one.pop("length"), one.pop("rows")
        end = position + 2 * length
        inputs = numbers[end : end + rows * width].reshape(rows, width) if rows else None
        values, observed = numbers[position : position + length], numbers[position + length : end] != 0
        series.append(SeriesDraft(**tuples(one), values=values, observed=observed, inputs=inputs))
        position = end + rows * width
    assert position == len(numbers), "a draft is as long as its header says"
    return Draft(
        dialect=Dialect(**tuples(header["dialect"])),
        columns=tuple(ColumnReading(**tuples(column)) for column in header["columns"]),
        series=tuple(series),
        **tuples({name: header[name] for name in PLAIN}),
    )


def tuples(record: dict[str, object]) -> dict[str, object]:
    """JSON knows lists only; our values hold tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
