"""What a chunk of a restore changed, kept in the chunk's own transaction: enough to undo it to the byte.

A chunk makes most of its records, so the journal holds ranges of ids and not the records. It holds the old
values of what was written over, and whole what was taken off the list of parked records. It is about a
hundredth of what the chunk wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from isal import isal_zlib

from snapshots.errors import DamageError
from snapshots.registry.parked import ParkedRow
from snapshots.restore.deciding import PageDecision
from snapshots.restore.keys import PageKey, read_key

PRINT_BYTES = 8

_PRINTED = ("sticker", "sticker_assignment")
"""Kinds whose rows people change and take away. Then SQLite gives the id to another row, so a row is known by
a print of its values. Pages, macros and versions are taken away by an undo only, and its own range never twice."""


class UpdatedRecord(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A record that was here: all its old values, and those written over."""

    kind: str
    id: int
    old: dict[str, Any]
    new: dict[str, Any]


class MovedVersion(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A version that was here and was given another number."""

    id: int
    old: int
    new: int


class Journal(msgspec.Struct, forbid_unknown_fields=True):
    """The changes of one chunk."""

    created: dict[str, tuple[int, int]] = {}
    """By kind, the first and the last id."""
    prints: dict[str, bytes] = {}
    """By kind, a print of each created row, in the order of their ids."""
    updated: list[UpdatedRecord] = []
    moved: list[MovedVersion] = []
    parked: list[tuple[str, str]] = []
    """Kind and natural key of records that were not parked before."""
    was_parked: list[ParkedRow] = []
    """Rows of parked records as they were before they were changed or taken off."""
    last_version_id: int = 0
    """The highest id of a version when the chunk was done: one above it was taken or restored later."""
    changed_pages: list[int] = []
    """Row ids of the pages that were here, and to which something was done."""

    def note_decisions(self, decisions: Iterable[PageDecision]) -> None:
        """Note what will be written over."""
        for decision in decisions:
            if decision.here is None:
                continue
            for update in decision.updates:
                old = msgspec.structs.asdict(update.here)
                self.updated.append(UpdatedRecord(update.kind, update.record_id, old, dict(update.values)))
            if decision.new_numbers:
                numbers = {
                    version.id: version.number
                    for macro in decision.here.macros.values()
                    for version in macro.versions.values()
                }
                self.moved += [MovedVersion(row, numbers[row], new) for row, new in decision.new_numbers.items()]
            if decision.changes_anything:
                self.changed_pages.append(decision.here.record.id)

    def note_created(self, kind: str, first_id: int, count: int) -> None:
        """Note that rows of the kind were made, ids from `first_id` on without a gap."""
        if count:
            self.created[kind] = (first_id, first_id + count - 1)

    def with_prints(self, kind: str, records: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """The records, each printed on the way where its kind needs that."""
        return self._printing(kind, records) if kind in _PRINTED else records

    def _printing(self, kind: str, records: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        prints = bytearray()
        for record in records:
            prints += print_row(record)
            yield record
        self.prints[kind] = bytes(prints)


class ChangedPages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pages a chunk changed: as the registry has them, and, where records were parked, as the source has them."""

    here: list[int]
    created: tuple[int, int] | None
    source: list[PageKey]


def print_row(values: Sequence[Any]) -> bytes:
    """What tells the row from another one."""
    return hashlib.blake2b(msgspec.json.encode(tuple(values)), digest_size=PRINT_BYTES).digest()


def describe_pages(journal: Journal) -> ChangedPages:
    keys = {key for _, key in journal.parked} | {row.natural_key for row in journal.was_parked}
    source = {(parts[0], parts[1]) for parts in map(read_key, keys)}
    return ChangedPages(journal.changed_pages, journal.created.get("page"), sorted(source))


def write_journal(journal: Journal) -> bytes:
    return bytes(isal_zlib.compress(msgspec.json.encode(journal), 1))


def read_journal(data: bytes) -> Journal:
    """What `write_journal` wrote. Raises DamageError."""
    try:
        return msgspec.json.decode(isal_zlib.decompress(data), type=Journal)
    except (isal_zlib.error, msgspec.DecodeError) as error:  # type: ignore[misc]  # the stub gives an instance
        raise DamageError(f"The journal of a restore cannot be read ({error}); restore the registry itself.") from None


def write_pages(pages: ChangedPages) -> str:
    return msgspec.json.encode(pages).decode()


def read_pages(text: str) -> ChangedPages:
    """What `write_pages` wrote. Raises DamageError."""
    try:
        return msgspec.json.decode(text, type=ChangedPages)
    except msgspec.DecodeError as error:
        raise DamageError(f"The journal of a restore cannot be read ({error}); restore the registry itself.") from None


def iter_prints(journal: Journal, kind: str) -> Iterator[tuple[int, bytes]]:
    """Row id and print of each created row of the kind; nothing for kinds without prints."""
    first, _ = journal.created.get(kind, (0, -1))
    prints = journal.prints.get(kind, b"")
    for place in range(len(prints) // PRINT_BYTES):
        yield first + place, prints[place * PRINT_BYTES : (place + 1) * PRINT_BYTES]


def columns_to_put_back(updated: UpdatedRecord) -> Mapping[str, Any]:
    return {column: updated.old[column] for column in updated.new}
