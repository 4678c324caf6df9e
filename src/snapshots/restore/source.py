"""Where records come from: an archive, or the records parked in the registry itself.

Both are read through `RecordSource`, so a parked record is taken up by the code that restores an archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from snapshots.errors import DamageError
from snapshots.registry import parked
from snapshots.registry.records import KINDS, PageRecord, Record, SpaceRecord
from snapshots.restore.keys import read_key, read_record

if TYPE_CHECKING:
    from snapshots.backup.read import Archive
    from snapshots.registry.engine import Registry
    from snapshots.registry.parked import ParkedRow

_BATCH_RECORDS = 2500


class SourceFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source says of itself. `sha256` is empty where there is no archive."""

    cloud_id: str
    site_name: str
    path: str
    sha256: str
    counts: dict[str, int]


class RecordSource(Protocol):
    """Records of one site. Ids in them are the source's own and mean something only inside it."""

    @property
    def facts(self) -> SourceFacts: ...

    def iter_batches(self, kind: str) -> Iterator[list[Record]]:
        """Every record of the kind, each once. May be called any number of times.

        Raises DamageError as soon as bytes are not what they were, which may be after some batches.
        """
        ...


class ArchiveSource:
    """The records of an open archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.facts = SourceFacts(
            cloud_id=archive.manifest.source.cloud_id,
            site_name=archive.manifest.source.name,
            path=str(archive.path),
            sha256=archive.sha256,
            counts=dict(archive.manifest.counts),
        )

    def iter_batches(self, kind: str) -> Iterator[list[Record]]:
        return self._archive.iter_batches(kind)


class ParkedSource:
    """The records of one source site that wait in this registry for their page, macro or payload.

    The ids they were archived with may come from several archives, so they are not used: a record gets
    a negative id of its own, and the record it refers to is found by the natural key, of which the
    key of the record itself begins.
    """

    def __init__(self, registry: Registry, site_id: int, cloud_id: str) -> None:
        self._registry = registry
        self._site_id = site_id
        self._cloud_id = cloud_id
        self._ids: dict[tuple[str, tuple[str, ...]], int] = {}
        self.facts = SourceFacts(cloud_id=cloud_id, site_name="", path="", sha256="", counts=self._index())

    def iter_batches(self, kind: str) -> Iterator[list[Record]]:
        if kind == "space":
            yield self._make_spaces()
            return
        batch: list[Record] = []
        for row in self._iter_rows(kind):
            batch.append(self._read_record(row))
            if len(batch) == _BATCH_RECORDS:
                yield batch
                batch = []
        yield batch

    def _index(self) -> dict[str, int]:
        """Note the ids of records that others refer to, and count; versions are many, and few carry stickers."""
        counts = dict.fromkeys(KINDS, 0)
        stickered: set[tuple[str, ...]] = set()
        for row in self._iter_rows("sticker_assignment"):
            space_key, page_id, _, macro_id, capture_id = read_key(row.natural_key)
            stickered.add((space_key, page_id, macro_id, capture_id))
            counts[row.kind] += 1
        for kind in ("page", "macro", "sticker", "version"):
            for row in self._iter_rows(kind):
                key = read_key(row.natural_key)
                if kind != "version" or key in stickered:
                    self._ids[kind, key] = -row.id
                counts[kind] += 1
        return counts

    def _iter_rows(self, kind: str) -> Iterator[ParkedRow]:
        with self._registry.read() as conn:
            for row in parked.iter_parked(conn, self._site_id, kind):
                if row.source_cloud_id == self._cloud_id:
                    yield row

    def _make_spaces(self) -> list[Record]:
        """Spaces do not wait; all that matters of one is its key, which its pages carry."""
        keys = sorted({key[0] for kind, key in self._ids if kind == "page"})
        return [SpaceRecord(id=self._space_id(key), key=key, remote_id="", name=key) for key in keys]

    def _space_id(self, space_key: str) -> int:
        return self._ids.setdefault(("space", (space_key,)), -len(self._ids) - 1)

    def _read_record(self, row: ParkedRow) -> Record:
        record = read_record(row.kind, row.record)
        references = self._references(row.kind, read_key(row.natural_key))
        return msgspec.structs.replace(record, id=-row.id, **references)

    def _references(self, kind: str, key: tuple[str, ...]) -> dict[str, int]:
        match kind, key:
            case "page", (space_key, _):
                return {"space_id": self._space_id(space_key)}
            case (("macro" | "sticker"), (space_key, page_id, _)):
                return {"page_id": self._id("page", (space_key, page_id))}
            case "version", (space_key, page_id, macro_id, _):
                return {"macro_id": self._id("macro", (space_key, page_id, macro_id))}
            case "sticker_assignment", (space_key, page_id, sticker, macro_id, capture_id):
                return {
                    "sticker_id": self._id("sticker", (space_key, page_id, sticker)),
                    "version_id": self._id("version", (space_key, page_id, macro_id, capture_id)),
                }
        raise DamageError(f"A parked {kind} has the key {key}, which is not of its kind; restore its archive again.")

    def _id(self, kind: str, key: tuple[str, ...]) -> int:
        if (found := self._ids.get((kind, key))) is None:
            raise DamageError(f"The {kind} {key} of a parked record is not kept; restore its archive again.")
        return found


def join_parked(source: RecordSource, registry: Registry, site_id: int) -> RecordSource:
    """The source, and what the registry still has waiting for this site from the same source site."""
    if isinstance(source, ParkedSource):
        return source
    return JoinedSource(source, ParkedSource(registry, site_id, source.facts.cloud_id))


class JoinedSource:
    """An archive together with what is parked of the same site, as one source; the archive comes first."""

    def __init__(self, archive: RecordSource, waiting: RecordSource) -> None:
        self._parts = (archive, waiting)
        self.facts = msgspec.structs.replace(archive.facts, counts=_add(archive.facts.counts, waiting.facts.counts))

    def iter_batches(self, kind: str) -> Iterator[list[Record]]:
        for part in self._parts:
            yield from part.iter_batches(kind)


def page_space_keys(source: RecordSource) -> Iterator[tuple[PageRecord, str]]:
    """Every page of the source with its space key. Raises DamageError for a page of no space."""
    keys = {
        space.id: space.key
        for batch in source.iter_batches("space")
        for space in batch
        if isinstance(space, SpaceRecord)
    }
    for batch in source.iter_batches("page"):
        for page in batch:
            assert isinstance(page, PageRecord)
            if page.space_id not in keys:
                raise DamageError(f"Page {page.remote_id} refers to a space that is not in the archive; use another.")
            yield page, keys[page.space_id]


def _add(some: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {kind: some.get(kind, 0) + more.get(kind, 0) for kind in KINDS}
