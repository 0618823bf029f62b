"""One running attempt of a task, as its supervisor holds it: process, pipe, deadline, and what it said last."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from core.jobs.running.messages import Message, receive
from core.store.records import EpochRecord, QueuedTask, TaskUpdate

PATIENCE = 1.0  # seconds between asking a worker to end and making it
RESULT = "result.bin"


@dataclass(eq=False)
class Slot:
    """State with a life: from the start of a worker process until it is collected.

    stopping  why it was told to end: the state that its task gets, and the words for it; None while it is wanted
    end       the message by which it ended itself, None if it has not
    """

    task: QueuedTask
    attempt: int
    process: BaseProcess
    connection: Connection
    folder: Path
    deadline: float
    started: float = field(default_factory=time.monotonic)
    fraction: float = 0.0
    text: str = ""
    epochs: list[EpochRecord] = field(default_factory=list)
    is_changed: bool = False
    stopping: tuple[str, str] | None = None
    kill_at: float | None = None
    end: Message | None = None
    is_silent: bool = False  # its pipe has ended
    is_kept: bool = False  # its result is stored

    def listen(self) -> None:
        """Take in everything that it has said."""
        try:
            while self.connection.poll():
                message = receive(self.connection.recv_bytes())
                self.fraction = max(self.fraction, message.fraction)
                self.is_changed = self.is_changed or message.kind != "started"  # which says nothing that a claim does not
                self.text = message.text or self.text
                self.epochs.extend(message.epochs)
                if message.kind in ("done", "failed"):
                    self.end = message
        except (EOFError, OSError):
            self.is_silent = True

    def update(self) -> TaskUpdate:
        """What is new since the last update."""
        epochs, self.epochs, self.is_changed = tuple(self.epochs), [], False
        return TaskUpdate(self.task.id, self.attempt, self.fraction, self.text, epochs)

    def stop(self, state: str, why: str) -> None:
        """Ask it to end; the first reason counts."""
        if self.stopping is None:
            self.stopping, self.kill_at = (state, why), time.monotonic() + PATIENCE
            self.signal(signal.SIGTERM)

    def press(self, now: float) -> None:
        """Make it end, once it was asked long enough ago; a stopped process cannot refuse that."""
        if self.kill_at is not None and now >= self.kill_at:
            self.signal(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """To its whole group; also to itself, for it may not have made its group yet."""
        with contextlib.suppress(ProcessLookupError, PermissionError, TypeError):
            os.killpg(self.process.pid, number)
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(self.process.pid, number)

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to hear: it said its last word, or its process ended."""
        return self.end is not None or not self.process.is_alive()

    def result(self) -> bytes:
        """The packed result that it left."""
        return (self.folder / RESULT).read_bytes()

    def clear(self) -> None:
        """Collect the process and leave nothing behind."""
        if self.process.is_alive():
            self.process.join(0.2)
            self.signal(signal.SIGKILL)
        self.process.join(5)
        self.connection.close()
        with contextlib.suppress(ValueError):
            self.process.close()
        shutil.rmtree(self.folder, ignore_errors=True)
