"""Operations that Data Center has in common with Cloud, answered by Cloud's own route.

The request is put into Cloud's words (its path, account ids for names and keys, documents for wiki markup), and the
answer into Data Center's. What differs in more than words has a route of its own in this package.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from werkzeug import Request

from atlassian_emulator import confluence, jira
from atlassian_emulator.call import Call, ProductError, Reply
from atlassian_emulator.data_center.dressing import dress_confluence, plain
from atlassian_emulator.directory import Directory
from atlassian_emulator.routing import Route

_CLOUD_ROUTES = {(route.method, route.template): route for route in (*confluence.ROUTES, *jira.ROUTES)}

Translate = Callable[[Call, Any], Any]


def translated(call: Call, path: str, *, body: Any = None, query: dict[str, str] | None = None) -> Call:
    """Return a call with another path, and with another JSON body and query where they are given."""
    # Reading it here keeps the outer request from waiting for bytes that the inner one took.
    data = call.request.get_data() if body is None else msgspec.json.encode(body)
    environ = {name: value for name, value in call.request.environ.items() if not name.startswith("werkzeug.request")}
    # WSGI hands the bytes of a path over as Latin-1, whatever they mean.
    environ |= {
        "PATH_INFO": path.encode().decode("latin-1"),
        "wsgi.input": io.BytesIO(data),
        "CONTENT_LENGTH": str(len(data)),
    }
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if query is not None:
        environ["QUERY_STRING"] = _query_string(call, query)
    return Call(Request(environ), call.path, call.user, call.site)


def _query_string(call: Call, changes: dict[str, str]) -> str:
    kept = [(name, value) for name, value in call.request.args.items(multi=True) if name not in changes]
    return urlencode([*kept, *((name, value) for name, value in changes.items() if value)])


def cloud_route(method: str, template: str) -> Route:
    """Return Cloud's route; KeyError when Cloud has none."""
    return _CLOUD_ROUTES[method, template]


def has_cloud_route(method: str, template: str) -> bool:
    return (method, template) in _CLOUD_ROUTES


def borrow_confluence(
    method: str, below: str, *, base: str = "api", cloud_below: str = "", names: dict[str, str] | None = None
) -> Route:
    """Make a route of Confluence Data Center of Cloud's v1 route; `below` is the path below /rest/api.

    `base` is "experimental" for what lies there, `cloud_below` Cloud's path where it differs, and `names` the
    parameters of its path by ours.
    """
    route = cloud_route(method, f"/wiki/rest/api{cloud_below or below}")

    def answer(call: Call) -> Reply:
        reply = ask_cloud(call, route, names)
        if isinstance(reply.body, bytes) or reply.body is None:
            return reply
        return Reply(reply.status, dress_confluence(call.site, plain(reply.body)), reply.headers)

    return Route(method, f"/rest/{base}{below}", answer)


def ask_cloud(
    call: Call, route: Route, names: dict[str, str] | None = None, query: dict[str, str] | None = None
) -> Reply:
    """Return what Cloud's route of Confluence answers to this call; `query` changes its parameters."""
    inner = _with_accounts(call, query or {})
    path = {(names or {}).get(name, name): value for name, value in call.path.items()}
    if "groupId" in path:
        path["groupId"] = _group_id(call, path["groupId"])
    try:
        # Closing the request lets go of the files of an uploaded form.
        with inner.request:
            return route.answer(Call(inner.request, path, inner.user, inner.site))
    except ProductError as refusal:
        refusal.body = dress_confluence(call.site, refusal.body)
        raise


def _with_accounts(call: Call, query: dict[str, str]) -> Call:
    """Return the call with account ids where Data Center's words name people and groups."""
    if any(name in call.request.args for name in ("username", "userName", "key")):
        user = named_user(call)
        query = {**query, "username": "", "userName": "", "key": ""}
        query["accountId"] = user.account_id if user else "nobody"
    body = None
    if call.request.mimetype in ("application/json", "") and call.request.get_data():
        body = _people_to_accounts(call, call.json())
    return translated(call, f"/wiki{call.request.path}", body=body, query=query or None)


def _group_id(call: Call, name: str) -> str:
    return next((group.group_id for group in call.site.users.groups if group.name == name), name)


def named_user(call: Call) -> Any:
    """Return the user that the query names by `username` or `key`, or None."""
    word = call.query("username") or call.query("userName") or call.query("key")
    return call.site.part(Directory).find(word)


def _people_to_accounts(call: Call, value: Any) -> Any:
    if isinstance(value, list):
        return [_people_to_accounts(call, each) for each in value]
    if not isinstance(value, dict):
        return value
    word = value.get("username") or value.get("userKey")
    if isinstance(word, str):
        user = call.site.part(Directory).find(word)
        return {**value, "accountId": user.account_id if user else word}
    if value.get("type") == "group" and isinstance(value.get("name"), str):
        return {**value, "id": _group_id(call, value["name"])}
    return {name: _people_to_accounts(call, each) for name, each in value.items()}
