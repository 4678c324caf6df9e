"""Folders, whiteboards, databases and smart links in v2: what stands in the tree beside pages.

They have a title and a place, and nothing in them: no whiteboard's drawing, no database's rows.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_space_right, demand_update, restrict
from atlassian_emulator.confluence.includes import include
from atlassian_emulator.confluence.macros import MacroScan
from atlassian_emulator.confluence.pages import checked_parent, read_id, read_title, trash, type_of
from atlassian_emulator.confluence.shapes import Facts, version_json, with_base
from atlassian_emulator.confluence.store import CONTENT_WITHOUT_BODY, TREE, add_content, get_content, get_space
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

_NODES = TREE[1:]


def create(call: Call) -> Reply:
    body = call.json_object()
    kind = type_of(call)
    space_id = read_id(call, body, "spaceId")
    if space_id is None:
        raise call.refusal(400, "spaceId is required")
    title = read_title(call, body, required=False)
    url = body.get("embedUrl", "")
    if not isinstance(url, str):
        raise call.refusal(400, "embedUrl must be a string")
    with call.site.database.transaction() as c:
        space = get_space(call, c, space_id)
        demand_space_right(call, c, space_id, "create", "page")
        given = read_id(call, body, "parentId")
        parent_id = space["homepage_id"] if given is None else checked_parent(call, c, space_id, given)
        facts = {"type": kind, "status": "current", "space_id": space_id, "parent_id": parent_id, "title": title}
        node_id = add_content(call.site, c, {**facts, "author_id": call.caller.account_id}, MacroScan("", []))
        if kind == "embed":
            c.execute("INSERT INTO embeds (content_id, url) VALUES (?, ?)", (node_id, url))
        if call.query_flag("private"):
            for operation in ("read", "update"):
                restrict(c, node_id, operation, [("user", call.caller.account_id)])
        return Reply(body=_show(call, c, node_id))


def get_one(call: Call) -> Reply:
    with call.site.database.read() as c:
        return Reply(body=_show(call, c, get_content(call, c, call.path_id("id"), type_of(call))["id"]))


def _show(call: Call, c: sqlite3.Connection, node_id: int) -> Any:
    row: Facts = c.execute(f"{CONTENT_WITHOUT_BODY} WHERE c.id = ?", (node_id,)).fetchone()
    node: dict[str, Any] = {
        "id": str(node_id),
        "type": row["type"],
        "status": row["status"],
        "title": row["title"],
        "position": row["position"],
        "authorId": row["author_id"],
        "ownerId": row["owner_id"],
        "createdAt": iso_utc(row["created_at"]),
        "spaceId": str(row["space_id"]),
        "version": version_json(row, "version_", "version"),
        "_links": {"webui": f"/spaces/{row['space_key']}/{row['type']}/{node_id}"},
    }
    if row["parent_id"] is not None:
        node |= {"parentId": str(row["parent_id"]), "parentType": row["parent_type"]}
    if row["type"] == "embed":
        url = c.execute("SELECT url FROM embeds WHERE content_id = ?", (node_id,)).fetchone()
        node["embedUrl"] = url[0] if url else ""
    node |= include(call, c, row, "properties", "operations")
    return with_base(node, call.site.base_url)


def delete(call: Call) -> Reply:
    """Put a node into the trash; what is below it moves up."""
    with call.site.database.transaction() as c:
        row = get_content(call, c, call.path_id("id"), type_of(call))
        demand_update(call, c, row, "delete")
        trash(c, row)
    return Reply(204)


ROUTES = tuple(
    Route(method, f"/wiki/api/v2/{kind}s{below}", answer)
    for kind in _NODES
    for method, below, answer in (("POST", "", create), ("GET", "/{id}", get_one), ("DELETE", "/{id}", delete))
)
