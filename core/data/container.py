"""What kind of file some bytes are, by their signature; names and announced types are only hints.

Kinds that can be read are "text", "xlsx" and "parquet". Everything else that can be recognised is refused by its name.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from core.data.limits import Limits, megabytes
from core.data.table import Notes, shortened
from core.errors import DataError, LimitError

NO_TABLE = "not a table; bring the numbers as CSV, .xlsx or Parquet"
SIGNATURES = (  # (first bytes, what it is, what to do)
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", NO_TABLE),
    (b"\xff\xd8\xff", "a JPEG picture", NO_TABLE),
    (b"GIF8", "a GIF picture", NO_TABLE),
    (b"%PDF", "a PDF document", NO_TABLE),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"BZh", "compressed (bzip2)", "unpack it first"),
    (b"\xfd7zXZ\x00", "compressed (xz)", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7-Zip)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "unpack it first"),
    (b"Rar!", "compressed (RAR)", "unpack it first"),
    (b"\x7fELF", "a program", NO_TABLE),
    (b"MZ\x90", "a program", NO_TABLE),
    (b"SQLite format 3\x00", "an SQLite database", "export one table as CSV"),
    (b"PARE", "an encrypted Parquet file", "save it without encryption"),
    (b"\xff\xfe\x00\x00", "text in UTF-32", "save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "text in UTF-32", "save it as UTF-8"),
    (b"{\\rtf", "a rich-text document", "save the table as CSV"),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and workbooks with a password
MARKUP = re.compile(rb"<(!doctype html|html|head|body|table|script|\?xml)", re.IGNORECASE)
JSON = re.compile(rb'(\{\s*("|\}$)|\[\s*[\[{"\d-])')
MAX_ENTRIES, MAX_RATIO, SMALL = 1_000, 100, 5 << 20  # a ratio says nothing about parts that unpack to less than `SMALL`
EXPECTED = {".csv": "text", ".tsv": "text", ".txt": "text", ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}
SPOKEN = {"text": "delimited text", "xlsx": "an Excel workbook", "parquet": "a Parquet file"}


def kind_of(content: bytes, name: str, limits: Limits, notes: Notes) -> str:
    """ "text", "xlsx" or "parquet".  A name that says otherwise is a warning.

    Raises DataError for an empty file and for every recognised kind that is not a table, LimitError for a zip bomb.
    """
    if not content.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf"):
        blanks = f" but for {len(content):,} blanks" if content else ""
        raise DataError(f"the file is empty{blanks}; bring one with a line of names and rows of data")
    kind = recognised(content, limits)
    suffix = PurePath(name).suffix.lower()
    if EXPECTED.get(suffix, kind) != kind:
        notes.warn(f"the file is called {suffix} but is {SPOKEN[kind]}; it was read as that")
    return kind


def recognised(content: bytes, limits: Limits) -> str:
    for signature, what, remedy in SIGNATURES:
        if content.startswith(signature):
            raise DataError(f"the file is {what}{', ' if remedy == NO_TABLE else '; '}{remedy}")
    if content.startswith(OLD_OFFICE):
        raise DataError("the file is an old Excel workbook (.xls) or has a password; save it as .xlsx without one")
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith(b"PK"):
        return zipped_kind(content, limits)
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if MARKUP.match(start):
        raise DataError("the file is a web page or XML, not a table; download or export the data itself as CSV")
    if JSON.match(start):
        raise DataError("the file is JSON, not a table; export the data as CSV")
    return "text"


def zipped_kind(content: bytes, limits: Limits) -> str:
    """ "xlsx", by the names of a zip file's parts and without unpacking one.  Raises as `kind_of` does."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise DataError("the file begins like a workbook or zip file but is incomplete or damaged; save it anew") from None
    check_parts(parts, limits)
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise DataError("the file is encrypted; save it without a password")
    if "xl/workbook.bin" in names:
        raise DataError("the file is a binary Excel workbook (.xlsb); save it as .xlsx")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        raise DataError("the file is an OpenDocument file (.ods); save it as .xlsx or CSV")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise DataError("the file is a document or presentation, not a table; save the table as .xlsx or CSV")
    inside = ", ".join(shortened(name) for name in sorted(names)[:5])
    raise DataError(f"the file is compressed (zip, with {inside or 'nothing'} inside); unpack it first")


def check_parts(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Raises LimitError for a zip file that unpacks to too much, by what its directory declares."""
    if len(parts) > MAX_ENTRIES:
        raise LimitError(f"the file has {len(parts):,} parts, the limit is {MAX_ENTRIES:,}; save it anew as .xlsx or CSV")
    expanded = sum(part.file_size for part in parts)
    if expanded > limits.expanded:
        raise LimitError(
            f"the file expands to {megabytes(expanded)}, the limit is {megabytes(limits.expanded)}; save fewer rows"
        )
    for part in parts:
        if part.file_size > SMALL and part.file_size > MAX_RATIO * max(1, part.compress_size):
            ratio = part.file_size // max(1, part.compress_size)
            raise LimitError(f"a part of the file expands {ratio:,} times, the limit is {MAX_RATIO}; save the table as CSV")
