"""One supervisor for a home, whoever asks: a file lock that the system gives back when its holder dies."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from core.errors import StoreError
from core.jobs.planning.cost import private
from core.store.sqlite.faults import unreachable


class HomeLock:
    """The lock on one file; a second file beside it names the holder, for people to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = FileLock(path, timeout=0, mode=0o600, thread_local=False)

    @classmethod
    def of(cls, home: Path) -> Self:
        """The lock of a home, which is made if there is none; held.  Raises StoreError where another process holds it."""
        home = home.absolute()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            home.chmod(0o700)
            lock = cls(home / "supervisor.lock")
            lock.acquire()
        except OSError as error:
            raise unreachable(error, home) from error
        return lock

    @property
    def holder(self) -> Path:
        """Where the holder's process id is written."""
        return self.path.with_suffix(".pid")

    def acquire(self) -> None:
        """Raises StoreError when another process, or another supervisor of this one, holds it."""
        try:
            self.lock.acquire()
        except Timeout:
            known = self.holder.read_text().strip() if self.holder.exists() else "unknown"
            raise StoreError(
                f"another Unroll works on {self.path.parent} already (process {known}); stop it or choose another UNROLL_HOME"
            ) from None
        with contextlib.suppress(OSError):  # a full disk does not keep anybody from working
            private(self.holder).write_text(str(os.getpid()))

    def release(self) -> None:
        """Let go; nothing happens if it is not held."""
        if self.lock.is_locked:
            self.holder.unlink(missing_ok=True)
        self.lock.release()
