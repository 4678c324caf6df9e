"""Footer and inline comments in v2: create, get, list, answer, update, delete.

A comment's `parent_id` is what it is on, or the comment that it answers. Who may not comment is answered with 404, as
the documents say, and deleting is for good.
"""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import VISIBLE, may_update, rights_in, viewer_parameters
from atlassian_emulator.confluence.bodies import BULK_FORMATS, SINGLE_FORMATS, read_body
from atlassian_emulator.confluence.includes import include
from atlassian_emulator.confluence.macros import MacroScan, scan_macros
from atlassian_emulator.confluence.markers import NotFoundInText, mark_text
from atlassian_emulator.confluence.pages import demand_next_version, read_id, read_version, type_of
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import Facts, body_json, version_json, with_base
from atlassian_emulator.confluence.store import (
    COMMENTS,
    CONTENT_WITH_BODY,
    GONE,
    NOT_BELOW_TRASH,
    add_content,
    add_version,
    current_body,
    find_content,
    get_content,
    get_version,
    put_body,
)
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

_SORTS = {"created-date": "created_at", "modified-date": "modified_at"}
_CONTAINERS = {"pageId": ("page",), "blogPostId": ("blogpost",), "attachmentId": ("attachment",)}
_ID_NAMES = {"page": "pageId", "blogpost": "blogPostId", "attachment": "attachmentId"}
_RESOLUTIONS = ("resolved", "open", "dangling", "reopened")
_STATUSES = ("current", "archived", "trashed", "deleted", "historical", "draft")
_SELECT = CONTENT_WITH_BODY.replace(
    "FROM content c", ", i.marker_ref, i.selection, i.resolution, i.resolved_by, i.resolved_at FROM content c", 1
).replace("JOIN spaces s", "LEFT JOIN inline_comments i ON i.content_id = c.id JOIN spaces s", 1)


def list_all(call: Call) -> Reply:
    with call.site.database.read() as c:
        return _answer_comments(call, c, type_of(call), "1", {})


def list_of_content(call: Call) -> Reply:
    """The comments right on a page, blog post or attachment; answers to them are their children."""
    kind = call.request.path.rsplit("/", 1)[1].removesuffix("s")
    with call.site.database.read() as c:
        owner_type = type_of(call)
        text = call.path["id"].removeprefix("att") if owner_type == "attachment" else call.path["id"]
        owner = get_content(call, c, call.whole_number(text, "id"), owner_type)
        return _answer_comments(call, c, kind, "c.parent_id = :owner", {"owner": owner["id"]})


def list_replies(call: Call) -> Reply:
    with call.site.database.read() as c:
        row = _get_comment(call, c, "id")
        return _answer_comments(call, c, row["type"], "c.parent_id = :owner", {"owner": row["id"]})


def _answer_comments(call: Call, c: sqlite3.Connection, kind: str, condition: str, parameters: dict[str, Any]) -> Reply:
    body_format = call.query_choice("body-format", BULK_FORMATS)
    conditions = [condition, "c.type = :type", VISIBLE, NOT_BELOW_TRASH]
    statuses = call.query_list("status") or ["current"]
    if unknown := [status for status in statuses if status not in _STATUSES]:
        raise call.refusal(400, f"Provided value {{{unknown[0]}}} for 'status' is not one of {', '.join(_STATUSES)}")
    conditions.append("c.status IN ({})".format(", ".join(f"'{status}'" for status in statuses)))
    resolutions = call.query_list("resolution-status") if kind == "inline-comment" else []
    if unknown := [name for name in resolutions if name not in _RESOLUTIONS]:
        message = f"Provided value {{{unknown[0]}}} for 'resolution-status' is not one of {', '.join(_RESOLUTIONS)}"
        raise call.refusal(400, message)
    if resolutions:
        conditions.append("i.resolution IN ({})".format(", ".join(f"'{name}'" for name in resolutions)))
    sql = f"{_SELECT} WHERE {' AND '.join(conditions)}"
    parameters = {**parameters, **viewer_parameters(call), "type": kind}
    return answer_listing(call, c, Listing(sql, parameters, lambda row: _show(c, row, body_format), _SORTS))


