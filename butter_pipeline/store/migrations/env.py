"""Alembic's entry: runs revisions on the connection, and in the transaction, that `store.database` hands in."""

from alembic import context

from butter_pipeline.store.database import VERSION_SCHEMA, VERSION_TABLE
from butter_pipeline.store.schema import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit(
        "migrations run through `butter migrate` (store.database.migrate), not through alembic's own commands"
    )

context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    version_table_schema=VERSION_SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
