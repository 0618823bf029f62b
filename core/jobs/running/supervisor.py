"""The supervisor: one thread that starts workers, listens to them, ends them, and alone writes down what they say.

It never computes. It sleeps until a worker speaks, a worker ends, or somebody wakes it; an idle one costs nothing. Every
accepted task reaches a visible end: done, failed, cancelled or interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable
from multiprocessing import connection, forkserver
from pathlib import Path

from core.codec import unpack
from core.errors import AppError, DamagedError, StoreError
from core.jobs.planning.cost import CostModel
from core.jobs.planning.fairness import order
from core.jobs.planning.limits import Host, JobLimits
from core.jobs.running.isolation import SERVER
from core.jobs.running.lock import HomeLock
from core.jobs.running.slots import Slot
from core.jobs.running.starting import started
from core.process import ROOT
from core.store.codecs.snapshots import decode_comparison
from core.store.records import FINISH, QueuedTask
from core.store.store import Store

WRITE_PAUSE = 0.25  # seconds between two writes of progress
WARM_UP = 2.0  # seconds before the workers' parent is started, so that a first page can be painted
LOG = logging.getLogger("unroll.jobs")


class Supervisor:
    """Runs the store's queue, from `start` to `close`. One for each home: `start` refuses a second."""

    def __init__(self, store: Store, home: Path, *, host: Host, limits: JobLimits, cost: CostModel) -> None:
        self.store, self.home, self.host, self.limits, self.cost = store, home, host, limits, cost
        self.lock = HomeLock(home / "supervisor.lock")
        self.slots: dict[str, Slot] = {}
        self.to_stop: list[tuple[str, str]] = []  # task, why; guarded by `guard`
        self.guard = threading.Lock()
        self.ear, self.mouth = multiprocessing.Pipe(duplex=False)
        self.is_closing = threading.Event()
        self.thread = threading.Thread(target=self._live, name="unroll-supervisor", daemon=True)
        self.context = multiprocessing.get_context(host.start)
        self.last_write = 0.0
        self.given_up: dict[str, tuple[int, str]] = {}  # tasks that were claimed and never started: attempt, why
        self.killed: dict[str, int] = {}  # tasks that were tried once more: the attempt whose process was killed
        self.is_late = False  # the last turn did not come to its end
        self.turns: dict[str, int] = {}  # when each workspace was served last; counted anew after each rest

    def start(self) -> None:
        """Take the lock, end what an earlier server left unfinished, and begin.  Raises StoreError if there is another."""
        self.lock.acquire()
        try:
            self._work_folder(clean=True)
            self.cost.clean()
            self.store.interrupt_all("the server was stopped while this ran; resume it")
        except BaseException:
            self.lock.release()
            raise
        atexit.register(self.kill_all)
        self.thread.start()

    def wake(self) -> None:
        """Look at the queue now."""
        with self.guard, contextlib.suppress(OSError):
            if not self.ear.poll():  # one byte is enough, and a full pipe would block
                self.mouth.send_bytes(b"!")

    def stop(self, task_ids: tuple[str, ...], why: str) -> None:
        """Cancel running tasks."""
        with self.guard:
            self.to_stop.extend((task_id, why) for task_id in task_ids)
        self.wake()

    def places(self) -> dict[str, int]:
        """The places of the waiting tasks in the queue, from 1, by task id."""
        return {task.id: place for place, task in enumerate(self._in_order(), 1)}

    def close(self, seconds: float = 10.0) -> None:
        """End all workers, mark what was unfinished as interrupted, and let go of the lock."""
        self.is_closing.set()
        self.wake()
        if self.thread.is_alive():
            self.thread.join(seconds)
        self.kill_all()
        atexit.unregister(self.kill_all)
        self.lock.release()

    def kill_all(self) -> None:
        """SIGKILL to every worker: one that is stopped or deaf would keep this process from ending."""
        for slot in list(self.slots.values()):
            slot.signal(signal.SIGKILL)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        os.environ["PYTHONPATH"] = os.pathsep.join(
            dict.fromkeys([str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
        )  # without it the preload fails silently unless the working directory is the repository
        if self.host.start == "forkserver":
            os.environ[SERVER] = str(os.getpid())
            self.context.set_forkserver_preload(["core.jobs.running.preload"])
            connection.wait([self.ear], WARM_UP)
            with contextlib.suppress(OSError):  # then each start of a worker tries again
                forkserver.ensure_running()  # from this thread: it dies when this thread ends
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

    def _rest(self, seconds: float) -> None:
        self.is_late = True  # what was not done is not forgotten, though nobody may wake us for it
        time.sleep(seconds)

    def _turn(self) -> None:
        """Wait for something to happen, and do what it asks for."""
        pause = self._pause()
        waited = [slot.connection for slot in self.slots.values() if not slot.is_silent]
        ready = connection.wait([self.ear, *waited, *(slot.process.sentinel for slot in self.slots.values())], pause)
        if self.ear in ready:
            self.ear.recv_bytes()
        for slot in self.slots.values():
            slot.listen()
        self._stop_asked()
        self._watch_time()
        for slot in [slot for slot in self.slots.values() if slot.is_over]:
            self._end(slot)
        if time.monotonic() - self.last_write >= WRITE_PAUSE:
            self.last_write = time.monotonic()
            self._write(self.slots.values())
        for task_id, (attempt, why) in list(self.given_up.items()):
            self.store.end_task(task_id, attempt, "failed", error=why)
            del self.given_up[task_id]
        self._fill()
        self.is_late = False

    def _pause(self) -> float | None:
        """Seconds to sleep at most: for ever without work, else until a write, a deadline or a kill is due."""
        if self.given_up or self.is_late:
            return 0.0
        if not self.slots:
            return None
        now = time.monotonic()
        due = [slot.kill_at or slot.deadline for slot in self.slots.values()]
        if any(slot.is_changed for slot in self.slots.values()):
            due.append(self.last_write + WRITE_PAUSE)
        return max(0.0, min(due) - now)

    def _stop_asked(self) -> None:
        """Stop what is to be stopped. A store that is busy leaves all of it for the next turn: to ask twice does no harm."""
        with self.guard:
            asked = tuple(self.to_stop)
        waiting = {task.id: task for task in self.store.queued()} if asked else {}
        for task_id, why in asked:
            if task_id in self.slots:
                self.slots[task_id].stop("cancelled", why)
            elif task_id in waiting:  # its worker died meanwhile, and it was to be tried once more
                self.store.cancel(waiting[task_id].workspace, waiting[task_id].run_id, task_id)
                self.killed.pop(task_id, None)
        with self.guard:
            del self.to_stop[: len(asked)]

    def _watch_time(self) -> None:
        now = time.monotonic()
        for slot in self.slots.values():
            if now >= slot.deadline:
                slot.stop(
                    "failed",
                    f"this took longer than {self.limits.task_seconds:,} seconds and was stopped; "
                    "choose fewer epochs, seeds or origins",
                )
            slot.press(now)

    def _write(self, slots: Iterable[Slot]) -> None:
        """One transaction for what these workers have said since the last one."""
        changed = [slot for slot in slots if slot.is_changed]
        updates = [slot.update() for slot in changed]
        try:
            if updates:
                self.store.write(updates)
        except Exception:
            for slot, update in zip(changed, updates, strict=True):  # nothing that was said is lost
                slot.epochs, slot.is_changed = [*update.epochs, *slot.epochs], True
            raise

    def _end(self, slot: Slot) -> None:
        """Write down how an attempt ended, and collect it."""
        slot.listen()
        self._write([slot])
        task, attempt = slot.task, slot.attempt
        seconds = time.monotonic() - slot.started
        if slot.end is not None and slot.end.kind == "done":
            self._keep_result(slot)
        elif slot.end is not None:
            self.store.end_task(task.id, attempt, "failed", error=slot.end.text, seconds=slot.end.seconds)
        elif slot.stopping is not None:
            state, why = slot.stopping
            self.store.end_task(task.id, attempt, state, error=why, seconds=seconds)
        elif self.killed.get(task.id) != attempt - 1:  # killed by somebody: tried once more by itself
            self.store.requeue(task.id, attempt, "its process was killed; trying once more")
            self.killed[task.id] = attempt
        else:
            why = "its process was killed twice; retry it"
            self.store.end_task(task.id, attempt, "interrupted", error=why, seconds=seconds)
        del self.slots[task.id]
        slot.clear()

    def _keep_result(self, slot: Slot) -> None:
        task = slot.task
        try:
            result = unpack(slot.result())
            best = decode_comparison(result).best if task.kind == FINISH else None
        except (OSError, DamagedError) as error:
            why = f"its result cannot be read ({error}); retry it"
            self.store.end_task(task.id, slot.attempt, "failed", error=why, seconds=slot.end.seconds)
            return
        kept = self.store.end_task(task.id, slot.attempt, "done", seconds=slot.end.seconds, result=result)
        slot.is_kept = slot.is_kept or kept  # a busy store may have us come here again
        if slot.is_kept and task.kind == FINISH:
            self.store.set_best(task.run_id, best)
        elif slot.is_kept:
            with contextlib.suppress(StoreError):  # deleted already
                self.cost.learn(self.store.payload(task.id), slot.end.seconds)

    def _in_order(self) -> list[QueuedTask]:
        return order(self.store.queued(), [slot.task.workspace for slot in list(self.slots.values())], dict(self.turns))

    def _fill(self) -> None:
        """Start tasks while there is room, in fair order."""
        if self.is_closing.is_set() or len(self.slots) >= self.host.workers:
            return
        waiting = self._in_order()
        if not waiting and not self.slots:
            self.turns.clear()
        for task in waiting[: self.host.workers - len(self.slots)]:
            self.turns[task.workspace] = max(self.turns.values(), default=0) + 1
            self._begin(task)

    def _begin(self, task: QueuedTask) -> None:
        attempt = self.store.claim(task.id, f"{os.getpid()}")
        if attempt is None:
            return  # cancelled meanwhile
        folder = self._work_folder() / f"{task.id}-{attempt}"
        try:
            process, ear = started(self.context, self.store, task, folder, self.limits)
        except (OSError, EOFError, AppError) as error:
            why = str(error) if isinstance(error, AppError) else f"no worker could be started ({error}); retry it"
            self.given_up[task.id] = attempt, why
            shutil.rmtree(folder, ignore_errors=True)
            return
        deadline = time.monotonic() + self.limits.task_seconds
        self.slots[task.id] = Slot(task, attempt, process, ear, folder, deadline)

    def _shut_down(self) -> None:
        for slot in self.slots.values():
            slot.stop("interrupted", "the server was stopped")
        until = time.monotonic() + 2.0
        while any(slot.process.is_alive() for slot in self.slots.values()) and time.monotonic() < until:
            connection.wait([slot.process.sentinel for slot in self.slots.values() if slot.process.is_alive()], 0.1)
            for slot in self.slots.values():
                slot.press(time.monotonic())
        for slot in list(self.slots.values()):
            with contextlib.suppress(StoreError):
                self._end(slot)
        with contextlib.suppress(StoreError):
            self.store.interrupt_all("the server was stopped while this ran; resume it")

    def _work_folder(self, *, clean: bool = False) -> Path:
        folder = self.home / "work"
        if clean:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
