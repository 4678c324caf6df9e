"""Imports of Jira data: a log of each, and a journal of the pages that it rewrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "jira_import",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site whose pages were rewritten"),
        sa.Column(
            "plan_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the plan that it carries out"
        ),
        sa.Column("file_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the Jira-data file"),
        sa.Column("source_cloud_id", sa.Text(), nullable=False, comment="the site the Jira-data file is of"),
        sa.Column("source_name", sa.Text(), nullable=False, comment="what that site was called there"),
        sa.Column(
            "source_jira_url",
            sa.Text(),
            nullable=False,
            comment="base of the Jira that the definitions were written for",
        ),
        sa.Column("mapping_id", sa.Text(), nullable=False, comment="UUID of the mapping that is kept once it is done"),
        sa.Column("pages", sa.BigInteger(), nullable=False, comment="how many pages the plan rewrites"),
        sa.Column("state", sa.Text(), nullable=False, comment="running, done, failed, cancelled, undoing or undone"),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("finished_at", sa.BigInteger(), nullable=True, comment="µs UTC"),
        sa.Column("undone_at", sa.BigInteger(), nullable=True, comment="µs UTC"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="who began it"),
        sa.Column("findings", sa.Text(), nullable=False, comment="JSON array: what the plan told"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_jira_import_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jira_import")),
    )
    op.create_index(op.f("ix_jira_import_site_id_plan_sha256"), "jira_import", ["site_id", "plan_sha256"], unique=True)
    op.create_table(
        "jira_import_page",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("jira_import_id", sa.BigInteger(), nullable=False, comment="the import it is part of"),
        sa.Column("remote_id", sa.Text(), nullable=False, comment="the site's id of the page"),
        sa.Column("title", sa.Text(), nullable=False, comment="as last seen"),
        sa.Column("space_key", sa.Text(), nullable=False, comment="the space it was in"),
        sa.Column("state", sa.Text(), nullable=False, comment="written, skipped, undone or kept"),
        sa.Column("version_before", sa.BigInteger(), nullable=True, comment="the page version that was rewritten"),
        sa.Column("version_after", sa.BigInteger(), nullable=True, comment="the page version that was written"),
        sa.Column("macros", sa.Text(), nullable=False, comment="JSON array: macro id, definition before and after"),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="what a person should know of it, in words; empty for nothing"
        ),
        sa.Column("written_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(
            ["jira_import_id"], ["jira_import.id"], name=op.f("fk_jira_import_page_jira_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jira_import_page")),
    )
    op.create_index(
        op.f("ix_jira_import_page_jira_import_id_remote_id"),
        "jira_import_page",
        ["jira_import_id", "remote_id"],
        unique=True,
    )
