"""`jira-data`: the file about a Jira; at the destination plans, imports, and undoing them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.params import Parameter

from snapshots.acts import jira_data as acts
from snapshots.acts import jira_files, jira_plans
from snapshots.acts.tasks import Task
from snapshots.jiradata.plan import PlanOptions
from snapshots.web.api.backups import started
from snapshots.web.api.door import Caller
from snapshots.web.api.files import answer_file, begins_at_start, sent_name
from snapshots.web.api.jira_model import (
    ImportPage,
    ImportView,
    JiraFileView,
    MacroPage,
    PlanView,
    StartImport,
    StartPlan,
    UndecidedPage,
    view_file,
    view_import,
    view_macro,
    view_plan,
)
from snapshots.web.api.model import Id, Limit
from snapshots.web.api.openapi import FILE_HEADERS, STARTED, JiraUpload, file_responses, problems
from snapshots.web.incoming import keep_body

NDJSON = "application/x-ndjson"
Digest = Annotated[str, Parameter(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal.")]
TaskId = Annotated[str, Parameter(max_length=100, description="Id of the task that made it.")]
Start = Annotated[int, Parameter(ge=0, le=2**31, description="How many to pass over.")]
_SCOPE = {"scope": "jira-data"}


@post(
    "/jira-data/exports",
    opt=_SCOPE,
    status_code=202,
    summary="Export this site's Jira data",
    description="Begins to write the Jira-data file; poll the task, then download its file.",
    responses=STARTED | problems(409, 502, 503),
    sync_to_thread=True,
)
def start_jira_export(caller: Caller) -> Response[Task]:
    return started(caller, acts.start_export(caller.app, caller.site, caller.actor))


@get(
    "/jira-data/exports/{task_id:str}/file",
    opt=_SCOPE,
    summary="Download a Jira-data file",
    description="What the task of an export wrote. Ranges are understood.",
    responses=file_responses(NDJSON) | problems(400, 404, 416),
    response_headers=FILE_HEADERS,
    media_type=NDJSON,
    sync_to_thread=True,
)
def download_jira_export(caller: Caller, request: Request[Any, Any, Any], task_id: TaskId) -> Response[Any]:
    written = acts.get_export(caller.app, caller.site, task_id)
    path = Path(written["path"])
    facts = {"sha256": written["sha256"], "length": written["bytes"], "media_type": NDJSON}
    answer = answer_file(path, request.headers, name=path.name, **facts)
    if begins_at_start(answer):
        acts.note_download(caller.app, caller.site, written, caller.actor)
    return answer


@post(
    "/jira-data/files",
    opt=_SCOPE,
    status_code=201,
    summary="Upload a Jira-data file",
    description="The body is the file itself. One that was cut or altered is refused and leaves nothing.",
    responses=problems(400, 413, 422, 507),
    operation_class=JiraUpload,
    request_max_body_size=jira_files.MAX_FILE_BYTES,
)
async def upload_jira_file(caller: Caller, request: Request[Any, Any, Any]) -> Response[JiraFileView]:
    app, site = caller.app, caller.site
    name = sent_name(request.headers) or "upload.jira-data.ndjson"
    incoming = await run_sync(jira_files.begin_file, app, site, request.content_length)
    kept = await keep_body(request, incoming, lambda: jira_files.finish_file(app, site, incoming, name, caller.actor))
    view = view_file(caller.site, kept)
    return Response(view, status_code=201, headers={"Location": view.links["self"]})


@get(
    "/jira-data/files/{sha256:str}",
    opt=_SCOPE,
    summary="Look at a Jira-data file",
    description="What it says it is of.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_jira_file(caller: Caller, sha256: Digest) -> JiraFileView:
    return view_file(caller.site, jira_files.get_file(caller.app, caller.site, sha256))


@post(
    "/jira-data/plans",
    opt=_SCOPE,
    status_code=202,
    summary="Plan an import",
    description="Matches the file with this site's Jira and rewrites nothing. The task's result names the plan.",
    responses=STARTED | problems(400, 404, 409, 502, 503),
    sync_to_thread=True,
)
def start_jira_plan(caller: Caller, data: StartPlan) -> Response[Task]:
    kept = jira_files.get_file(caller.app, caller.site, data.file)
    given = tuple((each.kind, each.source, each.destination) for each in data.given)
    spaces = tuple(data.spaces) if data.spaces is not None else None
    options = PlanOptions(data.same_jira, spaces, data.everything, given)
    return started(
        caller, acts.start_plan(caller.app, caller.site, kept.file.path, kept.name, [], options, caller.actor)
    )


@get(
    "/jira-data/plans/{digest:str}",
    opt=_SCOPE,
    summary="Look at a plan",
    description="What was matched, and how many macros would change.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_jira_plan(caller: Caller, digest: Digest) -> PlanView:
    return view_plan(caller.site, digest, jira_plans.get_plan(caller.app, caller.site, digest))


@get(
    "/jira-data/plans/{digest:str}/macros",
    opt=_SCOPE,
    summary="Look at macros before and after",
    description="Each query before and after, and what the destination's Jira holds against the new one.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def list_jira_macros(
    caller: Caller,
    digest: Digest,
    outcome: Literal["rewritten", "waits", "doubtful", "left alone"] | None = None,
    start: Start = 0,
    limit: Limit = 50,
) -> MacroPage:
    plan = jira_plans.get_plan(caller.app, caller.site, digest)
    found = jira_plans.list_macros(plan, outcome or "", start, limit)
    return MacroPage([view_macro(each) for each in found.items], found.start, found.total)


@get(
    "/jira-data/plans/{digest:str}/undecided",
    opt=_SCOPE,
    summary="What waits for a person",
    description="Things without exactly one counterpart. Decide them in `given` of a new plan.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def list_jira_undecided(caller: Caller, digest: Digest, start: Start = 0, limit: Limit = 50) -> UndecidedPage:
    plan = jira_plans.get_plan(caller.app, caller.site, digest)
    found = jira_plans.list_undecided(plan, start, limit)
    return UndecidedPage(list(found.items), found.start, found.total)


@post(
    "/jira-data/imports",
    opt=_SCOPE,
    status_code=202,
    summary="Carry a plan out",
    description="Rewrites the macros, one new version of each page. Carried out twice, it changes nothing.",
    responses=STARTED | problems(400, 404, 409, 502, 503),
    sync_to_thread=True,
)
def start_jira_import(caller: Caller, data: StartImport) -> Response[Task]:
    plan = jira_plans.get_plan(caller.app, caller.site, data.plan)
    return started(caller, acts.start_import(caller.app, caller.site, plan, caller.actor))


@get(
    "/jira-data/imports",
    opt=_SCOPE,
    summary="List imports",
    description="Newest first.",
    responses={},
    sync_to_thread=True,
)
def list_jira_imports(caller: Caller) -> ImportPage:
    return ImportPage([view_import(caller.site, each) for each in acts.list_imports(caller.app, caller.site)])


@get(
    "/jira-data/imports/{import_id:int}",
    opt=_SCOPE,
    summary="Look at an import",
    description="Its report: what became of the pages, and which a person should look at.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_jira_import(caller: Caller, import_id: Id) -> ImportView:
    return view_import(caller.site, acts.get_import(caller.app, caller.site, import_id))


@post(
    "/jira-data/imports/{import_id:int}/undo",
    opt=_SCOPE,
    status_code=202,
    summary="Undo an import",
    description="Puts the old definitions back; a macro that somebody edited since is left as it is.",
    responses=STARTED | problems(400, 404, 409, 502, 503),
    sync_to_thread=True,
)
def undo_jira_import(caller: Caller, import_id: Id) -> Response[Task]:
    return started(caller, acts.start_undo(caller.app, caller.site, import_id, caller.actor))


handlers = [
    start_jira_export,
    download_jira_export,
    upload_jira_file,
    get_jira_file,
    start_jira_plan,
    get_jira_plan,
    list_jira_macros,
    list_jira_undecided,
    start_jira_import,
    list_jira_imports,
    get_jira_import,
    undo_jira_import,
]
