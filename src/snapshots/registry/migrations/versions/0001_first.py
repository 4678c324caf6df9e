"""The registry as version 0.1.0 made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("name", sa.Text(), nullable=False, comment="how people call the site on the command line"),
        sa.Column("deployment", sa.Text(), nullable=False, comment="cloud"),
        sa.Column(
            "confluence_url",
            sa.Text(),
            nullable=False,
            comment="base of Confluence, with /wiki on Cloud and no slash at the end",
        ),
        sa.Column("jira_url", sa.Text(), nullable=False, comment="base of the one Jira this site captures from"),
        sa.Column(
            "cloud_id",
            sa.Text(),
            nullable=False,
            comment="what the site calls itself; two entries with one cloud id are the same site",
        ),
        sa.Column("account", sa.Text(), nullable=False, comment="e-mail address of the account that calls the site"),
        sa.Column(
            "secret",
            sa.Text(),
            nullable=False,
            comment="where its API token is: env:NAME, file:PATH, or sealed:… encrypted with this machine's key",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_index(op.f("ix_site_name"), "site", ["name"], unique=True)
    op.create_table(
        "backup",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site it is of"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="account that the site was called with"),
        sa.Column("path", sa.Text(), nullable=False, comment="where the archive was written"),
        sa.Column("archive_bytes", sa.BigInteger(), nullable=False, comment="length of the archive"),
        sa.Column("archive_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the archive"),
        sa.Column("selection", sa.Text(), nullable=False, comment="JSON: the spaces chosen, as in the manifest"),
        sa.Column("counts", sa.Text(), nullable=False, comment="JSON object: records by kind, as in the manifest"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_backup_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
    )
    op.create_table(
        "parked_record",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site it waits for"),
        sa.Column("source_cloud_id", sa.Text(), nullable=False, comment="the site it comes from"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="kind of record: page, macro, version, sticker or sticker_assignment",
        ),
        sa.Column(
            "natural_key",
            sa.Text(),
            nullable=False,
            comment="what identifies it on every site (docs/archive-format.md)",
        ),
        sa.Column("record", sa.Text(), nullable=False, comment="JSON: the record as the archive held it"),
        sa.Column("reason", sa.Text(), nullable=False, comment="what is missing, in words"),
        sa.Column("parked_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_parked_record_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_record")),
    )
    op.create_index(
        op.f("ix_parked_record_site_id_source_cloud_id_kind_natural_key"),
        "parked_record",
        ["site_id", "source_cloud_id", "kind", "natural_key"],
        unique=True,
    )
    op.create_table(
        "restore",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site restored to"),
        sa.Column("source_cloud_id", sa.Text(), nullable=False, comment="the site the archive is of"),
        sa.Column("archive_path", sa.Text(), nullable=False, comment="where the archive was read"),
        sa.Column("archive_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the archive"),
        sa.Column("state", sa.Text(), nullable=False, comment="running, done, failed or cancelled"),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("finished_at", sa.BigInteger(), nullable=True, comment="µs UTC"),
        sa.Column("options", sa.Text(), nullable=False, comment="JSON: conflict policy, space map, mapping"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_restore_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore")),
    )
    op.create_table(
        "space",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site it is on"),
        sa.Column("key", sa.Text(), nullable=False, comment="space key, as the site spells it"),
        sa.Column("remote_id", sa.Text(), nullable=False, comment="the site's id of the space"),
        sa.Column("name", sa.Text(), nullable=False, comment="as last seen"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_space_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
    )
    op.create_index(op.f("ix_space_site_id_key"), "space", ["site_id", "key"], unique=True)
    op.create_table(
        "page",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("space_id", sa.BigInteger(), nullable=False, comment="the space it is in"),
        sa.Column("remote_id", sa.Text(), nullable=False, comment="the site's id of the page"),
        sa.Column("title", sa.Text(), nullable=False, comment="as last seen"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_page_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
    )
    op.create_index(op.f("ix_page_remote_id"), "page", ["remote_id"], unique=False)
    op.create_index(op.f("ix_page_space_id_remote_id"), "page", ["space_id", "remote_id"], unique=True)
    op.create_table(
        "restore_chunk",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("restore_id", sa.BigInteger(), nullable=False, comment="the restore it is part of"),
        sa.Column("name", sa.Text(), nullable=False, comment="which part of the plan it carried out"),
        sa.Column("counts", sa.Text(), nullable=False, comment="JSON object: outcome to number of records"),
        sa.Column("applied_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["restore_id"], ["restore.id"], name=op.f("fk_restore_chunk_restore_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore_chunk")),
    )
    op.create_index(op.f("ix_restore_chunk_restore_id_name"), "restore_chunk", ["restore_id", "name"], unique=True)
    op.create_table(
        "macro",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("page_id", sa.BigInteger(), nullable=False, comment="the page whose body holds it"),
        sa.Column(
            "remote_id", sa.Text(), nullable=False, comment="macro id in the page body; survives a move to another site"
        ),
        sa.Column("attachment_name", sa.Text(), nullable=False, comment="file name of its payload on the page"),
        sa.Column(
            "definition",
            sa.Text(),
            nullable=False,
            comment="canonical JSON of the definition at the last capture (docs/payload-format.md)",
        ),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_macro_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro")),
    )
    op.create_index(op.f("ix_macro_page_id_remote_id"), "macro", ["page_id", "remote_id"], unique=True)
    op.create_index(op.f("ix_macro_remote_id"), "macro", ["remote_id"], unique=False)
    op.create_table(
        "sticker",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("page_id", sa.BigInteger(), nullable=False, comment="the page whose versions may carry it"),
        sa.Column("name", sa.Text(), nullable=False, comment="its words"),
        sa.Column("colour", sa.Text(), nullable=False, comment="grey, blue, green, yellow, red or purple"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="account id"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_sticker_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sticker")),
    )
    op.create_index(op.f("ix_sticker_page_id_name"), "sticker", ["page_id", "name"], unique=True)
    op.create_table(
        "version",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("macro_id", sa.BigInteger(), nullable=False, comment="the macro whose history it is in"),
        sa.Column(
            "capture_id", sa.Text(), nullable=False, comment="UUID made when it was taken; the same on every site"
        ),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="its place in the macro's history, from 1"),
        sa.Column("captured_at", sa.BigInteger(), nullable=False, comment="µs UTC, when reading Jira began"),
        sa.Column("captured_by", sa.Text(), nullable=False, comment="account id of who took it"),
        sa.Column("captured_by_name", sa.Text(), nullable=False, comment="that person's display name then"),
        sa.Column("trigger", sa.Text(), nullable=False, comment="person, macro_key, global_key or schedule"),
        sa.Column(
            "page_version",
            sa.BigInteger(),
            nullable=True,
            comment="the page version that first showed it; null where the page kept no such version",
        ),
        sa.Column(
            "attachment_version",
            sa.BigInteger(),
            nullable=False,
            comment="the attachment version that holds its payload",
        ),
        sa.Column("payload_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the whole payload"),
        sa.Column("payload_bytes", sa.BigInteger(), nullable=False, comment="length of the payload"),
        sa.Column(
            "data_sha256",
            sa.Text(),
            nullable=False,
            comment="hexadecimal digest of columns and rows only: equal when Jira said the same",
        ),
        sa.Column("row_counts", sa.Text(), nullable=False, comment="JSON array: rows of level 1, level 2, …"),
        sa.ForeignKeyConstraint(["macro_id"], ["macro.id"], name=op.f("fk_version_macro_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
    )
    op.create_index(op.f("ix_version_macro_id_capture_id"), "version", ["macro_id", "capture_id"], unique=True)
    op.create_index(op.f("ix_version_macro_id_number"), "version", ["macro_id", "number"], unique=True)
    op.create_table(
        "sticker_assignment",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("sticker_id", sa.BigInteger(), nullable=False, comment="the sticker"),
        sa.Column("version_id", sa.BigInteger(), nullable=False, comment="the version that carries it"),
        sa.Column("assigned_by", sa.Text(), nullable=False, comment="account id"),
        sa.Column("assigned_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["sticker_id"], ["sticker.id"], name=op.f("fk_sticker_assignment_sticker_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_sticker_assignment_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sticker_assignment")),
    )
    op.create_index(
        op.f("ix_sticker_assignment_sticker_id_version_id"),
        "sticker_assignment",
        ["sticker_id", "version_id"],
        unique=True,
    )
    op.create_index(op.f("ix_sticker_assignment_version_id"), "sticker_assignment", ["version_id"], unique=False)
