"""Groups in v1: who is in them, making and deleting them, putting users in and taking them out."""

from __future__ import annotations

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.legacy import answer_part, group_json, user_json
from atlassian_emulator.routing import Route
from atlassian_emulator.users import Group, User

_LONGEST_NAME = 255


def list_groups(call: Call) -> Reply:
    return answer_part(call, [group_json(call, group) for group in call.site.users.groups])


def find_groups(call: Call) -> Reply:
    """GET /group/picker: groups whose name holds a text."""
    text = call.query("query").lower()
    if not text:
        raise call.refusal(400, "query is required")
    return answer_part(call, [group_json(call, one) for one in call.site.users.groups if text in one.name.lower()])


def list_members(call: Call) -> Reply:
    members = call.site.users.members_of(_get_group(call, call.path["groupId"]))
    return answer_part(call, [user_json(user, call.site.base_url) for user in members])


def _get_group(call: Call, group_id: str) -> Group:
    if not group_id:
        raise call.refusal(400, "The id of a group is required")
    group = call.site.users.find_group(group_id)
    if group is None:
        raise call.refusal(404, f"There is no group with id {group_id}")
    return group


def get_group(call: Call) -> Reply:
    return Reply(body=group_json(call, _get_group(call, call.query("id"))))


def create_group(call: Call) -> Reply:
    name = call.json_object().get("name")
    _demand_administrator(call)
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        raise call.refusal(400, f"The name of a group must be a string of 1 to {_LONGEST_NAME} characters")
    group = call.site.users.add_group(name.strip())
    if group is None:
        raise call.refusal(400, f"A group with the name {name} already exists")
    return Reply(201, group_json(call, group))


def _demand_administrator(call: Call) -> None:
    if not call.caller.administers:
        raise call.refusal(403, "Only a site administrator may change groups")


def delete_group(call: Call) -> Reply:
    _demand_administrator(call)
    call.site.users.remove_group(_get_group(call, call.query("id")))
    return Reply(204)


def add_member(call: Call) -> Reply:
    account_id = call.json_object().get("accountId")
    _demand_administrator(call)
    group = _get_group(call, call.query("groupId"))
    call.site.users.set_member(group, _get_user(call, account_id), is_member=True)
    return Reply(201)


def _get_user(call: Call, account_id: object) -> User:
    if not isinstance(account_id, str) or not account_id:
        raise call.refusal(400, "accountId is required")
    user = call.site.users.find(account_id)
    if user is None:
        raise call.refusal(404, f"No user found with account id : {account_id}")
    return user


def remove_member(call: Call) -> Reply:
    """Take a user out of a group; it is no fault when they are not in it."""
    _demand_administrator(call)
    group = _get_group(call, call.query("groupId"))
    call.site.users.set_member(group, _get_user(call, call.query("accountId")), is_member=False)
    return Reply(204)


_GROUP = "/wiki/rest/api/group"

ROUTES = (
    Route("GET", _GROUP, list_groups),
    Route("POST", _GROUP, create_group),
    Route("GET", _GROUP + "/by-id", get_group),
    Route("DELETE", _GROUP + "/by-id", delete_group),
    Route("GET", _GROUP + "/picker", find_groups),
    Route("GET", _GROUP + "/{groupId}/membersByGroupId", list_members),
    Route("POST", _GROUP + "/userByGroupId", add_member),
    Route("DELETE", _GROUP + "/userByGroupId", remove_member),
)
