"""Backups that were made: where each archive lies and what it holds."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class BackupRow:
    """One archive that was written. Fields as in `tables.backup`."""

    id: int
    site_id: int
    created_at: int
    created_by: str
    path: str
    archive_bytes: int
    archive_sha256: str
    selection: str
    counts: str
    job_id: str | None
    made_by_kind: str | None
    made_by_id: str | None
    made_by_name: str | None
    deleted_at: int | None
    deleted_by_name: str | None


def add_backup(
    conn: sa.Connection,
    *,
    site_id: int,
    created_at: int,
    created_by: str,
    path: str,
    archive_bytes: int,
    archive_sha256: str,
    selection: str,
    counts: str,
    job_id: str | None = None,
    made_by_kind: str | None = None,
    made_by_id: str | None = None,
    made_by_name: str | None = None,
) -> int:
    """Note an archive; answers the id of its row."""
    return rows.insert_row(
        conn,
        tables.backup,
        site_id=site_id,
        created_at=created_at,
        created_by=created_by,
        path=path,
        archive_bytes=archive_bytes,
        archive_sha256=archive_sha256,
        selection=selection,
        counts=counts,
        job_id=job_id,
        made_by_kind=made_by_kind,
        made_by_id=made_by_id,
        made_by_name=made_by_name,
    )


def get_backup(conn: sa.Connection, site_id: int, backup_id: int) -> BackupRow:
    """The backup with this id, deleted ones too. Raises NotFound, also for one of another site."""
    backup = tables.backup
    statement = rows.select_as(BackupRow, backup).where(backup.c.id == backup_id, backup.c.site_id == site_id)
    found = rows.fetch_one(conn, BackupRow, statement)
    if found is None:
        raise NotFound(f"There is no backup {backup_id} of this site; list the backups to see which there are.")
    return found


def find_backup_of_job(conn: sa.Connection, job_id: str) -> BackupRow | None:
    """The backup that the job made."""
    backup = tables.backup
    statement = rows.select_as(BackupRow, backup).where(backup.c.job_id == job_id).order_by(backup.c.id).limit(1)
    return rows.fetch_one(conn, BackupRow, statement)


def list_backups(
    conn: sa.Connection, site_id: int, *, limit: int | None = None, before: tuple[int, int] | None = None
) -> list[BackupRow]:
    """The site's backups, newest first, deleted ones too.

    `before` is (created_at, id) of the last backup of the page before.
    """
    backup = tables.backup
    statement = rows.select_as(BackupRow, backup).where(backup.c.site_id == site_id)
    if before is not None:
        statement = statement.where(sa.tuple_(backup.c.created_at, backup.c.id) < sa.tuple_(*before))
    statement = statement.order_by(backup.c.created_at.desc(), backup.c.id.desc())
    return rows.fetch_all(conn, BackupRow, statement if limit is None else statement.limit(limit))


def note_deleted(conn: sa.Connection, backup_id: int, *, deleted_at: int, deleted_by_name: str) -> None:
    """Note that the file is gone; the row stays as history."""
    rows.update_row(conn, tables.backup, backup_id, deleted_at=deleted_at, deleted_by_name=deleted_by_name)
