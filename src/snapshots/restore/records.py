"""A source's records page by page, in groups small enough for memory.

An archive lists versions in the order they were taken, all pages mixed; a restore needs one page's
records together. So they are dealt out into groups of whole pages. While little is read the groups
stay in memory; beyond that they wait in files, so memory follows the size of a group, not of the archive.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import GenericAlias, TracebackType
from typing import Any, Self, TypeVar

import msgspec

from snapshots.errors import DamageError, StorageError
from snapshots.progress import Progress
from snapshots.registry.records import (
    KINDS,
    MacroRecord,
    PageRecord,
    Record,
    StickerAssignmentRecord,
    StickerRecord,
    VersionRecord,
)
from snapshots.restore.keys import AssignmentKey, PageKey
from snapshots.restore.source import RecordSource, page_space_keys

VERSIONS_PER_GROUP = 20_000
PAGES_PER_GROUP = 1_000
_BUFFERED_RECORDS = 60_000
_LENGTH_BYTES = 4

AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass(slots=True)
class MacroRecords:
    """A macro and its history, by capture id."""

    record: MacroRecord
    versions: dict[str, VersionRecord] = field(default_factory=dict)
    rivals: dict[str, VersionRecord] = field(default_factory=dict)
    """Versions whose number another one of them has."""


@dataclass(slots=True)
class PageRecords:
    """All that a source knows of one page, found by what does not depend on ids."""

    key: PageKey
    record: PageRecord
    macros: dict[str, MacroRecords] = field(default_factory=dict)
    stickers: dict[str, StickerRecord] = field(default_factory=dict)
    assignments: dict[AssignmentKey, StickerAssignmentRecord] = field(default_factory=dict)


def assign_groups(page_keys: Iterable[PageKey], version_count: int) -> dict[PageKey, int]:
    """Which group each page is in: neighbours together, groups of about equal size."""
    keys = sorted(page_keys)
    groups = max(1, -(-len(keys) // PAGES_PER_GROUP), -(-version_count // VERSIONS_PER_GROUP))
    groups = min(groups, max(1, len(keys)))
    return {key: index * groups // len(keys) for index, key in enumerate(keys)}


class GroupedRecords:
    """A source's records, dealt out into groups. A context manager: its files go when it ends."""

    def __init__(self, groups: Mapping[PageKey, int]) -> None:
        self._group_of_page = groups
        self.count = max(groups.values(), default=-1) + 1
        self._keys: list[dict[int, PageKey]] = [{} for _ in range(self.count)]
        self._buffers: dict[tuple[int, str], list[Record]] = {}
        self._buffered = 0
        self._folder = tempfile.TemporaryDirectory(prefix="snapshots-restore-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def read(self, source: RecordSource, progress: Progress) -> None:
        """Deal out everything the source holds; records of pages without a group are left out.

        The whole source is read, so that damage shows here, before anything was decided or written.
        """
        try:
            self._read(source, progress)
        except OSError as error:
            raise StorageError(
                f"The records cannot be laid out in {self._folder.name} ({error.strerror}); "
                "make room there, or set TMPDIR to a folder on another disk."
            ) from None

    def _read(self, source: RecordSource, progress: Progress) -> None:
        group_of: dict[str, dict[int, int | None]] = {kind: {} for kind in KINDS}
        for page, space_key in page_space_keys(source):
            group = self._group_of_page.get((space_key, page.remote_id))
            group_of["page"][page.id] = group
            if group is not None:
                self._keys[group][page.id] = (space_key, page.remote_id)
                self._put(group, "page", page)
        for kind in ("macro", "version", "sticker", "sticker_assignment"):
            column, parent = next(iter(KINDS[kind].references.items()))
            parents, own = group_of[parent], group_of[kind]
            # Assignments are dealt out by their sticker, so nobody asks for the group of a version.
            is_referred_to = kind in ("macro", "sticker")
            total, done = source.facts.counts.get(kind), 0
            for batch in source.iter_batches(kind):
                for record in batch:
                    parent_id = getattr(record, column)
                    if parent_id not in parents:
                        raise _unknown_reference(kind, parent, parent_id)
                    group = parents[parent_id]
                    if is_referred_to:
                        own[record.id] = group
                    if group is not None:
                        self._put(group, kind, record)
                done += len(batch)
                progress(f"reading {kind.replace('_', ' ')}s", done, total, "records")

    def load(self, group: int) -> list[PageRecords]:
        """The pages of one group with all their records, sorted by key."""
        pages: dict[PageKey, PageRecords] = {}
        page_of: dict[int, PageRecords] = {}
        for page in self._iter_records(group, "page", PageRecord):
            key = self._keys[group][page.id]
            page_of[page.id] = pages.setdefault(key, PageRecords(key, page))
        versions = self._load_macros(group, page_of)
        self._load_stickers(group, page_of, versions)
        return [pages[key] for key in sorted(pages)]

    def _load_macros(self, group: int, page_of: Mapping[int, PageRecords]) -> dict[int, tuple[str, str]]:
        """Hang macros and versions below their pages; answers macro id and capture id of each version."""
        macro_of: dict[int, MacroRecords] = {}
        for macro in self._iter_records(group, "macro", MacroRecord):
            macro_of[macro.id] = page_of[macro.page_id].macros.setdefault(macro.remote_id, MacroRecords(macro))
        version_keys: dict[int, tuple[str, str]] = {}
        for version in self._iter_records(group, "version", VersionRecord):
            history = macro_of[version.macro_id]
            history.versions.setdefault(version.capture_id, version)
            version_keys[version.id] = (history.record.remote_id, version.capture_id)
        for history in macro_of.values():
            _set_rivals_aside(history)
        return version_keys

    def _load_stickers(
        self, group: int, page_of: Mapping[int, PageRecords], versions: Mapping[int, tuple[str, str]]
    ) -> None:
        """Hang stickers and their assignments below their pages."""
        sticker_of: dict[int, StickerRecord] = {}
        for sticker in self._iter_records(group, "sticker", StickerRecord):
            page_of[sticker.page_id].stickers.setdefault(sticker.name, sticker)
            sticker_of[sticker.id] = sticker
        for assignment in self._iter_records(group, "sticker_assignment", StickerAssignmentRecord):
            if assignment.version_id not in versions:
                raise _unknown_reference("sticker_assignment", "version", assignment.version_id)
            sticker = sticker_of[assignment.sticker_id]
            key = (sticker.name, *versions[assignment.version_id])
            page_of[sticker.page_id].assignments.setdefault(key, assignment)

    def iter_groups(self) -> Iterator[list[PageRecords]]:
        """Every group in turn; only one is in memory."""
        for group in range(self.count):
            yield self.load(group)

    def _put(self, group: int, kind: str, record: Record) -> None:
        self._buffers.setdefault((group, kind), []).append(record)
        self._buffered += 1
        if self._buffered >= _BUFFERED_RECORDS:
            self._write_buffers()

    def _write_buffers(self) -> None:
        for (group, kind), records in self._buffers.items():
            data = _encode(records)
            with self._file(group, kind).open("ab") as file:
                file.write(len(data).to_bytes(_LENGTH_BYTES) + data)
        self._buffers.clear()
        self._buffered = 0

    def _iter_records(self, group: int, kind: str, _type: type[AnyRecord]) -> Iterator[AnyRecord]:
        file = self._file(group, kind)
        if file.exists():
            with file.open("rb") as opened:
                while length := opened.read(_LENGTH_BYTES):
                    yield from _DECODERS[kind].decode(opened.read(int.from_bytes(length)))
        yield from self._buffers.get((group, kind), ())  # type: ignore[misc]

    def _file(self, group: int, kind: str) -> Path:
        return Path(self._folder.name) / f"{group}-{kind}"


_encode = msgspec.msgpack.Encoder().encode
_DECODERS: Mapping[str, msgspec.msgpack.Decoder[Any]] = {
    kind.name: msgspec.msgpack.Decoder(type=GenericAlias(list, (kind.struct,))) for kind in KINDS.values()
}


def _set_rivals_aside(macro: MacroRecords) -> None:
    """Leave one version for every number.

    One archive never repeats a number, but what is parked may come from an older archive, made before
    the source site was itself restored. The archive at hand was read first and keeps its numbers.
    """
    holders: dict[int, str] = {}
    for capture_id, version in list(macro.versions.items()):
        if holders.setdefault(version.number, capture_id) != capture_id:
            macro.rivals[capture_id] = macro.versions.pop(capture_id)


def _unknown_reference(kind: str, parent: str, parent_id: int) -> DamageError:
    return DamageError(f"A {kind} refers to {parent} {parent_id}, which is not in the archive; use another archive.")
