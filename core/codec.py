"""Plain JSON and arrays as bytes, compressed, and back. No pickle: what is read can only be numbers and text.

It knows nothing of what the numbers mean.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import safetensors.numpy

from core.errors import DamagedError, StoreError

FORMAT = 1
LEVEL = 3  # of zlib: floats hardly shrink any further, and higher levels take three times as long
PREFIX = 8  # bytes that hold the length of the summary in a packed result


@dataclass(frozen=True)
class Encoded:
    """Bytes of a result: a JSON part and an array part (safetensors), each checked by its SHA-256 when loaded."""

    summary: bytes
    arrays: bytes = b""


def encode(fields: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> Encoded:
    """Both parts as bytes.  A NaN among `fields` raises ValueError: it belongs into an array, or is absent with a reason."""
    text = json.dumps({"format": FORMAT, **fields}, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    packed = safetensors.numpy.save({name: np.asarray(array, order="C") for name, array in arrays.items()}) if arrays else b""
    return Encoded(zlib.compress(text.encode(), LEVEL), zlib.compress(packed, LEVEL) if packed else b"")


def decode(encoded: Encoded) -> tuple[dict, dict[str, np.ndarray]]:
    """The fields and the arrays that `encode` was given.  Raises DamagedError, and StoreError for a format of the future."""
    try:
        fields = json.loads(zlib.decompress(encoded.summary))
        version = fields.pop("format")
        arrays = safetensors.numpy.load(zlib.decompress(encoded.arrays)) if encoded.arrays else {}
    except (zlib.error, ValueError, KeyError, AttributeError, safetensors.SafetensorError) as error:
        raise DamagedError(f"stored data cannot be read ({error}); compute the run again, or restore a backup") from error
    if version != FORMAT:
        raise StoreError(f"stored data has format {version}, this program reads format {FORMAT}; update the program")
    return fields, arrays


def pack(encoded: Encoded) -> bytes:
    """Both parts in one piece, for a file or a single column."""
    return len(encoded.summary).to_bytes(PREFIX, "little") + encoded.summary + encoded.arrays


def unpack(content: bytes) -> Encoded:
    """What was packed.  Raises DamagedError where the bytes are too few."""
    border = PREFIX + int.from_bytes(content[:PREFIX], "little")
    if len(content) < max(border, PREFIX):
        raise DamagedError(f"stored data is cut off: {len(content):,} of {border:,} bytes; compute the run again")
    return Encoded(content[PREFIX:border], content[border:])


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
