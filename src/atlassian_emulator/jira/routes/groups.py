"""Groups, their members, and the pickers of people."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.permissions import has_permission
from atlassian_emulator.jira.render import Json
from atlassian_emulator.jira.routes.desk import NOT_SEEN, reading
from atlassian_emulator.routing import Route
from atlassian_emulator.users import Group, User


def list_groups(call: Call) -> Reply:
    if not has_permission(call.caller, "USER_PICKER"):
        raise JiraError(403, "You are not authorized to browse groups.")
    ids, names = set(call.query_list("groupId")), {each.lower() for each in call.request.args.getlist("groupName")}
    found = [
        {"name": each.name, "groupId": each.group_id}
        for each in call.site.users.groups
        if not ids | names or each.group_id in ids or each.name.lower() in names
    ]
    return Reply(body=page_of(found, call))


def list_members(call: Call) -> Reply:
    if not has_permission(call.caller, "USER_PICKER"):
        raise JiraError(403, "You are not authorized to browse groups.")
    group = _named_group(call)
    with_inactive = call.query_flag("includeInactiveUsers")
    members = [each for each in call.site.users.members_of(group) if each.active or with_inactive]
    with reading(call) as desk:
        shown = [desk.renderer.account(each.account_id) for each in members]
    return Reply(body=page_of(shown, call))


def _named_group(call: Call) -> Group:
    group_id, name = call.query("groupId"), call.query("groupname")
    if not group_id and not name:
        raise JiraError(400, "Query parameter 'groupname' or 'groupId' should be specified.")
    for group in call.site.users.groups:
        if group.group_id == group_id or (not group_id and group.name.lower() == name.lower()):
            return group
    raise JiraError(404, f"The group named '{name or group_id}' does not exist.")


def list_groups_of_user(call: Call) -> Reply:
    account_id = call.query("accountId")
    user = call.site.users.find(account_id)
    if user is None:
        raise JiraError(404, "Specified user does not exist or you do not have required permissions")
    with reading(call) as desk:
        url = desk.renderer.url
        shown = [
            {"name": each.name, "groupId": each.group_id, "self": url(f"group?groupId={each.group_id}")}
            for each in call.site.users.groups_of(user)
        ]
    return Reply(body=shown)


def pick_groups(call: Call) -> Reply:
    return Reply(body=_picked_groups(call))


def _picked_groups(call: Call) -> Json:
    query, size = call.query("query").lower(), call.query_int("maxResults", 20, 0, 2**31 - 1)
    excluded = set(call.request.args.getlist("exclude")) | set(call.query_list("excludeId"))
    found = [
        each
        for each in call.site.users.groups
        if query in each.name.lower() and not {each.name, each.group_id} & excluded
    ]
    shown = [
        {"name": each.name, "html": _marked(each.name, query), "labels": [], "groupId": each.group_id}
        for each in found[:size]
    ]
    return {"header": f"Showing {len(shown)} of {len(found)} matching groups", "total": len(found), "groups": shown}


def _marked(name: str, query: str) -> str:
    at = name.lower().find(query)
    return name if not query or at < 0 else f"{name[:at]}<b>{name[at : at + len(query)]}</b>{name[at + len(query) :]}"


def pick_users(call: Call) -> Reply:
    return Reply(body=_picked_users(call))


def _picked_users(call: Call) -> Json:
    query, size = call.query("query").lower(), min(call.query_int("maxResults", 50, 0, 2**31 - 1), 1000)
    excluded = set(call.query_list("excludeAccountIds"))
    found = [each for each in _matching(call, query) if query and each.account_id not in excluded]
    shown = [
        {
            "accountId": each.account_id,
            "accountType": "atlassian",
            "displayName": each.display_name,
            "html": _marked(each.display_name, query),
        }
        for each in found[:size]
    ]
    return {"header": f"Showing {len(shown)} of {len(found)} matching users", "total": len(found), "users": shown}


def _matching(call: Call, query: str) -> list[User]:
    """People with a word of their name or address that begins so."""
    return [
        each
        for each in call.site.users.list_all()
        if each.active and any(word.startswith(query) for word in f"{each.display_name} {each.email}".lower().split())
    ]


def pick_users_and_groups(call: Call) -> Reply:
    if "query" not in call.request.args:
        raise JiraError(400, "The query parameter 'query' is required.")
    return Reply(body={"users": _picked_users(call), "groups": _picked_groups(call)})


def search_assignable_users(call: Call) -> Reply:
    """Whoever may be given an issue of the project: people who edit, and those that data only names."""
    project, issue = call.query("project"), call.query("issueKey") or call.query("issueId")
    if not project and not issue:
        raise JiraError(400, "The query parameter 'project', 'issueKey' or 'issueId' must be provided.")
    start, size = call.query_int("startAt", 0, 0, 2**31 - 1), call.query_int("maxResults", 50, 0, 1000)
    with reading(call) as desk:
        if project and desk.scope.find_project(project) is None:
            raise JiraError(404, f"No project could be found with key '{project}'.")
        if issue and desk.scope.find_issue_id(issue) is None:
            raise JiraError(404, NOT_SEEN)
        wanted = call.query("accountId")
        found = [
            each
            for each in _matching(call, call.query("query").lower())
            if each.role != "viewer" and wanted in ("", each.account_id)
        ]
        return Reply(body=[desk.renderer.account(each.account_id) for each in found[start : start + size]])


ROUTES: Final = (
    Route("GET", "/rest/api/3/group/bulk", list_groups),
    Route("GET", "/rest/api/3/group/member", list_members),
    Route("GET", "/rest/api/3/groups/picker", pick_groups),
    Route("GET", "/rest/api/3/groupuserpicker", pick_users_and_groups),
    Route("GET", "/rest/api/3/user/groups", list_groups_of_user),
    Route("GET", "/rest/api/3/user/picker", pick_users),
    Route("GET", "/rest/api/3/user/assignable/search", search_assignable_users),
)
