"""Writing decisions to the registry, inside the transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from snapshots.errors import DamageError
from snapshots.registry import bulk, changes, parked, spaces
from snapshots.registry.parked import NewParked, ParkedRow
from snapshots.registry.records import KINDS, PageRecord, Record
from snapshots.restore.deciding import PageDecision, ParkedRecord
from snapshots.restore.journal import Journal
from snapshots.restore.keys import KINDS_PARKED, PageKey, read_record, write_key, write_record
from snapshots.restore.plan import TargetPage
from snapshots.restore.records import PageRecords

_REFERRED_TO = ("page", "macro", "sticker")


class UnmappedId(DamageError):
    """A record refers to another one that has no place in this registry."""


class IdMap:
    """Where each record of the source lives in this registry.

    Ids are local to a registry: version 17 there is some other version here. So records are looked up
    by natural key, and a look-up answers with the id here or raises `UnmappedId`; it never hands an id
    of the source back, because a plausible wrong link is worse than a failed restore.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[str, PageKey, tuple[str, ...]], int] = {}

    def put(self, kind: str, page: PageKey, key: tuple[str, ...], record_id: int) -> None:
        """Note the id here; `key` is what identifies the record on its page."""
        self._ids[kind, page, key] = record_id

    def get(self, kind: str, page: PageKey, key: tuple[str, ...] = ()) -> int:
        """The id here. Raises UnmappedId."""
        try:
            return self._ids[kind, page, key]
        except KeyError:
            name = " ".join((*page, *key))
            raise UnmappedId(f"The {kind} {name} is referred to but was not restored; use another archive.") from None


def write_decisions(
    conn: sa.Connection,
    site_id: int,
    decisions: Sequence[PageDecision],
    targets: Mapping[PageKey, TargetPage],
    journal: Journal,
) -> None:
    """Carry out the decisions about pages that have a counterpart. `targets` has it for each of them."""
    ids = IdMap()
    placed = [decision for decision in decisions if decision.records.key in targets]
    journal.note_decisions(placed)
    for decision in placed:
        if decision.here is not None:
            _note_what_is_here(decision.records.key, decision.here, ids)
        changes.move_versions(conn, decision.new_numbers)
        for update in decision.updates:
            changes.update_record(conn, update.kind, update.record_id, update.values)
    new_pages = [decision.records.key for decision in placed if decision.here is None]
    space_ids = _have_spaces(conn, site_id, {targets[key] for key in new_pages}, journal)
    first_id = bulk.next_id(conn, "page")
    _insert(conn, "page", _make_pages(new_pages, targets, space_ids, ids, first_id), first_id, journal)
    for kind, make_rows in (
        ("macro", _make_macros),
        ("version", _make_versions),
        ("sticker", _make_stickers),
        ("sticker_assignment", _make_assignments),
    ):
        first_id = bulk.next_id(conn, kind)
        _insert(conn, kind, make_rows(placed, ids, first_id), first_id, journal)
    journal.last_version_id = bulk.next_id(conn, "version") - 1


def _insert(conn: sa.Connection, kind: str, records: Iterable[Sequence[Any]], first_id: int, journal: Journal) -> None:
    """Insert records with ids from `first_id` on."""
    count = bulk.insert_records(conn, kind, journal.with_prints(kind, records))
    journal.note_created(kind, first_id, count)


def _note_what_is_here(key: PageKey, here: PageRecords, ids: IdMap) -> None:
    ids.put("page", key, (), here.record.id)
    for macro_id, macro in here.macros.items():
        ids.put("macro", key, (macro_id,), macro.record.id)
        for capture_id, version in macro.versions.items():
            ids.put("version", key, (macro_id, capture_id), version.id)
    for name, sticker in here.stickers.items():
        ids.put("sticker", key, (name,), sticker.id)


def _have_spaces(conn: sa.Connection, site_id: int, targets: Iterable[TargetPage], journal: Journal) -> dict[str, int]:
    """Row id by space key, for the spaces of all these pages. A space that is known is left as it is."""
    known = {space.key: space.id for space in spaces.list_spaces(conn, site_id)}
    wanted = {target.space_key: (target.space_id, target.space_name) for target in targets}
    first_id = bulk.next_id(conn, "space")
    new = {key: first_id + place for place, key in enumerate(sorted(wanted.keys() - known.keys()))}
    rows = [(row_id, key, *wanted[key], site_id) for key, row_id in new.items()]
    _insert(conn, "space", rows, first_id, journal)
    return known | new


def _make_pages(
    keys: Iterable[PageKey],
    targets: Mapping[PageKey, TargetPage],
    space_ids: Mapping[str, int],
    ids: IdMap,
    next_id: int,
) -> Iterator[Sequence[Any]]:
    for key in keys:
        target = targets[key]
        ids.put("page", key, (), next_id)
        yield _values(PageRecord(next_id, space_ids[target.space_key], target.page_id, target.title))
        next_id += 1


