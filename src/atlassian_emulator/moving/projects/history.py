"""The history of moved issues: what it refers to by id has other ids now."""

from __future__ import annotations

import json
from typing import Any

from atlassian_emulator.moving.projects.catalogue import CatalogueArrival
from atlassian_emulator.moving.projects.tables import HISTORY_TABLES


def items_with_new_ids(items: str, catalogue: CatalogueArrival) -> str:
    """Return the items of one change, as JSON, with this site's ids."""
    changed = []
    for item in json.loads(items):
        field_id = catalogue.field_id(item.get("fieldId", ""))
        table = HISTORY_TABLES.get(field_id)
        ids = {name: _several(item.get(name), table, catalogue) for name in ("from", "to")} if table else {}
        changed.append({**item, "fieldId": field_id, **ids})
    return json.dumps(changed, ensure_ascii=False, separators=(",", ":"))


def _several(text: str | None, table: str, catalogue: CatalogueArrival) -> str | None:
    if text is None:
        return None
    return ", ".join(catalogue.find_new_id(table, each) for each in text.split(", "))


def history_with_new_ids(row: dict[str, Any], catalogue: CatalogueArrival, changes: dict[int, int]) -> dict[str, Any]:
    """Return one entry of the index that WAS and CHANGED search."""
    table = HISTORY_TABLES.get(row["field"])
    moved = {**row, "change_id": changes.get(row["change_id"], row["change_id"])}
    moved["field"] = catalogue.field_id(row["field"])
    if table:
        moved |= {name: catalogue.find_new_id(table, row[name]) for name in ("from_id", "to_id")}
    return moved
