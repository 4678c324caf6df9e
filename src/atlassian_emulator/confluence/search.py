"""Searching with CQL: /wiki/rest/api/search and /wiki/rest/api/content/search."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, viewer_parameters
from atlassian_emulator.confluence.cql import CqlError, Query, parse_cql
from atlassian_emulator.confluence.legacy import content_json, links
from atlassian_emulator.confluence.paging import next_path, read_cursor, write_cursor
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

_MOST_RESULTS = 250
_COSTLY = ("body.export_view", "body.styled_view")
_MOST_COSTLY_RESULTS = 25


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a query found; `next_path` is empty on the last."""

    rows: list[sqlite3.Row]
    start: int
    limit: int
    next_path: str


def _find(call: Call, c: sqlite3.Connection) -> tuple[Query, Found]:
    query = _read_query(call)
    expand = call.query_list("expand")
    most = _MOST_COSTLY_RESULTS if set(expand) & set(_COSTLY) else _MOST_RESULTS
    # A limit that is too large is lowered, not refused.
    limit = min(call.query_int("limit", 25, 0, 2**31 - 1), most)
    start = call.query_int("start", 0, 0, 2**31 - 1)
    if call.query("cursor"):
        (start,) = read_cursor(call, call.query("cursor"), 1)
    if not isinstance(start, int) or start < 0:
        raise call.refusal(400, "Provided value for 'cursor' is not a valid cursor")
    sql = (
        f"SELECT c.* FROM content c JOIN spaces s ON s.id = c.space_id WHERE c.status = 'current' AND {query.where}"  # noqa: S608
        f" AND {_INDEXED} AND {VISIBLE} AND ({_CONTAINER_IS_THERE})"
        f" ORDER BY {query.order} LIMIT {limit + 1} OFFSET {start}"
    )
    rows = c.execute(sql, _parameters(call, query)).fetchall()
    following = ""
    if len(rows) > limit and limit:
        following = next_path(call, {"cursor": write_cursor([start + limit]), "next": "true"})
    return query, Found(rows[:limit], start, limit, following)


_INDEXED = "c.created_at <= :indexed_until"
_CONTAINER_IS_THERE = (
    "c.type IN ('page', 'blogpost') OR EXISTS"
    " (SELECT 1 FROM content p WHERE p.id = c.parent_id AND p.status NOT IN ('trashed', 'deleted'))"
)


def _parameters(call: Call, query: Query) -> dict[str, Any]:
    return {**query.parameters, **viewer_parameters(call), "indexed_until": call.site.indexed_until()}


def _read_query(call: Call) -> Query:
    text = call.query("cql")
    try:
        return parse_cql(text)
    except CqlError as error:
        raise call.refusal(400, f"Could not parse cql : {text} : {error}") from error


def search_content(call: Call) -> Reply:
    with call.site.database.read() as c:
        _, found = _find(call, c)
        results = [content_json(call, c, row, call.query_list("expand")) for row in found.rows]
    paging = {"start": found.start, "limit": found.limit, "size": len(results)}
    return Reply(body={"results": results, **paging, "_links": links(call, found.next_path)})


def search(call: Call) -> Reply:
    started = time.perf_counter_ns()
    with call.site.database.read() as c:
        query, found = _find(call, c)
        results = [_result(call, c, row) for row in found.rows]
        total = c.execute(
            f"SELECT count(*) FROM content c JOIN spaces s ON s.id = c.space_id WHERE c.status = 'current'"  # noqa: S608
            f" AND {_INDEXED} AND {query.where} AND {VISIBLE} AND ({_CONTAINER_IS_THERE})",
            _parameters(call, query),
        ).fetchone()[0]
    return Reply(
        body={
            "results": results,
            "start": found.start,
            "limit": found.limit,
            "size": len(results),
            "totalSize": total,
            "cqlQuery": call.query("cql"),
            "searchDuration": (time.perf_counter_ns() - started) // 1_000_000,
            "_links": links(call, found.next_path),
        }
    )


def _result(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    expand = [name.removeprefix("content.") for name in call.query_list("expand")]
    space = c.execute("SELECT key, name FROM spaces WHERE id = ?", (row["space_id"],)).fetchone()
    content = content_json(call, c, row, expand)
    return {
        "content": content,
        "title": row["title"],
        "excerpt": "",
        "url": content["_links"].get("webui") or content["_links"]["download"],
        "resultGlobalContainer": {"title": space["name"], "displayUrl": f"/spaces/{space['key']}"},
        "breadcrumbs": [],
        "entityType": "content",
        "iconCssClass": f"aui-icon content-type-{row['type']}",
        "lastModified": iso_utc(row["modified_at"]),
        "friendlyLastModified": iso_utc(row["modified_at"])[:10],
        "score": 0.0,
    }


ROUTES = (
    Route("GET", "/wiki/rest/api/search", search),
    Route("GET", "/wiki/rest/api/content/search", search_content),
)
