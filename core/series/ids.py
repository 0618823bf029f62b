"""Series ids as an array, so that they travel with the arrays of a fitted model."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np


def encode_ids(ids: Iterable[str]) -> np.ndarray:
    """(n,) bytes of a JSON list."""
    return np.frombuffer(json.dumps(list(ids)).encode(), dtype=np.uint8).copy()


def decode_ids(array: np.ndarray) -> tuple[str, ...]:
    """The ids that `encode_ids` wrote."""
    return tuple(json.loads(array.tobytes().decode()))
