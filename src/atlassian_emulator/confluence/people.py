"""Users and facts about the site, in v1 and v2."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.legacy import answer_part, group_json, user_json
from atlassian_emulator.confluence.paging import answer_page
from atlassian_emulator.confluence.store import GONE, find_content
from atlassian_emulator.routing import Route
from atlassian_emulator.users import User


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


def list_groups_of_user(call: Call) -> Reply:
    groups = call.site.users.groups_of(_asked_user(call))
    return answer_part(call, [group_json(call, group) for group in groups])


def list_users_in_v1(call: Call) -> Reply:
    """GET /user/bulk: the users among the first hundred account ids."""
    account_ids = [value for value in call.request.args.getlist("accountId") for value in value.split(",") if value]
    if not account_ids:
        raise call.refusal(400, "accountId is required")
    found = [user for account_id in account_ids[:100] if (user := call.site.users.find(account_id))]
    return answer_part(call, [_expanded(call, user) for user in found])


def get_anonymous(call: Call) -> Reply:
    """Nobody in particular: who asks without credentials, if the site let them."""
    picture = {"path": "/wiki/aa-avatar/anonymous", "width": 48, "height": 48, "isDefault": True}
    shown: dict[str, Any] = {"type": "anonymous", "profilePicture": picture, "displayName": "Anonymous"}
    if "operations" in call.query_list("expand"):
        shown["operations"] = []
    self_link = f"{call.site.base_url}/wiki/rest/api/user/anonymous"
    return Reply(body={**shown, "_expandable": {"operations": ""}, "_links": {"self": self_link}})


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
    Route("GET", "/wiki/rest/api/user/bulk", list_users_in_v1),
    Route("GET", "/wiki/rest/api/user/anonymous", get_anonymous),
    Route("GET", "/wiki/rest/api/settings/systemInfo", get_system_info),
    Route("POST", "/wiki/api/v2/users-bulk", list_users),
    Route("POST", "/wiki/api/v2/content/convert-ids-to-types", convert_ids),
)
