"""Who asks, what they may do, and who else there is."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import Body, page_of, read_body
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.moments import iso_offset
from atlassian_emulator.routing import Route
from atlassian_emulator.users import User

PROJECT_PERMISSIONS: Final = {
    "BROWSE_PROJECTS": ("10", "Browse Projects", "viewer"),
    "CREATE_ISSUES": ("11", "Create Issues", "editor"),
    "EDIT_ISSUES": ("12", "Edit Issues", "editor"),
    "ADD_COMMENTS": ("15", "Add Comments", "editor"),
    "DELETE_ISSUES": ("16", "Delete Issues", "administrator"),
    "LINK_ISSUES": ("21", "Link Issues", "editor"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects", "administrator"),
    "TRANSITION_ISSUES": ("46", "Transition Issues", "editor"),
}
GLOBAL_PERMISSIONS: Final = {
    "ADMINISTER": ("0", "Administer Jira", "administrator"),
    "USER_PICKER": ("27", "Browse users and groups", "viewer"),
    "CREATE_SHARED_OBJECTS": ("22", "Share dashboards and filters", "editor"),
    "BULK_CHANGE": ("33", "Make bulk changes", "editor"),
    "SYSTEM_ADMIN": ("44", "Administer Atlassian", "administrator"),
}
"""Key → Jira's id, name, and the least role that has it."""

_RANKS: Final = {"person": 0, "viewer": 1, "editor": 2, "administrator": 3}
MOST_CHECKED: Final = 1000


def has_permission(user: User, key: str) -> bool:
    """By role alone; whether a project is hidden from the user comes on top."""
    least = (PROJECT_PERMISSIONS.get(key) or GLOBAL_PERMISSIONS[key])[2]
    return _RANKS[user.role] >= _RANKS[least]


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


def get_server_info(call: Call) -> Reply:
    now = iso_offset(call.site.clock())
    return Reply(
        body={
            "baseUrl": call.site.base_url,
            "displayUrl": call.site.base_url,
            "displayUrlConfluence": f"{call.site.base_url}/wiki",
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100290,
            "buildDate": "2026-11-20T05:12:44.000+0000",
            "serverTime": now,
            "scmInfo": "0" * 40,
            "serverTitle": "Jira",
            "serverTimeZone": "Etc/UTC",
        }
    )


def get_myself(call: Call) -> Reply:
    return Reply(body=_full_user(call, call.caller))


def _full_user(call: Call, user: User) -> dict[str, Any]:
    with call.site.database.read() as c:
        shown = call.site.part(Jira).renderer(c).user(user)
    groups = [
        {
            "name": group.name,
            "groupId": group.group_id,
            "self": f"{call.site.base_url}/rest/api/3/group?groupId={group.group_id}",
        }
        for group in call.site.users.groups_of(user)
    ]
    return shown | {
        "locale": "en_US",
        "groups": {"size": len(groups), "items": groups if "groups" in call.query("expand") else []},
        "applicationRoles": {"size": 1, "items": []},
        "expand": "groups,applicationRoles",
    }


def get_user(call: Call) -> Reply:
    account_id = call.query("accountId")
    if not account_id:
        raise JiraError(400, "The accountId query parameter needs to be provided")
    user = call.site.users.find(account_id)
    if user is None:
        raise JiraError(404, "Specified user does not exist or you do not have required permissions")
    return Reply(body=_full_user(call, user))


def list_users(call: Call) -> Reply:
    return Reply(body=_slice_of_users(call, call.site.users.list_all()))


def search_users(call: Call) -> Reply:
    """By the beginning of a word of the name or address, or by account id."""
    query, account_id = call.query("query").lower(), call.query("accountId")
    if not query and not account_id and not call.query("property"):
        raise JiraError(400, "The query parameter 'query', 'accountId' or 'property' must be provided.")

    def matches(user: User) -> bool:
        words = f"{user.display_name} {user.email}".lower().split()
        return user.account_id == account_id if account_id else any(word.startswith(query) for word in words)

    return Reply(body=_slice_of_users(call, [user for user in call.site.users.list_all() if matches(user)]))


def _slice_of_users(call: Call, users: list[User]) -> list[Any]:
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = call.query_int("maxResults", 50, 0, 1000)
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        return [renderer.raw(user, renderer.user) for user in users[start : start + size]]


def get_users_by_id(call: Call) -> Reply:
    wanted = call.request.args.getlist("accountId")
    if not wanted:
        raise JiraError(400, "The accountId query parameter needs to be provided")
    users = [user for account_id in dict.fromkeys(wanted) if (user := call.site.users.find(account_id))]
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        return Reply(body=page_of([renderer.raw(user, renderer.user) for user in users], call, default=10, largest=200))


# -- permissions -----------------------------------------------------------------------------------


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
    Route("GET", "/rest/api/3/serverInfo", get_server_info, open=True),
    Route("GET", "/rest/api/3/myself", get_myself),
    Route("GET", "/rest/api/3/user", get_user),
    Route("GET", "/rest/api/3/users", list_users),
    Route("GET", "/rest/api/3/users/search", list_users),
    Route("GET", "/rest/api/3/user/search", search_users),
    Route("GET", "/rest/api/3/user/bulk", get_users_by_id),
    Route("GET", "/rest/api/3/mypermissions", get_my_permissions),
    Route("POST", "/rest/api/3/permissions/check", check_permissions),
    Route("POST", "/rest/api/3/permissions/project", list_permitted_projects),
)
