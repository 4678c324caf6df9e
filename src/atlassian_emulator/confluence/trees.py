"""The tree of a space in v2: children, ancestors, descendants of pages and of the nodes beside them."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, viewer_parameters
from atlassian_emulator.confluence.legacy import ancestors_of
from atlassian_emulator.confluence.pages import type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing, answer_page
from atlassian_emulator.confluence.store import TREE, get_content
from atlassian_emulator.routing import Route

_SORTS = {
    "id": "id",
    "created-date": "created_at",
    "modified-date": "modified_at",
    "child-position": "position",
    "title": "title",
}
_THERE = f"c.type IN {TREE} AND c.status IN ('current', 'archived')"

_BELOW = f"""
    WITH RECURSIVE below (id, depth) AS (
        SELECT id, 1 FROM content c WHERE c.parent_id = :page AND {_THERE}
        UNION ALL
        SELECT c.id, below.depth + 1 FROM content c JOIN below ON c.parent_id = below.id
        WHERE {_THERE} AND below.depth < :depth
    )
    SELECT c.*, below.depth FROM below JOIN content c ON c.id = below.id WHERE {VISIBLE}
"""  # noqa: S608 - made of this program's own words


def _child_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "status": row["status"],
        "title": row["title"],
        "spaceId": str(row["space_id"]),
        "childPosition": row["position"],
    }


def list_children(call: Call) -> Reply:
    """Both the deprecated /children and /direct-children; the newer one says the type too."""
    with_type = call.request.path.endswith("/direct-children")
    only_pages = "" if with_type else " AND c.type = 'page'"

    def render(row: sqlite3.Row) -> dict[str, Any]:
        return {**_child_json(row), "type": row["type"]} if with_type else _child_json(row)

    with call.site.database.read() as c:
        page = get_content(call, c, call.path_id("id"), type_of(call))
        sql = f"SELECT * FROM content c WHERE c.parent_id = :page AND {_THERE}{only_pages} AND {VISIBLE}"  # noqa: S608
        parameters = {**viewer_parameters(call), "page": page["id"]}
        return answer_listing(call, c, Listing(sql, parameters, render, _SORTS, default_sort="child-position"))


def list_ancestors(call: Call) -> Reply:
    """The nodes above, the topmost first; of many only the nearest."""
    limit = call.query_int("limit", 25, 1, 250)
    with call.site.database.read() as c:
        above = ancestors_of(c, get_content(call, c, call.path_id("id"), type_of(call)))
    return answer_page(call, [{"id": str(row["id"]), "type": row["type"]} for row in above[-limit:]])


def list_descendants(call: Call) -> Reply:
    depth = call.query_int("depth", 2, 1, 10)

    def render(row: sqlite3.Row) -> dict[str, Any]:
        shown = {**_child_json(row), "type": row["type"], "parentId": str(row["parent_id"]), "depth": row["depth"]}
        del shown["spaceId"]
        return shown

    with call.site.database.read() as c:
        page = get_content(call, c, call.path_id("id"), type_of(call))
        parameters = {**viewer_parameters(call), "page": page["id"], "depth": depth}
        return answer_listing(call, c, Listing(_BELOW, parameters, render, {"depth": "depth"}, default_sort="depth"))


ROUTES = (
    Route("GET", "/wiki/api/v2/pages/{id}/children", list_children),
    *(
        Route("GET", f"/wiki/api/v2/{kind}s/{{id}}/{below}", answer)
        for kind in TREE
        for below, answer in (
            ("direct-children", list_children),
            ("ancestors", list_ancestors),
            ("descendants", list_descendants),
        )
    ),
)
