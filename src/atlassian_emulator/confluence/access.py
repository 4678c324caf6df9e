"""Who may see and change what.

What a user may do in a space comes from their groups, as on the real site: everybody reads, editors write,
administrators do all. A space may say otherwise for a group, add something for one user (the space permissions of
the REST API), or, by the control path, say all that one user may do. Read restrictions hide a page and all below it;
update restrictions keep it from being changed. What a caller may not see does not exist for them: it is never
listed, and asking for it by id is answered with 404.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from atlassian_emulator.call import Call
from atlassian_emulator.users import Group, User

Right = tuple[str, str]

READ: Right = ("read", "space")
# Whoever may create pages may edit them, in the words of the real site; the control path parts the two.
EDIT: Right = ("update", "page")
EDITING: frozenset[Right] = frozenset(
    [
        EDIT,
        ("archive", "page"),
        ("restrict_content", "space"),
        ("export", "space"),
        *((operation, kind) for operation in ("create", "delete") for kind in ("page", "blogpost", "comment")),
        ("create", "attachment"),
        ("delete", "attachment"),
    ]
)
READING: frozenset[Right] = frozenset([READ])
ADMINISTERING: frozenset[Right] = frozenset([("administer", "space"), ("delete", "space")])
ALL = READING | EDITING | ADMINISTERING

_SPACE_IS_VISIBLE = "({column} IN (SELECT value FROM json_each(:spaces))) != :sees_others"
VISIBLE_SPACE = _SPACE_IS_VISIBLE.format(column="s.id")

# The subqueries do not depend on the row, so SQLite carries them out once per statement.
VISIBLE = f"""(
    {_SPACE_IS_VISIBLE.format(column="c.space_id")}
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
)"""  # noqa: S608 - made of this program's own words


def viewer_parameters(call: Call, user: User | None = None) -> dict[str, Any]:
    """Return the parameters that VISIBLE and VISIBLE_SPACE speak of, for a user (without: the caller)."""
    user = user or call.caller
    by_default = READ in _rights_by_default(call, user)
    with call.site.database.read() as c:
        said = c.execute(
            "SELECT DISTINCT space_id FROM space_rights WHERE principal_id IN (SELECT value FROM json_each(?))",
            (json.dumps(principals_of(call, user)),),
        ).fetchall()
        exceptions = [row[0] for row in said if (READ in rights_in(call, c, row[0], user)) != by_default]
    return {
        "account": user.account_id,
        "principals": json.dumps(principals_of(call, user)),
        "spaces": json.dumps(exceptions),
        "sees_others": by_default,
    }


def principals_of(call: Call, user: User) -> list[str]:
    """Return the ids by which permissions and restrictions may name this user: their own and their groups'."""
    return [user.account_id, *(group.group_id for group in call.site.users.groups_of(user))]


def default_rights(group: Group) -> frozenset[Right]:
    """Return what a group may do in a space that says nothing about it."""
    if group.name.startswith("confluence-admins"):
        return ALL
    if group.name == "editors":
        return READING | EDITING
    return READING if group.name.startswith("confluence-users") else frozenset()


def _rights_by_default(call: Call, user: User) -> frozenset[Right]:
    return frozenset().union(*(default_rights(group) for group in call.site.users.groups_of(user)))


def rights_in(call: Call, c: sqlite3.Connection, space_id: int, user: User | None = None) -> frozenset[Right]:
    """Return what a user (without: the caller) may do in a space."""
    user = user or call.caller
    said = said_rights(c, space_id)
    if (user.account_id, "all") in said:
        return said[user.account_id, "all"]
    rights = said.get((user.account_id, "more"), frozenset())
    for group in call.site.users.groups_of(user):
        rights |= said.get((group.group_id, "all"), default_rights(group))
    return rights


def said_rights(c: sqlite3.Connection, space_id: int) -> dict[tuple[str, str], frozenset[Right]]:
    """Return what a space says about principals: (id, "all" | "more") to rights.

    "all" is said of a group by the REST API and of anybody by the control path, "more" of a user by the REST API.
    """
    rows = c.execute("SELECT principal_id, extent, rights FROM space_rights WHERE space_id = ?", (space_id,))
    return {
        (row["principal_id"], row["extent"]): frozenset((right[0], right[1]) for right in json.loads(row["rights"]))
        for row in rows
    }


def say_rights(
    c: sqlite3.Connection, space_id: int, kind: str, principal_id: str, rights: Iterable[Right], *, extent: str = "all"
) -> None:
    """Say what a "user" or "group" may do in a space from now on; see `said_rights` for `extent`."""
    c.execute(
        "INSERT INTO space_rights (space_id, principal_type, principal_id, extent, rights) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (space_id, principal_id, extent) DO UPDATE SET rights = excluded.rights",
        (space_id, kind, principal_id, extent, json.dumps(sorted(rights))),
    )


def may_update(
    call: Call, c: sqlite3.Connection, row: sqlite3.Row, user: User | None = None, operation: str = "update"
) -> bool:
    """Say whether the user (without: the caller) may change (or "delete") content, which they can see."""
    user = user or call.caller
    allowed = {
        principal
        for (principal,) in c.execute(
            "SELECT principal_id FROM restrictions WHERE content_id = ? AND operation = 'update'", (row["id"],)
        )
    }
    if allowed and allowed.isdisjoint(principals_of(call, user)):
        return False
    return _needed_right(row["type"], operation) in rights_in(call, c, row["space_id"], user)


def _needed_right(kind: str, operation: str) -> Right:
    """Return the right that changes or deletes content of a type."""
    if operation != "delete":
        return ("create", "comment") if kind.endswith("comment") else EDIT
    if kind.endswith("comment"):
        return ("delete", "comment")
    return ("delete", kind if kind in ("blogpost", "attachment") else "page")


def demand_update(call: Call, c: sqlite3.Connection, row: sqlite3.Row, operation: str = "update") -> None:
    """Refuse with 403 a caller who may see but not change (or "delete") this row of `content`."""
    if not may_update(call, c, row, operation=operation):
        raise call.refusal(403, f"You do not have permission to {operation} content with id {row['id']}")


def demand_space_right(call: Call, c: sqlite3.Connection, space_id: int, operation: str, target: str) -> None:
    """Refuse with 403 a caller who may not do this in a space that they can see."""
    if (operation, target) not in rights_in(call, c, space_id):
        what = f"{operation} this space" if target == "space" else f"{operation} content in this space"
        raise call.refusal(403, f"You do not have permission to {what}")


def restrict(c: sqlite3.Connection, content_id: int, operation: str, principals: list[tuple[str, str]]) -> None:
    """Leave an operation ("read" or "update") on content to these (type, id) alone; to everybody when empty."""
    c.execute("DELETE FROM restrictions WHERE content_id = ? AND operation = ?", (content_id, operation))
    c.executemany(
        "INSERT INTO restrictions (content_id, operation, principal_type, principal_id) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(content_id, operation, principal_type, principal_id) for principal_type, principal_id in principals],
    )
