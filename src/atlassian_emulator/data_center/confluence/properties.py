"""Content properties by key: /rest/api/content/{id}/property, and the same of spaces."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_space_right, demand_update
from atlassian_emulator.confluence.store import get_named_content, get_named_space
from atlassian_emulator.data_center.confluence.metadata import properties_of, property_json
from atlassian_emulator.data_center.confluence.shapes import slice_json
from atlassian_emulator.routing import Route

_LARGEST_VALUE_BYTES: Final = 32 * 1024


def _owner(call: Call, c: sqlite3.Connection, *, to_write: bool = False) -> tuple[str, int]:
    if "spaceKey" in call.path:
        space = get_named_space(call, c)
        if to_write:
            demand_space_right(call, c, space["id"], "create", "page")
        return "space", space["id"]
    content = get_named_content(call, c)
    if to_write:
        demand_update(call, c, content)
    return "content", content["id"]


def list_properties(call: Call) -> Reply:
    with call.site.database.read() as c:
        kind, owner_id = _owner(call, c)
        return slice_json(call, properties_of(call, c, owner_id, kind), 10)


def get_property(call: Call) -> Reply:
    with call.site.database.read() as c:
        kind, owner_id = _owner(call, c)
        return Reply(body=property_json(call, _get(call, c, kind, owner_id)))


def _find(c: sqlite3.Connection, kind: str, owner_id: int, key: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = c.execute(
        "SELECT * FROM properties WHERE owner_kind = ? AND owner_id = ? AND key = ?", (kind, owner_id, key)
    ).fetchone()
    return row


def _get(call: Call, c: sqlite3.Connection, kind: str, owner_id: int) -> sqlite3.Row:
    row = _find(c, kind, owner_id, call.path["key"])
    if row is None:
        raise call.refusal(404, f"Could not find a content property with key: {call.path['key']} for {kind} {owner_id}")
    return row


def create_property(call: Call) -> Reply:
    body = call.json_object()
    key = call.path.get("key") or body.get("key")
    if not isinstance(key, str) or not 0 < len(key) <= 255:
        raise call.refusal(400, "The key of a property must be a string of 1 to 255 characters")
    value, now = _read_value(call, body), call.site.clock()
    with call.site.database.transaction() as c:
        kind, owner_id = _owner(call, c, to_write=True)
        if _find(c, kind, owner_id, key) is not None:
            raise call.refusal(409, f"A property with key {key} already exists for {kind} {owner_id}")
        c.execute(
            "INSERT INTO properties (owner_kind, owner_id, key, id, value, number, author_id, created_at, modified_at,"
            " message) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, '')",
            (kind, owner_id, key, call.site.ids.take("property"), value, call.caller.account_id, now, now),
        )
        row = _find(c, kind, owner_id, key)
        assert row is not None
        return Reply(body=property_json(call, row))


def update_property(call: Call) -> Reply:
    body = call.json_object()
    version = body.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    if type(number) is not int:
        raise call.refusal(400, "Must supply an incremented version when updating a property. No version supplied.")
    value = _read_value(call, body)
    with call.site.database.transaction() as c:
        kind, owner_id = _owner(call, c, to_write=True)
        row = _find(c, kind, owner_id, call.path["key"])
        if row is None and number == 1:
            return create_property(call)
        row = _get(call, c, kind, owner_id)
        if number != row["number"] + 1:
            raise call.refusal(409, f"Version must be incremented on update. Current version is: {row['number']}")
        c.execute(
            "UPDATE properties SET value = ?, number = ?, author_id = ?, modified_at = ? WHERE id = ?",
            (value, number, call.caller.account_id, call.site.clock(), row["id"]),
        )
        return Reply(body=property_json(call, _get(call, c, kind, owner_id)))


def delete_property(call: Call) -> Reply:
    with call.site.database.transaction() as c:
        row = _get(call, c, *_owner(call, c, to_write=True))
        c.execute("DELETE FROM properties WHERE id = ?", (row["id"],))
    return Reply(204)


def _read_value(call: Call, body: dict[str, Any]) -> str:
    if "value" not in body:
        raise call.refusal(400, "A property needs a value")
    value = json.dumps(body["value"], ensure_ascii=False, separators=(",", ":"))
    if len(value.encode()) > _LARGEST_VALUE_BYTES:
        raise call.refusal(400, f"The value of a property must not exceed {_LARGEST_VALUE_BYTES} bytes")
    return value


ROUTES = tuple(
    Route(method, f"/rest/api/{owner}/property{below}", answer)
    for owner in ("content/{id}", "space/{spaceKey}")
    for method, below, answer in (
        ("GET", "", list_properties),
        ("POST", "", create_property),
        ("GET", "/{key}", get_property),
        ("POST", "/{key}", create_property),
        ("PUT", "/{key}", update_property),
        ("DELETE", "/{key}", delete_property),
    )
)
