"""Attachments in v2: read and delete. They are written through v1 (uploads.py)."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, demand_update, viewer_parameters
from atlassian_emulator.confluence.pages import type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import attachment_json, version_json, with_base
from atlassian_emulator.confluence.store import get_content, remove_content
from atlassian_emulator.confluence.versions import VERSION_SORTS, detailed_version_json
from atlassian_emulator.routing import Route

# One row per attachment with one of its versions; `number` is that version's.
ATTACHMENT = """
    SELECT c.*, p.type AS parent_type, v.number, v.author_id AS version_author_id, v.created_at AS version_created_at,
        v.comment AS message, v.minor_edit, v.media_type, v.size_bytes, v.file_id, v.sha256
    FROM content c
    JOIN content p ON p.id = c.parent_id
    JOIN attachment_versions v ON v.content_id = c.id AND v.number = {number}
"""
CURRENT_ATTACHMENT = ATTACHMENT.format(number="c.version")
_STATUSES = ("current", "archived", "trashed")


def list_all(call: Call) -> Reply:
    with call.site.database.read() as c:
        return answer_attachments(call, c, "c.type = 'attachment'", {})


def list_of_page(call: Call) -> Reply:
    with call.site.database.read() as c:
        page = get_content(call, c, call.path_id("id"), type_of(call))
        condition = "c.parent_id = :page AND c.type = 'attachment'"
        return answer_attachments(call, c, condition, {"page": page["id"]})


def answer_attachments(call: Call, c: sqlite3.Connection, condition: str, parameters: dict[str, Any]) -> Reply:
    statuses = call.query_list("status") or ["current", "archived"]
    if unknown := [status for status in statuses if status not in _STATUSES]:
        raise call.refusal(400, f"Provided value {{{unknown[0]}}} for 'status' is not one of {', '.join(_STATUSES)}")
    quoted = ", ".join(f"'{status}'" for status in statuses)
    conditions = [condition, f"c.status IN ({quoted})", "p.status NOT IN ('trashed', 'deleted')", VISIBLE]
    parameters = {**parameters, **viewer_parameters(call)}
    for name, column in (("filename", "c.title"), ("mediaType", "v.media_type")):
        if name in call.request.args:
            conditions.append(f"{column} = :{name}")
            parameters[name] = call.query(name)
    sorts = {"created-date": "created_at", "modified-date": "modified_at"}
    sql = f"{CURRENT_ATTACHMENT} WHERE {' AND '.join(conditions)}"
    return answer_listing(call, c, Listing(sql, parameters, attachment_json, sorts, default_limit=50))


def attachment_id(call: Call, name: str = "id") -> int:
    """Read the id of an attachment from the path, with or without its "att"."""
    return call.whole_number(call.path[name].removeprefix("att"), name)


def get_attachment(call: Call, c: sqlite3.Connection, number: int = 0) -> sqlite3.Row:
    """Return the attachment named in the path, at its current version or at `number`, or refuse with 404."""
    row = get_content(call, c, attachment_id(call), "attachment")
    sql = ATTACHMENT.format(number=":number")
    found: sqlite3.Row | None = c.execute(
        f"{sql} WHERE c.id = :id AND p.status NOT IN ('trashed', 'deleted')",
        {"id": row["id"], "number": number or row["version"]},
    ).fetchone()
    if found is None:
        raise call.refusal(404, f"Cannot find version {number} of attachment with id {call.path['id']}")
    return found


def get_one(call: Call) -> Reply:
    number = call.query_int("version", 0, 1, 2**31 - 1)
    with call.site.database.read() as c:
        return Reply(body=with_base(attachment_json(get_attachment(call, c, number)), call.site.base_url))


def delete(call: Call) -> Reply:
    """Put an attachment into the trash; with purge=true remove for good one that is there."""
    purge = call.query_flag("purge")
    with call.site.database.transaction() as c:
        row = c.execute(
            f"SELECT * FROM content c WHERE c.id = :id AND c.type = 'attachment' AND {VISIBLE}",  # noqa: S608
            {**viewer_parameters(call), "id": attachment_id(call)},
        ).fetchone()
        if row is None or (row["status"] == "trashed") != purge:
            raise call.refusal(404, f"Cannot find a {'trashed ' if purge else ''}attachment with id {call.path['id']}")
        demand_update(call, c, row, "delete")
        if purge:
            remove_content(c, row["id"])
        else:
            c.execute("UPDATE content SET status = 'trashed' WHERE id = ?", (row["id"],))
    return Reply(204)


def list_versions(call: Call) -> Reply:
    with call.site.database.read() as c:
        row = get_attachment(call, c)

        def render(version: sqlite3.Row) -> dict[str, Any]:
            return {**version_json(version), "attachment": {"id": f"att{row['id']}", "title": row["title"]}}

        listing = Listing(
            "SELECT *, comment AS message FROM attachment_versions WHERE content_id = :id",
            {"id": row["id"]},
            render,
            VERSION_SORTS,
            default_sort="-modified-date",
            id_column="number",
        )
        return answer_listing(call, c, listing)


def get_one_version(call: Call) -> Reply:
    number = call.path_id("version-number")
    with call.site.database.read() as c:
        content = get_content(call, c, attachment_id(call, "attachment-id"), "attachment")
        row = c.execute(
            "SELECT * FROM attachment_versions WHERE content_id = ? AND number = ?", (content["id"], number)
        ).fetchone()
    if row is None:
        raise call.refusal(404, f"Cannot find version {number} of attachment with id {call.path['attachment-id']}")
    return Reply(body=detailed_version_json(row, content["version"]))


ROUTES = (
    Route("GET", "/wiki/api/v2/attachments", list_all),
    Route("GET", "/wiki/api/v2/attachments/{id}", get_one),
    Route("DELETE", "/wiki/api/v2/attachments/{id}", delete),
    Route("GET", "/wiki/api/v2/attachments/{id}/versions", list_versions),
    Route("GET", "/wiki/api/v2/attachments/{attachment-id}/versions/{version-number}", get_one_version),
    Route("GET", "/wiki/api/v2/pages/{id}/attachments", list_of_page),
    Route("GET", "/wiki/api/v2/blogposts/{id}/attachments", list_of_page),
)
