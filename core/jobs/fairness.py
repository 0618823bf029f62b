"""Whose task is next: workspaces take turns, and inside a workspace the oldest run goes first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from core.store.records import QueuedTask


def order(queued: Sequence[QueuedTask], running: Iterable[str] = ()) -> list[QueuedTask]:
    """The tasks in the order in which they will start, given the workspaces of those that run now.

    At each turn the workspace with the fewest tasks running or already placed is served; among equals the one whose task was
    launched first.
    """
    waiting: dict[str, list[QueuedTask]] = {}
    for task in sorted(queued, key=lambda one: (one.sequence, one.position)):
        waiting.setdefault(task.workspace, []).append(task)
    for tasks in waiting.values():
        tasks.reverse()  # the next one is popped from the end
    served = Counter(running)
    placed = []
    while waiting:
        workspace = min(waiting, key=lambda name: (served[name], waiting[name][-1].sequence))
        placed.append(waiting[workspace].pop())
        served[workspace] += 1
        if not waiting[workspace]:
            del waiting[workspace]
    return placed
