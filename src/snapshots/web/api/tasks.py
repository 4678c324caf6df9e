"""`tasks`: long work, to be polled, stopped, and gone on with."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import Parameter, QueryParameter

from snapshots import durable, durable_jira
from snapshots.access.keys import Scope
from snapshots.acts import tasks as acts
from snapshots.acts.tasks import Task
from snapshots.jobs import FINAL_STATES, JobState
from snapshots.web.api.door import ANY_SCOPE, Caller
from snapshots.web.api.model import Limit, TaskPage
from snapshots.web.api.openapi import problems
from snapshots.web.api.paths import api_path

SCOPE_OF_KIND: dict[str, Scope] = {
    durable.BACKUP: "backup",
    durable_jira.JIRA_EXPORT: "jira-data",
    durable_jira.JIRA_PLAN: "jira-data",
    durable_jira.JIRA_IMPORT: "jira-data",
    durable_jira.JIRA_UNDO: "jira-data",
}
"""Which keys see a task. What is not named here belongs to restoring."""

TaskId = Annotated[
    str,
    Parameter(
        max_length=100,
        pattern=r"^[\w-]+$",
        description="Id of the task, as the answer that started it gave it.",
    ),
]


@get(
    "/tasks",
    opt={"scope": ANY_SCOPE},
    summary="List tasks",
    description="The site's tasks that the key's scopes cover, newest first.",
    responses=problems(400),
    sync_to_thread=True,
)
def list_tasks(
    caller: Caller,
    states: Annotated[
        list[JobState] | None, QueryParameter(name="state", description="Only in these states.", max_items=6)
    ] = None,
    limit: Limit = 50,
) -> TaskPage:
    found = acts.list_tasks(caller.app, caller.site, states=states or (), limit=200)
    seen = [task for task in found if _may_see(caller, task)][:limit]
    return TaskPage([with_links(task) for task in seen], {"self": api_path(caller.site, "tasks")})


@get(
    "/tasks/{task_id:str}",
    opt={"scope": ANY_SCOPE},
    summary="Look at a task",
    description="Poll this, once a second or slower, until `state` is done, failed or cancelled.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def get_task(caller: Caller, task_id: TaskId) -> Task:
    return with_links(_get_seen(caller, task_id))


@post(
    "/tasks/{task_id:str}/cancel",
    opt={"scope": ANY_SCOPE},
    status_code=200,
    summary="Stop a task",
    description="It is `cancelled` at once and stops within about half a second; what it has finished is kept.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def cancel_task(caller: Caller, task_id: TaskId) -> Task:
    _get_seen(caller, task_id)
    return with_links(acts.cancel_task(caller.app, caller.site, task_id, caller.actor))


@post(
    "/tasks/{task_id:str}/resume",
    opt={"scope": ANY_SCOPE},
    status_code=200,
    summary="Go on with an interrupted task",
    description="The service does so by itself when it starts and every half minute; this does not wait for that.",
    responses=problems(400, 404),
    sync_to_thread=True,
)
def resume_task(caller: Caller, task_id: TaskId) -> Task:
    _get_seen(caller, task_id)
    return with_links(acts.resume_task(caller.app, caller.site, task_id, caller.actor))


def with_links(task: Task) -> Task:
    """The task with the addresses of what can be done with it now."""
    links = {"self": api_path(task.site, "tasks", task.id)}
    if task.state not in FINAL_STATES:
        links["cancel"] = api_path(task.site, "tasks", task.id, "cancel")
    if task.state == "interrupted":
        links["resume"] = api_path(task.site, "tasks", task.id, "resume")
    if task.kind == durable.BACKUP and task.result and task.result["backup_id"]:
        links["backup"] = api_path(task.site, "backups", task.result["backup_id"])
        links["file"] = api_path(task.site, "backups", task.result["backup_id"], "file")
    if task.state == "done" and task.kind == durable_jira.JIRA_EXPORT:
        links["file"] = api_path(task.site, "jira-data", "exports", task.id, "file")
    if task.state == "done" and task.kind == durable_jira.JIRA_PLAN:
        links["plan"] = api_path(task.site, "jira-data", "plans", task.result["plan"])
    if task.state == "done" and task.kind in (durable_jira.JIRA_IMPORT, durable_jira.JIRA_UNDO):
        links["import"] = api_path(task.site, "jira-data", "imports", task.result["import"])
    if task.kind == durable.PLAN and task.result:
        links["plan"] = api_path(task.site, "restore-plans", task.result["plan"])
    if task.restore is not None:
        links["restore"] = api_path(task.site, "restores", task.restore)
    return msgspec.structs.replace(task, links=links, result=_with_moments(task.result))


def _with_moments(result: Any) -> Any:
    """A result whose times are those of the API, not the microseconds in which jobs keep them."""
    if not isinstance(result, dict):
        return result
    return {
        name: _in_iso(value) if name.endswith("_at") and isinstance(value, int) else value
        for name, value in result.items()
    }


def _in_iso(microseconds: int) -> str:
    return acts.as_datetime(microseconds).isoformat().replace("+00:00", "Z")


def _get_seen(caller: Caller, task_id: str) -> Task:
    task = acts.get_task(caller.app, caller.site, task_id)
    caller.require_scope(_scope_of(task))
    return task


def _may_see(caller: Caller, task: Task) -> bool:
    return _scope_of(task) in caller.scopes


def _scope_of(task: Task) -> Scope:
    return SCOPE_OF_KIND.get(task.kind, "restore")


handlers = [list_tasks, get_task, cancel_task, resume_task]
