"""A comparison as JSON; docs/compare-json.md documents its members, which only ever grow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import msgspec

from snapshots.capture.payload import Column, OpenPayload, Row
from snapshots.history.compare import CellChange, ColumnChanges, Comparison, RenamedRow, RowChange
from snapshots.history.subject import Subject, level_words
from snapshots.history.versions import HistoryEntry
from snapshots.history.words import cell_difference

FORMAT_VERSION = 1

# A terminal obeys the control characters that JSON may leave as they are, and marks of direction
# change the order in which a reader sees the text.
_TO_ESCAPE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def render_json(subject: Subject, comparison: Comparison) -> str:
    """The whole comparison, every changed row and cell, as one indented JSON document."""
    document = {
        "format": "snapshots-comparison",
        "format_version": FORMAT_VERSION,
        "site": subject.site,
        "space_key": subject.space_key,
        "page_title": subject.page_title,
        "macro_id": subject.macro_id,
        "old": describe_version(subject.old),
        "new": describe_version(subject.new),
        "move": _move(comparison),
        "same": not comparison,
        "definition_changed": comparison.definition_changed,
        "definition_followed": comparison.definition_followed,
        "counts": asdict(comparison.total),
        "levels": [_level(comparison, level) for level in range(1, len(comparison.columns) + 1)],
        "rows": [_row(comparison, change) for change in comparison.rows],
        "renamed": [_renamed(row) for row in comparison.renamed],
    }
    text = msgspec.json.format(msgspec.json.encode(document)).decode()
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def describe_version(entry: HistoryEntry) -> dict[str, Any]:
    """What every JSON document says of a version."""
    version = entry.version
    return {
        "number": version.number,
        "capture_id": version.capture_id,
        "captured_at": version.captured_at,
        "captured_by": version.captured_by,
        "captured_by_name": version.captured_by_name,
        "trigger": version.trigger,
        "page_version": version.page_version,
        "payload_sha256": version.payload_sha256,
        "data_sha256": version.data_sha256,
        "row_counts": entry.row_counts,
        "jira_url": version.jira_url,
        "stickers": [{"name": sticker.name, "colour": sticker.colour} for sticker in version.stickers],
    }


def _move(comparison: Comparison) -> dict[str, Any] | None:
    """Which Jiras, and what says how to follow the one into the other."""
    if not comparison.other_jira:
        return None
    mappings = comparison.crossing.mappings if comparison.crossing else ()
    return {
        "old_jira": comparison.old.header.jira_url,
        "new_jira": comparison.new.header.jira_url,
        "imports": [
            {
                "mapping_id": row.mapping_id,
                "source_url": row.source_url,
                "destination_url": row.destination_url,
                "made_at": row.made_at,
                "made_by": row.made_by,
            }
            for row in mappings
        ],
    }


def _level(comparison: Comparison, level: int) -> dict[str, Any]:
    return {
        "level": level,
        "title": level_words(comparison, level),
        "counts": asdict(comparison.counts[level - 1]),
        "columns": _columns(comparison.columns[level - 1]),
    }


def _columns(changes: ColumnChanges) -> dict[str, Any]:
    return {
        "added": changes.added,
        "removed": changes.removed,
        "renamed": [{"id": new.id, "old_name": old.name, "new_name": new.name} for old, new in changes.renamed],
        "reordered": changes.reordered,
        "followed": [{"id": new.id, "old_id": old.id, "name": new.name} for old, new in changes.followed],
    }


def _row(comparison: Comparison, change: RowChange) -> dict[str, Any]:
    return {
        "change": change.kind,
        "level": change.level,
        "old": _side(comparison.old, change.old, change.old_index, change.old_path, whole=change.new is None),
        "new": _side(comparison.new, change.new, change.new_index, change.new_path, whole=change.old is None),
        "cells": [_cell(cell) for cell in change.cells],
        "renamed_cells": [_cell(cell) for cell in change.renamed_cells],
    }


def _renamed(row: RenamedRow) -> dict[str, Any]:
    return {
        "level": row.level,
        "old": {"key": row.old_key, "issue_id": row.old_issue_id, "index": row.old_index},
        "new": {"key": row.new_key, "issue_id": row.new_issue_id, "index": row.new_index},
        "cells": [_cell(cell) for cell in row.cells],
    }


def _side(
    payload: OpenPayload, row: Row | None, index: int | None, path: Iterable[str], *, whole: bool
) -> dict[str, Any] | None:
    """The row on one side; with its values when the other side has none to compare them with."""
    if row is None:
        return None
    side: dict[str, Any] = {"key": row.key, "issue_id": row.issue_id, "index": index, "beneath": tuple(path)}
    if whole:
        columns: tuple[Column, ...] = payload.columns[row.level - 1]
        side["values"] = {column.id: value for column, value in zip(columns, row.values, strict=True)}
    return side


def _cell(cell: CellChange) -> dict[str, Any]:
    difference = cell_difference(cell.old, cell.new)
    return {
        "column": cell.column.id,
        "name": cell.column.name,
        "old": cell.old,
        "new": cell.new,
        "old_text": difference.old_text,
        "new_text": difference.new_text,
        "note": cell.note or difference.note,
        "words": [{"part": segment.part, "text": segment.text} for segment in difference.segments],
    }
