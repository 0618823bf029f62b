"""What each column is for: time, target, id, covariates, or nothing; proposed from names and cells, overridden by choices.

A sample decides, and only the columns that get a role are read in full.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from core.data.choices import EVERY_COLUMN, Choices
from core.data.profiles import Profile, is_whole, profile_of, rises
from core.data.table import Column, Table, quoted
from core.errors import DataError

TIMES = ("ds", "date", "time", "datetime", "timestamp", "datum", "zeit", "zeitpunkt", "day", "tag", "month", "monat", "week",
         "woche", "quarter", "quartal", "year", "jahr", "period", "periode", "index", "step", "t")  # fmt: skip


TARGETS = (
    "y",
    "target",
    "value",
    "values",
    "wert",
    "sales",
    "demand",
    "umsatz",
    "absatz",
    "close",
    "price",
    "count",
    "load",
)


IDS = ("unique_id", "series_id", "item_id", "id", "series", "item", "sku", "store", "name", "key", "region", "country",
       "product", "artikel", "filiale", "sensor", "station", "group", "gruppe", "ticker", "symbol")  # fmt: skip


COUNTERS = ("", "index", "row", "nr", "no", "id", "unnamed: 0", "column a")


@dataclass(frozen=True)
class Role:
    """A column's role, how sure it is (0 to 1), and why."""

    role: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Roles:
    """The columns that a reading uses. time and id may be None: plain steps, one series. Several targets make a panel."""

    time: str | None
    targets: tuple[str, ...]
    id: str | None
    why: dict[str, Role]


def propose(table: Table, choices: Choices) -> tuple[Roles, dict[str, Profile]]:
    """The roles of a table's columns.  Raises DataError if there is no column of numbers for a target."""
    profiles = {column.name: profile_of(column) for column in table.columns}
    why: dict[str, Role] = {}
    for name in choices.past:
        why[name] = Role("past", 1.0, "chosen as a covariate known up to the last value")
    for name in choices.known:
        why[name] = Role("known", 1.0, "chosen as a covariate known beyond the last value")
    for name, role in ((choices.target, "target"), (choices.id, "id")):
        if name not in (None, EVERY_COLUMN):
            why[name] = Role(role, 1.0, "chosen")
    time = choices.time or propose_time(table, profiles, why)
    if choices.time:
        why[choices.time] = Role("time", 1.0, "chosen")
    one_id = choices.id or propose_id(table, profiles, time, why)
    targets = propose_targets(table, profiles, choices, why)
    for column in table.columns:
        why.setdefault(column.name, Role("ignored", 0.5, f"{profiles[column.name].type} column without a role"))
    return Roles(time, targets, one_id, why), profiles


def known_as(name: str, names: tuple[str, ...]) -> bool:
    """Whether a column is called by one of some names, alone or as a word of a longer one."""
    plain = name.casefold().replace("_", " ").replace("-", " ").split()
    return name.casefold().strip() in names or any(word in names and len(word) > 2 for word in plain)


def propose_time(table: Table, profiles: dict[str, Profile], why: dict[str, Role]) -> str | None:
    """The column of dates or steps, None if no column can be one."""
    best, role = None, Role("time", 0.0, "")
    for position, column in enumerate(table.columns):
        if column.name in why:
            continue
        found = time_role(column, profiles[column.name], is_first=position == 0)
        if found.confidence > role.confidence:
            best, role = column.name, found
    if best is not None:
        why[best] = role
    return best


def time_role(column: Column, profile: Profile, *, is_first: bool) -> Role:
    named = known_as(column.name, TIMES)
    if profile.type == "date":
        return Role("time", 0.8 + 0.15 * named + 0.04 * is_first, f"{profile.dates:.0%} of its cells are dates")
    if profile.is_bare_number and profile.dates >= 0.9 and (named or (is_first and (profile.is_counting or rises(column)))):
        return Role(
            "time", 0.7 + 0.1 * named, "its numbers are years, months or days" + (", as its name says" if named else "")
        )
    whole = profile.numbers > 0.9 and is_whole(column)
    if (
        named
        and whole
        and (profile.is_counting or column.name.casefold() in ("ds", "timestamp", "step", "t", "time", "date", "datum"))
    ):
        return Role("time", 0.6, "whole numbers under a name for times")
    return Role("time", 0.0, "")


