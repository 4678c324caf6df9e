"""Archives that people and pipelines bring here to be restored."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from snapshots import durable
from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.manifest import SelectedSpaces, Source
from snapshots.backup.read import open_archive
from snapshots.backup.receive import IncomingFile, ReceivedFile
from snapshots.errors import AlreadyRunning, Gone, SnapshotsError
from snapshots.findings import Finding
from snapshots.registry import uploads
from snapshots.registry.uploads import UploadRow


class ArchiveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says it is. `created_at` is µs UTC."""

    producer: str
    created_at: int
    source: Source
    selection: SelectedSpaces
    counts: dict[str, int]


def begin_upload(app: App, site: str, expected_bytes: int | None) -> IncomingFile:
    """Room for an archive that is to come. Raises UploadTooLarge or DiskFull when there is none."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        here = sum(upload.file_bytes for upload in uploads.list_uploads(conn, row.id))
    room = max(app.config.max_upload_bytes - here, 0)
    return IncomingFile(app.config.uploads_dir, max_bytes=room, expected_bytes=expected_bytes)


def finish_upload(
    app: App, site: str, incoming: IncomingFile, *, name: str, actor: Actor, sha256: str | None = None
) -> UploadRow:
    """Keep what came, if it is an archive whose every byte is as it was written. Else nothing is left of it.

    Raises UploadCut, InvalidInput for another kind of file, DamageError.
    """
    row = app.get_site(site)
    name = plain_name(name)
    received = incoming.finish(sha256)
    try:
        facts = read_facts(received.path, name)
        return _keep(app, row.id, received, name, facts, actor)
    except BaseException:
        received.path.unlink(missing_ok=True)
        raise


def _keep(app: App, site_id: int, received: ReceivedFile, name: str, facts: ArchiveFacts, actor: Actor) -> UploadRow:
    now = time.time_ns() // 1000
    with app.registry.write() as conn:
        upload = uploads.add_upload(
            conn,
            site_id=site_id,
            name=name,
            path=str(received.path),
            file_bytes=received.bytes,
            file_sha256=received.sha256,
            uploaded_at=now,
            uploaded_by_kind=actor.kind,
            uploaded_by_id=actor.id,
            uploaded_by_name=actor.name,
            facts=msgspec.json.encode(facts).decode(),
        )
        details = {"archive": upload.id, "bytes": received.bytes, "sha256": received.sha256}
        audit.record(conn, actor, "archive.uploaded", site_id=site_id, subject=name, details=details)
    return upload


def read_facts(path: Path, name: str) -> ArchiveFacts:
    """What the archive says it is, after its digest was checked. Errors call it `name`, not where it lies."""
    try:
        with open_archive(path) as archive:
            manifest = archive.manifest
    except SnapshotsError as error:
        raise type(error)(str(error).replace(str(path), repr(name))) from None
    return ArchiveFacts(
        producer=manifest.producer,
        created_at=manifest.created_at,
        source=manifest.source,
        selection=manifest.selection,
        counts=manifest.counts,
    )


def facts_of(upload: UploadRow) -> ArchiveFacts:
    """What the archive said it is when it came."""
    return msgspec.json.decode(upload.facts, type=ArchiveFacts)


def findings_of(upload: UploadRow) -> list[Finding] | None:
    """What the check of every record found; None while none was made."""
    return None if upload.findings is None else msgspec.json.decode(upload.findings, type=list[Finding])


def list_archives(app: App, site: str) -> list[UploadRow]:
    """The archives that lie here for a site, newest first."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        return uploads.list_uploads(conn, row.id)


def get_archive(app: App, site: str, archive_id: int) -> UploadRow:
    """An archive that lies here. Raises NotFound, and Gone for one that was deleted or swept."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        upload = uploads.get_upload(conn, row.id, archive_id)
    if upload.deleted_at is not None or not Path(upload.path).is_file():
        raise Gone(f"The archive {upload.name!r} was deleted or has expired: upload it again.")
    return upload


def start_verify(app: App, site: str, archive_id: int, actor: Actor) -> str:
    """Begin to check every record of an archive; answers the id of the job, also of one under way already."""
    upload = get_archive(app, site, archive_id)
    args = {"site": app.get_site(site).name, "archive": upload.path, "upload": upload.id, "name": upload.name}
    try:
        return jobs.start(app, durable.VERIFY, {**args, "actor": actor.to_json()})
    except AlreadyRunning as under_way:
        return under_way.job_id


def delete_archive(app: App, site: str, archive_id: int, actor: Actor) -> None:
    """Remove the file. Raises AlreadyRunning while a task reads it."""
    row = app.get_site(site)
    upload = get_archive(app, site, archive_id)
    refuse_while_used(app, upload)
    with app.registry.write() as conn:
        uploads.note_deleted(conn, upload.id, time.time_ns() // 1000)
        audit.record(
            conn, actor, "archive.deleted", site_id=row.id, subject=upload.name, details={"archive": upload.id}
        )
    Path(upload.path).unlink(missing_ok=True)


def refuse_while_used(app: App, upload: UploadRow) -> None:
    """Raise AlreadyRunning while an unfinished task reads the archive."""
    for job in app.jobs.list_unfinished():
        if job.args.get("archive") == upload.path:
            raise AlreadyRunning(
                f"Task {job.id} reads the archive {upload.name!r}: wait for it or cancel it, then try again.",
                job_id=job.id,
            )


def plain_name(name: str) -> str:
    """A file name as it may be shown and offered again: no path, nothing that steers a terminal, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable()).strip(" .")
    return kept[-150:] or "archive.zip"
