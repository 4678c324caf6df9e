"""The registry's tables, one schema for SQLite and PostgreSQL.

Moments are integers, microseconds since 1970 in UTC; structured values are JSON text: so the bytes
of a record are the same from either database (docs/archive-format.md). `id` columns are local to
one registry; `remote_id` columns hold the id the site gave. Every column has a note: a
column without one fails the tests, as does a table that `records.py` does not declare.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        primary_key=True,
        autoincrement=True,
        comment="local to this registry",
    )


def _text(name: str, note: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, comment=note)


def _number(name: str, note: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, comment=note)


def _unique(*columns: str) -> sa.Index:
    """An index and not a constraint: SQLite can drop and make again only what has a name (bulk.py)."""
    return sa.Index(None, *columns, unique=True)


def _reference(name: str, note: str, *, nullable: bool = False) -> sa.Column[int]:
    target = sa.ForeignKey(f"{name.removesuffix('_id')}.id")
    return sa.Column(name, sa.BigInteger, target, nullable=nullable, comment=note)


site = sa.Table(
    "site",
    metadata,
    _id(),
    _text("name", "how people call the site on the command line"),
    _text("deployment", "cloud"),
    _text("confluence_url", "base of Confluence, with /wiki on Cloud and no slash at the end"),
    _text("jira_url", "base of the one Jira this site captures from"),
    _text("cloud_id", "what the site calls itself; two entries with one cloud id are the same site"),
    _text("account", "e-mail address of the account that calls the site"),
    _text("secret", "where its API token is: env:NAME, file:PATH, or sealed:… encrypted with this machine's key"),
    _number("created_at", "µs UTC"),
    _unique("name"),
)

space = sa.Table(
    "space",
    metadata,
    _id(),
    _reference("site_id", "the site it is on"),
    _text("key", "space key, as the site spells it"),
    _text("remote_id", "the site's id of the space"),
    _text("name", "as last seen"),
    _unique("site_id", "key"),
)

page = sa.Table(
    "page",
    metadata,
    _id(),
    _reference("space_id", "the space it is in"),
    _text("remote_id", "the site's id of the page"),
    _text("title", "as last seen"),
    _unique("space_id", "remote_id"),
    sa.Index(None, "remote_id"),
)

macro = sa.Table(
    "macro",
    metadata,
    _id(),
    _reference("page_id", "the page whose body holds it"),
    _text("remote_id", "macro id in the page body; survives a move to another site"),
    _text("attachment_name", "file name of its payload on the page"),
    _text("definition", "canonical JSON of the definition at the last capture (docs/payload-format.md)"),
    _unique("page_id", "remote_id"),
    sa.Index(None, "remote_id"),
)

version = sa.Table(
    "version",
    metadata,
    _id(),
    _reference("macro_id", "the macro whose history it is in"),
    _text("capture_id", "UUID made when it was taken; the same on every site"),
    _number("number", "its place in the macro's history, from 1"),
    _number("captured_at", "µs UTC, when reading Jira began"),
    _text("captured_by", "account id of who took it"),
    _text("captured_by_name", "that person's display name then"),
    _text("trigger", "person, macro_key, global_key or schedule"),
    _number(
        "page_version", "the page version that first showed it; null where the page kept no such version", nullable=True
    ),
    _number("attachment_version", "the attachment version that holds its payload"),
    _text("payload_sha256", "hexadecimal digest of the whole payload"),
    _number("payload_bytes", "length of the payload"),
    _text("data_sha256", "hexadecimal digest of columns and rows only: equal when Jira said the same"),
    _text("row_counts", "JSON array: rows of level 1, level 2, …"),
    _text("jira_url", "base of the Jira that was read; null where only the payload tells", nullable=True),
    _unique("macro_id", "capture_id"),
    _unique("macro_id", "number"),
)

sticker = sa.Table(
    "sticker",
    metadata,
    _id(),
    _reference("page_id", "the page whose versions may carry it"),
    _text("name", "its words"),
    _text("colour", "grey, blue, green, yellow, red or purple"),
    _text("created_by", "account id"),
    _number("created_at", "µs UTC"),
    _unique("page_id", "name"),
)

sticker_assignment = sa.Table(
    "sticker_assignment",
    metadata,
    _id(),
    _reference("sticker_id", "the sticker"),
    _reference("version_id", "the version that carries it"),
    _text("assigned_by", "account id"),
    _number("assigned_at", "µs UTC"),
    _unique("sticker_id", "version_id"),
    sa.Index(None, "version_id"),
)

jira_mapping = sa.Table(
    "jira_mapping",
    metadata,
    _id(),
    _reference("site_id", "the site whose macros were captured from the one Jira and are from the other"),
    _text("mapping_id", "UUID made when Jira data was imported; the same on every site"),
    _text("source_url", "base of the Jira that was captured from before, no slash at the end"),
    _text("source_jira_id", "cloud id or server id of that Jira; empty where nobody knows it"),
    _text("destination_url", "base of the Jira that is captured from since, no slash at the end"),
    _text("destination_jira_id", "cloud id or server id of that Jira; empty where nobody knows it"),
    _text("numbers_kept", "JSON array: keys of source projects whose issues kept their numbers"),
    _text("made_by", "who imported it, by name"),
    _number("made_at", "µs UTC"),
    _unique("site_id", "mapping_id"),
)

mapped_thing = sa.Table(
    "mapped_thing",
    metadata,
    _id(),
    _reference("jira_mapping_id", "the mapping it is part of"),
    _text("kind", "project, issue, issue_type, field, status, priority, resolution, link_type, filter, sprint, …"),
    _text("source_id", "its id in the source Jira; empty where it has none"),
    _text("source_key", "its key there, of a project or an issue; else empty"),
    _text("source_name", "its name there"),
    _text("destination_id", "its id in the destination Jira; empty where it has none"),
    _text("destination_key", "its key there, of a project or an issue; else empty"),
    _text("destination_name", "its name there"),
    _text("rule", "by which rule both were matched"),
    _text("certainty", "given, certain or likely"),
    _text("words", "JSON array of pairs: what else is said of it, there and here, as the two ends of a link type"),
    sa.Index(None, "jira_mapping_id", "kind", "source_id"),
    sa.Index(None, "jira_mapping_id", "kind", "source_key"),
)

backup = sa.Table(
    "backup",
    metadata,
    _id(),
    _reference("site_id", "the site it is of"),
    _number("created_at", "µs UTC"),
    _text("created_by", "account that the site was called with"),
    _text("path", "where the archive was written"),
    _number("archive_bytes", "length of the archive"),
    _text("archive_sha256", "hexadecimal digest of the archive"),
    _text("selection", "JSON: the spaces chosen, as in the manifest"),
    _text("counts", "JSON object: records by kind, as in the manifest"),
    _text("job_id", "the job that made it; null for those of version 0.1.0", nullable=True),
    _text("made_by_kind", "who asked for it: person, key, cli or service; null as above", nullable=True),
    _text("made_by_id", "that actor's id", nullable=True),
    _text("made_by_name", "that actor's name then", nullable=True),
    _number("deleted_at", "µs UTC, when its file was deleted; the row stays as history", nullable=True),
    _text("deleted_by_name", "who deleted the file", nullable=True),
    sa.Index(None, "site_id", "created_at"),
)

upload = sa.Table(
    "upload",
    metadata,
    _id(),
    _reference("site_id", "the site it was brought to"),
    _text("name", "file name that the sender gave"),
    _text("path", "where the file lies"),
    _number("file_bytes", "length of the file"),
    _text("file_sha256", "hexadecimal digest of the file"),
    _number("uploaded_at", "µs UTC"),
    _text("uploaded_by_kind", "who brought it: person, key or cli"),
    _text("uploaded_by_id", "that actor's id"),
    _text("uploaded_by_name", "that actor's name then"),
    _text("facts", "JSON: source, time, selection and counts, as in the manifest"),
    _number("verified_at", "µs UTC, when every record was checked and found sound", nullable=True),
    _text("findings", "JSON array: what the check of every record found; null while none was made", nullable=True),
    _number("deleted_at", "µs UTC, when the file was deleted or swept; the row stays as history", nullable=True),
    sa.Index(None, "site_id", "uploaded_at"),
)

restore = sa.Table(
    "restore",
    metadata,
    _id(),
    _reference("site_id", "the site restored to"),
    _text("source_cloud_id", "the site the archive is of"),
    _text("archive_path", "where the archive was read"),
    _text("archive_sha256", "hexadecimal digest of the archive"),
    _text("state", "running, done, failed, cancelled, undoing or undone"),
    _number("started_at", "µs UTC"),
    _number("finished_at", "µs UTC", nullable=True),
    _text("options", "JSON: conflict policy, space map, mapping"),
    _number("undone_at", "µs UTC; null while it is not undone to the end", nullable=True),
    _text("archive_name", "what people call the archive; null where that was not kept yet", nullable=True),
    _text("jira_file", "JSON: the Jira-data file that was brought along; null without one", nullable=True),
    _text("job_id", "the job that carried it out last; null where that was not kept yet", nullable=True),
    _text("findings", "JSON array: what its plan and its last run told; null while none has ended", nullable=True),
)

restore_chunk = sa.Table(
    "restore_chunk",
    metadata,
    _id(),
    _reference("restore_id", "the restore it is part of"),
    _text("name", "which part of the plan it carried out"),
    _text("counts", "JSON object: outcome to number of records"),
    _number("applied_at", "µs UTC"),
    _number("undone_at", "µs UTC; null while what it did stands", nullable=True),
    _text("undone_counts", "JSON object: what undoing it removed, put back and kept", nullable=True),
    _unique("restore_id", "name"),
)

restore_journal = sa.Table(
    "restore_journal",
    metadata,
    _id(),
    _reference("restore_chunk_id", "the chunk that made these changes; the row goes when they are undone"),
    _text("pages", "JSON: which pages were changed, so that restores are undone in their order"),
    sa.Column(
        "changes",
        sa.LargeBinary,
        nullable=False,
        comment="deflated JSON: what the chunk made, and what it wrote over (restore/journal.py)",
    ),
    _unique("restore_chunk_id"),
)

parked_record = sa.Table(
    "parked_record",
    metadata,
    _id(),
    _reference("site_id", "the site it waits for"),
    _text("source_cloud_id", "the site it comes from"),
    _text("kind", "kind of record: page, macro, version, sticker or sticker_assignment"),
    _text("natural_key", "what identifies it on every site (docs/archive-format.md)"),
    _text("record", "JSON: the record as the archive held it"),
    _text("reason", "what is missing, in words"),
    _number("parked_at", "µs UTC"),
    _unique("site_id", "source_cloud_id", "kind", "natural_key"),
)

setting = sa.Table(
    "setting",
    metadata,
    _id(),
    _reference("site_id", "the site it is for"),
    _text("name", "which setting (access/settings.py)"),
    _text("value", "JSON"),
    _number("changed_at", "µs UTC"),
    _unique("site_id", "name"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    _id(),
    _reference("site_id", "the only site it opens"),
    _text("name", "what its maker calls it"),
    _text("scopes", "JSON array: backup, restore, jira-data"),
    _text("hint", "prefix and last characters, to tell keys apart"),
    _text("secret_sha256", "hexadecimal digest of the key, which itself is kept nowhere"),
    _text("previous_sha256", "digest of the key before the last rotation, while that still opens", nullable=True),
    _number("previous_until", "µs UTC, until when it does", nullable=True),
    _number("created_at", "µs UTC"),
    _text("created_by_name", "who made it"),
    _number("rotated_at", "µs UTC", nullable=True),
    _number("expires_at", "µs UTC; null for one that does not expire", nullable=True),
    _number("disabled_at", "µs UTC; it may be enabled again", nullable=True),
    _number("revoked_at", "µs UTC; for ever", nullable=True),
    _number("last_used_at", "µs UTC, to the minute", nullable=True),
    _text("last_used_address", "network address of that use", nullable=True),
    _unique("secret_sha256"),
    sa.Index(None, "site_id"),
    sa.Index(None, "previous_sha256"),
)

audit_event = sa.Table(
    "audit_event",
    metadata,
    _id(),
    _reference("site_id", "the site it concerns; null where it concerns none", nullable=True),
    _number("at", "µs UTC"),
    _text("actor_kind", "person, key, cli or service"),
    _text("actor_id", "account id, id of the key, or user of the operating system"),
    _text("actor_name", "that actor's name then"),
    _text("address", "network address it came from; empty for this machine's own"),
    _text("action", "what was done, such as backup.started (access/audit.py)"),
    _text("subject", "what it was done to, in words"),
    _text("outcome", "done, refused or failed"),
    _text("details", "JSON object"),
    sa.Index(None, "site_id", "id"),
)

jira_import = sa.Table(
    "jira_import",
    metadata,
    _id(),
    _reference("site_id", "the site whose pages were rewritten"),
    _text("plan_sha256", "hexadecimal digest of the plan that it carries out"),
    _text("file_sha256", "hexadecimal digest of the Jira-data file"),
    _text("source_cloud_id", "the site the Jira-data file is of"),
    _text("source_name", "what that site was called there"),
    _text("source_jira_url", "base of the Jira that the definitions were written for"),
    _text("mapping_id", "UUID of the mapping that is kept once it is done"),
    _number("pages", "how many pages the plan rewrites"),
    _text("state", "running, done, failed, cancelled, undoing or undone"),
    _number("started_at", "µs UTC"),
    _number("finished_at", "µs UTC", nullable=True),
    _number("undone_at", "µs UTC", nullable=True),
    _text("made_by", "who began it"),
    _text("findings", "JSON array: what the plan told"),
    _unique("site_id", "plan_sha256"),
)

jira_import_page = sa.Table(
    "jira_import_page",
    metadata,
    _id(),
    _reference("jira_import_id", "the import it is part of"),
    _text("remote_id", "the site's id of the page"),
    _text("title", "as last seen"),
    _text("space_key", "the space it was in"),
    _text("state", "written, skipped, undone or kept"),
    _number("version_before", "the page version that was rewritten", nullable=True),
    _number("version_after", "the page version that was written", nullable=True),
    _text("macros", "JSON array: macro id, definition before and after"),
    _text("reason", "what a person should know of it, in words; empty for nothing"),
    _number("written_at", "µs UTC"),
    _unique("jira_import_id", "remote_id"),
)
