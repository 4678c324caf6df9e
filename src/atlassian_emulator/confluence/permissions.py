"""Space permissions: listed in v2, given and taken in v1, and said for a user or group by the control path."""

from __future__ import annotations

import sqlite3
import zlib
from typing import Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import (
    ADMINISTERING,
    ALL,
    EDIT,
    EDITING,
    READ,
    READING,
    Right,
    default_rights,
    demand_space_right,
    said_rights,
    say_rights,
)
from atlassian_emulator.confluence.legacy import links
from atlassian_emulator.confluence.paging import answer_items
from atlassian_emulator.confluence.store import get_named_space, get_space
from atlassian_emulator.routing import Route

_FIRST = ("administer", "archive", "copy", "create", "delete", "export", "move", "purge", "purge_version", "read")
_OPERATIONS = (*_FIRST, "restore", "restrict_content", "update", "use")
_TARGETS = ("page", "blogpost", "comment", "attachment", "space")


class SpaceAccess(msgspec.Struct, forbid_unknown_fields=True):
    """What a user or a group may do in a space from now on.

    For a user, named by e-mail address, it is all they may do there, whatever their role and groups. For a group,
    named by its name, it is what the group gives to its members, who may have more from other groups. Left out,
    `create` and `delete` are as `update`.
    """

    space: str
    user: str = ""
    group: str = ""
    read: bool = True
    update: bool = False
    create: bool | None = None
    delete: bool | None = None

    def rights(self) -> frozenset[Right]:
        creates = self.update if self.create is None else self.create
        deletes = self.update if self.delete is None else self.delete
        wanted = {"create": creates, "delete": deletes}
        chosen = {right for right in EDITING if wanted.get(right[0], self.update)}
        return (READING | chosen) if self.read else frozenset()


def set_space_access(call: Call) -> Reply:
    """PUT /_emulator/space-access."""
    try:
        access = msgspec.convert(call.json(), SpaceAccess)
    except msgspec.ValidationError as error:
        raise call.refusal(400, str(error)) from error
    user = call.site.users.find_by_email(access.user)
    group = next((group for group in call.site.users.groups if group.name == access.group), None)
    with call.site.database.transaction() as c:
        space = c.execute("SELECT id FROM spaces WHERE key = ? COLLATE NOCASE", (access.space,)).fetchone()
        if space is None or (user is None) == (group is None):
            raise call.refusal(
                404, f"There is no space {access.space}, or no user or group {access.user or access.group}"
            )
        kind, principal_id = ("user", user.account_id) if user else ("group", group.group_id if group else "")
        say_rights(c, space["id"], kind, principal_id, access.rights())
    return Reply(204)


def list_permissions(call: Call) -> Reply:
    with call.site.database.read() as c:
        found = _permissions_of(call, c, get_space(call, c, call.path_id("id"))["id"])
    shown = [
        {
            "id": str(permission_id),
            "principal": {"type": kind, "id": principal_id},
            "operation": {"key": right[0], "targetType": right[1]},
        }
        for permission_id, kind, principal_id, right in found
    ]
    return answer_items(call, shown)


def _permissions_of(call: Call, c: sqlite3.Connection, space_id: int) -> list[tuple[int, str, str, Right]]:
    """Return (permission id, "user" | "group", principal id, right) of all that a space gives."""
    said = said_rights(c, space_id)
    given: list[tuple[str, str, frozenset[Right]]] = [
        ("group", group.group_id, said.get((group.group_id, "all"), default_rights(group)))
        for group in call.site.users.groups
    ]
    groups = {group.group_id for group in call.site.users.groups}
    given += [
        ("user", principal_id, rights) for (principal_id, _), rights in said.items() if principal_id not in groups
    ]
    return [
        (_permission_id(space_id, principal_id, right), kind, principal_id, right)
        for kind, principal_id, rights in given
        for right in sorted(rights)
        # Editing is part of creating on the real site, and not listed beside it.
        if right != EDIT or ("create", "page") not in rights
    ]


def _permission_id(space_id: int, principal_id: str, right: Right) -> int:
    return zlib.crc32(f"{space_id} {principal_id} {right}".encode()) + 1


