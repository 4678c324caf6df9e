"""Labels: read in v2, put on and taken off in v1."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_update
from atlassian_emulator.confluence.legacy import links
from atlassian_emulator.confluence.pages import type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.store import get_content, get_named_content, put_label
from atlassian_emulator.routing import Route

_PREFIXES = ("my", "team", "global", "system")
_NAME = re.compile(r"[^\s:;,.?&\[\]()#^*@!<>]{1,255}\Z")
_OF_CONTENT = "SELECT l.* FROM content_labels JOIN labels l ON l.id = label_id WHERE content_id = :content"


def _v2_json(row: sqlite3.Row) -> dict[str, str]:
    return {"id": str(row["id"]), "name": row["name"], "prefix": row["prefix"]}


def list_labels(call: Call) -> Reply:
    kind = "attachment" if call.request.path.startswith("/wiki/api/v2/attachments") else type_of(call)
    prefix = call.query_choice("prefix", _PREFIXES)
    text = call.path["id"].removeprefix("att") if kind == "attachment" else call.path["id"]
    with call.site.database.read() as c:
        content = get_content(call, c, call.whole_number(text, "id"), kind)
        sql = _OF_CONTENT + (" AND l.prefix = :prefix" if prefix else "")
        parameters = {"content": content["id"], "prefix": prefix}
        return answer_listing(call, c, Listing(sql, parameters, _v2_json, {"id": "id", "name": "name"}))


def _get_writable(call: Call, c: sqlite3.Connection) -> sqlite3.Row:
    content = get_named_content(call, c)
    demand_update(call, c, content)
    return content


def add_labels(call: Call) -> Reply:
    wishes = call.json()
    labels = [_read_label(call, wish) for wish in (wishes if isinstance(wishes, list) else [wishes])]
    with call.site.database.transaction() as c:
        content = _get_writable(call, c)
        for prefix, name in labels:
            put_label(call.site, c, content["id"], prefix, name)
        rows = c.execute(_OF_CONTENT + " ORDER BY l.name", {"content": content["id"]}).fetchall()
    results = [{**_v2_json(row), "label": row["name"]} for row in rows]
    paging = {"start": 0, "limit": 200, "size": len(results)}
    return Reply(body={"results": results, **paging, "_links": links(call)})


def _read_label(call: Call, wish: Any) -> tuple[str, str]:
    prefix, name = (wish.get("prefix"), wish.get("name")) if isinstance(wish, dict) else (None, None)
    if prefix not in _PREFIXES or not isinstance(name, str) or not _NAME.match(name):
        raise call.refusal(400, f"A label needs a prefix, one of {', '.join(_PREFIXES)}, and a name without spaces")
    return str(prefix), name.lower()


def remove_label(call: Call) -> Reply:
    """Both forms: the name in the path, or for names with a slash in the query."""
    name = call.path.get("label") or call.query("name")
    with call.site.database.transaction() as c:
        content = _get_writable(call, c)
        removed = c.execute(
            "DELETE FROM content_labels WHERE content_id = ? AND label_id IN (SELECT id FROM labels WHERE name = ?)",
            (content["id"], name.lower()),
        ).rowcount
    if not removed:
        raise call.refusal(404, f"There is no label {name} on content {content['id']}")
    return Reply(204)


ROUTES = (
    Route("GET", "/wiki/api/v2/pages/{id}/labels", list_labels),
    Route("GET", "/wiki/api/v2/blogposts/{id}/labels", list_labels),
    Route("GET", "/wiki/api/v2/attachments/{id}/labels", list_labels),
    Route("POST", "/wiki/rest/api/content/{id}/label", add_labels),
    Route("DELETE", "/wiki/rest/api/content/{id}/label", remove_label),
    Route("DELETE", "/wiki/rest/api/content/{id}/label/{label}", remove_label),
)
