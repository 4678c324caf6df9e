"""The `expand` parameter, and what it opens below `metadata`: labels and content properties."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from atlassian_emulator.call import Call
from atlassian_emulator.moments import iso_utc


class Expansion:
    """The `expand` parameter: dotted paths, each of which opens all that is above it."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(path.strip() for path in paths if path.strip())

    def __contains__(self, name: str) -> bool:
        return any(path.partition(".")[0] == name for path in self._paths)

    def below(self, name: str) -> Expansion:
        return Expansion(path.partition(".")[2] for path in self._paths if path.startswith(f"{name}."))

    def names(self) -> list[str]:
        return [path.partition(".")[0] for path in self._paths]


def expansion_of(call: Call, default: str = "") -> Expansion:
    """Return what the request wants to see, or the default when it says nothing."""
    return Expansion(call.query_list("expand") or default.split(","))


def metadata_json(call: Call, c: sqlite3.Connection, row: sqlite3.Row, expand: Expansion) -> dict[str, Any]:
    """Show the metadata of content that the request opens."""
    shown: dict[str, Any] = {}
    if "labels" in expand:
        results = labels_of(c, row["id"])
        shown["labels"] = {"results": results, "start": 0, "limit": 200, "size": len(results), "_links": {}}
    if "properties" in expand:
        names = expand.below("properties").names()
        shown["properties"] = {
            each["key"]: each for each in properties_of(call, c, row["id"]) if not names or each["key"] in names
        }
    closed = {name: "" for name in ("currentuser", "labels", "properties", "frontend") if name not in shown}
    return shown | {"_expandable": closed}


def labels_of(c: sqlite3.Connection, content_id: int) -> list[dict[str, str]]:
    """Return the labels of content, by name."""
    rows = c.execute(
        "SELECT l.* FROM content_labels JOIN labels l ON l.id = label_id WHERE content_id = ? ORDER BY l.name",
        (content_id,),
    )
    return [{"prefix": row["prefix"], "name": row["name"], "id": str(row["id"]), "label": row["name"]} for row in rows]


def properties_of(call: Call, c: sqlite3.Connection, owner_id: int, kind: str = "content") -> list[dict[str, Any]]:
    """Return the properties of content or a space, by key."""
    rows = c.execute("SELECT * FROM properties WHERE owner_kind = ? AND owner_id = ? ORDER BY key", (kind, owner_id))
    return [property_json(call, row) for row in rows]


def property_json(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    address = f"/rest/api/{row['owner_kind']}/{row['owner_id']}"
    return {
        "id": str(row["id"]),
        "key": row["key"],
        "value": json.loads(row["value"]),
        "version": {
            "when": iso_utc(row["modified_at"]),
            "message": row["message"],
            "number": row["number"],
            "minorEdit": False,
            "hidden": False,
        },
        "_links": {"self": f"{call.site.base_url}{address}/property/{row['key']}"},
        "_expandable": {"content": address},
    }