def _show(c: sqlite3.Connection, row: Facts, body_format: str) -> dict[str, Any]:
    above = _chain(c, row)
    container = above[-1]
    comment: dict[str, Any] = {
        "id": str(row["id"]),
        "status": row["status"],
        "title": row["title"],
        "version": version_json(row, "version_", "version"),
        "body": body_json(row["body"], body_format) if body_format else {},
        "_links": {"webui": f"/spaces/{row['space_key']}/pages/{container['id']}?focusedCommentId={row['id']}"},
    }
    if above[0]["type"] in COMMENTS:
        comment["parentCommentId"] = str(above[0]["id"])
    prefix = "att" if container["type"] == "attachment" else ""
    comment[_ID_NAMES[container["type"]]] = f"{prefix}{container['id']}"
    if row["type"] == "inline-comment":
        comment["resolutionStatus"] = row["resolution"]
        comment["properties"] = {"inlineMarkerRef": row["marker_ref"], "inlineOriginalSelection": row["selection"]}
        if row["resolved_at"] is not None:
            comment["resolutionLastModifierId"] = row["resolved_by"]
            comment["resolutionLastModifiedAt"] = iso_utc(row["resolved_at"])
    return comment


def _chain(c: sqlite3.Connection, row: Facts) -> list[sqlite3.Row]:
    """Return what a comment is on: the comments above it, the nearest first, and last what they are all on."""
    above: list[sqlite3.Row] = []
    parent_id = row["parent_id"]
    while not above or above[-1]["type"] in COMMENTS:
        above.append(c.execute("SELECT id, type, parent_id, status FROM content WHERE id = ?", (parent_id,)).fetchone())
        parent_id = above[-1]["parent_id"]
    return above


def _get_comment(call: Call, c: sqlite3.Connection, name: str = "comment-id") -> sqlite3.Row:
    """Return the comment named in the path, or refuse with 404; it is gone with what it is on."""
    row = get_content(call, c, call.path_id(name), type_of(call))
    if any(above["status"] in GONE for above in _chain(c, row)):
        raise call.refusal(404, f"Cannot find a comment with id {row['id']}")
    return row


def get_one(call: Call) -> Reply:
    body_format = call.query_choice("body-format", SINGLE_FORMATS)
    number = call.query_int("version", 0, 1, 2**31 - 1)
    with call.site.database.read() as c:
        row = _get_comment(call, c)
        return Reply(body=_answer_one(call, c, row["id"], body_format, number))


def _answer_one(call: Call, c: sqlite3.Connection, comment_id: int, body_format: str, number: int = 0) -> Any:
    row: Facts = c.execute(f"{_SELECT} WHERE c.id = ?", (comment_id,)).fetchone()
    if number and number != row["version"]:
        version = get_version(call, c, comment_id, number)
        moment = {"version_author_id": version["author_id"], "version_created_at": version["created_at"]}
        text = {name: version[name] for name in ("message", "minor_edit", "body")}
        row = {**dict(row), **moment, **text, "status": "historical", "version": number}
    shown = _show(c, row, body_format)
    included = include(call, c, row, "properties", "operations", "likes", "versions")
    if row["type"] == "inline-comment" and "properties" in included:
        # The document merges both kinds of properties under one name.
        included["properties"] |= shown["properties"]
    if not call.query_flag("include-version", default=True):
        del shown["version"]
    return with_base({**shown, **included}, call.site.base_url)


def create(call: Call) -> Reply:
    body = call.json_object()
    kind = type_of(call)
    scan = _read_text(call, body)
    with call.site.database.transaction() as c:
        owner = _owner_of_new(call, c, body, kind)
        container = owner if owner["type"] not in COMMENTS else find_content(call, c, _chain(c, owner)[-1]["id"])
        assert container is not None, "who sees a comment sees what it is on"
        facts = {"type": kind, "status": "current", "space_id": owner["space_id"], "parent_id": owner["id"]}
        facts |= {"title": f"Re: {container['title']}", "author_id": call.caller.account_id}
        comment_id = add_content(call.site, c, facts, scan)
        if kind == "inline-comment":
            _anchor(call, c, comment_id, owner, body)
        return Reply(201, _answer_one(call, c, comment_id, "storage"))


def _read_text(call: Call, body: dict[str, Any]) -> MacroScan:
    scan = read_body(call, body.get("body"))
    if not scan.body.strip():
        raise call.refusal(400, "Comment body cannot be empty")
    return scan


def _owner_of_new(call: Call, c: sqlite3.Connection, body: dict[str, Any], kind: str) -> sqlite3.Row:
    """Return what a new comment is on, or refuse."""
    names = {**_CONTAINERS, "parentCommentId": (kind,)}
    if kind == "inline-comment":
        del names["attachmentId"]
    given = [name for name in names if body.get(name) is not None]
    if len(given) != 1:
        raise call.refusal(400, f"Exactly one of {', '.join(names)} must be given")
    text = body[given[0]]
    wanted = {given[0]: text.removeprefix("att") if given[0] == "attachmentId" and isinstance(text, str) else text}
    owner_id = read_id(call, wanted, given[0])
    assert owner_id is not None
    owner = get_content(call, c, owner_id, *names[given[0]])
    may_comment = ("create", "comment") in rights_in(call, c, owner["space_id"])
    if not may_comment or (owner["type"] in COMMENTS and _chain(c, owner)[-1]["status"] in GONE):
        raise call.refusal(404, f"Cannot create a comment on content with id {owner_id}")
    return owner


