"""Uploads that are being understood: kept in memory while a person adjusts how they are read, the oldest given up first.

Nothing here outlives the process; what was understood of an upload is kept by the store.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from core.errors import NotFoundError

CAPACITY = 128 << 20  # bytes of all uploads together


@dataclass(frozen=True, eq=False)
class Upload:
    """The bytes of a file, and what it is called."""

    name: str
    content: bytes


class Uploads:
    """The newest uploads of all workspaces, up to `capacity` bytes together. Safe from many threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.guard = threading.Lock()
        self.kept: OrderedDict[tuple[str, str], Upload] = OrderedDict()

    def keep(self, workspace: str, name: str, content: bytes) -> str:
        """Keep an upload; what it is called from now on, equal for equal names and bytes."""
        digest = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()
        with self.guard:
            self.kept[workspace, digest] = Upload(name, content)
            self.kept.move_to_end((workspace, digest))
            while len(self.kept) > 1 and sum(len(one.content) for one in self.kept.values()) > self.capacity:
                self.kept.popitem(last=False)
        return digest

    def find(self, workspace: str, digest: str) -> Upload:
        """The upload, which stays the longer for being asked for.  Raises NotFoundError."""
        with self.guard:
            if (workspace, digest) not in self.kept:
                raise NotFoundError("there is no such file in memory any more; bring it again to change how it is read")
            self.kept.move_to_end((workspace, digest))
            return self.kept[workspace, digest]
