"""Models that never end, for `Served`: beside the registry of a real server and of the parent that its workers are forked from.

Python imports `sitecustomize` at its start from wherever PYTHONPATH leads, so no line of the program knows of it.
"""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

from core.models.naive import Naive
from core.process import ROOT

HOOK = """
import importlib.util
import sys


class Watch:
    # nothing is imported before its time: numpy, before the parent of workers has set its threads, would spoil their limits
    def find_spec(self, name, path=None, target=None):
        if name != "core.models.registry":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def registered(module):
            run(module)
            from tests.faults import endless

            endless.register(module.MODELS)

        spec.loader.exec_module = registered
        return spec


sys.meta_path.insert(0, Watch())
"""


class Loop(Naive):
    """A loop in Python."""

    name, label = "loop", "Loop"

    def fit(self, train, horizon, context):
        while True:
            horizon += 1


class Stubborn(Loop):
    """The same, deaf to the request to end."""

    name, label = "stubborn", "Stubborn"

    def fit(self, train, horizon, context):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return super().fit(train, horizon, context)


class Grip(Loop):
    """A loop in C that never lets another thread of Python run."""

    name, label = "grip", "Grip"

    def fit(self, train, horizon, context):
        return sum(itertools.repeat(0))


def register(models: dict) -> None:
    models.update({model.name: model for model in (Loop, Stubborn, Grip)})


def path(folder: Path) -> str:
    """A PYTHONPATH that has them registered in every Python that starts there."""
    (folder / "sitecustomize.py").write_text(HOOK)
    return os.pathsep.join([str(folder), str(ROOT)])
