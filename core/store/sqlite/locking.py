"""One writer at a time, over all threads and processes.

SQLite up to 3.51.2 can damage a file in WAL mode when two connections write or checkpoint in the same instant; most Pythons
carry such a version. So nobody begins, commits or checkpoints without this lock.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.store.sqlite.faults import busy

LONGEST_PAUSE = 0.02  # seconds between two looks at a lock that another process holds


class WriteLock:
    """A lock among the threads of this process, and a lock on a file among processes. It is not reentrant."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.busy_seconds = busy_seconds
        self.threads = threading.Lock()
        self.file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Raises StoreError when it is not free within `busy_seconds`."""
        deadline = time.monotonic() + self.busy_seconds
        if not self.threads.acquire(timeout=self.busy_seconds):
            raise busy(self.busy_seconds)
        try:
            self._lock_file(deadline)
            try:
                yield
            finally:
                fcntl.flock(self.file, fcntl.LOCK_UN)
        finally:
            self.threads.release()

    def close(self) -> None:
        """Let go of the file; a second time is allowed."""
        self.file.close()

    def _lock_file(self, deadline: float) -> None:
        pause = 0.0005
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise busy(self.busy_seconds) from None
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
