"""What a worker says to its supervisor: JSON, short enough that a message is written whole or not at all.

A worker that is stopped in the middle of a longer message would block the supervisor for ever; results therefore travel as
files, and a message only names them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Literal

from core.progress import EpochLog
from core.store.records import EpochRecord

LONGEST = 4000  # below the 4096 bytes that a pipe takes in one piece


@dataclass(frozen=True)
class Message:
    """kind     "started", "progress", or one of the ends
    fraction  of the work;  text  what it is at, or why it failed
    """

    kind: Literal["started", "progress", "done", "failed"]
    fraction: float = 0.0
    text: str = ""
    seconds: float = 0.0
    epochs: tuple[EpochRecord, ...] = ()


def send(connection: Connection, message: Message) -> None:
    """Send it in as many pieces as its epochs need.  Raises OSError when nobody listens any more."""
    rest = list(message.epochs)
    while True:
        part, rest = _fitting(message, rest)
        connection.send_bytes(part)
        if not rest:
            return


def receive(content: bytes) -> Message:
    """The message that was sent."""
    fields = json.loads(content)
    epochs = tuple(EpochRecord(**{**one, "epoch": EpochLog(**one["epoch"])}) for one in fields.pop("epochs"))
    return Message(**fields, epochs=epochs)


def _fitting(message: Message, epochs: Sequence[EpochRecord]) -> tuple[bytes, list[EpochRecord]]:
    """The bytes of the message with as many of the epochs as fit, and the epochs that do not."""
    fields = asdict(message) | {"text": message.text[:1000]}
    for count in range(len(epochs), -1, -1):
        content = json.dumps(fields | {"epochs": [asdict(one) for one in epochs[:count]]}).encode()
        if len(content) <= LONGEST:
            return content, list(epochs[count:])
    raise AssertionError("a message without epochs always fits")
