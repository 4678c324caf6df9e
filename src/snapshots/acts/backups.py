"""Backing up: which spaces, and the archive as a durable job."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from snapshots import durable
from snapshots.access import audit
from snapshots.access.actors import Actor, this_user
from snapshots.acts import jobs
from snapshots.app import App
from snapshots.backup.selection import (
    ResolvedSelection,
    Selection,
    resolve_selection,
    without_empty_spaces,
)
from snapshots.backup.write import require_decided
from snapshots.errors import DecisionNeeded, Gone, InvalidInput
from snapshots.progress import Progress, silent
from snapshots.registry import backups, spaces
from snapshots.registry.backups import BackupRow


class UnknownSpaces(DecisionNeeded):
    """Spaces were named that the site does not have. `keys` lists them all."""

    def __init__(self, keys: list[str]) -> None:
        shown = ", ".join(keys[:10]) + (f" and {len(keys) - 10:,} more" if len(keys) > 10 else "")
        super().__init__(
            f"The site has no space with these keys: {shown}. Nothing was started: correct them, or say that the "
            "backup goes on without them."
        )
        self.keys = keys


def resolve_spaces(app: App, site: str | None, selection: Selection) -> ResolvedSelection:
    """The spaces a selection means here; the unknown ones of it wait for `confirm_unknown`."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        keys = [space.key for space in spaces.list_spaces(conn, row.id)]
    resolved = resolve_selection(selection, keys)
    if resolved.unknown:
        with app.open_site(row.name) as opened:
            # A space without snapshots is not unknown. The site is asked only when there is one in doubt.
            there = [space.key for space in opened.confluence.iter_spaces()]
        resolved = without_empty_spaces(resolve_selection(selection, sorted({*keys, *there})), keys)
    return resolved


def create_backup(
    app: App,
    site: str | None,
    selection: ResolvedSelection,
    path: Path | None,
    progress: Progress = silent,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """Write an archive and note it; answers its path, bytes, sha256 and counts."""
    return cast(dict[str, Any], jobs.run(app, durable.BACKUP, _args(app, site, selection, path, actor), progress))


def start_backup(app: App, site: str | None, selection: ResolvedSelection, actor: Actor) -> str:
    """Begin a backup into the service's own folder; answers the id of its job at once.

    Raises `AlreadyRunning` naming the job that is in its way, DecisionNeeded while unknown keys are not confirmed.
    """
    require_decided(selection)
    return jobs.start(app, durable.BACKUP, _args(app, site, selection, None, actor))


def _args(
    app: App, site: str | None, selection: ResolvedSelection, path: Path | None, actor: Actor | None
) -> dict[str, Any]:
    row = app.get_site(site)
    return {
        "site": row.name,
        "mode": selection.mode,
        "keys": list(selection.keys),
        "path": str(path or app.config.archives_dir / durable.archive_name(row.name, time.time_ns() // 1000)),
        "actor": (actor or this_user()).to_json(),
    }


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup as doors show it. `is_there` says whether its file can still be had from this machine."""

    row: BackupRow
    is_there: bool

    @property
    def file_name(self) -> str:
        return Path(self.row.path).name


def list_backups(
    app: App, site: str | None, *, limit: int | None = None, before: tuple[int, int] | None = None
) -> list[Backup]:
    """The backups of a site, newest first; deleted ones too. `before` as in `registry.backups`."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        found = backups.list_backups(conn, row.id, limit=limit, before=before)
    return [Backup(each, _is_there(each)) for each in found]


def get_backup(app: App, site: str, backup_id: int) -> Backup:
    """The backup with this id, also when its file is gone. Raises NotFound."""
    row = app.get_site(site)
    with app.registry.read() as conn:
        found = backups.get_backup(conn, row.id, backup_id)
    return Backup(found, _is_there(found))


def get_file(app: App, site: str, backup_id: int) -> Backup:
    """The backup, whose file is there as it was written. Raises Gone or NotFound."""
    backup = get_backup(app, site, backup_id)
    if not backup.is_there:
        reason = "was deleted" if backup.row.deleted_at else "is no longer where it was written, or not as it was"
        raise Gone(f"The file of backup {backup_id} {reason}: make a new backup.")
    return backup


def note_download(app: App, backup: Backup, actor: Actor) -> None:
    """Bring into the audit log that somebody takes the file away."""
    with app.registry.write() as conn:
        audit.record(
            conn,
            actor,
            "backup.downloaded",
            site_id=backup.row.site_id,
            subject=backup.file_name,
            details={"backup": backup.row.id},
        )


def delete_backup(app: App, site: str, backup_id: int, actor: Actor) -> None:
    """Delete the file; the row stays as history. Raises Gone when it is deleted already.

    Only files in the service's own folder: of what somebody wrote elsewhere by a command, this is not the keeper.
    """
    backup = get_backup(app, site, backup_id)
    path = Path(backup.row.path)
    if backup.row.deleted_at is not None:
        raise Gone(f"The file of backup {backup_id} was deleted already.")
    if path.parent != app.config.archives_dir:
        raise InvalidInput(f"Backup {backup_id} was written to a place of its own by a command: delete the file there.")
    with app.registry.write() as conn:
        backups.note_deleted(conn, backup_id, deleted_at=time.time_ns() // 1000, deleted_by_name=actor.name)
        details = {"backup": backup_id}
        audit.record(conn, actor, "backup.deleted", site_id=backup.row.site_id, subject=path.name, details=details)
    path.unlink(missing_ok=True)


def _is_there(row: BackupRow) -> bool:
    """Whether the file lies there with the length it was written with; its digest travels with the download."""
    try:
        return row.deleted_at is None and Path(row.path).stat().st_size == row.archive_bytes
    except OSError:
        return False
