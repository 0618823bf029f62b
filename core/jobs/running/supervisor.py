"""The supervisor: one thread that has work carried out, listens to it, ends it, and alone writes down what comes of it.

It never computes. It sleeps until an attempt speaks or ends, or until it is woken; an idle one costs nothing. Every accepted
task reaches a visible end: done, failed, cancelled or interrupted. Questions of pages go ahead of the tasks of runs, within
their share; where no place is free, a training stands still for them.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time

from core.errors import AppError, StoreError
from core.jobs.kinds.base import Kind
from core.jobs.planning.cost import CostModel
from core.jobs.planning.fairness import Borrowed, order
from core.jobs.planning.limits import Host, JobLimits
from core.jobs.running.asks import Ask, Asks
from core.jobs.running.executor import Executor
from core.jobs.running.messages import Order
from core.jobs.running.orders import order_of_ask, order_of_task
from core.jobs.running.recording import Recorder
from core.jobs.running.slots import Slot
from core.store.records import QueuedTask
from core.store.store import Store

WRITE_PAUSE = 0.25  # seconds between two writes of progress
STOPPED = "the server was stopped while this ran; resume it"
LOG = logging.getLogger("unroll.jobs")


class Supervisor:
    """Runs the store's queue and the questions, from `start` to `close`. There is one for each store."""

    def __init__(self, store: Store, executor: Executor, *, host: Host, limits: JobLimits, cost: CostModel) -> None:
        self.store, self.executor, self.host, self.limits, self.cost = store, executor, host, limits, cost
        self.asks = Asks()
        self.recorder = Recorder(store, cost, self.asks)
        self.slots: dict[str, Slot] = {}
        self.to_stop: list[tuple[str, str]] = []  # task or question, why; guarded by `guard`
        self.guard = threading.Lock()
        self.is_closing = threading.Event()
        self.thread = threading.Thread(target=self._live, name="unroll-supervisor", daemon=True)
        self.last_write = 0.0
        self.given_up: dict[str, tuple[int, str]] = {}  # tasks that were claimed and never started: attempt, why
        self.is_late = False  # the last turn did not come to its end
        self.turns: dict[str, int] = {}  # when each workspace was served last; counted afresh after each rest
        self.borrowed = Borrowed()

    def start(self) -> None:
        """End what an earlier server left unfinished, and begin."""
        self.cost.clean()
        self.store.interrupt_all(STOPPED)
        atexit.register(self.executor.kill_all)
        self.thread.start()

    def wake(self) -> None:
        """Look at the queue now."""
        self.executor.wake()

    def stop(self, ids: tuple[str, ...], why: str) -> None:
        """Cancel running tasks, or questions."""
        with self.guard:
            self.to_stop.extend((one, why) for one in ids)
        self.wake()

    def places(self) -> dict[str, int]:
        """The places of the waiting tasks in the queue, from 1, by task id."""
        return {task.id: place for place, task in enumerate(self._in_order(), 1)}

    def close(self, seconds: float = 10.0) -> None:
        """End all work, and mark what was unfinished as interrupted."""
        self.is_closing.set()
        self.wake()
        if self.thread.is_alive():
            self.thread.join(seconds)
        self.executor.kill_all()
        atexit.unregister(self.executor.kill_all)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        self.executor.open()
        while not self.is_closing.is_set():
            try:
                self._turn()
            except StoreError as error:  # busy or full: what is not written yet stays with its slot, and is tried again
                LOG.warning("the store did not take what the workers said: %s", error)
                self._rest(WRITE_PAUSE)
            except Exception:
                LOG.exception("a turn of the supervisor failed")
                self._rest(1.0)
        self._shut_down()
        self.executor.close()

    def _rest(self, seconds: float) -> None:
        self.is_late = True  # what was not done must be done, though nothing may wake us for it
        time.sleep(seconds)

    def _turn(self) -> None:
        """Wait for something to happen, and do what it asks for."""
        self.executor.wait([slot.attempt for slot in self.slots.values()], self._pause())
        for slot in self.slots.values():
            slot.listen()
        self._stop_asked()
        self._watch_time()
        for slot in [slot for slot in self.slots.values() if slot.is_over]:
            self._collect(slot)
        if time.monotonic() - self.last_write >= WRITE_PAUSE and any(slot.is_changed for slot in self.slots.values()):
            self.last_write = time.monotonic()
            self.recorder.write(self.slots.values())
        for task_id, (attempt, why) in list(self.given_up.items()):
            self.store.end_task(task_id, attempt, "failed", error=why)
            del self.given_up[task_id]
        self._fill()
        self.is_late = False

    def _pause(self) -> float | None:
        """Seconds to sleep at most: without a bound where there is no work, else until a write, a deadline or a kill is due."""
        if self.given_up or self.is_late:
            return 0.0
        if not self.slots:
            return None
        now = time.monotonic()
        due = [slot.due() for slot in self.slots.values()]
        if any(slot.is_changed for slot in self.slots.values()):
            due.append(self.last_write + WRITE_PAUSE)
        if self.asks.waiting():
            due.append(now + max(WRITE_PAUSE, self.borrowed.until(now)))
        return max(0.0, min(due) - now)

    def _stop_asked(self) -> None:
        """Stop what is to be stopped. A store that is busy leaves all of it for the next turn: stopping twice is harmless."""
        with self.guard:
            asked = tuple(self.to_stop)
        waiting = {task.id: task for task in self.store.queued()} if asked else {}
        questions = {ask.id: ask for ask in self.asks.waiting()} if asked else {}
        for name, why in asked:
            if name in self.slots:
                self.slots[name].stop("cancelled", why)
            elif name in questions:
                questions[name].tell(state="cancelled", error=why)
            elif name in waiting:  # its worker died meanwhile, and it was to be tried once more
                self.store.cancel(waiting[name].workspace, waiting[name].run_id, name)
                self.recorder.killed.pop(name, None)
        with self.guard:
            del self.to_stop[: len(asked)]

    def _watch_time(self) -> None:
        now = time.monotonic()
        for slot in self.slots.values():
            if now >= slot.deadline:
                why = f"this took longer than {slot.seconds:,.10g} seconds and was stopped; {slot.kind.too_long}"
                slot.stop("failed", why)
            slot.press(now)

    def _collect(self, slot: Slot) -> None:
        """Have it written down how an attempt ended, and let go of it."""
        slot.listen()
        self.recorder.end(slot)
        del self.slots[slot.id]
        slot.attempt.clear()

    # --- beginnings -------------------------------------------------------------------------------------------------

    def _in_order(self) -> list[QueuedTask]:
        running = [slot.work.workspace for slot in list(self.slots.values()) if not isinstance(slot.work, Ask)]
        return order(self.store.queued(), running, dict(self.turns), workers=self.host.workers)

    def _room(self) -> int:
        """How many attempts more may compute now."""
        return self.host.workers - sum(not slot.is_paused for slot in self.slots.values())

    def _fill(self) -> None:
        """Start questions, let go on what stood still for them, and start tasks in fair order, while there is room."""
        if self.is_closing.is_set():
            return
        self._fill_with_asks()
        for slot in self.slots.values():
            if slot.is_paused and self._room() > 0:
                slot.resume()
        self.borrowed.note(time.monotonic(), sum(slot.is_paused for slot in self.slots.values()))
        if self._room() <= 0:
            return
        waiting = self._in_order()
        if not waiting and not self.slots:
            self.turns.clear()
        for task in waiting:
            if task.id in self.slots:  # queued again while it still computes: what it computes now is not wanted
                self.slots[task.id].stop("cancelled", "it was started again")
            elif self._room() > 0:
                self.turns[task.workspace] = max(self.turns.values(), default=0) + 1
                self._begin(task)

    def _fill_with_asks(self) -> None:
        for ask in self.asks.waiting():
            at_work = sum(isinstance(slot.work, Ask) for slot in self.slots.values())
            if at_work >= self.host.questions_at_once:
                return
            if self._room() <= 0 and not self._make_room():
                return
            kind, handed = order_of_ask(ask, self.limits)
            ask.tell(state="running")
            self._start(ask, 1, kind, handed)

    def _make_room(self) -> bool:
        """Let the training that started last stand still; False where none can, or they have stood still for long enough."""
        now = time.monotonic()
        if self.borrowed.until(now) > 0:
            return False
        trainings = [
            slot for slot in self.slots.values() if not (isinstance(slot.work, Ask) or slot.is_paused or slot.stopping)
        ]
        if not trainings:
            return False
        max(trainings, key=lambda slot: slot.started).pause()
        self.borrowed.note(now, sum(slot.is_paused for slot in self.slots.values()))
        return True

    def _begin(self, task: QueuedTask) -> None:
        number = self.store.claim(task.id, f"{os.getpid()}")
        if number is None:
            return  # cancelled meanwhile
        try:
            kind, handed = order_of_task(self.store, task, self.limits, self.host)
        except AppError as error:
            self.given_up[task.id] = number, str(error)
            return
        self._start(task, number, kind, handed)

    def _start(self, work: QueuedTask | Ask, number: int, kind: Kind, handed: Order) -> None:
        try:
            attempt = self.executor.start(f"{work.id}-{number}", handed)
        except (OSError, EOFError, AppError) as error:
            why = str(error) if isinstance(error, AppError) else f"no worker could be started ({error}); retry it"
            if isinstance(work, Ask):
                work.tell(state="failed", error=why)
            else:
                self.given_up[work.id] = number, why
            return
        self.slots[work.id] = Slot(work, number, kind, attempt, kind.limits(self.limits).seconds)

    def _shut_down(self) -> None:
        self.asks.end_all("the server was stopped; ask again")
        for slot in self.slots.values():
            slot.stop("interrupted", "the server was stopped")
        until = time.monotonic() + 2.0
        while any(not slot.attempt.is_over for slot in self.slots.values()) and time.monotonic() < until:
            self.executor.wait([slot.attempt for slot in self.slots.values() if not slot.attempt.is_over], 0.1)
            for slot in self.slots.values():
                slot.press(time.monotonic())
        for slot in list(self.slots.values()):
            with contextlib.suppress(StoreError):
                self._collect(slot)
        with contextlib.suppress(StoreError):
            self.store.interrupt_all(STOPPED)
