"""The executor of one machine: each order in a process of its own, forked from a preloaded parent where memory allows one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from core.jobs.planning.limits import Host
from core.jobs.running.isolation import SERVER
from core.jobs.running.messages import Message, Order, receive
from core.jobs.running.worker import work
from core.process import ROOT

WARM_UP = 2.0  # seconds before the workers' parent is started, so that a first page can be painted
PAUSES = (0.02, 0.1, 0.5)  # seconds until the death of the workers' parent is known, and a new one takes its place
RESULT = "result.bin"


class LocalAttempt:
    """A worker process, the pipe that hears it, and the folder that it works in."""

    def __init__(self, process: BaseProcess, ear: Connection, folder: Path) -> None:
        self.process, self.ear, self.folder = process, ear, folder
        self.pid = process.pid
        self.has_ended = False  # it said its last word
        self.is_silent = False  # its pipe has ended

    @property
    def is_over(self) -> bool:
        return self.has_ended or not self.process.is_alive()

    def events(self) -> Sequence[Message]:
        found = []
        try:
            while self.ear.poll():
                found.append(receive(self.ear.recv_bytes()))
                self.has_ended = self.has_ended or found[-1].kind in ("done", "failed")
        except (EOFError, OSError):
            self.is_silent = True
        return found

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # a process that stands still hears nothing

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def result(self) -> bytes:
        return (self.folder / RESULT).read_bytes()

    def clear(self) -> None:
        if self.process.is_alive():
            self.process.join(0.2)
            self.kill()
        self.process.join(5)
        self.ear.close()
        with contextlib.suppress(ValueError):
            self.process.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        """To its whole group, and to itself: it may not have made its group yet."""
        with contextlib.suppress(ProcessLookupError, PermissionError, TypeError):
            os.killpg(self.pid, number)
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(self.pid, number)


class LocalExecutor:
    """See the module's text. `folder` is emptied when it opens; nobody else may use it."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.context = multiprocessing.get_context(host.start)
        self.live: dict[str, LocalAttempt] = {}
        self.guard = threading.Lock()
        self.ear, self.mouth = multiprocessing.Pipe(duplex=False)

    def open(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # a full disk: then each start of a worker tries again
            self.folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["PYTHONPATH"] = os.pathsep.join(
            dict.fromkeys([str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
        )  # without it the preload fails silently unless the working directory is the repository
        if self.host.start == "forkserver":
            os.environ[SERVER] = str(os.getpid())
            self.context.set_forkserver_preload(["core.jobs.running.preload"])
            connection.wait([self.ear], WARM_UP)
            with contextlib.suppress(OSError):  # then each start of a worker tries again
                forkserver.ensure_running()  # from this thread: it dies when this thread ends

    def start(self, name: str, order: Order) -> LocalAttempt:
        self._forget()
        folder = self.folder / name
        folder.mkdir(parents=True)
        ear, mouth = self.context.Pipe(duplex=False)
        try:
            with mouth:
                process = self.context.Process(target=work, args=(mouth, order, folder / RESULT), daemon=True)
                _start(process)
        except BaseException:
            ear.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.live[name] = LocalAttempt(process, ear, folder)
        return self.live[name]

    def wait(self, attempts: Iterable[LocalAttempt], seconds: float | None) -> None:
        watched = [self.ear]
        for one in attempts:
            watched += [one.process.sentinel] if one.is_silent else [one.process.sentinel, one.ear]
        if self.ear in connection.wait(watched, seconds):
            self.ear.recv_bytes()

    def wake(self) -> None:
        with self.guard, contextlib.suppress(OSError):
            if not self.ear.poll():  # one byte is enough, and a full pipe would block
                self.mouth.send_bytes(b"!")

    def kill_all(self) -> None:
        for one in list(self.live.values()):
            one.kill()

    def close(self) -> None:
        self._forget()
        with self.guard:
            self.mouth.close()
            self.ear.close()

    def _forget(self) -> None:
        """Drop what has been cleared; a process id may be given to a stranger."""
        self.live = {name: one for name, one in self.live.items() if not one.ear.closed}


def _start(process: BaseProcess) -> None:
    """Start it, and again if the parent of the workers has just died."""
    for pause in PAUSES:
        try:
            return process.start()
        except (EOFError, ConnectionError):
            time.sleep(pause)
    return process.start()
