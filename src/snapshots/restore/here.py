"""What the registry already holds of pages of the destination, in the shape of a source's records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import sqlalchemy as sa

from snapshots.registry import bulk, spaces
from snapshots.registry.records import (
    KINDS,
    MacroRecord,
    PageRecord,
    StickerAssignmentRecord,
    StickerRecord,
    VersionRecord,
)
from snapshots.restore.records import AnyRecord, MacroRecords, PageRecords


def read_pages_here(conn: sa.Connection, site_id: int, page_ids: Iterable[str]) -> dict[str, PageRecords]:
    """By page id, all records of those pages that the registry knows. Ids in them are the registry's."""
    space_keys = {space.id: space.key for space in spaces.list_spaces(conn, site_id)}
    found: dict[str, PageRecords] = {}
    page_of: dict[int, PageRecords] = {}
    for record in sorted(_read(conn, "page", PageRecord, "remote_id", list(page_ids)), key=lambda page: page.id):
        # Another site may have a page of the same id; and of two rows of one page the older has the history.
        if record.space_id in space_keys and record.remote_id not in found:
            page = PageRecords((space_keys[record.space_id], record.remote_id), record)
            found[record.remote_id] = page_of[record.id] = page
    version_keys = _read_macros(conn, page_of)
    sticker_of: dict[int, StickerRecord] = {}
    for sticker in _read(conn, "sticker", StickerRecord, "page_id", page_of):
        page_of[sticker.page_id].stickers[sticker.name] = sticker
        sticker_of[sticker.id] = sticker
    for assignment in _read(conn, "sticker_assignment", StickerAssignmentRecord, "sticker_id", sticker_of):
        sticker = sticker_of[assignment.sticker_id]
        key = (sticker.name, *version_keys[assignment.version_id])
        page_of[sticker.page_id].assignments[key] = assignment
    return found


def _read_macros(conn: sa.Connection, page_of: dict[int, PageRecords]) -> dict[int, tuple[str, str]]:
    """Add macros and versions; answers macro id and capture id of each version."""
    macro_of: dict[int, MacroRecords] = {}
    for macro in _read(conn, "macro", MacroRecord, "page_id", page_of):
        macro_of[macro.id] = page_of[macro.page_id].macros[macro.remote_id] = MacroRecords(macro)
    version_keys: dict[int, tuple[str, str]] = {}
    for version in _read(conn, "version", VersionRecord, "macro_id", macro_of):
        history = macro_of[version.macro_id]
        history.versions[version.capture_id] = version
        version_keys[version.id] = (history.record.remote_id, version.capture_id)
    return version_keys


def _read(
    conn: sa.Connection, kind: str, struct: type[AnyRecord], reference: str, ids: Collection[object]
) -> Iterator[AnyRecord]:
    for row in bulk.iter_rows_of(conn, kind, reference, list(ids), KINDS[kind].columns):  # type: ignore[arg-type]
        yield struct(*row)
