"""Passphrases of links: hashed slowly, few at once, and tried only so often.

Wrong tries are counted for each link over all visitors, in the memory of this process: somebody who guesses could otherwise
come as many visitors.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
import time
from collections.abc import Callable

from core.errors import LimitError, PassphraseError

BOUNDS = ((5, 60.0), (50, 3600.0))  # so many wrong tries within so many seconds
AT_ONCE = 2  # derivations, each of which takes 16 MB and 50 ms
LINKS = 1000  # as many links may have tries in memory before those without recent ones are dropped


class Tries:
    """When each link was tried with a wrong passphrase. clock: seconds, never going back. Safe from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.guard = threading.Lock()
        self.times: dict[str, list[float]] = {}

    def begin(self, link: str) -> float:
        """Count a try as wrong until it is `forgiven`, so that many at once are no way around; its time.

        Raises LimitError with the time to wait, and counts nothing then.
        """
        with self.guard:
            now = self.clock()
            recent = [one for one in self.times.get(link, ()) if one > now - BOUNDS[-1][1]]
            wait = max(_wait(recent, now, most, seconds) for most, seconds in BOUNDS)
            if wait > 0:
                raise LimitError(f"too many wrong passphrases for this link; try again in {_words(wait)}")
            self.times[link] = [*recent, now]
            if len(self.times) > LINKS:
                self._drop_old(now)
            return now

    def forgive(self, link: str, begun: float) -> None:
        """The try that began then was right."""
        with self.guard:
            self.times[link].remove(begun)

    def _drop_old(self, now: float) -> None:
        self.times = {link: times for link, times in self.times.items() if times and times[-1] > now - BOUNDS[-1][1]}


class Passphrases:
    """Hashes passphrases and compares them. Safe from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.tries = Tries(clock)
        self.places = threading.BoundedSemaphore(AT_ONCE)

    def hashed(self, passphrase: str, salt: bytes) -> bytes:
        """Slow and memory-hungry on purpose; waits while others do the same, so call it outside of a transaction.

        Source: Percival 2009; RFC 7914 with N = 2^14, r = 8, p = 1.
        """
        with self.places:
            return hashlib.scrypt(passphrase.encode("utf-8", "surrogatepass"), salt=salt, n=2**14, r=8, p=1)

    def admit(self, link: str, salt: bytes, expected: bytes, passphrase: str | None) -> None:
        """Raises PassphraseError unless it is the link's passphrase, and LimitError after too many wrong ones.

        Nothing is computed in that case, so the right one must wait too.
        """
        if passphrase is None:
            raise PassphraseError("this link asks for a passphrase; the person who sent it knows it")
        begun = self.tries.begin(link)
        if not hmac.compare_digest(expected, self.hashed(passphrase, salt)):
            raise PassphraseError(
                "this is not the passphrase of the link; check capital letters, or ask the person who sent it"
            )
        self.tries.forgive(link, begun)


def _wait(times: list[float], now: float, most: int, seconds: float) -> float:
    """Seconds until fewer than `most` of the ascending times lie within the last `seconds`; 0 or less where that is so."""
    return times[-most] + seconds - now if len(times) >= most else 0.0


def _words(seconds: float) -> str:
    whole = math.ceil(seconds)
    number, unit = (whole, "second") if whole <= 90 else (math.ceil(whole / 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"
