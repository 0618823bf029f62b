"""The ways a date may be written, as one table of patterns: what matches, and how it is spelled out to a person.

Patterns run in Arrow (RE2) over whole columns and in Python over single cells, and so use only what both know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janv janvier", "feb february februar févr février", "mar march märz mär mrz mars",
            "apr april avr avril", "may mai", "jun june juni juin", "jul july juli juil juillet",
            "aug august août", "sep sept september septembre", "oct october okt oktober octobre", "nov november novembre",
            "dec december dez dezember déc décembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip

FIRST_YEAR, LAST_YEAR = 1700, 2200  # beyond these a date is taken for a mistake

YEAR, YEARS = r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d{2})"
DAY, MONTH = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})"
NAME = r"(?P<name>\p{L}{3,9})"
ZONE = r"(?:\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
CLOCK = (
    r"(?:(?:[Tt]|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?" + ZONE + ")?"
)
WEEKDAY = r"(?:\p{L}{2,10}\.?,?\s+)?"


@dataclass(frozen=True)
class Shape:
    """One way to write dates.  `written` is an example of it; `unit` what it can tell apart; numbers alone need a hint."""

    pattern: str
    written: str
    unit: str  # day (or finer), week, month, quarter, year
    is_number: bool = False  # it could as well be a plain number


SHAPES = (
    Shape(rf"{YEAR}-{MONTH}-{DAY}{CLOCK}", "2024-12-31", "day"),
    Shape(rf"{YEAR}/{MONTH}/{DAY}{CLOCK}", "2024/12/31", "day"),
    Shape(rf"{YEAR}\.{MONTH}\.{DAY}{CLOCK}", "2024.12.31", "day"),
    Shape(rf"{WEEKDAY}{DAY}\.\s?{MONTH}\.\s?{YEARS}{CLOCK}", "31.12.2024", "day"),
    Shape(rf"(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{YEARS}{CLOCK}", "31/12/2024", "day"),
    Shape(rf"(?P<a>\d{{1,2}})-(?P<b>\d{{1,2}})-{YEARS}{CLOCK}", "31-12-2024", "day"),
    Shape(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", "20241231", "day", is_number=True),
    Shape(
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[Tt](?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?" + ZONE,
        "20241231T235900",
        "day",
    ),
    Shape(rf"{WEEKDAY}{DAY}(?:\.|st|nd|rd|th)?[\s/-]?\s?{NAME}\.?,?[\s/-]?\s?{YEARS}{CLOCK}", "31 December 2024", "day"),
    Shape(rf"{WEEKDAY}{NAME}\.?\s+{DAY}(?:st|nd|rd|th)?,?\s+{YEAR}{CLOCK}", "December 31, 2024", "day"),
    Shape(rf"{YEAR}[-\s/]{NAME}[-\s/]{DAY}{CLOCK}", "2024-Dec-31", "day"),
    Shape(rf"{YEAR}[-/]{MONTH}", "2024-12", "month"),
    Shape(rf"{YEAR}\.(?P<month>0[1-9]|1[0-2])", "2024.12", "month", is_number=True),
    Shape(rf"{YEAR}[Mm]{MONTH}", "2024M12", "month"),
    Shape(rf"{MONTH}[-/]{YEAR}", "12/2024", "month"),
    Shape(rf"(?P<month>0[1-9]|1[0-2])\.{YEAR}", "12.2024", "month", is_number=True),
    Shape(r"(?P<year>\d{4})(?P<month>0[1-9]|1[0-2])", "202412", "month", is_number=True),
    Shape(rf"{NAME}\.?[\s/'’.-]?\s?{YEARS}", "December 2024", "month"),
    Shape(rf"{YEAR}[-\s/.]?{NAME}\.?", "2024 December", "month"),
    Shape(rf"{YEAR}[-\s/]?[Qq](?P<quarter>[1-4])", "2024Q4", "quarter"),
    Shape(rf"[Qq](?P<quarter>[1-4])[-\s/]?{YEAR}", "Q4 2024", "quarter"),
    Shape(rf"(?P<quarter>[1-4])\.?[-\s/]?(?:[Qq]|Quartal|quarter|quarter of)[-\s/]?{YEAR}", "4. Quartal 2024", "quarter"),
    Shape(rf"{YEAR}-?[Ww](?P<week>\d{{1,2}})(?:-?(?P<weekday>[1-7]))?", "2024-W52", "week"),
    Shape(rf"(?:KW|W|[Ww]eek)\s?(?P<week>\d{{1,2}})[-\s/]{YEAR}", "KW 52/2024", "week"),
    Shape(YEAR, "2024", "year", is_number=True),
)
ACCEPTED = "2024-12-31, 31.12.2024, 12/31/2024, Dec 2024, 2024Q4, 2024-W52 or 2024"


@cache
def compiled(shape: Shape) -> re.Pattern[str]:
    """The pattern for single cells; Python has no class of letters by that name."""
    return re.compile(shape.pattern.replace(r"\p{L}", r"[^\W\d_]"))


def shape_of(cell: str, *, numbers: bool) -> Shape | None:
    """The first shape that one trimmed cell has, None if none; plain digits count only with `numbers`."""
    for shape in SHAPES:
        if shape.is_number and not numbers:
            continue
        match = compiled(shape).fullmatch(cell)
        if match and names_a_month(match) and (not shape.is_number or is_likely(match)):
            return shape
    return None


def is_likely(match: re.Match[str]) -> bool:
    """Whether a number, read as a date, has a year in range, and a month and day that there are."""
    year, month, day = (int(match.groupdict().get(part) or 1) for part in ("year", "month", "day"))
    return FIRST_YEAR <= year <= LAST_YEAR and month <= 12 and day <= 31


def names_a_month(match: re.Match[str]) -> bool:
    """Whether the word in a match, if its shape has one, is a month."""
    name = match.groupdict().get("name")
    return name is None or name.casefold().rstrip(".") in MONTHS
