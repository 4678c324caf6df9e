"""What becomes of each record of a page. Pure: the plan counts these decisions, apply writes them.

Each record ends as one of: created · already there (and the same) · different (already there, settled by the
conflict policy) · ambiguous · parked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from snapshots.registry.records import (
    MacroRecord,
    Record,
    StickerAssignmentRecord,
    StickerRecord,
    VersionRecord,
)
from snapshots.restore.conflicts import ConflictPolicy, find_differences, move_numbers, settle_conflict
from snapshots.restore.keys import AssignmentKey, read_key, write_key
from snapshots.restore.locating import LocatedVersions, Location
from snapshots.restore.records import MacroRecords, PageRecords

Outcome: TypeAlias = Literal["created", "already_there", "different", "ambiguous", "parked"]

MACRO_MISSING = "neither its macro nor a payload of it is on the page"
PAYLOAD_MISSING = "its payload is not on the page: history was not carried"
MACRO_PARKED = "its macro is parked"
VERSION_PARKED = "its version is parked"
NUMBER_TAKEN = "another capture of the same archive history has its number"
KEPT_FOR_OTHERS = "in place; kept because records that belong to it are parked"

_COMPARED: Mapping[type[Record], tuple[str, tuple[str, ...]]] = {
    MacroRecord: ("macro", ("attachment_name", "definition")),
    VersionRecord: (
        "version",
        (
            "captured_at",
            "captured_by",
            "captured_by_name",
            "trigger",
            "payload_sha256",
            "payload_bytes",
            "data_sha256",
            "row_counts",
        ),
    ),
    StickerRecord: ("sticker", ("colour", "created_by", "created_at")),
    StickerAssignmentRecord: ("sticker_assignment", ("assigned_by", "assigned_at")),
}
"""The columns that make two records of one natural key the same. Where a payload lies is not among them: that is
the destination's own matter."""


@dataclass(frozen=True, slots=True)
class ParkedRecord:
    """A record that has to wait, with the reason in words."""

    kind: str
    key: str
    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class Update:
    """Columns to write over a record that is here."""

    kind: str
    here: Record
    values: dict[str, object]

    @property
    def record_id(self) -> int:
        return self.here.id


@dataclass(slots=True)
class PageDecision:
    """What to do with one page's records, found by natural keys since new ids are not known yet."""

    records: PageRecords
    here: PageRecords | None
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=dict)
    macro_outcomes: dict[str, tuple[Outcome, Counter[Outcome]]] = field(default_factory=dict)
    new_macros: list[MacroRecord] = field(default_factory=list)
    new_versions: list[tuple[str, VersionRecord, Location]] = field(default_factory=list)
    new_stickers: list[StickerRecord] = field(default_factory=list)
    new_assignments: list[tuple[AssignmentKey, StickerAssignmentRecord]] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    new_numbers: dict[int, int] = field(default_factory=dict)
    """New number of versions that are here, by the registry's id."""
    parked: list[ParkedRecord] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    different: dict[tuple[str, int], str] = field(default_factory=dict)
    """By kind and the registry's id, the difference of a record that is here."""
    renumberings: list[str] = field(default_factory=list)

    @property
    def changes_anything(self) -> bool:
        """Whether it writes to the page, its macros, versions and stickers; parking does not."""
        new = (self.new_macros, self.new_versions, self.new_stickers, self.new_assignments)
        return self.here is None or bool(self.updates or self.new_numbers or any(new))

    def count(self, kind: str, outcome: Outcome) -> None:
        self.outcomes.setdefault(kind, Counter())[outcome] += 1

    def park(self, kind: str, key: tuple[str, ...], record: Record, reason: str) -> None:
        """Let a record wait; `key` is what follows the page's key in its natural key."""
        self.parked.append(ParkedRecord(kind, write_key(*self.records.key, *key), record, reason))


def park_page(records: PageRecords, outcome: Literal["ambiguous", "parked"], reason: str) -> PageDecision:
    """Let a page without a counterpart wait, with everything that belongs to it."""
    decision = PageDecision(records, None)
    decision.park("page", (), records.record, reason)
    for macro_id, macro in records.macros.items():
        decision.park("macro", (macro_id,), macro.record, reason)
        versions = {**macro.versions, **macro.rivals}
        for capture_id, version in versions.items():
            decision.park("version", (macro_id, capture_id), version, reason)
        decision.macro_outcomes[macro_id] = (outcome, Counter({outcome: len(versions)}))
    for name, sticker in records.stickers.items():
        decision.park("sticker", (name,), sticker, reason)
    for key, assignment in records.assignments.items():
        decision.park("sticker_assignment", key, assignment, reason)
    for waiting in decision.parked:
        decision.count(waiting.kind, outcome)
    return decision


def decide_page(
    records: PageRecords, located: Mapping[str, LocatedVersions], here: PageRecords | None, policy: ConflictPolicy
) -> PageDecision:
    """Decide about a page that has its counterpart here.

    `located` has an entry for every macro that is on the page here, in its body or by an attachment;
    `here` is what the registry knows of that page already.
    """
    decision = PageDecision(records, here)
    decision.count("page", "created" if here is None else "already_there")
    for macro in records.macros.values():
        _decide_macro(decision, macro, located.get(macro.record.remote_id), policy)
    _decide_stickers(decision, policy)
    _decide_assignments(decision, policy)
    _keep_what_parked_records_need(decision)
    return decision


