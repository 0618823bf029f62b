"""Whose task is next: workspaces take turns, and inside a workspace the oldest run goes first. Pure.

Of one run, the quick tasks start first, so that there is soon something to see, and then the longest: were that the last, one
worker would compute it while the others have nothing left (Graham 1969, Bounds on multiprocessing timing anomalies: longest
first takes at most 4/3 of the shortest possible time).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.store.records import QueuedTask

QUICK = 1.0  # predicted seconds


def order(
    queued: Sequence[QueuedTask], running: Iterable[str] = (), turns: Mapping[str, int] | None = None
) -> list[QueuedTask]:
    """The tasks in the order in which they will start, given the workspaces of those that run now, and their last turns.

    At each turn the workspace with the fewest tasks running or already placed is served; among equals the one whose last turn
    is the longest ago, then the one whose task was launched first. Without the turns, two workers would serve the first two
    workspaces only, until these have nothing left.
    """
    waiting: dict[str, list[QueuedTask]] = {}
    for task in sorted(queued, key=_within_workspace):
        waiting.setdefault(task.workspace, []).append(task)
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


def _within_workspace(task: QueuedTask) -> tuple[int, float, int]:
    return task.sequence, turn(task.predicted_seconds), task.position


def turn(seconds: float) -> float:
    """When the turn of a task of so many predicted seconds is, among those of its run: the smallest first."""
    return -math.inf if seconds <= QUICK else -seconds
