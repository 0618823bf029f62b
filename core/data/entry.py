"""From an upload or a file to what was understood of it. The bytes are read in a limited child process; values come back."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import asdict
from pathlib import Path

from core.data.choices import Choices
from core.data.draft import unpacked
from core.data.limits import Limits, check_size
from core.data.understanding import Understanding, rebuilt
from core.errors import DataError
from core.process import ProcessLimits, run_limited


def understand(content: bytes, name: str, choices: Choices, limits: Limits) -> Understanding:
    """What the bytes of a file called `name` hold.

    Raises DataError for what cannot be read, ConfigError for choices that do not fit it, LimitError for what is too much.
    """
    check_size(len(content), limits)
    header = {"name": name, "choices": asdict(choices), "limits": asdict(limits)}
    request = json.dumps(header).encode() + b"\n" + content
    answer = run_limited("core.data.child:answer", request, ProcessLimits(limits.seconds, limits.memory))
    return rebuilt(unpacked(answer))


def understand_file(path: Path, choices: Choices, limits: Limits) -> Understanding:
    """What a file holds; its size is looked at before it is opened.  Raises DataError if there is none."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{path} is a directory; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a regular file but a pipe, socket or device; save its content to a file first")
        check_size(status.st_size, limits)
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise absent(path) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check its name and permissions") from None
    return understand(content, path.name, choices, limits)


def absent(path: Path) -> DataError:
    """The error for a path that leads to nothing; a path has lost one slash of an address by now."""
    address = re.match(r"([a-z][a-z0-9+.-]+):/+(.*)", str(path), re.IGNORECASE)
    if address:
        return DataError(f"{address[1]}://{address[2]} is an address, which is not fetched; download the file first")
    return DataError(f"there is no file {path}; check the path, or use example:NAME")
