"""Jira Cloud's REST API v2: every operation of v3, with texts in wiki markup where v3 has documents.

Most clients that are not Atlassian's own still speak it. A text is kept as a document, whichever version wrote it.
`/rest/api/latest` is v2 as well.
"""

from __future__ import annotations

import io
from typing import Any, Final

import msgspec
from werkzeug import Request

from atlassian_emulator import jira
from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.wiki import document_to_wiki, wiki_to_document
from atlassian_emulator.routing import Route

_V3: Final = "/rest/api/3"
_BASES: Final = ("/rest/api/2", "/rest/api/latest")
_TEXT_FIELDS: Final = frozenset(("description", "environment"))
_NOT_A_TEXT: Final = "Operation value must be a string"


def mirrored(route: Route, base: str) -> Route:
    """Return an operation of v3 as v2 has it, below `base`."""
    template = base + route.template.removeprefix(_V3)

    def answer(call: Call) -> Reply:
        third = _in_third_version(call, route, base)
        # Closing the request lets go of the files of an uploaded form.
        with third.request:
            return _in_second_version(call, route.answer(third), base)

    return Route(route.method, template, answer, open=route.open)


def _in_third_version(call: Call, route: Route, base: str) -> Call:
    """Return the call with v3's path, and with documents for the texts of its body."""
    environ = {name: value for name, value in call.request.environ.items() if not name.startswith("werkzeug.request")}
    # As WSGI has it, and not as the request shows it: what it holds beside ASCII is spelled differently there.
    environ["PATH_INFO"] = _V3 + str(environ["PATH_INFO"]).removeprefix(base)
    data = call.request.get_data()
    if data and call.request.mimetype in ("application/json", ""):
        data = msgspec.json.encode(_documents_in(call, call.json(), "worklog" in route.template))
    environ |= {"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return Call(Request(environ), call.path, call.user, call.site)


def _documents_in(call: Call, body: Any, is_worklog: bool) -> Any:
    if not isinstance(body, dict):
        return body
    body = dict(body)
    for name in ("body", "comment") if is_worklog else ("body",):
        if name in body:
            body[name] = _to_document(name, body[name])
    if isinstance(body.get("comment"), dict) and not is_worklog:
        body["comment"] = _documents_in(call, body["comment"], is_worklog)
    if isinstance(body.get("issueUpdates"), list):
        body["issueUpdates"] = [_documents_in(call, each, is_worklog) for each in body["issueUpdates"]]
    texts = _text_fields(call) if {"fields", "update"} & body.keys() else frozenset()
    if isinstance(body.get("fields"), dict):
        body["fields"] = {
            name: _to_document(name, value) if name in texts else value for name, value in body["fields"].items()
        }
    if isinstance(body.get("update"), dict):
        body["update"] = {name: _operations(call, name, each, texts) for name, each in body["update"].items()}
    return body


def _text_fields(call: Call) -> frozenset[str]:
    with call.site.database.read() as c:
        fields = call.site.part(Jira).catalogue(c).fields
    return _TEXT_FIELDS | {field.id for field in fields if field.custom_type.endswith(":textarea")}


def _operations(call: Call, name: str, operations: Any, texts: frozenset[str]) -> Any:
    """Documents for the texts of one field's list of operations, such as [{"add": {"body": "…"}}]."""
    if not isinstance(operations, list):
        return operations
    return [
        {
            verb: _to_document(name, value)
            if name in texts
            else _documents_in(call, value, name == "worklog")
            if name in ("comment", "worklog")
            else value
            for verb, value in each.items()
        }
        if isinstance(each, dict)
        else each
        for each in operations
    ]


def _to_document(name: str, value: Any) -> Any:
    if isinstance(value, dict | list):
        raise JiraError(400, errors={name: _NOT_A_TEXT})
    if not isinstance(value, str):
        return value
    return wiki_to_document(value, _account_of) if value.strip() else None


def _account_of(person: str) -> str | None:
    """Who is meant by [~accountid:712020:…], which is how markup names people on Cloud."""
    word, _, account_id = person.partition(":")
    return account_id if word == "accountid" and account_id else None


def _in_second_version(call: Call, reply: Reply, base: str) -> Reply:
    if reply.body is None or isinstance(reply.body, bytes):
        return reply
    own, third = call.site.base_url + base, call.site.base_url + _V3

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return own + value[len(third) :] if value.startswith(third) else value
        if isinstance(value, list):
            return [shown(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("type") == "doc" and "content" in value:
            return document_to_wiki(value, lambda account_id: f"accountid:{account_id}")
        return {name: shown(each) for name, each in value.items()}

    return Reply(reply.status, shown(msgspec.json.decode(msgspec.json.encode(reply.body))), reply.headers)


ROUTES: tuple[Route, ...] = tuple(
    mirrored(route, base) for base in _BASES for route in jira.ROUTES if route.template.startswith(f"{_V3}/")
)
