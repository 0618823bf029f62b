"""Progress in a terminal. Where standard error is not one, nothing is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import TextIO

from core.progress import Progress, Report, silent


@contextmanager
def shown(stream: TextIO) -> Iterator[Report]:
    """A report that draws one bar for the whole run, named after the model at work."""
    if not stream.isatty():
        yield silent
        return
    from tqdm import tqdm

    shape = "{desc:<16}{percentage:3.0f}% |{bar:20}| {elapsed} · {remaining} left {postfix}"
    columns, lines = get_terminal_size()  # a terminal that does not know its size counts as 80 by 24
    with tqdm(total=1.0, file=stream, bar_format=shape, leave=False, ncols=columns, nrows=lines) as bar:

        def watch(progress: Progress) -> None:
            if progress.message:
                bar.set_description_str(progress.message)
            if progress.epoch is not None:
                bar.set_postfix_str(f"epoch {progress.epoch.epoch}", refresh=False)
            bar.update(progress.fraction - bar.n)

        yield watch
