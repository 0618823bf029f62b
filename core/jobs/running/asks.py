"""Questions that pages ask and wait for: what waits, what runs, what was answered a moment ago. In memory alone.

A question whose answer was computed before is found in the store and never gets here. One that is lost with its server is
asked again by the page that still wants it.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from core.errors import LimitError
from core.jobs.kinds.base import Kind

PER_WORKSPACE = 8  # open questions of one visitor
AT_ONCE = 64  # of all visitors
REMEMBERED = 64  # that ended without a stored answer, so that a page which looks again is told why

Phase = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Answer:
    """How far a question is. content: the result's bytes once it is done, which its kind reads; error: why it failed."""

    digest: str
    state: Phase
    fraction: float = 0.0
    message: str = ""
    content: bytes | None = None
    error: str | None = None


@dataclass(frozen=True)
class Subject:
    """What a question is about. source: a name of content that never changes; the others: what the answer goes with."""

    source: str
    series_key: str | None = None
    run_id: str | None = None


@dataclass(eq=False)
class Ask:
    """One question of one workspace, about a subject with which its answer is deleted."""

    workspace: str
    digest: str
    kind: Kind
    request: bytes
    subject: Subject
    sequence: int
    answer: Answer
    has_ended: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """A name for it that no other open question has."""
        return f"ask-{self.sequence}"

    @property
    def is_open(self) -> bool:
        return self.answer.state in ("waiting", "running")

    def tell(self, **changed: object) -> None:
        """Change the answer that pages see; the first end stands."""
        if not self.is_open:
            return
        self.answer = Answer(**{**vars(self.answer), **changed})
        if not self.is_open:
            self.request = b""
            self.has_ended.set()


class Asks:
    """All questions since the start of the server, the ended ones for a while. Safe from many threads."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.known: OrderedDict[tuple[str, str], Ask] = OrderedDict()
        self.numbers = itertools.count(1)

    def find(self, workspace: str, digest: str) -> Ask | None:
        """The question, open or ended; None where it was never asked, or is forgotten."""
        with self.guard:
            return self.known.get((workspace, digest))

    def add(self, workspace: str, kind: Kind, request: bytes, subject: Subject) -> tuple[Ask, bool]:
        """The open question about a subject, and whether it is new.  Raises LimitError where there are too many."""
        digest = kind.digest(subject.source)
        with self.guard:
            found = self.known.get((workspace, digest))
            if found is not None and found.is_open:
                return found, False
            self._require_room(workspace)
            ask = Ask(workspace, digest, kind, request, subject, next(self.numbers), Answer(digest, "waiting"))
            self.known.pop((workspace, digest), None)
            self.known[workspace, digest] = ask
            self._forget()
            return ask, True

    def waiting(self) -> list[Ask]:
        """Those that wait, in turns between the workspaces, the oldest of each first."""
        with self.guard:
            found = [ask for ask in self.known.values() if ask.answer.state == "waiting"]
        seen: Counter[str] = Counter()
        placed = []
        for ask in sorted(found, key=lambda one: one.sequence):
            placed.append((seen[ask.workspace], ask.sequence, ask))
            seen[ask.workspace] += 1
        return [ask for *_, ask in sorted(placed, key=lambda one: one[:2])]

    def forget(self, ask: Ask) -> None:
        """Drop a question whose answer the store has."""
        with self.guard:
            if self.known.get((ask.workspace, ask.digest)) is ask:
                del self.known[ask.workspace, ask.digest]

    def end_all(self, why: str) -> None:
        """Fail what is still open."""
        with self.guard:
            asks = list(self.known.values())
        for ask in asks:
            ask.tell(state="failed", error=why)

    def _require_room(self, workspace: str) -> None:
        open_ones = [ask.workspace for ask in self.known.values() if ask.is_open]
        if open_ones.count(workspace) >= PER_WORKSPACE:
            raise LimitError(f"{PER_WORKSPACE} of your questions are still open; wait for one to be answered, or cancel it")
        if len(open_ones) >= AT_ONCE:
            raise LimitError(f"{len(open_ones)} questions are open already; ask again in a moment")

    def _forget(self) -> None:
        ended = [name for name, ask in self.known.items() if not ask.is_open]
        for name in ended[: max(0, len(ended) - REMEMBERED)]:
            del self.known[name]
