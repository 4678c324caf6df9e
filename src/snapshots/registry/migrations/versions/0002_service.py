"""What the service needs: settings, API keys, the audit log, uploaded archives, and who made a backup."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the type is spelled INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the only site it opens"),
        sa.Column("name", sa.Text(), nullable=False, comment="what its maker calls it"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="JSON array: backup, restore, jira-data"),
        sa.Column("hint", sa.Text(), nullable=False, comment="prefix and last characters, to tell keys apart"),
        sa.Column(
            "secret_sha256",
            sa.Text(),
            nullable=False,
            comment="hexadecimal digest of the key, which itself is kept nowhere",
        ),
        sa.Column(
            "previous_sha256",
            sa.Text(),
            nullable=True,
            comment="digest of the key before the last rotation, while that still opens",
        ),
        sa.Column("previous_until", sa.BigInteger(), nullable=True, comment="µs UTC, until when it does"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("created_by_name", sa.Text(), nullable=False, comment="who made it"),
        sa.Column("rotated_at", sa.BigInteger(), nullable=True, comment="µs UTC"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="µs UTC; null for one that does not expire"),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True, comment="µs UTC; it may be enabled again"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="µs UTC; for ever"),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True, comment="µs UTC, to the minute"),
        sa.Column("last_used_address", sa.Text(), nullable=True, comment="network address of that use"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_api_key_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index(op.f("ix_api_key_previous_sha256"), "api_key", ["previous_sha256"], unique=False)
    op.create_index(op.f("ix_api_key_secret_sha256"), "api_key", ["secret_sha256"], unique=True)
    op.create_index(op.f("ix_api_key_site_id"), "api_key", ["site_id"], unique=False)
    op.create_table(
        "audit_event",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column(
            "site_id", sa.BigInteger(), nullable=True, comment="the site it concerns; null where it concerns none"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("actor_kind", sa.Text(), nullable=False, comment="person, key, cli or service"),
        sa.Column(
            "actor_id", sa.Text(), nullable=False, comment="account id, id of the key, or user of the operating system"
        ),
        sa.Column("actor_name", sa.Text(), nullable=False, comment="that actor's name then"),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="network address it came from; empty for this machine's own"
        ),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="what was done, such as backup.started (access/audit.py)"
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="what it was done to, in words"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="done, refused or failed"),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON object"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_audit_event_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_site_id_id"), "audit_event", ["site_id", "id"], unique=False)
    op.create_table(
        "setting",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site it is for"),
        sa.Column("name", sa.Text(), nullable=False, comment="which setting (access/settings.py)"),
        sa.Column("value", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_setting_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting")),
    )
    op.create_index(op.f("ix_setting_site_id_name"), "setting", ["site_id", "name"], unique=True)
    op.create_table(
        "upload",
        sa.Column("id", ID, autoincrement=True, nullable=False, comment="local to this registry"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="the site it was brought to"),
        sa.Column("name", sa.Text(), nullable=False, comment="file name that the sender gave"),
        sa.Column("path", sa.Text(), nullable=False, comment="where the file lies"),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False, comment="length of the file"),
        sa.Column("file_sha256", sa.Text(), nullable=False, comment="hexadecimal digest of the file"),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False, comment="µs UTC"),
        sa.Column("uploaded_by_kind", sa.Text(), nullable=False, comment="who brought it: person, key or cli"),
        sa.Column("uploaded_by_id", sa.Text(), nullable=False, comment="that actor's id"),
        sa.Column("uploaded_by_name", sa.Text(), nullable=False, comment="that actor's name then"),
        sa.Column(
            "facts", sa.Text(), nullable=False, comment="JSON: source, time, selection and counts, as in the manifest"
        ),
        sa.Column(
            "verified_at",
            sa.BigInteger(),
            nullable=True,
            comment="µs UTC, when every record was checked and found sound",
        ),
        sa.Column(
            "findings",
            sa.Text(),
            nullable=True,
            comment="JSON array: what the check of every record found; null while none was made",
        ),
        sa.Column(
            "deleted_at",
            sa.BigInteger(),
            nullable=True,
            comment="µs UTC, when the file was deleted or swept; the row stays as history",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_upload_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_site_id_uploaded_at"), "upload", ["site_id", "uploaded_at"], unique=False)
    op.add_column(
        "backup",
        sa.Column("job_id", sa.Text(), nullable=True, comment="the job that made it; null for those of version 0.1.0"),
    )
    op.add_column(
        "backup",
        sa.Column(
            "made_by_kind",
            sa.Text(),
            nullable=True,
            comment="who asked for it: person, key, cli or service; null as above",
        ),
    )
    op.add_column("backup", sa.Column("made_by_id", sa.Text(), nullable=True, comment="that actor's id"))
    op.add_column("backup", sa.Column("made_by_name", sa.Text(), nullable=True, comment="that actor's name then"))
    op.add_column(
        "backup",
        sa.Column(
            "deleted_at",
            sa.BigInteger(),
            nullable=True,
            comment="µs UTC, when its file was deleted; the row stays as history",
        ),
    )
    op.add_column("backup", sa.Column("deleted_by_name", sa.Text(), nullable=True, comment="who deleted the file"))
    op.create_index(op.f("ix_backup_site_id_created_at"), "backup", ["site_id", "created_at"], unique=False)
