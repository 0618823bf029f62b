"""One workbench for the faults of workers: to start one takes seconds. Each test leaves it without live runs."""

import pytest

from core.jobs.limits import Host
from core.workbench import Workbench
from tests.faults.home import check_bench


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
