"""Plain JSON and arrays as bytes, compressed, and back. No pickle: what is read can only be numbers and text.

It knows nothing of what the numbers mean.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import safetensors.numpy

from core.errors import DamagedError, StoreError

FORMAT = 1
LEVEL = 3  # of zlib: floats hardly shrink any further, and higher levels take three times as long
PREFIX = 8  # bytes that hold the length of the summary in a packed result
THREE = b"\xff" * PREFIX  # in its place: three parts follow, after the lengths of the first two


@dataclass(frozen=True)
class Encoded:
    """Bytes of a result: a JSON part and an array part (safetensors), each checked by its SHA-256 when loaded.

    aside: a second array part, large and seldom read, stored and loaded by itself; empty when the other two are loaded.
    """

    summary: bytes
    arrays: bytes = b""
    aside: bytes = b""


def encode(
    fields: Mapping[str, object], arrays: Mapping[str, np.ndarray], aside: Mapping[str, np.ndarray] | None = None
) -> Encoded:
    """All parts as bytes.  A NaN among `fields` raises ValueError: it belongs into an array, or is absent with a reason."""
    text = json.dumps({"format": FORMAT, **fields}, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    return Encoded(zlib.compress(text.encode(), LEVEL), encode_arrays(arrays), encode_arrays(aside or {}))


def decode(encoded: Encoded) -> tuple[dict, dict[str, np.ndarray]]:
    """The fields and the arrays that `encode` was given.  Raises DamagedError, and StoreError for a format of the future."""
    with _readable():
        fields = json.loads(zlib.decompress(encoded.summary))
        version = fields.pop("format")
    if version != FORMAT:
        raise StoreError(f"stored data has format {version}, this program reads format {FORMAT}; update the program")
    return fields, decode_arrays(encoded.arrays)


def encode_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An array part; empty where there is no array."""
    if not arrays:
        return b""
    return zlib.compress(safetensors.numpy.save({name: np.asarray(one, order="C") for name, one in arrays.items()}), LEVEL)


def decode_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an array part.  Raises DamagedError."""
    with _readable():
        return safetensors.numpy.load(zlib.decompress(content)) if content else {}


def pack(encoded: Encoded) -> bytes:
    """All parts in one piece, for a file or a single column."""
    first, second = (len(part).to_bytes(PREFIX, "little") for part in (encoded.summary, encoded.arrays))
    if not encoded.aside:
        return first + encoded.summary + encoded.arrays
    return THREE + first + second + encoded.summary + encoded.arrays + encoded.aside


def unpack(content: bytes) -> Encoded:
    """What was packed.  Raises DamagedError where the bytes are too few."""
    starts = (PREFIX, 2 * PREFIX) if content.startswith(THREE) else (0,)
    lengths = [int.from_bytes(content[start : start + PREFIX], "little") for start in starts]
    borders = list(accumulate(lengths, initial=starts[-1] + PREFIX))
    if len(content) < borders[-1]:
        raise DamagedError(f"stored data is cut off: {len(content):,} of {borders[-1]:,} bytes; compute the run again")
    return Encoded(*(content[start:end] for start, end in pairwise([*borders, len(content)])))


def bundle(fields: Mapping[str, object], parts: Mapping[str, bytes]) -> bytes:
    """Plain JSON and named pieces of bytes, uncompressed, in one piece: what is handed to a worker, or left by one."""
    head = json.dumps({"fields": fields, "sizes": {name: len(part) for name, part in parts.items()}}, allow_nan=False).encode()
    return b"".join((len(head).to_bytes(PREFIX, "little"), head, *parts.values()))


def unbundle(content: bytes) -> tuple[dict, dict[str, bytes]]:
    """The fields and the pieces that were bundled.  Raises DamagedError where the bytes are not those."""
    border = PREFIX + int.from_bytes(content[:PREFIX], "little")
    try:
        head = json.loads(content[PREFIX:border])
        parts = {}
        for name, size in head["sizes"].items():
            parts[name], border = content[border : border + size], border + size
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"a bundle of {len(content):,} bytes cannot be read ({error}); compute it again") from error
    if len(content) != border:
        raise DamagedError(f"a bundle is cut off: {len(content):,} of {border:,} bytes; compute it again")
    return head["fields"], parts


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (zlib.error, ValueError, KeyError, AttributeError, safetensors.SafetensorError) as error:
        raise DamagedError(f"stored data cannot be read ({error}); compute the run again, or restore a backup") from error