def _make_macros(decisions: Iterable[PageDecision], ids: IdMap, next_id: int) -> Iterator[Sequence[Any]]:
    for decision in decisions:
        key = decision.records.key
        for macro in decision.new_macros:
            ids.put("macro", key, (macro.remote_id,), next_id)
            yield _values(macro, id=next_id, page_id=ids.get("page", key))
            next_id += 1


def _make_versions(decisions: Iterable[PageDecision], ids: IdMap, next_id: int) -> Iterator[Sequence[Any]]:
    for decision in decisions:
        key = decision.records.key
        stickered = {assigned[1:] for assigned, _ in decision.new_assignments}
        for macro_id, version, location in decision.new_versions:
            # Only a sticker refers to a version, and few carry one.
            if (macro_id, version.capture_id) in stickered:
                ids.put("version", key, (macro_id, version.capture_id), next_id)
            yield _values(
                version,
                id=next_id,
                macro_id=ids.get("macro", key, (macro_id,)),
                attachment_version=location.attachment_version,
                page_version=location.page_version,
            )
            next_id += 1


def _make_stickers(decisions: Iterable[PageDecision], ids: IdMap, next_id: int) -> Iterator[Sequence[Any]]:
    for decision in decisions:
        key = decision.records.key
        for sticker in decision.new_stickers:
            ids.put("sticker", key, (sticker.name,), next_id)
            yield _values(sticker, id=next_id, page_id=ids.get("page", key))
            next_id += 1


def _make_assignments(decisions: Iterable[PageDecision], ids: IdMap, next_id: int) -> Iterator[Sequence[Any]]:
    for decision in decisions:
        key = decision.records.key
        for (sticker, macro_id, capture_id), assignment in decision.new_assignments:
            yield _values(
                assignment,
                id=next_id,
                sticker_id=ids.get("sticker", key, (sticker,)),
                version_id=ids.get("version", key, (macro_id, capture_id)),
            )
            next_id += 1


def _values(record: Record, **replaced: int | None) -> Sequence[Any]:
    """The record's values in the order of its fields, some of them replaced."""
    return msgspec.structs.astuple(msgspec.structs.replace(record, **replaced))


def write_parked(
    conn: sa.Connection,
    site_id: int,
    source_cloud_id: str,
    decisions: Iterable[PageDecision],
    *,
    all_parked_joined: bool,
    now: int,
    journal: Journal,
) -> None:
    """Park what has to wait, and take what found its place off the list.

    A record that waits already keeps its row and its moment. Unless everything that is parked of these
    pages was part of this run, pages, macros and stickers stay on the list, for others may need them.
    """
    waiting_now = parked.count_parked(conn, site_id)
    for kind in KINDS_PARKED:
        waiting = {record.key: record for decision in decisions for record in decision.parked if record.kind == kind}
        known: dict[str, ParkedRow] = {}
        if waiting_now.get(kind):
            keys = (key for decision in decisions for key in _iter_keys(decision.records, kind))
            known = {row.natural_key: row for row in parked.list_parked(conn, site_id, source_cloud_id, kind, keys)}
        changed = {
            key: record for key, record in waiting.items() if key not in known or not _is_same(known[key], record)
        }
        parked.put_parked(
            conn,
            [_make_parked(record, site_id, source_cloud_id, known.get(key), now) for key, record in changed.items()],
        )
        placed: list[ParkedRow] = []
        if all_parked_joined or kind not in _REFERRED_TO:
            placed = [row for key, row in known.items() if key not in waiting]
            parked.delete_parked(conn, [row.id for row in placed])
        journal.parked += [(kind, key) for key in changed if key not in known]
        journal.was_parked += [known[key] for key in changed if key in known] + placed


def _iter_keys(records: PageRecords, kind: str) -> Iterator[str]:
    """Natural keys of all the page's records of one kind."""
    page = records.key
    match kind:
        case "page":
            yield write_key(*page)
        case "macro":
            yield from (write_key(*page, macro_id) for macro_id in records.macros)
        case "version":
            for macro_id, macro in records.macros.items():
                yield from (write_key(*page, macro_id, capture) for capture in (*macro.versions, *macro.rivals))
        case "sticker":
            yield from (write_key(*page, name) for name in records.stickers)
        case _:
            yield from (write_key(*page, *key) for key in records.assignments)


def _make_parked(
    record: ParkedRecord, site_id: int, source_cloud_id: str, known: ParkedRow | None, now: int
) -> NewParked:
    return NewParked(
        site_id=site_id,
        source_cloud_id=source_cloud_id,
        kind=record.kind,
        natural_key=record.key,
        record=write_record(record.record),
        reason=record.reason,
        parked_at=known.parked_at if known else now,
    )


def _is_same(known: ParkedRow, record: ParkedRecord) -> bool:
    """Whether the row says all this already; ids do not count, for what is parked gets others when it is read."""
    kind = KINDS[record.kind]
    ids = dict.fromkeys(("id", *kind.references), 0)
    there = read_record(record.kind, known.record)
    return known.reason == record.reason and msgspec.structs.replace(there, **ids) == msgspec.structs.replace(
        record.record, **ids
    )
