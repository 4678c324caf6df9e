"""What the caller, or another user, may do, and where."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, read_body
from atlassian_emulator.jira.permissions import GLOBAL_PERMISSIONS, PROJECT_PERMISSIONS, has_permission
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route
from atlassian_emulator.users import User

MOST_CHECKED: Final = 1000


class ProjectQuestion(Body):
    permissions: list[str]
    issues: list[int] = msgspec.field(default_factory=list)
    projects: list[int] = msgspec.field(default_factory=list)


class CheckBody(Body, rename="camel"):
    account_id: str | None = None
    global_permissions: list[str] = msgspec.field(default_factory=list)
    project_permissions: list[ProjectQuestion] = msgspec.field(default_factory=list)


class PermissionsBody(Body):
    permissions: list[str]


def list_permissions(call: Call) -> Reply:
    """Every permission there is; for who administers something."""
    if not has_permission(call.caller, "ADMINISTER_PROJECTS"):
        raise JiraError(403, "You do not have permission to perform this operation.")
    shown = {key: _show(key) for key in GLOBAL_PERMISSIONS | PROJECT_PERMISSIONS}
    return Reply(body={"permissions": shown})


def _show(key: str) -> dict[str, Any]:
    name = (PROJECT_PERMISSIONS | GLOBAL_PERMISSIONS)[key][1]
    kind = "PROJECT" if key in PROJECT_PERMISSIONS else "GLOBAL"
    return {"key": key, "name": name, "type": kind, "description": f"{name}."}


def get_my_permissions(call: Call) -> Reply:
    asked = call.query_list("permissions")
    known = PROJECT_PERMISSIONS | GLOBAL_PERMISSIONS
    if not asked:
        raise JiraError(400, "The 'permissions' query parameter is required.")
    if unknown := [key for key in asked if key not in known]:
        raise JiraError(400, f"Unrecognized permission: {', '.join(unknown)}.")
    sees_project = _sees_what_is_asked_about(call)
    shown = {}
    for key in asked:
        number, name, _ = known[key]
        in_project = key in PROJECT_PERMISSIONS
        shown[key] = {
            "id": number,
            "key": key,
            "name": name,
            "type": "PROJECT" if in_project else "GLOBAL",
            "description": f"{name}.",
            "havePermission": has_permission(call.caller, key) and (sees_project or not in_project),
        }
    return Reply(body={"permissions": shown})


def _sees_what_is_asked_about(call: Call) -> bool:
    project, issue = (
        call.query("projectKey") or call.query("projectId"),
        call.query("issueKey") or call.query("issueId"),
    )
    with call.site.database.read() as c:
        scope = call.site.part(Jira).scope(c, call.user)
        if project:
            if scope.find_project(project) is None:
                raise JiraError(404, f"No project could be found with key '{project}'.")
            return True
        if issue:
            if scope.find_issue_id(issue) is None:
                raise JiraError(404, "Issue does not exist or you do not have permission to see it.")
            return True
        return len(scope.hidden) < len(scope.catalogue.projects.all)


def check_permissions(call: Call) -> Reply:
    """What a user may do with which of these issues and projects."""
    asked = read_body(call, CheckBody)
    if asked.account_id and asked.account_id != call.caller.account_id and not call.caller.administers:
        raise JiraError(403, "You do not have permission to check the permissions of another user.")
    user = call.site.users.find(asked.account_id) if asked.account_id else call.caller
    if user is None:
        raise JiraError(400, f"The user with account ID '{asked.account_id}' does not exist.")
    named = [key for question in asked.project_permissions for key in question.permissions]
    if unknown := [key for key in named if key not in PROJECT_PERMISSIONS]:
        raise JiraError(400, f"Unrecognized permission: {', '.join(unknown)}.")
    if unknown := [key for key in asked.global_permissions if key not in GLOBAL_PERMISSIONS]:
        raise JiraError(400, f"Unrecognized permission: {', '.join(unknown)}.")
    if any(max(len(each.issues), len(each.projects)) > MOST_CHECKED for each in asked.project_permissions):
        raise JiraError(400, f"No more than {MOST_CHECKED} issues and {MOST_CHECKED} projects can be checked.")
    with call.site.database.read() as c:
        granted = [
            _grant(c, call, user, question, key)
            for question in asked.project_permissions
            for key in question.permissions
        ]
    allowed = [key for key in asked.global_permissions if has_permission(user, key)]
    return Reply(body={"globalPermissions": allowed, "projectPermissions": granted})


def _grant(c: sqlite3.Connection, call: Call, user: User, question: ProjectQuestion, key: str) -> dict[str, Any]:
    scope = call.site.part(Jira).scope(c, user)
    allowed = has_permission(user, key)
    projects = [
        each for each in question.projects if each in scope.catalogue.projects.by_id and each not in scope.hidden
    ]
    issues = [each for each in question.issues if scope.find_issue_id(str(each)) is not None]
    return {"permission": key, "issues": issues if allowed else [], "projects": projects if allowed else []}


def list_permitted_projects(call: Call) -> Reply:
    asked = read_body(call, PermissionsBody)
    if unknown := [key for key in asked.permissions if key not in PROJECT_PERMISSIONS]:
        raise JiraError(400, f"Unrecognized permission: {', '.join(unknown)}.")
    allowed = all(has_permission(call.caller, key) for key in asked.permissions)
    with call.site.database.read() as c:
        scope = call.site.part(Jira).scope(c, call.user)
        seen = [each for each in scope.catalogue.projects.all if each.id not in scope.hidden] if allowed else []
    return Reply(body={"projects": [{"id": each.id, "key": each.key} for each in seen]})


ROUTES: Final = (
    Route("GET", "/rest/api/3/permissions", list_permissions),
    Route("GET", "/rest/api/3/mypermissions", get_my_permissions),
    Route("POST", "/rest/api/3/permissions/check", check_permissions),
    Route("POST", "/rest/api/3/permissions/project", list_permitted_projects),
)
