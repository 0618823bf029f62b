"""The columns of numbers that a reading uses: the target or targets, and covariates, under one decimal mark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.choices import Choices
from core.data.columns import Roles
from core.data.numbers import Decimal, Numbers, guess_decimal, missing_mask, parse_numbers
from core.data.table import SHOWN, Column, Notes, Table, quoted
from core.errors import DataError

EXACT = 2.0**53
SMALLEST = 1e-150
TRUTH = {"true": "1", "false": "0", "yes": "1", "no": "0", "ja": "1", "nein": "0"}


@dataclass(frozen=True, eq=False)
class Measures:
    """values (N,): the targets one after the other, NaN where missing; inputs (R, C): covariates; the decimal mark used."""

    values: np.ndarray
    inputs: np.ndarray
    input_names: tuple[str, ...]
    input_roles: tuple[str, ...]
    decimal: str


def read_measures(
    table: Table, roles: Roles, choices: Choices, delimiter: str, notes: Notes, *, has_dotted_dates: bool
) -> Measures:
    """The numbers of a table.  Raises DataError for cells that are none, naming where they are."""
    names = (*choices.past, *choices.known)
    columns = [table[name] for name in (*roles.targets, *names)]
    decimal = decimal_of(columns, choices, delimiter, has_dotted_dates=has_dotted_dates, notes=notes)
    values = np.concatenate([numbers_of(table[name], table, decimal.mark, notes) for name in roles.targets])
    inputs = [numbers_of(with_truth(table[name], notes), table, decimal.mark, notes) for name in names]
    kinds = ("past",) * len(choices.past) + ("known",) * len(choices.known)
    stacked = np.column_stack(inputs) if inputs else np.empty((len(table), 0))
    return Measures(values, stacked, names, kinds, decimal.mark)


def decimal_of(columns: list[Column], choices: Choices, delimiter: str, *, has_dotted_dates: bool, notes: Notes) -> Decimal:
    """The decimal mark that was chosen, or what the cells say; ambiguity is a warning that spells one number out."""
    texts = [column.text() for column in columns if column.is_text]
    if choices.decimal is not None:
        return Decimal(choices.decimal, "chosen")
    decimal = guess_decimal(texts, delimiter, has_dotted_dates)
    if decimal.is_ambiguous:
        example = example_of(texts)
        read = parse_numbers(pa.array([example]), decimal.mark).values[0]
        notes.warn(
            f"the decimal mark was taken to be {quoted(decimal.mark)}, {decimal.reason}: "
            f"{quoted(example)} was read as {read:.10g}; choose the other if that is wrong"
        )
    return decimal


def example_of(texts: list[pa.Array]) -> str:
    """The first cell with a point or a comma between digits."""
    for cells in texts:
        found = cells.filter(pc.match_substring_regex(cells, pattern=r"\d[.,]\d"))
        if len(found):
            return found[0].as_py()
    return ""


def with_truth(column: Column, notes: Notes) -> Column:
    """A covariate of true and false, or yes and no, as 1 and 0."""
    words = pc.utf8_lower(column.text())
    present = pc.drop_null(pc.if_else(missing_mask(words), None, words))
    if not len(present) or not pc.all(pc.is_in(present, value_set=pa.array(list(TRUTH)))).as_py():
        return column
    notes.repair(f"{column.label()} was read as 1 for yes and 0 for no")
    coded = words
    for word, digit in TRUTH.items():
        coded = pc.if_else(pc.equal(coded, word), digit, coded)
    return Column(column.name, column.letter, coded)


def numbers_of(column: Column, table: Table, mark: str, notes: Notes) -> np.ndarray:
    """(R,) float64 of one column, NaN where missing.  Raises DataError for text, infinite numbers and columns without any."""
    if column.is_number:
        values = column.cells.to_numpy(zero_copy_only=False)
        refuse(np.flatnonzero(np.isinf(values)), table, column, "is not a finite number; correct or empty the cell")
        refuse_extreme(values, np.zeros(len(values), bool), table, column)
        return values
    texts = column.text()
    read = parse_numbers(texts, mark)
    refuse(
        np.flatnonzero(read.bad),
        table,
        column,
        NOT_A_NUMBER + (f' (decimal mark "{mark}")' if has_mark(texts, read) else ""),
    )
    vanished = (read.values == 0) & np.asarray(pc.match_substring_regex(texts, pattern=r"^[^eE]*[1-9]"))
    refuse_extreme(read.values, vanished, table, column)
    tell(column, read, notes)
    return read.values


NOT_A_NUMBER = "is not a number; correct it, or empty the cell if the value is missing"


def has_mark(texts: pa.Array, read: Numbers) -> bool:
    """Whether the first bad cell is made of digits, so that the decimal mark may be what is wrong with it."""
    bad = np.flatnonzero(read.bad)
    return bool(bad.size) and texts[int(bad[0])].as_py().replace(",", "").replace(".", "").isdigit()


def refuse(rows: np.ndarray, table: Table, column: Column, verdict: str) -> None:
    if rows.size:
        raise DataError(table.accused(rows, column, verdict))


def refuse_extreme(values: np.ndarray, vanished: np.ndarray, table: Table, column: Column) -> None:
    """Raises DataError for numbers whose squares leave the range of floating point; `vanished` (R,) did so when parsed."""
    size = np.abs(values)
    refuse(
        np.flatnonzero(size > 1 / SMALLEST),
        table,
        column,
        "is beyond 1e150, too large to compute with; correct it, or rescale the unit",
    )
    small = np.flatnonzero(vanished | ((size > 0) & (size < SMALLEST)))
    refuse(small, table, column, "is closer to zero than 1e-150, too small to compute with; rescale the unit, or write 0")


def tell(column: Column, read: Numbers, notes: Notes) -> None:
    """What was done to a column, and what may be wrong with it."""
    if read.tokens:
        notes.repair(f"{column.label()}: read as missing: {', '.join(map(quoted, read.tokens[:SHOWN]))}")
    currencies = [unit for unit in read.units if unit != "%"]
    if len(currencies) > 1 or len(read.units) > 1:
        raise DataError(f"{column.label()} mixes units: {', '.join(map(quoted, read.units))}; convert all values to one")
    if read.units:
        notes.warn(f"{column.label()}: the sign {quoted(read.units[0])} was cut off; the numbers were kept as they are")
    if np.nanmax(np.abs(read.values), initial=0.0) > EXACT:
        notes.warn(f"{column.label()} has whole numbers beyond 2^53; their last digits are lost")