def propose_id(table: Table, profiles: dict[str, Profile], time: str | None, why: dict[str, Role]) -> str | None:
    """The column that tells series apart, None if times do not repeat; by its name alone only where that is unmistakable."""
    free = [column for column in table.columns if column.name not in why and not profiles[column.name].is_empty]
    exact = next((column.name for column in free if column.name.casefold() in ("unique_id", "series_id")), None)
    if exact is not None:
        why[exact] = Role("id", 0.99, "its name is the usual one for ids")
        return exact
    named = [c for c in free if known_as(c.name, IDS)]
    possible = [*named, *(c for c in free if profiles[c.name].type == "text" and c not in named)]
    if time is None or not possible or not (rows := surplus(table, [time])):
        return None
    for column in possible:
        distinct = pc.count_distinct(column.text()).as_py()
        left = surplus(table, [time, column.name])
        if profiles[column.name].type != "date" and 1 < distinct <= len(table) // 2 and left <= 0.1 * rows:
            why[column.name] = Role(
                "id", 0.8 if left else 0.9, f"times repeat, but hardly within each of its {distinct:,} values"
            )
            return column.name
    return None


def surplus(table: Table, names: list[str]) -> int:
    """How many rows have the same cells in some columns as another row."""
    frame = pa.table([table[name].text() for name in names], names=[str(i) for i in range(len(names))])
    return len(table) - frame.group_by(frame.column_names).aggregate([]).num_rows


def propose_targets(table: Table, profiles: dict[str, Profile], choices: Choices, why: dict[str, Role]) -> tuple[str, ...]:
    """The target: by choice, by name, else the first column of numbers that does not merely count rows."""
    free = [column.name for column in table.columns if column.name not in why]
    numeric = [name for name in free if profiles[name].type == "number" or is_nearly_numeric(name, profiles[name])]
    if choices.target == EVERY_COLUMN:
        if not numeric:
            raise no_numbers(table)
        why.update({name: Role("target", 1.0, "chosen: every column of numbers") for name in numeric})
        return tuple(numeric)
    if choices.target is not None:
        return (choices.target,)
    real = [name for name in numeric if may_be_target(name, profiles[name])] or numeric
    if not real:
        raise no_numbers(table)
    named = next((name for word in TARGETS for name in real if name.casefold().strip() == word), None)
    best = named or real[0]
    reason = (
        "its name is a usual one for values"
        if named
        else ("the only column of numbers" if len(real) == 1 else "the first column of numbers")
    )
    why[best] = Role("target", 0.95 if named or len(real) == 1 else 0.5, reason)
    return (best,)


def is_nearly_numeric(name: str, profile: Profile) -> bool:
    """Whether a column of mostly text has numbers and the usual name for a target, so that its text is what is wrong."""
    return profile.type == "text" and profile.numbers > 0 and name.casefold() in TARGETS


def may_be_target(name: str, profile: Profile) -> bool:
    """Whether a column holds numbers that do more than count the rows."""
    is_number = profile.type == "number" or is_nearly_numeric(name, profile)
    return is_number and not (profile.is_counting and name.casefold() in COUNTERS)


def no_numbers(table: Table) -> DataError:
    shown = ", ".join(f"{column.label()} {content(column)}" for column in table.columns[:5])
    return DataError(f"there is no column of numbers to forecast, only {shown}; bring one, or name the target")


def content(column: Column) -> str:
    """What a column holds, for a message."""
    cells = column.text()
    present = cells.filter(pc.not_equal(cells, ""))
    return f"with {quoted(present[0].as_py())}" if len(present) else "without any value"
