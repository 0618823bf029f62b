"""An executor that does as a test says: nothing is computed, and every attempt ends when it is told to."""

from __future__ import annotations

import threading

from core.jobs.running.messages import Message


class FakeAttempt:
    """`said` is what it will be heard to say; `is_over` is what the test, or `kill`, makes of it."""

    def __init__(self, name, order):
        self.name, self.order, self.said, self.content = name, order, [], b""
        self.is_over, self.is_deaf, self.calls = False, False, []

    def events(self):
        found, self.said = self.said, []
        return found

    def stop(self):
        self.calls.append("stop")

    def kill(self):
        self.calls.append("kill")
        self.is_over = not self.is_deaf

    def pause(self):
        self.calls.append("pause")

    def resume(self):
        self.calls.append("resume")

    def result(self):
        return self.content

    def clear(self):
        self.calls.append("clear")


class FakeExecutor:
    def __init__(self):
        self.attempts, self.woken, self.waits = [], threading.Event(), 0

    def open(self):
        pass

    def start(self, name, order):
        self.attempts.append(FakeAttempt(name, order))
        return self.attempts[-1]

    def wait(self, attempts, seconds):
        self.waits += 1
        self.woken.wait(seconds)
        self.woken.clear()

    def wake(self):
        self.woken.set()

    def kill_all(self):
        pass

    def close(self):
        pass

    def end(self, attempt, content=None, error=None):
        """It says its last word."""
        attempt.content = content or b""
        attempt.said.append(Message("failed", 1.0, error) if error else Message("done", 1.0))
        attempt.is_over = True
        self.wake()
