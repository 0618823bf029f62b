"""Text to numbers, a whole column at a time: decimal mark by evidence, thousands, currencies, signs and missing tokens.

A cell is a number, missing, or bad; what becomes of bad ones is for the caller, who knows the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MISSING = (
    "", "na", "n/a", "n.a.", "n. a.", "#n/a", "#na", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "nan", "nat",
    "null", "none", "nil", "-", "--", "---", "–", "—", "?", ".", "..", "...", "missing", "unknown", "k.a.", "k. a.",
    "fehlt", "(blank)", "(null)", "<na>", "tbd", "-nan", "\\n",
)  # fmt: skip
CURRENCY = r"[$€£¥₹₽₩]|(?:EUR|USD|GBP|CHF|JPY|AUD|CAD|SEK|NOK|DKK|PLN|CNY|INR|US\$)"
UNIT = rf"(?:{CURRENCY}|%)"
PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
NUMBERISH = re.compile(rf"[+\-−(]?\s*{UNIT}?\s*[+\-−]?(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*\)?\s*{UNIT}?-?")
GROUPS = r"[ '’]"  # what may stand between groups of three digits besides a point or a comma, after normalising blanks


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column read as numbers: values (R,) with NaN where missing or bad; bad (R,) bool; what was done, in words."""

    values: np.ndarray
    bad: np.ndarray
    tokens: tuple[str, ...] = ()  # words that were read as missing, blank ones apart
    units: tuple[str, ...] = ()  # currencies and percent signs that were cut off


@dataclass(frozen=True)
class Decimal:
    """The decimal mark of a file, why, and whether the other one would do as well."""

    mark: str
    reason: str
    is_ambiguous: bool = False


def is_value(cell: str) -> bool:
    """Whether one cell looks like a number or like a word for a missing one."""
    text = cell.strip()
    return text.lower() in MISSING or NUMBERISH.fullmatch(text) is not None


def missing_mask(texts: pa.Array) -> pa.Array:
    """(R,) bool, of trimmed text."""
    return pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MISSING))


def parse_numbers(texts: pa.Array, mark: str) -> Numbers:
    """Trimmed text (R,) as numbers with the decimal mark "." or ","."""
    missing = missing_mask(texts)
    candidates = pc.if_else(missing, None, texts)
    if mark == "." and all_true(pc.match_substring_regex(candidates, pattern=PLAIN)):
        values = cast(candidates)
        return Numbers(values, np.zeros(len(values), bool), tokens_of(texts, missing))
    bare, units = without_units(candidates)
    normal = normalised(bare, mark)
    is_number = pc.fill_null(pc.match_substring_regex(normal, pattern=PLAIN), False)
    values = cast(pc.if_else(is_number, normal, None))
    bad = to_numpy(pc.and_not(pc.is_valid(candidates), is_number))
    return Numbers(values, bad, tokens_of(texts, missing), units)


def all_true(mask: pa.Array) -> bool:
    """Whether no element is false; missing ones do not count."""
    return pc.all(mask, min_count=0).as_py()


def cast(texts: pa.Array) -> np.ndarray:
    return pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)


def to_numpy(mask: pa.Array) -> np.ndarray:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def tokens_of(texts: pa.Array, missing: pa.Array) -> tuple[str, ...]:
    """The distinct words read as missing."""
    words = pc.unique(texts.filter(missing)).to_pylist()
    return tuple(word for word in words if word)


def without_units(texts: pa.Array) -> tuple[pa.Array, tuple[str, ...]]:
    """The texts in plain digits, minus signs and blanks, and without currency and percent signs, which are listed."""
    texts = pc.utf8_normalize(texts, form="NFKC")  # full-width digits and no-break blanks become plain ones
    texts = pc.replace_substring_regex(texts, pattern="[−‒–—﹣]", replacement="-")
    texts = plain_digits(texts)
    edge = rf"^([+-]?\(?)\s*({UNIT})\s*|\s*({UNIT})\s*(\)?)$"
    found = pc.extract_regex(texts, pattern=rf"^[+-]?\(?\s*(?P<left>{UNIT})?[^$€£¥%A-Z]*(?P<right>{UNIT})?\)?$")
    signs = {sign for side in ("left", "right") for sign in pc.unique(pc.struct_field(found, side)).to_pylist()}
    units = tuple(sorted(sign for sign in signs if sign))
    if not units:
        return texts, ()
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, pattern=edge, replacement=r"\1\4")), units


