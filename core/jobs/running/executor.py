"""Where work is carried out: what the supervisor asks of an executor, and what an executor gives back. Interfaces only.

The supervisor knows orders, messages and bytes; processes, pipes, signals and files belong to the executor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.jobs.running.messages import Message, Order


class Attempt(Protocol):
    """One order that is being carried out. Calls come from the supervisor's thread alone, except `kill`."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to hear: it said its last word, or it died."""

    def events(self) -> Sequence[Message]:
        """What it has said since the last call; does not wait."""

    def stop(self) -> None:
        """Ask it to end; one that is paused goes on for as long as it needs to hear that."""

    def kill(self) -> None:
        """Make it end. It may take the system a while; a second time is harmless."""

    def pause(self) -> None:
        """Let it stand still, keeping its memory."""

    def resume(self) -> None:
        """Let it go on."""

    def result(self) -> bytes:
        """What it computed, after a message "done".  Raises OSError where that cannot be read."""

    def clear(self) -> None:
        """Collect it and leave nothing behind."""


class Executor(Protocol):
    """Carries out orders. All calls but `wake` and `kill_all` come from the supervisor's thread."""

    def open(self) -> None:
        """Get ready, which may take seconds; called once, before anything is started."""

    def start(self, name: str, order: Order) -> Attempt:
        """Begin an order. `name` is of no other live attempt.  Raises AppError, OSError or EOFError where it cannot be."""

    def wait(self, attempts: Iterable[Attempt], seconds: float | None) -> None:
        """Sleep until one of the attempts says something or ends, until `wake`, or for so long; None: without a bound."""

    def wake(self) -> None:
        """Make the current or the next `wait` return; from any thread."""

    def kill_all(self) -> None:
        """Kill every live attempt; from any thread, also while this process ends."""

    def close(self) -> None:
        """Let go of everything; attempts have been cleared."""
