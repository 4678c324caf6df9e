"""Pages and blog posts in v2: list, get, create, update, delete.

Both are served by the same functions: a route of /pages is about content of type "page", one of /blogposts about
type "blogpost".
"""

from __future__ import annotations

import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import (
    VISIBLE,
    demand_space_right,
    demand_update,
    restrict,
    viewer_parameters,
)
from atlassian_emulator.confluence.bodies import BULK_FORMATS, SINGLE_FORMATS, read_body
from atlassian_emulator.confluence.includes import include, operations_json
from atlassian_emulator.confluence.macros import MacroScan
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import Facts, page_json, with_base
from atlassian_emulator.confluence.store import (
    CONTENT_WITH_BODY,
    CONTENT_WITHOUT_BODY,
    GONE,
    TREE,
    add_content,
    add_version,
    find_content,
    get_content,
    get_space,
    get_version,
    lift_children,
    remove_content,
    title_is_taken,
)
from atlassian_emulator.routing import Route

SORTS = {"id": "id", "created-date": "created_at", "modified-date": "modified_at", "title": "title"}
_STATUSES = ("current", "archived", "deleted", "trashed")
_LONGEST_TITLE = 255


def type_of(call: Call) -> str:
    """Say which type of content a route of v2 is about: /blogposts about "blogpost", and so on."""
    return call.request.path.split("/")[4].removesuffix("s")


def list_pages(call: Call) -> Reply:
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    for name, column, most in (("id", "c.id", 250), ("space-id", "c.space_id", 100)):
        if name in call.request.args:
            ids = [call.whole_number(text, name) for text in call.query_list(name)]
            if len(ids) > most:
                raise call.refusal(400, f"'{name}' takes at most {most} values, {len(ids)} were given")
            conditions.append(f"{column} IN ({', '.join(map(str, ids)) or 'NULL'})")
    with call.site.database.read() as c:
        return answer_pages(call, c, type_of(call), conditions, parameters)


def list_space_pages(call: Call) -> Reply:
    with call.site.database.read() as c:
        space = get_space(call, c, call.path_id("id"))
        conditions = ["c.space_id = :space"]
        if call.query_choice("depth", ("all", "root"), "all") == "root":
            conditions.append("c.parent_id IS NULL")
        kind = "blogpost" if call.request.path.endswith("/blogposts") else "page"
        return answer_pages(call, c, kind, conditions, {"space": space["id"]})


def answer_pages(
    call: Call, c: sqlite3.Connection, kind: str, conditions: list[str], parameters: dict[str, Any]
) -> Reply:
    """Answer a list of pages that fit the conditions and the request's title, status, sort and body-format."""
    statuses = call.query_list("status") or ["current", "archived"]
    if unknown := [status for status in statuses if status not in _STATUSES]:
        raise call.refusal(400, f"Provided value {{{unknown[0]}}} for 'status' is not one of {', '.join(_STATUSES)}")
    quoted = ", ".join(f"'{status}'" for status in statuses)
    conditions = [*conditions, "c.type = :type", f"c.status IN ({quoted})", VISIBLE]
    parameters = {**parameters, **viewer_parameters(call), "type": kind}
    if "title" in call.request.args:
        conditions.append("c.title = :title COLLATE NOCASE")
        parameters["title"] = call.query("title")
    body_format = call.query_choice("body-format", BULK_FORMATS)
    select = CONTENT_WITH_BODY if body_format else CONTENT_WITHOUT_BODY
    listing = Listing(
        f"{select} WHERE {' AND '.join(conditions)}",
        parameters,
        lambda row: page_json(row, body_format),
        SORTS,
    )
    return answer_listing(call, c, listing)


def get_page(call: Call) -> Reply:
    body_format = call.query_choice("body-format", SINGLE_FORMATS)
    statuses = call.query_list("status")
    content_id = call.path_id("id")
    kind = type_of(call)
    with call.site.database.read() as c:
        row = find_content(call, c, content_id)
        wanted = statuses or ["current", "archived", "draft", "trashed"]
        if row is None or row["type"] != kind or (row["status"] not in wanted and "historical" not in wanted):
            raise call.refusal(404, f"Cannot find a {kind} with id {content_id}")
        return Reply(body=show_page(call, c, content_id, body_format, call.query_int("version", 0, 1, 2**31 - 1)))


def show_page(call: Call, c: sqlite3.Connection, content_id: int, body_format: str = "", number: int = 0) -> Any:
    """Return a page as JSON: as it is, or as it was at version `number`."""
    row = c.execute(f"{CONTENT_WITH_BODY} WHERE c.id = ?", (content_id,)).fetchone()
    shown: Facts = row
    if number and number != row["version"]:
        version = get_version(call, c, content_id, number)
        moment = {"version_author_id": version["author_id"], "version_created_at": version["created_at"]}
        text = {name: version[name] for name in ("title", "message", "minor_edit", "body")}
        shown = {**dict(row), **moment, **text, "status": "historical", "version": number}
    page = page_json(shown, body_format)
    if call.query_flag("include-version", default=True) is False:
        del page["version"]
    page |= include(call, c, row, "labels", "properties", "operations", "likes", "versions")
    if call.query_flag("include-favorited-by-current-user-status"):
        page["isFavoritedByCurrentUser"] = False
    return with_base(page, call.site.base_url)


