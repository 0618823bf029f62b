"""Whose task is next: workspaces take turns, and inside a workspace the oldest run goes first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.store.records import QueuedTask


def order(
    queued: Sequence[QueuedTask], running: Iterable[str] = (), turns: Mapping[str, int] | None = None
) -> list[QueuedTask]:
    """The tasks in the order in which they will start, given the workspaces of those that run now, and their last turns.

    At each turn the workspace with the fewest tasks running or already placed is served; among equals the one whose last turn
    is the longest ago, then the one whose task was launched first. Without the turns, two workers would serve the first two
    workspaces only, until these have nothing left.
    """
    waiting: dict[str, list[QueuedTask]] = {}
    for task in sorted(queued, key=lambda one: (one.sequence, one.position)):
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
