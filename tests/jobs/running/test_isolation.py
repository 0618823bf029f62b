"""The limits that a worker sets itself."""

import subprocess
import sys

import pytest

from core.jobs.running.isolation import GPU_HOST, bounds_of
from core.process import ROOT

GIB = 1 << 30
NOT_RESERVED = 0x4000  # MAP_NORESERVE: the system's own accounting refuses nothing, so that only a limit can
RESERVE = f"""
import mmap, sys
from core.jobs.running.isolation import settle

def is_granted(size, protection):
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | {NOT_RESERVED}, prot=protection).close()
    except OSError:
        return False
    return True

asked = ((200 << 30, 0), (200 << 30, mmap.PROT_READ | mmap.PROT_WRITE), (50 << 20, mmap.PROT_READ | mmap.PROT_WRITE))
before = [is_granted(*one) for one in asked]
settle(100 << 20, 1 << 20, uses_gpu=sys.argv[1] == "gpu")
print(before, [is_granted(*one) for one in asked])
"""


def test_a_worker_without_a_gpu_is_bounded_in_address_space():
    assert bounds_of(3 * GIB, 5, 2 * GIB, False) == {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 5, "RLIMIT_AS": 5 * GIB}


def test_a_worker_with_a_gpu_is_bounded_in_writable_memory_with_room_for_cuda():
    assert GPU_HOST == 8 * GIB
    assert bounds_of(3 * GIB, 5, 2 * GIB, True) == {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 5, "RLIMIT_DATA": 13 * GIB}


@pytest.mark.parametrize("uses_gpu", [True, False])
def test_where_the_system_does_not_tell_what_is_held_memory_is_not_bounded(uses_gpu):
    assert bounds_of(3 * GIB, 5, None, uses_gpu) == {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 5}


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("kind", "granted"),  # 200 GiB of addresses as CUDA reserves them; 200 GiB to write to; 50 MiB to write to
    [("gpu", [True, False, True]), ("cpu", [False, False, True])],
)
def test_only_a_worker_with_a_gpu_may_reserve_addresses_and_neither_may_write_beyond_its_memory(kind, granted):
    done = subprocess.run([sys.executable, "-c", RESERVE, kind], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (f"[True, True, True] {granted}", "")
