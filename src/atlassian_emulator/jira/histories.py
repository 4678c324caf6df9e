"""The history of changes, shown. Values that were empty are null there, whatever the documents say."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from atlassian_emulator.jira.render import Json, Renderer
from atlassian_emulator.moments import iso_offset


def show_histories(c: sqlite3.Connection, renderer: Renderer, issue_id: int) -> list[Json]:
    """The changes of one issue, oldest first."""
    rows = c.execute("SELECT id, author, created, items FROM jira_changes WHERE issue_id = ? ORDER BY id", (issue_id,))
    return [show_history(row, msgspec.Raw(row["items"].encode()), renderer) for row in rows]


def show_history(row: sqlite3.Row, items: Any, renderer: Renderer) -> Json:
    author = renderer.account(row["author"])
    return {"id": str(row["id"]), "author": author, "created": iso_offset(row["created"]), "items": items}
