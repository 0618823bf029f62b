"""What a run is called, and what is left of a home for others to read."""

import pytest

from core.errors import ConfigError, StoreError
from core.jobs.planning.cost import Prediction
from core.jobs.planning.launch import LONGEST_TITLE, Launch
from core.jobs.planning.limits import Host
from core.series.timeseries import Panel
from core.workbench import Workbench
from tests.faults.home import OWNER, launched, months, plain

LONG = "x" * (LONGEST_TITLE + 1)


@pytest.fixture
def bench(tmp_path):
    """Nothing is computed here, so the parent of workers is never waited for."""
    with Workbench(tmp_path / "home", {}, host=Host(1, "spawn")) as opened:
        yield opened


def test_a_title_that_is_too_long_is_refused_and_not_cut(bench):
    run_id = launched(bench, *plain("naive"))
    words = "the title has 121 characters, the limit is 120; shorten it"
    with pytest.raises(ConfigError, match=words):
        bench.rename(OWNER, run_id, LONG)
    with pytest.raises(ConfigError, match=words):
        bench.launch(OWNER, bench.run(OWNER, run_id).record.spec, title=LONG)
    bench.rename(OWNER, run_id, LONG[1:])
    assert bench.run(OWNER, run_id).record.title == LONG[1:]
    assert len(bench.runs(OWNER)) == 1


def test_a_title_made_of_a_long_name_says_that_it_is_shortened(bench):
    run_id = launched(bench, *plain("naive"), panel=Panel((months(name=LONG),)))
    assert bench.run(OWNER, run_id).record.title == "x" * 111 + "…, next 6"
    assert len(bench.run(OWNER, run_id).record.title) == LONGEST_TITLE


def test_nobody_else_may_read_any_file_of_a_home(bench):
    launched(bench, *plain("naive"))
    home = bench.store.database.home
    assert {"supervisor.pid", "machine.json", "unroll.db"} <= {path.name for path in home.iterdir()}
    assert {path.name for path in home.iterdir() if path.stat().st_mode & 0o077} == set()


def test_a_workbench_that_is_closed_says_so_whatever_is_asked(tmp_path):
    bench = Workbench(tmp_path / "home", {}, host=Host(1, "spawn"))
    run_id = launched(bench, *plain("naive"))
    spec = bench.run(OWNER, run_id).record.spec
    bench.close()
    bench.close()
    calls = (
        lambda: bench.runs(OWNER), lambda: bench.run(OWNER, run_id), lambda: bench.cancel(OWNER, run_id),
        lambda: bench.launch(OWNER, spec), lambda: bench.rename(OWNER, run_id, "late"), lambda: bench.links.find("token"),
        lambda: bench.add_series(OWNER, Panel((months(),)), "sales.csv"), lambda: bench.resume(OWNER, run_id),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(StoreError, match=r"the store in .* is closed, for the program is ending; start it again"):
            call()


@pytest.mark.parametrize(
    ("seconds", "workers", "expected"),
    [
        ((0.5, 4, 3, 8), 1, 15.5),  # one after the other
        ((4, 3, 8), 2, 8),  # the longest first: 8 beside 4 + 3, and not 4 + 8 beside 3
        ((0.5, 0.5, 4, 3, 8), 2, 8.5),  # the quick ones before it
        ((0.5,), 4, 0.5),
    ],
)
def test_the_time_of_a_run_is_that_of_its_tasks_in_their_turn(seconds, workers, expected):
    predictions = {str(place): Prediction(taken, 1) for place, taken in enumerate(seconds)}
    assert Launch(None, False, predictions, ()).wall_clock(workers) == expected
