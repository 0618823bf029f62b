"""Passphrases of links, hashed slowly."""

from __future__ import annotations

import hashlib
import hmac

from core.errors import PassphraseError


class Passphrases:
    """Hashes passphrases and compares them. Safe from many threads."""

    def hashed(self, passphrase: str, salt: bytes) -> bytes:
        """Slow and memory-hungry on purpose, so call it outside of a transaction.

        Source: Percival 2009; RFC 7914 with N = 2^14, r = 8, p = 1.
        """
        return hashlib.scrypt(passphrase.encode("utf-8", "surrogatepass"), salt=salt, n=2**14, r=8, p=1)

    def admit(self, link: str, salt: bytes, expected: bytes, passphrase: str | None) -> None:  # noqa: ARG002
        """Raises PassphraseError unless it is the link's passphrase."""
        if passphrase is None:
            raise PassphraseError("this link asks for a passphrase; the person who sent it knows it")
        if not hmac.compare_digest(expected, self.hashed(passphrase, salt)):
            raise PassphraseError(
                "this is not the passphrase of the link; check capital letters, or ask the person who sent it"
            )
