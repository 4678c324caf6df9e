"""Run by Alembic: migrates on the connection that `schema.py` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from snapshots.registry import tables
from snapshots.registry.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
