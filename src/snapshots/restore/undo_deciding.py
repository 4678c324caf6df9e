"""What undoing one chunk of a restore does now: what goes, what comes back, and what later work keeps. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import sqlalchemy as sa

from snapshots.findings import Finding
from snapshots.registry import bulk, removal
from snapshots.registry.records import KINDS
from snapshots.registry.removal import Going, Range
from snapshots.restore.journal import Journal, MovedVersion, UpdatedRecord, iter_prints, print_row

REMOVAL_ORDER = (
    "sticker_assignment", "version", "sticker", "macro", "page", "space", "mapped_thing", "jira_mapping"
)  # fmt: skip
"""What refers to others goes before them."""

_ON_PAGES = ("page", "macro", "version", "sticker", "sticker_assignment")

_LATER = {
    "version": ("snapshot", "snapshots"),
    "sticker_assignment": ("sticker put on a version", "stickers put on versions"),
}


LaterRow: TypeAlias = tuple[str, int]
"""Table and id of a row that was not there when the restore was done, or was changed since."""


@dataclass(frozen=True, slots=True)
class ChunkUndo:
    """The decision about one chunk. `kept` are rows the restore made and later work needs, by kind."""

    kept: dict[str, set[int]] = field(default_factory=dict)
    put_back: list[UpdatedRecord] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    """Old numbers by id of the version."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """By kind, how many are removed, put back and kept."""
    findings: list[Finding] = field(default_factory=list)

    def without_rows(self) -> ChunkUndo:
        """Only what there is to tell, so that a plan over many chunks stays small."""
        return replace(self, kept={}, put_back=[], numbers={})


@dataclass(slots=True)
class _Reasons:
    """Why something is kept, page by page."""

    kept: dict[int, Counter[str]] = field(default_factory=dict)
    later: dict[int, set[LaterRow]] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)


def decide_undo(conn: sa.Connection, journal: Journal, going: Going) -> ChunkUndo:
    """Decide about one chunk. `going` holds what later chunks of the same undo take away, and is added to."""
    counts: dict[str, Counter[str]] = {}
    reasons = _Reasons()
    kept: dict[str, set[int]] = {}
    for kind in REMOVAL_ORDER:
        ids = journal.created.get(kind)
        if ids is not None:
            changed, strangers = _find_changed(conn, journal, kind, ids)
            _note_pages(conn, kind, reasons, {row_id: {(kind, row_id)} for row_id in changed})
            needed = _find_needed(conn, kind, ids, going)
            _note_pages(conn, kind, reasons, needed)
            stay = changed | needed.keys()
            removed = removal.count_between(conn, kind, ids) - len(stay | strangers)
            counts.setdefault(kind, Counter()).update(removed=removed, kept=len(stay - strangers))
            going.add(KINDS[kind].table.name, ids, stay, strangers)
            kept[kind] = stay | strangers
    put_back = _decide_updates(conn, journal, counts, reasons)
    numbers = _decide_numbers(conn, journal, kept.get("version", set()), reasons)
    changed = {updated.id for updated in put_back if updated.kind == "version"} | numbers.keys()
    if changed:
        counts.setdefault("version", Counter())["put_back"] = len(changed)
    if journal.parked or journal.was_parked:
        counts["parked_record"] = Counter(removed=len(journal.parked), put_back=len(journal.was_parked))
    told = {kind: {word: number for word, number in words.items() if number} for kind, words in counts.items()}
    findings = _describe(conn, reasons)
    return ChunkUndo(kept, put_back, numbers, {kind: words for kind, words in told.items() if words}, findings)


def _find_changed(conn: sa.Connection, journal: Journal, kind: str, ids: Range) -> tuple[set[int], set[int]]:
    """Of the kinds that people change: rows that are no longer as they were made, and strangers in their range."""
    if kind not in journal.prints:
        return set(), set()
    prints = dict(iter_prints(journal, kind))
    rows = removal.iter_rows_between(conn, kind, ids, KINDS[kind].columns)
    other = {int(str(row[0])) for row in rows if prints.get(int(str(row[0]))) != print_row(row)}
    # Nobody changes an assignment: another one of the same id came later, when the first was taken off.
    return (set(), other) if kind == "sticker_assignment" else (other, set())


def _find_needed(conn: sa.Connection, kind: str, ids: Range, going: Going) -> dict[int, set[LaterRow]]:
    """Created rows that a row which stays refers to, and what of it came later."""
    needed: dict[int, set[LaterRow]] = {}
    for referrer in removal.iter_referrers(conn, kind, ids, going):
        later = needed.setdefault(referrer.refers_to, set())
        if referrer.is_new:
            later.add((referrer.table, referrer.row_id))
    return needed


def _note_pages(conn: sa.Connection, kind: str, reasons: _Reasons, later: Mapping[int, set[LaterRow]]) -> None:
    if kind not in _ON_PAGES:
        # A space that is kept has a page that came later, and needs no word; nothing comes later to Jira data.
        return
    for row_id, page_id in removal.find_pages_of(conn, kind, later.keys()).items():
        reasons.kept.setdefault(page_id, Counter())[kind] += 1
        reasons.later.setdefault(page_id, set()).update(later[row_id])


def _decide_updates(
    conn: sa.Connection, journal: Journal, counts: dict[str, Counter[str]], reasons: _Reasons
) -> list[UpdatedRecord]:
    """The records that are still as the restore left them in what it wrote over."""
    put_back: list[UpdatedRecord] = []
    by_kind: dict[str, list[UpdatedRecord]] = {}
    for updated in journal.updated:
        by_kind.setdefault(updated.kind, []).append(updated)
    for kind, of_kind in by_kind.items():
        columns = KINDS[kind].columns
        rows = bulk.iter_rows_of(conn, kind, "id", [updated.id for updated in of_kind], columns)
        present = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
        retaken = _find_retaken(conn, journal, [updated.id for updated in of_kind]) if kind == "macro" else set()
        changed: set[int] = set()
        for updated in of_kind:
            row = present.get(updated.id)
            if row is None:
                continue
            wanted = {**updated.new, **{name: updated.old[name] for name in KINDS[kind].references}}
            if updated.id in retaken or any(row[name] != value for name, value in wanted.items()):
                changed.add(updated.id)
            else:
                put_back.append(updated)
        counts.setdefault(kind, Counter()).update(put_back=len(of_kind) - len(changed), kept=len(changed))
        for page_id in removal.find_pages_of(conn, kind, changed).values():
            noun = kind.replace("_", " ")
            reasons.notes.setdefault(page_id, []).append(f"a {noun} was changed again since, and stays as it is")
    return put_back


def _find_retaken(conn: sa.Connection, journal: Journal, macro_ids: list[int]) -> set[int]:
    """Macros of which a snapshot was taken since: then their definition is that of the snapshot."""
    versions = bulk.iter_rows_of(conn, "version", "macro_id", macro_ids, ("id", "macro_id"))
    return {macro_id for version_id, macro_id in versions if version_id > journal.last_version_id}


def _decide_numbers(conn: sa.Connection, journal: Journal, kept: set[int], reasons: _Reasons) -> dict[int, int]:
    """Old numbers for the versions that were moved: for all of a macro, or, where one is not free, for none."""
    moved = {each.id: each for each in journal.moved}
    rows = bulk.iter_rows_of(conn, "version", "id", list(moved), ("id", "macro_id", "number"))
    by_macro: dict[int, list[tuple[MovedVersion, int]]] = {}
    for version_id, macro_id, number in rows:
        by_macro.setdefault(macro_id, []).append((moved[version_id], number))
    first, last = journal.created.get("version", (0, -1))
    held: dict[int, set[int]] = {}
    columns = ("id", "macro_id", "number")
    for version_id, macro_id, number in bulk.iter_rows_of(conn, "version", "macro_id", list(by_macro), columns):
        goes = first <= version_id <= last and version_id not in kept
        if not goes and version_id not in moved:
            held.setdefault(macro_id, set()).add(number)
    numbers: dict[int, int] = {}
    for macro_id, versions in by_macro.items():
        old = {version.old for version, _ in versions}
        if old.isdisjoint(held.get(macro_id, ())) and all(version.new == number for version, number in versions):
            numbers.update((version.id, version.old) for version, _ in versions)
        else:
            for page_id in removal.find_pages_of(conn, "macro", [macro_id]).values():
                reasons.notes.setdefault(page_id, []).append(
                    "snapshots taken before the restore keep their new numbers, since an old one is in use"
                )
    return numbers


def _describe(conn: sa.Connection, reasons: _Reasons) -> list[Finding]:
    """One finding for each page of which something is kept."""
    pages = removal.describe_pages(conn, {*reasons.kept, *reasons.notes})
    findings: list[Finding] = []
    for page_id, record in pages.items():
        words: list[str] = []
        if page_id in reasons.kept:
            kept = _list(reasons.kept[page_id], {})
            later = _list(Counter(table for table, _ in reasons.later[page_id]), _LATER)
            words.append(f"{kept} of the restore stay because of later work: {later}")
        words += reasons.notes.get(page_id, [])
        action = "Nothing, or take the later work away and restore and undo once more."
        findings.append(Finding("later-work-kept", record, "; ".join(words), action))
    return findings


def _list(counted: Counter[str], names: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{number:,} {_name(name, number, names)}" for name, number in sorted(counted.items()) if number)


def _name(kind: str, number: int, names: Mapping[str, tuple[str, str]]) -> str:
    noun = kind.replace("_", " ")
    one, many = names.get(kind, (noun, f"{noun}s"))
    return one if number == 1 else many