def create_page(call: Call) -> Reply:
    body = call.json_object()
    kind = type_of(call)
    space_id = read_id(call, body, "spaceId")
    if space_id is None:
        raise call.refusal(400, "spaceId is required")
    status = body.get("status", "current")
    if status not in ("current", "draft"):
        raise call.refusal(400, f"Invalid status: {status!r}. It must be current or draft")
    title = read_title(call, body, required=status == "current")
    scan = read_body(call, body.get("body"))
    with call.site.database.transaction() as c:
        space = get_space(call, c, space_id)
        demand_space_right(call, c, space_id, "create", kind)
        parent_id = _parent_of_new(call, c, space, kind, read_id(call, body, "parentId"))
        if status == "current" and title_is_taken(c, space_id, kind, title):
            raise call.refusal(400, "A page with this title already exists: A page already exists with the same TITLE")
        facts = {"type": kind, "status": status, "space_id": space_id, "parent_id": parent_id, "title": title}
        content_id = add_content(call.site, c, {**facts, "author_id": call.caller.account_id}, scan)
        if call.query_flag("private"):
            for operation in ("read", "update"):
                restrict(c, content_id, operation, [("user", call.caller.account_id)])
        return Reply(body=show_page(call, c, content_id, "storage"))


def _parent_of_new(
    call: Call, c: sqlite3.Connection, space: sqlite3.Row, kind: str, parent_id: int | None
) -> int | None:
    root_level = call.query_flag("root-level")
    if kind == "blogpost":
        return None
    if parent_id is not None:
        if root_level:
            raise call.refusal(400, "parentId must not be given when root-level is true")
        return checked_parent(call, c, space["id"], parent_id)
    return None if root_level else space["homepage_id"]


def checked_parent(call: Call, c: sqlite3.Connection, space_id: int, parent_id: int) -> int:
    parent = find_content(call, c, parent_id)
    if parent is None or parent["type"] not in TREE or parent["status"] in GONE:
        raise call.refusal(404, f"Parent page with id {parent_id} could not be found")
    if parent["space_id"] != space_id:
        raise call.refusal(400, f"Parent page with id {parent_id} is not in space {space_id}")
    return parent_id


def update_page(call: Call) -> Reply:
    body = call.json_object()
    content_id = call.path_id("id")
    for name in ("id", "status", "title", "body", "version"):
        if name not in body:
            raise call.refusal(400, f"{name} is required to update content")
    if read_id(call, body, "id") != content_id:
        raise call.refusal(400, "The id in the path and the id in the body do not match")
    if body["status"] not in ("current", "draft"):
        raise call.refusal(400, f"Invalid status: {body['status']!r}. It must be current or draft")
    title = read_title(call, body, required=True)
    message, number = read_version(call, body["version"])
    scan = read_body(call, body["body"])
    with call.site.database.transaction() as c:
        row = _updatable(call, c, content_id)
        if body.get("spaceId") is not None and read_id(call, body, "spaceId") != row["space_id"]:
            raise call.refusal(400, "Moving a page to a different space is not supported")
        demand_next_version(call, row, number)
        if row["status"] in GONE:
            _restore_from_trash(call, c, row)
        else:
            write_page(call, c, row, title, message, scan, publish=body["status"] == "current")
        _move(call, c, row, body)
        return Reply(body=show_page(call, c, content_id, "storage"))


def update_title(call: Call) -> Reply:
    body = call.json_object()
    title = read_title(call, body, required=True)
    if body.get("status") not in ("current", "draft"):
        raise call.refusal(400, "status must be current or draft")
    with call.site.database.transaction() as c:
        row = _updatable(call, c, call.path_id("id"))
        text = get_version(call, c, row["id"], row["version"])["body"]
        write_page(call, c, row, title, "", read_body(call, {"representation": "storage", "value": text}))
        return Reply(body=show_page(call, c, row["id"]))


def write_page(
    call: Call, c: sqlite3.Connection, row: sqlite3.Row, title: str, message: str, scan: MacroScan, publish: bool = True
) -> int:
    """Write the next version of a page and return its number. The caller's right to do so was checked."""
    if title_is_taken(c, row["space_id"], row["type"], title, row["id"]):
        raise call.refusal(400, "A page with this title already exists: A page already exists with the same TITLE")
    number: int = row["version"] + 1
    facts = {"title": title, "author_id": call.caller.account_id, "message": message}
    add_version(call.site, c, row["id"], number, facts, scan)
    if publish and row["status"] == "draft":
        c.execute("UPDATE content SET status = 'current' WHERE id = ?", (row["id"],))
    return number


def _updatable(call: Call, c: sqlite3.Connection, content_id: int, operation: str = "update") -> sqlite3.Row:
    row = find_content(call, c, content_id)
    if row is None or row["type"] != type_of(call):
        raise call.refusal(404, f"Cannot find a {type_of(call)} with id {content_id}")
    demand_update(call, c, row, operation)
    return row


