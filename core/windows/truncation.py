"""Back-propagation through time, cut into pieces: which steps of a window one update reads, and at which it answers.

    full      one piece: gradients run through the whole window
    detached  an update every k1 steps, with gradients through the last k2 of them; the state of the former piece is carried
              on, but no gradient runs back into it: the network can use what it remembers, and not learn to remember it longer
    reset     the same pieces, each from an empty state: what lies more than k2 steps back does not exist

Source: Williams & Peng 1990, Neural Computation 2(4), BPTT(h; h') with h' = k1 and h = k2.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.windows.settings import Settings


@dataclass(frozen=True)
class Piece:
    """Steps [start, end) of the cell are read; answers at [first, end) are learned from, none where first = end."""

    start: int
    first: int
    end: int


def pieces(settings: Settings) -> tuple[Piece, ...]:
    """The pieces of a window, in order. Where a piece starts, one before it has ended, or the window begins."""
    length = settings.reads
    if settings.bptt == "full":
        return (Piece(0, 0 if settings.answers_at_every_step else length - 1, length),)
    through = settings.k2
    if not settings.answers_at_every_step:
        ahead = (Piece(0, length - through, length - through),) if through < length and settings.bptt == "detached" else ()
        return (*ahead, Piece(length - through, length - 1, length))
    ends = range(length % settings.k1 or settings.k1, length + 1, settings.k1)
    return tuple(Piece(max(0, end - through), max(0, end - settings.k1), end) for end in ends)
