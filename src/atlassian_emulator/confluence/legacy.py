"""Rows as Confluence v1 shows them, with `expand`."""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.bodies import SINGLE_FORMATS, render_body
from atlassian_emulator.confluence.paging import next_path
from atlassian_emulator.confluence.shapes import page_links
from atlassian_emulator.confluence.store import current_body
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.users import Group, User


def user_json(user: User, base_url: str = "") -> dict[str, Any]:
    return {
        "type": "known",
        "accountId": user.account_id,
        "accountType": "atlassian",
        "email": user.email,
        "publicName": user.display_name,
        "displayName": user.display_name,
        "timeZone": "Etc/UTC",
        "isExternalCollaborator": False,
        "isGuest": False,
        "profilePicture": {
            "path": "/wiki/aa-avatar/default",
            "width": 48,
            "height": 48,
            "isDefault": True,
        },
        "_expandable": {"operations": "", "personalSpace": ""},
        "_links": {"self": f"{base_url}/wiki/rest/api/user?accountId={user.account_id}"},
    }


def author_json(call: Call, account_id: str) -> dict[str, Any]:
    """Show who wrote something; an account the site does not know is shown by its id alone."""
    user = call.site.users.find(account_id)
    if user is not None:
        return user_json(user, call.site.base_url)
    return {"type": "unknown", "accountId": account_id, "_expandable": {}, "_links": {}}


def space_json(row: sqlite3.Row, base_url: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "key": row["key"],
        "alias": row["key"],
        "name": row["name"],
        "type": row["type"],
        "status": row["status"],
        "_expandable": {"homepage": f"/rest/api/content/{row['homepage_id']}", "metadata": "", "settings": ""},
        "_links": {"webui": f"/spaces/{row['key']}", "self": f"{base_url}/wiki/rest/api/space/{row['key']}"},
    }


def version_json(call: Call, row: sqlite3.Row, message: str) -> dict[str, Any]:
    """Show a row of a version table."""
    return {
        "by": author_json(call, row["author_id"]),
        "when": iso_utc(row["created_at"]),
        "friendlyWhen": iso_utc(row["created_at"])[:10],
        "message": message,
        "number": row["number"],
        "minorEdit": bool(row["minor_edit"]),
        "contentTypeModified": False,
        "_expandable": {"content": "", "collaborators": ""},
        "_links": {"self": f"{call.site.base_url}/wiki/rest/api/content/{row['content_id']}/version/{row['number']}"},
    }


def content_json(call: Call, c: sqlite3.Connection, row: sqlite3.Row, expand: list[str]) -> dict[str, Any]:
    """Show a row of `content`. Of `expand`, space, version, history, ancestors, container and body.* are known."""
    space = c.execute("SELECT * FROM spaces WHERE id = ?", (row["space_id"],)).fetchone()
    attachment = row["type"] == "attachment"
    shown_id = f"att{row['id']}" if attachment else str(row["id"])
    content: dict[str, Any] = {
        "id": shown_id,
        "type": row["type"],
        "status": row["status"],
        "title": row["title"],
        "macroRenderedOutput": {},
        "extensions": {"position": row["position"]},
        "_expandable": {"container": f"/rest/api/space/{space['key']}", "ancestors": "", "body": "", "history": ""},
        "_links": {
            "self": f"{call.site.base_url}/wiki/rest/api/content/{shown_id}",
            **({} if attachment else page_links(row, space["key"])),
        },
    }
    wanted = {name.split(".")[0] for name in expand}
    if "space" in wanted:
        content["space"] = space_json(space, call.site.base_url)
    if attachment:
        _show_attachment(call, c, row, content)
    elif "version" in wanted:
        version = c.execute(
            "SELECT * FROM content_versions WHERE content_id = ? AND number = ?", (row["id"], row["version"])
        ).fetchone()
        content["version"] = version_json(call, version, version["message"])
    if "history" in wanted:
        content["history"] = {
            "latest": True,
            "createdBy": author_json(call, row["author_id"]),
            "createdDate": iso_utc(row["created_at"]),
            "_links": {"self": f"{call.site.base_url}/wiki/rest/api/content/{shown_id}/history"},
        }
    if "ancestors" in wanted:
        content["ancestors"] = [content_json(call, c, ancestor, []) for ancestor in ancestors_of(c, row)]
    bodies = [name.split(".")[1] for name in expand if name.startswith("body.")]
    if bodies and not attachment:
        text = current_body(c, row["id"])
        content["body"] = {
            name: {"value": render_body(text, name), "representation": name}
            for name in bodies
            if name in SINGLE_FORMATS
        }
    return content


def _show_attachment(call: Call, c: sqlite3.Connection, row: sqlite3.Row, content: dict[str, Any]) -> None:
    version = c.execute(
        "SELECT * FROM attachment_versions WHERE content_id = ? AND number = ?", (row["id"], row["version"])
    ).fetchone()
    content["version"] = version_json(call, version, version["comment"])
    content["metadata"] = {"comment": version["comment"], "mediaType": version["media_type"]}
    content["extensions"] = {
        "mediaType": version["media_type"],
        "fileSize": version["size_bytes"],
        "comment": version["comment"],
        "mediaTypeDescription": version["media_type"],
        "fileId": version["file_id"],
        "collectionName": f"contentId-{row['parent_id']}",
    }
    content["_links"]["download"] = (
        f"/download/attachments/{row['parent_id']}/{row['title']}?version={version['number']}&api=v2"
    )


def ancestors_of(c: sqlite3.Connection, row: sqlite3.Row) -> list[sqlite3.Row]:
    """Return the pages above, the topmost first."""
    above: list[sqlite3.Row] = []
    while row["parent_id"] is not None:
        row = c.execute("SELECT * FROM content WHERE id = ?", (row["parent_id"],)).fetchone()
        above.append(row)
    return above[::-1]


def links(call: Call, next_path: str = "") -> dict[str, str]:
    """Return the `_links` of a v1 list: paths below the context /wiki, which the site's own start with."""
    found = {"base": f"{call.site.base_url}/wiki", "context": "/wiki", "self": call.site.base_url + call.request.path}
    return {**found, "next": next_path.removeprefix("/wiki")} if next_path else found


def answer_part(call: Call, found: list[Any], default_limit: int = 200) -> Reply:
    """Answer a part of a list in v1's way, by `start` and `limit`."""
    start = call.query_int("start", 0, 0, 2**31 - 1)
    limit = call.query_int("limit", default_limit, 0, 2**31 - 1)
    results = found[start : start + limit]
    following = next_path(call, {"start": str(start + limit)}) if start + limit < len(found) and limit else ""
    paging = {"start": start, "limit": limit, "size": len(results), "totalSize": len(found)}
    return Reply(body={"results": results, **paging, "_links": links(call, following)})


def group_json(call: Call, group: Group) -> dict[str, Any]:
    self_link = f"{call.site.base_url}/wiki/rest/api/group/by-id?id={group.group_id}"
    return {
        "type": "group",
        "name": group.name,
        "id": group.group_id,
        "usageType": "USERBASE_GROUP",
        "managedBy": "ADMINS",
        "_links": {"self": self_link},
    }
