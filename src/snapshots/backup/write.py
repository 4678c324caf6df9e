"""Writing an archive: one snapshot of the registry, packed while the next block is being read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from snapshots.backup import manifest as manifests
from snapshots.backup.manifest import Manifest, Member
from snapshots.backup.selection import ResolvedSelection
from snapshots.backup.unpack import is_bomb
from snapshots.backup.zip64 import ZipWriter
from snapshots.errors import DecisionNeeded, NotFound, StorageError
from snapshots.progress import Progress, silent
from snapshots.registry import bulk, spaces
from snapshots.registry.engine import Registry
from snapshots.registry.records import TRAVELS
from snapshots.registry.sites import SiteRow
from snapshots.whole_files import new_file

Item = TypeVar("Item")

_BLOCKS_IN_MEMBER = manifests.MEMBER_RECORDS // bulk.BLOCK_RECORDS


@dataclass(frozen=True, slots=True)
class WrittenArchive:
    """An archive that lies complete at `path`, with its length and the SHA-256 of the whole file."""

    path: Path
    bytes: int
    sha256: str
    manifest: Manifest


def write_archive(
    registry: Registry,
    site: SiteRow,
    selection: ResolvedSelection,
    path: Path,
    progress: Progress = silent,
    *,
    created_at: int | None = None,
) -> WrittenArchive:
    """Write the site's records of the selected spaces to `path`, replacing what was there.

    Everything is of one moment of the registry; equal records and `created_at` (µs UTC, default now)
    give equal bytes. `path` gets the archive only when it is whole and on the disk. Raises
    StorageError when it cannot be written, DecisionNeeded while unknown keys are not confirmed.
    """
    require_decided(selection)
    created_at = time.time_ns() // 1000 if created_at is None else created_at
    with new_file(path, "The archive") as file:
        archive = ZipWriter(file, created_at)
        expected = _Expected()
        members = _write_members(archive, _iter_blocks(registry, site.id, selection, expected), expected, progress)
        counts = {kind.name: sum(m.records for m in members if m.kind == kind.name) for kind in TRAVELS}
        manifest = Manifest(
            format=manifests.FORMAT,
            format_version=manifests.FORMAT_VERSION,
            producer=f"snapshots {version('snapshots')}",
            created_at=created_at,
            source=manifests.Source(site.name, site.confluence_url, site.jira_url, site.cloud_id),
            selection=manifests.SelectedSpaces(selection.mode, selection.keys),
            counts=counts,
            members=tuple(members),
        )
        last = archive.open_member(manifests.MEMBER_NAME)
        last.write(manifests.encode_manifest(manifest))
        archive.finish_member(last)
        length, sha256 = archive.finish()
    return WrittenArchive(path, length, sha256, manifest)


def require_decided(selection: ResolvedSelection) -> None:
    if selection.unknown and not selection.confirmed:
        keys = ", ".join(unknown.key for unknown in selection.unknown)
        raise DecisionNeeded(
            f"There is no space with these keys: {keys}; correct them, or confirm that the backup goes on without them."
        )


@dataclass(slots=True)
class _Expected:
    """How many records the snapshot holds, known as soon as it is open."""

    records: int | None = None


def _iter_blocks(
    registry: Registry, site_id: int, selection: ResolvedSelection, expected: _Expected
) -> Iterator[tuple[str, bytes]]:
    """Blocks of JSON lines with their kind, in the order of the catalogue, all from one snapshot."""
    with registry.read() as conn:
        space_ids = None
        if selection.mode != "all":
            known = {space.key: space.id for space in spaces.list_spaces(conn, site_id)}
            space_ids = [_get_space_id(known, key) for key in selection.keys]
        expected.records = sum(bulk.count_records(conn, kind.name, site_id, space_ids) for kind in TRAVELS)
        for kind in TRAVELS:
            for block in bulk.iter_record_blocks(conn, kind.name, site_id, space_ids):
                yield kind.name, block


def _get_space_id(known: dict[str, int], key: str) -> int:
    if key not in known:
        raise NotFound(f"The space '{key}' is no longer in the registry; choose the spaces again.")
    return known[key]


def _write_members(
    archive: ZipWriter, blocks: Iterator[tuple[str, bytes]], expected: _Expected, progress: Progress
) -> list[Member]:
    members: list[Member] = []
    done = 0
    for kind, of_kind in groupby(_read_ahead(blocks), key=lambda item: item[0]):
        for number, (_, numbered) in enumerate(
            groupby(enumerate(of_kind), key=lambda item: item[0] // _BLOCKS_IN_MEMBER), start=1
        ):
            member = archive.open_member(manifests.member_name(kind, number))
            member.write(manifests.header_line(kind))
            records = 0
            for _, (_, block) in numbered:
                member.write(block)
                # JSON escapes a line feed in text, so each one ends a record.
                records += block.count(b"\n")
                progress("writing records", done + records, expected.records, "records")
            entry = archive.finish_member(member)
            if is_bomb(entry):
                raise StorageError(
                    f"Member {entry.name} packs so well that no reader would trust it; report this as a fault."
                )
            members.append(Member(entry.name, kind, records, entry.unpacked_bytes, member.sha256))
            done += records
    return members


def _read_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made in another thread while the one before is being used."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
        coming = reader.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = reader.submit(next, items, None)
            yield item
