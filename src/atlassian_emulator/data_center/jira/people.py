"""Users by name and key, groups by name, and what a Jira Data Center says of itself and of rights."""

from __future__ import annotations

from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.data_center.borrowing import cloud_route
from atlassian_emulator.data_center.dressing import plain
from atlassian_emulator.data_center.jira.words import ask_cloud, dressed
from atlassian_emulator.directory import Directory
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.moments import iso_offset
from atlassian_emulator.routing import Route
from atlassian_emulator.users import Group, User

VERSION: Final = "9.12.15"
_BUILD: Final = 9120015


def get_server_info(call: Call) -> Reply:
    return Reply(
        body={
            "baseUrl": call.site.base_url,
            "version": VERSION,
            "versionNumbers": [int(part) for part in VERSION.split(".")],
            "deploymentType": "Server",
            "buildNumber": _BUILD,
            "buildDate": "2026-10-20T00:00:00.000+0000",
            "databaseBuildNumber": _BUILD,
            "serverTime": iso_offset(call.site.clock()),
            "scmInfo": "0" * 40,
            "serverTitle": call.site.name,
        }
    )


def get_user(call: Call) -> Reply:
    word = call.query("username") or call.query("key")
    if not word:
        raise JiraError(400, "Either the 'username' or the 'key' query parameters need to be provided")
    user = call.site.part(Directory).find(word)
    if user is None:
        raise JiraError(404, f"The user named '{word}' does not exist")
    return ask_cloud(call, cloud_route("GET", "/rest/api/3/user"), username="", key="", accountId=user.account_id)


def find_users(call: Call) -> Reply:
    """By the beginning of a user name, or of a word of the display name or address; a dot stands for everybody."""
    query = (call.query("username") or call.query("query")).lower()
    if not query:
        raise JiraError(400, "The username query parameter was not provided")
    directory = call.site.part(Directory)

    def matches(user: User) -> bool:
        words = f"{directory.entry_of(user.account_id).name} {user.display_name} {user.email}".lower().split()
        return query == "." or any(word.startswith(query) for word in words)

    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 50, 0, 2**31 - 1), 1000)
    found = [user for user in call.site.users.list_all() if matches(user)]
    return _answer_users(call, found[start : start + size])


def _answer_users(call: Call, users: list[User]) -> Reply:
    return dressed(call, Reply(body=_rendered(call, users)))


def _rendered(call: Call, users: list[User]) -> list[Any]:
    with call.site.database.read() as c:
        renderer = call.site.part(Jira).renderer(c)
        return [renderer.user(user) for user in users]


def list_assignable(call: Call) -> Reply:
    """Who may be given an issue of a project: whoever may edit there."""
    query = (call.query("username") or call.query("query")).lower()
    directory = call.site.part(Directory)
    found = [
        user
        for user in call.site.users.list_all()
        if user.edits and directory.entry_of(user.account_id).name.lower().startswith(query)
    ]
    return _answer_users(call, found[: call.query_int("maxResults", 50, 0, 1000)])


def _named_group(call: Call) -> Group:
    name = call.query("groupname")
    if not name:
        raise JiraError(400, "The 'groupname' query parameter was not provided")
    group = next((group for group in call.site.users.groups if group.name.lower() == name.lower()), None)
    if group is None:
        raise JiraError(404, f"The group named '{name}' does not exist.")
    return group


def _group_json(call: Call, group: Group) -> dict[str, Any]:
    return {"name": group.name, "self": f"{call.site.base_url}/rest/api/2/group?groupname={group.name}"}


def get_group(call: Call) -> Reply:
    """A group with its members; `expand=users[0:49]` says which of them."""
    group = _named_group(call)
    members = call.site.users.members_of(group)
    first, last = 0, 49
    for each in call.request.args.getlist("expand"):
        if each.startswith("users[") and ":" in each:
            low, _, high = each[6:].rstrip("]").partition(":")
            if low.isdigit() and high.isdigit():
                first, last = int(low), int(high)
    items = plain(_answer_users(call, members[first : last + 1]).body) if call.query("expand") else []
    users = {"size": len(members), "items": items, "max-results": 50, "start-index": first, "end-index": last}
    return Reply(body={**_group_json(call, group), "users": users, "expand": "users"})


def list_members(call: Call) -> Reply:
    members = call.site.users.members_of(_named_group(call))
    start = call.query_int("startAt", 0, 0, 2**31 - 1)
    size = min(call.query_int("maxResults", 50, 0, 2**31 - 1), 50)
    shown = _answer_users(call, members[start : start + size]).body
    return Reply(
        body={
            "self": f"{call.site.base_url}{call.request.full_path.rstrip('?')}",
            "maxResults": size,
            "startAt": start,
            "total": len(members),
            "isLast": start + size >= len(members),
            "values": shown,
        }
    )


def find_groups(call: Call) -> Reply:
    """GET /rest/api/2/groups/picker."""
    query = call.query("query").lower()
    found = [group for group in call.site.users.groups if query in group.name.lower()]
    shown = [{"name": group.name, "html": group.name, "labels": []} for group in found]
    header = f"Showing {len(shown)} of {len(shown)} matching groups"
    return Reply(body={"header": header, "total": len(shown), "groups": shown})


def get_my_permissions(call: Call) -> Reply:
    """All permissions at once, which Cloud answers only when they are named."""
    if "permissions" in call.request.args:
        return ask_cloud(call, cloud_route("GET", "/rest/api/3/mypermissions"))
    listed = plain(cloud_route("GET", "/rest/api/3/permissions").answer(call).body)["permissions"]
    route = cloud_route("GET", "/rest/api/3/mypermissions")
    return ask_cloud(call, route, permissions=",".join(listed))


def list_projects(call: Call) -> Reply:
    return ask_cloud(call, cloud_route("GET", "/rest/api/3/project"))


ROUTES: Final = (
    Route("GET", "/rest/api/2/serverInfo", get_server_info, open=True),
    Route("GET", "/rest/api/2/user", get_user),
    Route("GET", "/rest/api/2/user/search", find_users),
    Route("GET", "/rest/api/2/user/assignable/search", list_assignable),
    Route("GET", "/rest/api/2/group", get_group),
    Route("GET", "/rest/api/2/group/member", list_members),
    Route("GET", "/rest/api/2/groups/picker", find_groups),
    Route("GET", "/rest/api/2/mypermissions", get_my_permissions),
)
