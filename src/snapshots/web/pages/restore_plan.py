"""Plans of restores: made with progress, read record by record, decided, carried out."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter
from litestar.response import Template

from snapshots import durable
from snapshots.acts import restore_plans, tasks
from snapshots.acts.tasks import Task
from snapshots.restore.plan_store import RecordFilter
from snapshots.web.pages.area import Area
from snapshots.web.pages.going import go
from snapshots.web.view import site_path

_RECORDS = 100
_UNDECIDED = 50

TITLES = {durable.PLAN: "Making the plan", durable.RESTORE: "Restoring", durable.UNDO: "Undoing a restore"}

Place = Annotated[int, Parameter(ge=0, le=2**53)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/restore/tasks/{task_id:str}", sync_to_thread=True)
def show_task(area: Area, request: Request[Any, Any, Any], task_id: str) -> Template | Response[Any]:
    task = tasks.get_task(area.app, area.site, task_id)
    path = _path_of_result(area, task)
    return go(request, path) if path else area.page("restore/task.html", tab="restore", **_describe_task(task))


@get("/restore/tasks/{task_id:str}/state", sync_to_thread=True)
def show_task_state(area: Area, request: Request[Any, Any, Any], task_id: str) -> Template | Response[Any]:
    """A part that asks again until the task has ended, and then sends the browser on."""
    task = tasks.get_task(area.app, area.site, task_id)
    path = _path_of_result(area, task)
    return go(request, path) if path else area.part("restore/task_state.html", **_describe_task(task))


@post("/restore/tasks/{task_id:str}/cancel", sync_to_thread=True)
def cancel_task(area: Area, request: Request[Any, Any, Any], task_id: str) -> Response[Any]:
    tasks.cancel_task(area.app, area.site, task_id, area.actor)
    return go(request, site_path(area.site, "restore", "tasks", task_id))


@post("/restore/tasks/{task_id:str}/resume", sync_to_thread=True)
def resume_task(area: Area, request: Request[Any, Any, Any], task_id: str) -> Response[Any]:
    tasks.resume_task(area.app, area.site, task_id, area.actor)
    return go(request, site_path(area.site, "restore", "tasks", task_id))


def _describe_task(task: Task) -> dict[str, Any]:
    return {"task": task, "title": TITLES.get(task.kind, task.kind), "undoing": task.kind == durable.UNDO}


def _path_of_result(area: Area, task: Task) -> str:
    """Where the result of a task that is done can be read."""
    if task.state != "done":
        return ""
    if task.kind == durable.PLAN:
        return site_path(area.site, "restore", "plans", task.result["plan"])
    if task.kind in (durable.RESTORE, durable.UNDO):
        return site_path(area.site, "restore", "restores", task.result["restore"])
    return ""


@get("/restore/plans/{plan_id:str}", sync_to_thread=True)
def show_plan(
    area: Area,
    plan_id: str,
    space: str = "",
    outcome: str = "",
    kind: str = "",
    text: str = "",
    decide_after: int = 0,
) -> Template:
    summary = restore_plans.get_plan_summary(area.app, area.site, plan_id)
    listed = restore_plans.list_ambiguous(
        area.app, area.site, plan_id, after=max(decide_after, 0), limit=_UNDECIDED + 1
    )
    wanted = RecordFilter(space=space, outcome=outcome, kind=kind, text=text.strip())
    return area.page(
        "restore/plan.html",
        tab="restore",
        plan=summary,
        pages_url=f"{area.app.get_site(area.site).confluence_url}/pages/viewpage.action?pageId=",
        ambiguous=listed[:_UNDECIDED],
        decide_next=listed[_UNDECIDED - 1].id if len(listed) > _UNDECIDED else None,
        **_records(area, plan_id, wanted, 0),
    )


@get("/restore/plans/{plan_id:str}/plan.json", sync_to_thread=True)
def download_plan(area: Area, plan_id: str) -> Response[bytes]:
    """The whole plan as a file."""
    data = restore_plans.write_plan_document(area.app, area.site, plan_id)
    headers = {"Content-Disposition": f'attachment; filename="restore-plan-{plan_id}.json"'}
    return Response(data, media_type="application/json", headers=headers)


@get("/restore/plans/{plan_id:str}/records", sync_to_thread=True)
def show_records(
    area: Area, plan_id: str, space: str = "", outcome: str = "", kind: str = "", text: str = "", after: Place = 0
) -> Template:
    """Rows of the table: all of it anew, or those behind record `after`."""
    wanted = RecordFilter(space=space, outcome=outcome, kind=kind, text=text.strip())
    template = "restore/rows.html" if after else "restore/records.html"
    return area.part(template, **_records(area, plan_id, wanted, after))


def _records(area: Area, plan_id: str, wanted: RecordFilter, after: int) -> dict[str, Any]:
    found = restore_plans.list_plan_records(area.app, area.site, plan_id, wanted, after=max(after, 0), limit=_RECORDS)
    chosen = {name: getattr(wanted, name) for name in ("space", "outcome", "kind", "text") if getattr(wanted, name)}
    base = site_path(area.site, "restore", "plans", plan_id, "records")
    more = f"{base}?{urlencode({**chosen, 'after': found.next})}" if found.next else ""
    return {"found": found, "wanted": wanted, "more": more, "chosen": chosen, "plan_id": plan_id}


@post("/restore/plans/{plan_id:str}/decisions", sync_to_thread=True)
def decide(area: Area, request: Request[Any, Any, Any], plan_id: str, data: Form) -> Template | Response[Any]:
    """Keep what was chosen for ambiguous pages: fields `page-7`, each a page id, `leave`, or nothing yet."""
    choices = {
        int(name.removeprefix("page-")): "" if choice == "leave" else choice
        for name, choice in data.items()
        if name.startswith("page-") and name[5:].isdecimal() and len(name) < 20 and choice
    }
    restore_plans.decide(area.app, area.site, plan_id, choices, area.actor)
    if data.get("then") == "again":
        return go(request, site_path(area.site, "restore", "tasks", _plan_again(area, plan_id)))
    return go(request, site_path(area.site, "restore", "plans", plan_id))


@post("/restore/plans/{plan_id:str}/again", sync_to_thread=True)
def plan_again(area: Area, request: Request[Any, Any, Any], plan_id: str) -> Response[Any]:
    return go(request, site_path(area.site, "restore", "tasks", _plan_again(area, plan_id)))


def _plan_again(area: Area, plan_id: str) -> str:
    return restore_plans.start_plan_again(area.app, area.site, plan_id, area.actor)


@post("/restore/plans/{plan_id:str}/apply", sync_to_thread=True)
def apply(area: Area, request: Request[Any, Any, Any], plan_id: str) -> Response[Any]:
    task_id = restore_plans.start_apply_restore(area.app, area.site, plan_id, area.actor)
    return go(request, site_path(area.site, "restore", "tasks", task_id))


handlers = [
    show_task,
    show_task_state,
    cancel_task,
    resume_task,
    show_plan,
    download_plan,
    show_records,
    decide,
    plan_again,
    apply,
]
