"""A chart made ready to be sent: its Vega-Lite specification, and its tables as Arrow, so that it can be kept and sent again.

Altair spends more time on writing and checking a specification than a page may take; the tests check every chart, pages none.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import altair as alt
import pandas as pd
import pyarrow as pa

TRANSFORMER = "unroll"
GUARD = threading.Lock()  # which transformer there is, and that it is on, are one setting for all threads


@dataclass(frozen=True, eq=False)
class Drawing:
    """A chart's specification as JSON text, in which data are named, and the Arrow stream of each name."""

    text: str
    tables: Mapping[str, bytes]

    def spec(self) -> dict[str, object]:
        """The specification, its tables as Arrow streams under "datasets"; new each time, for who shows it may change it."""
        return json.loads(self.text) | {"datasets": dict(self.tables)}

    def plain(self) -> dict[str, object]:
        """The specification with its tables as rows, for who knows no Arrow."""
        rows = {
            name: json.loads(_frame(table).to_json(orient="records", date_format="iso")) for name, table in self.tables.items()
        }
        return json.loads(self.text) | {"datasets": rows}


def drawn(chart: alt.TopLevelMixin) -> Drawing:
    """The chart, written down."""
    names: dict[bytes, str] = {}  # in the order of their appearance, so that new data leave the specification as it is

    def named(data: object) -> object:
        if not isinstance(data, pd.DataFrame):
            return data
        return {"name": names.setdefault(_stream(data), f"data{len(names)}")}

    with GUARD:
        alt.data_transformers.register(TRANSFORMER, named)
        with alt.data_transformers.enable(TRANSFORMER), alt.theme.enable("none"):
            spec = chart.to_dict(validate=False)
    return Drawing(json.dumps(spec), {name: stream for stream, name in names.items()})


def _stream(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _frame(stream: bytes) -> pd.DataFrame:
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_pandas()
