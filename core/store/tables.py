"""The tables, as the newest migration leaves them; a test compares the two.

Arrays and bytes have tables of their own or stand last in a row, so that lists are read without them. Only `series`,
`subjects`, `answers`, `runs.title` and what hangs on a run hold words of a person: the audit outlives what it tells of.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcTime(TypeDecorator):
    """A time with its zone in Python, without one in the database, where all are UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


class AnyText(TypeDecorator):
    """Text of whatever origin; a lone surrogate, which no encoding holds, becomes a question mark."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002
        return None if value is None else value.encode("utf-8", "replace").decode()


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, **more: object) -> Column:
    return Column(name, AnyText, **{"nullable": False, **more})


def _time(name: str, *, is_optional: bool = False) -> Column:
    return Column(name, UtcTime, nullable=is_optional)


def _number(name: str, **more: object) -> Column:
    return Column(name, Integer, **{"nullable": False, **more})


def _owner(name: str, column: str, **more: object) -> Column:
    """Names a row of another table, and goes when that goes."""
    return Column(name, Text, ForeignKey(column, ondelete="CASCADE"), **{"nullable": False, **more})


def _bytes_columns() -> list[Column]:
    """Both parts of an `Encoded`, each with its SHA-256."""
    return [
        _text("summary_sha256"),
        _text("arrays_sha256"),
        Column("summary", LargeBinary, nullable=False),
        Column("arrays", LargeBinary, nullable=False),
    ]


identity = Table("identity", METADATA, _text("id", primary_key=True))

series = Table(
    "series",
    METADATA,
    _text("workspace", primary_key=True),
    _text("key", primary_key=True),
    _text("id"),
    _number("length"),
    _text("start"),
    _text("end"),
    _text("freq", nullable=True),
    _number("season"),
    _text("unit"),
    _number("missing"),
    _text("source"),
    _time("created"),
    _text("sha256"),
    Column("content", LargeBinary, nullable=False),
)

subjects = Table(  # what a series is of, whatever its values: a name and a source; a person may keep two of them apart
    "subjects",
    METADATA,
    _text("id", primary_key=True),
    _text("workspace"),
    _text("name"),
    _text("source"),
    _time("created"),
    Index(None, "workspace", "name"),
)

versions = Table(  # a subject's contents in the order in which they came, from 1
    "versions",
    METADATA,
    _text("workspace", primary_key=True),
    _text("key", primary_key=True),
    Column("subject", Text, ForeignKey("subjects.id"), nullable=False),
    _number("number"),
    ForeignKeyConstraint(["workspace", "key"], ["series.workspace", "series.key"], ondelete="CASCADE"),
    UniqueConstraint("subject", "number"),
)

runs = Table(
    "runs",
    METADATA,
    _number("sequence", primary_key=True, autoincrement=True),
    _text("id", unique=True),
    _text("workspace"),
    _text("request"),
    _text("title"),
    _time("created"),
    _text("state"),
    Column("spec", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
    _text("data_hash"),
    _text("best", nullable=True),
    UniqueConstraint("workspace", "request"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

run_series = Table(
    "run_series",
    METADATA,
    _owner("run_id", "runs.id", primary_key=True),
    _number("position", primary_key=True),
    _text("workspace"),
    _text("key"),
    ForeignKeyConstraint(["workspace", "key"], ["series.workspace", "series.key"]),
    Index(None, "workspace", "key"),
)

tasks = Table(
    "tasks",
    METADATA,
    _text("id", primary_key=True),
    _owner("run_id", "runs.id"),
    _number("position"),
    _text("kind"),
    _text("label"),
    Column("model", JSON(none_as_null=True), nullable=True),
    _text("state"),
    _number("attempt"),
    Column("fraction", Float, nullable=False),
    _text("message"),
    _text("error", nullable=True),
    _text("worker", nullable=True),
    _time("queued"),
    _time("started", is_optional=True),
    _time("ended", is_optional=True),
    Column("seconds", Float),
    Column("predicted_seconds", Float, nullable=False),
    Column("predicted_memory", BigInteger, nullable=False),
    UniqueConstraint("run_id", "position"),
    Index(None, "state"),
)

epochs = Table(
    "epochs",
    METADATA,
    _owner("task_id", "tasks.id", primary_key=True),
    _number("attempt", primary_key=True),
    _number("sequence", primary_key=True),
    _number("seed"),
    _text("fit"),
    _number("epoch"),
    *(
        Column(name, Float)
        for name in ("train_loss", "validation_loss", "gradient_norm", "clipped", "learning_rate", "seconds")
    ),
    sqlite_with_rowid=False,
)

results = Table(
    "results",
    METADATA,
    _owner("task_id", "tasks.id", primary_key=True),
    *_bytes_columns(),
)

weights = Table(  # what restores the final fits of a task: far larger than its result, and seldom asked for
    "weights",
    METADATA,
    _owner("task_id", "tasks.id", primary_key=True),
    _text("sha256"),
    Column("content", LargeBinary, nullable=False),
)

answers = Table(  # small computations that a page asked for, under the digest of what they were computed from
    "answers",
    METADATA,
    _text("workspace", primary_key=True),
    _text("digest", primary_key=True),
    _text("kind"),
    _owner("run_id", "runs.id", nullable=True, index=True),
    _text("series_key", nullable=True),
    _time("created"),
    Column("seconds", Float, nullable=False),
    _number("size"),
    _text("sha256"),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(["workspace", "series_key"], ["series.workspace", "series.key"], ondelete="CASCADE"),
    Index(None, "workspace", "series_key"),
)

shares = Table(
    "shares",
    METADATA,
    _text("id", primary_key=True),
    _owner("run_id", "runs.id", index=True),
    _text("workspace"),
    _text("token_sha256", unique=True),
    Column("salt", LargeBinary),
    Column("passphrase", LargeBinary),
    _time("created"),
    _time("expires", is_optional=True),
    _time("revoked", is_optional=True),
    Column("includes_data", Boolean, nullable=False),
    _number("views"),
)

snapshots = Table(
    "snapshots",
    METADATA,
    _owner("share_id", "shares.id", primary_key=True),
    *_bytes_columns(),
)

audit = Table(
    "audit",
    METADATA,
    _number("sequence", primary_key=True, autoincrement=True),
    _time("time"),
    _text("workspace", index=True),
    _text("action"),
    _text("subject"),
    Column("detail", JSON, nullable=False),
    sqlite_autoincrement=True,
)
