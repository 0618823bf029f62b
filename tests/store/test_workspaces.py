"""Nobody reaches what another has, and whoever changes something leaves one line behind."""

import inspect
from datetime import UTC, datetime

import pytest

from core.codec import Encoded
from core.errors import NotFoundError
from core.series.timeseries import Panel
from core.store.store import Store
from tests.store.building import (
    OWNER,
    STRANGER,
    VERSIONS,
    failed,
    finished_run,
    months,
    new_run,
    opened,
    spec_of,
    task_ids,
    tasks_of,
)  # fmt: skip

LINK = {"expires": None, "passphrase": None, "includes_data": False}
COPY = Encoded(b"copy")
LATER = datetime(2031, 6, 1, tzinfo=UTC)

BY_ID = {  # every call that names a thing of a workspace; `things` are run, task, series, share
    "panel": lambda store, who, run, task, key, share: store.panel(who, (key,)),
    "delete_series": lambda store, who, run, task, key, share: store.delete_series(who, key),
    "delete_subjects": lambda store, who, run, task, key, share: store.delete_subjects(who, (subject_of(store, key),)),
    "create_run": lambda store, who, run, task, key, share: store.create_run(
        who, "t", spec_of([key]), tasks_of(spec_of([key])), "new", VERSIONS, "hash"
    ),
    "run": lambda store, who, run, task, key, share: store.run(who, run),
    "rename_run": lambda store, who, run, task, key, share: store.rename_run(who, run, "mine"),
    "delete_run": lambda store, who, run, task, key, share: store.delete_run(who, run),
    "epochs": lambda store, who, run, task, key, share: store.epochs(who, run),
    "result": lambda store, who, run, task, key, share: store.result(who, run, task),
    "weights": lambda store, who, run, task, key, share: store.weights(who, run, task),
    "cancel": lambda store, who, run, task, key, share: store.cancel(who, run, None),
    "retry": lambda store, who, run, task, key, share: store.retry(who, run, task),
    "resume": lambda store, who, run, task, key, share: store.resume(who, run),
    "create_share": lambda store, who, run, task, key, share: store.create_share(who, run, COPY, **LINK),
    "shares": lambda store, who, run, task, key, share: store.shares(who, run),
    "revoke_share": lambda store, who, run, task, key, share: store.revoke_share(who, share),
}
WITHOUT_ID = {"add_series", "replace_series", "series", "runs", "run_of_request", "live_count", "audit"}
WITHOUT_ID |= {"answer", "keep_answer"}


def subject_of(store, key):
    """The owner's subject of a content; no one else has it."""
    return next((one.subject for one in store.series(OWNER) if one.key == key), key)


@pytest.fixture
def things(store):
    """A finished run of the owner's, with a failed task, a series and a link; and one of the stranger's."""
    run = new_run(store, "A", "B")
    a, b, finish = task_ids(store, run)
    failed(store, a)
    failed(store, b, "interrupted")
    failed(store, finish)
    share = store.create_share(OWNER, run, COPY, **LINK)[0].id
    finished_run(store, "A", workspace=STRANGER)
    store.delete_series(STRANGER, store.add_series(STRANGER, Panel((months("gone"),)), "x")[0])
    return run, a, store.run(OWNER, run).spec.series[0], share


def test_every_call_for_a_workspace_is_tried_here():
    public = {name: member for name, member in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert {name for name, call in public.items() if "workspace" in inspect.signature(call).parameters} == {*BY_ID, *WITHOUT_ID}


@pytest.mark.parametrize("name", BY_ID)
def test_a_strangers_id_is_as_unknown_as_one_that_never_was(store, things, name):
    run, task, key, share = things
    if name in ("panel", "delete_series", "create_run"):  # the stranger has a series of the same content: another one it is
        key = store.add_series(OWNER, Panel((months("mine alone"),)), "x")[0]
    before = (store.run(OWNER, run), store.series(OWNER), store.shares(OWNER, run), store.audit(OWNER), store.audit(STRANGER))
    texts = []
    for ids in ((run, task, key, share), ("0" * 16, "0" * 16, "0" * 64, "0" * 16)):
        with pytest.raises(NotFoundError) as caught:
            BY_ID[name](store, STRANGER, *ids)
        texts.append(str(caught.value))
        for one in ids:
            texts[-1] = texts[-1].replace(one[:12] if len(one) == 64 else one, "ID")
    assert texts[0] == texts[1]
    after = (store.run(OWNER, run), store.series(OWNER), store.shares(OWNER, run), store.audit(OWNER), store.audit(STRANGER))
    assert after == before


def test_a_task_of_another_run_is_unknown_too(store, things):
    task = things[1]
    other = finished_run(store, request="second")
    for call in (store.result, store.retry, store.cancel):
        with pytest.raises(NotFoundError, match=f"there is no task '{task}' in this run; open the run again"):
            call(OWNER, other, task)


ONE_LINE = [
    ("retry", "retried"), ("resume", "resumed"), ("rename_run", "renamed"), ("create_share", "shared"),
    ("revoke_share", "revoked"), ("delete_run", "deleted"), ("create_run", "created"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "action"), ONE_LINE)
def test_a_call_that_changes_something_leaves_one_line(store, things, name, action):
    before = store.audit(OWNER)
    BY_ID[name](store, OWNER, *things)
    *earlier, line = store.audit(OWNER)
    assert (tuple(earlier), line.action, line.workspace) == (before, action, OWNER)
    assert line.time > before[-1].time
    assert line.sequence > before[-1].sequence


def test_series_cancels_and_views_leave_one_line_each(store, things):
    before = len(store.audit(OWNER))
    keys = store.add_series(OWNER, Panel((months("a"), months("b"))), "x.csv")
    store.add_series(OWNER, Panel((months("a"),)), "x.csv")  # there already: nothing changes
    store.delete_series(OWNER, keys[0])
    run = new_run(store, "A", "B", request="second")
    store.cancel(OWNER, run, None)
    store.cancel(OWNER, run, None)
    _, token = store.create_share(OWNER, run, COPY, **LINK)
    opened(store, token, None, LATER)
    assert [(line.action, dict(line.detail)) for line in store.audit(OWNER)[before:]] == [
        ("series added", {"count": "2"}),
        ("series deleted", {}),
        ("created", {"tasks": "3"}),
        ("cancelled", {"waiting": "3", "running": "0"}),
        ("shared", {"run": run}),
        ("viewed", {}),
    ]


def test_reading_leaves_no_line(store, things):
    before = store.audit(OWNER)
    for name in ("panel", "run", "epochs", "result", "weights", "shares"):
        BY_ID[name](store, OWNER, *things)
    store.runs(OWNER), store.series(OWNER), store.live_count(OWNER), store.queued()
    assert store.audit(OWNER) == before
