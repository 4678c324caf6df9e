"""Copying pages in v1: one page, or a page with all below it.

A copy is new: its own id, version 1 written by whoever copies. Its body is the old one byte for byte, so its macros
keep their ids, which two pages then share.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_space_right, demand_update
from atlassian_emulator.confluence.arranging import list_below
from atlassian_emulator.confluence.bodies import read_body
from atlassian_emulator.confluence.legacy import content_json
from atlassian_emulator.confluence.macros import MacroScan, scan_macros
from atlassian_emulator.confluence.pages import read_title, write_page
from atlassian_emulator.confluence.store import (
    TREE,
    add_content,
    current_body,
    find_space,
    get_content,
    get_named_content,
    title_is_taken,
)
from atlassian_emulator.confluence.tasks import answer_task
from atlassian_emulator.routing import Route

_DESTINATIONS = ("space", "existing_page", "parent_page", "parent_content")
_PARTS = ("copyAttachments", "copyPermissions", "copyProperties", "copyLabels", "copyCustomContents")


def copy_page(call: Call) -> Reply:
    body = call.json_object()
    parts = _read_parts(call, body)
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page")
        title = read_title(call, {"title": body.get("pageTitle") or page["title"]}, required=True)
        scan = read_body(call, body["body"]) if body.get("body") else scan_macros(current_body(c, page["id"]))
        space_id, parent_id, replaced = _read_destination(call, c, body.get("destination"))
        if replaced is None:
            demand_space_right(call, c, space_id, "create", "page")
            if title_is_taken(c, space_id, "page", title):
                raise call.refusal(400, f"A page with this title already exists: {title}")
            copy_id = _add_copy(call, c, title, scan, space_id, parent_id)
        else:
            demand_update(call, c, replaced)
            write_page(call, c, replaced, title, "", scan)
            copy_id = replaced["id"]
        copy_parts(call, c, page["id"], copy_id, parts)
        expand = call.query_list("expand") or ["space", "history", "version"]
        return Reply(body=content_json(call, c, get_content(call, c, copy_id), expand))


def _read_parts(call: Call, body: dict[str, Any]) -> dict[str, bool]:
    parts = {name: body.get(name, False) for name in _PARTS}
    if not all(type(wanted) is bool for wanted in parts.values()):
        raise call.refusal(400, f"{', '.join(_PARTS)} must be true or false")
    return parts


def _read_destination(
    call: Call, c: sqlite3.Connection, destination: Any
) -> tuple[int, int | None, sqlite3.Row | None]:
    """Return the space, the parent, and the page that is replaced, if one is."""
    wish = destination if isinstance(destination, dict) else {}
    kind, value = wish.get("type"), wish.get("value")
    if kind not in _DESTINATIONS or not isinstance(value, str):
        raise call.refusal(400, f"destination needs a type, one of {', '.join(_DESTINATIONS)}, and a value")
    if kind == "space":
        space = find_space(call, c, "key", value)
        if space is None:
            raise call.refusal(404, f"No space found with key : {value}")
        return space["id"], None, None
    types = ("page",) if kind == "existing_page" else TREE
    row = get_content(call, c, call.whole_number(value, "destination.value"), *types)
    return (row["space_id"], row["parent_id"], row) if kind == "existing_page" else (row["space_id"], row["id"], None)


def _add_copy(
    call: Call,
    c: sqlite3.Connection,
    title: str,
    scan: MacroScan,
    space_id: int,
    parent_id: int | None,
    kind: str = "page",
) -> int:
    facts = {"type": kind, "status": "current", "space_id": space_id, "parent_id": parent_id, "title": title}
    return add_content(call.site, c, {**facts, "author_id": call.caller.account_id}, scan)


def copy_parts(call: Call, c: sqlite3.Connection, page_id: int, copy_id: int, parts: Mapping[str, bool]) -> None:
    """Give a copy what is beside the page, as far as it is wanted."""
    if parts["copyLabels"]:
        c.execute(
            "INSERT OR IGNORE INTO content_labels (content_id, label_id)"
            " SELECT ?, label_id FROM content_labels WHERE content_id = ?",
            (copy_id, page_id),
        )
    if parts["copyPermissions"]:
        c.execute(
            "INSERT OR IGNORE INTO restrictions (content_id, operation, principal_type, principal_id)"
            " SELECT ?, operation, principal_type, principal_id FROM restrictions WHERE content_id = ?",
            (copy_id, page_id),
        )
    if parts["copyProperties"]:
        _copy_properties(call, c, page_id, copy_id)
    if parts["copyAttachments"]:
        _copy_attachments(call, c, page_id, copy_id)


def _copy_properties(call: Call, c: sqlite3.Connection, page_id: int, copy_id: int) -> None:
    rows = c.execute("SELECT key, value FROM properties WHERE owner_kind = 'content' AND owner_id = ?", (page_id,))
    now = call.site.clock()
    for key, value in rows.fetchall():
        c.execute(
            "INSERT OR IGNORE INTO properties (owner_kind, owner_id, key, id, value, number, author_id, created_at,"
            " modified_at, message) VALUES ('content', ?, ?, ?, ?, 1, ?, ?, ?, '')",
            (copy_id, key, call.site.ids.take("property"), value, call.caller.account_id, now, now),
        )


def _copy_attachments(call: Call, c: sqlite3.Connection, page_id: int, copy_id: int) -> None:
    """Copy attachments at their current version, which is version 1 of the copy."""
    rows = c.execute(
        "SELECT c.space_id, c.title, v.* FROM content c JOIN attachment_versions v ON v.content_id = c.id"
        " AND v.number = c.version WHERE c.parent_id = ? AND c.type = 'attachment' AND c.status = 'current'",
        (page_id,),
    ).fetchall()
    space_id = c.execute("SELECT space_id FROM content WHERE id = ?", (copy_id,)).fetchone()[0]
    for row in rows:
        facts = {"type": "attachment", "status": "current", "space_id": space_id, "parent_id": copy_id}
        facts |= {"title": row["title"], "author_id": call.caller.account_id}
        attachment_id = add_content(call.site, c, facts)
        c.execute(
            "INSERT INTO attachment_versions (content_id, number, author_id, created_at, comment, minor_edit,"
            " media_type, size_bytes, file_id, sha256) VALUES (?, 1, ?, ?, ?, 0, ?, ?, ?, ?)",
            (
                *(attachment_id, call.caller.account_id, call.site.clock(), row["comment"]),
                *(row["media_type"], row["size_bytes"], str(uuid.uuid4()), row["sha256"]),
            ),
        )


def copy_hierarchy(call: Call) -> Reply:
    """Copy a page and, unless copyDescendants is false, all below it, to below another page."""
    body = call.json_object()
    parts = _read_parts(call, body)
    destination = body.get("destinationPageId")
    if not isinstance(destination, (str, int)) or isinstance(destination, bool):
        raise call.refusal(400, "destinationPageId is required")
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page")
        target = get_content(call, c, call.whole_number(str(destination), "destinationPageId"), *TREE)
        demand_space_right(call, c, target["space_id"], "create", "page")
        below = list_below(call, c, page["id"]) if body.get("copyDescendants", True) else []
        rows = [page, *(row for row in below if row["type"] in TREE)]
        copies: dict[int, int] = {}
        for row in rows:
            title = _renamed(call, row["title"], body.get("titleOptions"))
            if row["type"] == "page" and title_is_taken(c, target["space_id"], "page", title):
                raise call.refusal(400, f"A page with this title already exists: {title}")
            scan = scan_macros(current_body(c, row["id"]))
            parent_id = copies.get(row["parent_id"], target["id"])
            copies[row["id"]] = _add_copy(call, c, title, scan, target["space_id"], parent_id, row["type"])
            copy_parts(call, c, row["id"], copies[row["id"]], parts)
        details = {"destinationId": str(copies[page["id"]]), "totalPageNeedToCopy": len(copies)}
        details["destinationUrl"] = f"/spaces/{page['space_id']}/pages/{copies[page['id']]}"
        return answer_task(call, c, "com.atlassian.confluence.pages.copy.hierarchy", details)


def _renamed(call: Call, title: str, options: Any) -> str:
    """Return a title with the search replaced and the prefix put before it."""
    options = {} if options is None else options
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise call.refusal(400, "titleOptions must be an object of strings: prefix, search, replace")
    if options.get("search"):
        title = title.replace(options["search"], options.get("replace", ""))
    return read_title(call, {"title": options.get("prefix", "") + title}, required=True)


ROUTES = (
    Route("POST", "/wiki/rest/api/content/{id}/copy", copy_page),
    Route("POST", "/wiki/rest/api/content/{id}/pagehierarchy/copy", copy_hierarchy),
)
