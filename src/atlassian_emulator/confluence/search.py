"""Searching with CQL: /wiki/rest/api/search and /wiki/rest/api/content/search."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, viewer_parameters
from atlassian_emulator.confluence.cql import Asker, CqlError, Query, add_functions, parse_cql, parse_user_cql
from atlassian_emulator.confluence.legacy import content_json, links, user_json
from atlassian_emulator.confluence.paging import next_path, read_cursor, write_cursor
from atlassian_emulator.confluence.store import NOT_BELOW_TRASH, TREE
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

_BAD_REQUEST = "com.atlassian.confluence.api.service.exceptions.BadRequestException"
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


_INDEXED = "c.created_at <= :indexed_until"
_FOUND = f"""FROM content c WHERE c.status = 'current' AND ({{where}}) AND {_INDEXED} AND {VISIBLE}
    AND (c.type IN {(*TREE, "blogpost")} OR {NOT_BELOW_TRASH})"""


def _find(call: Call, c: sqlite3.Connection) -> tuple[Query, Found]:
    query = _read_query(call, parse_cql, is_late=call.site.index_delay_seconds > 0)
    expand = call.query_list("expand")
    most = _MOST_COSTLY_RESULTS if set(expand) & set(_COSTLY) else _MOST_RESULTS
    start, limit = _read_part(call, most)
    add_functions(c)
    order = ", ".join(part for part in (query.order, "c.id") if part)
    sql = f"SELECT c.* {_FOUND.format(where=query.where)} ORDER BY {order} LIMIT {limit + 1} OFFSET {start}"
    rows = c.execute(sql, _parameters(call, query)).fetchall()
    return query, Found(rows[:limit], start, limit, _next_path(call, start, limit, len(rows)))


def _read_part(call: Call, most: int) -> tuple[int, int]:
    """Return (start, limit). A limit that is too large is lowered, not refused."""
    limit = min(call.query_int("limit", 25, 0, 2**31 - 1), most)
    start = call.query_int("start", 0, 0, 2**31 - 1)
    if call.query("cursor"):
        (start,) = read_cursor(call, call.query("cursor"), 1)
    if not isinstance(start, int) or not 0 <= start < 2**31:
        raise call.refusal(400, "Provided value for 'cursor' is not a valid cursor")
    return start, limit


def _next_path(call: Call, start: int, limit: int, found: int) -> str:
    if found <= limit or not limit:
        return ""
    return next_path(call, {"cursor": write_cursor([start + limit]), "next": "true"})


def _parameters(call: Call, query: Query) -> dict[str, Any]:
    return {**query.parameters, **viewer_parameters(call), "indexed_until": call.site.indexed_until()}


def _read_query(call: Call, parse: Callable[..., Query], **options: Any) -> Query:
    """Parse the request's cql; a fault is answered as on the real site, which repeats the query and gives no reason.

    The reason stands where the real site puts details, in data.errors.
    """
    text = call.query("cql")
    try:
        return parse(text, Asker(call.caller.account_id, call.site.clock()), **options)
    except CqlError as error:
        refusal = call.refusal(400, f"{_BAD_REQUEST}: Could not parse cql : {text}")
        refusal.body["data"]["errors"] = [{"message": {"translation": str(error), "args": []}}]
        raise refusal from error


def search_users(call: Call) -> Reply:
    """GET /wiki/rest/api/search/user."""
    started = time.perf_counter_ns()
    query = _read_query(call, parse_user_cql)
    start, limit = _read_part(call, _MOST_RESULTS)
    with call.site.database.read() as c:
        add_functions(c)
        order = ", ".join(part for part in (query.order, "u.display_name, u.account_id") if part)
        sql = f"SELECT u.account_id FROM users u WHERE u.active AND ({query.where}) ORDER BY {order}"  # noqa: S608
        rows = c.execute(sql, query.parameters).fetchall()
    users = [user for (account_id,) in rows[start : start + limit] if (user := call.site.users.find(account_id))]
    results = [
        {
            "user": user_json(user, call.site.base_url),
            "title": user.display_name,
            "excerpt": "",
            "url": f"/people/{user.account_id}",
            "breadcrumbs": [],
            "entityType": "user",
            "iconCssClass": "aui-icon content-type-profile",
            "lastModified": iso_utc(call.site.clock()),
            "score": 0.0,
        }
        for user in users
    ]
    following = next_path(call, {"start": str(start + limit)}) if start + limit < len(rows) and limit else ""
    part = {"start": start, "limit": limit, "size": len(results), "totalSize": len(rows)}
    timing = {"cqlQuery": call.query("cql"), "searchDuration": (time.perf_counter_ns() - started) // 1_000_000}
    return Reply(body={"results": results, **part, **timing, "_links": links(call, following)})


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
        sql = f"SELECT count(*) {_FOUND.format(where=query.where)}"
        total = c.execute(sql, _parameters(call, query)).fetchone()[0]
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
        "url": content["_links"].get("webui") or content["_links"].get("download", ""),
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
    Route("GET", "/wiki/rest/api/search/user", search_users),
)
