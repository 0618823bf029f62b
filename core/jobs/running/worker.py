"""One task in a process of its own: what is between its first line and its last.

It gets bytes, says what it does over a pipe, and leaves its result in a file. It writes to no store: a worker that comes back
from the dead can do no harm.
"""

from __future__ import annotations

import errno
import os
import time
import traceback
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from core.errors import AppError
from core.jobs.running.isolation import follow_server, scrub, settle
from core.jobs.running.messages import Message, Order, send
from core.progress import Progress
from core.store.records import EpochRecord

PAUSE = 0.2  # seconds between progress messages
SHORTAGES = ("can't allocate memory", "could not create a primitive", "std::bad_alloc", "Unable to allocate")


def work(connection: Connection, order: Order, place: Path) -> None:
    """The body of a worker process, which leaves its result in the file `place`."""
    follow_server()
    scrub()
    settle(order.memory, order.largest_file, uses_gpu=order.expects_gpu)
    teller, start = Teller(connection), time.perf_counter()
    teller.say(Message("started"))
    try:
        end = _computed(order, place, teller)
    except MemoryError:
        end = _out_of_memory(order)
    except AppError as error:
        end = Message("failed", 1.0, str(error))
    except OSError as error:
        end = Message("failed", 1.0, _unwritten(error, order))
    except Exception as error:
        end = _out_of_memory(order) if _is_shortage(error) else Message("failed", 1.0, _defect())
    teller.say(replace(end, seconds=time.perf_counter() - start))
    os._exit(0)  # a library pushed to its limit may crash while it is taken down


def _computed(order: Order, place: Path, teller: Teller) -> Message:
    """Compute, leave the result in its file, and say so."""
    from core.jobs.kinds.registry import carry_out

    place.write_bytes(carry_out(order.kind, order.config, order.request, teller.progress))
    return Message("done", 1.0)


def _out_of_memory(order: Order) -> Message:
    from core.jobs.kinds.registry import KINDS

    why = f"this needs more than {order.memory / 2**20:,.0f} MB of memory"
    return Message("failed", 1.0, f"{why}: {KINDS[order.kind].too_large}")


def _unwritten(error: OSError, order: Order) -> str:
    if error.errno == errno.EFBIG:
        return f"its result is larger than {order.largest_file:,} bytes (UNROLL_LIMITS_TASK_FILE); raise that limit and retry"
    return f"the result could not be written: {error.strerror or error}; free some space and retry"


def _is_shortage(error: Exception) -> bool:
    return any(text in str(error) for text in SHORTAGES)


def _defect() -> str:
    """A defect of ours: its kind and place, no more."""
    last = traceback.format_exc().strip().splitlines()
    place = next((line.strip() for line in reversed(last) if line.strip().startswith("File ")), "")
    name = Path(place.split('"')[1]).name if '"' in place else ""
    return f"an error of the program, not of your data ({last[-1][:200]}, in {name}); please report it"


class Teller:
    """Says what a task does, at most every fifth of a second, without losing an epoch."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.epochs: list[EpochRecord] = []
        self.count = 0
        self.last = 0.0

    def progress(self, progress: Progress) -> None:
        """Note an event, and send what has gathered if it is time."""
        if progress.epoch is not None:
            self.count += 1
            self.epochs.append(EpochRecord(self.count, progress.seed, progress.fit, progress.epoch))
        if time.monotonic() - self.last >= PAUSE:
            self.say(Message("progress", progress.fraction, progress.message))

    def say(self, message: Message) -> None:
        """Send a message with the epochs that wait."""
        whole = Message(message.kind, message.fraction, message.text, message.seconds, tuple(self.epochs))
        self.epochs = []
        self.last = time.monotonic() if message.kind == "progress" else 0.0  # the first progress is not kept waiting
        try:
            send(self.connection, whole)
        except OSError:
            os._exit(1)  # nobody listens: the server is gone
