"""Bounds that whoever runs the program may change: the fields of a dataclass of whole numbers, as UNROLL_LIMITS_<FIELD>."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from core.errors import ConfigError

PREFIX = "UNROLL_LIMITS_"
MIB = 1 << 20  # bytes
Bounds = TypeVar("Bounds")


def read_bounds(kind: type[Bounds], environ: Mapping[str, str]) -> Bounds:
    """The defaults of `kind`, with those of the environment put in their place.

    Raises ConfigError for a value that is not a whole number of at least 1.
    """
    names = {PREFIX + one.name.upper(): one.name for one in fields(kind)}
    given = {name: value for name, value in environ.items() if name in names}
    for name, value in given.items():
        if not value.strip().isdecimal() or int(value) < 1:
            raise ConfigError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return kind(**{names[name]: int(value) for name, value in given.items()})


def refuse_unknown(environ: Mapping[str, str], *kinds: type) -> None:
    """Raises ConfigError for a limit that none of the kinds has: a misspelt one would protect nothing."""
    known = [PREFIX + one.name.upper() for kind in kinds for one in fields(kind)]
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            raise ConfigError(f"{name} is no limit; there are {', '.join(known)}")
