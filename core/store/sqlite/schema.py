"""Brings a database to the schema of this program: made new, upgraded after a backup, or refused.

Alembic is imported for an upgrade only: it takes 10 MB and half a second, and the web server is to be small. A new database is
made from the tables as they are now; a test holds that the migrations, one after another, make the same.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from core.errors import StoreError
from core.store import tables
from core.store.sqlite.database import Database

HEAD = "0002"
SCRIPTS = Path(__file__).parent / "migrations"
BACKUPS = "backups"
STAMP = "%Y%m%dT%H%M%S"
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # as alembic makes it


def revision(connection: Connection) -> str | None:
    """The revision of the database; None if it has no tables at all.  Raises StoreError if its tables are not ours."""
    names = inspect(connection).get_table_names()
    if not names:
        return None
    if VERSION.name not in names:
        raise StoreError(f"the database holds tables of another program ({names[0]!r}, …); choose another home folder")
    return connection.execute(select(VERSION)).scalar_one()


def prepare(database: Database, now: datetime) -> None:
    """Make the tables, or upgrade them after a backup.  Raises StoreError for a database of a newer program."""
    with database.reading() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    if found is None:
        with database.writing() as connection:
            _make(connection)
    else:
        config = _config()
        _refuse_unknown(config, found)
        backup(database, found, now)
        with database.writing() as connection:
            migrate(connection, config)
    database.sweep()


def _make(connection: Connection) -> None:
    """All tables, in an empty database."""
    for metadata in (tables.METADATA, VERSION.metadata):
        metadata.create_all(connection)
    connection.execute(VERSION.insert().values(version_num=HEAD))
    connection.execute(tables.identity.insert().values(id=secrets.token_hex(16)))


def migrate(connection: Connection, config: object | None = None) -> None:
    """Run the migrations that a database still lacks."""
    from alembic import command

    config = config or _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def backup(database: Database, found: str, now: datetime) -> Path:
    """A copy of the whole database in one file, complete or not there."""
    folder = database.home / BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / f"unroll-{found}-{now.strftime(STAMP)}.db"
    part = place.with_suffix(".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        database.copy_into(part)
        os.utime(part, (now.timestamp(),) * 2)
        return part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def identity(connection: Connection) -> str:
    """What tells this database from any other."""
    return connection.execute(select(tables.identity.c.id)).scalar_one()


def _config() -> object:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


def _refuse_unknown(config: object, found: str) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found not in known:
        raise StoreError(
            f"the database has revision {found!r}, made by a newer version of this program, which knows {HEAD!r} as the last: "
            "update the program, or choose another home folder; nothing was changed"
        )
