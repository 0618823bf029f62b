"""The app as people run it: a server process of its own, with a home of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

ROOT = Path(__file__).parents[2]
STARTED, ENDED = 60.0, 20.0  # seconds until it answers, and until it is gone


class Server:
    """`with Server(home) as server:` starts one; at the end it gets SIGTERM and must leave no process behind."""

    def __init__(self, home: Path, script: Path = ROOT / "app.py", **environ: str) -> None:
        self.home, self.script, self.port = home, script, free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("UNROLL_", "STREAMLIT_"))}
        self.environ = inherited | {"UNROLL_HOME": str(home)} | environ
        self.process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> Self:
        """Start it, on the port it had before if it was started before, and wait until it answers."""
        command = ["-m", "streamlit", "run", str(self.script), "--server.port", str(self.port), "--server.headless", "true"]
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environ, stdout=log, stderr=log)
        deadline = time.monotonic() + STARTED
        while not self._answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"the server did not start:\n{self.log()[-3000:]}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM; raises where a process outlives it."""
        family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(ENDED)
        _, alive = psutil.wait_procs(family, ENDED)
        for one in alive:
            one.kill()
        assert not alive, f"outlived the server: {alive}"

    def kill(self) -> None:
        """SIGKILL, as the kernel does where memory is short."""
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        """All that it wrote."""
        return (self.home.parent / f"{self.home.name}.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.stop()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
