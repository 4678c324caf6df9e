"""Backups that were made: where each archive lies and what it holds."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

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
    )


def list_backups(conn: sa.Connection, site_id: int) -> list[BackupRow]:
    """The site's backups, newest first."""
    backup = tables.backup
    statement = rows.select_as(BackupRow, backup).where(backup.c.site_id == site_id)
    return rows.fetch_all(conn, BackupRow, statement.order_by(backup.c.created_at.desc(), backup.c.id.desc()))