def _decide_macro(
    decision: PageDecision, macro: MacroRecords, located: LocatedVersions | None, policy: ConflictPolicy
) -> None:
    macro_id = macro.record.remote_id
    here = decision.here.macros.get(macro_id) if decision.here else None
    outcome: Outcome
    if here is not None:
        newest = max((version.captured_at for version in macro.versions.values()), default=0)
        newest_here = max((version.captured_at for version in here.versions.values()), default=0)
        outcome = _compare(decision, macro_id, here.record, macro.record, policy, newest_here, newest)
    elif located is not None:
        decision.new_macros.append(macro.record)
        outcome = "created"
    else:
        decision.park("macro", (macro_id,), macro.record, MACRO_MISSING)
        outcome = "parked"
    decision.count("macro", outcome)
    missing = MACRO_PARKED if outcome == "parked" else PAYLOAD_MISSING
    versions_here = here.versions if here else {}
    outcomes = _decide_versions(decision, macro, located, versions_here, policy, missing)
    decision.macro_outcomes[macro_id] = (outcome, outcomes)


def _decide_versions(
    decision: PageDecision,
    macro: MacroRecords,
    located: LocatedVersions | None,
    here: Mapping[str, VersionRecord],
    policy: ConflictPolicy,
    reason_if_missing: str,
) -> Counter[Outcome]:
    macro_id = macro.record.remote_id
    counts: Counter[Outcome] = Counter()
    wanted: dict[str, int] = {}
    for capture_id, version in macro.versions.items():
        known = here.get(capture_id)
        if known is not None:
            wanted[capture_id] = version.number
            outcome = _compare(
                decision,
                f"{version.number} of macro {macro_id}",
                known,
                version,
                policy,
                known.captured_at,
                version.captured_at,
            )
        elif located is not None and (location := located.find(version)) is not None:
            wanted[capture_id] = version.number
            decision.new_versions.append((macro_id, version, location))
            outcome = "created"
        else:
            decision.park("version", (macro_id, capture_id), version, reason_if_missing)
            outcome = "parked"
        counts[outcome] += 1
    for capture_id, version in macro.rivals.items():
        decision.park("version", (macro_id, capture_id), version, NUMBER_TAKEN)
        counts["parked"] += 1
    decision.outcomes.setdefault("version", Counter()).update(counts)
    for capture_id, number in move_numbers({key: row.number for key, row in here.items()}, wanted).items():
        decision.new_numbers[here[capture_id].id] = number
        decision.renumberings.append(f"version {here[capture_id].number} of macro {macro_id} becomes {number}")
    return counts


def _decide_stickers(decision: PageDecision, policy: ConflictPolicy) -> None:
    for name, sticker in decision.records.stickers.items():
        here = decision.here.stickers.get(name) if decision.here else None
        if here is None:
            decision.new_stickers.append(sticker)
            decision.count("sticker", "created")
        else:
            outcome = _compare(decision, f"'{name}'", here, sticker, policy, here.created_at, sticker.created_at)
            decision.count("sticker", outcome)


def _decide_assignments(decision: PageDecision, policy: ConflictPolicy) -> None:
    placed = {(macro_id, version.capture_id) for macro_id, version, _ in decision.new_versions}
    if decision.here is not None:
        placed.update((name, capture) for name, macro in decision.here.macros.items() for capture in macro.versions)
    for key, assignment in decision.records.assignments.items():
        here = decision.here.assignments.get(key) if decision.here else None
        if here is not None:
            outcome = _compare(
                decision, f"of '{key[0]}'", here, assignment, policy, here.assigned_at, assignment.assigned_at
            )
        elif key[1:] in placed:
            decision.new_assignments.append((key, assignment))
            outcome = "created"
        else:
            decision.park("sticker_assignment", key, assignment, VERSION_PARKED)
            outcome = "parked"
        decision.count("sticker_assignment", outcome)


def _compare(
    decision: PageDecision,
    name: str,
    here: Record,
    coming: Record,
    policy: ConflictPolicy,
    here_at: int,
    coming_at: int,
) -> Outcome:
    """Whether a record that is here is the same; if it is not, note the difference and what the policy writes."""
    kind, columns = _COMPARED[type(here)]
    here_values = {column: getattr(here, column) for column in columns}
    differences = find_differences(here_values, {column: getattr(coming, column) for column in columns})
    if not differences:
        return "already_there"
    values = settle_conflict(policy, here_values, differences, here_at=here_at, coming_at=coming_at)
    if values:
        decision.updates.append(Update(kind, here, values))
    written = "is written over" if values else "stays"
    told = f"differs in {', '.join(sorted(differences))} and {written}"
    decision.different[kind, here.id] = told
    decision.differences.append(f"{kind} {name} {told}")
    return "different"


def _keep_what_parked_records_need(decision: PageDecision) -> None:
    """Keep what parked records refer to, so that they can be restored without the archive."""
    if not decision.parked:
        return
    records = decision.records
    parked = {(waiting.kind, waiting.key) for waiting in decision.parked}
    needed: dict[tuple[str, tuple[str, ...]], Record] = {("page", ()): records.record}
    for waiting in list(decision.parked):
        if isinstance(waiting.record, VersionRecord):
            macro_id = read_key(waiting.key)[2]
            needed["macro", (macro_id,)] = records.macros[macro_id].record
        elif isinstance(waiting.record, StickerAssignmentRecord):
            name = read_key(waiting.key)[2]
            needed["sticker", (name,)] = records.stickers[name]
    for (kind, key), record in needed.items():
        if (kind, write_key(*records.key, *key)) not in parked:
            decision.park(kind, key, record, KEPT_FOR_OTHERS)
