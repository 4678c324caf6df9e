"""Users by name and key, groups by name, and what a Confluence Data Center says of itself."""

from __future__ import annotations

from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.data_center.borrowing import named_user
from atlassian_emulator.data_center.confluence.shapes import slice_json, user_json
from atlassian_emulator.data_center.dressing import confluence_group
from atlassian_emulator.routing import Route
from atlassian_emulator.users import Group, User

VERSION = "9.2.0"
_BUILD = 9109


def get_current_user(call: Call) -> Reply:
    return Reply(body=_full(call, call.caller))


def get_user(call: Call) -> Reply:
    return Reply(body=_full(call, _asked(call)))


def _asked(call: Call) -> User:
    if "username" not in call.request.args and "key" not in call.request.args:
        raise call.refusal(400, "Either username or key is required")
    user: User | None = named_user(call)
    if user is None:
        word = call.query("username") or call.query("key")
        raise call.refusal(404, f"No user found with username or key : {word}")
    return user


def _full(call: Call, user: User) -> dict[str, Any]:
    shown = user_json(call, user.account_id)
    if "status" in call.query_list("expand"):
        shown["status"] = "current" if user.active else "deactivated"
        shown["_expandable"] = {}
    return {**shown, "_links": {**shown["_links"], "base": call.site.base_url, "context": ""}}


def list_groups_of_user(call: Call) -> Reply:
    groups = call.site.users.groups_of(_asked(call))
    return slice_json(call, [confluence_group(call.site, group.name) for group in groups], 200)


def list_groups(call: Call) -> Reply:
    return slice_json(call, [confluence_group(call.site, group.name) for group in call.site.users.groups], 200)


def _named_group(call: Call) -> Group:
    name = call.path["groupName"]
    group = next((group for group in call.site.users.groups if group.name.lower() == name.lower()), None)
    if group is None:
        raise call.refusal(404, f"No group found with name : {name}")
    return group


def get_group(call: Call) -> Reply:
    return Reply(body=confluence_group(call.site, _named_group(call).name))


def list_members(call: Call) -> Reply:
    members = call.site.users.members_of(_named_group(call))
    return slice_json(call, [user_json(call, user.account_id) for user in members], 200)


def get_server_information(call: Call) -> Reply:
    major, minor, patch = VERSION.split(".")
    numbers = {"majorVersion": int(major), "minorVersion": int(minor), "patchVersion": int(patch)}
    return Reply(body={"baseUrl": call.site.base_url, "version": VERSION, "buildNumber": _BUILD, **numbers})


def get_manifest(call: Call) -> Reply:
    """GET /rest/applinks/1.0/manifest: what a linked application, or a client that wants a stable id, asks for."""
    facts = {"id": call.site.cloud_id, "name": call.site.name, "typeId": "confluence", "version": VERSION}
    more = {"buildNumber": _BUILD, "applinksVersion": "9.1.2", "publicSignup": False, "url": call.site.base_url}
    return Reply(body={**facts, **more, "inboundAuthenticationTypes": [], "outboundAuthenticationTypes": []})


def get_access_mode(call: Call) -> Reply:
    return Reply(body="READ_WRITE")


def get_state(call: Call) -> Reply:
    """GET /status, as balancers ask."""
    return Reply(body={"state": "RUNNING"})


ROUTES = (
    Route("GET", "/rest/api/user/current", get_current_user),
    Route("GET", "/rest/api/user", get_user),
    Route("GET", "/rest/api/user/memberof", list_groups_of_user),
    Route("GET", "/rest/api/group", list_groups),
    Route("GET", "/rest/api/group/{groupName}", get_group),
    Route("GET", "/rest/api/group/{groupName}/member", list_members),
    Route("GET", "/rest/api/server-information", get_server_information),
    Route("GET", "/rest/applinks/1.0/manifest", get_manifest),
    Route("GET", "/rest/api/accessmode", get_access_mode),
    Route("GET", "/status", get_state, open=True),
)
