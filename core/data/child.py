"""The side of `entry` that runs in the limited child. All it needs is imported here, before the limits are set and count."""

from __future__ import annotations

import json

from core.data.choices import Choices
from core.data.draft import packed, tuples
from core.data.limits import Limits
from core.data.reading import read


def answer(request: bytes) -> bytes:
    """The packed draft of a request: a line of JSON with name, choices and limits, then the content of the file."""
    head, _, content = request.partition(b"\n")
    header = json.loads(head)
    del request
    choices, limits = Choices(**tuples(header["choices"])), Limits(**header["limits"])
    return packed(read(content, header["name"], choices, limits))
