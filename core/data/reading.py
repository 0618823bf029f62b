"""The whole way from bytes to drafts of series, as it runs in the limited child: container, table, roles, times, numbers, grid.

Each step is a module of its own; here is only their order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from core.data.choices import EVERY_COLUMN, Choices
from core.data.columns import TIMES, Profile, Roles, may_be_target, propose
from core.data.container import kind_of
from core.data.dates import Times, parse_times
from core.data.draft import ColumnReading, Dialect, Draft
from core.data.footer import without_footer
from core.data.limits import Limits, check_size
from core.data.measures import Measures, read_measures
from core.data.regularize import Plan, regular_series
from core.data.reshape import turned, without_nameless
from core.data.rows import Rows
from core.data.shapes import ACCEPTED
from core.data.table import Column, Notes, Table, in_sheet, quoted, shortened
from core.errors import ConfigError, DataError


@dataclass(frozen=True, eq=False)
class Opened:
    """A table and how it was read."""

    table: Table
    dialect: Dialect


def read(content: bytes, name: str, choices: Choices, limits: Limits) -> Draft:
    """What some bytes hold.  Raises DataError, ConfigError or LimitError, each with one sentence for the person."""
    check_size(len(content), limits)
    notes = Notes()
    opened = open_table(content, name, choices, limits, notes)
    try:
        return understood(opened, choices, notes)
    except (DataError, ConfigError) as error:
        if choices.sheet is None and len(opened.dialect.sheets) > 1:
            raise type(error)(in_sheet(str(error), opened.dialect.sheet, opened.dialect.sheets)) from None
        raise


def open_table(content: bytes, name: str, choices: Choices, limits: Limits, notes: Notes) -> Opened:
    kind = kind_of(content, name, limits, notes)
    if kind == "parquet":
        from core.data.parquet import read_parquet

        return Opened(read_parquet(content, limits, notes), Dialect("parquet"))
    if kind == "xlsx":
        from core.data.excel import read_workbook

        table, layout, sheet, sheets = read_workbook(content, choices.sheet, limits, notes)
        dialect = Dialect("xlsx", sheet=sheet, sheets=sheets, header_line=layout.header_line, skipped=layout.skipped)
        return Opened(table, dialect)
    from core.data.delimited import read_text
    from core.data.encoding import encoding_of

    encoding = encoding_of(content, notes)
    table, layout, delimiter = read_text(content, encoding, limits, notes)
    dialect = Dialect(
        "csv",
        encoding=encoding.removesuffix("-sig"),
        delimiter=delimiter,
        header_line=layout.header_line,
        skipped=layout.skipped,
    )
    return Opened(table, dialect)


def understood(opened: Opened, choices: Choices, notes: Notes) -> Draft:
    """The draft of a table: roles first, then times, numbers and the grid."""
    if choices.sheet is not None and opened.dialect.kind != "xlsx":
        notes.warn(f"the sheet {quoted(choices.sheet)} was chosen, but only workbooks have sheets; the choice was left out")
    table = turned(without_nameless(opened.table, notes), notes)
    choices = choices.resolved(table.names)
    roles, profiles = propose(table, choices)
    warn_of_roles(table, roles, profiles, choices, notes)
    table, times = timed(table, roles, choices, opened.dialect, notes)
    measures = read_measures(table, roles, choices, opened.dialect.delimiter, notes, has_dotted_dates="." in times.written)
    rows = rows_of(table, roles, times, measures)
    plan = Plan(choices.duplicates, choices.season, measures.input_names, measures.input_roles, times.is_step)
    frequency, series = regular_series(rows, plan, notes)
    return Draft(
        dialect=told(opened.dialect, times, measures, frequency.words),
        columns=tuple(
            column_reading(column, roles, profiles[column.name]) for column in opened.table.columns if column.name in profiles
        ),
        series=series,
        freq=frequency.alias,
        step=frequency.multiple if times.is_step else 1,
        is_utc=times.is_utc,
        zone=times.zone,
        input_names=measures.input_names,
        input_roles=measures.input_roles,
        repairs=tuple(notes.repairs),
        warnings=tuple(notes.warnings),
    )


def warn_of_roles(table: Table, roles: Roles, profiles: dict[str, Profile], choices: Choices, notes: Notes) -> None:
    """What the proposal leaves out, or had to guess."""
    others = [c.name for c in table.columns if roles.why[c.name].role == "ignored" and may_be_target(c.name, profiles[c.name])]
    if others and choices.target is None:
        shown = ", ".join(map(quoted, others[:5])) + (" and others" if len(others) > 5 else "")
        notes.warn(
            f"{quoted(roles.targets[0])} was taken as the target and {shown} left out; "
            f"choose another, take some as covariates, or {EVERY_COLUMN} for a series each"
        )
    if roles.time is None:
        check_no_time(table, profiles)
        notes.warn("no column of dates was found; the rows count as steps 0, 1, 2 and so on, in the order of the file")
    if choices.target == EVERY_COLUMN and roles.id is not None:
        raise DataError(f"the id column {quoted(roles.id)} and the target {EVERY_COLUMN} cannot go together; name one target")


def check_no_time(table: Table, profiles: dict[str, Profile]) -> None:
    """Raises DataError if a column is called like one of dates, yet holds none: then steps were not meant."""
    for column in table.columns:
        profile = profiles[column.name]
        if profile.type == "text" and column.name.casefold() in TIMES:
            rows = np.flatnonzero(~np.asarray(pc.equal(column.text(), "")))
            raise DataError(table.accused(rows[:1], column, f"is not a date; write dates like {ACCEPTED}"))


def timed(table: Table, roles: Roles, choices: Choices, dialect: Dialect, notes: Notes) -> tuple[Table, Times]:
    """The table without rows that are no data, and its times.  Raises DataError for dates that cannot be read."""
    if roles.time is None:
        count = len(table)
        nothing = np.zeros(count, bool)
        return table, Times(np.arange(count), nothing, nothing, is_step=True)
    is_continental = dialect.delimiter == ";" or choices.decimal == ","
    column = table[roles.time]
    times = parse_times(column, table, day_first=choices.day_first, is_continental=is_continental, notes=notes)
    table, keep = without_footer(table, column, times, roles.targets, notes)
    times = times.at(keep)
    wrong = np.flatnonzero(times.bad)
    if wrong.size:
        example = quoted(times.example.split(" read as")[0] or times.written)
        verdict = f"is no date like {example}; correct it or remove the row"
        raise DataError(table.accused(wrong, table[roles.time], verdict))
    blank = np.flatnonzero(times.missing)
    if blank.size:
        raise DataError(
            f"{table.places(blank)} without a time in {table[roles.time].label()}; fill it in, or remove what is without one"
        )
    return table, times


def rows_of(table: Table, roles: Roles, times: Times, measures: Measures) -> Rows:
    """The observations of all series; several targets stand one after the other, each as a series of its own."""
    if len(roles.targets) > 1:
        count = len(roles.targets)
        codes, names = np.repeat(np.arange(count), len(table)), roles.targets
        stamps, places = np.tile(times.stamps, count), np.tile(table.lines, count)
    else:
        codes, names = coded(table, roles)
        stamps, places, count = times.stamps, table.lines, 1
    if roles.time is None and roles.id is not None:
        stamps = steps_within(codes, len(names))
    return Rows(
        names,
        codes,
        stamps,
        measures.values,
        np.tile(measures.inputs, (count, 1)),
        places,
        table.place,
        np.zeros(len(stamps), np.int64),
    )


def coded(table: Table, roles: Roles) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which series each row is of, and the ids, which are text and never missing words."""
    if roles.id is None:
        return np.zeros(len(table), np.int64), (roles.targets[0],)
    encoded = table[roles.id].text().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    if "" in names:
        blank = np.flatnonzero(encoded.indices.to_numpy() == names.index(""))
        raise DataError(
            f"{table.places(blank)} without an id in {table[roles.id].label()}; fill it in, or remove what is without one"
        )
    return encoded.indices.to_numpy().astype(np.int64), tuple(names)


def steps_within(codes: np.ndarray, count: int) -> np.ndarray:
    """(N,) 0, 1, 2, ... for the rows of each series."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=count)
    steps = np.empty(len(codes), np.int64)
    steps[order] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return steps


def column_reading(column: Column, roles: Roles, profile: Profile) -> ColumnReading:
    role = roles.why[column.name]
    first = tuple(shortened(cell) for cell in profile.first)
    kind = "text" if role.role == "id" else profile.type
    return ColumnReading(column.name, column.letter, role.role, kind, round(role.confidence, 2), role.reason, first)


def told(dialect: Dialect, times: Times, measures: Measures, frequency: str) -> Dialect:
    """The dialect with what was found out about dates and numbers."""
    delimiter = "" if dialect.delimiter == "\x1f" else dialect.delimiter
    return replace(
        dialect,
        delimiter=delimiter,
        decimal=measures.decimal,
        date_format=times.written,
        date_example=times.example,
        frequency=frequency,
    )
