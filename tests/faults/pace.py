"""A clock for processes that share the machine: it counts the time that they were given, not the time that went by."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

READING = 0.5  # seconds between two looks at the processes, which cost milliseconds
PATIENCE = 9  # so that a test that waits takes at most a tenth of a processor


class Pace:
    """Seconds since it was made, for this process and all below it.

    While threads of theirs wait for a processor, a second counts as the share of it that they ran, computed / (computed +
    waited). On an idle machine it is the wall clock; on a busy one as much work fits into its seconds. It goes on where all of
    them sleep, as in a deadlock, and where they compute without end, so a bound in its seconds ends every wait.
    Source of the times: /proc/PID/task/TID/schedstat, documented in Linux's sched-stats.rst.
    """

    def __init__(self) -> None:
        self.counted, self.read, self.times = 0.0, time.monotonic(), thread_times()

    def seconds(self) -> float:
        """Counted until now."""
        now, times = time.monotonic(), thread_times()
        self.counted += (now - self.read) * share(self.times, times)
        self.read, self.times = now, times
        return self.counted


def share(before: dict[int, tuple[int, int]], after: dict[int, tuple[int, int]]) -> float:
    """Of the time between two readings, by thread (computed, waited), the part for which threads that wanted to run did; 1 if
    none wanted to. Threads that began or ended in between say nothing."""
    both = before.keys() & after.keys()
    computed, waited = (sum(after[one][at] - before[one][at] for one in both) for at in (0, 1))
    return computed / (computed + waited) if waited > 0 else 1.0


def thread_times() -> dict[int, tuple[int, int]]:
    """Nanoseconds that each thread of this process and those below it has computed, and has waited for a processor."""
    return dict(_read())


def _read() -> Iterator[tuple[int, tuple[int, int]]]:
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        with contextlib.suppress(OSError):  # it has ended
            for thread in list(Path(f"/proc/{process.pid}/task").iterdir()):
                with contextlib.suppress(OSError):
                    computed, waited, _ = (thread / "schedstat").read_text().split()
                    yield int(thread.name), (int(computed), int(waited))


def until(condition: Callable[[], object], seconds: float = 20.0) -> object:
    """What the condition gives as soon as that is true; fails after so many seconds of a Pace.

    It sleeps at least PATIENCE times as long as the condition computes, because workers are politer than tests and get only
    what these leave.
    """
    pace = Pace()
    while True:
        begin = time.thread_time()
        if found := condition():
            return found
        if time.monotonic() - pace.read >= min(READING, seconds):
            counted = pace.seconds()
            assert counted < seconds, f"not within {seconds} s that these processes were given"
        time.sleep(max(0.005, PATIENCE * (time.thread_time() - begin)))
