"""Rows as Confluence Data Center shows them, with `expand`."""

from __future__ import annotations

import re
import sqlite3
from typing import Any, Final
from urllib.parse import quote_plus

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.bodies import SINGLE_FORMATS, render_body
from atlassian_emulator.confluence.legacy import ancestors_of
from atlassian_emulator.confluence.paging import next_path
from atlassian_emulator.confluence.shapes import Facts
from atlassian_emulator.data_center.confluence.metadata import Expansion, metadata_json
from atlassian_emulator.data_center.dressing import confluence_user
from atlassian_emulator.directory import Directory
from atlassian_emulator.moments import iso_utc

_ACCOUNT_IN_BODY: Final = re.compile(r'ri:account-id="([^"]*)"')
_COMMENTS: Final = ("footer-comment", "inline-comment")
_HISTORY_PARTS: Final = ("previousVersion", "contributors", "lastUpdated")


def user_json(call: Call, account_id: str) -> dict[str, Any]:
    return confluence_user(call.site, call.site.part(Directory), account_id)


def body_of(call: Call, storage: str, body_format: str) -> dict[str, Any]:
    """Show a body; people in it are named by user keys."""
    directory = call.site.part(Directory)
    text = _ACCOUNT_IN_BODY.sub(lambda m: f'ri:userkey="{directory.entry_of(m[1]).confluence_key}"', storage)
    return {"value": render_body(text, body_format), "representation": body_format, "_expandable": {"webresource": ""}}


def space_json(call: Call, row: sqlite3.Row, expand: Expansion) -> dict[str, Any]:
    base, key = call.site.base_url, row["key"]
    space: dict[str, Any] = {
        "id": row["id"],
        "key": key,
        "name": row["name"],
        "status": row["status"].upper(),
        "type": "personal" if row["type"] == "personal" else "global",
        "_links": {"webui": f"/display/{key}", "self": f"{base}/rest/api/space/{key}"},
        "_expandable": {"homepage": f"/rest/api/content/{row['homepage_id']}", "metadata": "", "icon": ""},
    }
    if "description" in expand:
        names = expand.below("description").names() or ["plain"]
        space["description"] = {name: {"value": row["description"], "representation": name} for name in names}
    else:
        space["_expandable"]["description"] = ""
    return space


def version_json(call: Call, row: Facts, message: str) -> dict[str, Any]:
    """Show a row of a version table."""
    number, content_id = row["number"], row["content_id"]
    return {
        "by": user_json(call, row["author_id"]),
        "when": iso_utc(row["created_at"]),
        "message": message,
        "number": number,
        "minorEdit": bool(row["minor_edit"]),
        "hidden": False,
        "_links": {"self": f"{call.site.base_url}/rest/experimental/content/{content_id}/version/{number}"},
        "_expandable": {"content": f"/rest/api/content/{content_id}"},
    }


def version_row(c: sqlite3.Connection, content: Facts, number: int) -> sqlite3.Row | None:
    """Find one version of content of any type; a file's has its comment as `message`."""
    table = "attachment_versions" if content["type"] == "attachment" else "content_versions"
    message = ", comment AS message" if content["type"] == "attachment" else ""
    row: sqlite3.Row | None = c.execute(
        f"SELECT *{message} FROM {table} WHERE content_id = ? AND number = ?",  # noqa: S608 - this program's own words
        (content["id"], number),
    ).fetchone()
    return row


def shown_id(row: Facts) -> str:
    return f"att{row['id']}" if row["type"] == "attachment" else str(row["id"])


