"""The clock that tests of faults wait by."""

import os
import subprocess
import sys
import time

import pytest

from tests.faults.pace import Pace, share, thread_times, until

RIVALS = 4  # for each processor that this process may use
SPIN = [sys.executable, "-c", "while True: pass"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({1: (10, 5)}, {1: (40, 15)}, 0.75),  # 30 computed, 10 waited
        ({1: (10, 5), 2: (0, 0)}, {1: (20, 5), 2: (10, 60)}, 0.25),  # 10 + 10 computed, 60 waited
        ({1: (10, 5)}, {1: (10, 5)}, 1.0),  # asleep
        ({1: (10, 5)}, {1: (90, 5)}, 1.0),  # never kept waiting
        ({1: (10, 5), 2: (0, 0)}, {1: (10, 5), 3: (7, 900)}, 1.0),  # 2 has ended, 3 has begun
        ({1: (10, 5)}, {1: (10, 45)}, 0.0),
    ],
)
def test_the_share_is_what_threads_that_wanted_to_run_were_given(before, after, expected):
    assert share(before, after) == pytest.approx(expected)


def test_it_counts_what_a_busy_machine_gives_and_everything_where_all_sleep():
    rivals = [subprocess.Popen(SPIN) for _ in range(RIVALS * len(os.sched_getaffinity(0)))]
    try:
        until(lambda: len(thread_times()) > RIVALS)
        pace, start = Pace(), time.monotonic()
        while time.monotonic() - start < 1.5:
            pace.seconds()
            time.sleep(0.01)
        assert pace.seconds() < 0.6 * 1.5  # four want each processor: a quarter and the last reading's start are counted
    finally:
        for one in rivals:
            one.kill()
            one.wait()


def test_a_wait_for_what_never_comes_ends_with_its_bound():
    start = time.monotonic()
    with pytest.raises(AssertionError, match=r"not within 0\.3 s that these processes were given"):
        until(lambda: False, 0.3)
    assert time.monotonic() - start >= 0.3
