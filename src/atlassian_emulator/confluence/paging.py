"""Confluence v2's lists: sorted, in pages, the next one behind an opaque cursor."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from atlassian_emulator.call import Call, Reply


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to be answered: the SQL, what its parameters are, and how a row becomes JSON.

    `sql` holds no ORDER BY, ends in its WHERE clause, and its rows have the columns that are sorted by; `id_column`
    makes the order total.
    """

    sql: str
    parameters: Mapping[str, Any]
    render: Callable[[sqlite3.Row], Any]
    sorts: Mapping[str, str]
    default_sort: str = "id"
    id_column: str = "id"
    default_limit: int = 25


def answer_listing(call: Call, c: sqlite3.Connection, listing: Listing) -> Reply:
    """Answer one page of the list as v2's MultiEntityResult, with `_links.next` and the Link header."""
    limit = call.query_int("limit", listing.default_limit, 1, 250)
    allowed = tuple(sign + name for name in listing.sorts for sign in ("", "-"))
    sort = call.query_choice("sort", allowed) or listing.default_sort
    column, descending = listing.sorts.get(sort.lstrip("-"), listing.id_column), sort.startswith("-")
    parameters = dict(listing.parameters)
    sql = f"SELECT * FROM ({listing.sql})"  # noqa: S608 - made of this program's own words
    cursor = call.query("cursor")
    if cursor:
        parameters["after_value"], parameters["after_id"] = read_cursor(call, cursor, 2)
        sign = "<" if descending else ">"
        sql += (
            f" WHERE {column} {sign}= :after_value AND ({column}, {listing.id_column}) {sign} (:after_value, :after_id)"
        )
    direction = "DESC" if descending else "ASC"
    sql += f" ORDER BY {column} {direction}, {listing.id_column} {direction} LIMIT {limit + 1}"
    rows = c.execute(sql, parameters).fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    next_cursor = write_cursor([rows[-1][column], rows[-1][listing.id_column]]) if more else ""
    return answer_page(call, [listing.render(row) for row in rows], next_cursor)


def answer_page(call: Call, results: list[Any], next_cursor: str = "") -> Reply:
    """Answer results that are already cut to one page; without a cursor it is the last one."""
    base = f"{call.site.base_url}/wiki"
    links = {"base": base}
    headers = {"Link": f'<{base}>; rel="base"'}
    if next_cursor:
        following = next_path(call, {"cursor": next_cursor})
        links = {"next": following, "base": base}
        headers = {"Link": f'<{following}>; rel="next", <{base}>; rel="base"'}
    return Reply(body={"results": results, "_links": links}, headers=headers)


def answer_items(call: Call, items: list[Any], default_limit: int = 25) -> Reply:
    """Answer one page of a list that is at hand as a whole."""
    limit = call.query_int("limit", default_limit, 1, 250)
    start = read_cursor(call, call.query("cursor"), 1)[0] if call.query("cursor") else 0
    if not isinstance(start, int) or start < 0:
        raise call.refusal(400, "Provided value for 'cursor' is not a valid cursor")
    return answer_page(
        call, items[start : start + limit], write_cursor([start + limit]) if start + limit < len(items) else ""
    )


def next_path(call: Call, changes: Mapping[str, str]) -> str:
    """Return the site-relative path of this request with some query parameters changed."""
    pairs = [(name, value) for name, value in call.request.args.items(multi=True) if name not in changes]
    return f"{call.request.path}?{urlencode([*pairs, *changes.items()])}"


def write_cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def read_cursor(call: Call, cursor: str, length: int) -> list[Any]:
    """Read a cursor made by `write_cursor`; any other text is refused with 400."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise call.refusal(400, f"Provided value {{{cursor}}} for 'cursor' is not a valid cursor") from error
    if not isinstance(values, list) or len(values) != length or not all(isinstance(v, (str, int)) for v in values):
        raise call.refusal(400, f"Provided value {{{cursor}}} for 'cursor' is not a valid cursor")
    return values
