"""Restores: each with a log of the chunks it has carried out, so that it can be taken up again, and undone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables

FinalState = Literal["done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """One restore. Fields as in `tables.restore`."""

    id: int
    site_id: int
    source_cloud_id: str
    archive_path: str
    archive_sha256: str
    state: str
    started_at: int
    finished_at: int | None
    options: str
    undone_at: int | None
    archive_name: str | None
    jira_file: str | None
    job_id: str | None
    findings: str | None


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk that was carried out. Fields as in `tables.restore_chunk`."""

    id: int
    restore_id: int
    name: str
    counts: str
    applied_at: int
    undone_at: int | None
    undone_counts: str | None


@dataclass(frozen=True, slots=True)
class JournalPages:
    """Which pages a chunk changed, as its journal says in JSON."""

    restore_id: int
    pages: str


def start_restore(
    conn: sa.Connection,
    *,
    site_id: int,
    source_cloud_id: str,
    archive_path: str,
    archive_sha256: str,
    started_at: int,
    options: str,
    archive_name: str | None = None,
    jira_file: str | None = None,
    job_id: str | None = None,
) -> int:
    """Note that a restore is running; answers the id of its row."""
    return rows.insert_row(
        conn,
        tables.restore,
        site_id=site_id,
        source_cloud_id=source_cloud_id,
        archive_path=archive_path,
        archive_sha256=archive_sha256,
        state="running",
        started_at=started_at,
        options=options,
        archive_name=archive_name,
        jira_file=jira_file,
        job_id=job_id,
    )


def finish_restore(
    conn: sa.Connection, restore_id: int, state: FinalState, finished_at: int, findings: str = "[]"
) -> None:
    """Note how the restore ended, and as JSON what it told."""
    rows.update_row(conn, tables.restore, restore_id, state=state, finished_at=finished_at, findings=findings)


def resume_restore(conn: sa.Connection, restore_id: int, job_id: str | None = None) -> None:
    """Note that a restore which ended early is running again."""
    rows.update_row(conn, tables.restore, restore_id, state="running", finished_at=None, job_id=job_id)


def find_restore_of_job(conn: sa.Connection, site_id: int, job_id: str) -> int | None:
    """The id of the restore that this job carries out, or did."""
    restore = tables.restore
    return conn.scalar(sa.select(restore.c.id).where(restore.c.site_id == site_id, restore.c.job_id == job_id))


def get_restore(conn: sa.Connection, restore_id: int) -> RestoreRow:
    """The restore with this id. Raises NotFound."""
    restore = tables.restore
    found = rows.fetch_one(conn, RestoreRow, rows.select_as(RestoreRow, restore).where(restore.c.id == restore_id))
    if found is None:
        raise NotFound(f"There is no restore {restore_id}; list the site's restores to see which there are.")
    return found


def list_restores(conn: sa.Connection, site_id: int) -> list[RestoreRow]:
    """The site's restores, newest first."""
    restore = tables.restore
    statement = rows.select_as(RestoreRow, restore).where(restore.c.site_id == site_id)
    return rows.fetch_all(conn, RestoreRow, statement.order_by(restore.c.started_at.desc(), restore.c.id.desc()))


def add_chunk(conn: sa.Connection, restore_id: int, name: str, counts: str, applied_at: int) -> int:
    """Note in the chunk's own transaction that it was carried out; answers its id. A name is used once in a restore."""
    chunk = tables.restore_chunk
    return rows.insert_row(conn, chunk, restore_id=restore_id, name=name, counts=counts, applied_at=applied_at)


def find_chunk(conn: sa.Connection, restore_id: int, name: str) -> ChunkRow | None:
    chunk = tables.restore_chunk
    return rows.fetch_one(
        conn,
        ChunkRow,
        rows.select_as(ChunkRow, chunk).where(chunk.c.restore_id == restore_id, chunk.c.name == name),
    )


def list_chunks(conn: sa.Connection, restore_id: int) -> list[ChunkRow]:
    """What the restore has carried out, in that order."""
    chunk = tables.restore_chunk
    return rows.fetch_all(
        conn, ChunkRow, rows.select_as(ChunkRow, chunk).where(chunk.c.restore_id == restore_id).order_by(chunk.c.id)
    )


def begin_undo(conn: sa.Connection, restore_id: int) -> None:
    """Note that the restore is being undone; it stays so until it is undone to the end."""
    rows.update_row(conn, tables.restore, restore_id, state="undoing")


def finish_undo(conn: sa.Connection, restore_id: int, undone_at: int, findings: str = "[]") -> None:
    """Note that the restore is undone to the end, and as JSON what that told."""
    rows.update_row(conn, tables.restore, restore_id, state="undone", undone_at=undone_at, findings=findings)


def add_journal(conn: sa.Connection, chunk_id: int, pages: str, changes: bytes) -> None:
    """Keep in the chunk's own transaction what would undo it."""
    rows.insert_row(conn, tables.restore_journal, restore_chunk_id=chunk_id, pages=pages, changes=changes)


def find_journal(conn: sa.Connection, chunk_id: int) -> bytes | None:
    """What would undo the chunk; None where it is undone, or was carried out before journals were kept."""
    journal = tables.restore_journal
    return conn.scalar(sa.select(journal.c.changes).where(journal.c.restore_chunk_id == chunk_id))


def note_chunk_undone(conn: sa.Connection, chunk_id: int, counts: str, undone_at: int) -> None:
    """Note in the same transaction that the chunk is undone; its journal has served."""
    journal = tables.restore_journal
    conn.execute(journal.delete().where(journal.c.restore_chunk_id == chunk_id))
    rows.update_row(conn, tables.restore_chunk, chunk_id, undone_at=undone_at, undone_counts=counts)


def list_journal_pages(conn: sa.Connection, restore_ids: Collection[int]) -> list[JournalPages]:
    """Which pages the chunks of these restores changed, as far as they are not undone."""
    chunk, journal = tables.restore_chunk, tables.restore_journal
    found = conn.execute(
        sa.select(chunk.c.restore_id, journal.c.pages)
        .join(chunk, journal.c.restore_chunk_id == chunk.c.id)
        .where(chunk.c.restore_id.in_(restore_ids))
        .order_by(chunk.c.id)
    )
    return [JournalPages(*row) for row in found]
