"""The control path, /_emulator/…: what a test may ask of the emulator itself. It needs no credentials."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.moves import export_space, import_space
from atlassian_emulator.confluence.permissions import set_space_access
from atlassian_emulator.confluence.tasks import set_pace
from atlassian_emulator.routing import Route
from atlassian_emulator.site import DEFAULT_TOKEN
from atlassian_emulator.users import Role
from atlassian_emulator.weather import Disturbance


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """A user to be added or changed."""

    email: str
    name: str = ""
    role: Role = "viewer"
    token: str = DEFAULT_TOKEN


def get_status(call: Call) -> Reply:
    users = [{"email": u.email, "accountId": u.account_id, "role": u.role} for u in call.site.users.list_all()]
    signing_in = [user for user in users if user["role"] != "person"]
    facts = {"site": call.site.name, "cloudId": call.site.cloud_id, "url": call.site.base_url}
    return Reply(body={"ready": True, **facts, "users": signing_in})


def get_requests(call: Call) -> Reply:
    return Reply(body=call.site.log.summary(with_requests=call.query_flag("requests", default=True)))


def clear_requests(call: Call) -> Reply:
    call.site.log.clear()
    return Reply(204)


def get_weather(call: Call) -> Reply:
    return Reply(body=call.site.weather.list_active())


def add_weather(call: Call) -> Reply:
    body = call.json()
    call.site.weather.add(read_struct(call, body if isinstance(body, list) else [body], list[Disturbance]))
    return get_weather(call)


def set_weather(call: Call) -> Reply:
    disturbances = read_struct(call, call.json(), list[Disturbance])
    call.site.weather.clear()
    call.site.weather.add(disturbances)
    return get_weather(call)


def clear_weather(call: Call) -> Reply:
    call.site.weather.clear()
    return Reply(204)


def set_attachment_limit(call: Call) -> Reply:
    call.site.attachment_limit_bytes = read_struct(call, call.json_object().get("bytes"), int)
    return Reply(204)


def get_exported_space(call: Call) -> Reply:
    lines = b"".join(export_space(call.site, call.query("key")))
    return Reply(body=lines, headers={"Content-Type": "application/x-ndjson"})


def add_exported_space(call: Call) -> Reply:
    lines = call.request.get_data().splitlines()
    rename_to, only_current = call.query("rename-to"), call.query_flag("current-version-only")
    macros = call.query_list("conflicting-macro")
    try:
        report = import_space(
            call.site, lines, rename_to=rename_to, current_version_only=only_current, conflicting_macros=macros
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, sqlite3.DatabaseError) as error:
        raise call.refusal(400, f"This is not an exported space: {error!r}") from error
    return Reply(body=report)


def put_user(call: Call) -> Reply:
    wish = read_struct(call, call.json(), NewUser)
    user = call.site.users.put(wish.email, wish.name or wish.email, wish.role, token=wish.token)
    return Reply(body={"accountId": user.account_id})


def read_struct(call: Call, value: Any, kind: Any) -> Any:
    """Read a JSON value as `kind`; what does not fit is refused with 400 and the reason."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise call.refusal(400, str(error)) from error


ROUTES = (
    Route("GET", "/_emulator/status", get_status, open=True),
    Route("GET", "/_emulator/requests", get_requests, open=True),
    Route("DELETE", "/_emulator/requests", clear_requests, open=True),
    Route("GET", "/_emulator/weather", get_weather, open=True),
    Route("POST", "/_emulator/weather", add_weather, open=True),
    Route("PUT", "/_emulator/weather", set_weather, open=True),
    Route("DELETE", "/_emulator/weather", clear_weather, open=True),
    Route("PUT", "/_emulator/attachment-limit", set_attachment_limit, open=True),
    Route("GET", "/_emulator/export-space", get_exported_space, open=True),
    Route("POST", "/_emulator/import-space", add_exported_space, open=True),
    Route("PUT", "/_emulator/space-access", set_space_access, open=True),
    Route("PUT", "/_emulator/long-tasks", set_pace, open=True),
    Route("PUT", "/_emulator/users", put_user, open=True),
)
