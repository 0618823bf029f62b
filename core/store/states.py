"""The state of a run, from the states of its tasks. The one place that holds the rule."""

from __future__ import annotations

from collections.abc import Iterable

from core.store.records import FINISH, LIVE, State


def run_state(tasks: Iterable[tuple[str, State]]) -> State:
    """tasks: kind and state of each.  The first line that applies:

    queued       every task waits
    running      a task waits or runs
    interrupted  a task was interrupted: the run can be resumed
    done         a model is done, and so is what compares the models
    cancelled    a task was cancelled: the comparison, or a model while no other is done
    failed       everything else: no model is done, or the comparison failed
    """
    known = list(tasks)
    states = [state for _, state in known]
    models = [state for kind, state in known if kind != FINISH]
    finish = [state for kind, state in known if kind == FINISH]
    if set(states) == {"queued"}:
        return "queued"
    if any(state in LIVE for state in states):
        return "running"
    if "interrupted" in states:
        return "interrupted"
    if "done" in models and set(finish) <= {"done"}:
        return "done"
    if "cancelled" in finish or ("cancelled" in models and "done" not in models):
        return "cancelled"
    return "failed"
