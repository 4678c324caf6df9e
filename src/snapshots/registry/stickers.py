"""Stickers: coloured labels of a page that its versions may carry."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from snapshots.errors import InvalidInput
from snapshots.registry import rows, tables

COLOURS = ("grey", "blue", "green", "yellow", "red", "purple")


@dataclass(frozen=True, slots=True)
class StickerRow:
    """A sticker. Fields as in `tables.sticker`."""

    id: int
    page_id: int
    name: str
    colour: str
    created_by: str
    created_at: int


def put_sticker(conn: sa.Connection, page_id: int, name: str, colour: str, *, created_by: str, created_at: int) -> int:
    """Make the sticker, or give it this colour; answers the id of its row. Raises InvalidInput for other colours."""
    if colour not in COLOURS:
        raise InvalidInput(f"A sticker cannot be '{colour}'; choose one of {', '.join(COLOURS)}.")
    found = find_sticker(conn, page_id, name)
    if found is None:
        return rows.insert_row(
            conn,
            tables.sticker,
            page_id=page_id,
            name=name,
            colour=colour,
            created_by=created_by,
            created_at=created_at,
        )
    if found.colour != colour:
        rows.update_row(conn, tables.sticker, found.id, colour=colour)
    return found.id


def find_sticker(conn: sa.Connection, page_id: int, name: str) -> StickerRow | None:
    sticker = tables.sticker
    return rows.fetch_one(
        conn,
        StickerRow,
        rows.select_as(StickerRow, sticker).where(sticker.c.page_id == page_id, sticker.c.name == name),
    )


def list_stickers(conn: sa.Connection, page_id: int) -> list[StickerRow]:
    """Every sticker of the page, by name."""
    sticker = tables.sticker
    found = rows.fetch_all(conn, StickerRow, rows.select_as(StickerRow, sticker).where(sticker.c.page_id == page_id))
    return sorted(found, key=lambda row: row.name)


def assign_sticker(
    conn: sa.Connection, sticker_id: int, version_id: int, *, assigned_by: str, assigned_at: int
) -> None:
    """Put the sticker on the version; once is enough. Raises InvalidInput when they are of different pages."""
    if not _same_page(conn, sticker_id, version_id):
        raise InvalidInput("The sticker and the version are not of the same page; make the sticker on that page first.")
    assignment = tables.sticker_assignment
    there = sa.select(assignment.c.id).where(
        assignment.c.sticker_id == sticker_id, assignment.c.version_id == version_id
    )
    if conn.scalar(there) is None:
        rows.insert_row(
            conn,
            assignment,
            sticker_id=sticker_id,
            version_id=version_id,
            assigned_by=assigned_by,
            assigned_at=assigned_at,
        )


def unassign_sticker(conn: sa.Connection, sticker_id: int, version_id: int) -> None:
    """Take the sticker off the version, if it is on it."""
    assignment = tables.sticker_assignment
    conn.execute(
        assignment.delete().where(assignment.c.sticker_id == sticker_id, assignment.c.version_id == version_id)
    )


def _same_page(conn: sa.Connection, sticker_id: int, version_id: int) -> bool:
    sticker, version, macro = tables.sticker, tables.version, tables.macro
    return (
        conn.scalar(
            sa.select(sticker.c.id)
            .join(macro, macro.c.page_id == sticker.c.page_id)
            .join(version, version.c.macro_id == macro.c.id)
            .where(sticker.c.id == sticker_id, version.c.id == version_id)
        )
        is not None
    )
