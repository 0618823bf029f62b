"""How alembic reaches the database: over the connection and in the transaction that `core.store.sqlite.schema` hands it."""

from alembic import context

from core.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
