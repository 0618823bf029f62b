"""One function of bytes, run in a child process with limits: what it reads is untrusted, and it may die without harm.

The function is named "module:function" and imported by the child, so nothing is pickled in either direction and the entry
script is not run again. The child has its own session, an environment without secrets and no files to write; its answer is
one framed message on a copy of standard output that libraries cannot print to. This is no pool: one call, one process.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import errors
from core.errors import AppError, DataError, LimitError

ROOT = Path(__file__).resolve().parent.parent
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")
FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # both reserve address space that they may never use, which the limit below would count
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True)
class ProcessLimits:
    """What one call may take: wall-clock seconds, and bytes of memory beyond what the child holds after its imports."""

    seconds: float = 60.0
    memory: int = 1 << 30


def run_limited(target: str, request: bytes, limits: ProcessLimits) -> bytes:
    """The answer of the function "module:function" to `request`, computed in a child process.

    Raises the AppError that the function raised, with its text; LimitError where time or memory ran out; DataError where the
    child died of a signal (a crash in native code); RuntimeError, with the child's traceback, for a defect.
    """
    arguments = (target, str(limits.seconds), str(limits.memory), str(os.getpid()))
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "core.process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        start_new_session=True,
    )
    try:
        answer, complaints = child.communicate(request, timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        raise LimitError(f"this took longer than {limits.seconds:g} seconds and was stopped; bring less data") from None
    finally:
        end_group(child)
    return unframe(answer, child.returncode, complaints, limits)


def child_environment() -> dict[str, str]:
    """An allow-list: the repository first on the path, so that the working directory does not matter, and no secrets."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    paths = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    return inherited | FIXED | {"PYTHONPATH": os.pathsep.join([str(ROOT), *paths])}


def end_group(child: subprocess.Popen) -> None:
    """Leave nothing behind: kill the child's whole session if any of it lives, collect it, and close the pipes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()


def unframe(answer: bytes, code: int, complaints: bytes, limits: ProcessLimits) -> bytes:
    """The value in an answer, or the error that it or the way the child ended stands for."""
    head, newline, body = answer.partition(b"\n")
    if not newline:
        raise death(code, complaints.decode(errors="replace"), limits)
    frame = json.loads(head)
    if len(body) != frame["size"]:
        raise death(code, complaints.decode(errors="replace"), limits)
    if frame["outcome"] == "value":
        return body
    text = body.decode(errors="replace")
    if frame["outcome"] == "memory":
        raise out_of_memory(limits)
    kind = getattr(errors, frame["outcome"], None)
    if isinstance(kind, type) and issubclass(kind, AppError):
        raise kind(text)
    raise RuntimeError(f"the child process failed:\n{text}")


def death(code: int, complaints: str, limits: ProcessLimits) -> Exception:
    """What it means that the child ended with `code` and without an answer; negative codes are signals."""
    if code == -getattr(signal, "SIGXCPU", 0):
        return LimitError(f"this took more than {limits.seconds:g} seconds of computing; bring less data")
    if code == -9 or "bad_alloc" in complaints or "MemoryError" in complaints:
        return out_of_memory(limits)
    if code < 0:
        return DataError(f"this could not be read safely (signal {-code}); it may be damaged: save it anew, best as CSV")
    return RuntimeError(f"the child process ended with code {code} and no answer:\n{complaints[-4000:]}")


def out_of_memory(limits: ProcessLimits) -> LimitError:
    return LimitError(f"this needs more than {limits.memory / 2**20:,.0f} MB of memory; bring less data")


def serve(target: str, limits: ProcessLimits, parent: int) -> None:
    """The child's side: import, restrain, compute, answer."""
    follow(parent)
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # from here on, whatever prints does so on standard error
    try:
        function = resolve(target)
        request = sys.stdin.buffer.read()
        restrain(limits)
        outcome, body = "value", function(request)
    except AppError as error:
        outcome, body = public_class(error), str(error).encode()
    except MemoryError:
        outcome, body = "memory", b""
    except Exception:
        outcome, body = "defect", traceback.format_exc().encode()
    channel.write(json.dumps({"outcome": outcome, "size": len(body)}).encode() + b"\n")
    channel.write(body)
    channel.flush()
    os._exit(0)  # native libraries that were pushed to a limit may crash while they are taken down


def resolve(target: str) -> Callable[[bytes], bytes]:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def public_class(error: AppError) -> str:
    """The nearest class of the error tree in `core.errors`, by name: what the parent can raise again."""
    return next(kind.__name__ for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)


def follow(parent: int) -> None:
    """Die with the parent, where the system can do that (Linux).  Best effort: elsewhere the time limit has to do."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if hasattr(os, "getppid") and os.getppid() != parent:
        os._exit(1)


def restrain(limits: ProcessLimits) -> None:
    """Set the limits of this process: address space, processor time, no core dump, no files.  Nothing where there are none."""
    try:
        import resource
    except ImportError:
        return
    seconds = int(limits.seconds) + 1
    bounds = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    if (held := address_space()) is not None:
        bounds[resource.RLIMIT_AS] = held + limits.memory
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        ceiling = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (ceiling, hard if kind == resource.RLIMIT_CPU else ceiling))


def address_space() -> int | None:
    """Bytes of address space that this process has now; None where the system does not tell."""
    return _status("VmSize")


def writable_space() -> int | None:
    """Bytes of private writable memory that this process has now, used or not; None where the system does not tell."""
    return _status("VmData")


def _status(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)


if __name__ == "__main__":
    serve(sys.argv[1], ProcessLimits(float(sys.argv[2]), int(sys.argv[3])), int(sys.argv[4]))