def demand_next_version(call: Call, row: sqlite3.Row, number: int) -> None:
    # Publishing a draft is its first version, whatever was saved before.
    expected = row["version"] + 1
    if number != expected and not (row["status"] == "draft" and number == 1):
        raise call.refusal(409, f"Version must be incremented on update. Current version is: {row['version']}")


def _restore_from_trash(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> None:
    if title_is_taken(c, row["space_id"], row["type"], row["title"], row["id"]):
        raise call.refusal(400, "A page with this title already exists: A page already exists with the same TITLE")
    c.execute("UPDATE content SET status = 'current' WHERE id = ?", (row["id"],))


def _move(call: Call, c: sqlite3.Connection, row: sqlite3.Row, body: dict[str, Any]) -> None:
    """Give the page the parent and owner that an update names, if it does."""
    parent_id = read_id(call, body, "parentId")
    if parent_id is not None and parent_id != row["parent_id"] and row["type"] == "page":
        ancestor: int | None = checked_parent(call, c, row["space_id"], parent_id)
        while ancestor is not None:
            if ancestor == row["id"]:
                raise call.refusal(400, "A page cannot be moved below itself")
            ancestor = c.execute("SELECT parent_id FROM content WHERE id = ?", (ancestor,)).fetchone()[0]
        c.execute("UPDATE content SET parent_id = ? WHERE id = ?", (parent_id, row["id"]))
    owner_id = body.get("ownerId")
    if owner_id is not None:
        if not isinstance(owner_id, str) or call.site.users.find(owner_id) is None:
            raise call.refusal(400, f"There is no user with account id {owner_id}")
        c.execute("UPDATE content SET owner_id = ? WHERE id = ?", (owner_id, row["id"]))


def delete_page(call: Call) -> Reply:
    """Put a page into the trash; with purge=true remove for good one that is there; with draft=true a draft."""
    purge, draft = call.query_flag("purge"), call.query_flag("draft")
    with call.site.database.transaction() as c:
        row = _updatable(call, c, call.path_id("id"), "delete")
        in_trash = row["status"] in GONE
        if purge != in_trash or draft != (row["status"] == "draft"):
            raise call.refusal(404, f"There is no {'trashed ' if purge else ''}{row['type']} with id {row['id']}")
        if purge or draft:
            remove_content(c, row["id"])
        else:
            trash(c, row)
    return Reply(204)


def trash(c: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Put a page into the trash; its children move up."""
    c.execute("UPDATE content SET status = 'trashed' WHERE id = ?", (row["id"],))
    lift_children(c, row["id"], row["parent_id"])


def list_operations(call: Call) -> Reply:
    """What the caller may do with content of any type."""
    kind = type_of(call)
    text = call.path["id"].removeprefix("att") if kind == "attachment" else call.path["id"]
    with call.site.database.read() as c:
        row = get_content(call, c, call.whole_number(text, "id"), kind)
        return Reply(body={"operations": operations_json(call, c, row)})


def read_id(call: Call, body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    # The documents say string; the real site reads numbers too.
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise call.refusal(400, f"{name} must be the id of a {name.removesuffix('Id')}")
    return call.whole_number(str(value), name)


def read_title(call: Call, body: dict[str, Any], *, required: bool) -> str:
    title = body.get("title", "")
    if not isinstance(title, str) or len(title) > _LONGEST_TITLE:
        raise call.refusal(400, f"Title must be a string of at most {_LONGEST_TITLE} characters")
    if required and not title.strip():
        raise call.refusal(400, "Title is required to create or update a page that is not a draft")
    return title.strip()


def read_version(call: Call, version: Any) -> tuple[str, int]:
    if not isinstance(version, dict) or type(version.get("number")) is not int:
        raise call.refusal(400, "version.number must be a whole number")
    message = version.get("message") or ""
    if not isinstance(message, str):
        raise call.refusal(400, "version.message must be a string")
    return message, version["number"]


_OPERATIONS = (
    ("GET", "", list_pages),
    ("POST", "", create_page),
    ("GET", "/{id}", get_page),
    ("PUT", "/{id}", update_page),
    ("DELETE", "/{id}", delete_page),
)

ROUTES = (
    *(Route(method, f"/wiki/api/v2/pages{below}", answer) for method, below, answer in _OPERATIONS),
    *(Route(method, f"/wiki/api/v2/blogposts{below}", answer) for method, below, answer in _OPERATIONS),
    *(
        Route("GET", f"/wiki/api/v2/{kind}/{{id}}/operations", list_operations)
        for kind in ("pages", "blogposts", "attachments", "footer-comments", "inline-comments")
    ),
    *(Route("GET", f"/wiki/api/v2/{kind}s/{{id}}/operations", list_operations) for kind in TREE[1:]),
    Route("PUT", "/wiki/api/v2/pages/{id}/title", update_title),
    Route("GET", "/wiki/api/v2/spaces/{id}/pages", list_space_pages),
    Route("GET", "/wiki/api/v2/spaces/{id}/blogposts", list_space_pages),
)
