"""Arranging pages in v1: moving, archiving, deleting a whole tree, and the descendants that v1 still lists."""

from __future__ import annotations

import sqlite3

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import (
    VISIBLE,
    demand_space_right,
    demand_update,
    may_update,
    viewer_parameters,
)
from atlassian_emulator.confluence.legacy import answer_part, content_json
from atlassian_emulator.confluence.store import (
    COMMENTS,
    TREE,
    find_content,
    get_content,
    get_named_content,
    title_is_taken,
)
from atlassian_emulator.confluence.tasks import answer_task
from atlassian_emulator.routing import Route

_POSITIONS = ("before", "after", "append")
_MOST_ARCHIVED = 300
_BELOW = f"""WITH RECURSIVE below (id, depth) AS (
    SELECT id, 1 FROM content WHERE parent_id = :top
    UNION SELECT child.id, depth + 1 FROM content child JOIN below ON child.parent_id = below.id AND depth < 100
) SELECT c.*, below.depth FROM content c JOIN below ON below.id = c.id
WHERE c.status IN ('current', 'archived') AND {VISIBLE} ORDER BY depth, position, c.id"""  # noqa: S608


def list_below(call: Call, c: sqlite3.Connection, top_id: int) -> list[sqlite3.Row]:
    """Return all that is below a node, of every type, as far as the caller sees it; the nearest first."""
    return c.execute(_BELOW, {**viewer_parameters(call), "top": top_id}).fetchall()


def move(call: Call) -> Reply:
    """Put a page, with all below it, before, after or below another, in this space or another one."""
    position = call.path["position"]
    if position not in _POSITIONS:
        raise call.refusal(400, f"Invalid position: {position}. It must be one of {', '.join(_POSITIONS)}")
    with call.site.database.transaction() as c:
        page = _named(call, c, "pageId", "page")
        target = _named(call, c, "targetId", *TREE)
        demand_update(call, c, page)
        parent_id = target["id"] if position == "append" else target["parent_id"]
        _demand_no_loop(call, c, page["id"], parent_id)
        if page["space_id"] != target["space_id"]:
            demand_space_right(call, c, target["space_id"], "create", "page")
            _change_space(call, c, page, target["space_id"])
        else:
            demand_update(call, c, target)
        siblings = [
            row[0]
            for row in c.execute(
                f"SELECT id FROM content WHERE parent_id IS ? AND space_id = ? AND type IN {TREE} AND id != ?"  # noqa: S608
                " ORDER BY position, id",
                (parent_id, target["space_id"], page["id"]),
            )
        ]
        place = len(siblings) if position == "append" else siblings.index(target["id"]) + (position == "after")
        siblings.insert(place, page["id"])
        c.execute("UPDATE content SET parent_id = ? WHERE id = ?", (parent_id, page["id"]))
        c.executemany("UPDATE content SET position = ? WHERE id = ?", [(n, one) for n, one in enumerate(siblings)])
    return Reply(body={"pageId": str(page["id"])})


def _named(call: Call, c: sqlite3.Connection, name: str, *types: str) -> sqlite3.Row:
    text = call.path[name]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise call.refusal(404, f"No content found with id: ContentId{{id={text}}}")
    return get_content(call, c, int(text), *types)


def _demand_no_loop(call: Call, c: sqlite3.Connection, page_id: int, parent_id: int | None) -> None:
    while parent_id is not None:
        if parent_id == page_id:
            raise call.refusal(400, "A page cannot be moved below itself")
        parent_id = c.execute("SELECT parent_id FROM content WHERE id = ?", (parent_id,)).fetchone()[0]


def _change_space(call: Call, c: sqlite3.Connection, page: sqlite3.Row, space_id: int) -> None:
    """Move a page and all below it, seen or not, to another space; its titles must be free there."""
    moved = c.execute(
        "WITH RECURSIVE below (id) AS (SELECT ? UNION SELECT child.id FROM content child JOIN below"
        " ON child.parent_id = below.id) SELECT content.* FROM content JOIN below USING (id)",
        (page["id"],),
    ).fetchall()
    for row in moved:
        if row["type"] == "page" and title_is_taken(c, space_id, "page", row["title"], row["id"]):
            raise call.refusal(400, f"A page already exists in the target space with the same name: {row['title']}")
    c.executemany("UPDATE content SET space_id = ? WHERE id = ?", [(space_id, row["id"]) for row in moved])


