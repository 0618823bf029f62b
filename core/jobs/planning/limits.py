"""What jobs may take: how many at once, how much each, how many in the queue."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.bounds import MIB
from core.errors import ConfigError

SERVER_MEMORY = 400 * MIB  # for the server and the preloaded parent of the workers
WORKER_MEMORY = 600 * MIB  # that a worker is expected to need at most
SMALL_HOST = 1200 * MIB  # below it there is no preloaded parent, and one worker


@dataclass(frozen=True)
class JobLimits:
    """The bounds of jobs. All are whole numbers of at least 1."""

    task_seconds: int = 3600  # wall clock of one task
    task_memory: int = 1024 * MIB  # bytes of one task, beyond what the libraries take
    task_file: int = 512 * MIB  # bytes of the largest file that a task may write
    workspace_runs: int = 20  # unfinished runs of one workspace
    runs: int = 200  # unfinished runs of all workspaces
    run_models: int = 24  # models in one run
    run_series: int = 500  # series in one run


@dataclass(frozen=True)
class Host:
    """How workers run on this machine: how many at once, and whether from a preloaded parent."""

    workers: int
    start: Literal["forkserver", "spawn"]

    @property
    def questions_at_once(self) -> int:
        """How many questions of pages are worked on at once: half of the places, but one where that is all there is."""
        return max(1, self.workers // 2)

    @property
    def has_gpu(self) -> bool:
        """Whether a driver of NVIDIA's is loaded here; no library is needed to see that."""
        return Path("/dev/nvidiactl").exists()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Host:
        """UNROLL_WORKERS, or as many as there are processors and memory for.  Raises ConfigError for a bad value."""
        memory = total_memory()
        start = "spawn" if memory < SMALL_HOST else "forkserver"
        asked = environ.get("UNROLL_WORKERS")
        if asked is not None:
            if not asked.strip().isdecimal() or not 1 <= int(asked) <= 256:
                raise ConfigError(f"UNROLL_WORKERS is {asked!r}; it must be a whole number from 1 to 256")
            return cls(int(asked), start)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(max(1, min(cores, (memory - SERVER_MEMORY) // WORKER_MEMORY)), start)


def total_memory() -> int:
    """Bytes of memory that this machine, or the container around us, may use."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        path = Path(place)
        text = path.read_text().strip() if path.exists() else ""
        if text.isdecimal():
            found.append(int(text))
    return min(found)
