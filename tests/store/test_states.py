"""The rule by which a run's state follows from its tasks."""

import pytest

from core.store.states import run_state

TABLE = [
    ("queued", "queued queued", "queued"),
    ("queued", "queued", None),
    ("running", "queued running", "queued"),
    ("running", "done queued", "queued"),  # it has begun, so it is under way
    ("running", "done done", "queued"),
    ("running", "done done", "running"),
    ("running", "interrupted running", "queued"),
    ("running", "failed queued", "cancelled"),
    ("interrupted", "done interrupted", "interrupted"),
    ("interrupted", "done done", "interrupted"),
    ("interrupted", "failed interrupted", "cancelled"),
    ("done", "done done", "done"),
    ("done", "done failed", "done"),
    ("done", "done cancelled", "done"),
    ("done", "done", None),
    ("cancelled", "cancelled cancelled", "cancelled"),
    ("cancelled", "done cancelled", "cancelled"),  # all was cancelled after the first model
    ("cancelled", "failed cancelled", "done"),
    ("cancelled", "done done", "cancelled"),
    ("failed", "failed failed", "done"),
    ("failed", "failed failed", "failed"),
    ("failed", "failed", None),
    ("failed", "done done", "failed"),
    ("failed", "done cancelled", "failed"),
]


@pytest.mark.parametrize(("expected", "models", "finish"), TABLE)
def test_the_state_of_a_run_follows_from_its_tasks(expected, models, finish):
    tasks = [("model", state) for state in models.split()] + ([("finish", finish)] if finish else [])
    assert run_state(tasks) == expected
    assert run_state(reversed(tasks)) == expected
