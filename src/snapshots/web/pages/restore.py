"""The tab *Restore / Import*: archives that are brought here, and what was done with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post, put
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from snapshots import durable
from snapshots.acts import archives, jira_files, restore_plans, restores, tasks
from snapshots.acts.jira_files import KeptFile
from snapshots.errors import InvalidInput
from snapshots.registry.uploads import UploadRow
from snapshots.restore.mapping import parse_space_map, read_page_map, read_space_map
from snapshots.restore.plan import RestoreOptions
from snapshots.web.api.model import Id
from snapshots.web.incoming import iter_blocks, receive
from snapshots.web.pages.area import Area
from snapshots.web.pages.going import go
from snapshots.web.view import site_path

_MAPPING_BYTES = 32 * 1024 * 1024
"""Enough for a mapping file of a million lines."""
_OPTIONS_BYTES = _MAPPING_BYTES + jira_files.MAX_FILE_BYTES

_SHOWN_PLANS = 20
_KINDS = (durable.PLAN, durable.RESTORE, durable.UNDO)
_UNFINISHED = ("waiting", "running", "interrupted")
_UNFINISHED_OR_FAILED = (*_UNFINISHED, "failed")

CONFLICTS = (
    ("skip", "Leave what is here", "What the registry has stays as it is."),
    ("newest", "Take the newer", "Whichever was made later wins."),
    ("overwrite", "Take the archive's", "What is here and differs is written over."),
    ("merge", "Fill gaps", "What is here stays; only what is empty is filled from the archive."),
)


@get("/restore", sync_to_thread=True)
def show(area: Area) -> Template:
    status = restores.restore_status(area.app, area.site)
    return area.page(
        "restore/index.html",
        tab="restore",
        archives=[_describe(row) for row in archives.list_archives(area.app, area.site)],
        plans=restore_plans.list_plans(area.app, area.site, limit=_SHOWN_PLANS),
        tasks=_to_show(area),
        status=status,
        parked={source: sum(reasons.values()) for source, reasons in status.parked.items() if reasons},
    )


def _to_show(area: Area) -> list[tasks.Task]:
    """What is under way, and what failed last, until something follows it."""
    found = tasks.list_tasks(area.app, area.site, kinds=_KINDS)
    return [each for place, each in enumerate(found) if each.state in (_UNFINISHED if place else _UNFINISHED_OR_FAILED)]


@put("/restore/upload", request_max_body_size=None, status_code=201)
async def upload(area: Area, request: Request[Any, Any, Any], name: str = "") -> Response[str]:
    """Take an archive in as it comes. Whatever happens, half a file is never left."""
    row = await receive(area.app, area.site, area.actor, request, name)
    await run_sync(archives.start_verify, area.app, area.site, row.id, area.actor)
    return Response("", status_code=201, headers={"Location": site_path(area.site, "restore", "archives", row.id)})


@get("/restore/archives/{archive_id:int}", sync_to_thread=True)
def show_archive(area: Area, archive_id: Id) -> Template:
    row = archives.get_archive(area.app, area.site, archive_id)
    return area.page("restore/archive.html", tab="restore", archive=_describe(row), conflicts=CONFLICTS)


@get("/restore/archives/{archive_id:int}/check", sync_to_thread=True)
def show_check(area: Area, archive_id: Id) -> Template:
    """How far the check of every record is: a part that asks again until it is done."""
    row = archives.get_archive(area.app, area.site, archive_id)
    return area.part("restore/check.html", archive=_describe(row))


@post("/restore/archives/{archive_id:int}/delete", sync_to_thread=True)
def delete_archive(area: Area, request: Request[Any, Any, Any], archive_id: Id) -> Response[Any]:
    archives.delete_archive(area.app, area.site, archive_id, area.actor)
    return go(request, site_path(area.site, "restore"))


@post(
    "/restore/archives/{archive_id:int}/jira-file",
    request_max_body_size=_OPTIONS_BYTES,
    sync_to_thread=True,
    status_code=200,
)
def bring_jira_file(
    area: Area, archive_id: Id, data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
) -> Template:
    """Check a Jira-data file as soon as it was chosen, keep it, and say what it is."""
    archives.get_archive(area.app, area.site, archive_id)
    kept = _keep_jira_file(area, data.get("jira_file"))
    if kept is None:
        raise InvalidInput("No file was chosen: choose the Jira-data file that was exported at the source.")
    return area.part("restore/jira_file.html", jira_file=kept.describe())


@post("/restore/archives/{archive_id:int}/plan", request_max_body_size=_OPTIONS_BYTES, sync_to_thread=True)
def start_plan(
    area: Area,
    request: Request[Any, Any, Any],
    archive_id: Id,
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Begin making the plan by the options of the form."""
    row = archives.get_archive(area.app, area.site, archive_id)
    options = _read_options(data)
    brought = _keep_jira_file(area, data.get("jira_file"))
    if brought is None and data.get("jira_kept"):
        brought = jira_files.get_file(area.app, area.site, str(data["jira_kept"]))
        brought = replace(brought, name=str(data.get("jira_name", brought.name)))
    task_id = restore_plans.start_plan_restore(
        area.app,
        area.site,
        Path(row.path),
        options,
        area.actor,
        name=row.name,
        upload=row.id,
        jira_file=brought.describe() if brought else None,
    )
    return go(request, site_path(area.site, "restore", "tasks", task_id))


@post("/restore/parked", sync_to_thread=True)
def try_again(
    area: Area,
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Begin making the plan of taking up what is parked of one source site."""
    cloud_id = data.get("source", "")
    task_id = restore_plans.start_plan_parked(area.app, area.site, cloud_id, RestoreOptions(), area.actor)
    return go(request, site_path(area.site, "restore", "tasks", task_id))


def _keep_jira_file(area: Area, sent: object) -> KeptFile | None:
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    return jira_files.keep_file(area.app, area.site, sent.filename, iter_blocks(sent), area.actor)


def _read_options(form: dict[str, Any]) -> RestoreOptions:
    conflict = str(form.get("conflict", "skip"))
    if conflict not in {name for name, _, _ in CONFLICTS}:
        raise InvalidInput("Choose what happens to records that are here already.")
    typed = [line for line in str(form.get("spaces", "")).replace(",", "\n").splitlines() if line.strip()]
    space_file, page_file = _read_file(form.get("space_file")), _read_file(form.get("page_file"))
    return RestoreOptions(
        conflict=conflict,  # type: ignore[arg-type]
        space_map=(read_space_map(space_file) if space_file else {}) | parse_space_map(typed),
        page_map=read_page_map(page_file) if page_file else {},
        include_parked=form.get("include_parked") == "yes",
    )


def _read_file(sent: object) -> bytes:
    return sent.file.read() if isinstance(sent, UploadFile) and sent.filename else b""


def _describe(row: UploadRow) -> dict[str, Any]:
    return {"row": row, "facts": archives.facts_of(row), "findings": archives.findings_of(row)}


handlers = [show, upload, show_archive, show_check, delete_archive, bring_jira_file, start_plan, try_again]
