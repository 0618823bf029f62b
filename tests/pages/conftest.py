"""One workbench, the one that the pages find by themselves, with runs of cheap models in every state."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import app_test

from core.workbench import Workbench, default_home, shared
from tests.faults.home import LONG, ended, launched, months, network, plain, until
from tests.pages.visiting import BUBBLE, HOSTILE, WarmServer, bubble, hostile_models, hostile_panel, partial_panel

SHARED = ExitStack()  # what ends with the last test of this folder; a fixture would end with the session


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem):
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        SHARED.close()


@pytest.fixture(scope="session", autouse=True)
def bench(tmp_path_factory):
    """The workbench of this process; one of its runs was interrupted by the end of the server before."""
    home = tmp_path_factory.mktemp("pages") / "home"
    patch = SHARED.enter_context(pytest.MonkeyPatch.context())
    patch.setenv("UNROLL_HOME", str(home))
    patch.setenv("UNROLL_WORKERS", "2")
    patch.setenv("UNROLL_WORKSPACE", "nobody")
    patch.setattr(app_test, "PagesManager", WarmServer)
    with Workbench(home) as before:
        launched(before, *plain("naive", "drift"), workspace="interrupted")
    opened = shared(default_home(os.environ))
    assert opened.store.database.home == Path(home)
    SHARED.callback(_end, opened)
    return opened


def _end(opened):
    for run in opened.runs("hurried"):
        opened.cancel("hurried", run.id)
    until(lambda: not opened.supervisor.slots)
    opened.close()
    del sys.modules["unroll.process"]
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def ran(bench):
    """Runs that have ended, by the workspace that each is alone in."""
    from core.series.timeseries import Panel

    found = {
        "finished": launched(
            bench,
            *plain("naive", "drift", "ar"),
            network("lstm", epochs=3),
            workspace="finished",
            origins=28,
            coverages=(0.8, 0.95),
        ),
        "one failed": launched(
            bench, BUBBLE, *plain("naive"), workspace="one failed", panel=Panel((bubble(),)), horizon=330, origins=1
        ),
        "all failed": launched(bench, BUBBLE, workspace="all failed", panel=Panel((bubble(),)), horizon=330, origins=1),
        "partial": launched(bench, *plain("naive", "ar"), workspace="partial", panel=partial_panel(), horizon=12, origins=3),
        "hostile": launched(bench, *hostile_models(), workspace="hostile", panel=hostile_panel()),
        "untested": launched(bench, *plain("naive"), workspace="untested", origins=0, panel=Panel((months(),))),
    }
    cancelled = launched(bench, network("rnn", **LONG), *plain("naive"), workspace="cancelled")
    bench.cancel("cancelled", cancelled)
    for workspace, run_id in found.items():
        ended(bench, run_id, 60, workspace)
    bench.rename("hostile", found["hostile"], HOSTILE[0])
    return found | {"cancelled": cancelled, "interrupted": bench.runs("interrupted")[0].id}


@pytest.fixture
def visit(monkeypatch):
    """Opens a page in a new session: visit("compare", "finished", band="95")."""
    from tests.pages.visiting import opened

    def go(page="", workspace="nobody", *, context=None, **query):
        monkeypatch.setenv("UNROLL_WORKSPACE", workspace)
        return opened(page, context=context, **query)

    return go
