"""What became of a Jira's data in another Jira; and which Jira each version was read from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "version",
        sa.Column(
            "jira_url",
            sa.Text(),
            nullable=True,
            comment="base of the Jira that was read; null where only the payload tells",
        ),
    )
    op.create_table(
        "jira_mapping",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column(
            "site_id",
            sa.BigInteger(),
            nullable=False,
            comment="the site whose macros were captured from the one Jira and are from the other",
        ),
        sa.Column(
            "mapping_id",
            sa.Text(),
            nullable=False,
            comment="UUID made when Jira data was imported; the same on every site",
        ),
        sa.Column(
            "source_url",
            sa.Text(),
            nullable=False,
            comment="base of the Jira that was captured from before, no slash at the end",
        ),
        sa.Column(
            "source_jira_id",
            sa.Text(),
            nullable=False,
            comment="cloud id or server id of that Jira; empty where nobody knows it",
        ),
        sa.Column(
            "destination_url",
            sa.Text(),
            nullable=False,
            comment="base of the Jira that is captured from since, no slash at the end",
        ),
        sa.Column(
            "destination_jira_id",
            sa.Text(),
            nullable=False,
            comment="cloud id or server id of that Jira; empty where nobody knows it",
        ),
        sa.Column(
            "numbers_kept",
            sa.Text(),
            nullable=False,
            comment="JSON array: keys of source projects whose issues kept their numbers",
        ),
        sa.Column("made_by", sa.Text(), nullable=False, comment="who imported it, by name"),
        sa.Column("made_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_jira_mapping_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jira_mapping")),
    )
    op.create_index(op.f("ix_jira_mapping_site_id_mapping_id"), "jira_mapping", ["site_id", "mapping_id"], unique=True)
    op.create_table(
        "mapped_thing",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("jira_mapping_id", sa.BigInteger(), nullable=False, comment="the mapping it is part of"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="project, issue, issue_type, field, status, priority, resolution, link_type, filter, sprint, …",
        ),
        sa.Column("source_id", sa.Text(), nullable=False, comment="its id in the source Jira; empty where it has none"),
        sa.Column(
            "source_key", sa.Text(), nullable=False, comment="its key there, of a project or an issue; else empty"
        ),
        sa.Column("source_name", sa.Text(), nullable=False, comment="its name there"),
        sa.Column(
            "destination_id",
            sa.Text(),
            nullable=False,
            comment="its id in the destination Jira; empty where it has none",
        ),
        sa.Column(
            "destination_key", sa.Text(), nullable=False, comment="its key there, of a project or an issue; else empty"
        ),
        sa.Column("destination_name", sa.Text(), nullable=False, comment="its name there"),
        sa.Column("rule", sa.Text(), nullable=False, comment="by which rule both were matched"),
        sa.Column("certainty", sa.Text(), nullable=False, comment="given, certain or likely"),
        sa.Column(
            "words",
            sa.Text(),
            nullable=False,
            comment="JSON array of pairs: what else is said of it, there and here, as the two ends of a link type",
        ),
        sa.ForeignKeyConstraint(["jira_mapping_id"], ["jira_mapping.id"], name=op.f("fk_mapped_thing_jira_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapped_thing")),
    )
    for column in ("source_id", "source_key"):
        op.create_index(
            op.f(f"ix_mapped_thing_jira_mapping_id_kind_{column}"),
            "mapped_thing",
            ["jira_mapping_id", "kind", column],
            unique=False,
        )
