"""Restrictions of content and asking who may do what, in v1."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, demand_update, may_update, restrict, viewer_parameters
from atlassian_emulator.confluence.legacy import author_json, group_json, links
from atlassian_emulator.confluence.store import get_named_content
from atlassian_emulator.routing import Route
from atlassian_emulator.users import User

_OPERATIONS = ("read", "update")


def _restriction_json(call: Call, c: sqlite3.Connection, content_id: int, operation: str) -> dict[str, Any]:
    rows = c.execute(
        "SELECT principal_type, principal_id FROM restrictions WHERE content_id = ? AND operation = ?",
        (content_id, operation),
    ).fetchall()
    users = [author_json(call, row["principal_id"]) for row in rows if row["principal_type"] == "user"]
    allowed = {row["principal_id"] for row in rows}
    groups = [group_json(call, group) for group in call.site.users.groups if group.group_id in allowed]
    self_link = f"{call.site.base_url}/wiki/rest/api/content/{content_id}/restriction/byOperation/{operation}"
    return {
        "operation": operation,
        "restrictions": {
            "user": {"results": users, "start": 0, "limit": 200, "size": len(users)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        },
        "_expandable": {"content": f"/rest/api/content/{content_id}"},
        "_links": {"self": self_link},
    }


def _answer_restrictions(call: Call, c: sqlite3.Connection, content_id: int) -> Reply:
    results = [_restriction_json(call, c, content_id, operation) for operation in _OPERATIONS]
    paging = {"start": 0, "limit": 100, "size": len(results)}
    return Reply(body={"results": results, **paging, "restrictionsHash": "", "_links": links(call)})


def list_restrictions(call: Call) -> Reply:
    with call.site.database.read() as c:
        return _answer_restrictions(call, c, get_named_content(call, c)["id"])


def get_one_operation(call: Call) -> Reply:
    with call.site.database.read() as c:
        content_id = get_named_content(call, c)["id"]
        return Reply(body=_restriction_json(call, c, content_id, _operation(call)))


def _operation(call: Call) -> str:
    """Return the operation in the path; there are two, and any other is not found."""
    operation = call.path["operationKey"]
    if operation not in _OPERATIONS:
        raise call.refusal(404, f"There is no restriction of the operation {operation}")
    return operation


def _principal(call: Call) -> tuple[str, str]:
    """Return the ("user" | "group", id) that a path names; there must be such a one, or it is not found."""
    if "groupId" in call.path:
        if call.site.users.find_group(call.path["groupId"]) is None:
            raise call.refusal(404, f"There is no group with id {call.path['groupId']}")
        return "group", call.path["groupId"]
    account_id = call.query("accountId")
    if call.site.users.find(account_id) is None:
        raise call.refusal(404, f"No user found with account id : {account_id}")
    return "user", account_id


def check_principal(call: Call) -> Reply:
    """200 when a restriction names the user or group, 404 when not; the body says it too."""
    with call.site.database.read() as c:
        content = get_named_content(call, c)
        named = _principal(call) in _principals_of(c, content["id"], _operation(call))
    if not named:
        raise call.refusal(404, "The restriction does not name this user or group")
    return Reply(body=True)


def _principals_of(c: sqlite3.Connection, content_id: int, operation: str) -> list[tuple[str, str]]:
    rows = c.execute(
        "SELECT principal_type, principal_id FROM restrictions WHERE content_id = ? AND operation = ?",
        (content_id, operation),
    )
    return [(row[0], row[1]) for row in rows]


def change_principal(call: Call) -> Reply:
    """PUT adds a user or group to a restriction, DELETE takes them out."""
    operation = _operation(call)
    with call.site.database.transaction() as c:
        content = get_named_content(call, c)
        principal = _principal(call)
        demand_update(call, c, content)
        named = _principals_of(c, content["id"], operation)
        if call.request.method == "PUT":
            restrict(c, content["id"], operation, [*named, principal])
        else:
            if principal not in named:
                raise call.refusal(404, "The restriction does not name this user or group")
            restrict(c, content["id"], operation, [one for one in named if one != principal])
    return Reply(200)


def list_by_operation(call: Call) -> Reply:
    with call.site.database.read() as c:
        content_id = get_named_content(call, c)["id"]
        return Reply(body={name: _restriction_json(call, c, content_id, name) for name in _OPERATIONS})


def set_restrictions(call: Call) -> Reply:
    """PUT: replace the restrictions of the operations that the request names."""
    return _write_restrictions(call, keep=False)


def add_restrictions(call: Call) -> Reply:
    """POST: add to the restrictions there are."""
    return _write_restrictions(call, keep=True)


def _write_restrictions(call: Call, *, keep: bool) -> Reply:
    body = call.json()
    wishes = body.get("results") if isinstance(body, dict) else body
    if not isinstance(wishes, list):
        raise call.refusal(400, "The request must be a list of restrictions, or an object with them as results")
    read = [_read_wish(call, wish) for wish in wishes]
    with call.site.database.transaction() as c:
        content = get_named_content(call, c)
        demand_update(call, c, content)
        for operation, principals in read:
            kept = _principals_of(c, content["id"], operation) if keep else []
            restrict(c, content["id"], operation, [*kept, *principals])
        return _answer_restrictions(call, c, content["id"])


def _read_wish(call: Call, wish: Any) -> tuple[str, list[tuple[str, str]]]:
    operation = wish.get("operation") if isinstance(wish, dict) else None
    restrictions = wish.get("restrictions") if isinstance(wish, dict) else None
    if operation not in _OPERATIONS or not isinstance(restrictions, dict):
        raise call.refusal(400, "A restriction needs an operation, read or update, and restrictions")
    principals: list[tuple[str, str]] = []
    for name, id_name in (("user", "accountId"), ("group", "id")):
        given = restrictions.get(name) or []
        given = given.get("results") if isinstance(given, dict) else given
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise call.refusal(400, f"restrictions.{name} must be a list of objects")
        principals += [(name, _checked(call, name, one.get(id_name))) for one in given]
    return str(operation), principals


def _checked(call: Call, kind: str, identifier: Any) -> str:
    """Return the id of a user or group that there is."""
    groups = {group.group_id for group in call.site.users.groups}
    there = isinstance(identifier, str) and (
        identifier in groups if kind == "group" else call.site.users.find(identifier) is not None
    )
    if not there:
        raise call.refusal(400, f"There is no {kind} with id {identifier}")
    return str(identifier)


def remove_restrictions(call: Call) -> Reply:
    with call.site.database.transaction() as c:
        content = get_named_content(call, c)
        demand_update(call, c, content)
        for operation in _OPERATIONS:
            restrict(c, content["id"], operation, [])
        return _answer_restrictions(call, c, content["id"])


def check_permission(call: Call) -> Reply:
    """Say whether a user or group may read, update or delete content; asking about others needs administration."""
    body = call.json_object()
    subject, operation = body.get("subject"), body.get("operation")
    if not isinstance(subject, dict) or subject.get("type") not in ("user", "group"):
        raise call.refusal(400, "subject must be an object with a type, user or group, and an identifier")
    if operation not in ("read", "update", "delete"):
        raise call.refusal(400, "operation must be read, update or delete")
    identifier = _checked(call, subject["type"], subject.get("identifier"))
    if identifier != call.caller.account_id and not call.caller.administers:
        raise call.refusal(403, "Only an administrator may ask about others")
    with call.site.database.read() as c:
        content = get_named_content(call, c)
        asked = _members(call, subject["type"], identifier)
        allowed = bool(asked) and all(_may(call, c, content, user, operation) for user in asked)
    kind = subject["type"].capitalize()
    error = {"translation": f"{kind} does not have permission to the content", "args": []}
    return Reply(body={"hasPermission": allowed, "errors": [] if allowed else [error], "_links": links(call)})


def _members(call: Call, kind: str, identifier: str) -> list[User]:
    if kind == "user":
        user = call.site.users.find(identifier)
        return [user] if user else []
    (group,) = (group for group in call.site.users.groups if group.group_id == identifier)
    return call.site.users.members_of(group)


def _may(call: Call, c: sqlite3.Connection, content: sqlite3.Row, user: User, operation: str) -> bool:
    parameters = {**viewer_parameters(call, user), "id": content["id"]}
    sees = c.execute(f"SELECT 1 FROM content c WHERE c.id = :id AND {VISIBLE}", parameters).fetchone()  # noqa: S608
    return sees is not None and (operation == "read" or may_update(call, c, content, user, operation))


_RESTRICTION = "/wiki/rest/api/content/{id}/restriction"
_ONE = _RESTRICTION + "/byOperation/{operationKey}"
_NAMED = ("/byGroupId/{groupId}", "/user")

ROUTES = (
    Route("GET", _RESTRICTION, list_restrictions),
    Route("PUT", _RESTRICTION, set_restrictions),
    Route("POST", _RESTRICTION, add_restrictions),
    Route("DELETE", _RESTRICTION, remove_restrictions),
    Route("GET", _RESTRICTION + "/byOperation", list_by_operation),
    Route("GET", _ONE, get_one_operation),
    *(Route("GET", _ONE + below, check_principal) for below in _NAMED),
    *(Route(method, _ONE + below, change_principal) for below in _NAMED for method in ("PUT", "DELETE")),
    Route("POST", "/wiki/rest/api/content/{id}/permission/check", check_permission),
)
