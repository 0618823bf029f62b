"""What was done in a workspace: one row for each call that changed something, never changed afterwards.

A row names ids and counts only. What a person wrote, such as a title, would outlive its deletion here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.store.records import AuditRecord
from core.store.tables import audit


def note(connection: Connection, now: datetime, workspace: str, action: str, subject: str, **detail: str) -> None:
    """Write a row, in the transaction of what it tells of."""
    row = {"time": now, "workspace": workspace, "action": action, "subject": subject, "detail": detail}
    connection.execute(insert(audit).values(row))


def entries(connection: Connection, workspace: str) -> tuple[AuditRecord, ...]:
    """In the order in which they were written."""
    found = connection.execute(select(audit).where(audit.c.workspace == workspace).order_by(audit.c.sequence))
    return tuple(AuditRecord(**row._mapping) for row in found)
