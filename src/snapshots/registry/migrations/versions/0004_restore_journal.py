"""A restore keeps what undoes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # SQLite keeps no comments, and would copy the whole table for this one.
        op.alter_column("restore", "state", comment="running, done, failed, cancelled, undoing or undone")
    op.add_column(
        "restore",
        sa.Column(
            "undone_at", sa.BigInteger(), nullable=True, comment="µs UTC; null while it is not undone to the end"
        ),
    )
    op.add_column(
        "restore_chunk",
        sa.Column("undone_at", sa.BigInteger(), nullable=True, comment="µs UTC; null while what it did stands"),
    )
    op.add_column(
        "restore_chunk",
        sa.Column(
            "undone_counts",
            sa.Text(),
            nullable=True,
            comment="JSON object: what undoing it removed, put back and kept",
        ),
    )
    op.create_table(
        "restore_journal",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column(
            "restore_chunk_id",
            sa.BigInteger(),
            nullable=False,
            comment="the chunk that made these changes; the row goes when they are undone",
        ),
        sa.Column(
            "pages",
            sa.Text(),
            nullable=False,
            comment="JSON: which pages were changed, so that restores are undone in their order",
        ),
        sa.Column(
            "changes",
            sa.LargeBinary(),
            nullable=False,
            comment="deflated JSON: what the chunk made, and what it wrote over (restore/journal.py)",
        ),
        sa.ForeignKeyConstraint(
            ["restore_chunk_id"], ["restore_chunk.id"], name=op.f("fk_restore_journal_restore_chunk_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore_journal")),
    )
    op.create_index(op.f("ix_restore_journal_restore_chunk_id"), "restore_journal", ["restore_chunk_id"], unique=True)
