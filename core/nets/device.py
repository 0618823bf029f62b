"""Where a network computes, and what makes its numbers the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import ConfigError
from core.progress import DEVICES


def resolve(device: str) -> str:
    """ "cpu" or "cuda" for what a person asked for.  Raises ConfigError when it is not there."""
    if device not in DEVICES:
        raise ConfigError(f"there is no device {device!r}; choose one of {', '.join(DEVICES)}")
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise ConfigError("device is cuda, but this machine has no usable GPU; choose auto or cpu")
    return "cuda" if has_gpu and device != "cpu" else "cpu"


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread while it lasts.

    The sum of parts depends on how many parts there are, workers run side by side, and on a busy machine threads wait for
    each other far longer than a small network computes.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def reproducible(seed: int, device: str) -> Iterator[None]:
    """One thread and random numbers of our own: same seed, same numbers, whatever ran before in this process."""
    with one_thread(), torch.random.fork_rng(devices=[0] if device == "cuda" else []):
        torch.manual_seed(seed)
        yield
