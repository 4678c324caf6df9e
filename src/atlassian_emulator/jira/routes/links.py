"""Links between issues.

The inward issue of a link is its source: on the source's page the link reads in the outward words
of its type ("blocks") and shows the outward issue.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.catalogue import LinkType
from atlassian_emulator.jira.jql.scope import Scope
from atlassian_emulator.jira.mentions import brief_issue
from atlassian_emulator.jira.routes.desk import NOT_SEEN, Desk, writing
from atlassian_emulator.jira.store import Jira
from atlassian_emulator.routing import Route


class Reference(msgspec.Struct):
    id: str | None = None
    key: str | None = None
    name: str | None = None


class LinkBody(msgspec.Struct, rename="camel"):
    type: Reference
    inward_issue: Reference
    outward_issue: Reference
    comment: dict[str, Any] | None = None


def create_link(call: Call) -> Reply:
    """201 and nothing more: the id of the link is read from the issue. The same link twice is no error."""
    asked = read_body(call, LinkBody)
    with writing(call, "LINK_ISSUES") as desk:
        link_type = _find_type(desk.scope, asked.type)
        source, target = _issue(desk.scope, asked.inward_issue), _issue(desk.scope, asked.outward_issue)
        if source == target:
            raise JiraError(400, "You cannot link an issue to itself.")
        link = (call.site.ids.take("jira.link"), link_type.id, source, target)
        added = desk.c.execute(
            "INSERT OR IGNORE INTO jira_links (id, type_id, source_id, target_id) VALUES (?, ?, ?, ?)", link
        ).rowcount
        if added:
            _record(desk, link_type, source, target, removed=False)
        if asked.comment:
            desk.editor.add_comment(source, asked.comment.get("body"))
    return Reply(201)


def _find_type(scope: Scope, reference: Reference) -> LinkType:
    found = scope.catalogue.link_types.find(reference.id or reference.name or "")
    if not found:
        raise JiraError(404, f"No issue link type with name '{reference.name or reference.id}' found.")
    return found[0]


def _issue(scope: Scope, reference: Reference) -> int:
    issue_id = scope.find_issue_id(reference.key or reference.id or "")
    if issue_id is None:
        raise JiraError(404, NOT_SEEN)
    return issue_id


def _record(desk: Desk, link_type: LinkType, source: int, target: int, *, removed: bool) -> None:
    """Both ends tell of the link in their history."""
    keys = {
        row[0]: f"{row[1]}-{row[2]}"
        for row in desk.c.execute(
            "SELECT id, project_key, number FROM jira_issues WHERE id IN (?, ?)", (source, target)
        )
    }
    for here, there, words in ((source, target, link_type.outward), (target, source, link_type.inward)):
        told = (keys[there], f"This issue {words} {keys[there]}")
        (was, was_text), (now, now_text) = (told, (None, None)) if removed else ((None, None), told)
        item = {"from": was, "fromString": was_text, "to": now, "toString": now_text}
        desk.editor.record(here, [{"field": "Link", "fieldtype": "jira", "fieldId": "issuelinks"} | item])
        desk.editor.touch(here)


def get_link(call: Call) -> Reply:
    jira = call.site.part(Jira)
    with call.site.database.read() as c:
        link = _link_of(call, jira.scope(c, call.user))
        renderer = jira.renderer(c)
        link_type = renderer.catalogue.link_types.by_id[link["type_id"]]
        ends = {
            row["id"]: brief_issue(row, renderer)
            for row in c.execute(
                "SELECT id, project_key, number, summary, type_id, status_id, priority_id FROM jira_issues"
                " WHERE id IN (?, ?)",
                (link["source_id"], link["target_id"]),
            )
        }
        return Reply(
            body={
                "id": str(link["id"]),
                "self": renderer.url(f"issueLink/{link['id']}"),
                "type": renderer.link_type(link_type),
                "inwardIssue": ends[link["source_id"]],
                "outwardIssue": ends[link["target_id"]],
            }
        )


def _link_of(call: Call, scope: Scope) -> sqlite3.Row:
    link_id = call.path["linkId"]
    row: sqlite3.Row | None = scope.connection.execute(
        "SELECT id, type_id, source_id, target_id FROM jira_links WHERE CAST(id AS TEXT) = ?", (link_id,)
    ).fetchone()
    if row is None or any(scope.find_issue_id(str(row[end])) is None for end in ("source_id", "target_id")):
        raise JiraError(404, f"No issue link with id '{link_id}' exists.")
    return row


def delete_link(call: Call) -> Reply:
    with writing(call, "LINK_ISSUES") as desk:
        link = _link_of(call, desk.scope)
        desk.c.execute("DELETE FROM jira_links WHERE id = ?", (link["id"],))
        link_type = desk.scope.catalogue.link_types.by_id[link["type_id"]]
        _record(desk, link_type, link["source_id"], link["target_id"], removed=True)
    return Reply(204)


ROUTES: Final = (
    Route("POST", "/rest/api/3/issueLink", create_link),
    Route("GET", "/rest/api/3/issueLink/{linkId}", get_link),
    Route("DELETE", "/rest/api/3/issueLink/{linkId}", delete_link),
)
