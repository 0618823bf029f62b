"""Which encoding a text file has: a byte order mark, UTF-8, UTF-16 by its pattern of NULs, else Windows' own (cp1252)."""

from __future__ import annotations

import codecs

from core.data.table import Notes
from core.errors import DataError

SAMPLE = 4096


def encoding_of(content: bytes, notes: Notes) -> str:
    """The name of a Python codec that decodes all of `content` and removes a byte order mark.

    Raises DataError for NUL bytes and for bytes that fit no encoding, naming their line.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return checked(content, "utf-16")
    sample = content[:SAMPLE]
    if (wide := utf16_by_pattern(sample)) is not None:
        notes.warn(f"the encoding was recognised as {wide} without a mark; check the names")
        return checked(content, wide)
    if (position := content.find(b"\x00")) >= 0:
        raise DataError(f"line {line_at(content, position)} contains a NUL byte; save the file anew as CSV in UTF-8")
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return not_utf8(content, error.start, notes)
    return "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"


def utf16_by_pattern(sample: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a NUL in every second byte; None if the sample has not."""
    if len(sample) < 4:
        return None
    first, second = sample[0::2], sample[1::2]
    if second.count(0) > 0.7 * len(second) and first.count(0) < 0.1 * len(first):
        return "utf-16-le"
    if first.count(0) > 0.7 * len(first) and second.count(0) < 0.1 * len(second):
        return "utf-16-be"
    return None


def checked(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="replace")
        line = before.count("\n") + 1
        raise DataError(f"line {line} cannot be read as {encoding}; the file may be cut off: save it as UTF-8") from None
    if (position := text.find("\x00")) >= 0:
        raise DataError(f"line {text.count(chr(10), 0, position) + 1} contains a NUL byte; save the file anew as CSV in UTF-8")
    return encoding


def not_utf8(content: bytes, position: int, notes: Notes) -> str:
    """cp1252 for a file whose byte at `position` is not UTF-8, unless other characters of it clearly are UTF-8."""
    line = line_at(content, position)
    if any(byte >= 0x80 for byte in content[:position]):
        raise DataError(f"line {line} is not in UTF-8 though lines before it are; save the whole file as UTF-8")
    try:
        content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(
            f"line {line_at(content, error.start)} has a byte that is text in no usual encoding; save the file as UTF-8"
        ) from None
    notes.warn(f"the file is not UTF-8 (first seen in line {line}); it was read as Windows-1252: check names with accents")
    return "cp1252"


def line_at(content: bytes, position: int) -> int:
    """The line number, from 1, of a byte; lines end with LF, CRLF or CR."""
    head = content[:position]
    newlines = head.count(b"\n")
    return 1 + (newlines or head.count(b"\r"))
