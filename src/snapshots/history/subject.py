"""What a comparison is of, in the words that every way of showing it uses. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from snapshots.capture.payload import Column, OpenPayload, Row
from snapshots.history.compare import Comparison, Counts, Kind, RowChange
from snapshots.history.text import readable_text
from snapshots.history.versions import HistoryEntry


@dataclass(frozen=True, slots=True)
class Subject:
    """The macro that two versions are compared of; `site` is the site's name or address."""

    site: str
    space_key: str
    page_title: str
    macro_id: str
    old: HistoryEntry
    new: HistoryEntry


KIND_WORDS: Mapping[Kind, str] = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "moved": "Moved",
    "moved_and_changed": "Moved and changed",
}
KIND_SIGNS: Mapping[Kind, str] = {
    "added": "+",
    "removed": "−",
    "changed": "~",
    "moved": "↕",
    "moved_and_changed": "↕~",
}
"""Kinds are told by sign and word, never by colour alone."""

TRIGGER_WORDS: Mapping[str, str] = {
    "person": "by hand",
    "macro_key": "with the macro's automation key",
    "global_key": "with the global automation key",
    "schedule": "on schedule",
}


def moment_words(moment: int) -> str:
    """µs UTC as `2026-03-12 09:30 UTC`."""
    return datetime.datetime.fromtimestamp(moment / 1_000_000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def count_words(counts: Counts) -> str:
    """`1 added, 3 changed`; rows that did not change are left out."""
    words = [f"{count:,} {KIND_WORDS[kind].lower()}" for kind in KIND_WORDS if (count := getattr(counts, kind))]
    if counts.renamed:
        words.append(f"{counts.renamed:,} only renamed by the move")
    return ", ".join(words) or "nothing changed"


def row_count_words(payload: OpenPayload, counts: tuple[int, ...]) -> str:
    """`3 Epics, 55 Stories`, or `3 rows` where the only level has no title."""
    titles = [level.title for level in payload.definition.levels]
    if len(counts) == 1 and not titles[0]:
        return f"{counts[0]:,} rows"
    return ", ".join(
        f"{count:,} {title or f'of level {level}'}"
        for level, (count, title) in enumerate(zip(counts, titles, strict=False), start=1)
    )


def level_words(comparison: Comparison, level: int) -> str:
    """The level's title, as the newer definition has it."""
    for payload in (comparison.new, comparison.old):
        if level <= len(payload.definition.levels):
            return payload.definition.levels[level - 1].title or f"Level {level}"
    return f"Level {level}"


def row_title(payload: OpenPayload, row: Row) -> str:
    """What a reader knows the row by besides its key: its summary, where that is shown."""
    for column, value in row_values(payload, row):
        if column.id == "summary":
            return readable_text(value)
    return ""


def row_values(payload: OpenPayload, row: Row) -> list[tuple[Column, object]]:
    return list(zip(payload.columns[row.level - 1], row.values, strict=True))


def move_words(change: RowChange) -> str:
    """Where a moved row came from; rows are counted from 1."""
    assert change.old_index is not None and change.new_index is not None
    if change.parent_changed and change.old_path[-1:] != change.new_path[-1:]:
        return f"from beneath {_parent(change.old_path)} to beneath {_parent(change.new_path)}"
    return f"from row {change.old_index + 1:,} to row {change.new_index + 1:,}"


def column_words(comparison: Comparison, level: int) -> list[str]:
    """How the columns of a level differ, a sentence for each way; empty when they do not."""
    changes = comparison.columns[level - 1]
    sentences = []
    if changes.added:
        sentences.append("added " + ", ".join(column.name for column in changes.added))
    if changes.removed:
        sentences.append("removed " + ", ".join(column.name for column in changes.removed))
    followed = dict(changes.followed)
    sentences += [
        f"renamed {old.name} to {new.name}" + (" by the move" if followed.get(old) == new else "")
        for old, new in changes.renamed
    ]
    if changes.reordered:
        sentences.append("shown in another order")
    return sentences


def move_of_jira_words(comparison: Comparison) -> list[str]:
    """Sentences about versions of different Jiras: from which to which, and what says so; empty for one Jira."""
    if not comparison.other_jira:
        return []
    jiras = f"{comparison.old.header.jira_url} and {comparison.new.header.jira_url}"
    if comparison.crossing is None:
        return [
            f"The versions were captured from two Jiras, {jiras}, and no import of Jira data says what became of the "
            "one in the other: rows are the same where their keys are."
        ]
    imports = [
        f"Followed by the import from {row.source_url} to {row.destination_url} of {moment_words(row.made_at)}, "
        f"by {row.made_by}, mapping {row.mapping_id}."
        for row in comparison.crossing.mappings
    ]
    return [
        f"The versions were captured from two Jiras, {jiras}: names that the move gave are no changes.",
        *imports,
    ]


def definition_words(comparison: Comparison) -> str:
    """What happened to the macro's definition in between; empty when it is the same."""
    if not comparison.definition_changed:
        return ""
    if comparison.definition_followed:
        return "The import rewrote the macro's definition for the new Jira; it asks for the same."
    return "The macro's definition changed in between."


def _parent(path: tuple[str, ...]) -> str:
    return path[-1] if path else "nothing"
