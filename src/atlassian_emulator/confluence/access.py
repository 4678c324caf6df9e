"""Who may see and change what.

A user's role says what they may do in a space; `space_access` may say otherwise for one user and space; read
restrictions hide a page and all below it; update restrictions keep a page from being changed. What a caller may
not see does not exist for them: it is never listed, and asking for it by id is answered with 404.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from atlassian_emulator.call import Call
from atlassian_emulator.users import User

VISIBLE_SPACE = "s.id NOT IN (SELECT space_id FROM space_access WHERE account_id = :account AND NOT may_read)"

# The subqueries do not depend on the row, so SQLite carries them out once per statement.
VISIBLE = """(
    c.space_id NOT IN (SELECT space_id FROM space_access WHERE account_id = :account AND NOT may_read)
    AND c.id NOT IN (
        WITH RECURSIVE hidden (id) AS (
            SELECT content_id FROM restrictions WHERE operation = 'read'
            EXCEPT
            SELECT content_id FROM restrictions
            WHERE operation = 'read' AND principal_id IN (SELECT value FROM json_each(:principals))
        ), below (id) AS (
            SELECT id FROM hidden UNION SELECT child.id FROM content child JOIN below ON child.parent_id = below.id
        )
        SELECT id FROM below
    )
    AND (c.status != 'draft' OR c.author_id = :account)
)"""


def viewer_parameters(call: Call, user: User | None = None) -> dict[str, Any]:
    """Return the parameters that VISIBLE and VISIBLE_SPACE speak of, for a user (without: the caller)."""
    user = user or call.caller
    return {"account": user.account_id, "principals": json.dumps(_principals(call, user))}


def _principals(call: Call, user: User) -> list[str]:
    return [user.account_id, *(group.group_id for group in call.site.users.groups_of(user))]


def may_update_space(c: sqlite3.Connection, user: User, space_id: int) -> bool:
    """Say whether the user may add and change content in this space."""
    row = c.execute(
        "SELECT may_read AND may_update FROM space_access WHERE space_id = ? AND account_id = ?",
        (space_id, user.account_id),
    ).fetchone()
    return user.edits if row is None else bool(row[0])


def may_update(call: Call, c: sqlite3.Connection, row: sqlite3.Row, user: User | None = None) -> bool:
    """Say whether the user (without: the caller) may change this row of `content`, which they can see."""
    user = user or call.caller
    allowed = {
        principal
        for (principal,) in c.execute(
            "SELECT principal_id FROM restrictions WHERE content_id = ? AND operation = 'update'", (row["id"],)
        )
    }
    return may_update_space(c, user, row["space_id"]) and (
        not allowed or not allowed.isdisjoint(_principals(call, user))
    )


def demand_update(call: Call, c: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Refuse with 403 a caller who may see but not change this row of `content`."""
    if not may_update(call, c, row):
        raise call.refusal(403, f"You do not have permission to update content with id {row['id']}")


def demand_space_update(call: Call, c: sqlite3.Connection, space_id: int) -> None:
    """Refuse with 403 a caller who may not add content to this space."""
    if not may_update_space(c, call.caller, space_id):
        raise call.refusal(403, "You do not have permission to create content in this space")


def set_access(c: sqlite3.Connection, space_id: int, account_id: str, *, may_read: bool, may_update: bool) -> None:
    """Say what a user may do in a space from now on, whatever their role."""
    c.execute(
        "INSERT INTO space_access (space_id, account_id, may_read, may_update) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (space_id, account_id) DO UPDATE SET may_read = excluded.may_read,"
        " may_update = excluded.may_update",
        (space_id, account_id, may_read, may_update),
    )


def restrict(c: sqlite3.Connection, content_id: int, operation: str, principals: list[tuple[str, str]]) -> None:
    """Leave an operation ("read" or "update") on content to these (type, id) alone; to everybody when empty."""
    c.execute("DELETE FROM restrictions WHERE content_id = ? AND operation = ?", (content_id, operation))
    c.executemany(
        "INSERT INTO restrictions (content_id, operation, principal_type, principal_id) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(content_id, operation, principal_type, principal_id) for principal_type, principal_id in principals],
    )