def content_json(
    call: Call, c: sqlite3.Connection, row: sqlite3.Row, expand: Expansion, *, number: int = 0
) -> dict[str, Any]:
    """Show a row of `content`, at an older version when a number is given."""
    number = number or row["version"]
    version = version_row(c, row, number)
    kind = "comment" if row["type"] in _COMMENTS else row["type"]
    content: dict[str, Any] = {
        "id": shown_id(row),
        "type": kind,
        "status": row["status"] if number == row["version"] else "historical",
        "title": version["title"] if version is not None and kind != "attachment" else row["title"],
        "extensions": {"position": row["position"] if row["position"] else "none"} if kind == "page" else {},
        "_links": _links(call, c, row),
        "_expandable": {},
    }
    if kind == "attachment" and version is not None:
        _show_file(row, version, content)
    _expand(call, c, row, version, expand, content)
    return content


def _links(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> dict[str, str]:
    base = call.site.base_url
    links = {"self": f"{base}/rest/api/content/{shown_id(row)}"}
    if row["type"] == "attachment":
        address = f"/download/attachments/{row['parent_id']}/{quote_plus(row['title'])}?version={row['version']}"
        preview = f"preview=%2F{row['parent_id']}%2F{row['id']}"
        webui = f"/pages/viewpageattachments.action?pageId={row['parent_id']}&{preview}"
        return {**links, "webui": webui, "download": f"{address}&modificationDate={row['modified_at'] // 1000}&api=v2"}
    if row["type"] in _COMMENTS:
        return {**links, "webui": f"/pages/viewpage.action?pageId={row['parent_id']}&focusedCommentId={row['id']}"}
    key = c.execute("SELECT key FROM spaces WHERE id = ?", (row["space_id"],)).fetchone()[0]
    plain = re.fullmatch(r"[\w .,()-]+", row["title"], re.ASCII)
    webui = f"/display/{key}/{quote_plus(row['title'])}" if plain else f"/pages/viewpage.action?pageId={row['id']}"
    return {
        **links,
        "webui": webui,
        "edit": f"/pages/resumedraft.action?draftId={row['id']}",
        "tinyui": f"/x/{row['id']:x}",
    }


def _show_file(row: sqlite3.Row, version: sqlite3.Row, content: dict[str, Any]) -> None:
    content["metadata"] = {
        "comment": version["comment"],
        "mediaType": version["media_type"],
        "_expandable": {"labels": "", "properties": "", "currentuser": ""},
    }
    content["extensions"] = {
        "mediaType": version["media_type"],
        "fileSize": version["size_bytes"],
        "comment": version["comment"],
    }


def _expand(
    call: Call, c: sqlite3.Connection, row: sqlite3.Row, version: sqlite3.Row | None, expand: Expansion, content: Any
) -> None:
    closed = content["_expandable"]
    address = f"/rest/api/content/{content['id']}"
    space = c.execute("SELECT * FROM spaces WHERE id = ?", (row["space_id"],)).fetchone()
    closed |= {"container": f"/rest/api/space/{space['key']}", "operations": "", "descendants": f"{address}/descendant"}
    closed |= {"children": f"{address}/child", "restrictions": f"{address}/restriction/byOperation"}
    for name, show in (
        ("space", lambda: space_json(call, space, expand.below("space"))),
        ("version", lambda: version_json(call, version, version["message"]) if version is not None else None),
        ("history", lambda: history_json(call, c, row, expand.below("history"))),
        ("ancestors", lambda: _ancestors(call, c, row)),
        ("container", lambda: _container(call, c, row, space)),
        ("body", lambda: _body(call, version, expand.below("body"))),
    ):
        if name in expand:
            content[name] = show()
            closed.pop(name, None)
        elif name not in closed:
            closed[name] = {"space": f"/rest/api/space/{space['key']}", "history": f"{address}/history"}.get(name, "")
    if "metadata" in expand:
        content["metadata"] = {**content.get("metadata", {}), **metadata_json(call, c, row, expand.below("metadata"))}
    elif "metadata" not in content:
        closed["metadata"] = ""


def _ancestors(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> list[dict[str, Any]]:
    above = ancestors_of(c, row)
    return [content_json(call, c, each, Expansion(())) for each in above if each["type"] == "page"]


def _container(call: Call, c: sqlite3.Connection, row: sqlite3.Row, space: sqlite3.Row) -> dict[str, Any]:
    if row["type"] == "attachment" or row["type"] in _COMMENTS:
        above = ancestors_of(c, row)
        owner = next((each for each in reversed(above) if each["type"] not in _COMMENTS), None)
        if owner is not None:
            return content_json(call, c, owner, Expansion(()))
    return space_json(call, space, Expansion(()))


def _body(call: Call, version: sqlite3.Row | None, expand: Expansion) -> dict[str, Any]:
    columns = version.keys() if version is not None else []
    if version is None or "body" not in columns:
        return {}
    wanted = [name for name in expand.names() if name in SINGLE_FORMATS and name != "atlas_doc_format"]
    body: dict[str, Any] = {name: body_of(call, version["body"], name) for name in wanted}
    others = ("editor", "view", "export_view", "styled_view", "storage", "anonymous_export_view")
    return body | {"_expandable": {name: "" for name in others if name not in wanted}}


def history_json(call: Call, c: sqlite3.Connection, row: sqlite3.Row, expand: Expansion) -> dict[str, Any]:
    """Show who made content and when, and what the request opens of lastUpdated, previousVersion, contributors."""
    content_id = shown_id(row)
    history: dict[str, Any] = {
        "latest": True,
        "createdBy": user_json(call, row["author_id"]),
        "createdDate": iso_utc(row["created_at"]),
        "_links": {"self": f"{call.site.base_url}/rest/api/content/{content_id}/history"},
        "_expandable": {name: "" for name in _HISTORY_PARTS if name not in expand},
    }
    if "lastUpdated" in expand:
        newest = version_row(c, row, row["version"])
        history["lastUpdated"] = version_json(call, newest, newest["message"]) if newest is not None else None
    if "previousVersion" in expand:
        before = version_row(c, row, row["version"] - 1)
        history["previousVersion"] = version_json(call, before, before["message"]) if before is not None else None
    if "contributors" in expand:
        authors = c.execute("SELECT DISTINCT author_id FROM content_versions WHERE content_id = ?", (row["id"],))
        users = [user_json(call, account_id) for (account_id,) in authors]
        keys = [user["userKey"] for user in users]
        history["contributors"] = {"publishers": {"users": users, "userKeys": keys, "_links": {}, "_expandable": {}}}
    return history


def with_context(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """A single entity says where links start and what it is one of."""
    links = {**shown["_links"], "base": call.site.base_url, "context": ""}
    if shown["_links"]["self"].startswith(f"{call.site.base_url}/rest/api/content/"):
        links["collection"] = "/rest/api/content"
    return {**shown, "_links": links}


def part_of(call: Call, default_limit: int = 25, most: int = 200) -> tuple[int, int]:
    """Return (start, limit); a limit that is too large is lowered, not refused."""
    start = call.query_int("start", 0, 0, 2**31 - 1)
    return start, min(call.query_int("limit", default_limit, 0, 2**31 - 1), most)


def list_json(call: Call, results: list[Any], start: int, limit: int, *, more: bool) -> Reply:
    """Answer a part of a list; `_links.next` is below the context, which Data Center has none of here."""
    base = call.site.base_url
    links = {"self": f"{base}{call.request.full_path.rstrip('?')}", "base": base, "context": ""}
    if more:
        links["next"] = next_path(call, {"limit": str(limit), "start": str(start + limit)})
    return Reply(body={"results": results, "start": start, "limit": limit, "size": len(results), "_links": links})


def slice_json(call: Call, found: list[Any], default_limit: int = 25, most: int = 200) -> Reply:
    """Answer a part of a list that is at hand as a whole."""
    start, limit = part_of(call, default_limit, most)
    more = bool(limit) and start + limit < len(found)
    return list_json(call, found[start : start + limit], start, limit, more=more)
