"""Reading and writing rows of content: what every kind of content has in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from atlassian_emulator.call import Call
from atlassian_emulator.confluence.access import VISIBLE, VISIBLE_SPACE, viewer_parameters
from atlassian_emulator.confluence.macros import MacroScan
from atlassian_emulator.site import Site

# With the current version's facts beside it; a body is read only where it is asked for, since it may be long.
CONTENT = """
    SELECT c.*, v.author_id AS version_author_id, v.created_at AS version_created_at, v.message, v.minor_edit,
        s.key AS space_key, (SELECT p.type FROM content p WHERE p.id = c.parent_id) AS parent_type{body}
    FROM content c
    JOIN content_versions v ON v.content_id = c.id AND v.number = c.version
    JOIN spaces s ON s.id = c.space_id
"""
CONTENT_WITHOUT_BODY = CONTENT.format(body="")
CONTENT_WITH_BODY = CONTENT.format(body=", v.body")

GONE = ("trashed", "deleted")
# What can stand in the tree of a space, below and above each other.
TREE = ("page", "whiteboard", "database", "embed", "folder")
COMMENTS = ("footer-comment", "inline-comment")


# Comments and attachments of what is in the trash are gone with it.
NOT_BELOW_TRASH = """c.id NOT IN (
    WITH RECURSIVE gone (id) AS (
        SELECT id FROM content WHERE status IN ('trashed', 'deleted')
        UNION SELECT child.id FROM content child JOIN gone ON child.parent_id = gone.id
            AND child.type IN ('attachment', 'footer-comment', 'inline-comment')
    ) SELECT id FROM gone)"""


def find_space(call: Call, c: sqlite3.Connection, column: str, value: Any) -> sqlite3.Row | None:
    """Find a space that the caller may see by its id or key (in any case of letters)."""
    row: sqlite3.Row | None = c.execute(
        f"SELECT * FROM spaces s WHERE s.{column} = :value COLLATE NOCASE AND {VISIBLE_SPACE}",  # noqa: S608
        {**viewer_parameters(call), "value": value},
    ).fetchone()
    return row


def get_space(call: Call, c: sqlite3.Connection, space_id: int) -> sqlite3.Row:
    """Return a space that the caller may see, or refuse with 404."""
    row = find_space(call, c, "id", space_id)
    if row is None:
        raise call.refusal(404, f"Space with id {space_id} could not be found")
    return row


def get_named_space(call: Call, c: sqlite3.Connection) -> sqlite3.Row:
    """Return the space that {spaceKey} of a v1 path names, or refuse with 404."""
    row = find_space(call, c, "key", call.path["spaceKey"])
    if row is None:
        raise call.refusal(404, f"No space found with key : {call.path['spaceKey']}")
    return row


def find_content(call: Call, c: sqlite3.Connection, content_id: int) -> sqlite3.Row | None:
    """Find content of any type and status that the caller may see."""
    row: sqlite3.Row | None = c.execute(
        f"SELECT * FROM content c WHERE c.id = :id AND {VISIBLE}",  # noqa: S608
        {**viewer_parameters(call), "id": content_id},
    ).fetchone()
    return row


def get_content(call: Call, c: sqlite3.Connection, content_id: int, *types: str) -> sqlite3.Row:
    """Return content of one of `types` that the caller may see, or refuse with 404. Not what is in the trash."""
    row = find_content(call, c, content_id)
    if row is None or (types and row["type"] not in types) or row["status"] in GONE:
        raise call.refusal(404, f"Cannot find a {' or '.join(types) or 'content'} with id {content_id}")
    return row


def get_named_content(call: Call, c: sqlite3.Connection, *types: str) -> sqlite3.Row:
    """Return the content that {id} of a v1 path names. There ids are text, and any text may be unknown: 404."""
    text = call.path["id"].removeprefix("att")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise call.refusal(404, f"No content found with id: ContentId{{id={text}}}")
    return get_content(call, c, int(text), *types)


def get_version(call: Call, c: sqlite3.Connection, content_id: int, number: int) -> sqlite3.Row:
    """Return one version with its body, or refuse with 404."""
    row: sqlite3.Row | None = c.execute(
        "SELECT * FROM content_versions WHERE content_id = ? AND number = ?", (content_id, number)
    ).fetchone()
    if row is None:
        raise call.refusal(404, f"Cannot find version {number} of content with id {content_id}")
    return row


def current_body(c: sqlite3.Connection, content_id: int) -> str:
    row = c.execute(
        "SELECT v.body FROM content c JOIN content_versions v ON v.content_id = c.id AND v.number = c.version"
        " WHERE c.id = ?",
        (content_id,),
    ).fetchone()
    return str(row[0])


def add_content(site: Site, c: sqlite3.Connection, facts: Mapping[str, Any], scan: MacroScan | None = None) -> int:
    """Add content and, when it has a body (a `scan`), its first version. Return its id.

    `facts`: type, status, space_id, parent_id, title, author_id and, as wanted, message.
    """
    now = site.clock()
    content_id = site.ids.take("content")
    position = c.execute(
        "SELECT coalesce(max(position), -1) + 1 FROM content WHERE parent_id IS ? AND type = ? AND space_id = ?",
        (facts["parent_id"], facts["type"], facts["space_id"]),
    ).fetchone()[0]
    c.execute(
        "INSERT INTO content (id, type, status, space_id, parent_id, position, title, author_id, owner_id,"
        " created_at, modified_at, version) VALUES (:id, :type, :status, :space_id, :parent_id, :position, :title,"
        " :author_id, :author_id, :now, :now, 1)",
        {**facts, "id": content_id, "position": position, "now": now},
    )
    if scan is not None:
        add_version(site, c, content_id, 1, {"message": "", **facts}, scan)
    return content_id


def add_version(
    site: Site, c: sqlite3.Connection, content_id: int, number: int, facts: Mapping[str, Any], scan: MacroScan
) -> None:
    """Write version `number` and make it the current one. `facts`: title, author_id, message."""
    now = site.clock()
    c.execute(
        "INSERT INTO content_versions (content_id, number, title, author_id, created_at, message, minor_edit, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (content_id, number, facts["title"], facts["author_id"], now, facts["message"], False, scan.body),
    )
    c.execute(
        "UPDATE content SET version = ?, title = ?, modified_at = ? WHERE id = ?",
        (number, facts["title"], now, content_id),
    )
    index_macros(c, content_id, scan)


def put_body(c: sqlite3.Connection, content_id: int, body: str) -> None:
    """Change the body of the current version in place, as Confluence does with the marks of inline comments."""
    c.execute(
        "UPDATE content_versions SET body = ? WHERE content_id = ?"
        " AND number = (SELECT version FROM content WHERE id = content_id)",
        (body, content_id),
    )


def index_macros(c: sqlite3.Connection, content_id: int, scan: MacroScan) -> None:
    """Note which macros the current body holds, for CQL's `macro` field."""
    c.execute("DELETE FROM content_macros WHERE content_id = ?", (content_id,))
    names = {macro.name for macro in scan.macros}
    c.executemany("INSERT INTO content_macros (content_id, name) VALUES (?, ?)", [(content_id, n) for n in names])


