"""Tasks that never end by themselves, in real workers: the wall clock ends them, and the server's death does."""

import signal

import psutil

from tests.faults import endless
from tests.faults.home import until
from tests.faults.served import Served, states

LOOPS = ("Loop", "Grip", "Stubborn")  # in Python; in C, where no other thread of its process runs; deaf to SIGTERM


def busy(pid):
    return psutil.Process(pid).cpu_times().user > 0.2


def test_endless_loops_die_with_the_server_and_are_ended_at_the_wall_clock_limit(tmp_path):
    home, path = tmp_path / "home", endless.path(tmp_path)
    arguments = ("example:sunspots", "--horizon", "6", "--origins", "2", "--models", "naive,loop,grip,stubborn")
    with Served(home, *arguments, UNROLL_WORKERS="4", PYTHONPATH=path) as served:
        run_id = served.run_id
        until(lambda: served.told(event="task", label="Naive", state="done"))
        until(lambda: sum(map(busy, served.workers())) == len(LOOPS))
        served.kill(signal.SIGKILL)
        until(served.is_gone, 3)
    limits = {"UNROLL_WORKERS": "3", "UNROLL_LIMITS_TASK_SECONDS": "2", "PYTHONPATH": path}
    with Served(home, "--resume", run_id, **limits) as served:
        until(lambda: len({one["label"] for one in served.told(event="task", state="running")} & set(LOOPS)) == len(LOOPS))
        assert served.wait(10) == 0
    for label in LOOPS:
        (end,) = served.told(event="task", label=label, state="failed")
        assert end["error"] == "this took longer than 2 seconds and was stopped; choose fewer epochs, seeds or origins"
    assert states(home, run_id) == [("done", 1), *[("failed", 2)] * 3, ("done", 1)]
    assert served.events[-1]["best"] == "Naive"
