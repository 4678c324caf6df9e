"""What the API says, as JSON: a struct for each noun. Moments are ISO 8601 in UTC, lengths bytes, digests hex."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import Parameter

from snapshots.acts import archives
from snapshots.acts.backups import Backup
from snapshots.acts.tasks import Task, as_datetime
from snapshots.registry.uploads import UploadRow
from snapshots.web.api.paths import api_path

Id = Annotated[int, Parameter(ge=1, le=2**53, description="Number of the thing, as the list shows it.")]
Limit = Annotated[int, Parameter(ge=1, le=200, description="At most so many.")]
Cursor = Annotated[
    str | None,
    Parameter(
        pattern=r"^\d{1,18}\.\d{1,18}$", description="Where to go on: `after` in the link `next` of the page before."
    ),
]


SpaceKey = Annotated[str, msgspec.Meta(max_length=255)]


class StartBackup(msgspec.Struct, forbid_unknown_fields=True):
    """Which spaces. Without a body, or without `spaces`: all of them."""

    spaces: Annotated[list[SpaceKey], msgspec.Meta(min_length=1, max_length=10_000)] | None = None
    """Space keys."""
    skip_unknown: bool = False
    """Go on without the spaces that are not known here; else nothing starts, and the answer lists them."""


class Maker(msgspec.Struct):
    """Who had it made: `kind` is person, key, cli or service."""

    kind: str
    name: str


class BackupSelection(msgspec.Struct):
    """Which spaces a backup holds: `mode` is all, picked or csv; no list for all."""

    mode: str
    spaces: list[str]


class BackupView(msgspec.Struct):
    """One backup. `available` says whether its file can still be downloaded."""

    id: int
    task: str | None
    created_at: datetime
    created_by: Maker | None
    file_name: str
    bytes: int
    sha256: str
    selection: BackupSelection
    counts: dict[str, int]
    available: bool
    deleted_at: datetime | None
    links: dict[str, str]


class BackupPage(msgspec.Struct):
    """Backups, newest first. `links` has `next` while there are more."""

    items: list[BackupView]
    links: dict[str, str]


class TaskPage(msgspec.Struct):
    """Tasks, newest first."""

    items: list[Task]
    links: dict[str, str]


class ArchiveSource(msgspec.Struct):
    """The site an archive says it is of."""

    name: str
    confluence_url: str
    jira_url: str
    cloud_id: str


class FindingView(msgspec.Struct):
    """Something a check found: what, where, why, and what to do."""

    kind: str
    record: str
    evidence: str
    action: str


class ArchiveView(msgspec.Struct):
    """An archive that was brought here. `verified`: true or false once every record was checked, else null."""

    id: int
    name: str
    uploaded_at: datetime
    uploaded_by: Maker
    expires_at: datetime
    bytes: int
    sha256: str
    source: ArchiveSource
    created_at: datetime
    producer: str
    selection: BackupSelection
    counts: dict[str, int]
    verified: bool | None
    findings: list[FindingView]
    links: dict[str, str]


class ArchivePage(msgspec.Struct):
    """Archives, newest first."""

    items: list[ArchiveView]


class UploadedArchive(msgspec.Struct):
    """What came, and the task that checks every record of it."""

    archive: ArchiveView
    task: Task


def view_backup(site: str, backup: Backup) -> BackupView:
    row = backup.row
    selection: dict[str, Any] = msgspec.json.decode(row.selection)
    links = {"self": api_path(site, "backups", row.id)}
    if backup.is_there:
        links["file"] = api_path(site, "backups", row.id, "file")
    if row.job_id:
        links["task"] = api_path(site, "tasks", row.job_id)
    return BackupView(
        id=row.id,
        task=row.job_id,
        created_at=as_datetime(row.created_at),
        created_by=Maker(row.made_by_kind, row.made_by_name or "") if row.made_by_kind else None,
        file_name=backup.file_name,
        bytes=row.archive_bytes,
        sha256=row.archive_sha256,
        selection=BackupSelection(selection["mode"], list(selection["spaces"])),
        counts=msgspec.json.decode(row.counts),
        available=backup.is_there,
        deleted_at=as_datetime(row.deleted_at) if row.deleted_at else None,
        links=links,
    )


def view_archive(site: str, upload: UploadRow, keep_days: int) -> ArchiveView:
    facts = archives.facts_of(upload)
    findings = archives.findings_of(upload)
    return ArchiveView(
        id=upload.id,
        name=upload.name,
        uploaded_at=as_datetime(upload.uploaded_at),
        uploaded_by=Maker(upload.uploaded_by_kind, upload.uploaded_by_name),
        expires_at=as_datetime(upload.uploaded_at + keep_days * 86_400_000_000),
        bytes=upload.file_bytes,
        sha256=upload.file_sha256,
        source=ArchiveSource(
            facts.source.name, facts.source.confluence_url, facts.source.jira_url, facts.source.cloud_id
        ),
        created_at=as_datetime(facts.created_at),
        producer=facts.producer,
        selection=BackupSelection(facts.selection.mode, list(facts.selection.spaces)),
        counts=facts.counts,
        verified=None if findings is None else not findings,
        findings=[FindingView(each.kind, each.record, each.evidence, each.action) for each in findings or ()],
        links={"self": api_path(site, "archives", upload.id)},
    )