def title_is_taken(c: sqlite3.Connection, space_id: int, kind: str, title: str, except_id: int = 0) -> bool:
    """Say whether another page of the space has this title; two may not, in any case of letters."""
    return (
        c.execute(
            "SELECT 1 FROM content WHERE title = ? COLLATE NOCASE AND type = ? AND space_id = ? AND id != ?"
            " AND status IN ('current', 'archived')",
            (title, kind, space_id, except_id),
        ).fetchone()
        is not None
    )


def put_label(site: Site, c: sqlite3.Connection, content_id: int, prefix: str, name: str) -> None:
    """Put a label on content, if it is not there already."""
    label_id = settle_label(site, c, prefix, name)
    c.execute(
        "INSERT INTO content_labels (content_id, label_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (content_id, label_id)
    )


def settle_label(site: Site, c: sqlite3.Connection, prefix: str, name: str) -> int:
    """Return the id of a label, which is made when there is none."""
    row = c.execute("SELECT id FROM labels WHERE prefix = ? AND name = ?", (prefix, name)).fetchone()
    label_id = row[0] if row else site.ids.take("label")
    if row is None:
        c.execute("INSERT INTO labels (id, prefix, name) VALUES (?, ?, ?)", (label_id, prefix, name))
    return int(label_id)


def remove_content(c: sqlite3.Connection, content_id: int) -> None:
    """Remove content for good, with all that is kept beside it; what stands below it in the tree moves up."""
    parent_id = c.execute("SELECT parent_id FROM content WHERE id = ?", (content_id,)).fetchone()[0]
    lift_children(c, content_id, parent_id)
    below = (
        "WITH RECURSIVE below (id) AS (SELECT ? UNION SELECT content.id FROM content JOIN below"
        " ON content.parent_id = below.id) "
    )
    c.execute(
        f"{below} DELETE FROM properties WHERE owner_kind = 'content'"  # noqa: S608 - this program's own words
        " AND owner_id IN (SELECT id FROM below)",
        (content_id,),
    )
    c.execute("DELETE FROM content WHERE id = ?", (content_id,))


def lift_children(c: sqlite3.Connection, content_id: int, parent_id: int | None) -> None:
    """Give what stands below a node of the tree to another parent, as Confluence does when the node goes."""
    c.execute(
        f"UPDATE content SET parent_id = ? WHERE parent_id = ? AND type IN {TREE}",  # noqa: S608 - this program's words
        (parent_id, content_id),
    )
