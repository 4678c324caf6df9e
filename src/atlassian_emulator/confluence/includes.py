"""What a single entity of v2 shows beside itself when it is asked to: `include-labels`, `include-operations`, …"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import may_update
from atlassian_emulator.confluence.paging import answer_items
from atlassian_emulator.confluence.shapes import Facts, property_json, version_json
from atlassian_emulator.confluence.store import COMMENTS, TREE, get_content
from atlassian_emulator.routing import Route

_MOST = 50
_LIKED = ("pages", "blogposts", "footer-comments", "inline-comments")
_TYPE_OF = {"pages": "page", "blogposts": "blogpost", **{f"{kind}s": kind for kind in COMMENTS}}


def include(call: Call, c: sqlite3.Connection, row: Facts, *names: str) -> dict[str, Any]:
    """Return those of `names` that the request wants included, each with its first 50 entries."""
    wanted = [name for name in names if call.query_flag(f"include-{name}")]
    included: dict[str, Any] = {}
    for name in wanted:
        results = _READERS[name](call, c, row)
        meta = {"hasMore": len(results) > _MOST, "cursor": ""}
        self_link = f"{call.site.base_url}{call.request.path}/{name}"
        included[name] = {"results": results[:_MOST], "meta": meta, "_links": {"self": self_link}}
    return included


def _read_labels(call: Call, c: sqlite3.Connection, row: Facts) -> list[Any]:
    rows = c.execute(
        "SELECT l.* FROM content_labels JOIN labels l ON l.id = label_id WHERE content_id = ? ORDER BY l.id",
        (row["id"],),
    )
    return [{"id": str(label["id"]), "name": label["name"], "prefix": label["prefix"]} for label in rows]


def _read_properties(call: Call, c: sqlite3.Connection, row: Facts) -> list[Any]:
    rows = c.execute(
        "SELECT * FROM properties WHERE owner_kind = 'content' AND owner_id = ? ORDER BY key", (row["id"],)
    )
    return [property_json(one, json.loads) for one in rows]


def _read_versions(call: Call, c: sqlite3.Connection, row: Facts) -> list[Any]:
    rows = c.execute("SELECT * FROM content_versions WHERE content_id = ? ORDER BY number DESC", (row["id"],))
    return [version_json(one) for one in rows]


def _read_operations(call: Call, c: sqlite3.Connection, row: Facts) -> list[Any]:
    current = c.execute("SELECT * FROM content WHERE id = ?", (row["id"],)).fetchone()
    return operations_json(call, c, current)


def operations_json(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> list[dict[str, str]]:
    """Return what the caller may do with content that they see."""
    target = "comment" if row["type"] in COMMENTS else row["type"]
    allowed = ["read"]
    if may_update(call, c, row):
        allowed += ["update", "copy", "move", "archive"] if row["type"] in TREE else ["update"]
    if may_update(call, c, row, operation="delete"):
        allowed += ["delete", "purge", "purge_version", "restore"]
    if may_update(call, c, row) and row["type"] in ("page", "blogpost"):
        allowed.append("restrict_content")
    return [{"operation": name, "targetType": target} for name in allowed]


_READERS: dict[str, Callable[[Call, sqlite3.Connection, Facts], list[Any]]] = {
    "labels": _read_labels,
    "properties": _read_properties,
    "versions": _read_versions,
    "operations": _read_operations,
    # Nothing in REST likes anything, so nothing is liked here.
    "likes": lambda *_: [],
}


def _get_liked(call: Call) -> None:
    kind = _TYPE_OF[call.request.path.split("/")[4]]
    with call.site.database.read() as c:
        get_content(call, c, call.path_id("id"), kind)


def count_likes(call: Call) -> Reply:
    _get_liked(call)
    return Reply(body={"count": 0})


def list_likes(call: Call) -> Reply:
    _get_liked(call)
    return answer_items(call, [])


ROUTES = tuple(
    Route("GET", f"/wiki/api/v2/{kind}/{{id}}/likes/{name}", answer)
    for kind in _LIKED
    for name, answer in (("count", count_likes), ("users", list_likes))
)
