"""What the child process is asked to do in the tests of `core.process`: behave, and misbehave in every way it may."""

import ctypes
import os
import sys
import time
from pathlib import Path

from core.errors import TooShortError


def reversed_bytes(request: bytes) -> bytes:
    print("a library may print this")
    os.write(1, b"and this, straight to the file")
    return request[::-1]


def refuse(request: bytes) -> bytes:
    raise TooShortError(f"{len(request)} values; at least 7 are needed ✓")


def fail(request: bytes) -> bytes:
    raise KeyError("a defect of ours")


def crash(request: bytes) -> bytes:
    return ctypes.string_at(0)


def sleep(request: bytes) -> bytes:
    time.sleep(60)
    return request


def spin(request: bytes) -> bytes:
    while True:
        pass


def swallow_memory(request: bytes) -> bytes:
    return b"x" * (1 << 40)


def leave(request: bytes) -> bytes:
    os._exit(3)


def write_a_file(request: bytes) -> bytes:
    with Path(request.decode()).open("wb") as file:
        file.write(b"x")
    return b"written"


def fork_a_sleeper(request: bytes) -> bytes:
    pid = os.fork()
    if pid == 0:
        os.closerange(0, 64)  # or the parent would wait for it
        time.sleep(60)
        os._exit(0)
    return str(pid).encode()


def environment(request: bytes) -> bytes:
    return repr(sorted(os.environ)).encode()


def what_is_imported(request: bytes) -> bytes:
    return ",".join(name for name in ("torch", "statsmodels", "scipy", "streamlit") if name in sys.modules).encode()
