"""Tables of other forms brought to rows: idle columns left out, and wide tables with times for column names made long."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.layout import is_row_of_times
from core.data.table import Column, Notes, Table, quoted


def without_nameless(table: Table, notes: Notes) -> Table:
    """The table without columns that have neither a name nor a value."""
    is_idle = [
        c.name == f"column {c.letter}" and not pc.any(pc.not_equal(c.text(), ""), min_count=0).as_py() for c in table.columns
    ]
    if not any(is_idle) or all(is_idle):
        return table
    notes.repair(f"{sum(is_idle)} columns without a name or a value were left out")
    kept = tuple(column for column, idle in zip(table.columns, is_idle, strict=True) if not idle)
    return Table(kept, table.lines, table.place)


def turned(table: Table, notes: Notes) -> Table:
    """A table with times for column names as one in long format; other tables as they are."""
    if not is_row_of_times(list(table.names)) or len(table.columns) < 4:
        return table
    first, *rest = table.columns
    notes.warn(
        f"the columns are called by {len(rest):,} times from {quoted(rest[0].name)} to {quoted(rest[-1].name)}: "
        "each row was read as one series"
    )
    long = (
        Column(first.name, "A", pa.concat_arrays([first.text()] * len(rest))),
        Column("time", "B", pa.array(np.repeat([column.name for column in rest], len(table)), pa.string())),
        Column("value", "C", pa.concat_arrays([column.text() for column in rest])),
    )
    return Table(long, np.tile(table.lines, len(rest)), table.place)
