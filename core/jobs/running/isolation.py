"""How a worker is kept apart: it dies with its parent, sees no secrets, and has limits."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from pathlib import Path

from core.process import FIXED, INHERITED, address_space, writable_space

# which kernels numerical libraries choose: a worker that chose others would differ in the last digit
KERNELS = ("OPENBLAS_CORETYPE", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA")
SERVER = "UNROLL_SERVER"  # the process id of the server, for the parent of its workers alone
GPU_HOST = 8 << 30  # bytes that CUDA may take on the host beside the task: context, staging buffers, kernels; not measured
KEPT = (*INHERITED, *KERNELS, "PYTHONPATH", "HOME", "CUDA_VISIBLE_DEVICES")


def scrub() -> None:
    """Leave only the allow-listed variables in the environment; libraries use one thread and reserve no memory ahead."""
    for name in [name for name in os.environ if name not in KEPT]:
        del os.environ[name]
    os.environ.update({**os.environ, **FIXED})  # each anew, so that none lies where the system put them at the start
    _blank_first_environment()


def _blank_first_environment() -> None:
    """What a process was started with stays readable in /proc, and in every process that is forked from it: blank it."""
    with contextlib.suppress(OSError, AttributeError, ValueError, IndexError):
        import ctypes

        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])  # env_start and env_end, which proc(5) counts as 50 and 51
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)


def die_with_parent() -> None:
    """SIGKILL from the kernel when the *thread* that made this process ends.  Linux only; elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)


def follow_server() -> None:
    """End this worker when the server ends, whether or not the kernel helps, also if it ended before this call.

    The parent by which the kernel goes is the preloaded one, the one that matters is the server: its end closes a pipe.
    """
    die_with_parent()
    server = multiprocessing.parent_process()
    if server is None:
        return

    def watch() -> None:
        server.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow-server").start()


def settle(memory: int, largest_file: int, *, uses_gpu: bool = False) -> None:
    """Own process group, no interrupt from the terminal, low priority, and limits: `memory` bytes beyond those held now."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # its default ends even a computation in C
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    with contextlib.suppress(OSError):
        os.nice(19 - os.nice(0))
    with contextlib.suppress(ImportError):
        import resource

        held = writable_space() if uses_gpu else address_space()
        for name, bound in bounds_of(memory, largest_file, held, uses_gpu).items():
            kind = getattr(resource, name)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (bound, resource.getrlimit(kind)[1]))


def bounds_of(memory: int, largest_file: int, held: int | None, uses_gpu: bool) -> dict[str, int]:
    """The limits of a worker in bytes, by their names in `resource`.

    memory: beyond what it holds now.  held: bytes of address space, or with a GPU of writable memory; None where the system
    does not tell, and memory is not bounded.

    CUDA reserves far more address space than it uses, as much as the memory of all devices, so RLIMIT_AS would end it at the
    first call. RLIMIT_DATA counts only what is private and writable (since Linux 4.7): neither reservations nor mapped devices.
    """
    bounds = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": largest_file}
    if held is not None:
        bounds |= {"RLIMIT_DATA": held + memory + GPU_HOST} if uses_gpu else {"RLIMIT_AS": held + memory}
    return bounds
