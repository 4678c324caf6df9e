"""Rows as Confluence v2 shows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from atlassian_emulator.confluence.bodies import render_body
from atlassian_emulator.moments import iso_utc

# A row, or what a row would have held at an older version.
Facts = sqlite3.Row | Mapping[str, Any]


def version_json(row: Facts, prefix: str = "", number: str = "number") -> dict[str, Any]:
    """Show a version whose columns may carry a prefix in a joined row."""
    return {
        "number": row[number],
        "message": row["message"],
        "minorEdit": bool(row["minor_edit"]),
        "authorId": row[f"{prefix}author_id"],
        "createdAt": iso_utc(row[f"{prefix}created_at"]),
    }


def page_json(row: Facts, body_format: str = "") -> dict[str, Any]:
    """Show a page or blog post with its version; with its body when a format is asked for."""
    page: dict[str, Any] = {
        "id": str(row["id"]),
        "status": row["status"],
        "title": row["title"],
        "spaceId": str(row["space_id"]),
        "authorId": row["author_id"],
        "createdAt": iso_utc(row["created_at"]),
        "version": version_json(row, "version_", "version"),
        "body": body_json(row["body"], body_format) if body_format else {},
        "_links": page_links(row, row["space_key"]),
    }
    if row["type"] == "page":
        page |= {"ownerId": row["owner_id"], "lastOwnerId": None, "position": row["position"]}
        if row["parent_id"] is not None:
            page |= {"parentId": str(row["parent_id"]), "parentType": row["parent_type"]}
    return page


def body_json(text: str, body_format: str) -> dict[str, Any]:
    return {body_format: {"representation": body_format, "value": render_body(text, body_format)}}


def page_links(row: Facts, space_key: str) -> dict[str, str]:
    slug = row["title"].replace(" ", "+")
    below = f"pages/{row['id']}/{slug}" if row["type"] == "page" else f"blog/{row['id']}/{slug}"
    return {
        "editui": f"/pages/resumedraft.action?draftId={row['id']}",
        "webui": f"/spaces/{space_key}/{below}",
        "tinyui": f"/x/{row['id']:x}",
    }


def attachment_json(row: sqlite3.Row) -> dict[str, Any]:
    """Show an attachment; the row is of `content` joined with one of its versions and its page."""
    download = f"/download/attachments/{row['parent_id']}/{row['title']}?version={row['number']}&api=v2"
    webui = f"/pages/viewpageattachments.action?pageId={row['parent_id']}&preview=%2F{row['parent_id']}%2F{row['id']}"
    container = "blogPostId" if row["parent_type"] == "blogpost" else "pageId"
    return {
        "id": f"att{row['id']}",
        "status": row["status"],
        "title": row["title"],
        "createdAt": iso_utc(row["created_at"]),
        container: str(row["parent_id"]),
        "mediaType": row["media_type"],
        "mediaTypeDescription": row["media_type"],
        "comment": row["message"],
        "fileId": row["file_id"],
        "fileSize": row["size_bytes"],
        "webuiLink": webui,
        "downloadLink": download,
        "version": version_json(row, "version_"),
        "_links": {"webui": webui, "download": download},
    }


def space_json(row: sqlite3.Row, description_format: str = "") -> dict[str, Any]:
    space: dict[str, Any] = {
        "id": str(row["id"]),
        "key": row["key"],
        "name": row["name"],
        "type": row["type"],
        "status": row["status"],
        "authorId": row["author_id"],
        "spaceOwnerId": row["author_id"],
        "currentActiveAlias": row["key"],
        "createdAt": iso_utc(row["created_at"]),
        "_links": {"webui": f"/spaces/{row['key']}"},
    }
    if row["homepage_id"] is not None:
        space["homepageId"] = str(row["homepage_id"])
    if description_format:
        description = {"representation": description_format, "value": row["description"]}
        space["description"] = {description_format: description}
    return space


def property_json(row: sqlite3.Row, read_value: Callable[[str], Any]) -> dict[str, Any]:
    """Show a content property; `read_value` makes JSON of its stored text."""
    return {
        "id": str(row["id"]),
        "key": row["key"],
        "value": read_value(row["value"]),
        "version": {
            "number": row["number"],
            "message": row["message"],
            "minorEdit": False,
            "authorId": row["author_id"],
            "createdAt": iso_utc(row["modified_at"]),
        },
    }


def with_base(entity: dict[str, Any], base_url: str) -> dict[str, Any]:
    """A single entity says where links start; those in a list leave that to the list."""
    return {**entity, "_links": {**entity.get("_links", {}), "base": f"{base_url}/wiki"}}
