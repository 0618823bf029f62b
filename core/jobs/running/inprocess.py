"""An executor without processes: each order in a thread of this one, for tests that need no isolation.

What it computes is the same, bit for bit; but it has no limits, and it ends only where the computation reports.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence

from core.errors import AppError, Cancelled
from core.jobs.kinds.registry import carry_out
from core.jobs.running.messages import Message, Order
from core.progress import Progress
from core.store.records import EpochRecord


class ThreadAttempt:
    """A thread that carries out an order."""

    def __init__(self, order: Order, heard: threading.Event) -> None:
        self.order, self.heard = order, heard
        self.said: deque[Message] = deque()
        self.is_over = False
        self.content = b""
        self.count = 0
        self.is_unwanted = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.thread = threading.Thread(target=self._carry_out, daemon=True)
        self.thread.start()

    def events(self) -> Sequence[Message]:
        return [self.said.popleft() for _ in range(len(self.said))]

    def stop(self) -> None:
        self.is_unwanted.set()
        self.may_go_on.set()

    kill = stop

    def pause(self) -> None:
        self.may_go_on.clear()

    def resume(self) -> None:
        self.may_go_on.set()

    def result(self) -> bytes:
        return self.content

    def clear(self) -> None:
        self.thread.join(5)

    def _carry_out(self) -> None:
        order = self.order
        try:
            self.content = carry_out(order.kind, order.config, order.request, self._told)
            self._say(Message("done", 1.0))
        except AppError as error:
            self._say(Message("failed", 1.0, str(error)))
        except Cancelled:
            pass
        finally:
            self.is_over = True
            self.heard.set()

    def _told(self, progress: Progress) -> None:
        self.may_go_on.wait()
        if self.is_unwanted.is_set():
            raise Cancelled
        epochs = ()
        if progress.epoch is not None:
            self.count += 1
            epochs = (EpochRecord(self.count, progress.seed, progress.fit, progress.epoch),)
        self._say(Message("progress", progress.fraction, progress.message, epochs=epochs))

    def _say(self, message: Message) -> None:
        self.said.append(message)
        self.heard.set()


class InProcessExecutor:
    """See the module's text."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.live: list[ThreadAttempt] = []

    def open(self) -> None:
        """Nothing is to be made ready."""

    def start(self, name: str, order: Order) -> ThreadAttempt:  # noqa: ARG002
        self.live = [*(one for one in self.live if not one.is_over), ThreadAttempt(order, self.heard)]
        return self.live[-1]

    def wait(self, attempts: Iterable[ThreadAttempt], seconds: float | None) -> None:  # noqa: ARG002
        self.heard.wait(seconds)
        self.heard.clear()

    def wake(self) -> None:
        self.heard.set()

    def kill_all(self) -> None:
        for one in self.live:
            one.kill()

    close = kill_all