def add_permission(call: Call) -> Reply:
    """POST /wiki/rest/api/space/{spaceKey}/permission."""
    body = call.json_object()
    kind, principal_id = _read_subject(call, body.get("subject"))
    right = _read_right(call, body.get("operation"))
    with call.site.database.transaction() as c:
        space = get_named_space(call, c)
        demand_space_right(call, c, space["id"], "administer", "space")
        rights, extent = _rights_given(call, c, space["id"], kind, principal_id)
        if right in rights:
            raise call.refusal(400, f"Permission already exists for the given {kind}")
        if right != READ and READ not in rights:
            raise call.refusal(400, f"'read space' permission does not exist for the given {kind}")
        say_rights(c, space["id"], kind, principal_id, rights | _with_editing(right), extent=extent)
    return Reply(
        body={
            "id": _permission_id(space["id"], principal_id, right),
            "subject": {"type": kind, "identifier": principal_id},
            "operation": {"key": right[0], "target": right[1]},
            "_links": links(call),
        }
    )


def _rights_given(
    call: Call, c: sqlite3.Connection, space_id: int, kind: str, principal_id: str
) -> tuple[frozenset[Right], str]:
    """Return what a space gives a principal, and the extent to which it is said."""
    said = said_rights(c, space_id)
    if kind == "user":
        extent = "all" if (principal_id, "all") in said else "more"
        return said.get((principal_id, extent), frozenset()), extent
    group = call.site.users.find_group(principal_id)
    assert group is not None, "it was looked up when the subject was read"
    return said.get((principal_id, "all"), default_rights(group)), "all"


def _with_editing(right: Right) -> frozenset[Right]:
    return frozenset([right, EDIT] if right == ("create", "page") else [right])


def _read_subject(call: Call, subject: Any) -> tuple[str, str]:
    """Return ("user" | "group", id); a group may be named by its name or its id."""
    if not isinstance(subject, dict) or subject.get("type") not in ("user", "group"):
        raise call.refusal(400, "subject must be an object with a type, user or group, and an identifier")
    identifier = subject.get("identifier")
    if not isinstance(identifier, str):
        raise call.refusal(400, "subject.identifier must be a string")
    if subject["type"] == "user":
        if call.site.users.find(identifier) is None:
            raise call.refusal(400, f"No user found with account id : {identifier}")
        return "user", identifier
    for group in call.site.users.groups:
        if identifier in (group.group_id, group.name):
            return "group", group.group_id
    raise call.refusal(400, f"No group found with name or id : {identifier}")


def _read_right(call: Call, operation: Any) -> Right:
    key, target = (operation.get("key"), operation.get("target")) if isinstance(operation, dict) else (None, None)
    if key not in _OPERATIONS or target not in _TARGETS:
        raise call.refusal(400, "operation must be an object with a key and a target that can be given in a space")
    return str(key), str(target)


def remove_permission(call: Call) -> Reply:
    """Take one permission away; without reading, nothing else is left to a principal."""
    wanted = call.path_id("id")
    with call.site.database.transaction() as c:
        space = get_named_space(call, c)
        demand_space_right(call, c, space["id"], "administer", "space")
        permissions = _permissions_of(call, c, space["id"])
        found = next((permission for permission in permissions if permission[0] == wanted), None)
        if found is None:
            raise call.refusal(404, f"There is no permission with id {wanted} in space {space['key']}")
        _, kind, principal_id, right = found
        administering = [one for one in permissions if one[3] in ADMINISTERING and one[0] != wanted]
        if right in ADMINISTERING and not any(one[3] == right for one in administering):
            raise call.refusal(400, "All of the admin permissions cannot be removed from a space")
        rights, extent = _rights_given(call, c, space["id"], kind, principal_id)
        left = frozenset() if right == READ else rights - _with_editing(right)
        say_rights(c, space["id"], kind, principal_id, left, extent=extent)
    return Reply(204)


def list_available(call: Call) -> Reply:
    """GET /space-permissions: what there is to give."""
    known = sorted(right for right in ALL if right != EDIT)
    results = [
        {
            "id": f"{operation}/{target}",
            "displayName": f"{operation.replace('_', ' ').capitalize()} {target}",
            "description": f"May {operation.replace('_', ' ')} {target}",
            "requiredPermissionIds": [] if (operation, target) == READ else ["read/space"],
        }
        for operation, target in known
    ]
    return answer_items(call, results)


def get_role_mode(call: Call) -> Reply:
    """GET /space-role-mode: this site has no space roles."""
    return Reply(body={"mode": "PRE_ROLES"})


_V1 = "/wiki/rest/api/space/{spaceKey}/permission"

ROUTES = (
    Route("GET", "/wiki/api/v2/spaces/{id}/permissions", list_permissions),
    Route("GET", "/wiki/api/v2/space-permissions", list_available),
    Route("GET", "/wiki/api/v2/space-role-mode", get_role_mode),
    Route("POST", _V1, add_permission),
    Route("DELETE", _V1 + "/{id}", remove_permission),
)
