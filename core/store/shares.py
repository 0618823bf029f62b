"""Links to a frozen copy of a run. Only the SHA-256 of a token is kept, and the hash of a passphrase."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from core.codec import Encoded
from core.errors import ConfigError, NotFoundError
from core.store.audit import note
from core.store.records import Link, ShareRecord
from core.store.rows import encoded, encoded_row, sha256, share_record
from core.store.runs import require
from core.store.tables import shares, snapshots

TOKEN_BYTES = 32


@dataclass(frozen=True)
class NewShare:
    """A link as it is made, its passphrase already hashed: salt and hash, None without one."""

    token: str
    salt: bytes | None
    passphrase: bytes | None
    expires: datetime | None
    includes_data: bool

    @classmethod
    def of(
        cls,
        passphrase: str | None,
        expires: datetime | None,
        *,
        includes_data: bool,
        hashed: Callable[[str, bytes], bytes],
    ) -> NewShare:
        """A new token, and the passphrase `hashed` with a new salt: call it outside of a transaction.  Raises ConfigError."""
        if passphrase is not None and not passphrase.strip():
            raise ConfigError("the passphrase is empty; write at least one letter, or choose none")
        salt = None if passphrase is None else secrets.token_bytes(16)
        secret = None if passphrase is None else hashed(passphrase, salt)
        return cls(secrets.token_urlsafe(TOKEN_BYTES), salt, secret, expires, includes_data)


def create(connection: Connection, workspace: str, run_id: str, new: NewShare, snapshot: Encoded, now: datetime) -> ShareRecord:
    """Raises NotFoundError for the run, ConfigError for a link that would have expired already."""
    require(connection, workspace, run_id)
    if new.expires is not None and new.expires <= now:
        raise ConfigError(f"the link would expire at {new.expires:%Y-%m-%d %H:%M}, which is past; choose a later time")
    share_id = secrets.token_hex(8)
    plain = {name: getattr(new, name) for name in ("salt", "passphrase", "expires", "includes_data")}
    row = {"id": share_id, "run_id": run_id, "workspace": workspace, "token_sha256": _token_hash(new.token), "created": now}
    connection.execute(insert(shares).values(plain | row | {"views": 0}))
    connection.execute(insert(snapshots).values(share_id=share_id, **encoded_row(snapshot)))
    note(connection, now, workspace, "shared", share_id, run=run_id)
    return share_record(connection.execute(select(shares).where(shares.c.id == share_id)).one())


def records(connection: Connection, workspace: str, run_id: str) -> tuple[ShareRecord, ...]:
    """The links to a run, the newest first, revoked and expired ones too.  Raises NotFoundError."""
    require(connection, workspace, run_id)
    found = connection.execute(select(shares).where(shares.c.run_id == run_id).order_by(shares.c.created.desc(), shares.c.id))
    return tuple(share_record(row) for row in found)


def revoke(connection: Connection, workspace: str, share_id: str, now: datetime) -> None:
    """End a link for ever; a second time changes nothing.  Raises NotFoundError."""
    own = shares.c.workspace == workspace, shares.c.id == share_id
    if connection.execute(select(shares.c.id).where(*own)).one_or_none() is None:
        raise NotFoundError(f"there is no link {share_id[:20]!r} here; its run may have been deleted")
    if connection.execute(update(shares).where(*own, shares.c.revoked.is_(None)).values(revoked=now)).rowcount:
        note(connection, now, workspace, "revoked", share_id)


def valid(connection: Connection, token: str, now: datetime) -> Row:
    """The row of the link with this token.  Raises NotFoundError, in the same words for unknown, expired and revoked ones."""
    expected = _token_hash(token)
    row = connection.execute(select(shares).where(shares.c.token_sha256 == expected)).one_or_none()
    if (
        row is None
        or not hmac.compare_digest(row.token_sha256, expected)
        or row.revoked is not None
        or (row.expires is not None and row.expires <= now)
    ):
        raise NotFoundError("this link does not lead anywhere: it is mistyped, has expired or was revoked; ask for a new one")
    return row


def link(connection: Connection, token: str, now: datetime) -> Link:
    """What the link leads to, without the copy's bytes.  Raises NotFoundError."""
    row = valid(connection, token, now)
    parts = select(snapshots.c.summary_sha256, snapshots.c.arrays_sha256).where(snapshots.c.share_id == row.id)
    return Link(row.id, sha256("".join(connection.execute(parts).one()).encode()), row.passphrase is not None)


def copy(connection: Connection, token: str, now: datetime) -> Encoded:
    """The frozen copy, whatever passphrase the link has.  Raises NotFoundError, DamagedError."""
    row = valid(connection, token, now)
    kept = connection.execute(select(snapshots).where(snapshots.c.share_id == row.id)).one()
    return encoded(kept, "the shared copy")


def count_view(connection: Connection, token: str, now: datetime) -> None:
    """Raises NotFoundError."""
    row = valid(connection, token, now)
    connection.execute(update(shares).where(shares.c.id == row.id).values(views=shares.c.views + 1))
    note(connection, now, row.workspace, "viewed", row.id)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
