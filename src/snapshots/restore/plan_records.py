"""Every record of a plan, with what becomes of it and why: what a person reads before a restore. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from snapshots.registry.records import VersionRecord
from snapshots.restore.deciding import Outcome, PageDecision
from snapshots.restore.keys import write_key
from snapshots.restore.locating import Location
from snapshots.restore.plan import PagePlan
from snapshots.restore.records import PageRecords

IN_REGISTRY = "The registry has it already."


class RecordLine(msgspec.Struct, frozen=True):
    """One record of a plan, in words."""

    kind: str
    outcome: Outcome
    name: str
    about: str
    reason: str


def iter_lines(page: PagePlan, decision: PageDecision) -> Iterator[RecordLine]:
    """The page itself, then its macros each with its versions, then stickers and where they are put."""
    lines = _Lines(page, decision)
    yield lines.of_page()
    for macro_id, macro in decision.records.macros.items():
        yield lines.line("macro", (macro_id,), macro_id, macro.record.attachment_name)
        versions = [*macro.versions.values(), *macro.rivals.values()]
        for version in sorted(versions, key=lambda each: each.number):
            key = (macro_id, version.capture_id)
            yield lines.line("version", key, f"Version {version.number}", _describe_version(version))
    for name, sticker in decision.records.stickers.items():
        yield lines.line("sticker", (name,), name, sticker.colour)
    for sticker_name, macro_id, capture_id in decision.records.assignments:
        known = decision.records.macros.get(macro_id)
        carrier = (known.versions.get(capture_id) or known.rivals.get(capture_id)) if known else None
        on = f"on version {carrier.number} of macro {macro_id}" if carrier else f"on capture {capture_id}"
        yield lines.line("sticker_assignment", (sticker_name, macro_id, capture_id), sticker_name, on)


class _Lines:
    """What the decision says of each record of one page, found by natural key."""

    def __init__(self, page: PagePlan, decision: PageDecision) -> None:
        self._page = page
        self._decision = decision
        self._waiting = {(each.kind, each.key): each.reason for each in decision.parked}
        self._waits: Outcome = "ambiguous" if page.match == "ambiguous" else "parked"
        self._new: dict[tuple[str, ...], Location | None] = {
            (macro_id, version.capture_id): location for macro_id, version, location in decision.new_versions
        }
        self._known = _known_ids(decision.here) if decision.here else {}

    def of_page(self) -> RecordLine:
        page, target = self._page, self._page.target
        if target is None:
            return RecordLine("page", self._waits, page.title, f"page {page.page_id}", _sentence(page.reason))
        outcome: Outcome = "created" if self._decision.here is None else "already_there"
        where = f"becomes page {target.page_id} of {target.space_key}, decided by {page.rule}"
        return RecordLine("page", outcome, page.title, f"page {page.page_id}", _sentence(where))

    def line(self, kind: str, key: tuple[str, ...], name: str, about: str) -> RecordLine:
        known_id = self._known.get((kind, key))
        if known_id is not None:
            difference = self._decision.different.get((kind, known_id))
            outcome: Outcome = "different" if difference else "already_there"
            return RecordLine(kind, outcome, name, about, _sentence(difference) if difference else IN_REGISTRY)
        waiting = self._waiting.get((kind, write_key(*self._decision.records.key, *key)))
        if waiting is not None:
            return RecordLine(kind, self._waits, name, about, _sentence(waiting))
        return RecordLine(kind, "created", name, about, self._describe_place(key) if kind == "version" else "")

    def _describe_place(self, key: tuple[str, ...]) -> str:
        location = self._new.get(key)
        if location is None:
            return ""
        place = f"Its payload is version {location.attachment_version} of the attachment"
        shown = f", first shown by page version {location.page_version}" if location.page_version else ""
        return f"{place}{shown}."


def _known_ids(here: PageRecords) -> dict[tuple[str, tuple[str, ...]], int]:
    known: dict[tuple[str, tuple[str, ...]], int] = {}
    for macro_id, macro in here.macros.items():
        known["macro", (macro_id,)] = macro.record.id
        known.update((("version", (macro_id, capture)), row.id) for capture, row in macro.versions.items())
    known.update((("sticker", (name,)), row.id) for name, row in here.stickers.items())
    known.update((("sticker_assignment", key), row.id) for key, row in here.assignments.items())
    return known


def _describe_version(version: VersionRecord) -> str:
    taken = time.strftime("%Y-%m-%d %H:%M", time.gmtime(version.captured_at / 1_000_000))
    return f"taken {taken} UTC by {version.captured_by_name or version.captured_by}, capture {version.capture_id}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "." if text else ""