def archive(call: Call) -> Reply:
    """Archive pages; either all of those named or, when one cannot be, none."""
    pages = call.json_object().get("pages")
    if not isinstance(pages, list) or not 1 <= len(pages) <= _MOST_ARCHIVED:
        raise call.refusal(400, f"pages must be a list of 1 to {_MOST_ARCHIVED} pages")
    with call.site.database.transaction() as c:
        for page in pages:
            page_id = page.get("id") if isinstance(page, dict) else None
            text = str(page_id) if isinstance(page_id, (int, str)) and not isinstance(page_id, bool) else ""
            row = find_content(call, c, call.whole_number(text, "id"))
            if row is None or row["type"] != "page" or row["status"] != "current" or not may_update(call, c, row):
                raise call.refusal(400, f"Content with id {text} is not a current page that you may archive")
            c.execute("UPDATE content SET status = 'archived' WHERE id = ?", (row["id"],))
        return answer_task(call, c, "com.atlassian.confluence.pages.archive")


def delete_tree(call: Call) -> Reply:
    """Put a page and the pages below it into the trash, where they stay below each other."""
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page")
        if page["status"] != "current":
            raise call.refusal(400, f"Content with id {page['id']} is not a current page")
        demand_update(call, c, page, "delete")
        below = [row for row in list_below(call, c, page["id"]) if row["type"] in TREE]
        for row in below:
            demand_update(call, c, row, "delete")
        for row in (page, *below):
            c.execute("UPDATE content SET status = 'trashed' WHERE id = ?", (row["id"],))
        return answer_task(call, c, "com.atlassian.confluence.pages.pagetree.delete")


def list_descendants(call: Call) -> Reply:
    """Descendants of one type, with the deprecated /descendant/{type}."""
    kind = call.path["type"]
    if kind not in ("page", "comment", "attachment"):
        raise call.refusal(400, f"Invalid type: {kind}. It must be one of page, comment, attachment")
    deepest = _read_depth(call)
    with call.site.database.read() as c:
        top = get_named_content(call, c)
        wanted = COMMENTS if kind == "comment" else (kind,)
        rows = [row for row in list_below(call, c, top["id"]) if row["type"] in wanted and row["depth"] <= deepest]
        shown = [content_json(call, c, row, call.query_list("expand")) for row in rows]
    return answer_part(call, shown, 25)


def _read_depth(call: Call) -> int:
    text = call.query("depth", "all")
    if text in ("all", "root"):
        return 100 if text == "all" else 1
    return call.query_int("depth", 100, 1, 100)


def list_descendant_kinds(call: Call) -> Reply:
    """GET /descendant: of the types that `expand` names, all; else only where to ask for them."""
    expand = call.query_list("expand")
    kinds = {"page": ("page",), "comment": COMMENTS, "attachment": ("attachment",)}
    with call.site.database.read() as c:
        top = get_named_content(call, c)
        below = list_below(call, c, top["id"]) if set(kinds) & set(expand) else []
        found = {
            kind: answer_part(call, [content_json(call, c, row, []) for row in below if row["type"] in types], 25).body
            for kind, types in kinds.items()
            if kind in expand
        }
    base = f"/rest/api/content/{top['id']}/descendant"
    unexpanded = {kind: f"{base}/{kind}" for kind in kinds if kind not in expand}
    self_link = {"self": f"{call.site.base_url}/wiki{base}"}
    return Reply(body={**found, "_expandable": unexpanded, "_links": self_link})


_CONTENT = "/wiki/rest/api/content"

ROUTES = (
    Route("PUT", _CONTENT + "/{pageId}/move/{position}/{targetId}", move),
    Route("POST", _CONTENT + "/archive", archive),
    Route("DELETE", _CONTENT + "/{id}/pageTree", delete_tree),
    Route("GET", _CONTENT + "/{id}/descendant", list_descendant_kinds),
    Route("GET", _CONTENT + "/{id}/descendant/{type}", list_descendants),
)
