"""Pages, blog posts and comments by /rest/api/content: list, get, create, update, delete."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import (
    VISIBLE,
    demand_space_right,
    demand_update,
    viewer_parameters,
)
from atlassian_emulator.confluence.bodies import read_body
from atlassian_emulator.confluence.macros import MacroScan, scan_macros
from atlassian_emulator.confluence.pages import checked_parent, read_id, read_title, trash, write_page
from atlassian_emulator.confluence.store import (
    COMMENTS,
    GONE,
    NOT_BELOW_TRASH,
    add_content,
    add_version,
    current_body,
    find_content,
    find_space,
    put_label,
    remove_content,
    title_is_taken,
)
from atlassian_emulator.data_center.confluence.metadata import Expansion, expansion_of
from atlassian_emulator.data_center.confluence.shapes import content_json, list_json, part_of, version_row, with_context
from atlassian_emulator.routing import Route

_DEFAULT_EXPAND: Final = "history,space,version"
_CREATED_EXPAND: Final = "body.storage,container,version,space,history,ancestors"
_MOST_WITH_BODIES: Final = 50
_KINDS: Final = ("page", "blogpost")


def most_results(expand: Expansion) -> int:
    """Return how many results a list gives at most: bodies make it fewer."""
    return _MOST_WITH_BODIES if "body" in expand else 200


def named_content(call: Call, c: sqlite3.Connection, *statuses: str, name: str = "") -> sqlite3.Row:
    """Return the content in the path that the caller may see in one of the statuses, or refuse with 404.

    `name` is its id where the path does not hold it as {id}.
    """
    text = (name or call.path["id"]).removeprefix("att")
    row = find_content(call, c, int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if row is None or not ("any" in statuses or row["status"] in (statuses or ("current", "archived"))):
        raise call.refusal(404, f"No content found with id: ContentId{{id={text}}}")
    return row


def list_content(call: Call) -> Reply:
    """GET /rest/api/content: by space, title, type and status."""
    conditions, parameters = [VISIBLE, NOT_BELOW_TRASH], viewer_parameters(call)
    kind = call.query_choice("type", (*_KINDS, "comment", "attachment"), "page")
    conditions.append("c.type IN ('footer-comment', 'inline-comment')" if kind == "comment" else "c.type = :kind")
    statuses = call.query_list("status") or ["current"]
    if "any" not in statuses:
        conditions.append("c.status IN (SELECT value FROM json_each(:statuses))")
    if "title" in call.request.args:
        conditions.append("c.title = :title COLLATE NOCASE")
    parameters |= {"kind": kind, "title": call.query("title"), "statuses": _json_list(statuses)}
    with call.site.database.read() as c:
        if "spaceKey" in call.request.args:
            space = find_space(call, c, "key", call.query("spaceKey"))
            if space is None:
                return list_json(call, [], *part_of(call), more=False)
            conditions.append("c.space_id = :space")
            parameters["space"] = space["id"]
        return answer_content(call, c, conditions, parameters)


def _json_list(values: list[str]) -> str:
    return "[" + ", ".join('"' + value.replace("\\", "").replace('"', "") + '"' for value in values) + "]"


def answer_content(
    call: Call,
    c: sqlite3.Connection,
    conditions: list[str],
    parameters: dict[str, Any],
    order: str = "c.id",
    limit: int = 25,
) -> Reply:
    """Answer a part of the content that meets the conditions."""
    expand = expansion_of(call)
    start, limit = part_of(call, limit, most_results(expand))
    sql = (
        f"SELECT c.* FROM content c WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {limit + 1} OFFSET {start}"  # noqa: S608
    )
    rows = c.execute(sql, parameters).fetchall()
    results = [content_json(call, c, row, expand) for row in rows[:limit]]
    return list_json(call, results, start, limit, more=bool(limit) and len(rows) > limit)


def get_content(call: Call) -> Reply:
    """GET /rest/api/content/{id}, with `version` and `status=historical` an older version."""
    number = call.query_int("version", 0, 0, 2**31 - 1)
    statuses = [each for each in call.query_list("status") if each != "historical"]
    with call.site.database.read() as c:
        row = named_content(call, c, *(statuses or ("current", "archived")))
        if number and version_row(c, row, number) is None:
            raise call.refusal(404, f"Cannot find version {number} of content with id {row['id']}")
        shown = content_json(call, c, row, expansion_of(call, _DEFAULT_EXPAND), number=number)
    return Reply(body=with_context(call, shown))


def create_content(call: Call) -> Reply:
    body = call.json_object()
    kind, status = body.get("type"), body.get("status") or "current"
    if kind not in (*_KINDS, "comment"):
        raise call.refusal(400, f"Unknown content type: {kind}. It must be page, blogpost or comment")
    if status not in ("current", "draft"):
        raise call.refusal(400, f"Invalid status: {status!r}. It must be current or draft")
    scan = read_body(call, body.get("body"))
    with call.site.database.transaction() as c:
        if kind == "comment":
            content_id = _add_comment(call, c, body, scan)
        else:
            content_id = _add_page(call, c, body, scan, str(kind), status)
        row = find_content(call, c, content_id)
        assert row is not None
        shown = content_json(call, c, row, expansion_of(call, _CREATED_EXPAND))
    return Reply(body=with_context(call, shown))


def _add_page(call: Call, c: sqlite3.Connection, body: dict[str, Any], scan: MacroScan, kind: str, status: str) -> int:
    title = read_title(call, body, required=status == "current")
    key = body["space"].get("key") if isinstance(body.get("space"), dict) else None
    if not isinstance(key, str):
        raise call.refusal(400, "A space is required to create content")
    space = find_space(call, c, "key", key)
    if space is None:
        raise call.refusal(404, f"No space found with key : {key}")
    demand_space_right(call, c, space["id"], "create", kind)
    if status == "current" and title_is_taken(c, space["id"], kind, title):
        raise call.refusal(400, _title_taken(title, space["key"]))
    parent_id = _parent(call, c, space["id"], body.get("ancestors")) if kind == "page" else None
    facts = {"type": kind, "status": status, "space_id": space["id"], "parent_id": parent_id, "title": title}
    content_id = add_content(call.site, c, {**facts, "author_id": call.caller.account_id}, scan)
    for label in _labels(body):
        put_label(call.site, c, content_id, label.get("prefix") or "global", str(label["name"]).lower())
    return content_id


def _title_taken(title: str, key: str) -> str:
    return (
        "com.atlassian.confluence.api.service.exceptions.BadRequestException: A page with this title already exists:"
        f" A page already exists with the title {title} in the space with key {key}"
    )


def _labels(body: dict[str, Any]) -> list[dict[str, Any]]:
    metadata = body.get("metadata")
    given = metadata.get("labels") if isinstance(metadata, dict) else None
    return [each for each in given if isinstance(each, dict) and each.get("name")] if isinstance(given, list) else []


def _parent(call: Call, c: sqlite3.Connection, space_id: int, ancestors: Any) -> int | None:
    """Return the id of the last ancestor that the request names; without any, new pages stand at the root."""
    if not ancestors:
        return None
    if not isinstance(ancestors, list) or not all(isinstance(each, dict) for each in ancestors):
        raise call.refusal(400, "ancestors must be a list of objects with an id")
    parent_id = read_id(call, ancestors[-1], "id")
    return None if parent_id is None else checked_parent(call, c, space_id, parent_id)


def _add_comment(call: Call, c: sqlite3.Connection, body: dict[str, Any], scan: MacroScan) -> int:
    container = body.get("container")
    owner_id = read_id(call, container, "id") if isinstance(container, dict) else None
    owner = find_content(call, c, owner_id) if owner_id is not None else None
    if owner is None or owner["status"] in GONE:
        raise call.refusal(404, f"No content found with id: ContentId{{id={owner_id}}}")
    demand_space_right(call, c, owner["space_id"], "create", "comment")
    answered = body.get("ancestors")
    parent_id = read_id(call, answered[-1], "id") if isinstance(answered, list) and answered else owner["id"]
    facts = {"type": "footer-comment", "status": "current", "space_id": owner["space_id"], "parent_id": parent_id}
    return add_content(
        call.site, c, {**facts, "title": f"Re: {owner['title']}", "author_id": call.caller.account_id}, scan
    )


def update_content(call: Call) -> Reply:
    if call.request.mimetype.startswith("multipart/"):
        # Some clients put a file's next version here; what takes one is POST …/child/attachment/{id}/data.
        raise call.refusal(415, "Unsupported Media Type")
    body = call.json_object()
    number, message = _read_version(call, body.get("version"))
    with call.site.database.transaction() as c:
        row = named_content(call, c, "current", "archived", "draft", *GONE)
        demand_update(call, c, row)
        if "type" not in body:
            raise call.refusal(400, "type is required to update content")
        # Publishing a draft is its first version.
        if number != row["version"] + 1 and not (row["status"] == "draft" and number == 1):
            raise call.refusal(409, f"Version must be incremented on update. Current version is: {row['version']}")
        if row["type"] in COMMENTS:
            scan = read_body(call, body.get("body"))
            facts = {"title": row["title"], "author_id": call.caller.account_id, "message": message}
            add_version(call.site, c, row["id"], number, facts, scan)
        elif row["status"] in GONE:
            c.execute("UPDATE content SET status = 'current' WHERE id = ?", (row["id"],))
        else:
            _write(call, c, row, body, message)
        row = named_content(call, c, "any")
        shown = content_json(call, c, row, expansion_of(call, _CREATED_EXPAND))
    return Reply(body=with_context(call, shown))


def _write(call: Call, c: sqlite3.Connection, row: sqlite3.Row, body: dict[str, Any], message: str) -> None:
    title = read_title(call, body, required=False) or row["title"]
    given = body.get("body")
    scan = read_body(call, given) if given else scan_macros(current_body(c, row["id"]))
    if title_is_taken(c, row["space_id"], row["type"], title, row["id"]):
        key = c.execute("SELECT key FROM spaces WHERE id = ?", (row["space_id"],)).fetchone()[0]
        raise call.refusal(400, _title_taken(title, key))
    if isinstance(body.get("ancestors"), list) and body["ancestors"] and row["type"] == "page":
        parent_id: int | None = _parent(call, c, row["space_id"], body["ancestors"])
        above = parent_id
        while above is not None:
            if above == row["id"]:
                raise call.refusal(400, "A page cannot be moved below itself")
            above = c.execute("SELECT parent_id FROM content WHERE id = ?", (above,)).fetchone()[0]
        c.execute("UPDATE content SET parent_id = ? WHERE id = ?", (parent_id, row["id"]))
    write_page(call, c, row, title, message, scan, publish=body.get("status") != "draft")
    if isinstance(body.get("version"), dict) and body["version"].get("minorEdit") is True:
        c.execute(
            "UPDATE content_versions SET minor_edit = 1 WHERE content_id = ? AND number = ?",
            (row["id"], row["version"] + 1),
        )


def _read_version(call: Call, version: Any) -> tuple[int, str]:
    if not isinstance(version, dict) or type(version.get("number")) is not int:
        raise call.refusal(400, "Must supply an incremented version when updating Content. No version supplied.")
    message = version.get("message") or ""
    if not isinstance(message, str):
        raise call.refusal(400, "version.message must be a string")
    return version["number"], message


def delete_content(call: Call) -> Reply:
    """Put into the trash; with status=trashed remove for good what is there, with status=draft a draft."""
    status = call.query_choice("status", ("current", "trashed", "draft"), "current")
    with call.site.database.transaction() as c:
        row = named_content(call, c, status, *(("archived",) if status == "current" else ()))
        demand_update(call, c, row, "delete")
        if status != "current" or row["type"] in COMMENTS:
            remove_content(c, row["id"])
        elif row["type"] == "attachment":
            c.execute("UPDATE content SET status = 'trashed' WHERE id = ?", (row["id"],))
        else:
            trash(c, row)
    return Reply(204)


ROUTES = (
    Route("GET", "/rest/api/content", list_content),
    Route("POST", "/rest/api/content", create_content),
    Route("GET", "/rest/api/content/{id}", get_content),
    Route("PUT", "/rest/api/content/{id}", update_content),
    Route("DELETE", "/rest/api/content/{id}", delete_content),
)