def plain_digits(texts: pa.Array) -> pa.Array:
    """Digits of other scripts as 0 to 9."""
    foreign = pc.fill_null(pc.match_substring_regex(texts, pattern=r"[^\x00-\x7f]"), False)
    if not pc.any(foreign, min_count=0).as_py():
        return texts
    table = {code: str(int(chr(code))) for code in range(0x80, 0x10000) if chr(code).isdecimal()}
    translated = [text and text.translate(table) for text in texts.to_pylist()]
    return pa.array(translated, pa.string())


def normalised(texts: pa.Array, mark: str) -> pa.Array:
    """Numbers with their thousands taken out and a point for the decimal mark; whatever is no number stays unlike one."""
    texts = pc.replace_substring_regex(texts, pattern=r"^\((.*\d.*)\)$", replacement=r"-\1")
    texts = pc.replace_substring_regex(texts, pattern=r"^(\d.*)-$", replacement=r"-\1")
    texts = pc.replace_substring_regex(texts, pattern=r"^([+-])\s+", replacement=r"\1")
    point, thousands = (r"\.", ",") if mark == "." else (",", r"\.")
    for gap in (thousands, *GROUPS.strip("[]")):
        is_grouped = pc.match_substring_regex(texts, pattern=rf"^[+-]?\d{{1,3}}(?:{gap}\d{{3}})+(?:{point}\d*)?$")
        texts = pc.if_else(is_grouped, pc.replace_substring_regex(texts, pattern=gap, replacement=""), texts)
    if mark == ",":
        # a point that is still there is no thousands mark; left in place it must not pass for a decimal one
        texts = pc.replace_substring_regex(texts, pattern=r"\.", replacement="·")
        texts = pc.replace_substring_regex(texts, pattern=",", replacement=".")
    return texts


def guess_decimal(columns: list[pa.Array], delimiter: str, has_dotted_dates: bool) -> Decimal:
    """The decimal mark that the cells of some columns of trimmed text are evidence for, each read by itself.

    Evidence is a number with both marks (the last is decimal), with one mark not before exactly three digits, or after
    a lone zero, or with one mark twice. Where there is none, the rest of the file decides and the answer may be ambiguous.
    """
    cells = [without_gaps(without_units(pc.drop_null(column))[0]) for column in columns]
    comma = sum(matches(column, is_decimal(",", r"\.")) for column in cells)
    point = sum(matches(column, is_decimal(r"\.", ",")) for column in cells)
    if comma or point:
        mark = "," if comma > point else "."
        return Decimal(mark, f"{max(comma, point):,} numbers are only possible with it", bool(comma and point))
    either = {mark: sum(matches(c, rf"^[+-]?\d{{1,3}}{escaped}\d{{3}}$") for c in cells) for mark, escaped in MARKS.items()}
    is_continental = has_dotted_dates or delimiter == ";"
    if either[","]:
        return Decimal("," if is_continental else ".", "by the look of the rest of the file", True)
    if either["."]:
        return Decimal(".", "by custom", is_continental)
    return Decimal(".", "no number has decimals")


MARKS = {",": ",", ".": r"\."}


def without_gaps(texts: pa.Array) -> pa.Array:
    """The texts without what stands between groups of three digits besides a point or a comma."""
    return pc.replace_substring_regex(texts, pattern=rf"(\d){GROUPS}(\d{{3}})", replacement=r"\1\2")


def is_decimal(mark: str, other: str) -> str:
    """A pattern for numbers that can only be meant with the decimal mark `mark`."""
    short = rf"\d*{mark}(?:\d{{1,2}}|\d{{4,}})"  # not three digits after it
    zero = rf"0{mark}\d{{3}}"
    long = rf"\d{{4,}}{mark}\d{{3}}"  # too many digits before it for a group
    grouped = rf"\d{{1,3}}(?:{other}\d{{3}})+{mark}\d*"  # the other one before it
    repeated = rf"\d{{1,3}}(?:{other}\d{{3}}){{2,}}"  # the other one twice
    return rf"^[+(-]?(?:{short}|{zero}|{long}|{grouped}|{repeated})(?:[eE][+-]?\d+)?[)-]?$"


def matches(texts: pa.Array, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(texts, pattern=pattern), min_count=0).as_py()
