"""What a person decides about an upload; whatever is left open is proposed by the reading and shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import ConfigError

DUPLICATE_RULES = ("sum", "mean", "first", "last")
EVERY_COLUMN = "*"


@dataclass(frozen=True)
class Choices:
    """The settings of one reading. None, or an empty tuple, leaves the matter to what the data show.

    time, target, id  column names; target "*" takes every number column that has no other role as a series of its own
    past, known       covariates known up to the last value only, or also beyond it
    day_first         how 01/02/2024 reads: True 1 February, False 2 January
    decimal           the decimal mark, "." or ","
    sheet             of a workbook
    duplicates        what becomes of rows with the same time and series; None takes their mean
    season            steps in a season, 1 for none
    """

    time: str | None = None
    target: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    day_first: bool | None = None
    decimal: str | None = None
    sheet: str | None = None
    duplicates: str | None = None
    season: int | None = None

    def __post_init__(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise ConfigError(f"the decimal mark is {self.decimal!r}; it can be '.' or ','")
        if self.duplicates not in (None, *DUPLICATE_RULES):
            raise ConfigError(f"duplicates is {self.duplicates!r}; it can be {', '.join(DUPLICATE_RULES)}")
        if self.season is not None and self.season < 1:
            raise ConfigError(f"season is {self.season}; it must be at least 1, which means none")
        object.__setattr__(self, "past", tuple(self.past))
        object.__setattr__(self, "known", tuple(self.known))
        named = [name for name in (self.time, self.target, self.id, *self.past, *self.known) if name is not None]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ConfigError(f"column {twice[0]!r} was given two roles; give it one")

    def resolved(self, names: tuple[str, ...]) -> Choices:
        """The same choices with every column spelled as in the table; letter case and outer blanks may differ.

        Raises ConfigError for a column that is not there.
        """

        def spelled(name: str) -> str:
            loosely = [one for one in names if one.strip().casefold() == name.strip().casefold()]
            if name in names:
                return name
            if len(loosely) == 1:
                return loosely[0]
            shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
            raise ConfigError(f"there is no column {name!r}; the table has {shown}")

        return replace(
            self,
            time=self.time and spelled(self.time),
            target=self.target if self.target in (None, EVERY_COLUMN) else spelled(self.target),
            id=self.id and spelled(self.id),
            past=tuple(map(spelled, self.past)),
            known=tuple(map(spelled, self.known)),
        )
