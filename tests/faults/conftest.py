"""One workbench for the faults of workers: to start one takes seconds. Each test leaves it without live runs."""

import pytest

from core.jobs.planning.limits import Host
from core.workbench import Workbench
from tests.faults.home import adopt_orphans, check_bench, check_homes, strays, until


@pytest.fixture(scope="package", autouse=True)
def adopting():
    adopt_orphans(True)
    yield
    adopt_orphans(False)


@pytest.fixture(autouse=True)
def everything_has_ended(tmp_path):
    """After each test: every run of every home has a visible end, each store is sound, nothing is left over, nobody lives."""
    before = set(strays())
    yield
    check_homes(tmp_path)
    until(lambda: not set(strays()) - before, 3)


@pytest.fixture(scope="package")
def shared_bench(tmp_path_factory):
    with Workbench(tmp_path_factory.mktemp("faults") / "home", {}, host=Host(4, "forkserver")) as opened:
        yield opened


@pytest.fixture
def bench(shared_bench):
    limits = shared_bench.supervisor.limits
    yield shared_bench
    shared_bench.supervisor.limits = limits
    check_bench(shared_bench)