def _anchor(call: Call, c: sqlite3.Connection, comment_id: int, owner: sqlite3.Row, body: dict[str, Any]) -> None:
    """Tie an inline comment to the text it is about, with a marker in the page; an answer has its parent's."""
    if owner["type"] in COMMENTS:
        c.execute(
            "INSERT INTO inline_comments (content_id, marker_ref, selection, resolution)"
            " SELECT ?, marker_ref, selection, 'open' FROM inline_comments WHERE content_id = ?",
            (comment_id, owner["id"]),
        )
        return
    wish = body.get("inlineCommentProperties")
    wish = wish if isinstance(wish, dict) else {}
    selection, count = wish.get("textSelection"), wish.get("textSelectionMatchCount", 1)
    index = wish.get("textSelectionMatchIndex", 0)
    if not isinstance(selection, str) or not selection.strip() or type(count) is not int or type(index) is not int:
        raise call.refusal(400, "inlineCommentProperties must name a textSelection, its match count and match index")
    reference = str(uuid.uuid4())
    try:
        marked = mark_text(current_body(c, owner["id"]), selection, count, index, reference)
    except NotFoundInText as error:
        raise call.refusal(400, str(error)) from error
    put_body(c, owner["id"], marked)
    c.execute(
        "INSERT INTO inline_comments (content_id, marker_ref, selection, resolution) VALUES (?, ?, ?, 'open')",
        (comment_id, reference, selection),
    )


def update(call: Call) -> Reply:
    body = call.json_object()
    message, number = read_version(call, body.get("version"))
    resolved = body.get("resolved")
    if resolved is not None and type(resolved) is not bool:
        raise call.refusal(400, "resolved must be true or false")
    # An inline comment may be resolved without being written anew.
    scan = None if body.get("body") is None and resolved is not None else _read_text(call, body)
    with call.site.database.transaction() as c:
        row = _get_comment(call, c)
        _demand_right(call, c, row, "update")
        demand_next_version(call, row, number)
        scan = scan or scan_macros(current_body(c, row["id"]))
        facts = {"title": row["title"], "author_id": call.caller.account_id, "message": message}
        add_version(call.site, c, row["id"], number, facts, scan)
        if resolved is not None and row["type"] == "inline-comment":
            c.execute(
                "UPDATE inline_comments SET resolution = ?, resolved_by = ?, resolved_at = ? WHERE content_id = ?",
                ("resolved" if resolved else "reopened", call.caller.account_id, call.site.clock(), row["id"]),
            )
        return Reply(body=_answer_one(call, c, row["id"], "storage"))


def _demand_right(call: Call, c: sqlite3.Connection, row: sqlite3.Row, operation: str) -> None:
    if not may_update(call, c, row, operation=operation):
        raise call.refusal(404, f"Cannot {operation} the comment with id {row['id']}")


def delete(call: Call) -> Reply:
    """Delete a comment for good. The answers to it stay, one step higher."""
    with call.site.database.transaction() as c:
        row = _get_comment(call, c)
        _demand_right(call, c, row, "delete")
        c.execute("UPDATE content SET parent_id = ? WHERE parent_id = ?", (row["parent_id"], row["id"]))
        c.execute("DELETE FROM properties WHERE owner_kind = 'content' AND owner_id = ?", (row["id"],))
        c.execute("DELETE FROM content WHERE id = ?", (row["id"],))
    return Reply(204)


_OWNERS = (("pages", "footer"), ("pages", "inline"), ("blogposts", "footer"), ("blogposts", "inline"))

ROUTES = (
    *(
        Route(method, f"/wiki/api/v2/{kind}s{below}", answer)
        for kind in COMMENTS
        for method, below, answer in (
            ("GET", "", list_all),
            ("POST", "", create),
            ("GET", "/{comment-id}", get_one),
            ("PUT", "/{comment-id}", update),
            ("DELETE", "/{comment-id}", delete),
            ("GET", "/{id}/children", list_replies),
        )
    ),
    *(Route("GET", f"/wiki/api/v2/{owner}/{{id}}/{kind}-comments", list_of_content) for owner, kind in _OWNERS),
    Route("GET", "/wiki/api/v2/attachments/{id}/footer-comments", list_of_content),
)
