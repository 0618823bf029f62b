"""Files as people bring them, made of real bytes, and the reading of them without a child process."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.choices import Choices
from core.data.limits import Limits
from core.data.reading import read
from core.data.understanding import Understanding, rebuilt
from core.errors import AppError

DAYS = [dt.datetime(2024, 1, day) for day in range(1, 29)]


def understood(
    content: str | bytes, name: str = "brought.csv", limits: Limits | None = None, **choices: object
) -> Understanding:
    raw = content if isinstance(content, bytes) else content.encode()
    return rebuilt(read(raw, name, Choices(**choices), limits or Limits()))


def refusal(content: str | bytes, name: str = "brought.csv", limits: Limits | None = None, **choices: object) -> str:
    """The text of the error that bringing the content raises; it is one line."""
    with pytest.raises(AppError) as caught:
        understood(content, name, limits, **choices)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def lines(*rows: str, head: str = "date,y") -> str:
    return "\n".join((head, *rows)) + "\n"


def column(*cells: str, head: str = "date;y") -> str:
    """A file with one value a day from 1 January 2024, under semicolons."""
    return lines(*(f"{day:%Y-%m-%d};{cell}" for day, cell in zip(DAYS, cells, strict=False)), head=head)


def dated(*times: str) -> str:
    """A file with the values 3, 1, 4, 1, 5, ... at some times."""
    return lines(*(f"{time};{digit}" for time, digit in zip(times, "3141592653589793", strict=False)), head="date;y")


def workbook(rows: list[list[object]], *, sheet: str = "Data", more: object = None) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    if more:
        more(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_part(archive: bytes, name: str, content: bytes) -> bytes:
    """A zip file in which one part is put in place of another, or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in source.namelist():
            if part != name:
                copy.writestr(part, source.read(part))
        copy.writestr(name, content)
    return target.getvalue()


def parquet(**columns: object) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()
