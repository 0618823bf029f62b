"""Libraries in processes of their own, and the environment that the foreign ones live in.

The environment is made once, under `.bench/peers` of the checkout, and used again as long as it has these versions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tests.bench.peers.request import Answer, Request

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".bench"
PINS = ("torch==2.13.0", "neuralforecast==3.3.0", "darts==0.48.1")


@dataclass(frozen=True)
class Library:
    """`module` is the adapter beside this file; `is_ours`: runs in this environment."""

    label: str
    module: str
    is_ours: bool = False


UNROLL = Library("Unroll", "unroll", is_ours=True)
PLAIN = Library("plain torch loop", "plain_loop", is_ours=True)
FOREIGN = (Library("neuralforecast 3.3.0", "neuralforecast_direct"), Library("darts 0.48.1", "darts_block"))


class Peer:
    """A library's process, which answers one request after the other."""

    def __init__(self, library: Library) -> None:
        self.library, self.log = library, FOLDER / f"{library.module}.log"
        python = sys.executable if library.is_ours else str(environment())
        FOLDER.mkdir(exist_ok=True)
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [python, "-m", f"tests.bench.peers.{library.module}"], cwd=ROOT, text=True, stderr=log,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"},
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()

    def ask(self, request: Request) -> Answer:
        """Raises RuntimeError when the library failed, with the end of what it said."""
        self.process.stdin.write(json.dumps(asdict(request)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.library.label} failed: {self.log.read_text(encoding='utf-8')[-2000:]}")
        return Answer(**json.loads(line))


def environment() -> Path:
    """The python of the peers' environment, which is made where it is missing or has other versions."""
    folder = FOLDER / "peers"
    python, done = folder / "bin" / "python", folder / "pins.txt"
    if not done.exists() or done.read_text(encoding="utf-8").split() != list(PINS):
        print(f"making an environment with {', '.join(PINS)}: some minutes, and gigabytes of disk", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS], check=True)
        done.write_text("\n".join(PINS), encoding="utf-8")
    return python
