"""Whether an archive is still what was written, and makes sense: every finding, not the first."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from snapshots.backup import zip64
from snapshots.backup.manifest import Manifest, Member
from snapshots.backup.read import (
    get_length,
    hash_whole,
    iter_disagreements,
    iter_member,
    open_file,
    read_manifest,
    require_archive,
)
from snapshots.backup.zip64 import Entry
from snapshots.errors import DamageError, StorageError
from snapshots.findings import Finding
from snapshots.progress import Progress, silent
from snapshots.registry.records import KINDS, Record, RecordKind, kinds_in

_TAKE_ANOTHER = "take another copy of the archive"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What an archive was found to be: whole when `findings` is empty.

    `manifest` is None where it could not be read; `records_by_kind` counts the records that were.
    """

    manifest: Manifest | None
    findings: tuple[Finding, ...]
    records_by_kind: dict[str, int]


def verify_archive(path: Path, progress: Progress = silent) -> VerifyReport:
    """Check every byte and every record of an archive (docs/archive-format.md lists what is checked).

    Raises only where there is no archive to speak of: NotFound, StorageError, and InvalidInput for
    another kind of file or an archive of a newer Snapshots.
    """
    with open_file(path) as file:
        try:
            return _verify(file, path, progress)
        except OSError as error:
            raise StorageError(f"The archive {path} cannot be read: {error.strerror}; try again.") from error


def _verify(file: BinaryIO, path: Path, progress: Progress) -> VerifyReport:
    file_bytes = get_length(file)
    require_archive(file, file_bytes, path)
    _, mismatch = hash_whole(file, file_bytes)
    findings = [mismatch] if mismatch is not None else []
    try:
        entries = zip64.read_entries(file, file_bytes)
        manifest = read_manifest(file, entries)
    except DamageError as error:
        findings.append(Finding("layout-damaged", "archive", _reason(error), _TAKE_ANOTHER))
        return VerifyReport(None, tuple(findings), {})
    findings += iter_disagreements(manifest, entries)
    by_name = {entry.name: entry for entry in entries}
    records = _RecordCheck()
    total = sum(manifest.counts.values())
    known = {kind.name for kind in kinds_in(manifest.format_version)}
    for member in manifest.members:
        if member.name in by_name and member.kind in known:
            findings += _verify_member(file, by_name[member.name], member, manifest.format_version, records)
        progress("verifying records", sum(records.count_by_kind.values()), total, "records")
    return VerifyReport(manifest, tuple(findings), records.count_by_kind)


def _verify_member(
    file: BinaryIO, entry: Entry, member: Member, format_version: int, records: _RecordCheck
) -> Iterator[Finding]:
    records.begin(member)
    try:
        for batch in iter_member(file, entry, member, format_version):
            records.take(batch)
    except DamageError as error:
        records.incomplete_kinds.add(member.kind)
        yield Finding("member-damaged", f"member {member.name}", _reason(error), _TAKE_ANOTHER)
    yield from records.iter_findings()


def _reason(error: DamageError) -> str:
    """The error's sentence without its next step, which a finding gives apart."""
    return str(error).rpartition("; ")[0] or str(error)


@dataclass(slots=True)
class _RecordCheck:
    """Order and references of the records, kind after kind.

    Of each kind it remembers the ids alone, eight bytes apiece; they come sorted, so a look-up halves.
    """

    ids_by_kind: dict[str, array[int]] = field(default_factory=dict)
    count_by_kind: dict[str, int] = field(default_factory=dict)
    incomplete_kinds: set[str] = field(default_factory=set)
    """Kinds with a damaged member: what refers to them says nothing about the archive."""
    _member: Member | None = None
    _out_of_order: int | None = None
    _dangling: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def begin(self, member: Member) -> None:
        self._member = member
        self._out_of_order = None
        self._dangling = {}

    def take(self, batch: list[Record]) -> None:
        assert self._member is not None
        kind = KINDS[self._member.kind]
        ids = self.ids_by_kind.setdefault(kind.name, array("q"))
        newest = ids[-1] if ids else 0
        for record in batch:
            if record.id <= newest and self._out_of_order is None:
                self._out_of_order = record.id
            newest = record.id
        ids.extend(record.id for record in batch)
        self.count_by_kind[kind.name] = len(ids)
        self._look_up_references(kind, batch)

    def iter_findings(self) -> Iterator[Finding]:
        assert self._member is not None
        record = f"member {self._member.name}"
        if self._out_of_order is not None:
            evidence = f"record {self._out_of_order} does not have a higher id than the one before"
            yield Finding("records-out-of-order", record, evidence, _TAKE_ANOTHER)
        for column, dangling in self._dangling.items():
            record_id, target = dangling[0]
            evidence = (
                f"{len(dangling)} records have a {column} that the archive does not hold, first: {record_id} → {target}"
            )
            yield Finding("dangling-reference", record, evidence, _TAKE_ANOTHER)

    def _look_up_references(self, kind: RecordKind, batch: list[Record]) -> None:
        for column, target_kind in kind.references.items():
            if target_kind in self.incomplete_kinds:
                continue
            targets = [(record.id, getattr(record, column)) for record in batch]
            known = self.ids_by_kind.get(target_kind, array("q"))
            missing = {target for target in {target for _, target in targets} if not _holds(known, target)}
            if missing:
                found = self._dangling.setdefault(column, [])
                found += [pair for pair in targets if pair[1] in missing]


def _holds(ids: array[int], wanted: int) -> bool:
    position = bisect_left(ids, wanted)
    return position < len(ids) and ids[position] == wanted
