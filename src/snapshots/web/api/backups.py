"""`backups`: making archives, listing, downloading and deleting them. POST to it is the web request URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, Response, delete, get, head, post

from snapshots.acts import backups as acts
from snapshots.acts import tasks
from snapshots.acts.tasks import Task
from snapshots.backup.selection import ResolvedSelection, confirm_unknown, select_all, select_picked
from snapshots.web.api.door import Caller
from snapshots.web.api.files import answer_file, begins_at_start, describe_file
from snapshots.web.api.model import BackupPage, BackupView, Cursor, Id, Limit, StartBackup, view_backup
from snapshots.web.api.openapi import FILE_HEADERS, STARTED, file_responses, problems
from snapshots.web.api.paths import api_path
from snapshots.web.api.tasks import with_links

ZIP = "application/zip"


@post(
    "/backups",
    opt={"scope": "backup"},
    status_code=202,
    summary="Start a backup",
    description=(
        "The web request URL. Answers at once with a task; poll it, then download the file. A site has one backup or "
        "restore at a time: a second one is refused with 409, naming the first."
    ),
    responses=STARTED | problems(400, 409, 422, 502, 503),
    sync_to_thread=True,
)
def start_backup(caller: Caller, data: StartBackup | None = None) -> Response[Task]:
    task_id = acts.start_backup(caller.app, caller.site, _resolve(caller, data or StartBackup()), caller.actor)
    return started(caller, task_id)


def started(caller: Caller, task_id: str) -> Response[Task]:
    """202, with the address of the task."""
    task = with_links(tasks.get_task(caller.app, caller.site, task_id))
    return Response(task, status_code=202, headers={"Location": task.links["self"], "Retry-After": "1"})


def _resolve(caller: Caller, wanted: StartBackup) -> ResolvedSelection:
    selection = select_all() if wanted.spaces is None else select_picked(wanted.spaces)
    resolved = acts.resolve_spaces(caller.app, caller.site, selection)
    if resolved.unknown and not wanted.skip_unknown:
        raise acts.UnknownSpaces([each.key for each in resolved.unknown])
    return confirm_unknown(resolved)


@get(
    "/backups",
    opt={"scope": "backup"},
    summary="List backups",
    description="Newest first; those whose file was deleted too, with `available` false.",
    responses=problems(400),
    sync_to_thread=True,
)
def list_backups(caller: Caller, limit: Limit = 50, after: Cursor = None) -> BackupPage:
    before = None if after is None else (int(after.split(".")[0]), int(after.split(".")[1]))
    found = acts.list_backups(caller.app, caller.site, limit=limit + 1, before=before)
    links = {"self": api_path(caller.site, "backups")}
    if len(found) > limit:
        last = found[limit - 1].row
        links["next"] = f"{links['self']}?limit={limit}&after={last.created_at}.{last.id}"
    return BackupPage([view_backup(caller.site, each) for each in found[:limit]], links)


@get(
    "/backups/{backup_id:int}",
    opt={"scope": "backup"},
    summary="Look at a backup",
    description="Also when its file was deleted.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_backup(caller: Caller, backup_id: Id) -> BackupView:
    return view_backup(caller.site, acts.get_backup(caller.app, caller.site, backup_id))


@delete(
    "/backups/{backup_id:int}",
    opt={"scope": "backup"},
    status_code=204,
    summary="Delete a backup's file",
    description="The entry stays in the list, with `available` false.",
    responses=problems(400, 404, 410),
    sync_to_thread=True,
)
def delete_backup(caller: Caller, backup_id: Id) -> None:
    acts.delete_backup(caller.app, caller.site, backup_id, caller.actor)


@get(
    "/backups/{backup_id:int}/file",
    opt={"scope": "backup"},
    summary="Download a backup",
    description="The same file that the tab Backup / Export gives. Ranges, If-Range and If-None-Match are understood.",
    responses=file_responses(ZIP) | problems(400, 404, 410, 416),
    response_headers=FILE_HEADERS,
    media_type=ZIP,
    sync_to_thread=True,
)
def download(caller: Caller, request: Request[Any, Any, Any], backup_id: Id) -> Response[Any]:
    backup = acts.get_file(caller.app, caller.site, backup_id)
    answer = answer_file(Path(backup.row.path), request.headers, **_facts(backup))
    if begins_at_start(answer):
        acts.note_download(caller.app, backup, caller.actor)
    return answer


@head(
    "/backups/{backup_id:int}/file",
    opt={"scope": "backup"},
    summary="Ask about a backup's file",
    description="Length, name and digest, without the file.",
    responses=file_responses(ZIP) | problems(400, 404, 410),
    response_headers=FILE_HEADERS,
    sync_to_thread=True,
)
def ask_about_file(caller: Caller, request: Request[Any, Any, Any], backup_id: Id) -> Response[None]:
    return describe_file(request.headers, **_facts(acts.get_file(caller.app, caller.site, backup_id)))


def _facts(backup: acts.Backup) -> dict[str, Any]:
    row = backup.row
    return {
        "name": backup.file_name,
        "sha256": row.archive_sha256,
        "length": row.archive_bytes,
        "media_type": ZIP,
    }


handlers = [start_backup, list_backups, get_backup, delete_backup, download, ask_about_file]
