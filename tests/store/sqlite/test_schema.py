"""The tables: what the migrations make is what the program expects; older is upgraded, newer is refused."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from core.errors import StoreError
from core.store.sqlite import schema
from core.store.sqlite.database import FILE
from core.store.store import Store
from tests.store.building import OWNER, finished_run

ROOT = Path(__file__).parents[3]
THIRD = '''"""A change for the test."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("runs", sa.Column("note", sa.Text()))
    op.execute("UPDATE runs SET note = 'upgraded'")
    FAIL
'''


def read(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def schema_of(path):
    """The statements that would make the tables and indexes, without their layout; columns by name within a table."""
    rows = read(path, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {name: sorted(re.sub(r"\s+", " ", line).strip(" ,()") for line in sql.splitlines()) for name, sql in rows}


@pytest.fixture
def third(tmp_path, monkeypatch):
    """A program whose last revision is 0003; called with what its migration does at the end."""

    def install(end="pass"):
        scripts = shutil.copytree(schema.SCRIPTS, tmp_path / "100% scripts")
        (scripts / "versions" / "0003_third.py").write_text(THIRD.replace("FAIL", end))
        monkeypatch.setattr(schema, "SCRIPTS", scripts)
        monkeypatch.setattr(schema, "HEAD", "0003")

    return install


def test_the_migrations_make_the_tables_of_a_new_database(empty, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        schema.migrate(connection)
    engine.dispose()
    migrated, made = schema_of(tmp_path / "migrated.db"), schema_of(empty / FILE)
    assert read(tmp_path / "migrated.db", "SELECT * FROM alembic_version") == read(
        empty / FILE, "SELECT * FROM alembic_version"
    )
    assert migrated.pop("alembic_version")
    assert made.pop("alembic_version")
    assert made == migrated
    assert len(made) == 14 + 8  # tables and indexes


def test_head_is_the_last_migration():
    config = Config()
    config.set_main_option("script_location", str(schema.SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.HEAD]
    assert all(script.revision for script in scripts.walk_revisions())


@pytest.mark.parametrize("is_new", [False, True])
def test_a_store_that_needs_no_upgrade_opens_without_alembic_and_the_heavy_libraries(home, is_new):
    home = home / "new" if is_new else home
    code = f"""
import sys
from pathlib import Path
from core.store.store import Store
Store.open(Path({str(home)!r})).close()
print([name for name in ("alembic", "torch", "statsmodels", "scipy", "streamlit") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_older_database_is_backed_up_and_upgraded(store, home, clock, third):
    run_id = finished_run(store)
    before = store.run(OWNER, run_id)
    store.close()
    third()
    upgraded = Store.open(home, now=clock)
    assert upgraded.run(OWNER, run_id) == before
    assert upgraded.notice is None
    upgraded.close()
    assert read(home / FILE, "SELECT note FROM runs") == [("upgraded",)]
    (backup,) = (home / "backups").iterdir()
    assert re.fullmatch(r"unroll-0002-20310517T12\d{4}\.db", backup.name)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert backup.parent.stat().st_mode & 0o777 == 0o700
    assert read(backup, "SELECT version_num FROM alembic_version") == [("0002",)]
    Store.open(home, now=clock).close()
    assert len(list((home / "backups").iterdir())) == 1


def test_a_backup_put_back_is_the_whole_store(store, home, clock, third, monkeypatch):
    run_id = finished_run(store)
    before, rows = store.run(OWNER, run_id), store.audit(OWNER)
    store.close()
    with monkeypatch.context():
        third()
        Store.open(home, now=clock).close()
    monkeypatch.undo()
    (backup,) = (home / "backups").iterdir()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(home)
    backup.rename(home / FILE)
    restored = Store.open(home)
    assert (restored.run(OWNER, run_id), restored.audit(OWNER), restored.notice) == (before, rows, None)
    finished_run(restored, request="life goes on")
    restored.close()
    assert read(home / FILE, "PRAGMA journal_mode") == [("wal",)]


def test_an_upgrade_that_fails_changes_nothing(store, home, third):
    run_id = finished_run(store)
    store.close()
    before = schema_of(home / FILE)
    third("raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        Store.open(home)
    assert schema_of(home / FILE) == before
    assert read(home / FILE, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert read(home / FILE, "SELECT id FROM runs") == [(run_id,)]


def test_a_newer_database_is_refused_and_left_alone(home):
    with closing(sqlite3.connect(home / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
        connection.commit()
    with pytest.raises(StoreError) as caught:
        Store.open(home)
    assert str(caught.value) == (
        "the database has revision '0099', made by a newer version of this program, which knows '0002' as the last: "
        "update the program, or choose another home folder; nothing was changed"
    )
    assert read(home / FILE, "SELECT version_num FROM alembic_version") == [("0099",)]
    assert not (home / "backups").exists()
    assert not list(home.glob("*corrupt*"))


def test_a_database_of_another_program_is_refused(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with closing(sqlite3.connect(home / FILE)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(StoreError, match=r"tables of another program \('bookmarks', …\); choose another home folder"):
        Store.open(home)
    assert schema_of(home / FILE) == {"bookmarks": ["CREATE TABLE bookmarks (url"]}
