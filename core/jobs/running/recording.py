"""What comes of attempts, written down: of tasks in the store, of questions in memory and in the store.

Called by the supervisor's thread alone.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable

from core.codec import unpack
from core.errors import DamagedError, StoreError
from core.jobs.planning.cost import CostModel
from core.jobs.running.asks import Ask, Asks
from core.jobs.running.slots import Slot
from core.store.codecs.snapshots import decode_comparison
from core.store.records import FINISH, QueuedTask
from core.store.store import Store

LOG = logging.getLogger("unroll.jobs")


class Recorder:
    """killed: tasks that are tried once more, and the attempt that was killed. Every call may raise StoreError."""

    def __init__(self, store: Store, cost: CostModel, asks: Asks) -> None:
        self.store, self.cost, self.asks = store, cost, asks
        self.killed: dict[str, int] = {}

    def write(self, slots: Iterable[Slot]) -> None:
        """What these attempts have said since the last write: of tasks in one transaction, of questions in memory."""
        changed = [slot for slot in slots if slot.is_changed]
        for slot in changed:
            if isinstance(slot.work, Ask):
                slot.work.tell(fraction=slot.fraction, message=slot.text)
                slot.is_changed = False
        tasks = [slot for slot in changed if not isinstance(slot.work, Ask)]
        updates = [slot.update() for slot in tasks]
        try:
            if updates:
                self.store.write(updates)
        except Exception:
            for slot, update in zip(tasks, updates, strict=True):  # nothing that was said is lost
                slot.epochs, slot.is_changed = [*update.epochs, *slot.epochs], True
            raise

    def end(self, slot: Slot) -> None:
        """How an attempt ended. A store that is busy may have us come here again."""
        self.write([slot])
        if isinstance(slot.work, Ask):
            self._end_ask(slot, slot.work)
        else:
            self._end_task(slot, slot.work)

    def _end_task(self, slot: Slot, task: QueuedTask) -> None:
        was_killed = slot.end is None and slot.stopping is None
        if was_killed and self.killed.get(task.id) != slot.number - 1:  # from outside: tried once more by itself
            if self.store.requeue(task.id, slot.number, "its process was killed; trying once more"):
                self.killed[task.id] = slot.number
            return
        if slot.end is not None and slot.end.kind == "done":
            self._keep_result(slot, task)
        elif slot.end is not None:
            self.store.end_task(task.id, slot.number, "failed", error=slot.end.text, seconds=_seconds(slot))
        else:
            state, why = slot.stopping or ("interrupted", "its process was killed twice; retry it")
            self.store.end_task(task.id, slot.number, state, error=why, seconds=slot.worked())
        self.killed.pop(task.id, None)

    def _keep_result(self, slot: Slot, task: QueuedTask) -> None:
        seconds = _seconds(slot)
        try:
            result = unpack(slot.attempt.result())
            best = decode_comparison(result).best if task.kind == FINISH else None
        except (OSError, DamagedError) as error:
            why = f"its result cannot be read ({error}); retry it"
            self.store.end_task(task.id, slot.number, "failed", error=why, seconds=seconds)
            return
        kept = self.store.end_task(task.id, slot.number, "done", seconds=seconds, result=result)
        slot.is_kept = slot.is_kept or kept
        if slot.is_kept and task.kind == FINISH:
            self.store.set_best(task.run_id, best)
        elif slot.is_kept:
            with contextlib.suppress(StoreError):  # deleted already
                self.cost.learn(self.store.payload(task.id), seconds)

    def _end_ask(self, slot: Slot, ask: Ask) -> None:
        if slot.end is not None and slot.end.kind == "done":
            self._keep_answer(slot, ask)
        elif slot.end is not None:
            ask.tell(state="failed", error=slot.end.text)
        elif slot.stopping is not None:
            state, why = slot.stopping
            ask.tell(state=state, error=why)
        else:
            ask.tell(state="failed", error="its process was killed; ask again")

    def _keep_answer(self, slot: Slot, ask: Ask) -> None:
        """Tell the answer, and store it: one that cannot be stored is told all the same."""
        try:
            content = slot.attempt.result()
        except OSError as error:
            ask.tell(state="failed", error=f"its result cannot be read ({error}); ask again")
            return
        try:
            self.store.keep_answer(
                ask.workspace,
                ask.digest,
                ask.kind.name,
                content,
                seconds=_seconds(slot),
                run_id=ask.subject.run_id,
                series_key=ask.subject.series_key,
            )
            self.asks.forget(ask)
        except StoreError as error:
            LOG.warning("an answer could not be kept: %s", error)
        ask.tell(state="done", fraction=1.0, message="", content=content)


def _seconds(slot: Slot) -> float:
    """What an attempt took by its own clock, without the time that it stood still."""
    return max(0.0, slot.end.seconds - slot.paused())
