"""Content properties and space properties in v2: JSON kept beside a page, attachment or space under a key."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_space_right, demand_update
from atlassian_emulator.confluence.paging import Listing, answer_listing
from atlassian_emulator.confluence.shapes import property_json
from atlassian_emulator.confluence.store import COMMENTS, TREE, get_content, get_space
from atlassian_emulator.moments import iso_utc
from atlassian_emulator.routing import Route

_LARGEST_VALUE_BYTES = 32 * 1024
_LONGEST_KEY = 255
_OWNERS = {
    "pages": "page",
    "blogposts": "blogpost",
    "attachments": "attachment",
    "comments": "comment",
    "spaces": "space",
    **{f"{kind}s": kind for kind in TREE[1:]},
}


def _owner(call: Call, c: sqlite3.Connection, *, to_write: bool = False) -> tuple[str, int]:
    """Return (kind, id) of what the properties belong to, or refuse."""
    kind = _OWNERS[call.request.path.split("/")[4]]
    text = call.path.get(f"{kind}-id") or call.path["id"]
    owner_id = call.whole_number(text.removeprefix("att") if kind == "attachment" else text, "id")
    if kind == "space":
        space = get_space(call, c, owner_id)
        if to_write:
            demand_space_right(call, c, space["id"], "create", "page")
        return "space", owner_id
    row = get_content(call, c, owner_id, *(COMMENTS if kind == "comment" else (kind,)))
    if to_write:
        demand_update(call, c, row)
    return "content", owner_id


def _show(row: sqlite3.Row) -> dict[str, Any]:
    shown = property_json(row, json.loads)
    if row["owner_kind"] == "space":
        version = shown["version"]
        created = {"createdAt": version["createdAt"], "createdBy": version["authorId"]}
        shown |= {"createdAt": iso_utc(row["created_at"]), "createdBy": row["author_id"]}
        shown["version"] = {"number": version["number"], "message": version["message"], **created}
    return shown


def list_properties(call: Call) -> Reply:
    with call.site.database.read() as c:
        kind, owner_id = _owner(call, c)
        sql = "SELECT * FROM properties WHERE owner_kind = :kind AND owner_id = :owner"
        parameters = {"kind": kind, "owner": owner_id, "key": call.query("key")}
        if "key" in call.request.args:
            sql += " AND key = :key"
        return answer_listing(call, c, Listing(sql, parameters, _show, {"key": "key"}, default_sort="key"))


def create_property(call: Call) -> Reply:
    key, value = _read(call, call.json_object())
    now = call.site.clock()
    with call.site.database.transaction() as c:
        kind, owner_id = _owner(call, c, to_write=True)
        owner = (kind, owner_id, key)
        if c.execute("SELECT 1 FROM properties WHERE owner_kind = ? AND owner_id = ? AND key = ?", owner).fetchone():
            raise call.refusal(409, f"A property with key {key} already exists")
        property_id = call.site.ids.take("property")
        c.execute(
            "INSERT INTO properties (owner_kind, owner_id, key, id, value, number, author_id, created_at, modified_at,"
            " message) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, '')",
            (*owner, property_id, value, call.caller.account_id, now, now),
        )
        # The documents give a space's property 201 and all others 200.
        return Reply(201 if kind == "space" else 200, _show(_get(call, c, (kind, owner_id), property_id)))


def _get(call: Call, c: sqlite3.Connection, owner: tuple[str, int], property_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = c.execute(
        "SELECT * FROM properties WHERE owner_kind = ? AND owner_id = ? AND id = ?", (*owner, property_id)
    ).fetchone()
    if row is None:
        raise call.refusal(404, f"There is no property with id {property_id}")
    return row


def get_property(call: Call) -> Reply:
    with call.site.database.read() as c:
        return Reply(body=_show(_get(call, c, _owner(call, c), call.path_id("property-id"))))


def update_property(call: Call) -> Reply:
    body = call.json_object()
    key, value = _read(call, body)
    version = body.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    if type(number) is not int:
        raise call.refusal(400, "version.number must be a whole number")
    with call.site.database.transaction() as c:
        row = _get(call, c, _owner(call, c, to_write=True), call.path_id("property-id"))
        if key != row["key"]:
            raise call.refusal(400, f"The key of a property cannot be changed from {row['key']} to {key}")
        if number != row["number"] + 1:
            raise call.refusal(409, f"Version must be incremented on update. Current version is: {row['number']}")
        message = version.get("message") or "" if isinstance(version, dict) else ""
        c.execute(
            "UPDATE properties SET value = ?, number = ?, author_id = ?, modified_at = ?, message = ? WHERE id = ?",
            (value, number, call.caller.account_id, call.site.clock(), str(message), row["id"]),
        )
        return Reply(body=_show(_get(call, c, (row["owner_kind"], row["owner_id"]), row["id"])))


def delete_property(call: Call) -> Reply:
    with call.site.database.transaction() as c:
        row = _get(call, c, _owner(call, c, to_write=True), call.path_id("property-id"))
        c.execute("DELETE FROM properties WHERE id = ?", (row["id"],))
    return Reply(204)


def _read(call: Call, body: dict[str, Any]) -> tuple[str, str]:
    """Return the key, and the value as JSON text."""
    key = body.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_KEY:
        raise call.refusal(400, f"The key of a property must be a string of 1 to {_LONGEST_KEY} characters")
    if "value" not in body:
        raise call.refusal(400, "A property needs a value")
    value = json.dumps(body["value"], ensure_ascii=False, separators=(",", ":"))
    if len(value.encode()) > _LARGEST_VALUE_BYTES:
        raise call.refusal(400, f"The value of a property must not exceed {_LARGEST_VALUE_BYTES} bytes")
    return key, value


def _name_of(kind: str, below: str) -> str:
    """Return the name that the documents give to the owner's id in a path."""
    return "id" if kind in TREE[1:] and not below else f"{kind}-id"


ROUTES = tuple(
    Route(method, f"/wiki/api/v2/{kind}/{{{_name_of(singular, below)}}}/properties{below}", answer)
    for kind, singular in _OWNERS.items()
    for method, below, answer in (
        ("GET", "", list_properties),
        ("POST", "", create_property),
        ("GET", "/{property-id}", get_property),
        ("PUT", "/{property-id}", update_property),
        ("DELETE", "/{property-id}", delete_property),
    )
)
