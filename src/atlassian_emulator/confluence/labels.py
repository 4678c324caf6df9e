"""Labels: read in v2, put on and taken off in v1."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, demand_space_right, demand_update, viewer_parameters
from atlassian_emulator.confluence.attachments import answer_attachments
from atlassian_emulator.confluence.legacy import answer_part
from atlassian_emulator.confluence.pages import answer_pages, type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.store import (
    get_content,
    get_named_content,
    get_named_space,
    get_space,
    put_label,
    settle_label,
)
from atlassian_emulator.routing import Route

_PREFIXES = ("my", "team", "global", "system")
_NAME = re.compile(r"[^\s:;,.?&\[\]()#^*@!<>]{1,255}\Z")
_OF_SPACE = "SELECT l.* FROM space_labels JOIN labels l ON l.id = label_id WHERE space_id = :space"
_IN_SPACE = f"""SELECT l.* FROM labels l WHERE l.id IN (
    SELECT label_id FROM content c JOIN content_labels ON content_id = c.id
    WHERE c.space_id = :space AND c.status = 'current' AND {VISIBLE})"""  # noqa: S608 - this program's own words
_OF_CONTENT = "SELECT l.* FROM content_labels JOIN labels l ON l.id = label_id WHERE content_id = :content"


def _v2_json(row: sqlite3.Row) -> dict[str, str]:
    return {"id": str(row["id"]), "name": row["name"], "prefix": row["prefix"]}


def list_labels(call: Call) -> Reply:
    kind = type_of(call)
    text = call.path["id"].removeprefix("att") if kind == "attachment" else call.path["id"]
    with call.site.database.read() as c:
        content = get_content(call, c, call.whole_number(text, "id"), kind)
        return _answer_labels(call, c, _OF_CONTENT, {"content": content["id"]})


def list_space_labels(call: Call) -> Reply:
    """The labels of a space itself, or those of the content in it."""
    with call.site.database.read() as c:
        parameters = {**viewer_parameters(call), "space": get_space(call, c, call.path_id("id"))["id"]}
        of_content = call.request.path.rstrip("/").endswith("/content/labels")
        return _answer_labels(call, c, _IN_SPACE if of_content else _OF_SPACE, parameters)


def list_all_labels(call: Call) -> Reply:
    ids = [call.whole_number(text, "label-id") for text in call.query_list("label-id")]
    sql = f"SELECT l.* FROM labels l WHERE (l.id IN (SELECT label_id FROM content_labels JOIN content c ON c.id = content_id WHERE {VISIBLE}) OR l.id IN (SELECT label_id FROM space_labels))"  # noqa: S608, E501
    if ids:
        sql += f" AND l.id IN ({', '.join(map(str, ids))})"
    with call.site.database.read() as c:
        return _answer_labels(call, c, sql, viewer_parameters(call))


def _answer_labels(call: Call, c: sqlite3.Connection, sql: str, parameters: dict[str, Any]) -> Reply:
    prefixes = call.query_list("prefix")
    if unknown := [prefix for prefix in prefixes if prefix not in _PREFIXES]:
        raise call.refusal(400, f"Provided value {{{unknown[0]}}} for 'prefix' is not one of {', '.join(_PREFIXES)}")
    if prefixes:
        sql += " AND l.prefix IN ({})".format(", ".join(f"'{prefix}'" for prefix in prefixes))
    return answer_listing(call, c, Listing(sql, parameters, _v2_json, {"id": "id", "name": "name"}))


def list_labelled(call: Call) -> Reply:
    """The pages, blog posts or attachments that have a label."""
    kind = call.request.path.rstrip("/").rsplit("/", 1)[1].removesuffix("s")
    condition = "c.id IN (SELECT content_id FROM content_labels WHERE label_id = :label)"
    with call.site.database.read() as c:
        label_id = call.path_id("id")
        if c.execute("SELECT 1 FROM labels WHERE id = ?", (label_id,)).fetchone() is None:
            raise call.refusal(404, f"There is no label with id {label_id}")
        if kind == "attachment":
            return answer_attachments(call, c, f"c.type = 'attachment' AND {condition}", {"label": label_id})
        conditions = [condition]
        if "space-id" in call.request.args:
            ids = [call.whole_number(text, "space-id") for text in call.query_list("space-id")]
            conditions.append(f"c.space_id IN ({', '.join(map(str, ids)) or 'NULL'})")
        return answer_pages(call, c, kind, conditions, {"label": label_id})


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
    return answer_part(call, [_v1_json(row) for row in rows])


def _v1_json(row: sqlite3.Row) -> dict[str, str]:
    return {**_v2_json(row), "label": row["name"]}


def list_labels_of_space(call: Call) -> Reply:
    """GET /wiki/rest/api/space/{spaceKey}/label."""
    prefix = call.query_choice("prefix", _PREFIXES)
    with call.site.database.read() as c:
        rows = c.execute(_OF_SPACE + " ORDER BY l.name", {"space": get_named_space(call, c)["id"]}).fetchall()
    return answer_part(call, [_v1_json(row) for row in rows if prefix in ("", row["prefix"])])


def add_labels_to_space(call: Call) -> Reply:
    wishes = call.json()
    labels = [_read_label(call, wish) for wish in (wishes if isinstance(wishes, list) else [wishes])]
    with call.site.database.transaction() as c:
        space = get_named_space(call, c)
        demand_space_right(call, c, space["id"], "administer", "space")
        for prefix, name in labels:
            c.execute(
                "INSERT INTO space_labels (space_id, label_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (space["id"], settle_label(call.site, c, prefix, name)),
            )
    return list_labels_of_space(call)


def remove_label_from_space(call: Call) -> Reply:
    name = call.query("name").lower()
    if not name:
        raise call.refusal(400, "name is required")
    with call.site.database.transaction() as c:
        space = get_named_space(call, c)
        demand_space_right(call, c, space["id"], "administer", "space")
        c.execute(
            "DELETE FROM space_labels WHERE space_id = ? AND label_id IN (SELECT id FROM labels WHERE name = ?)",
            (space["id"], name),
        )
    return Reply(204)


def get_label_details(call: Call) -> Reply:
    """GET /wiki/rest/api/label: one label and what it is on."""
    name = call.query("name").lower()
    kind = call.query_choice("type", ("page", "blogpost", "attachment", "page_template"))
    if not name:
        raise call.refusal(400, "name is required")
    with call.site.database.read() as c:
        label = c.execute("SELECT * FROM labels WHERE name = ? ORDER BY prefix = 'global' DESC", (name,)).fetchone()
        if label is None:
            raise call.refusal(404, f"There is no label {name}")
        rows = c.execute(
            f"SELECT c.* FROM content c JOIN content_labels ON content_id = c.id WHERE label_id = :label"  # noqa: S608
            f" AND c.status = 'current' AND {VISIBLE} ORDER BY c.id",
            {**viewer_parameters(call), "label": label["id"]},
        ).fetchall()
    found = [
        {"contentType": row["type"], "contentId": row["id"], "title": row["title"]}
        for row in rows
        if kind in ("", row["type"]) and row["type"] in ("page", "blogpost", "attachment")
    ]
    part = answer_part(call, found).body
    contents = {part_name: part[part_name] for part_name in ("results", "start", "limit", "size")}
    return Reply(body={"label": _v1_json(label), "associatedContents": contents})


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


_OF_A_SPACE = "/wiki/rest/api/space/{spaceKey}/label"

ROUTES = (
    *(
        Route("GET", f"/wiki/api/v2/{kind}/{{id}}/labels", list_labels)
        for kind in ("pages", "blogposts", "attachments")
    ),
    *(
        Route("GET", f"/wiki/api/v2/labels/{{id}}/{kind}", list_labelled)
        for kind in ("pages", "blogposts", "attachments")
    ),
    Route("GET", "/wiki/api/v2/labels", list_all_labels),
    Route("GET", "/wiki/api/v2/spaces/{id}/labels", list_space_labels),
    Route("GET", "/wiki/api/v2/spaces/{id}/content/labels", list_space_labels),
    Route("GET", _OF_A_SPACE, list_labels_of_space),
    Route("POST", _OF_A_SPACE, add_labels_to_space),
    Route("DELETE", _OF_A_SPACE, remove_label_from_space),
    Route("GET", "/wiki/rest/api/label", get_label_details),
    Route("POST", "/wiki/rest/api/content/{id}/label", add_labels),
    Route("DELETE", "/wiki/rest/api/content/{id}/label", remove_label),
    Route("DELETE", "/wiki/rest/api/content/{id}/label/{label}", remove_label),
)
