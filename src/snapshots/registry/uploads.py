"""Archives that were brought here to be restored: where each file lies and what it said it is."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.errors import NotFound
from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One uploaded archive. Fields as in `tables.upload`."""

    id: int
    site_id: int
    name: str
    path: str
    file_bytes: int
    file_sha256: str
    uploaded_at: int
    uploaded_by_kind: str
    uploaded_by_id: str
    uploaded_by_name: str
    facts: str
    verified_at: int | None
    findings: str | None
    deleted_at: int | None


def add_upload(
    conn: sa.Connection,
    *,
    site_id: int,
    name: str,
    path: str,
    file_bytes: int,
    file_sha256: str,
    uploaded_at: int,
    uploaded_by_kind: str,
    uploaded_by_id: str,
    uploaded_by_name: str,
    facts: str,
) -> UploadRow:
    """Note a file that lies whole at `path`."""
    upload_id = rows.insert_row(
        conn,
        tables.upload,
        site_id=site_id,
        name=name,
        path=path,
        file_bytes=file_bytes,
        file_sha256=file_sha256,
        uploaded_at=uploaded_at,
        uploaded_by_kind=uploaded_by_kind,
        uploaded_by_id=uploaded_by_id,
        uploaded_by_name=uploaded_by_name,
        facts=facts,
    )
    return get_upload(conn, site_id, upload_id)


def get_upload(conn: sa.Connection, site_id: int, upload_id: int) -> UploadRow:
    """The upload with this id, deleted ones too. Raises NotFound, also for one of another site."""
    upload = tables.upload
    statement = rows.select_as(UploadRow, upload).where(upload.c.id == upload_id, upload.c.site_id == site_id)
    found = rows.fetch_one(conn, UploadRow, statement)
    if found is None:
        raise NotFound(
            f"There is no uploaded archive {upload_id} on this site; list the archives to see which there are."
        )
    return found


def list_uploads(conn: sa.Connection, site_id: int | None, *, deleted: bool = False) -> list[UploadRow]:
    """The uploads of a site (None: of every site), newest first; deleted ones only if wanted."""
    upload = tables.upload
    statement = rows.select_as(UploadRow, upload)
    if site_id is not None:
        statement = statement.where(upload.c.site_id == site_id)
    if not deleted:
        statement = statement.where(upload.c.deleted_at.is_(None))
    return rows.fetch_all(conn, UploadRow, statement.order_by(upload.c.uploaded_at.desc(), upload.c.id.desc()))


def note_verified(conn: sa.Connection, upload_id: int, verified_at: int | None, findings: str) -> None:
    """Note what the check of every record found; `verified_at` only when it found nothing."""
    rows.update_row(conn, tables.upload, upload_id, verified_at=verified_at, findings=findings)


def note_deleted(conn: sa.Connection, upload_id: int, deleted_at: int) -> None:
    """Note that the file is gone."""
    rows.update_row(conn, tables.upload, upload_id, deleted_at=deleted_at)
