import os
import time
from pathlib import Path

import pytest

from core.errors import DataError, LimitError, TooShortError
from core.process import ProcessLimits, run_limited

LIMITS = ProcessLimits(seconds=20, memory=200 << 20)


def run(name: str, request: bytes = b"", limits: ProcessLimits = LIMITS) -> bytes:
    return run_limited(f"tests.child_targets:{name}", request, limits)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a zombie that nobody collected yet does no harm
    return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"


def test_the_answer_comes_back_whatever_libraries_print():
    assert run("reversed_bytes", b"abc\n\x00def") == b"fed\x00\ncba"


def test_an_empty_request_and_answer_are_possible():
    assert run("reversed_bytes", b"") == b""


def test_a_large_request_does_not_block():
    request = bytes(range(256)) * 40_000  # 10 MB, more than a pipe holds
    assert run("reversed_bytes", request) == request[::-1]


def test_an_error_for_the_person_comes_back_as_the_same_class_and_text():
    with pytest.raises(TooShortError) as caught:
        run("refuse", b"12345")
    assert type(caught.value) is TooShortError
    assert str(caught.value) == "5 values; at least 7 are needed ✓"


def test_a_defect_comes_back_with_the_traceback_of_the_child():
    with pytest.raises(RuntimeError, match=r"(?s)child_targets.py.*in fail.*KeyError: .a defect of ours."):
        run("fail")


def test_a_native_crash_is_a_data_error_here():
    with pytest.raises(DataError, match=r"could not be read safely \(signal 11\)"):
        run("crash")


def test_what_takes_too_long_is_stopped_in_time():
    start = time.monotonic()
    with pytest.raises(LimitError, match=r"longer than 0\.5 seconds and was stopped"):
        run("sleep", limits=ProcessLimits(seconds=0.5, memory=200 << 20))
    assert time.monotonic() - start < 5


def test_an_endless_loop_is_stopped():
    with pytest.raises(LimitError, match="second"):
        run("spin", limits=ProcessLimits(seconds=1, memory=200 << 20))


def test_too_much_memory_is_a_limit_error_that_names_the_bound():
    with pytest.raises(LimitError, match="more than 200 MB of memory"):
        run("swallow_memory")


def test_a_child_that_leaves_without_an_answer_is_a_defect():
    with pytest.raises(RuntimeError, match="ended with code 3"):
        run("leave")


def test_the_child_cannot_write_files(tmp_path):
    with pytest.raises(RuntimeError, match="File too large"):
        run("write_a_file", str(tmp_path / "out").encode())


def test_no_process_outlives_the_call():
    pid = int(run("fork_a_sleeper"))
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        pass
    assert not is_alive(pid)


def test_the_child_sees_no_secrets(monkeypatch):
    monkeypatch.setenv("UNROLL_DATABASE", "postgresql://user:secret@host/db")
    assert b"UNROLL_DATABASE" not in run("environment")


def test_the_working_directory_does_not_matter(monkeypatch, tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    monkeypatch.chdir(tmp_path)
    assert run("reversed_bytes", b"ab") == b"ba"


def test_nothing_heavy_is_imported():
    assert run("what_is_imported") == b""
