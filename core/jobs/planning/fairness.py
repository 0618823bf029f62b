"""Whose task is next: workspaces take turns, and inside a workspace the oldest run goes first. Pure.

Of one run the cheapest task goes first, so that there is soon something to see. A task that takes longer than the share of each
worker in all that is left goes before others that are not much cheaper, because the run cannot end before it does (as
longest-first scheduling has it: Graham 1969, Bounds on multiprocessing timing anomalies).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from core.store.records import QueuedTask

QUICK = 1.0  # predicted seconds of a task that goes before every longer one
CHEAP = 0.05  # of the longest task: so much later it may end for the sake of a cheaper one
MOST_BORROWED = 10.0  # seconds that trainings stand still for questions in one go, before they get some back


def order(
    queued: Sequence[QueuedTask], running: Iterable[str] = (), turns: Mapping[str, int] | None = None, *, workers: int = 1
) -> list[QueuedTask]:
    """The tasks in the order in which they will start, given the workspaces of those that run now, and their last turns.

    At each turn the workspace with the fewest tasks running or already placed is served; among equals the one whose last turn
    is the longest ago, then the one whose task was launched first. Without the turns, two workers would serve the first two
    workspaces only, until these have nothing left.
    """
    waiting: dict[str, list[QueuedTask]] = {}
    for _, run in groupby(sorted(queued, key=lambda task: (task.sequence, task.position)), key=lambda task: task.sequence):
        tasks = list(run)
        for at in in_turn([task.predicted_seconds for task in tasks], workers):
            waiting.setdefault(tasks[at].workspace, []).append(tasks[at])
    for tasks in waiting.values():
        tasks.reverse()  # the next one is popped from the end
    served, turns = Counter(running), dict(turns or {})
    placed = []
    while waiting:
        workspace = min(waiting, key=lambda name: (served[name], turns.get(name, 0), waiting[name][-1].sequence))
        placed.append(waiting[workspace].pop())
        served[workspace] += 1
        turns[workspace] = max(turns.values(), default=0) + 1
        if not waiting[workspace]:
            del waiting[workspace]
    return placed


def in_turn(seconds: Sequence[float], workers: int) -> list[int]:
    """The places of tasks of so many predicted seconds in the order in which they start; equal ones keep theirs."""
    left = sorted(range(len(seconds)), key=lambda at: seconds[at])
    total, placed = sum(seconds), []
    while left:
        longest = seconds[left[-1]]
        is_longest = longest * workers >= total and seconds[left[0]] > max(QUICK, CHEAP * longest)
        # of equally long ones the first
        at = next(one for one in left if seconds[one] == longest) if is_longest else left[0]
        left.remove(at)
        placed.append(at)
        total -= seconds[at]
    return placed


class Borrowed:
    """How long trainings have stood still for questions. They get back as much time as they gave, so that over a while
    questions take at most half of it, and at most `MOST_BORROWED` seconds before they wait."""

    def __init__(self) -> None:
        self.credit, self.count, self.at = MOST_BORROWED, 0, 0.0

    def note(self, now: float, count: int) -> None:
        """From now on so many trainings stand still; `now` never goes back."""
        self.credit, self.count, self.at = self._credit(now), count, now

    def until(self, now: float) -> float:
        """Seconds until a training may stand still; 0.0 for at once."""
        credit = self._credit(now)
        return 0.0 if credit > 0 else max(0.1, -credit)

    def _credit(self, now: float) -> float:
        elapsed = now - self.at
        return self.credit - elapsed * self.count if self.count else min(MOST_BORROWED, self.credit + elapsed)
