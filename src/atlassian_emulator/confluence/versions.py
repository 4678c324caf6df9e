"""Versions of pages, blog posts and comments in v2."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.bodies import BULK_FORMATS
from atlassian_emulator.confluence.pages import type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import body_json, version_json
from atlassian_emulator.confluence.store import COMMENTS, get_content, get_version
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

VERSION_SORTS = {"modified-date": "created_at"}


def list_versions(call: Call) -> Reply:
    body_format = call.query_choice("body-format", BULK_FORMATS)
    kind = type_of(call)

    def render(row: sqlite3.Row) -> dict[str, Any]:
        body = body_json(row["body"], body_format) if body_format else {}
        content = {"id": str(row["content_id"]), "title": row["title"], "body": body}
        return {**version_json(row), "comment" if kind in COMMENTS else kind: content}

    with call.site.database.read() as c:
        content_id = get_content(call, c, call.path_id("id"), kind)["id"]
        listing = Listing(
            "SELECT * FROM content_versions WHERE content_id = :id",
            {"id": content_id},
            render,
            VERSION_SORTS,
            default_sort="-modified-date",
            id_column="number",
        )
        return answer_listing(call, c, listing)


def get_one_version(call: Call) -> Reply:
    kind = type_of(call)
    number = call.path_id("version-number")
    with call.site.database.read() as c:
        content = get_content(call, c, call.path_id("id" if kind in COMMENTS else f"{kind}-id"), kind)
        row = get_version(call, c, content["id"], number)
    return Reply(body=detailed_version_json(row, content["version"]))


def detailed_version_json(row: sqlite3.Row, newest: int) -> dict[str, Any]:
    """Show a version and its neighbours, as v2's DetailedVersion."""
    number = row["number"]
    version: dict[str, Any] = {
        "number": number,
        "authorId": row["author_id"],
        "message": row["comment"] if "comment" in row.keys() else row["message"],  # noqa: SIM118 - a row's `in` looks at values
        "createdAt": iso_utc(row["created_at"]),
        "minorEdit": bool(row["minor_edit"]),
        "contentTypeModified": False,
        "collaborators": [row["author_id"]],
    }
    if number > 1:
        version["prevVersion"] = number - 1
    if number < newest:
        version["nextVersion"] = number + 1
    return version


ROUTES = (
    *(Route("GET", f"/wiki/api/v2/{kind}s/{{id}}/versions", list_versions) for kind in COMMENTS),
    *(Route("GET", f"/wiki/api/v2/{kind}s/{{id}}/versions/{{version-number}}", get_one_version) for kind in COMMENTS),
    Route("GET", "/wiki/api/v2/pages/{id}/versions", list_versions),
    Route("GET", "/wiki/api/v2/pages/{page-id}/versions/{version-number}", get_one_version),
    Route("GET", "/wiki/api/v2/blogposts/{id}/versions", list_versions),
    Route("GET", "/wiki/api/v2/blogposts/{blogpost-id}/versions/{version-number}", get_one_version),
)
