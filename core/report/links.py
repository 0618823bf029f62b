"""Links as their readers open them: found, admitted to, read and counted. Who makes and ends them is the workbench's."""

from __future__ import annotations

from datetime import UTC, datetime

from core.store.codecs.snapshots import Snapshot, thaw
from core.store.records import Link
from core.store.store import Store


class Links:
    """The links of a store, by their tokens: no workspace is asked for, because the token is what lets one read."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, token: str) -> Link:
        """What a link leads to; cheap enough to ask at every click.  Raises NotFoundError once it has ended."""
        return self.store.link(token, datetime.now(UTC))

    def admit(self, token: str, passphrase: str | None = None) -> None:
        """Raises NotFoundError, PassphraseError unless it is the link's passphrase, LimitError after too many wrong ones."""
        self.store.admit(token, passphrase, datetime.now(UTC))

    def copy(self, token: str) -> Snapshot:
        """The frozen copy behind a link, for a reader who was admitted.  Raises NotFoundError, DamagedError."""
        return thaw(self.store.shared_copy(token, datetime.now(UTC)))

    def count_view(self, token: str) -> None:
        """A reader opened a link.  Raises NotFoundError, and StoreError where that cannot be written."""
        self.store.count_view(token, datetime.now(UTC))
