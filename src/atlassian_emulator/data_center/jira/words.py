"""Jira's requests in Cloud's words, and Cloud's answers in Data Center's.

Data Center names people by `name` or `key` where Cloud has `accountId`, and texts are wiki markup where Cloud has
documents. What a caller wrote is kept, so that it is read again as it was written.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.data_center.borrowing import cloud_route, has_cloud_route, translated
from atlassian_emulator.data_center.dressing import dress_jira, plain
from atlassian_emulator.data_center.jira.markup import markup_of
from atlassian_emulator.directory import Directory
from atlassian_emulator.jira.catalogue import Catalogue
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.jira.wiki import wiki_to_document
from atlassian_emulator.markup_sources import find_source, keep_source
from atlassian_emulator.routing import Route

_PEOPLE: Final = ("assignee", "reporter", "creator")
_DOCUMENTS: Final = ("description", "environment")
_WORKLOG: Final = "/worklog"


def borrow_jira(method: str, below: str, *, cloud_below: str = "", open: bool = False) -> Route | None:
    """Make a route of Jira Data Center of Cloud's, or None while Cloud has none; `below` is below /rest/api/2."""
    template = f"/rest/api/3{cloud_below or below}"
    if not has_cloud_route(method, template):
        return None
    route = cloud_route(method, template)
    return Route(method, f"/rest/api/2{below}", lambda call: ask_cloud(call, route), open=open)


def ask_cloud(call: Call, route: Route, **query: str) -> Reply:
    """Return what Cloud's route of Jira answers, in Data Center's words; `query` changes its parameters."""
    body, texts = None, _Texts(call)
    if call.request.mimetype in ("application/json", "") and call.request.get_data():
        body = texts.to_cloud(call.json(), is_worklog=_WORKLOG in route.template)
    path = call.request.path.replace("/rest/api/2/", "/rest/api/3/", 1).replace("/rest/api/latest/", "/rest/api/3/", 1)
    inner = translated(call, path, body=body, query=_with_account(call, query) or None)
    with inner.request:
        reply = route.answer(inner)
    texts.keep(reply)
    return dressed(call, reply)


def _with_account(call: Call, query: dict[str, str]) -> dict[str, str]:
    if "username" in call.request.args:
        user = call.site.part(Directory).find(call.query("username"))
        return {"username": "", "accountId": user.account_id if user else "nobody", **query}
    return query


def dressed(call: Call, reply: Reply) -> Reply:
    """Return Cloud's reply in Data Center's words."""
    if reply.body is None or isinstance(reply.body, bytes):
        return reply
    directory = call.site.part(Directory)
    with call.site.database.read() as c:

        def markup(kind: str, owner_id: int, document: dict[str, Any]) -> str:
            source = find_source(c, kind, owner_id, document) if owner_id else None
            return markup_of(document, directory) if source is None else source

        return Reply(reply.status, dress_jira(call.site, plain(reply.body), markup), reply.headers)


class _Texts:
    """The texts of one request: turned into documents, and kept when they were taken."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._directory = call.site.part(Directory)
        self._written: list[tuple[str, Any, str]] = []

    def to_cloud(self, body: Any, *, is_worklog: bool) -> Any:
        if isinstance(body, str) and self._call.request.path.rstrip("/").endswith("/watchers"):
            return self._account(body)
        if not isinstance(body, dict):
            return body
        body = dict(body)
        if isinstance(body.get("body"), str):
            body["body"] = self._document("comment", body["body"])
        if is_worklog and isinstance(body.get("comment"), str):
            body["comment"] = self._document("worklog", body["comment"])
        elif isinstance(body.get("comment"), dict):
            body["comment"] = self._comment(body["comment"])
        if self._call.request.path.rstrip("/").endswith("/assignee"):
            body = self._person(body) or {"accountId": None}
        if isinstance(body.get("lead"), str):
            body["leadAccountId"] = self._account(body.pop("lead"))
        with self._call.site.database.read() as c:
            catalogue = self._call.site.part(Jira).catalogue(c)
        if isinstance(body.get("fields"), dict):
            body["fields"] = {
                name: self._value(name, value, catalogue, keep=True) for name, value in body["fields"].items()
            }
        if isinstance(body.get("update"), dict):
            body["update"] = {name: self._operations(name, each, catalogue) for name, each in body["update"].items()}
        return body

    def _operations(self, name: str, operations: Any, catalogue: Catalogue) -> Any:
        if not isinstance(operations, list):
            return operations
        shown: list[Any] = []
        for operation in operations:
            if not isinstance(operation, dict):
                return operations
            shown.append(
                {
                    verb: self._comment(value) if name == "comment" else self._value(name, value, catalogue, keep=False)
                    for verb, value in operation.items()
                }
            )
        return shown

    def _comment(self, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("body"), str):
            return {**value, "body": self._document("", value["body"])}
        return value

    def _value(self, name: str, value: Any, catalogue: Catalogue, *, keep: bool) -> Any:
        field = catalogue.field_by_id.get(name)
        if name in _PEOPLE or (field is not None and field.type == "user"):
            return self._person(value) if isinstance(value, dict) else value
        is_document = name in _DOCUMENTS or (field is not None and field.custom_type.endswith(":textarea"))
        if is_document and isinstance(value, str):
            return self._document(name if keep else "", value) if value.strip() else None
        return value

    def _person(self, value: dict[str, Any]) -> dict[str, Any] | None:
        word = value.get("name", value.get("key"))
        if word in (None, "", "-1"):
            return None
        return {"accountId": self._account(str(word))}

    def _account(self, word: str) -> str:
        return self._find_account(word) or word

    def _find_account(self, word: str) -> str | None:
        user = self._directory.find(word)
        return user.account_id if user else None

    def _document(self, kind: str, source: str) -> Any:
        document = wiki_to_document(
            source, lambda word: user.account_id if (user := self._directory.find(word)) else None
        )
        if kind:
            self._written.append((kind, document, source))
        return document

    def keep(self, reply: Reply) -> None:
        """Keep what was written, now that it was taken."""
        if not self._written:
            return
        with self._call.site.database.transaction() as c:
            own_id = int(reply.body["id"]) if isinstance(reply.body, dict) and "id" in reply.body else 0
            issue_id = own_id or self._issue_id(c)
            for kind, document, source in self._written:
                owner_id = own_id if kind in ("comment", "worklog") else issue_id
                if owner_id:
                    keep_source(c, kind, owner_id, document, source)

    def _issue_id(self, c: sqlite3.Connection) -> int:
        scope = self._call.site.part(Jira).scope(c, self._call.user)
        return scope.find_issue_id(self._call.path.get("issueIdOrKey", "")) or 0
