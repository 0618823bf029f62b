"""How much one upload may bring. Whatever is beyond is refused before it is read in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from core.errors import ConfigError, LimitError

MIB = 1 << 20
PREFIX = "UNROLL_LIMITS_"


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

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Limits:
        """The defaults, with UNROLL_LIMITS_BYTES, UNROLL_LIMITS_ROWS and so on put in their place.

        Raises ConfigError for a value that is not a whole number of at least 1, and for a limit that does not exist.
        """
        known = {PREFIX + field.name.upper(): field.name for field in fields(cls)}
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        for name, value in given.items():
            if name not in known:
                raise ConfigError(f"{name} is no limit; there are {', '.join(known)}")
            if not value.strip().isdecimal() or int(value) < 1:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number of at least 1")
        return cls(**{known[name]: int(value) for name, value in given.items()})


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
