"""Links from an issue to things outside Jira."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from atlassian_emulator.call import Call, JiraError, Reply
from atlassian_emulator.jira.bodies import read_body
from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.jira.routes.desk import Desk, issue_of, reading, writing
from atlassian_emulator.routing import Route


class Target(msgspec.Struct):
    url: str
    title: str
    summary: str | None = None
    icon: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


class RemoteLinkBody(msgspec.Struct, rename="camel"):
    object: Target
    global_id: str | None = None
    relationship: str | None = None
    application: dict[str, Any] | None = None


def list_remote_links(call: Call) -> Reply:
    wanted = call.query("globalId")
    with reading(call) as desk:
        rows = desk.c.execute(
            "SELECT * FROM jira_remote_links WHERE issue_id = ? ORDER BY id", (issue_of(call, desk.scope),)
        ).fetchall()
        if not wanted:
            return Reply(body=[_show(row, desk.renderer) for row in rows])
        for row in rows:
            if row["global_id"] == wanted:
                return Reply(body=_show(row, desk.renderer))
    raise JiraError(404, f"A remote issue link with the given globalId does not exist: '{wanted}'.")


def _show(row: sqlite3.Row, renderer: Renderer) -> Json:
    address = renderer.url(f"issue/{row['issue_id']}/remotelink/{row['id']}")
    return {"id": row["id"], "self": address} | msgspec.json.decode(row["body"], type=dict[str, Any])


def get_remote_link(call: Call) -> Reply:
    with reading(call) as desk:
        return Reply(body=_show(_link_of(call, desk), desk.renderer))


def _link_of(call: Call, desk: Desk) -> sqlite3.Row:
    issue_id = issue_of(call, desk.scope)
    row: sqlite3.Row | None = desk.c.execute(
        "SELECT * FROM jira_remote_links WHERE id = ? AND issue_id = ?", (call.path_id("linkId"), issue_id)
    ).fetchone()
    if row is None:
        raise JiraError(404, f"The remote issue link with id '{call.path['linkId']}' does not exist.")
    return row


def put_remote_link(call: Call) -> Reply:
    """A link of a global id that the issue has already is changed (200); any other is new (201)."""
    asked = read_body(call, RemoteLinkBody)
    with writing(call, "LINK_ISSUES") as desk:
        issue_id = issue_of(call, desk.scope)
        _check(asked)
        known = None
        if asked.global_id is not None:
            known = desk.c.execute(
                "SELECT id FROM jira_remote_links WHERE issue_id = ? AND global_id = ?", (issue_id, asked.global_id)
            ).fetchone()
        link_id = known[0] if known else call.site.ids.take("jira.remote-link")
        desk.c.execute(
            "INSERT INTO jira_remote_links (id, issue_id, global_id, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (link_id, issue_id, asked.global_id, _stored(asked)),
        )
        address = desk.renderer.url(f"issue/{issue_id}/remotelink/{link_id}")
    return Reply(200 if known else 201, {"id": link_id, "self": address})


def _check(asked: RemoteLinkBody) -> None:
    missing = {name: f"'{name}' is required." for name in ("url", "title") if not getattr(asked.object, name).strip()}
    if missing:
        raise JiraError(400, errors=missing)


def _stored(asked: RemoteLinkBody) -> str:
    held = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
    held["object"] = {name: value for name, value in held["object"].items() if value is not None}
    return msgspec.json.encode(held).decode()


def update_remote_link(call: Call) -> Reply:
    asked = read_body(call, RemoteLinkBody)
    with writing(call, "LINK_ISSUES") as desk:
        link = _link_of(call, desk)
        _check(asked)
        desk.c.execute(
            "UPDATE jira_remote_links SET global_id = ?, body = ? WHERE id = ?",
            (asked.global_id, _stored(asked), link["id"]),
        )
    return Reply(204)


def delete_remote_link(call: Call) -> Reply:
    with writing(call, "LINK_ISSUES") as desk:
        desk.c.execute("DELETE FROM jira_remote_links WHERE id = ?", (_link_of(call, desk)["id"],))
    return Reply(204)


_OF_ISSUE: Final = "/rest/api/3/issue/{issueIdOrKey}/remotelink"

ROUTES: Final = (
    Route("GET", _OF_ISSUE, list_remote_links),
    Route("POST", _OF_ISSUE, put_remote_link),
    Route("GET", _OF_ISSUE + "/{linkId}", get_remote_link),
    Route("PUT", _OF_ISSUE + "/{linkId}", update_remote_link),
    Route("DELETE", _OF_ISSUE + "/{linkId}", delete_remote_link),
)
