"""What became of a Jira's data, restored for the site as a whole: it belongs to no page, and none has to be there.

An import is kept whole under a UUID of its own, so it is created or already there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from snapshots.errors import DamageError
from snapshots.findings import Finding
from snapshots.registry import bulk, jira_mappings
from snapshots.registry.jira_mappings import JiraMappingRow
from snapshots.registry.records import JiraMappingRecord, MappedThingRecord
from snapshots.restore.deciding import Outcome
from snapshots.restore.journal import Journal
from snapshots.restore.source import RecordSource

_COMPARED = ("source_url", "source_jira_id", "destination_url", "destination_jira_id", "numbers_kept", "made_at")


@dataclass(slots=True)
class MappingDecision:
    """What to do with the source's imports of Jira data. `new` are those to create."""

    new: list[JiraMappingRecord] = field(default_factory=list)
    outcomes: dict[str, dict[Outcome, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def decide_mappings(conn: sa.Connection, site_id: int, source: RecordSource) -> MappingDecision:
    """Decide about every import of the source. Raises DamageError for records that do not fit."""
    decision = MappingDecision()
    records = _read_mappings(source)
    things = Counter(
        _mapping_of(thing, records)
        for batch in (source.iter_batches("mapped_thing") if records else ())
        for thing in batch
    )
    here = {row.mapping_id: row for row in jira_mappings.list_mappings(conn, site_id)} if records else {}
    counts: dict[str, Counter[Outcome]] = {"jira_mapping": Counter(), "mapped_thing": Counter()}
    for record in records.values():
        known = here.get(record.mapping_id)
        outcome: Outcome = "created"
        if known is None:
            decision.new.append(record)
        elif _is_same(conn, known, record, things[record.id]):
            outcome = "already_there"
        else:
            outcome = "different"
            decision.findings.append(_differs(record))
        counts["jira_mapping"][outcome] += 1
        counts["mapped_thing"][outcome] += things[record.id]
    decision.outcomes = {kind: dict(found) for kind, found in counts.items() if any(found.values())}
    return decision


def write_mappings(
    conn: sa.Connection, site_id: int, source: RecordSource, decision: MappingDecision, journal: Journal
) -> None:
    """Create what is new, and note in the journal what was made."""
    if not decision.new:
        return
    first_id = bulk.next_id(conn, "jira_mapping")
    new_ids = {record.id: first_id + place for place, record in enumerate(decision.new)}
    rows = [
        (*msgspec.structs.astuple(msgspec.structs.replace(record, id=new_ids[record.id])), site_id)
        for record in decision.new
    ]
    journal.note_created("jira_mapping", first_id, bulk.insert_records(conn, "jira_mapping", rows))
    first_thing_id = bulk.next_id(conn, "mapped_thing")
    things = _make_things(source, new_ids, first_thing_id)
    journal.note_created("mapped_thing", first_thing_id, bulk.insert_records(conn, "mapped_thing", things))


def _make_things(source: RecordSource, new_ids: dict[int, int], next_id: int) -> Iterator[Sequence[Any]]:
    for batch in source.iter_batches("mapped_thing"):
        for thing in batch:
            assert isinstance(thing, MappedThingRecord)
            if thing.jira_mapping_id in new_ids:
                _, _, *values = msgspec.structs.astuple(thing)
                yield (next_id, new_ids[thing.jira_mapping_id], *values)
                next_id += 1


def _read_mappings(source: RecordSource) -> dict[int, JiraMappingRecord]:
    records: dict[int, JiraMappingRecord] = {}
    for batch in source.iter_batches("jira_mapping"):
        for record in batch:
            assert isinstance(record, JiraMappingRecord)
            records[record.id] = record
    if len({record.mapping_id for record in records.values()}) < len(records):
        raise DamageError("Two imports of Jira data in the archive have one id; use another archive.")
    return records


def _mapping_of(thing: object, records: dict[int, JiraMappingRecord]) -> int:
    assert isinstance(thing, MappedThingRecord)
    if thing.jira_mapping_id not in records:
        raise DamageError(
            f"A mapped_thing refers to jira_mapping {thing.jira_mapping_id}, which is not in the archive; use another."
        )
    return thing.jira_mapping_id


def _is_same(conn: sa.Connection, here: JiraMappingRow, coming: JiraMappingRecord, things: int) -> bool:
    here_values = {**{name: getattr(here, name) for name in _COMPARED}, "numbers_kept": list(here.numbers_kept)}
    coming_values = {name: getattr(coming, name) for name in _COMPARED}
    try:
        coming_values["numbers_kept"] = msgspec.json.decode(coming.numbers_kept, type=list[str])
    except msgspec.DecodeError:
        return False
    return here_values == coming_values and sum(jira_mappings.count_things(conn, here).values()) == things


def _differs(record: JiraMappingRecord) -> Finding:
    return Finding(
        "already-there-different",
        f"import of Jira data {record.mapping_id}",
        f"from {record.source_url} to {record.destination_url}: it is kept here, and is not the same",
        "Nothing: what is here stays.",
    )
