"""A Parquet file to a table: its footer is checked against the caps, then it is read in batches with a byte budget."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.limits import Limits, check_columns, check_rows, megabytes
from core.data.table import Column, Notes, Table, letter, quoted
from core.data.tabulate import check_fields
from core.errors import DataError, LimitError

BATCH = 65_536
EXACT = 2.0**53


def read_parquet(content: bytes, limits: Limits, notes: Notes) -> Table:
    """The table in a Parquet file.  Raises DataError for nested columns and damage, LimitError beyond the caps."""
    try:
        file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        check_footer(file, limits)
        batches = read_batches(file, limits)
        frame = pa.Table.from_batches(batches, schema=file.schema_arrow)
        frame.validate(full=True)
    except (
        pa.ArrowInvalid,
        pa.ArrowNotImplementedError,
        pa.ArrowKeyError,
        OSError,
        ValueError,
        UnicodeDecodeError,
    ) as error:
        raise DataError(f"the Parquet file is damaged or incomplete ({first_words(error)}); write it anew") from None
    if not frame.num_rows:
        raise DataError("the Parquet file has columns but no rows; bring the data too")
    return as_table(frame, limits, notes)


def first_words(error: Exception) -> str:
    return quoted(str(error).split("\n")[0].rstrip("."))


def check_footer(file: pq.ParquetFile, limits: Limits) -> None:
    """Raises by what the footer says: nested or repeated columns, too many rows or columns, too many bytes."""
    schema = file.schema_arrow
    check_columns(len(schema), limits)
    nested = [field for field in schema if pa.types.is_nested(field.type)]
    if nested:
        listed = ", ".join(f"{quoted(field.name)} ({quoted(str(field.type))})" for field in nested[:5])
        raise DataError(f"columns with several values in a cell cannot be read: {listed}; flatten or leave them out")
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError(f"two columns are called {quoted(twice[0])}; rename one of them")
    if not len(schema):
        raise DataError("the Parquet file has no columns; write it anew with a column of numbers")
    metadata = file.metadata
    check_rows(metadata.num_rows, limits)
    expanded = max(
        metadata.num_rows * len(schema),
        sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)),
    )
    if expanded > limits.expanded:
        raise too_large(expanded, limits)


def too_large(size: int, limits: Limits) -> LimitError:
    return LimitError(f"the file expands to {megabytes(size)}, the limit is {megabytes(limits.expanded)}; bring fewer rows")


def read_batches(file: pq.ParquetFile, limits: Limits) -> list[pa.RecordBatch]:
    """All batches.  Raises LimitError as soon as they are more rows or bytes than may be, whatever the footer said."""
    batches, size, rows = [], 0, 0
    for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
        size, rows = size + batch.nbytes, rows + batch.num_rows
        check_rows(rows, limits)
        if size > limits.expanded:
            raise too_large(size, limits)
        batches.append(batch)
    return batches


def as_table(frame: pa.Table, limits: Limits, notes: Notes) -> Table:
    """The columns that can be used, an index that pandas stored first among them."""
    index = [name for name in pandas_index(frame.schema) if name in frame.column_names]
    ordered = [*index, *(name for name in frame.column_names if name not in index)]
    columns, ignored = [], []
    for name in ordered:
        cells = plain_cells(frame.column(name).combine_chunks(), name, notes)
        shown = "index" if name.startswith("__index_level_") else " ".join(name.split()) or f"column {letter(len(columns))}"
        zone = getattr(frame.schema.field(name).type, "tz", None)
        if cells is None:
            ignored.append(f"{quoted(name)} ({frame.schema.field(name).type})")
        else:
            columns.append(Column(shown, letter(len(columns)), cells, zone))
    if ignored:
        notes.warn(f"columns of types that are neither numbers, dates nor text were left out: {', '.join(ignored[:5])}")
    if not columns:
        raise DataError("the Parquet file has no column of numbers, dates or text; write the numbers as one")
    lines = np.arange(1, frame.num_rows + 1)
    check_fields([column.cells for column in columns], limits, lines, "row")
    return Table(tuple(columns), lines, "row")


def pandas_index(schema: pa.Schema) -> list[str]:
    """The columns that were a pandas index, by the metadata; an index of plain numbers is none."""
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in index if isinstance(name, str)]


def plain_cells(cells: pa.Array | pa.ChunkedArray, name: str, notes: Notes) -> pa.Array | None:
    """Cells as text, float64, bool or timestamp[us]; None for what is none of these."""
    if isinstance(cells, pa.ChunkedArray):
        cells = pa.concat_arrays(cells.chunks) if cells.num_chunks else pa.array([], cells.type)
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return plain_cells(cells.dictionary_decode(), name, notes)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return cells.cast(pa.string())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = pc.cast(cells, pa.float64(), safe=False)
        if pa.types.is_integer(kind) and (pc.max(pc.abs(numbers)).as_py() or 0) > EXACT:
            notes.warn(f"column {quoted(name)} has whole numbers beyond 2^53; their last digits are lost")
        return numbers
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pc.cast(cells, pa.timestamp("us"), safe=False)
    return cells if pa.types.is_boolean(kind) else None
