"""Versions of series, weights apart from results, and answers.

- `subjects` and `versions`: the series of a workspace with the same name and source are versions of one subject, in the order
  in which they came.
- `weights`: the arrays "fitted/..." of each stored result leave it, so that a result is read without them.
- `answers`: small computations that a page asked for.

It uses nothing of the program but the formats of its time: zlib around safetensors.
"""

import hashlib
import secrets
import zlib

import safetensors.numpy
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

FITTED = "fitted/"
LEVEL = 3  # of zlib


def upgrade() -> None:
    """Make the tables, then fill them from what is there."""
    for make in (_subjects, _versions, _weights, _answers):
        make()
    connection = op.get_bind()
    _name_versions(connection)
    for (task_id,) in connection.execute(sa.text("SELECT task_id FROM results ORDER BY task_id")).all():
        _move_weights(connection, task_id)


def _subjects() -> None:
    op.create_table(
        "subjects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subjects"),
    )
    op.create_index("ix_subjects_workspace_name", "subjects", ["workspace", "name"], unique=False)


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subjects.id"], name="fk_versions_subjects"),
        sa.ForeignKeyConstraint(
            ["workspace", "key"], ["series.workspace", "series.key"], name="fk_versions_series", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace", "key", name="pk_versions"),
        sa.UniqueConstraint("subject", "number", name="uq_versions_subject_number"),
    )


def _weights() -> None:
    op.create_table(
        "weights",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_weights_tasks", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", name="pk_weights"),
    )


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("series_key", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_answers_runs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace", "series_key"], ["series.workspace", "series.key"], name="fk_answers_series", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace", "digest", name="pk_answers"),
    )
    op.create_index("ix_answers_run_id", "answers", ["run_id"], unique=False)
    op.create_index("ix_answers_workspace_series_key", "answers", ["workspace", "series_key"], unique=False)


def _name_versions(connection: sa.Connection) -> None:
    """One subject for each workspace, name and source; its series are numbered from 1 in the order in which they came."""
    subjects: dict[tuple[str, str, str], str] = {}
    numbers: dict[str, int] = {}
    rows = connection.execute(sa.text("SELECT workspace, key, id, source, created FROM series ORDER BY created, key")).all()
    for row in rows:
        name = row.workspace, row.id, row.source
        if name not in subjects:
            subjects[name] = secrets.token_hex(8)
            values = {"id": subjects[name], "created": row.created}
            values |= zip(("workspace", "name", "source"), name, strict=True)
            connection.execute(sa.text("INSERT INTO subjects VALUES (:id, :workspace, :name, :source, :created)"), values)
        subject = subjects[name]
        numbers[subject] = numbers.get(subject, 0) + 1
        values = {"workspace": row.workspace, "key": row.key, "subject": subject, "number": numbers[subject]}
        connection.execute(sa.text("INSERT INTO versions VALUES (:workspace, :key, :subject, :number)"), values)


def _move_weights(connection: sa.Connection, task_id: str) -> None:
    """The fitted arrays of one result. One that is damaged stays as it is: reading it says so, as before."""
    row = connection.execute(
        sa.text("SELECT arrays, arrays_sha256 FROM results WHERE task_id = :task_id"), {"task_id": task_id}
    ).one()
    if not row.arrays or _sha256(row.arrays) != row.arrays_sha256:
        return
    arrays = safetensors.numpy.load(zlib.decompress(row.arrays))
    fitted = {name.removeprefix(FITTED): array for name, array in arrays.items() if name.startswith(FITTED)}
    if not fitted:
        return
    content = _packed(fitted)
    connection.execute(
        sa.text("INSERT INTO weights VALUES (:task_id, :sha256, :content)"),
        {"task_id": task_id, "sha256": _sha256(content), "content": content},
    )
    rest = _packed({name: array for name, array in arrays.items() if not name.startswith(FITTED)})
    connection.execute(
        sa.text("UPDATE results SET arrays = :arrays, arrays_sha256 = :sha256 WHERE task_id = :task_id"),
        {"task_id": task_id, "arrays": rest, "sha256": _sha256(rest)},
    )


def _packed(arrays: dict) -> bytes:
    return zlib.compress(safetensors.numpy.save(arrays), LEVEL) if arrays else b""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
