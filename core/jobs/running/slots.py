"""One running attempt, as its supervisor holds it: its deadline, what it said last, and how it is brought to an end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from core.jobs.kinds.base import Kind
from core.jobs.running.asks import Ask
from core.jobs.running.executor import Attempt
from core.jobs.running.messages import Message
from core.store.records import EpochRecord, QueuedTask, TaskUpdate

PATIENCE = 1.0  # seconds between asking a worker to end and making it, and between two tries to make it


@dataclass(eq=False)
class Slot:
    """State with a life: from the start of an attempt until it is collected.

    work      the task of a run, or the question, that it is an attempt at
    number    of the attempt at a task, from 1
    seconds   that it may take; those in which it is paused do not count
    stopping  why it was told to end: the state that its task gets, and the words for it; None while it is wanted
    kill_at   when it is made to end, if it has not ended itself by then
    end       the message by which it ended itself, None if it has not
    """

    work: QueuedTask | Ask
    number: int
    kind: Kind
    attempt: Attempt
    seconds: float
    started: float = field(default_factory=time.monotonic)
    fraction: float = 0.0
    text: str = ""
    epochs: list[EpochRecord] = field(default_factory=list)
    is_changed: bool = False
    stopping: tuple[str, str] | None = None
    kill_at: float | None = None
    end: Message | None = None
    is_kept: bool = False  # its result is stored
    stood_still: float = 0.0  # seconds, up to the last time that it went on
    paused_at: float | None = None

    @property
    def id(self) -> str:
        """Of its task or question."""
        return self.work.id

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to hear."""
        return self.end is not None or self.attempt.is_over

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def deadline(self) -> float:
        """By the monotonic clock; later by all the time that it stood still."""
        return self.started + self.seconds + self.paused()

    def paused(self) -> float:
        """Seconds that it stood still so far."""
        return self.stood_still + (time.monotonic() - self.paused_at if self.paused_at is not None else 0.0)

    def worked(self) -> float:
        """Seconds that it took so far, without those."""
        return time.monotonic() - self.started - self.paused()

    def listen(self) -> None:
        """Take in everything that it has said."""
        for message in self.attempt.events():
            self.fraction = max(self.fraction, message.fraction)
            self.is_changed = self.is_changed or message.kind != "started"  # which says nothing that a claim does not
            self.text = message.text or self.text
            self.epochs.extend(message.epochs)
            if message.kind in ("done", "failed"):
                self.end = message

    def update(self) -> TaskUpdate:
        """What is new since the last update."""
        epochs, self.epochs, self.is_changed = tuple(self.epochs), [], False
        return TaskUpdate(self.id, self.number, self.fraction, self.text, epochs)

    def pause(self) -> None:
        """Let it stand still; the clock of its deadline stands still too."""
        self.paused_at = time.monotonic()
        self.attempt.pause()

    def resume(self) -> None:
        """Let it go on."""
        self.stood_still, self.paused_at = self.paused(), None
        self.attempt.resume()

    def stop(self, state: str, why: str) -> None:
        """Ask it to end; the first reason counts."""
        if self.stopping is None:
            if self.is_paused:
                self.resume()
            self.stopping, self.kill_at = (state, why), time.monotonic() + PATIENCE
            self.attempt.stop()

    def press(self, now: float) -> None:
        """Make it end, once it was asked long enough ago; a process that hangs in the kernel is pressed again and again."""
        if self.kill_at is not None and now >= self.kill_at:
            self.kill_at = now + PATIENCE
            self.attempt.kill()

    def due(self) -> float:
        """When it must be looked at again although it says nothing; infinite while it is paused."""
        if self.kill_at is not None:
            return self.kill_at
        return float("inf") if self.is_paused else self.deadline
