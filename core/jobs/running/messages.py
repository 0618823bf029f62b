"""What a worker is told, and what it says to its supervisor: JSON, short enough that a message is written whole or not at all.

A worker that is stopped in the middle of a longer message would block the supervisor for ever; results therefore travel as
files, and a message only names them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from typing import Literal

from core.parameters import Value
from core.progress import EpochLog
from core.store.records import EpochRecord

LONGEST = 4000  # below the 4096 bytes that a pipe takes in one piece
LONGEST_TEXT = 3000


@dataclass(frozen=True)
class Order:
    """A task as it is handed to an executor: the name and the parameters of its kind, and an encoded request.

    memory        bytes beyond what the libraries take;  largest_file  bytes that the worker may write to one file
    expects_gpu   whether it may compute on a GPU, whose driver reserves more address space than there is memory
    """

    kind: str
    config: Mapping[str, Value]
    request: bytes
    memory: int
    largest_file: int
    expects_gpu: bool = False


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
    """Send it, its epochs ahead in as many pieces as they need: after an end nobody listens.

    Raises OSError when nobody listens any more.
    """
    is_progress = message.kind == "progress"
    ahead = message if is_progress else replace(message, kind="progress", text="")
    rest = list(message.epochs)
    while rest:
        part, rest = _fitting(ahead, rest)
        connection.send_bytes(part)
    if not (is_progress and message.epochs):
        connection.send_bytes(_fitting(message, ())[0])


def receive(content: bytes) -> Message:
    """The message that was sent."""
    fields = json.loads(content)
    epochs = tuple(EpochRecord(**{**one, "epoch": EpochLog(**one["epoch"])}) for one in fields.pop("epochs"))
    return Message(**fields, epochs=epochs)


def _fitting(message: Message, epochs: Sequence[EpochRecord]) -> tuple[bytes, list[EpochRecord]]:
    """The bytes of the message with as many of the epochs as fit, and the epochs that do not."""
    fields = asdict(message) | {"text": _shortened(message.text)}
    for count in range(len(epochs), -1, -1):
        content = json.dumps(fields | {"epochs": [asdict(one) for one in epochs[:count]]}).encode()
        if len(content) <= LONGEST:
            return content, list(epochs[count:])
    raise AssertionError("a message without epochs always fits")


def _shortened(text: str) -> str:
    """As much of it as fits into a message: a letter takes up to 12 bytes in JSON."""
    while len(json.dumps(text)) > LONGEST_TEXT:
        text = text[: len(text) * 9 // 10]
    return text
