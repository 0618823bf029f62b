"""How much one upload may bring. Whatever is beyond is refused before it is read in full."""

from __future__ import annotations

from dataclasses import dataclass

from core.bounds import MIB
from core.errors import LimitError


@dataclass(frozen=True)
class Limits:
    """The bounds of one upload. All are whole numbers of at least 1."""

    bytes: int = 50 * MIB  # of the file
    rows: int = 1_000_000
    columns: int = 2_000
    field: int = 10_000  # characters in one cell
    expanded: int = 200 * MIB  # bytes that a compressed file may unpack to
    seconds: int = 60  # wall clock, for reading
    memory: int = 1024 * MIB  # bytes, for reading


def check_size(size: int, limits: Limits) -> None:
    """Raises LimitError if a file of `size` bytes is more than may be brought."""
    if size > limits.bytes:
        raise LimitError(f"the file has {megabytes(size)}, the limit is {megabytes(limits.bytes)}; aggregate or split it")


def check_rows(rows: int, limits: Limits) -> None:
    """Raises LimitError if there are more rows than may be brought."""
    if rows > limits.rows:
        raise LimitError(f"the table has {rows:,} rows, the limit is {limits.rows:,}; aggregate or split it")


def check_columns(columns: int, limits: Limits) -> None:
    """Raises LimitError if there are more columns than may be brought."""
    if columns > limits.columns:
        raise LimitError(
            f"the table has {columns:,} columns, the limit is {limits.columns:,}; "
            "bring fewer, or long format: one column each for id, time and value"
        )


def megabytes(size: int) -> str:
    return f"{size / MIB:,.1f} MB" if size >= MIB / 10 else f"{size:,} bytes"
