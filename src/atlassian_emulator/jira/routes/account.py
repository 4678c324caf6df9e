"""Who asks, what they may do, and who else there is."""

from __future__ import annotations

from typing import Any, Final

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import page_of
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.moments import iso_offset
from atlassian_emulator.routing import Route
from atlassian_emulator.users import User


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
        words = f"{user.display_name} {user.email} {user.account_id}".lower().split()
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


ROUTES: Final = (
    Route("GET", "/rest/api/3/serverInfo", get_server_info, open=True),
    Route("GET", "/rest/api/3/myself", get_myself),
    Route("GET", "/rest/api/3/user", get_user),
    Route("GET", "/rest/api/3/users", list_users),
    Route("GET", "/rest/api/3/users/search", list_users),
    Route("GET", "/rest/api/3/user/search", search_users),
    Route("GET", "/rest/api/3/user/bulk", get_users_by_id),
)
