"""`archives`: bringing archives here to be restored, as a raw stream that goes straight to the disk."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from litestar import Request, Response, delete, get, post
from litestar.params import Parameter

from snapshots.access.settings import get_settings
from snapshots.acts import archives as acts
from snapshots.acts import tasks
from snapshots.acts.tasks import Task
from snapshots.registry.uploads import UploadRow
from snapshots.web.api.backups import started
from snapshots.web.api.door import Caller
from snapshots.web.api.files import sent_digest, sent_name
from snapshots.web.api.model import ArchivePage, ArchiveView, Id, UploadedArchive, view_archive
from snapshots.web.api.openapi import STARTED, UPLOAD, problems
from snapshots.web.api.tasks import with_links
from snapshots.web.incoming import receive

FileName = Annotated[
    str | None,
    Parameter(max_length=1000, description="File name to show; else that of Content-Disposition, else archive.zip."),
]


@post(
    "/archives",
    opt={"scope": "restore"},
    status_code=201,
    summary="Upload an archive",
    description=(
        "The body is the file itself, of any length up to the limit of the service; it goes to the disk as it comes. "
        "A digest in Content-Digest, Repr-Digest or Digest (SHA-256) is checked. What is no sound archive is refused "
        "and leaves nothing. A task begins to check every record."
    ),
    responses=problems(400, 411, 413, 422, 507),
    operation_class=UPLOAD,
    request_max_body_size=None,
)
async def upload(caller: Caller, request: Request[Any, Any, Any], name: FileName = None) -> Response[UploadedArchive]:
    digest = sent_digest(request.headers)
    row = await receive(caller.app, caller.site, caller.actor, request, name or sent_name(request.headers), digest)
    task_id = await run_sync(acts.start_verify, caller.app, caller.site, row.id, caller.actor)
    task = await run_sync(tasks.get_task, caller.app, caller.site, task_id)
    view = await run_sync(_view, caller, row)
    answer = UploadedArchive(view, with_links(task))
    return Response(answer, status_code=201, headers={"Location": view.links["self"]})


@get(
    "/archives",
    opt={"scope": "restore"},
    summary="List archives",
    description="Those that lie here to be restored, newest first.",
    responses={},
    sync_to_thread=True,
)
def list_archives(caller: Caller) -> ArchivePage:
    days = _keep_days(caller)
    return ArchivePage([view_archive(caller.site, row, days) for row in acts.list_archives(caller.app, caller.site)])


@get(
    "/archives/{archive_id:int}",
    opt={"scope": "restore"},
    summary="Look at an archive",
    description="What it says it is, and what checking every record found.",
    responses=problems(400, 404, 410),
    sync_to_thread=True,
)
def get_archive(caller: Caller, archive_id: Id) -> ArchiveView:
    return _view(caller, acts.get_archive(caller.app, caller.site, archive_id))


@post(
    "/archives/{archive_id:int}/verify",
    opt={"scope": "restore"},
    status_code=202,
    summary="Check every record of an archive",
    description="As happens by itself after an upload.",
    responses=STARTED | problems(400, 404, 410),
    sync_to_thread=True,
)
def verify(caller: Caller, archive_id: Id) -> Response[Task]:
    return started(caller, acts.start_verify(caller.app, caller.site, archive_id, caller.actor))


@delete(
    "/archives/{archive_id:int}",
    opt={"scope": "restore"},
    status_code=204,
    summary="Delete an archive",
    description="Refused with 409 while a task reads it.",
    responses=problems(400, 404, 409, 410),
    sync_to_thread=True,
)
def delete_archive(caller: Caller, archive_id: Id) -> None:
    acts.delete_archive(caller.app, caller.site, archive_id, caller.actor)


def _view(caller: Caller, row: UploadRow) -> ArchiveView:
    return view_archive(caller.site, row, _keep_days(caller))


def _keep_days(caller: Caller) -> int:
    with caller.app.registry.read() as conn:
        return get_settings(conn, caller.key.site_id).keep_uploads_days


handlers = [upload, list_archives, get_archive, verify, delete_archive]
