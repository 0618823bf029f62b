"""More runs at once than there is room for: taken or refused at once, computed in turns, and all ended."""

import threading
from collections import Counter

import pytest

from core.errors import LimitError
from core.evaluation.spec import RunSpec
from core.series.timeseries import Panel
from tests.faults.home import LONG, OWNER, ended, launched, months, network, plain
from tests.faults.pace import until

WORKSPACES = [f"workspace-{number}" for number in range(10)]


def test_a_burst_is_bounded_and_fair_and_ends(bench):
    blocker = launched(bench, *(network("lstm", f"LSTM {number}", **LONG) for number in range(4)))
    until(lambda: len(bench.supervisor.slots) == 4)
    keys = {name: bench.add_series(name, Panel((months(),)), "sales.csv") for name in (*WORKSPACES, "late")}
    specs = {name: RunSpec(some, plain("naive"), 6, origins=0) for name, some in keys.items()}
    for name in WORKSPACES:  # one after the other, each brings all it has
        for _ in range(20 if name != WORKSPACES[-1] else 19):
            bench.launch(name, specs[name])
    with pytest.raises(LimitError, match="20 of your runs are unfinished, the limit is 20; wait for one"):
        bench.launch(WORKSPACES[0], specs[WORKSPACES[0]])
    with pytest.raises(LimitError, match="the queue is full: 200 runs are unfinished; try again in a few minutes"):
        bench.launch("late", specs["late"])
    last = bench.runs(WORKSPACES[-1])[0]
    assert 180 < bench.run(WORKSPACES[-1], last.id).record.tasks[0].place <= 200
    bench.cancel(OWNER, blocker)
    until(lambda: bench.store.live_count(None) == (0, 0), 60)
    found = [(one.started, name) for name in WORKSPACES for run in bench.runs(name) for one in run.tasks]
    assert Counter(run.state for name in WORKSPACES for run in bench.runs(name)) == {"done": 199}
    for served in (40, 100, 200):  # of the tasks that began first
        shares = Counter(name for _, name in sorted(found)[:served])
        assert max(shares.values()) - min(shares[name] for name in WORKSPACES) <= 2
    assert ended(bench, blocker).state == "cancelled"


def test_a_double_click_is_one_run(bench):
    found, gate = [], threading.Barrier(8)
    keys = bench.add_series(OWNER, Panel((months(),)), "sales.csv")
    spec = RunSpec(keys, plain("naive"), 6, origins=0)

    def click():
        gate.wait()
        found.append(bench.launch(OWNER, spec, request="the form of 12:00"))

    clicks = [threading.Thread(target=click) for _ in range(8)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len({one.run_id for one in found}) == 1
    assert [one.is_new for one in found].count(True) == 1
    ended(bench, found[0].run_id)
