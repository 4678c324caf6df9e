"""The control path, /_emulator/…: what a test may ask of the emulator itself. It needs no credentials."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import set_access
from atlassian_emulator.confluence.moves import export_space, import_space
from atlassian_emulator.requestlog import RequestLog
from atlassian_emulator.routing import Route
from atlassian_emulator.site import DEFAULT_TOKEN
from atlassian_emulator.users import Role
from atlassian_emulator.weather import Disturbance, Weather


class SpaceAccess(msgspec.Struct, forbid_unknown_fields=True):
    """What a user, named by e-mail address, may do in a space from now on, whatever their role."""

    space: str
    user: str
    read: bool = True
    update: bool = False


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """A user to be added or changed."""

    email: str
    name: str = ""
    role: Role = "viewer"
    token: str = DEFAULT_TOKEN


def routes(weather: Weather, log: RequestLog) -> tuple[Route, ...]:
    """Return the routes that steer one server."""

    def get_status(call: Call) -> Reply:
        users = [{"email": u.email, "accountId": u.account_id, "role": u.role} for u in call.site.users.list_all()]
        signing_in = [user for user in users if user["role"] != "person"]
        facts = {"site": call.site.name, "cloudId": call.site.cloud_id, "url": call.site.base_url}
        return Reply(body={"ready": True, **facts, "users": signing_in})

    def get_requests(call: Call) -> Reply:
        return Reply(body=log.summary(with_requests=call.query_flag("requests", default=True)))

    def clear_requests(_: Call) -> Reply:
        log.clear()
        return Reply(204)

    def get_weather(_: Call) -> Reply:
        return Reply(body=weather.list_active())

    def add_weather(call: Call) -> Reply:
        body = call.json()
        weather.add(read_struct(call, body if isinstance(body, list) else [body], list[Disturbance]))
        return get_weather(call)

    def set_weather(call: Call) -> Reply:
        disturbances = read_struct(call, call.json(), list[Disturbance])
        weather.clear()
        weather.add(disturbances)
        return get_weather(call)

    def clear_weather(_: Call) -> Reply:
        weather.clear()
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
        try:
            report = import_space(call.site, lines, rename_to=rename_to, current_version_only=only_current)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, sqlite3.DatabaseError) as error:
            raise call.refusal(400, f"This is not an exported space: {error!r}") from error
        return Reply(body=report)

    def set_space_access(call: Call) -> Reply:
        access = read_struct(call, call.json(), SpaceAccess)
        user = call.site.users.find_by_email(access.user)
        with call.site.database.transaction() as c:
            space = c.execute("SELECT id FROM spaces WHERE key = ? COLLATE NOCASE", (access.space,)).fetchone()
            if space is None or user is None:
                raise call.refusal(404, f"There is no space {access.space} or no user {access.user}")
            set_access(c, space["id"], user.account_id, may_read=access.read, may_update=access.update)
        return Reply(204)

    def put_user(call: Call) -> Reply:
        wish = read_struct(call, call.json(), NewUser)
        user = call.site.users.put(wish.email, wish.name or wish.email, wish.role, token=wish.token)
        return Reply(body={"accountId": user.account_id})

    def open_route(method: str, path: str, answer: Any) -> Route:
        return Route(method, f"/_emulator/{path}", answer, open=True)

    return (
        open_route("GET", "status", get_status),
        open_route("GET", "requests", get_requests),
        open_route("DELETE", "requests", clear_requests),
        open_route("GET", "weather", get_weather),
        open_route("POST", "weather", add_weather),
        open_route("PUT", "weather", set_weather),
        open_route("DELETE", "weather", clear_weather),
        open_route("PUT", "attachment-limit", set_attachment_limit),
        open_route("GET", "export-space", get_exported_space),
        open_route("POST", "import-space", add_exported_space),
        open_route("PUT", "space-access", set_space_access),
        open_route("PUT", "users", put_user),
    )


def read_struct(call: Call, value: Any, kind: Any) -> Any:
    """Read a JSON value as `kind`; what does not fit is refused with 400 and the reason."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise call.refusal(400, str(error)) from error
