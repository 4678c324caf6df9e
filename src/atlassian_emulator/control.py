"""The control path, /_emulator/…: what a test may ask of the emulator itself. It needs no credentials."""

from __future__ import annotations

from typing import Any

import msgspec

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.requestlog import RequestLog
from atlassian_emulator.routing import Route
from atlassian_emulator.weather import Disturbance, Weather


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
    )


def read_struct(call: Call, value: Any, kind: Any) -> Any:
    """Read a JSON value as `kind`; what does not fit is refused with 400 and the reason."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise call.refusal(400, str(error)) from error
