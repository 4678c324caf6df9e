"""Users, groups and facts about the site, in v1 and v2."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.legacy import links, user_json
from atlassian_emulator.confluence.paging import answer_page, next_path
from atlassian_emulator.confluence.store import GONE, find_content
from atlassian_emulator.routing import Route
from atlassian_emulator.users import Group, User


def get_current_user(call: Call) -> Reply:
    return Reply(body=_expanded(call, call.caller))


def get_user(call: Call) -> Reply:
    return Reply(body=_expanded(call, _asked_user(call)))


def _asked_user(call: Call) -> User:
    account_id = call.query("accountId")
    if not account_id:
        raise call.refusal(400, "accountId is required")
    user = call.site.users.find(account_id)
    if user is None:
        raise call.refusal(404, f"No user found with account id : {account_id}")
    return user


def _expanded(call: Call, user: User) -> dict[str, Any]:
    shown = user_json(user, call.site.base_url)
    if "operations" in call.query_list("expand"):
        names = ["use", "administer", "create_space"] if user.administers else ["use"]
        shown["operations"] = [{"operation": name, "targetType": "application"} for name in names]
    return shown


def list_users(call: Call) -> Reply:
    """POST /users-bulk: the users among the account ids that there are."""
    body = call.json_object()
    account_ids = body.get("accountIds")
    if not isinstance(account_ids, list) or not 1 <= len(account_ids) <= 250:
        raise call.refusal(400, "accountIds must be a list of 1 to 250 account ids")
    if not all(isinstance(account_id, str) for account_id in account_ids):
        raise call.refusal(400, "accountIds must be a list of strings")
    found = [user for account_id in account_ids if (user := call.site.users.find(account_id))]
    return answer_page(call, [_v2_user(user) for user in found])


def _v2_user(user: User) -> dict[str, Any]:
    return {
        "accountId": user.account_id,
        "accountType": "atlassian",
        "accountStatus": "active" if user.active else "inactive",
        "displayName": user.display_name,
        "publicName": user.display_name,
        "email": user.email,
        "timeZone": "Etc/UTC",
        "isExternalCollaborator": False,
        "profilePicture": {"path": "/wiki/aa-avatar/default", "isDefault": True},
    }


def list_groups(call: Call) -> Reply:
    return _answer_part(call, [group_json(call, group) for group in call.site.users.groups])


def list_groups_of_user(call: Call) -> Reply:
    groups = call.site.users.groups_of(_asked_user(call))
    return _answer_part(call, [group_json(call, group) for group in groups])


def list_members(call: Call) -> Reply:
    group = next((group for group in call.site.users.groups if group.group_id == call.path["groupId"]), None)
    if group is None:
        raise call.refusal(404, f"There is no group with id {call.path['groupId']}")
    return _answer_part(call, [user_json(user, call.site.base_url) for user in call.site.users.members_of(group)])


def group_json(call: Call, group: Group) -> dict[str, Any]:
    self_link = f"{call.site.base_url}/wiki/rest/api/group/by-id?id={group.group_id}"
    return {
        "type": "group",
        "name": group.name,
        "id": group.group_id,
        "usageType": "USERBASE_GROUP",
        "managedBy": "ADMINS",
        "_links": {"self": self_link},
    }


def _answer_part(call: Call, found: list[Any]) -> Reply:
    """Answer a part of a list in v1's way, by `start` and `limit`."""
    start = call.query_int("start", 0, 0, 2**31 - 1)
    limit = call.query_int("limit", 200, 0, 2**31 - 1)
    results = found[start : start + limit]
    following = next_path(call, {"start": str(start + limit)}) if start + limit < len(found) and limit else ""
    paging = {"start": start, "limit": limit, "size": len(results), "totalSize": len(found)}
    return Reply(body={"results": results, **paging, "_links": links(call, following)})


def get_system_info(call: Call) -> Reply:
    site = call.site
    return Reply(
        body={
            "cloudId": site.cloud_id,
            "commitHash": "0000000000000000000000000000000000000000",
            "baseUrl": f"{site.base_url}/wiki",
            "fallbackBaseUrl": f"{site.base_url}/wiki",
            "edition": "STANDARD",
            "siteTitle": site.name,
            "defaultLocale": "en_GB",
            "defaultTimeZone": "Etc/UTC",
            "microsPerimeter": "commercial",
        }
    )


def convert_ids(call: Call) -> Reply:
    """Say what type of content each id is of: null for one that is gone or not visible."""
    content_ids = call.json_object().get("contentIds")
    if not isinstance(content_ids, list) or len(content_ids) > 100:
        raise call.refusal(400, "contentIds must be a list of at most 100 ids")
    types: dict[str, str | None] = {}
    with call.site.database.read() as c:
        for content_id in content_ids:
            if isinstance(content_id, bool) or not isinstance(content_id, (str, int)):
                raise call.refusal(400, f"Provided value {{{content_id}}} for 'contentIds' is not an id")
            row = find_content(call, c, call.whole_number(str(content_id).removeprefix("att"), "contentIds"))
            types[str(content_id)] = None if row is None or row["status"] in GONE else row["type"]
    return Reply(body={"results": types})


ROUTES = (
    Route("GET", "/wiki/rest/api/user/current", get_current_user),
    Route("GET", "/wiki/rest/api/user", get_user),
    Route("GET", "/wiki/rest/api/user/memberof", list_groups_of_user),
    Route("GET", "/wiki/rest/api/group", list_groups),
    Route("GET", "/wiki/rest/api/group/{groupId}/membersByGroupId", list_members),
    Route("GET", "/wiki/rest/api/settings/systemInfo", get_system_info),
    Route("POST", "/wiki/api/v2/users-bulk", list_users),
    Route("POST", "/wiki/api/v2/content/convert-ids-to-types", convert_ids),
)
