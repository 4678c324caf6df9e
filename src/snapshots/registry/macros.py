"""Macros that were captured at least once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.registry import rows, tables


@dataclass(frozen=True, slots=True)
class MacroRow:
    """A macro on a page, with its definition at the last capture."""

    id: int
    page_id: int
    remote_id: str
    attachment_name: str
    definition: str


def put_macro(conn: sa.Connection, page_id: int, remote_id: str, attachment_name: str, definition: str) -> int:
    """Add the macro, or note its present definition; answers the id of its row."""
    found = find_macro(conn, page_id, remote_id)
    if found is None:
        return rows.insert_row(
            conn,
            tables.macro,
            page_id=page_id,
            remote_id=remote_id,
            attachment_name=attachment_name,
            definition=definition,
        )
    if (found.attachment_name, found.definition) != (attachment_name, definition):
        rows.update_row(conn, tables.macro, found.id, attachment_name=attachment_name, definition=definition)
    return found.id


def find_macro(conn: sa.Connection, page_id: int, remote_id: str) -> MacroRow | None:
    macro = tables.macro
    return rows.fetch_one(
        conn,
        MacroRow,
        rows.select_as(MacroRow, macro).where(macro.c.page_id == page_id, macro.c.remote_id == remote_id),
    )


def list_macros(conn: sa.Connection, page_id: int) -> list[MacroRow]:
    """Every macro of the page, in the order they were first captured."""
    macro = tables.macro
    return rows.fetch_all(
        conn, MacroRow, rows.select_as(MacroRow, macro).where(macro.c.page_id == page_id).order_by(macro.c.id)
    )
